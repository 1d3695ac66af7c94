"""Assessments drafted and signed; what a person concludes of them is in `judging`.

What a signature sets off in other rooms (the prosecutor, the next assessment) is in `casework.assessing`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from agencies.enums import JUDICIAL_KINDS
from agencies.models import Membership
from agencies.services import writers_of
from agencies.training import is_trained, title_by_code, trained_among
from cases.access import CaseAccess, for_case
from cases.enums import EventCode, Origin
from cases.models import Case
from cases.services import log_event
from common.clock import local, now
from common.errors import Refused, RuleBroken, StaleVersion
from reports.models import Report

from . import earlier, perms, scoring, signing, wording
from .answers import MAX_COMMENT, MAX_TEXT, Answer, AnswerError, asked, check_answers
from .definition import GridDefinition
from .models import Assessment, Conclusion, Countersignature, GridVersion, Presence
from .standing import restate
from .versions import definition_of, is_retired

PARTS = (
    ("a", "value", ""),
    ("c", "comment", gettext_lazy("Comment: %(question)s")),
    ("s", "source", gettext_lazy("Known from: %(question)s")),
    ("d", "on", gettext_lazy("Known on: %(question)s")),
)
"""The parts of an answer: the prefix of their field on the page, their key, their words before the question."""


# --- reading ----------------------------------------------------------------------------------------------
def assessments_of(case: Case, access: CaseAccess) -> QuerySet[Assessment]:
    """Those of a case the acting agency may read, latest first: signed ones by category, drafts its own alone."""
    return (
        Assessment.objects.filter(case=case)
        .filter(access.readable())
        .filter(Q(signed_at__isnull=False) | Q(agency=access.agency_id))
        .select_related(
            "grid_version__grid", "agency", "author", "signed_by", "report",
            "conclusion__author", "conclusion__countersignature__author", "review__author", "review__agency",
        )
        .order_by("-signed_at", "-created_at")
    )  # fmt: skip


def last_signed(case: Case, access: CaseAccess, grid_slug: str) -> Assessment | None:
    """The last signed assessment of a case with a grid, whatever its version, that the acting agency may read."""
    signed = assessments_of(case, access).filter(signed_at__isnull=False, grid_version__grid__slug=grid_slug)
    return signed.order_by("-signed_at", "-pk").first()


def last_by_grid(found: Iterable[Assessment]) -> dict[UUID, Assessment]:
    """Of assessments in the order of `assessments_of`, the last signed one of each grid, by the id of the grid."""
    last: dict[UUID, Assessment] = {}
    for assessment in found:
        if assessment.signed_at is not None:
            last.setdefault(assessment.grid_version.grid_id, assessment)
    return last


def conclusion_of(assessment: Assessment) -> Conclusion | None:
    """The conclusion, None where there is none or it may not be read."""
    return getattr(assessment, "conclusion", None)


def countersignature_of(conclusion: Conclusion | None) -> Countersignature | None:
    """The second signature under a conclusion, if it has one."""
    return getattr(conclusion, "countersignature", None) if conclusion else None


# --- the draft --------------------------------------------------------------------------------------------
def start(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    grid_slug: str,
    report: Report | None = None,
    presence: str = "",
    based_on: Assessment | None = None,
) -> Assessment:
    """A draft of the latest version of a grid for this event; the agency's open one where there is one already.

    `presence` says how a grid asked of the victim is filled in (`Presence`); it is not kept for the others. The answers
    of `based_on`, an earlier one with the same grid, are proposed again; none is copied.
    Raises Refused for who may not add to the case or whose kind of agency the grid is not for, RuleBroken otherwise.
    """
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    if report is not None and report.case_id != case.pk:
        raise RuleBroken({"report": [_("This report belongs to another case.")]})
    version = (
        GridVersion.objects.filter(grid__slug=grid_slug)
        .select_related("grid", "retirement")
        .order_by("-number")
        .first()
    )
    # that another service has an instrument of its own is no more told than that there is no such grid
    if version is None or is_retired(version) or version.grid.agency_id not in (None, by.agency_id):
        raise RuleBroken({"grid": [_("Choose one of the grids listed.")]})
    if not perms.may_start(access, by.agency, version):
        raise Refused(_("This grid is not open to your kind of service."))
    lock_case(case.pk)
    open_draft = Assessment.objects.filter(
        case=case, report=report, grid_version=version, agency=by.agency, signed_at=None
    ).first()
    if open_draft is not None:
        return open_draft
    grid = definition_of(version)
    if grid.asked_of != "victim":
        presence = ""
    elif presence not in Presence.values:
        why = _("Say how it is filled in: with her alone, or without her. %(there)s")
        raise RuleBroken({"presence": [why % {"there": wording.IF_HE_IS_THERE}]})
    if based_on is not None and not earlier.may_begin_from(based_on, case=case, grid=version.grid, access=access):
        raise RuleBroken({"based_on": [_("This assessment cannot be taken up again here.")]})
    return Assessment.objects.create(
        category=grid.category,
        side=grid.side,
        origin=Origin.JUDICIAL if by.agency.kind in JUDICIAL_KINDS else Origin.SERVICE,
        case=case,
        report=report,
        grid_version=version,
        based_on=based_on,
        presence=presence,
        agency=by.agency,
        author=by.user,
    )


def save_answers(*, by: Membership, assessment_id: UUID, answers: Mapping[str, Any], version: int) -> Assessment:
    """Keep the answers given so far: {item id: value, or {"value", "comment"}}, the whole grid each time.

    Raises StaleVersion (conflicts labelled with the question) when a colleague saved since `version`, RuleBroken by
    item, Refused when signed or read-only, Http404 outside the agency.
    """
    assessment = _lock_draft(by, assessment_id)
    if assessment.signed_at is not None:
        raise Refused(_("This grid is signed: its answers no longer change."))
    _keep(by, assessment, _checked(assessment, answers, version))
    return assessment


def _checked(assessment: Assessment, answers: Mapping[str, Any], version: int | None) -> dict[str, dict[str, str]]:
    """The answers as they are stored. Raises RuleBroken by item, StaleVersion."""
    grid = definition_of(assessment.grid_version)
    given = clean_answers(grid, answers)
    if version is not None and version != assessment.version:
        _refuse_stale(grid, assessment, given)
    return given


def _keep(by: Membership, assessment: Assessment, given: dict[str, dict[str, str]]) -> None:
    if given == assessment.answers and assessment.version:
        return
    assessment.answers = given
    assessment.version += 1
    assessment.saved_by = by.user
    assessment.saved_at = now()
    assessment.save(update_fields=["answers", "version", "saved_by", "saved_at"])


def differs(assessment: Assessment, answers: Mapping[str, Any]) -> bool:
    """Whether what was typed is not what the assessment holds."""
    checked, errors = check_answers(definition_of(assessment.grid_version), answers)
    return bool(errors) or {item_id: answer.stored() for item_id, answer in checked.items()} != assessment.answers


def clean_answers(grid: GridDefinition, answers: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What was answered, as it is stored. Raises RuleBroken by item."""
    checked, errors = check_answers(grid, answers)
    refused = {item_id: [_answer_error(error)] for item_id, error in errors.items()}
    today = local(now()).date().isoformat()
    refused |= {
        item_id: [_("It became known on a day that has not come yet: correct the date beside the comment.")]
        for item_id, answer in checked.items()
        if answer.on is not None and answer.on > today
    }
    if refused:
        raise RuleBroken(refused)
    return {item_id: answer.stored() for item_id, answer in checked.items()}


