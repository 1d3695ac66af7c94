"""Eleven weeks in a fictional district, told through the services: every row is what an act of somebody left.

Chance is seeded: the same start gives the same district. The clock is moved to the moment of each act; the last hours
hold what is due now, so that "my work" has something to show whenever the demonstration starts.
"""

import random
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import cycle

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import User
from agencies.acting import acting_as
from agencies.models import Agency, Membership, TrainingCourse
from agencies.services import add_member, create_agency
from agencies.training import record_training
from cases.access import for_case
from cases.enums import Category, Level, PersonRole, Side, Stage
from cases.models import Case, CasePerson
from cases.services import advance, write_note
from casework.assessing import conclude_level, review_assessment, sign_assessment
from casework.referring import accept_referral, decline_referral, send_referral, withdraw_referral
from casework.reporting import record_report
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, local, now, travel
from common.ids import uuid7
from common.uploads import Received
from followups.calling import record_attempt
from followups.models import FollowUp, FollowUpKind, Outcome
from notifications.services import mark_read
from referrals.answering import receive
from referrals.sending import Asked
from reports.files import add_file
from reports.models import ReportKind
from reports.services import save_draft, start_draft
from riskassessment.models import Assessment, FearedEvent, Presence
from riskassessment.models import Verdict as ReviewVerdict
from riskassessment.services import save_answers
from riskassessment.services import start as start_assessment
from sharing.break_glass import open_emergency, review
from sharing.emergency_search import Wanted, search
from sharing.models import Basis, GivenHow, Verdict

from . import (
    actions,
    assessing,
    closing,
    complaints,
    custody,
    directory,
    doors,
    interpreting,
    measures,
    needs,
    outreach,
    programme,
    referring,
    sharing,
    words,
)
from .exchanges import exchanges
from .papers import letter, photo_of_a_door
from .people import AGENCIES, PEOPLE, public_duty_phone
from .plans import CHECKLIST, COMPLAINT, DISPUTE, GRID, LOWER, PLANS, YES, ZONES, Ask, Plan, Work
from .unusual import unusual_readings_of

PASSWORD = "move-demo-2026"  # noqa: S105 - the demonstration's, printed on purpose
ENDED = (Stage.SUPERVISED, Stage.CLOSED)

FIRST_MINUTE = timedelta(seconds=60)
ZONE_OF = {officer: zone for zone, team in ZONES.items() for officer in team["officers"]}

TRAINED = {
    "partner-violence": ("sofie", "luc", "isabelle", "gilles", "anne", "delphine"),
    "criticality": ("leila", "helene", "julie", "benoit", "mireille", "nadia", "delphine"),
}
"""Who has followed which training, by its code."""


