"""Grids signed, services brought in, what is owed: the acts that tests of what follows start from."""

from collections.abc import Iterable

from django.db.models import QuerySet

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import for_case
from cases.enums import ParticipationSide
from cases.models import Case
from casework.assessing import sign_assessment
from common.acting import SystemContext, system_context
from common.clock import local, now
from followups.models import FollowUp, FollowUpKind
from reports.models import Report
from riskassessment import services
from riskassessment.models import Assessment, Grid
from riskassessment.versions import definition_of
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import recompute

POLICE = "police-demonstration"
CRITICALITY = "criticality-demonstration"
PERPETRATOR = "perpetrator-demonstration"
CHECKLIST = "counter-checklist"
WITH_HER = ("level:case", "identity:victim", "psychosocial:victim", "facts:victim")


def bring_in(
    by: Membership, case: Case, member: Membership, grants: Iterable[str] = WITH_HER, *, side: str = "victim"
) -> SharingDecision:
    """The agency of `member` takes part and adds to the case, holding `grants`, whatever they rest on."""
    with acting_as(by):
        decision = SharingDecision.objects.create(
            case=case,
            recipient=member.agency,
            side=ParticipationSide(side),
            way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET,
            grants=list(grants),
            contributes=True,
            necessity="Pour l'accompagner.",
            accurate_on=local(now()).date(),
            decided_by=by.user,
            agency=by.agency,
        )
        recompute(case=case, agency=member.agency)
    return decision


def answers_of(by: Membership, draft: Assessment, level: str) -> dict[str, object]:
    """The gravest answer to every question for "critical", no to every one for "low"."""
    grid = definition_of(draft.grid_version)
    found: dict[str, object] = {}
    for item in grid.questions:
        match item.type:
            case "yes_no":
                found[item.id] = "yes" if level == "critical" else "no"
            case "single":
                chosen = max(item.options, key=lambda option: (option.critical, option.weight))
                mildest = min(item.options, key=lambda option: (option.critical, option.weight))
                found[item.id] = (chosen if level == "critical" else mildest).id
            case "multi":
                none = [option.id for option in item.options if option.exclusive]
                all_of_them = [option.id for option in item.options if not option.exclusive]
                found[item.id] = all_of_them if level == "critical" or not none else none[:1]
            case "scale":
                found[item.id] = item.greatest if level == "critical" else item.least
    return found


def sign(
    by: Membership, case: Case, slug: str, level: str = "low", *, report: Report | None = None, **answers: object
) -> Assessment:
    """A grid signed as `by`, every answer as grave or as mild as can be, but for `answers`."""
    with acting_as(by):
        access = for_case(case, by)
        draft = services.start(
            by=by,
            case=case,
            access=access,
            grid_slug=slug,
            report=report,
            presence="alone" if slug != PERPETRATOR else "",
        )
        given = answers_of(by, draft, level) | answers
        return sign_assessment(by=by, assessment_id=draft.pk, answers=given, version=draft.version)


def grid(slug: str) -> Grid:
    return Grid.objects.get(slug=slug)


def owed(case: Case, slug: str | None = "") -> list[FollowUp]:
    """The open reassessments, whoever owes them; of one grid, of none for None, of all for ""."""
    with system_context(SystemContext.REMINDERS):
        rows: QuerySet[FollowUp] = FollowUp.objects.filter(
            case=case, kind=FollowUpKind.REASSESSMENT, settled_at=None
        ).select_related("agency", "grid")
        if slug is None:
            rows = rows.filter(grid=None)
        elif slug:
            rows = rows.filter(grid__slug=slug)
        return list(rows.order_by("due_at"))


def fresh(by: Membership, case: Case) -> Case:
    with acting_as(by):
        return Case.objects.get(pk=case.pk)
