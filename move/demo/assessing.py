"""One case assessed over twelve weeks by police, victim cell, migrant service and programme; situations scored without
identity and brought to the coordination; a version of a grid that waits for a second pair of eyes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from agencies.models import Membership
from cases.access import for_case
from cases.enums import Category, Level, ParticipationSide, Side
from casework import coordinating, coordination_answering
from casework.assessing import conclude_level, review_assessment, sign_assessment
from casework.handing import hand_over
from casework.reporting import record_report
from casework.turning import note_turning_point
from common.clock import BRUSSELS, local, now
from common.ids import uuid7
from followups.models import FollowUp, FollowUpKind, Outcome
from notifications.services import mark_read, notices_of
from reports.models import Report
from reports.services import start_draft
from riskassessment import consulting, editing
from riskassessment.models import Assessment, Consultation, FearedEvent, Presence, TurningKind, Verdict
from riskassessment.services import start as start_assessment
from riskassessment.versions import latest_versions
from sharing.authorisations import authorise
from sharing.deciding import Asked
from sharing.models import Basis, Reach

from . import assessing_words as words
from . import sharing
from .plans import (
    COMPLAINT,
    DISPUTE,
    GRID,
    HIM_TO_PROGRAMME,
    TO_APPUI,
    TO_RIVAGES,
    WEEK,
    ZONES,
    Plan,
    Work,
)

if TYPE_CHECKING:
    from .district import District

CRITICALITY, ABOUT_HIM, FORMULATION = "criticality-demonstration", "perpetrator-demonstration", "cultural-formulation"
DICE = 900  # its own: what happens here does not depend on what happened in other cases


def tell(district: "District") -> None:
    """All of it. The long case lies in Sainte-Aurore, the one that the coordination retains in either town."""
    district.random = district.chance(DICE)
    story = Story(district)
    story.months()
    story.last_days()
    _retained(district)
    _consultations(district)
    _proposed_grid(district)


def ago(district: "District", days: int, hour: int, minute: int = 0) -> datetime:
    """That time of day, so many days before the start."""
    return datetime.combine(local(district.start).date() - timedelta(days=days), time(hour, minute), BRUSSELS)


# --- the long case ----------------------------------------------------------------------------------------
@dataclass
class Story:
    """The long case as it goes on, with the last assessment and the answers of each grid."""

    district: "District"
    last: dict[str, Assessment] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        return ago(self.district, days, hour, minute)

    def day(self, days: int) -> date:
        return local(self.district.start).date() - timedelta(days=days)

    def months(self) -> None:
        """From the first report to two weeks ago: risk goes up to critical, and down where police looks at it."""
        self.work = self.open(self.at(84, 20, 50))
        work, district = self.work, self.district
        district.check_list(work)
        self.assess("marc", GRID, self.at(84, 22, 10), words.POLICE, Level.LOW, words.POLICE_REASONS["first"])
        self.verify("sofie", GRID, self.at(83, 10))
        with district.act(work.cell, self.at(82, 9, 20)):
            owed = FollowUp.objects.get(source_id=work.report.pk, kind=FollowUpKind.J2_CONTACT)
        district.attempt(work, owed, self.at(82, 9, 20), Outcome.REACHED)

        work.report = self.report(1, self.at(63, 9, 15), COMPLAINT)
        self.turn("leila", TurningKind.SEPARATION, 63, self.at(62, 11))
        self.police("leaving", self.at(63, 10, 40), Level.MODERATE)
        self.verify("sofie", GRID, self.at(62, 14))
        reason = words.CRITICALITY_REASONS["first"]
        self.assess("leila", CRITICALITY, self.at(60, 15), words.CRITICALITY, Level.MODERATE, reason)
        self.verify("helene", CRITICALITY, self.at(59, 9, 30))
        for days, ask in ((58, TO_APPUI), (57, TO_RIVAGES)):
            work.at = self.at(days, 8, 30)
            district.refer(work, ask)
        self.assess("tarik", FORMULATION, self.at(51, 14), words.FORMULATION)

        self.turn("marc", TurningKind.MEASURE_NOTIFIED, 45, self.at(45, 16))
        work.report = self.report(2, self.at(41, 16), COMPLAINT)
        self.turn("marc", TurningKind.MEASURE_BREACHED, 41, self.at(41, 16, 40))
        self.police("breach", self.at(41, 17, 20), Level.HIGH)
        self.verify("sofie", GRID, self.at(40, 9), Verdict.RETURNED, words.RETURNED)
        self.police("again", self.at(40, 15), Level.CRITICAL, FearedEvent.FEMINICIDE)
        self.verify("sofie", GRID, self.at(39, 11))
        self.criticality("breach", self.at(39, 15), FearedEvent.FEMINICIDE)
        self.verify("helene", CRITICALITY, self.at(38, 9, 15))
        self.turn("marc", TurningKind.RELEASE, 37, self.at(37, 12, 30))
        self.authorised()

        work.at = self.at(34, 8, 30)
        district.refer(work, HIM_TO_PROGRAMME)
        self.police("seized", self.at(33, 11), Level.HIGH)
        self.verify("sofie", GRID, self.at(32, 9, 40))
        reason = words.PERPETRATOR_REASONS["first"]
        self.assess("vincent", ABOUT_HIM, self.at(26, 17), words.PERPETRATOR_GRID, Level.MODERATE, reason)
        self.verify("nora", ABOUT_HIM, self.at(25, 10))
        self.turn("simon", TurningKind.FAMILY_COURT, 24, self.at(24, 15))
        # below what the grid indicates: in force once the reference person has signed under it
        self.police("calmer", self.at(21, 14), Level.MODERATE)
        self.verify("sofie", GRID, self.at(20, 9, 20))
        self.criticality("sister", self.at(17, 15))
        self.verify("helene", CRITICALITY, self.at(16, 9, 10))

    def last_days(self) -> None:
        """Police finds little and the cell finds much; each owes the next assessment today."""
        due = self.due_today()
        self.police("quiet", due - timedelta(days=7), Level.LOW)
        self.verify("sofie", GRID, self.at(6, 10, 30))
        answers = self.changed(ABOUT_HIM, words.PERPETRATOR_LATER)
        reason = words.PERPETRATOR_REASONS["later"]
        self.assess("vincent", ABOUT_HIM, self.at(5, 17), answers, Level.MODERATE, reason)
        self.verify("nora", ABOUT_HIM, self.at(4, 10))
        answers = self.changed(CRITICALITY, words.CRITICALITY_LATER["last"])
        self.assess("leila", CRITICALITY, due - timedelta(days=3), answers)
        self.turn("marc", TurningKind.MEASURE_ENDED, 1, self.at(1, 12, 30))
        # talked over with a colleague first: it still waits for its verification
        feared = FearedEvent.FEMINICIDE, FearedEvent.ABDUCTION
        self.retain("leila", CRITICALITY, self.at(1, 15, 20), Level.HIGH, words.CRITICALITY_REASONS["last"], *feared)
        self.handed_over(self.at(1, 16))

    def due_today(self) -> datetime:
        """In a few hours, if so much of today is left."""
        midnight = self.at(-1, 0)
        return min(self.district.start + timedelta(hours=4), midnight - timedelta(minutes=10))

    # --- acts ---------------------------------------------------------------------------------------------
    def open(self, met_at: datetime) -> Work:
        """The first report and its case."""
        members = self.district.members
        self.names = {"v": f"Mme {words.VICTIM[1]}", "p": f"M. {words.PERPETRATOR[1]}"}
        plan = Plan((-82 * 24.0, -82 * 24.0), zone="zp_aurore")
        report = self.report(0, met_at, DISPUTE)
        senior = members[ZONES["zp_aurore"]["senior"]]
        return Work(
            report.case,
            report,
            plan,
            members["marc"],
            senior,
            members["leila"],
            self.names,
            met_at + timedelta(hours=1),
        )

    def report(self, number: int, met_at: datetime, kind: str) -> Report:
        """One of the three reports, typed half an hour after the meeting."""
        district, officer = self.district, self.district.members["marc"]
        data = dict(words.REPORTS[number]) | {
            "postal_code": "1210",
            "met_at": met_at.isoformat(),
            "occurred_at": (met_at - timedelta(minutes=40)).isoformat(),
            "pv_number": f"{words.REPORTS[number]['pv_number']}/{met_at.year}",
        }
        if number == 0:
            data |= {
                "victim_given_name": words.VICTIM[0],
                "victim_family_name": words.VICTIM[1],
                "victim_birth_date": district.birth_date(34, 38),
                "perpetrator_given_name": words.PERPETRATOR[0],
                "perpetrator_family_name": words.PERPETRATOR[1],
                "perpetrator_birth_date": district.birth_date(38, 42),
                "perpetrator_relationship": "mari",
                "victim_phone": "0470 00 31 17",
                "victim_phone_safe": "yes",
                "victim_phone_hours": "entre 9 h et 11 h",
                "victim_phone_say": "la bibliothèque",
                "victim_phone_must_not_answer": "son mari",
            }
            for index, (name, age, gender, exposure) in enumerate(words.CHILDREN):
                data[f"children-{index}-given_name"] = name
                data[f"children-{index}-birth_date"] = district.birth_date(age, age + 1)
                data[f"children-{index}-gender"] = gender
                data[f"children-{index}-exposure"] = exposure
        data = {key: value.format(**self.names) if isinstance(value, str) else value for key, value in data.items()}
        with district.act(officer, met_at + timedelta(minutes=30)):
            joins = self.work.case if number else None
            draft = start_draft(by=officer, kind=kind, joins_case=joins)
            return record_report(by=officer, draft_id=draft.pk, data=data)

    def changed(self, slug: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The answers of the last time, with what has changed."""
        return self.answers[slug] | dict(changes)

    def police(self, what: str, at: datetime, level: Level, *feared: FearedEvent) -> None:
        answers = self.changed(GRID, words.POLICE_LATER[what])
        self.assess("marc", GRID, at, answers, level, words.POLICE_REASONS[what], *feared)

    def criticality(self, what: str, at: datetime, *feared: FearedEvent) -> None:
        answers = self.changed(CRITICALITY, words.CRITICALITY_LATER[what])
        reason = words.CRITICALITY_REASONS[what]
        self.assess("leila", CRITICALITY, at, answers, Level.HIGH, reason, *feared)

    def assess(
        self,
        who: str,
        slug: str,
        at: datetime,
        answers: Mapping[str, Any],
        level: Level | None = None,
        reason: str = "",
        *feared: FearedEvent,
    ) -> None:
        """A grid taken up from the last one with the same grid, signed, and its level retained a quarter later."""
        by, case = self.district.members[who], self.work.case
        with self.district.act(by, at):
            report = self.work.report if slug == GRID else None
            signed = _sign(by, case, slug, answers, report=report, based_on=self.last.get(slug))
        self.last[slug], self.answers[slug] = signed, dict(answers)
        if level is not None:
            self.retain(who, slug, at + timedelta(minutes=15), level, reason, *feared)

    def retain(self, who: str, slug: str, at: datetime, level: Level, reason: str, *feared: FearedEvent) -> None:
        by, signed = self.district.members[who], self.last[slug]
        with self.district.act(by, at):
            conclude_level(by=by, assessment_id=signed.pk, level=level, justification=reason, feared_events=feared)

    def verify(
        self, who: str, slug: str, at: datetime, verdict: str = Verdict.VALIDATED, remarks: str = words.VALIDATED
    ) -> None:
        by = self.district.members[who]
        with self.district.act(by, at):
            review_assessment(by=by, assessment_id=self.last[slug].pk, verdict=verdict, remarks=remarks)

    def turn(self, who: str, kind: str, days: int, at: datetime) -> None:
        by, case = self.district.members[who], self.work.case
        with self.district.act(by, at):
            note_turning_point(
                by=by,
                case=case,
                access=for_case(case, by),
                kind=kind,
                happened_on=self.day(days),
                words=words.TURNS[kind],
                key=uuid7(),
            )

    def authorised(self) -> None:
        """The prosecutor lets the cell read what police assesses: both grids stand side by side there."""
        district, case = self.district, self.work.case
        anne, marc = district.members["anne"], district.members["marc"]
        with district.act(anne, self.at(37, 14)):
            authorisation = authorise(
                by=anne,
                case=case,
                access=for_case(case, anne),
                prosecutor_id=None,
                magistrate="Anne Royer",
                reference="AP/2026/31",
                recipient_id=district.agencies["eva"].pk,
                recipient_kinds=[],
                categories=[Category.LEVEL, Category.RISK],
                given_on=local(now()).date(),
                valid_until=now() + timedelta(days=365),
            )
        asked = Asked(
            recipient_id=district.agencies["eva"].pk,
            basis=Basis.PROSECUTOR_AUTHORISATION,
            side=ParticipationSide.VICTIM,
            grants=(f"{Category.LEVEL}:{Side.CASE}", f"{Category.RISK}:{Side.CASE}"),
            authorisation_id=authorisation.pk,
            reach=Reach.INTERNAL,
            **words.AUTHORISED,
        )
        sharing.decide(district, marc, case, asked, self.at(36, 9))

    def handed_over(self, at: datetime) -> None:
        """The cell leaves the next grid to the service that sees her each week."""
        leila, case = self.district.members["leila"], self.work.case
        with self.district.act(leila, at):
            hand_over(
                by=leila,
                case=case,
                access=for_case(case, leila),
                grid_id=self.last[CRITICALITY].grid_version.grid_id,
                agency_id=self.district.agencies["appui"].pk,
            )


