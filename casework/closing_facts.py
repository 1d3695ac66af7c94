"""What a closing looks at, read across agencies: counts and answers, no content. `plans.guards` says what follows."""

from dataclasses import dataclass

from agencies.enums import AgencyKind
from agencies.models import Agency
from cases.access import Worker, workers
from cases.enums import ParticipationSide
from cases.models import Case
from common.acting import SystemContext, system_context
from followups.models import FollowUp, FollowUpKind, Outcome
from plans import custody, dangers, measures, programme
from plans.closing import ended_parts, last_act, open_offer, told
from plans.guards import Facts, LightFacts
from reports.exposures import NO_VICTIM
from reports.models import ChildExposure, Report, ReportKind, Situation
from riskassessment.standing import story

NO_FOLLOW_UP = frozenset({AgencyKind.PROSECUTOR, AgencyKind.COURT})
"""They decide and end nothing: a closing does not wait for them."""


@dataclass(frozen=True)
class Part:
    """A service that takes part now, and whether it has ended its follow-up."""

    agency: Agency
    side: str
    ended: bool

    @property
    def his(self) -> bool:
        return self.side == ParticipationSide.PERPETRATOR


def parts(case: Case) -> list[Part]:
    """Every service that takes part now, whoever asks, by name. What of them is told is asked of the access."""
    working: dict[int, Worker] = {each.group_id: each for each in workers([case.pk])}
    ended = ended_parts(case)
    agencies = Agency.objects.filter(group__in=list(working)).order_by("name", "pk")
    return [Part(agency, working[agency.group_id].side, agency.pk in ended) for agency in agencies]


def waited_for(case: Case, found: list[Part], *, closes: Agency) -> list[Part]:
    """Those whose part a closing waits for: neither the service that leads nor the one that closes."""
    return [
        part
        for part in found
        if not part.ended
        and part.agency.pk not in (case.lead_agency_id, closes.pk)
        and part.agency.kind not in NO_FOLLOW_UP
    ]


def contact(case: Case) -> str:
    """Whether she was contacted: "open", "made", "refused", or "" where no contact was ever planned or refused."""
    with system_context(SystemContext.REMINDERS):
        rows = FollowUp.objects.filter(case=case, kind=FollowUpKind.J2_CONTACT).order_by("-created_at", "-pk")
        outcomes = list(rows.values_list("settled_at", "outcome"))
    if any(settled is None for settled, _outcome in outcomes):
        return "open"
    if any(outcome == Outcome.REACHED for _settled, outcome in outcomes):
        return "made"
    if outcomes:
        return "refused"
    with system_context(SystemContext.REPEATS):
        asked = list(Report.objects.filter(case=case).values_list("j2_accepted", flat=True))
    return "refused" if asked and not any(asked) else ""


def facts(case: Case, *, closes: Agency) -> Facts:
    """What holds of a case now. A constant number of queries."""
    return Facts(
        active_measures=len(measures.active(case)),
        open_detentions=len(custody.open_detentions(case)),
        unconfirmed_releases=len(custody.unconfirmed_alerts_of(case)),
        open_dangers=len(dangers.open_dangers(case)),
        monitored=case.monitored_since is not None,
        contact=contact(case),
        level=case.level,
        levels=tuple(signed.gives.level for signed in story(case)),
        told=told(case),
        running_mandates=len(programme.running(case)),
        open_parts=len(waited_for(case, parts(case), closes=closes)),
        open_offer=open_offer(case) is not None,
    )


def light_facts(case: Case, known: Facts) -> LightFacts:
    """The rest of what a light closing asks. Counted across agencies."""
    with system_context(SystemContext.REPEATS):
        kinds = list(Report.objects.filter(case=case).values_list("kind", flat=True))
        situations = Situation.objects.filter(case=case).count()
        exposed = ChildExposure.objects.filter(case=case).exclude(exposure__in=NO_VICTIM).exists()
    return LightFacts(
        reports=len(kinds),
        disputes=kinds.count(ReportKind.POLICE_DISPUTE_REPORT),
        situations=situations,
        level=case.level,
        ever_alarming=any(level in ("high", "critical") for level in known.levels),
        child_in_danger=exposed,
    )


def stamp(case: Case) -> str:
    """What a page about a closing was shown: it no longer matches once somebody closed, reopened or reported again."""
    act = last_act(case)
    with system_context(SystemContext.REPEATS):
        reports = Report.objects.filter(case=case).count()
        situations = Situation.objects.filter(case=case).count()
    return f"{act.pk if act else 0}.{reports}.{situations}"
