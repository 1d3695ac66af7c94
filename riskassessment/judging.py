"""What people make of a signed assessment: the level they retain and the second signature under a lower one."""

from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import for_case
from cases.enums import Category, EventCode, Side
from cases.services import log_event
from common.clock import now
from common.errors import Refused, RuleBroken

from . import levels, perms
from .definition import LEVELS
from .models import Assessment, Conclusion, Countersignature
from .services import lock_case
from .standing import restate

SHORTEST_JUSTIFICATION = 20  # characters


def conclude(*, by: Membership, assessment: Assessment, level: str, justification: str) -> Conclusion:
    """Retain a level, with reasons. Below the indicative one it waits for a second signature.

    Sending the same conclusion again returns it. Raises Refused for who may not conclude, RuleBroken by field.
    """
    case = lock_case(assessment.case_id)
    access = for_case(case, by)
    justification = justification.replace("\r\n", "\n").strip()
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    if assessment.agency_id != by.agency_id:
        raise Refused(_("Only the service that assessed concludes the level."))
    if not assessment.indicative_level:
        raise RuleBroken(_("This grid gives no level, or it is not signed yet: there is nothing to conclude."))
    already = Conclusion.objects.filter(assessment=assessment).first()
    if already is not None:
        if (already.level, already.justification, already.author_id) == (level, justification, by.user_id):
            return already
        raise RuleBroken(_("A level has already been concluded for this assessment. Make a new one if things changed."))
    errors: dict[str, list[str]] = {}
    if level not in LEVELS:
        errors["level"] = [_("Choose the level you retain.")]
    if len(justification) < SHORTEST_JUSTIFICATION:
        errors["justification"] = [
            _("Say in at least %(least)d characters why you retain this level.") % {"least": SHORTEST_JUSTIFICATION}
        ]
    if errors:
        raise RuleBroken(errors)
    # who reads the level reads why, unless the grid itself is closed to them
    category, side = (Category.LEVEL, Side.CASE)
    if assessment.category != Category.RISK:
        category, side = assessment.category, assessment.side
    conclusion = Conclusion.objects.create(
        category=category,
        side=side,
        case=case,
        assessment=assessment,
        level=level,
        justification=justification,
        lowers=levels.lowers(assessment.indicative_level, level),
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


def countersign(*, by: Membership, conclusion: Conclusion) -> Countersignature:
    """The second signature, which puts the lower level in force; a second one changes nothing.

    Raises Refused unless a senior of the same agency, other than who concluded, signs.
    """
    case = lock_case(conclusion.case_id)
    access = for_case(case, by)
    if conclusion.author_id == by.user_id:
        raise Refused(_("Somebody else has to sign under a level that you lowered yourself."))
    if not perms.may_countersign_level(conclusion, by, access):
        raise Refused(_("A reference person or a manager of the service that assessed signs under a lower level."))
    if not conclusion.lowers:
        raise RuleBroken(_("This level is in force already: it needs no second signature."))
    already = Countersignature.objects.filter(conclusion=conclusion).first()
    if already is not None:
        return already
    countersignature = Countersignature.objects.create(
        case=case, conclusion=conclusion, agency=by.agency, author=by.user, signed_at=now()
    )
    restate(case=case)
    log_event(
        by=by,
        case=case,
        code=EventCode.LEVEL_COUNTERSIGNED,
        category=Category.LEVEL,
        side=Side.CASE,
        payload={"assessment": str(conclusion.assessment_id), "level": conclusion.level},
        next_agency=by.agency,
        next_act="reassessment",
        next_due_at=case.reassess_by,
    )
    return countersignature