def _sign(by: Membership, case: Any, slug: str, answers: Mapping[str, Any], **more: Any) -> Assessment:
    access = for_case(case, by)
    draft = start_assessment(by=by, case=case, access=access, grid_slug=slug, presence=Presence.ALONE, **more)
    return sign_assessment(by=by, assessment_id=draft.pk, answers=answers, version=draft.version)


# --- the coordination -------------------------------------------------------------------------------------
def _retained(district: "District") -> None:
    """A grave case of the last week: the cell asks with the names, the coordination takes it up; the 72 hours run."""
    delphine = district.members["delphine"]
    work = next(
        each
        for each in district.told
        if each.plan.level == Level.HIGH and each.plan.contact == "reached" and each.plan.due[0] >= -WEEK
    )
    answers = words.CRITICALITY | words.CRITICALITY_LATER["breach"]
    with district.act(work.cell, ago(district, 1, 8, 40)):
        signed = _sign(work.cell, work.case, CRITICALITY, answers)
        conclude_level(
            by=work.cell,
            assessment_id=signed.pk,
            level=Level.HIGH,
            justification=words.WHY_HIGH,
            feared_events=[FearedEvent.FEMINICIDE],
        )
    with district.act(work.cell, ago(district, 1, 9, 10)):
        (place,) = coordinating.places(work.cell.agency_id)
        asked = coordinating.Asked(place.pk, words.WHY_NAMED, (FearedEvent.FEMINICIDE,), with_identity=True)
        request = coordinating.ask_from_case(by=work.cell, case_id=work.case.pk, asked=asked)
    with district.act(delphine, ago(district, 1, 11, 30)):
        coordination_answering.retain(by=delphine, request_id=request.pk)