def _answer_error(error: AnswerError) -> str:
    return {
        "not_an_object": _("The answers could not be read."),
        "unknown_item": _("This version of the grid has no such question."),
        "bad_value": _("This is not one of the possible answers."),
        "out_of_range": _("This value is not within what can be answered."),
        "stands_alone": _("One of these answers excludes the others: choose it alone, or leave it out."),
        "text_too_long": _("This text is too long: %(most)d characters at most.") % {"most": MAX_TEXT},
        "bad_comment": _("This comment holds characters that cannot be kept."),
        "comment_too_long": _("This comment is too long: %(most)d characters at most.") % {"most": MAX_COMMENT},
        "bad_source": _("Choose one of the sources listed."),
        "bad_date": _("This is not a date."),
    }[error.code]


def _refuse_stale(grid: GridDefinition, assessment: Assessment, given: Mapping[str, Mapping[str, str]]) -> None:
    conflicts = []
    language = get_language() or "fr"
    for item in grid.questions:
        theirs, yours = assessment.answers.get(item.id, {}), given.get(item.id, {})
        question = item.text.translated(language)
        for prefix, part, label in PARTS:
            if theirs.get(part, "") != yours.get(part, ""):
                conflicts.append(
                    {
                        "field": f"{prefix}-{item.id}",
                        "label": label % {"question": question} if label else question,
                        "theirs": theirs.get(part, ""),
                        "yours": yours.get(part, ""),
                    }
                )
    if conflicts:
        raise StaleVersion(
            _("A colleague has changed these answers since you opened them."), conflicts, version=assessment.version
        )


