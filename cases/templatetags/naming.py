"""Who wrote a row, on a page of a case."""

from typing import Any

from django import template

from cases import naming
from cases.access import CaseAccess

register = template.Library()


@register.filter
def written_by(row: Any, access: CaseAccess) -> str:
    """`{{ row|written_by:access }}`: who wrote it and their service, where that service may be known."""
    return naming.author(access, row, row.author)