def _consultations(district: "District") -> None:
    """One situation keeps its advice, the other is asked of the coordination without a name."""
    nadia, mireille = district.members["nadia"], district.members["mireille"]
    _consult(district, nadia, "moderate", words.CRITICALITY, ago(district, 2, 14))
    answers = words.CRITICALITY | words.CRITICALITY_LATER["breach"] | {"death_threats": "yes"}
    consultation = _consult(district, mireille, "high", answers, ago(district, 1, 16, 30))
    with district.act(mireille, ago(district, 1, 16, 50)):
        (place,) = coordinating.places(mireille.agency_id)
        asked = coordinating.Asked(place.pk, words.WHY_UNNAMED, (FearedEvent.FEMINICIDE,))
        coordinating.ask_from_consultation(by=mireille, consultation_id=consultation.pk, asked=asked)


def _consult(district: "District", by: Membership, what: str, answers: Mapping[str, Any], at: datetime) -> Consultation:
    area, situation = words.CONSULTED[what]
    bare = {item: given["value"] if isinstance(given, dict) else given for item, given in answers.items()}
    with district.act(by, at):
        version = next(each for each in consulting.versions_for(by) if each.grid.slug == CRITICALITY)
        typed = consulting.Typed(situation=situation, area=area, answers=bare)
        return consulting.consult(by=by, key=uuid7(), version=version, typed=typed)


