"""`{% guide "approach" %}`, `{% guide "child_notes" age=4 gender="female" %}`: words that help, folded."""

from typing import Any

from django import template

from cases import guides

register = template.Library()


@register.inclusion_tag("components/guide.html")
def guide(key: str, age: int | None = None, gender: str | None = None) -> dict[str, Any]:
    """The guide in force; nothing where none is published. One query."""
    return {"guide": guides.shown(key, age=age, gender=gender or None)}