class District:
    """Builds everything once. `start` is the present moment; `members` finds people by their short key."""

    def __init__(self, *, start: datetime, seed: int = 2026) -> None:
        self.start = start
        self.seed = seed
        self.random = self.chance(0)
        self.told: list[Work] = []
        self.agencies: dict[str, Agency] = {}
        self.members: dict[str, Membership] = {}
        self.hats: dict[tuple[str, str], Membership] = {}
        self.persons = iter(zip(words.VICTIMS, words.PERPETRATORS, strict=True))
        self.episodes = {gravity: cycle(pool) for gravity, pool in words.EPISODES.items()}
        self.numbers = iter(range(241, 1000))
        self.results = referring.results()

    def chance(self, index: int) -> random.Random:
        """The dice of one case: what happens in it does not depend on what happened in another."""
        return random.Random(self.seed * 1000 + index)  # noqa: S311 - decides nothing that matters

    def build(self) -> None:
        """All of it, in one transaction: a district half told is of no use."""
        with transaction.atomic():
            self.open_agencies()
            self.trainings()
            doors.divide(self)
            directory.write(self)
            scheme, standing = sharing.partnerships_of(self), sharing.standing_authorisation(self)
            stories = [self.dated(each) for count, plan in PLANS for each in repeated(plan, count)]
            read = False
            for index, (due, plan) in enumerate(sorted(stories, key=lambda story: story[0]), 1):
                self.random = self.chance(index)
                if not read and due > self.start - timedelta(days=2):
                    self.read_notices()
                    read = True
                # two towns of three to two
                self.tell(replace(plan, zone=plan.zone or list(ZONES)[index % 5 in (1, 3)]), due)
            self.emergencies()
            sharing.decisions(self, scheme, standing)
            exchanges(self)
            sharing.subject_requests(self)
            assessing.tell(self)
            doors.tell(self)
            needs.tell(self)
            actions.tell(self)
            measures.tell(self)
            custody.tell(self)
            assessing.read_what_is_old(self)
            referring.tell(self)
            programme.tell(self)
            closing.tell(self)
            interpreting.tell(self)
            outreach.tell(self)
            directory.today(self)
            self.begin_drafts()
            self.first_minute()
            unusual_readings_of(self)

    # --- who -------------------------------------------------------------------------------------------------
    def open_agencies(self) -> None:
        """Agencies, people, and what each is in which agency."""
        with travel(self.start - timedelta(weeks=30)), system_context(SystemContext.REFERENCE):
            for agency in AGENCIES:
                self.agencies[agency.key] = create_agency(
                    name=agency.name,
                    short_name=agency.short_name,
                    kind=agency.kind,
                    phase=agency.phase,
                    side=agency.side,
                    parent=self.agencies[agency.parent] if agency.parent else None,
                    languages=list(agency.languages),
                    territory=list(agency.territory),
                    public_contact=f"02 555 03 {agency.number:02d}",
                    professional_phone=f"02 555 01 {agency.number:02d}",
                    professional_email=f"contact@{host(agency.key)}",
                    duty_phone=f"02 555 02 {agency.number:02d}" if agency.duty else "",
                    public_duty_phone=public_duty_phone(agency),
                    accepts_referrals=agency.accepts,
                    capacity=agency.capacity,
                    answer_hours=agency.hours,
                )
            hashed = make_password(PASSWORD)  # once: a tenth of a second each is what makes it a password hash
            for person in PEOPLE:
                user = User.objects.create_user(
                    email=address(person.given_name, person.family_name, person.hats[0][0]),
                    given_name=person.given_name,
                    family_name=person.family_name,
                )
                user.password = hashed
                user.save(update_fields=["password"])
                for key, role, profession in person.hats:
                    member = add_member(user=user, agency=self.agencies[key], role=role, profession=profession)
                    self.members.setdefault(person.key, member)
                    self.hats[person.key, key] = member

    def trainings(self) -> None:
        """Who has followed which training; that of Luc Hardy runs out soon."""
        by = self.members["pierre"]
        with travel(self.start - timedelta(weeks=29)), acting_as(by):
            for code, keys in TRAINED.items():
                course = TrainingCourse.objects.get(code=code)
                for key in keys:
                    record_training(
                        by=by,
                        member=self.members[key],
                        course=course,
                        followed_on=(self.start - timedelta(weeks=45)).date(),
                        valid_until=(self.start + timedelta(days=40)).date() if key == "luc" else None,
                        evidence="Attestation du centre de formation",
                    )

    @contextmanager
    def act(self, by: Membership, at: datetime) -> Iterator[datetime]:
        """Act as `by` at the moment `at`, never later than the start."""
        with travel(min(at, self.start)) as moment, acting_as(by):
            yield moment

    # --- a case ----------------------------------------------------------------------------------------------
    def dated(self, plan: Plan) -> tuple[datetime, Plan]:
        """When the J+2 contact of a planned case is due."""
        earliest, latest = plan.due
        due = self.start + timedelta(hours=self.random.uniform(earliest, latest))
        if 0 < earliest < 10:  # today, if any of today is left
            midnight = datetime.combine(local(self.start).date() + timedelta(days=1), time(), BRUSSELS)
            due = min(due, midnight - timedelta(minutes=self.random.randint(2, 20)))
            due = max(due, self.start + timedelta(minutes=3))
        return due, plan

    def tell(self, plan: Plan, due: datetime) -> None:
        """One case from the meeting to where the plan leaves it."""
        work = self.record(plan, two_days_before(due))
        self.told.append(work)
        self.check_list(work)
        if plan.level:
            self.assess(work, plan.level, plan.conclusion)
        if plan.contact not in ("open", "not_accepted"):
            self.call(work, due)
        for who, category in plan.notes:
            self.note(work, work.cell if who == "cell" else work.officer, category)
        if plan.level == Level.CRITICAL and plan.contact == "reached":
            self.papers(work)
        for asks in plan.asks:
            for ask in asks:
                self.refer(work, ask)
        if plan.again:
            self.record_again(work)
        if plan.level:
            self.assess_again(work)
        if plan.stage and plan.stage not in ENDED:
            with self.act(work.officer, self.by_day(work.at + timedelta(days=9))):
                advance(case=work.case, stage=plan.stage)

    def record(self, plan: Plan, met_at: datetime) -> Work:
        """The report at the counter or after the patrol, and the case it opens."""
        team = ZONES[plan.zone]
        victim, perpetrator = next(self.persons)
        names = {"v": f"Mme {victim.split(' ', 1)[1]}", "p": f"M. {perpetrator.split(' ', 1)[1]}"}
        officer = self.members[self.random.choice(team["officers"])]
        typed_at = met_at + (timedelta(days=3) if plan.late else timedelta(minutes=self.random.randint(35, 160)))
        kind = self.random.choice(plan.kinds)
        with self.act(officer, typed_at) as at:
            draft = start_draft(by=officer, kind=kind)
            data = self.report_data(plan, met_at, victim, perpetrator, names, kind)
            report = record_report(by=officer, draft_id=draft.pk, data=data)
        cell = self.members[self.random.choice(team["cell"])]
        return Work(report.case, report, plan, officer, self.members[team["senior"]], cell, names, at)

    def report_data(
        self, plan: Plan, met_at: datetime, victim: str, perpetrator: str, names: dict[str, str], kind: ReportKind
    ) -> dict[str, object]:
        """What the form holds."""
        chance, gravity = self.random, self.random.choice(plan.gravities)
        episode = next(self.episodes[gravity])
        given, family = victim.split(" ", 1)
        his_given, his_family = perpetrator.split(" ", 1)
        measure = chance.choice(
            {
                1: ("none", "spontaneous_leaving"),
                2: ("spontaneous_leaving", "sheltering", "other"),
                3: ("arrest", "residence_ban", "sheltering"),
            }[gravity]
        )
        accepts = plan.contact != "not_accepted"
        children = chance.sample(words.CHILDREN_NAMES, chance.choice([0, 1, 1, 2, 2, 3]))
        data: dict[str, object] = {
            "met_at": met_at.isoformat(),
            "occurred_at": (met_at - timedelta(minutes=chance.randint(20, 240))).isoformat(),
            "place": episode.place,
            "pv_number": f"{'PL' if kind == COMPLAINT else 'DF'}-{next(self.numbers):06d}/{local(met_at).year}",
            "facts_context": episode.context,
            "facts_words": episode.words,
            "facts_gestures": episode.gestures,
            "children_present": "yes" if children else "no",
            "children_impact": chance.choice(words.CHILDREN if children else words.NO_CHILD),
            "risk_weapons": episode.weapons,
            "risk_threats": episode.threats,
            "risk_antecedents": chance.choice(words.ANTECEDENTS),
            "measure": measure,
            "measure_detail": chance.choice(words.MEASURES[measure]),
            "orientation": chance.choice(words.ORIENTATIONS if accepts else words.NOT_NOW),
            "j2_accepted": "yes" if accepts else "no",
            "victim_given_name": given,
            "victim_family_name": family,
            "victim_birth_date": self.birth_date(18, 62),
            "perpetrator_given_name": his_given,
            "perpetrator_family_name": his_family,
            "perpetrator_birth_date": self.birth_date(20, 66),
            "perpetrator_relationship": chance.choice(words.RELATIONSHIPS),
        }
        if accepts or chance.random() < 0.5:
            data |= {
                "victim_phone": f"04{chance.choice(['70', '71', '90'])} 00 {chance.randint(10, 99)} {chance.randint(10, 99)}",
                "victim_phone_safe": chance.choice(["yes", "yes", "yes", "unknown"]),
                "victim_phone_hours": chance.choice(words.HOURS),
                "victim_phone_say": chance.choice(words.SAY),
                "victim_phone_must_not_answer": chance.choice(words.MUST_NOT_ANSWER),
                "victim_may_sms": chance.random() < 0.3,
            }
        for index, name in enumerate(children):
            data[f"children-{index}-given_name"] = name
            data[f"children-{index}-birth_date"] = self.birth_date(1, 15)
        data |= complaints.said(
            random.Random(f"{self.seed} {data['pv_number']}"),  # noqa: S311 - its own dice
            kind=kind,
            gravity=gravity,
            zone=plan.zone,
            told=f"{episode.context} {episode.words} {episode.gestures}",
            children=children,
        )
        return {key: value.format(**names) if isinstance(value, str) else value for key, value in data.items()}

    def birth_date(self, youngest: int, oldest: int) -> str:
        """A date that makes somebody between these ages (years) today."""
        days = self.random.randint(youngest * 366, oldest * 365)
        return (local(self.start).date() - timedelta(days=days)).isoformat()

    def record_again(self, work: Work) -> None:
        """A second report that joins the case, graver than the first, without another contact at J+2."""
        met_at = work.at + timedelta(days=self.random.randint(3, 8))
        worse = Plan(due=(0, 0), contact="not_accepted", gravities=(3,), zone=work.plan.zone)
        with self.act(work.officer, met_at + timedelta(hours=1)) as work.at:
            draft = start_draft(by=work.officer, kind=COMPLAINT, joins_case=work.case)
            data = self.report_data(worse, met_at, "Aucun Nom", "Aucun Nom", work.names, COMPLAINT)
            kept = {
                key: value
                for key, value in data.items()
                if not key.startswith(("victim_", "perpetrator_", "children-"))
            }
            work.report = record_report(by=work.officer, draft_id=draft.pk, data=kept)
        self.assess(work, Level.HIGH, "as_indicated")
        self.assess_again(work)

    # --- risk ------------------------------------------------------------------------------------------------
    def check_list(self, work: Work) -> None:
        """The five questions at the counter."""
        answers = {
            item: self.random.choice(["yes", "yes", "no", "unknown"])
            for item in ("children", "weapons_threats_substances", "escalation", "isolation", "stalking")
        }
        with self.act(work.officer, work.at + timedelta(minutes=12)) as work.at:
            self.sign(work.officer, work, CHECKLIST, answers)

    def assess(self, work: Work, level: Level, conclusion: str) -> None:
        """The grid, signed and concluded."""
        with self.act(work.officer, work.at + timedelta(minutes=50)) as work.at:
            assessment = self.sign(work.officer, work, GRID, self.answers(level))
        if not conclusion:
            return
        kept = {"raised": Level.HIGH, "lowered": LOWER[level], "countersigned": LOWER[level]}.get(conclusion, level)
        reason = "lowered" if conclusion == "countersigned" else conclusion
        with self.act(work.officer, work.at + timedelta(minutes=25)) as work.at:
            conclude_level(
                by=work.officer,
                assessment_id=assessment.pk,
                level=kept,
                justification=self.random.choice(words.JUSTIFICATIONS[reason]),
                feared_events=[FearedEvent.FEMINICIDE] if kept == Level.CRITICAL else [],
            )
        if conclusion == "countersigned":
            with self.act(work.senior, work.at + timedelta(hours=3)) as work.at:
                review_assessment(by=work.senior, assessment_id=assessment.pk, verdict=ReviewVerdict.VALIDATED)
        elif conclusion != "lowered":
            self.verify(work, assessment)

    def verify(self, work: Work, assessment: Assessment) -> None:
        """The reference person verifies the next day; what was concluded since yesterday still waits."""
        at = work.at + timedelta(hours=20)
        if at >= self.start:
            return
        returned = len(self.told) % 9 == 4
        with self.act(work.senior, at):
            review_assessment(
                by=work.senior,
                assessment_id=assessment.pk,
                verdict=ReviewVerdict.RETURNED if returned else ReviewVerdict.VALIDATED,
                remarks=words.REMARKS if returned else "",
            )

    def assess_again(self, work: Work) -> None:
        """Assessed again each time it was due, while the situation grew calmer; one in nine has been forgotten."""
        while True:
            with acting_as(work.officer):
                owed = FollowUp.objects.filter(
                    case=work.case, kind=FollowUpKind.REASSESSMENT, agency=work.officer.agency, settled_at=None
                ).first()
                level = Case.objects.values_list("level", flat=True).get(pk=work.case.pk)
            due = owed.due_at if owed else self.start
            if due >= self.start - timedelta(hours=6) or self.random.random() < 1 / 9:
                return
            work.at = max(work.at, due - timedelta(hours=self.random.randint(4, 20)))
            self.assess(work, LOWER[Level(level)], "as_indicated")

    def answers(self, level: Level) -> dict[str, dict[str, str]]:
        """Answers of the demonstration grid that come to `level`, some unknown, with comments."""
        yes = self.random.choice(YES[level])
        asked = [*words.GRID_COMMENTS]
        unknown = self.random.sample([item for item in asked if item not in yes], 2)
        protective = self.random.sample(words.PROTECTIVE, 2)
        given = {
            item: {
                "value": "yes" if item in yes else "unknown" if item in unknown else "no",
                "comment": words.GRID_COMMENTS[item] if item in yes else "",
            }
            for item in asked
        }
        return given | {item: {"value": "yes" if item in protective else "no"} for item in words.PROTECTIVE}

    def sign(self, by: Membership, work: Work, slug: str, answers: dict) -> Assessment:
        draft = start_assessment(
            by=by,
            case=work.case,
            access=for_case(work.case, by),
            grid_slug=slug,
            report=work.report,
            presence=Presence.ALONE,
        )
        return sign_assessment(by=by, assessment_id=draft.pk, answers=answers, version=draft.version)

    # --- the J+2 contact --------------------------------------------------------------------------------------
    def call(self, work: Work, due: datetime) -> None:
        """The call at J+2: settled, or tried and to be tried again."""
        chance = self.random
        with acting_as(work.cell):
            owed = FollowUp.objects.get(source_id=work.report.pk, kind=FollowUpKind.J2_CONTACT)
        tried = work.plan.contact == "tried"
        at = due + timedelta(minutes=chance.randint(5, 60)) if tried else self.before_evening(due)
        if tried or chance.random() < 0.25:
            outcome = chance.choice([Outcome.NO_ANSWER, Outcome.NO_ANSWER, Outcome.CALL_BACK, Outcome.NOT_ALONE])
            again = max(at, self.start) + timedelta(hours=chance.randint(1, 20)) if tried else at + timedelta(hours=20)
            self.attempt(work, owed, at, outcome, next_at=again)
            at = again if tried else self.by_day(again)
        if not tried:
            self.attempt(work, owed, at, Outcome.REACHED if work.plan.contact == "reached" else Outcome.DECLINED)

    def before_evening(self, due: datetime) -> datetime:
        """When the cell calls: in its working day, the one before where the contact falls due in the night."""
        moment = local(due)
        day = moment.date() if moment.hour >= 10 else moment.date() - timedelta(days=1)
        morning = datetime.combine(day, time(9), BRUSSELS)
        return min(morning + timedelta(minutes=self.random.randint(0, 480)), moment)

    def by_day(self, at: datetime) -> datetime:
        """The same moment, or the next working morning for services that close at night."""
        moment = local(at)
        if 8 <= moment.hour < 18:
            return at
        day = moment.date() + timedelta(days=moment.hour >= 18)
        return datetime.combine(day, time(9), BRUSSELS) + timedelta(minutes=self.random.randint(0, 150))

    def attempt(
        self, work: Work, owed: FollowUp, at: datetime, outcome: Outcome, *, next_at: datetime | None = None
    ) -> None:
        reached = outcome == Outcome.REACHED
        with self.act(work.cell, max(at, work.at + timedelta(minutes=5))) as work.at:
            record_attempt(
                by=work.cell,
                follow_up_id=owed.pk,
                request_key=uuid7(),
                outcome=outcome,
                frame_explained=reached,
                hearing_prepared=reached and self.random.random() < 0.5,
                accompaniment_offered=reached and self.random.random() < 0.6,
                housing_checked=reached and self.random.random() < 0.7,
                income_checked=reached and self.random.random() < 0.6,
                note=self.random.choice(words.CONTACT_NOTES[outcome]),
                next_at=next_at,
            )

    # --- referrals --------------------------------------------------------------------------------------------
    def refer(self, work: Work, ask: Ask) -> None:
        """Ask another service, on the person's consent, and what became of it."""
        chance = self.random
        hers = ask.about == PersonRole.VICTIM
        # before she was called there is only the police to send her
        sender = work.cell if hers and work.plan.contact == "reached" else work.officer
        waits = ask.answer in ("sent", "received")
        at = self.start - timedelta(hours=chance.randint(2, 14)) if waits else self.by_day(work.at + timedelta(hours=2))
        with self.act(sender, max(at, work.at + timedelta(minutes=15))) as work.at:
            subject = CasePerson.objects.get(case=work.case, role=ask.about)
            asked = Asked(
                subject_id=subject.pk,
                to_agency_id=self.agencies[ask.to].pk,
                need=ask.need,
                urgency=ask.urgency,
                reason=chance.choice(words.REFERRAL_REASONS[ask.need]),
                basis=Basis.CONSENT,
                given_how=GivenHow.ORAL,
                explained=words.EXPLAINED,
                purpose=words.PURPOSES[ask.need],
                valid_until=now() + timedelta(days=180),
            )
            referral = send_referral(by=sender, case_id=work.case.pk, asked=asked, request_key=uuid7())
        if ask.answer == "withdrawn":
            with self.act(sender, work.at + timedelta(hours=5)) as work.at:
                withdraw_referral(by=sender, referral_id=referral.pk)
            return
        if ask.answer == "sent":
            return
        receiver = self.hats[ask.who, ask.to]
        with self.act(receiver, work.at + timedelta(minutes=chance.randint(20, 90))) as work.at:
            receive(by=receiver, referral_id=referral.pk)
        if ask.answer == "received":
            return
        with self.act(receiver, work.at + timedelta(hours=chance.randint(1, 3))) as work.at:
            if ask.answer == "declined":
                note = words.DECLINED[ask.reason]
                decline_referral(by=receiver, referral_id=referral.pk, reason=ask.reason, note=note)
            else:
                accept_referral(
                    by=receiver,
                    referral_id=referral.pk,
                    note=chance.choice(words.ACCEPTED),
                    first_appointment_at=self.by_day(referring.first_meeting(work.at)),
                )
                referring.go_on(self, receiver, referral, work.at)
        if ask.answer == "accepted" and ask.note:
            self.note(work, receiver, ask.note, side=subject.side)

    # --- notes, drafts, notices -------------------------------------------------------------------------------
    def note(self, work: Work, by: Membership, category: str, *, side: Side | None = None) -> None:
        """A note in words that keep facts, statements and appreciation apart."""
        facts, statements, appreciation = self.random.choice(words.NOTES[category])
        side = side or (Side.CASE if category == Category.FACTS else Side.VICTIM)
        with self.act(by, self.by_day(work.at + timedelta(hours=self.random.randint(2, 50)))) as work.at:
            write_note(
                by=by,
                case=work.case,
                access=for_case(work.case, by),
                category=category,
                side=side,
                facts=facts,
                statements=statements,
                appreciation=appreciation,
            )

    def papers(self, work: Work) -> None:
        """What the officer photographed, and what the cell was given."""
        attestation = letter(words.ATTESTATION)
        for by, name, content, category, side, report, description in (
            (
                work.officer,
                "IMG_2051.jpg",
                photo_of_a_door(),
                Category.FACTS,
                Side.CASE,
                work.report,
                "Photo de la porte",
            ),
            (
                work.cell,
                "attestation.pdf",
                attestation,
                Category.PSYCHOSOCIAL,
                Side.VICTIM,
                None,
                "Attestation de suivi",
            ),
        ):
            with self.act(by, self.by_day(work.at + timedelta(hours=1))) as work.at:
                add_file(
                    by=by,
                    case=work.case,
                    access=for_case(work.case, by),
                    sent=Received(name, content),
                    category=category,
                    side=side,
                    description=description,
                    report=report,
                )

    def read_notices(self) -> None:
        """Everybody has read what is more than two days old, some members excepted."""
        for key, member in self.members.items():
            if key not in ("luc", "gilles"):
                with self.act(member, self.start - timedelta(days=2)):
                    mark_read(by=member)

    def emergencies(self) -> None:
        """The hospital opened two cases it takes no part in: one was judged justified, one still waits."""
        nurse = self.members["caroline"]
        grave = [
            work
            for work in self.told
            if work.plan.level in (Level.HIGH, Level.CRITICAL)
            and work.plan.stage != Stage.CLOSED
            and nurse.agency_id not in {self.agencies[ask.to].pk for asks in work.plan.asks for ask in asks}
            and work.at < self.start - timedelta(days=10)
        ]
        for work, days, judged in zip(grave, (9, 4), (True, False), strict=False):
            at = self.by_day(self.start - timedelta(days=days))
            with self.act(nurse, at):
                wanted = Wanted(reference=work.case.reference)
                (hit,) = search(by=nurse, reason=words.EMERGENCY_REASON, wanted=wanted).hits
                emergency = open_emergency(by=nurse, token=hit.token)
            if judged:
                with self.act(work.senior, self.by_day(at + timedelta(days=1))):
                    review(
                        by=work.senior,
                        emergency_id=emergency.pk,
                        verdict=Verdict.JUSTIFIED,
                        comment=words.EMERGENCY_VERDICT,
                    )

    def begin_drafts(self) -> None:
        """Reports somebody began to type today, and a grid left open."""
        for key, minutes in (("marc", 25), ("marc", 190), ("thomas", 70)):
            member = self.members[key]
            met_at = self.start - timedelta(minutes=minutes + 40)
            victim, perpetrator = next(self.persons)
            names = {"v": f"Mme {victim.split(' ', 1)[1]}", "p": f"M. {perpetrator.split(' ', 1)[1]}"}
            data = self.report_data(Plan((0, 0), zone=ZONE_OF[key]), met_at, victim, perpetrator, names, DISPUTE)
            for name in ("orientation", "measure_detail", "risk_antecedents", "j2_accepted"):
                data.pop(name)
            with self.act(member, self.start - timedelta(minutes=minutes)):
                draft = start_draft(by=member, kind=DISPUTE)
                save_draft(by=member, draft_id=draft.pk, data=data, version=draft.version)

    def first_minute(self) -> None:
        """The contact that falls due a minute after the start: its reminder is seen firing."""
        due = now() + FIRST_MINUTE
        plan = Plan((0, 0), contact="open", kinds=(COMPLAINT,), gravities=(3,), zone="zp_aurore")
        work = self.record(plan, two_days_before(due))
        self.check_list(work)
        self.assess(work, Level.CRITICAL, "as_indicated")
        with self.act(work.officer, self.start - timedelta(minutes=8)):
            access = for_case(work.case, work.officer)
            draft = start_assessment(
                by=work.officer, case=work.case, access=access, grid_slug=GRID, presence=Presence.ALONE
            )
            half = dict(list(self.answers(Level.HIGH).items())[:9])
            save_answers(by=work.officer, assessment_id=draft.pk, answers=half, version=draft.version)


def repeated(plan: Plan, count: int) -> Iterator[Plan]:
    """The plan of each case: the first takes the first referrals, and so on."""
    for index in range(count):
        yield replace(plan, asks=plan.asks[index : index + 1])


def two_days_before(due: datetime) -> datetime:
    """When she was met, for a contact due then: the same time on a Belgian wall clock."""
    return (local(due) - timedelta(days=2)).astimezone(UTC)


def host(agency_key: str) -> str:
    """The invented host name of an agency (the ending is reserved: no mail ever arrives)."""
    return f"{agency_key.replace('_', '-')}.example"


def address(given_name: str, family_name: str, agency_key: str) -> str:
    """An e-mail address in plain letters."""
    plain = unicodedata.normalize("NFKD", f"{given_name}.{family_name}").encode("ascii", "ignore").decode()
    return f"{plain.lower().replace(' ', '-')}@{host(agency_key)}"
