"""The page of a signed assessment: what it indicates and why, the level retained, the verification; and its print."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from agencies.training import title_by_code
from audit.models import Action
from audit.services import record
from cases import naming, panels
from cases.access import CaseAccess
from cases.enums import EventCode
from cases.models import CaseEvent
from cases.perms import may_rectify
from common import pdf
from reports.models import ReportKind

from . import judging, levels, paper, perms, services, signing, wording
from .found import TAB, Found, find, page_context
from .judging_forms import ConclusionForm, ReviewForm
from .leading import full_grid_after
from .models import Assessment, Verdict
from .result import own_name, result
from .versions import definition_of, latest_versions


def signed_page(
    request: HttpRequest,
    found: Found,
    *,
    form: ConclusionForm | None = None,
    review_form: ReviewForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """What a signed grid indicates and why, the level retained, the verification, the answers."""
    assessment, access = found.assessment, found.access
    shown = levels_shown(assessment, access)
    concludes = perms.may_conclude(assessment, services.conclusion_of(assessment), access)
    own_agency = assessment.agency_id == request.membership.agency_id
    review = _review(request, found)
    if review["may_review"]:
        review_form = review_form or ReviewForm()
    context = page_context(request, found) | {
        "result": result(found.grid, assessment, _language()),
        **shown,
        "form": form or review_form or (ConclusionForm() if concludes else None),
        "conclusion_form": form or (ConclusionForm() if concludes else None),
        "review_form": review_form,
        "may_conclude": concludes,
        **review,
        "intact": signing.intact(assessment),
        "transmission": _transmission(found),
        "may_send": own_agency and access.contribute,
        "marks": panels.marks(access, [assessment.pk]).get(assessment.pk),
        "leads_to": _leads_to(request, found),
        "before": _before(found),
        "may_rectify": may_rectify(access, assessment.agency_id),
    }
    return render(request, "riskassessment/signed.html", context, status=status)


def _before(found: Found) -> UUID | None:
    """The assessment signed before this one with the same grid, of those this agency reads."""
    same_grid = services.assessments_of(found.case, found.access).filter(
        grid_version__grid=found.assessment.grid_version.grid_id, signed_at__lt=found.assessment.signed_at
    )
    return same_grid.values_list("pk", flat=True).first()


def _leads_to(request: HttpRequest, found: Found) -> dict[str, Any] | None:
    """The full grid that this checklist leads to, to begin at once; None once one was signed for the same event."""
    assessment = found.assessment
    if found.grid.leads_to is None or not found.access.contribute:
        return None
    version = full_grid_after(assessment, latest_versions())
    if version is None:
        return None
    grid = definition_of(version)
    if not perms.may_start(found.access, request.membership.agency, version):
        return None
    later = Assessment.objects.filter(
        case=found.case, report=assessment.report, grid_version__grid=version.grid_id, signed_at__isnull=False
    )
    if later.exists():
        return None
    title = grid.title.translated(_language())
    of_her = grid.asked_of == "victim"
    mandatory = assessment.report is not None and assessment.report.kind == ReportKind.POLICE_COMPLAINT
    return {"slug": version.grid.slug, "title": title, "of_her": of_her, "mandatory": mandatory, **wording.presence()}


def levels_shown(assessment: Assessment, access: CaseAccess) -> dict[str, Any]:
    """What may be said of the level: nothing to whom it is not given, or for a checklist. And of the verification."""
    conclusion = services.conclusion_of(assessment)
    shown = bool(assessment.indicative_level) and perms.knows_level(assessment, access)
    if not perms.shows_conclusion(assessment, conclusion, access):
        conclusion = None
    countersignature = services.countersignature_of(conclusion)
    review = getattr(assessment, "review", None)
    grid, language = definition_of(assessment.grid_version), _language()
    return {
        "shows_level": shown,
        "indicative": assessment.indicative_level if shown else "",
        "indicative_name": own_name(grid, assessment.indicative_level, language) if shown else "",
        "conclusion": conclusion,
        "concluded_name": own_name(grid, conclusion.level, language) if conclusion else "",
        "feared": paper.feared(conclusion.feared_events) if conclusion else "",
        "countersignature": countersignature,
        "service": naming.service(access, assessment),
        "signed_by": _author(access, assessment, assessment.signed_by),
        "concluded_by": _author(access, conclusion, conclusion and conclusion.author, with_service=False),
        "countersigned_by": _author(
            access, countersignature, countersignature and countersignature.author, with_service=False
        ),
        "reviewed_by": _author(access, review, review and review.author),
        "effective": levels.of(assessment) if shown else None,
        "waits": perms.awaits_countersignature(conclusion, countersignature),
        "review": review,
        "unverified": perms.awaits_review(assessment, review),
    }


def _author(access: CaseAccess, row: Any, user: Any, **more: bool) -> str:
    return naming.author(access, row, user, **more) if row is not None and user is not None else ""


def _review(request: HttpRequest, found: Found) -> dict[str, Any]:
    """Who may verify, why this person may not, and what is offered once it has come back with remarks."""
    assessment, access, by = found.assessment, found.access, request.membership
    conclusion = services.conclusion_of(assessment)
    review = getattr(assessment, "review", None)
    own_agency = assessment.agency_id == by.agency_id
    context: dict[str, Any] = {"may_review": False, "wrote": perms.wrote(assessment, conclusion, by.user_id)}
    if perms.awaits_review(assessment, review) and perms.shows_conclusion(assessment, conclusion, access):
        context["may_review"] = judging.is_reviewer(by, assessment, conclusion, access)
        if own_agency:
            reviewers = judging.reviewers_of(found.case, assessment, conclusion)
            context |= {
                "reviewers": [member.user.full_name for member in reviewers.own],
                "coordination_may": bool(reviewers.coordination),
            }
        context["review_course"] = title_by_code(judging.review_course(assessment, conclusion))
    may_start = perms.may_start(access, by.agency, assessment.grid_version)
    if review is not None and review.verdict == Verdict.RETURNED and own_agency and may_start:
        context["again"] = {"slug": assessment.grid_version.grid.slug, "of_her": found.grid.asked_of == "victim"}
        context["again"] |= wording.presence()
    return context


@require_GET
def printed(request: HttpRequest, case_id: UUID, assessment_id: UUID) -> HttpResponse:
    """A signed assessment as a PDF, with what this person may read of it. The copy is on record."""
    found = find(request, case_id, assessment_id)
    if found.assessment.signed_at is None:
        raise Http404
    record(
        action=Action.EXPORTED,
        case_id=found.case.pk,
        object_kind=f"cases.{TAB}",
        object_id=found.assessment.pk,
        fields=found.fields,
    )
    data = paper.document(
        found,
        levels_shown(found.assessment, found.access),
        result(found.grid, found.assessment, _language()),
        printer=f"{request.user.full_name}, {request.membership.agency.name}",
    )
    return pdf.answer(pdf.render("assessment.typ", data), name="assessment.pdf")


def _language() -> str:
    return get_language() or "fr"


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
