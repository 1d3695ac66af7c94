"""Whom to call, as the platform administrator keeps them: `{% help_numbers urgent=True as urgent %}`."""

from django import template
from django.utils.translation import get_language

from agencies.help_numbers import HelpNumberShown, shown

register = template.Library()


@register.simple_tag
def help_numbers(*, urgent: bool | None = None) -> list[HelpNumberShown]:
    """All of them, or those that are urgent, or those that are not."""
    return [one for one in shown(get_language() or "fr") if urgent is None or one.urgent is urgent]


@register.filter
def some_unchecked(numbers: list[HelpNumberShown]) -> bool:
    """Whether one of them has not been called yet."""
    return not all(one.checked for one in numbers)
