"""`{% load same_reasons %}`: why two records may be one person, in words."""

from collections.abc import Iterable

from django import template

from cases.same_reasons import sentence

register = template.Library()


@register.filter
def reasons_in_words(codes: Iterable[str]) -> str:
    """`{{ pair.reasons|reasons_in_words }}`"""
    return sentence(codes)
