"""What people make of a signed assessment: the level they retain, and the verification by somebody else, trained.

A validation of a level below the indicative one is the second signature under it; one that comes back with remarks
never puts it in force.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agencies.enums import AgencyKind
from agencies.models import Membership
from agencies.perms import SENIORS
from agencies.training import PARTNER_VIOLENCE, is_trained, title_by_code, trained_among
from cases.access import CaseAccess, agencies_holding, for_case, participants
from cases.enums import CONTRIBUTE, Category, EventCode, Side, codename
from cases.models import Case
from cases.services import log_event
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem

from . import levels, perms
from .models import Assessment, AssessmentReview, Conclusion, Countersignature, FearedEvent, Verdict
from .rules import LEVELS
from .services import lock_case
from .standing import restate, standings
from .versions import definition_of

SHORTEST_JUSTIFICATION = 20  # characters
LONGEST_WORDS = 10_000  # characters, of a justification and of remarks
"""What who signs under a lower level has followed where the grid itself asks for no training: whoever writes a grid, no
level comes down without somebody trained.
"""


# --- the level retained -----------------------------------------------------------------------------------
def conclude(
    *, by: Membership, assessment: Assessment, level: str, justification: str, feared_events: Iterable[str] = ()
) -> Conclusion:
    """Retain a level, with reasons and what is feared. Below the indicative one it waits for a second signature.

    Sending the same conclusion again returns it. Raises Refused for who may not conclude, RuleBroken by field.
    """
    case = lock_case(assessment.case_id)
    access = for_case(case, by)
    justification = _tidy(justification)
    chosen = set(feared_events)
    feared = [event.value for event in FearedEvent if event in chosen]
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    if assessment.agency_id != by.agency_id:
        raise Refused(_("Only the service that assessed concludes the level."))
    if not assessment.indicative_level:
        raise RuleBroken(_("This grid gives no level, or it is not signed yet: there is nothing to conclude."))
    already = Conclusion.objects.filter(assessment=assessment).first()
    if already is not None:
        same = (already.level, already.justification, already.author_id, already.feared_events)
        if same == (level, justification, by.user_id, feared):
            return already
        raise RuleBroken(_("A level has already been concluded for this assessment. Make a new one if things changed."))
    errors: dict[str, list[str]] = {}
    if level not in LEVELS:
        errors["level"] = [_("Choose the level you retain.")]
    if len(justification) < SHORTEST_JUSTIFICATION:
        errors["justification"] = [
            _("Say in at least %(least)d characters why you retain this level.") % {"least": SHORTEST_JUSTIFICATION}
        ]
    elif problem := text_problem(justification, most=LONGEST_WORDS):
        errors["justification"] = [problem]
    if len(feared) != len(chosen):
        errors["feared_events"] = [_("Choose among what is listed.")]
    if errors:
        raise RuleBroken(errors)
    # who reads the level reads why, unless the grid itself is closed to them
    category, side = (Category.LEVEL, Side.CASE)
    if assessment.category != Category.RISK:
        category, side = assessment.category, assessment.side
    stood = standings(case)[assessment.grid_version.grid_id].level
    conclusion = Conclusion.objects.create(
        category=category,
        side=side,
        case=case,
        assessment=assessment,
        level=level,
        justification=justification,
        feared_events=feared,
        lowers=levels.brings_down(assessment.indicative_level, level, stood=stood),
        agency=by.agency,
        author=by.user,
        signed_at=now(),
    )
    restate(case=case)
    log_event(
        by=by,
        case=case,
        code=EventCode.LEVEL_CONCLUDED,
        category=Category.LEVEL,
        side=Side.CASE,
        payload={"assessment": str(assessment.pk), "level": level, "waits": conclusion.lowers},
        next_agency=by.agency,
        next_act="countersign" if conclusion.lowers else "reassessment",
        next_due_at=None if conclusion.lowers else case.reassess_by,
    )
    return conclusion


# --- the verification -------------------------------------------------------------------------------------
def is_reviewer(by: Membership, assessment: Assessment, conclusion: Conclusion | None, access: CaseAccess) -> bool:
    """Whether this person may verify this assessment; their training is looked up last."""
    if not perms.may_review(assessment, conclusion, by, access, trained=True):
        return False
    return is_trained(by.user, review_course(assessment, conclusion))


def review_course(assessment: Assessment, conclusion: Conclusion | None) -> str | None:
    """The code of the course that who verifies this assessment has followed; None where none is asked."""
    lowers = conclusion is not None and conclusion.lowers
    return definition_of(assessment.grid_version).review_training or (PARTNER_VIOLENCE if lowers else None)


def review(*, by: Membership, assessment: Assessment, verdict: str, remarks: str = "") -> AssessmentReview:
    """Validate an assessment, or send it back with remarks; once. Validating a lower level puts it in force.

    Sending the same verdict again returns it. Raises Refused for who may not verify, RuleBroken by field and for who
    comes second.
    """
    case = lock_case(assessment.case_id)
    access = for_case(case, by)
    conclusion = Conclusion.objects.filter(assessment=assessment).first()
    remarks = _tidy(remarks)
    _check_reviewer(by, assessment, conclusion, access)
    already = AssessmentReview.objects.filter(assessment=assessment).select_related("author").first()
    if already is not None:
        if (already.author_id, already.verdict, already.remarks) == (by.user_id, verdict, remarks):
            return already
        raise RuleBroken(
            _("%(who)s has verified this assessment already: %(verdict)s.")
            % {"who": already.author.full_name, "verdict": already.get_verdict_display()}
        )
    errors: dict[str, list[str]] = {}
    if verdict not in Verdict.values:
        errors["verdict"] = [_("Say whether you validate it or send it back.")]
    elif verdict == Verdict.RETURNED and not remarks:
        errors["remarks"] = [_("Say what is to be looked at again.")]
    if problem := text_problem(remarks, most=LONGEST_WORDS):
        errors["remarks"] = [problem]
    if errors:
        raise RuleBroken(errors)
    found = AssessmentReview.objects.create(
        category=assessment.category,
        side=assessment.side,
        case=case,
        assessment=assessment,
        verdict=verdict,
        remarks=remarks,
        agency=by.agency,
        author=by.user,
        at=now(),
    )
    returned = verdict == Verdict.RETURNED
    log_event(
        by=by,
        case=case,
        code=EventCode.ASSESSMENT_RETURNED if returned else EventCode.ASSESSMENT_VALIDATED,
        category=assessment.category,
        side=assessment.side,
        payload={"assessment": str(assessment.pk)},
        next_agency=assessment.agency if returned else None,
        next_act="correct_assessment" if returned else "",
    )
    if not returned and conclusion.lowers:
        _countersign(by, case, conclusion)
    return found


def remarks_to_follow(assessment: Assessment) -> AssessmentReview | None:
    """The verification with which the assessment that this one begins from came back; None where there is none."""
    if assessment.based_on_id is None:
        return None
    returned = AssessmentReview.objects.filter(assessment=assessment.based_on_id, verdict=Verdict.RETURNED)
    return returned.select_related("author").first()


def _check_reviewer(by: Membership, assessment: Assessment, conclusion: Conclusion | None, access: CaseAccess) -> None:
    """Raises Refused, in words, for who may not verify; RuleBroken while there is nothing to verify."""
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    if perms.wrote(assessment, conclusion, by.user_id):
        raise Refused(_("Somebody else has to verify what you filled in, signed or concluded yourself."))
    if not perms.verifies(assessment, by):
        raise Refused(
            _("A reference person or a manager of the service that assessed verifies it, or the coordination.")
        )
    if not perms.awaits_review(assessment, None) or conclusion is None:
        raise RuleBroken(_("No level has been concluded yet: there is nothing to verify."))
    course = review_course(assessment, conclusion)
    if not perms.may_review(assessment, conclusion, by, access, trained=is_trained(by.user, course)):
        raise Refused(
            _("Who verifies this grid has followed this training: %(title)s.") % {"title": title_by_code(course)}
        )


def _countersign(by: Membership, case: Case, conclusion: Conclusion) -> None:
    """The second signature: the lower level is in force."""
    _signature, new = Countersignature.objects.get_or_create(
        conclusion=conclusion, defaults={"case": case, "agency": by.agency, "author": by.user, "signed_at": now()}
    )
    if not new:
        return
    restate(case=case)
    log_event(
        by=by,
        case=case,
        code=EventCode.LEVEL_COUNTERSIGNED,
        category=Category.LEVEL,
        side=Side.CASE,
        payload={"assessment": str(conclusion.assessment_id), "level": conclusion.level},
        next_agency=conclusion.agency,
        next_act="reassessment",
        next_due_at=case.reassess_by,
    )


# --- who verifies -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reviewers:
    """Who may verify an assessment: in the service that assessed, and in the coordinations that take part."""

    own: list[Membership]
    coordination: list[Membership]

    @property
    def asked(self) -> list[Membership]:
        """Whom to tell: one's own service first, the coordination where it has nobody."""
        return self.own or self.coordination


