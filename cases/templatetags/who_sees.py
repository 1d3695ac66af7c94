"""`{% load who_sees %}`: who reads a record, said beside it."""

from collections.abc import Iterable
from typing import Any

from django import template

from agencies.models import Agency
from cases import perms
from cases.access import CaseAccess
from cases.models import Case

register = template.Library()


@register.filter
def stage_told(case: Case, access: CaseAccess) -> str:
    """`{{ case|stage_told:access }}`: the stage in words, as this access is told it."""
    return str(perms.stage_told(case, access.side).label)


@register.inclusion_tag("components/who_sees.html", takes_context=True)
def who_sees(
    context: dict[str, Any], record: Any, about: str = "", internal: bool = False, parties: Iterable[Agency] = ()
) -> dict[str, Any]:
    """`{% who_sees report about=title %}` on a page that has `case` and `who_sees`; `about` names the record for those
    who do not see where it stands.
    """
    asked = context["who_sees"]
    return asked.of(record, internal=internal, parties=parties) | {"case": asked.case, "about": about}
