"""What becomes of the cases of the district: who is asked for what, when the J+2 contact is due, which level comes out."""

from dataclasses import dataclass, replace
from datetime import datetime

from agencies.enums import Need
from agencies.models import Membership
from cases.enums import Level, PersonRole, Stage
from cases.models import Case
from referrals.models import DeclineReason, Urgency
from reports.models import Report, ReportKind

CHECKLIST, GRID = "counter-checklist", "police-demonstration"
YES = {
    Level.LOW: (("daily_control",), ("stalking",), ("antecedents", "substances")),
    Level.MODERATE: (
        ("escalation", "daily_control", "substances"),
        ("separation_recent", "stalking", "children_leverage"),
        ("daily_control", "antecedents", "separation_refused"),
    ),
    Level.HIGH: (
        ("death_threats", "escalation", "daily_control", "separation_recent"),
        ("strangulation", "daily_control", "children_leverage"),
        ("weapon_access", "escalation", "antecedents", "stalking", "substances"),
    ),
    Level.CRITICAL: (
        ("strangulation", "death_threats", "fear_killed", "escalation", "separation_recent", "separation_refused"),
        ("death_threats", "weapon_access", "fear_killed", "stalking", "breached_measure", "separation_refused"),
        ("strangulation", "perpetrator_suicidal", "daily_control", "pregnancy_infant", "escalation"),
    ),
}
"""Questions of the demonstration grid answered yes, by the level they come to."""

LOWER = {Level.CRITICAL: Level.HIGH, Level.HIGH: Level.MODERATE, Level.MODERATE: Level.LOW, Level.LOW: Level.LOW}
ZONES = {
    "zp_aurore": {"officers": ("marc", "aline", "marc"), "senior": "sofie", "cell": ("leila", "leila", "helene")},
    "zp_montlieu": {"officers": ("thomas", "isabelle"), "senior": "gilles", "cell": ("julie", "benoit")},
}


@dataclass(frozen=True)
class Ask:
    """A referral: who is asked for what, and how it ends. About her by the cell, about him by the police."""

    to: str
    need: Need
    answer: str = "accepted"  # accepted, declined, received, sent or withdrawn
    who: str = ""  # the person of the receiving service
    note: str = ""  # the category of the note it writes
    about: PersonRole = PersonRole.VICTIM
    urgency: Urgency = Urgency.WITHIN_A_WEEK
    reason: DeclineReason = DeclineReason.NO_PLACE


TO_TILLEUL = Ask("tilleul", Need.SHELTER, who="fatima", note="psychosocial", urgency=Urgency.TODAY)
TO_ESCALE = Ask("escale", Need.SHELTER, who="sandrine", note="psychosocial", urgency=Urgency.WITHIN_48_HOURS)
TO_APPUI = Ask("appui", Need.PSYCHOSOCIAL, who="nadia", note="psychosocial")
TO_CPAS = Ask("cpas", Need.SOCIAL, who="samira", note="psychosocial", urgency=Urgency.WITHIN_48_HOURS)
TO_HOSPITAL = Ask("hopital", Need.HEALTH, who="caroline", note="health", urgency=Urgency.WITHIN_48_HOURS)
TO_RIVAGES = Ask("rivages", Need.LEGAL, who="tarik")
TO_SCHOOL = Ask("quatre_vents", Need.CHILDREN, who="mathieu", note="children")
TO_YOUTH = Ask("jeunesse", Need.CHILDREN, who="valerie", note="children")
TO_EMBELLIE = Ask("embellie", Need.PSYCHOSOCIAL, who="agnes")
TO_AMARANTE = Ask("amarante", Need.PSYCHOSOCIAL, who="lucie")
HIM_TO_PROGRAMME = Ask(
    "passerelle", Need.PERPETRATOR_WORK, who="vincent", note="perpetrator_work", about=PersonRole.PRESUMED_PERPETRATOR
)


def ends(ask: Ask, answer: str, reason: DeclineReason = DeclineReason.NO_PLACE) -> Ask:
    """The same referral with another answer."""
    return replace(ask, answer=answer, reason=reason)


@dataclass(frozen=True)
class Plan:
    """What becomes of some cases. `due` is when the J+2 contact is due, in hours from now (negative: past)."""

    due: tuple[float, float]
    contact: str = "reached"  # reached, declined, tried, open, or not_accepted
    kinds: tuple[ReportKind, ...] = (ReportKind.POLICE_DISPUTE_REPORT,)
    gravities: tuple[int, ...] = (1, 2)
    level: Level | None = None
    conclusion: str = "as_indicated"  # as_indicated, raised, lowered, countersigned; "" leaves it provisional
    stage: Stage | None = None
    notes: tuple[tuple[str, str], ...] = ()  # (who, category)
    again: bool = False  # a second report joins the case
    late: bool = False  # typed three days after meeting her
    zone: str = ""  # either, when empty
    asks: tuple[tuple[Ask, ...], ...] = ()  # the referrals of the first such case, of the second…


DISPUTE, COMPLAINT = ReportKind.POLICE_DISPUTE_REPORT, ReportKind.POLICE_COMPLAINT
WEEK = 7 * 24.0