# --- grids and notices ------------------------------------------------------------------------------------
def _proposed_grid(district: "District") -> None:
    """The next version of the police grid, with one question more, waits for the other administrator."""
    pierre = district.members["pierre"]
    with district.act(pierre, ago(district, 1, 10)):
        version = next(each for each in latest_versions() if each.grid.slug == GRID)
        draft = editing.duplicate(by=pierre, version_id=version.pk)
        items = list(draft.definition["items"])
        after = next(index for index, item in enumerate(items) if item["id"] == "stalking") + 1
        items.insert(after, words.PROPOSED_QUESTION)
        changed = draft.definition | {"items": items}
        draft = editing.save_draft(by=pierre, draft_id=draft.pk, definition=changed, version=draft.version)
        path = reverse("administration:grid_draft", args=[draft.pk])
        editing.propose(by=pierre, draft_id=draft.pk, version=draft.version, path=path)


def read_what_is_old(district: "District") -> None:
    """What was told besides the cases of the district is read, as everything is that lies more than two days back."""
    seen = district.start - timedelta(days=2)
    for key, member in district.members.items():
        if key in ("luc", "gilles"):  # they have read nothing
            continue
        with district.act(member, seen):
            for notice in notices_of(member).filter(created_at__lt=seen, read_at=None):
                mark_read(by=member, notice_id=notice.pk)