# --- signature --------------------------------------------------------------------------------------------
def sign(
    *,
    by: Membership,
    assessment_id: UUID,
    answers: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Assessment:
    """Freeze the answers (those given last, where they come along) and reveal what they indicate.

    Signing again returns the same signed assessment. Raises RuleBroken by item while critical questions have not been
    asked or nothing has been, RuleBroken that says who can for who has not followed the training of the grid, and what
    `save_answers` raises.
    """
    lock_case(_own(by, assessment_id).case_id)
    assessment = _lock_draft(by, assessment_id)
    if assessment.signed_at is not None:
        return assessment
    grid = definition_of(assessment.grid_version)
    if not is_trained(by.user, grid.training):
        raise RuleBroken(who_can_sign(by, grid.training))
    last = assessment.answers if answers is None else _checked(assessment, answers, version)
    given = {item_id: Answer(**answer) for item_id, answer in last.items()}
    if missing := scoring.ready_to_sign(grid, given):
        raise RuleBroken(
            {
                item_id: [_("Critical question: ask it, or answer “unknown” if it could not be asked safely.")]
                for item_id in missing
            }
        )
    if not any(asked(grid.question(item_id), answer) for item_id, answer in given.items()):
        # a signature is for good: one tap on an empty page is a slip, not an assessment
        raise RuleBroken(_("No question has been asked yet: answer at least one before signing."))
    _keep(by, assessment, last)
    outcome = scoring.score(grid, given)
    assessment.outcome = asdict(outcome)
    assessment.indicative_level = outcome.level or ""
    assessment.signed_at = now()
    assessment.signed_by = by.user
    assessment.content_hash = signing.hash_of(assessment)
    assessment.save(update_fields=["outcome", "indicative_level", "signed_at", "signed_by", "content_hash"])
    if assessment.indicative_level:
        restate(case=assessment.case)
    log_event(
        by=by,
        case=assessment.case,
        code=EventCode.ASSESSMENT_SIGNED,
        category=assessment.category,
        side=assessment.side,
        payload={"assessment": str(assessment.pk), "grid": grid.slug, "level": assessment.indicative_level},
        next_agency=by.agency if assessment.indicative_level else None,
        next_act="conclude_level" if assessment.indicative_level else "",
    )
    return assessment


def who_can_sign(by: Membership, training: str) -> str:
    """Why this person cannot sign a grid that asks for this training, and who of their service can."""
    members = list(writers_of([by.agency]))
    trained = trained_among((member.user for member in members), training)
    words = {
        "training": title_by_code(training),
        "who": ", ".join(member.user.full_name for member in members if member.user_id in trained),
    }
    if words["who"]:
        return _("Only somebody trained (%(training)s) signs this grid. In your service: %(who)s.") % words
    return (
        _("Only somebody trained (%(training)s) signs this grid, and nobody in your service is recorded as trained.")
        % words
    )


# --- locks ------------------------------------------------------------------------------------------------
def _own(by: Membership, assessment_id: UUID) -> Assessment:
    found = Assessment.objects.filter(pk=assessment_id, agency=by.agency).first()
    if found is None:
        raise Http404
    return found


def lock_case(case_id: UUID) -> Case:
    case = Case.objects.select_for_update(of=("self",)).filter(pk=case_id).first()
    if case is None:
        raise Http404
    return case


def _lock_draft(by: Membership, assessment_id: UUID) -> Assessment:
    """The agency's own assessment, locked; Http404 outside the agency, Refused for who only reads the case."""
    assessment = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("case", "grid_version__grid")
        .filter(pk=assessment_id, agency=by.agency)
        .first()
    )
    if assessment is None:
        raise Http404
    access = for_case(assessment.case, by)
    if not access:
        raise Http404
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    return assessment
