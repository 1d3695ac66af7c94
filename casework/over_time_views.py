"""How the risk has moved, and two assessments beside each other. Nothing is decided here."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from audit.models import Action
from audit.services import record
from cases import naming
from cases.access import CaseAccess, get_case
from cases.enums import Category, Side
from cases.models import Case
from cases.page import frame
from riskassessment import services as assessments
from riskassessment.comparing import previous
from riskassessment.found import TAB
from riskassessment.models import Assessment
from riskassessment.perms import opens_room
from riskassessment.signed import levels_shown
from riskassessment.versions import definition_of
from riskassessment.wording import titled

from . import compared
from .disagreeing import alert
from .over_time import over_time as told

MOST = 60
"""Assessments one chooses among, the latest."""
LEVEL = f"{Category.LEVEL}:{Side.CASE}"


@require_GET
def over_time(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The level of the case over time and what moved it; 404 where neither the level nor any assessment is open."""
    case, access = get_case(case_id, request.membership)
    page = told(case, access)
    if not opens_room(access) and not page.happenings:
        raise Http404
    _record(request, case, "over_time", (LEVEL,) if access.level else ())
    context = frame(case, access, tab=TAB) | {"page": page, "alert": alert(case, access)}
    return render(request, "casework/over_time.html", context)


@require_GET
def compare(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Two signed assessments: question by question where they are of the same grid, by factors otherwise.

    `one` is the latest where none is named, `other` the one before it with the same grid. Http404 for one that this
    agency does not read.
    """
    case, access = get_case(case_id, request.membership)
    signed = list(assessments.assessments_of(case, access).filter(signed_at__isnull=False)[:MOST])
    one, other = _chosen(request, case, access, signed)
    if one is None:
        raise Http404
    shown = [each for each in (one, other) if each is not None]
    _record(request, case, "compare", tuple(dict.fromkeys(f"{each.category}:{each.side}" for each in shown)))
    language = get_language() or "fr"
    context = frame(case, access, tab=TAB) | {
        "one": _head(one, access),
        "other": _head(other, access) if other else None,
        "choices": [
            {
                "assessment": each,
                "title": definition_of(each.grid_version).title.translated(language),
                "service": naming.service(access, each),
            }
            for each in signed
        ],
    }
    if other is not None:
        after, before = definition_of(one.grid_version), definition_of(other.grid_version)
        pair = (before, compared.answers_of(other), after, compared.answers_of(one))
        same_grid = one.grid_version.grid_id == other.grid_version.grid_id
        context["same_grid"] = same_grid
        context["versions"] = one.grid_version_id != other.grid_version_id
        context["diff" if same_grid else "beside"] = (compared.diff if same_grid else compared.beside)(*pair, language)
    return render(request, "casework/compare.html", context)


def _chosen(
    request: HttpRequest, case: Case, access: CaseAccess, signed: list[Assessment]
) -> tuple[Assessment | None, Assessment | None]:
    """The two to compare, the later one first; None for what there is not."""
    asked = {name: _uuid(request.GET[name]) for name in ("one", "other") if request.GET.get(name)}
    found = {each.pk: each for each in signed}
    if missing := set(asked.values()) - set(found):  # older than the latest, or not to be read
        older = assessments.assessments_of(case, access).filter(pk__in=missing, signed_at__isnull=False)
        found |= {each.pk: each for each in older}
    if set(asked.values()) - set(found):
        raise Http404
    one = found[asked["one"]] if "one" in asked else (signed[0] if signed else None)
    other = found.get(asked.get("other"))
    if one is not None and "other" not in asked:
        other = found.get(previous(found.values()).get(one.pk))
    if one is None or other is None or one.pk == other.pk:
        return one or other, None
    later, earlier = sorted((one, other), key=lambda each: (each.signed_at, each.pk), reverse=True)
    return later, earlier


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _head(assessment: Assessment, access: CaseAccess) -> dict:
    grid = definition_of(assessment.grid_version)
    return {"assessment": assessment, "grid": titled(grid), **levels_shown(assessment, access)}


def _record(request: HttpRequest, case: Case, page: str, fields: tuple[str, ...]) -> None:
    record(action=Action.READ, case_id=case.pk, object_kind=f"cases.{page}", object_id=case.pk, fields=fields)
