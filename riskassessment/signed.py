"""The page of a signed assessment: what it indicates and why, the level retained, the verification."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from cases import panels
from cases.access import CaseAccess
from cases.enums import EventCode
from cases.models import CaseEvent
from cases.perms import may_rectify

from . import forms, perms, services
from .found import Found, page_context
from .models import Assessment
from .result import result


def signed_page(
    request: HttpRequest, found: Found, *, form: forms.ConclusionForm | None = None, status: int = 200
) -> HttpResponse:
    """What a signed grid indicates and why, the level retained, the answers."""
    assessment, access = found.assessment, found.access
    conclusion = services.conclusion_of(assessment)
    countersignature = services.countersignature_of(conclusion)
    concludes = perms.may_conclude(assessment, conclusion, access)
    waits = perms.awaits_countersignature(conclusion, countersignature)
    own_agency = assessment.agency_id == request.membership.agency_id
    context = page_context(request, found) | {
        "result": result(found.grid, assessment, get_language() or "fr"),
        **levels_shown(assessment, access),
        "form": form or (forms.ConclusionForm() if concludes else None),
        "may_conclude": concludes,
        "may_countersign": waits and perms.may_countersign_level(conclusion, request.membership, access),
        "own_lowering": waits and own_agency and conclusion.author_id == request.membership.user_id,
        "transmission": _transmission(found),
        "may_send": own_agency and access.contribute,
        "marks": panels.marks(access, [assessment.pk]).get(assessment.pk),
        "may_rectify": may_rectify(access, assessment.agency_id),
    }
    return render(request, "riskassessment/signed.html", context, status=status)


def levels_shown(assessment: Assessment, access: CaseAccess) -> dict[str, Any]:
    """What may be said of the level: nothing to whom it is not given, or for a checklist."""
    conclusion = services.conclusion_of(assessment)
    countersignature = services.countersignature_of(conclusion)
    shown = bool(assessment.indicative_level) and perms.knows_level(assessment, access)
    return {
        "shows_level": shown,
        "indicative": assessment.indicative_level if shown else "",
        "conclusion": conclusion if shown else None,
        "countersignature": countersignature if shown else None,
        "effective": services.effective_level(assessment) if shown else None,
        "waits": shown and perms.awaits_countersignature(conclusion, countersignature),
    }


def _transmission(found: Found) -> CaseEvent | None:
    """What became of the complaint this assessment is about: sent, or not for want of a prosecutor. The latest word."""
    if found.assessment.report_id is None:
        return None
    return (
        CaseEvent.objects.filter(
            case=found.case,
            code__in=[EventCode.SENT_TO_PROSECUTOR, EventCode.PROSECUTOR_MISSING],
            payload__report=str(found.assessment.report_id),
        )
        .filter(found.access.readable())
        .select_related("next_agency")
        .order_by("-at", "-pk")
        .first()
    )