PLANS: tuple[tuple[int, Plan], ...] = (
    # weeks ago: done, some of them closed
    (4, Plan((-11 * WEEK, -9 * WEEK), stage=Stage.CLOSED, notes=(("cell", "psychosocial"),), asks=((TO_AMARANTE,), (), (), (ends(TO_EMBELLIE, "declined", DeclineReason.PERSON_DECLINED),), ()))),
    (2, Plan((-10 * WEEK, -8 * WEEK), kinds=(COMPLAINT,), gravities=(2,), level=Level.MODERATE, stage=Stage.CLOSED, asks=((TO_CPAS,), (TO_APPUI,)))),
    (1, Plan((-10 * WEEK, -8 * WEEK), contact="declined", gravities=(1,))),
    (3, Plan((-9 * WEEK, -6 * WEEK), kinds=(COMPLAINT,), gravities=(2,), level=Level.LOW, asks=((TO_APPUI,), (), (TO_SCHOOL,)))),
    (4, Plan((-8 * WEEK, -4 * WEEK), kinds=(COMPLAINT,), gravities=(2, 3), level=Level.HIGH, notes=(("cell", "psychosocial"), ("officer", "facts")), asks=((TO_TILLEUL, HIM_TO_PROGRAMME), (TO_APPUI,), (HIM_TO_PROGRAMME,), (TO_HOSPITAL, TO_YOUTH)))),
    (2, Plan((-7 * WEEK, -5 * WEEK), contact="not_accepted", gravities=(1,))),
    (3, Plan((-7 * WEEK, -4 * WEEK), again=True, gravities=(2,), notes=(("cell", "psychosocial"),), asks=((TO_APPUI,), (TO_RIVAGES,), (TO_ESCALE,)))),
    (2, Plan((-6 * WEEK, -4 * WEEK), kinds=(COMPLAINT,), gravities=(3,), level=Level.CRITICAL, stage=Stage.FOLLOWED, notes=(("cell", "psychosocial"), ("officer", "facts")), asks=((TO_TILLEUL, TO_HOSPITAL, HIM_TO_PROGRAMME), (ends(TO_TILLEUL, "declined"), TO_ESCALE)))),
    (4, Plan((-5 * WEEK, -3 * WEEK), kinds=(DISPUTE, COMPLAINT), gravities=(2,), level=Level.MODERATE, asks=((TO_CPAS,), (), (ends(TO_EMBELLIE, "declined", DeclineReason.OUTSIDE_TERRITORY),), (ends(TO_APPUI, "withdrawn"),)))),
    (3, Plan((-4 * WEEK, -2 * WEEK), asks=((), (TO_YOUTH,)))),
    # the last two weeks
    (3, Plan((-2 * WEEK, -1 * WEEK), kinds=(COMPLAINT,), gravities=(2,), level=Level.MODERATE, notes=(("cell", "children"),), asks=((TO_RIVAGES,), (TO_SCHOOL,), (TO_TILLEUL,)))),
    (1, Plan((-9.0 * 24, -9.0 * 24), kinds=(COMPLAINT,), gravities=(2,), level=Level.MODERATE, conclusion="raised", notes=(("cell", "health"),), asks=((TO_HOSPITAL,),))),
    (1, Plan((-5.0 * 24, -5.0 * 24), kinds=(COMPLAINT,), gravities=(2,), level=Level.HIGH, conclusion="countersigned")),
    (1, Plan((-3.0 * 24, -3.0 * 24), kinds=(COMPLAINT,), gravities=(2,), level=Level.HIGH, conclusion="lowered", zone="zp_aurore", asks=((ends(HIM_TO_PROGRAMME, "received"),),))),
    (2, Plan((-6 * 24.0, -3 * 24.0), kinds=(COMPLAINT,), gravities=(2, 3), level=Level.HIGH, conclusion="", asks=((ends(TO_TILLEUL, "declined"), ends(TO_ESCALE, "received")), (ends(TO_TILLEUL, "sent"),)))),
    (1, Plan((-4 * 24.0, -1.5 * 24.0), contact="declined")),
    (1, Plan((-14.0, -12.0), kinds=(COMPLAINT,), gravities=(3,), level=Level.CRITICAL, zone="zp_montlieu", notes=(("cell", "psychosocial"),), asks=((TO_HOSPITAL, TO_TILLEUL),))),
    (3, Plan((-3 * 24.0, -1.2 * 24.0), notes=(("cell", "psychosocial"),), asks=((ends(TO_CPAS, "sent"),), (ends(TO_APPUI, "received"),), (ends(TO_RIVAGES, "sent"),)))),
    (1, Plan((-2 * 24.0, -1.5 * 24.0), contact="not_accepted", gravities=(1,))),
    # called in vain
    (4, Plan((-20.0, -4.0), contact="tried", gravities=(1, 2))),
    (1, Plan((-26.0, -22.0), contact="tried", kinds=(COMPLAINT,), gravities=(2,), level=Level.MODERATE, zone="zp_aurore")),
    # nobody has called yet
    (1, Plan((-50.0, -50.0), contact="open", zone="zp_montlieu")),
    (1, Plan((-28.0, -28.0), contact="open", zone="zp_aurore")),
    (2, Plan((-9.0, -2.0), contact="open")),
    (1, Plan((-24.0, -24.0), contact="open", late=True, zone="zp_aurore")),
    # due today, tomorrow
    (5, Plan((0.3, 7.0), contact="open", gravities=(1, 2))),
    (1, Plan((1.5, 2.5), contact="open", kinds=(COMPLAINT,), gravities=(3,), level=Level.CRITICAL, zone="zp_aurore", asks=((ends(TO_TILLEUL, "sent"),),))),
    (1, Plan((3.0, 5.0), contact="open", kinds=(COMPLAINT,), gravities=(2,), level=Level.HIGH, zone="zp_montlieu")),
    (2, Plan((20.0, 46.0), contact="open")),
    (2, Plan((20.0, 46.0), contact="open", kinds=(COMPLAINT,), gravities=(2, 3), level=Level.HIGH)),
)  # fmt: skip


@dataclass
class Work:
    """A case as its story goes on: who works on it and when the last act was."""

    case: Case
    report: Report
    plan: Plan
    officer: Membership
    senior: Membership
    cell: Membership
    names: dict[str, str]
    at: datetime
