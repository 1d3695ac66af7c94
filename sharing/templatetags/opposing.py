"""`{% load opposing %}`: whether the reader works where opposing reports are reviewed."""

from django import template

from agencies.models import Membership
from sharing.perms import reviews_opposing

register = template.Library()


@register.filter
def reviews(membership: Membership | None) -> bool:
    """`{% if request.membership|reviews %}`"""
    return reviews_opposing(membership)