def reviewers_of(case: Case, assessment: Assessment, conclusion: Conclusion) -> Reviewers:
    """Who may verify this assessment now, whoever asks, in a constant number of queries."""
    opened = {(assessment.category, assessment.side), (conclusion.category, conclusion.side), ("level", "case")}
    groups = agencies_holding(case.pk, {CONTRIBUTE, *(codename(category, side) for category, side in opened)})
    seniors = Membership.objects.live().select_related("user", "agency").order_by("pk")
    own = seniors.filter(agency=assessment.agency_id, role__in=SENIORS)
    coordination = seniors.filter(
        agency__kind=AgencyKind.COORDINATION, agency__group__in=groups, role__in=perms.COORDINATING
    )
    working = participants([case])
    candidates = [
        member
        for member in working.among(case, [*own, *coordination])
        if perms.verifies(assessment, member) and not perms.wrote(assessment, conclusion, member.user_id)
    ]
    course = review_course(assessment, conclusion)
    trained = trained_among([member.user for member in candidates], course)
    able = {member.pk: member for member in candidates if member.user_id in trained}.values()
    return Reviewers(
        [member for member in able if member.agency_id == assessment.agency_id],
        [member for member in able if member.agency_id != assessment.agency_id],
    )


def _tidy(words: str) -> str:
    return words.replace("\r\n", "\n").strip()
