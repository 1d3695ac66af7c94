"""Referrals as they go: several at once, in order, by letter, under a mandate, told of, run out; one load handed over.

Each is told of a case of its own.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

from agencies.enums import Need
from agencies.models import Membership
from cases.access import for_case
from cases.enums import Category, PersonRole, Stage
from cases.models import CasePerson
from casework import handing_load, letters, rounds
from casework.referring import accept_referral, assign_referral, send_referral, send_referrals
from common.clock import now, travel
from common.ids import uuid7
from referrals import answering, drafts, feedback, proposals
from referrals.letters import make_letter
from referrals.models import AskedBy, ExternalAnswer, FeedbackBasis, Referral, Urgency
from referrals.sending import Asked
from reports.models import ReportKind
from sharing.models import Basis, GivenHow
from sharing.services import record_consent

from . import referring_words as words
from .assessing import ago
from .plans import Work

if TYPE_CHECKING:
    from .district import District

BEGINS_AFTER, ENDS_AFTER = timedelta(days=2), timedelta(days=24)
"""How long after acceptance the work begins, and how long it lasts."""


def first_meeting(at: datetime) -> datetime:
    """When a service first meets somebody it takes over at `at`."""
    return at + timedelta(days=1, hours=20)


def go_on(district: "District", receiver: Membership, referral: Referral, accepted_at: datetime) -> None:
    """What was accepted weeks ago has begun, and is over where there was time for it."""
    begins = district.by_day(accepted_at + BEGINS_AFTER)
    if begins > district.start:
        return
    with district.act(receiver, begins):
        answering.begin(by=receiver, referral_id=referral.pk)
    ends = district.by_day(begins + ENDS_AFTER)
    if ends < district.start:
        with district.act(receiver, ends):
            answering.complete(by=receiver, referral_id=referral.pk, result=next(district.results))


def results() -> cycle:
    """What becomes of one after the other."""
    return cycle(words.RESULTS)


def tell(district: "District") -> None:
    """All of it."""
    story = Story(district)
    story.together()
    story.in_order()
    story.mandated()
    story.accepted()
    story.told_with_consent()
    story.by_letter()
    story.missing_service()
    story.run_out()
    story.draft()
    story.handed_over()


class Story:
    """Takes one case after the other; `at` is a time of day so many days ago."""

    def __init__(self, district: "District") -> None:
        self.district = district
        self.members = district.members
        self.hats = district.hats
        self.free = [work for work in district.told if _open(work)]

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        return ago(self.district, days, hour, minute)

    def case(self, *services: str, before: datetime, zone: str = "zp_aurore") -> Work:
        """A case in which she was called before that moment and none of these services was asked; rather one of that
        zone, in which nobody was asked, the latest. Which there are depends on the day the district begins.
        """
        fitting = [
            work
            for work in self.free
            if work.at < before - timedelta(hours=2)
            and not {ask.to for asks in work.plan.asks for ask in asks} & set(services)
        ]
        found = max(fitting, key=lambda work: (work.plan.zone == zone, not any(work.plan.asks), work.at))
        self.free.remove(found)
        return found

    def asked(self, work: Work, to: str, need: Need, urgency: Urgency, says: Mapping[str, Any], **more: Any) -> Asked:
        """About her, with her consent. Call it as the one who asks."""
        subject = CasePerson.objects.get(case=work.case, role=PersonRole.VICTIM)
        return Asked(
            subject_id=subject.pk,
            to_agency_id=self.district.agencies[to].pk,
            need=need,
            urgency=urgency,
            basis=Basis.CONSENT,
            given_how=GivenHow.ORAL,
            explained=words.EXPLAINED,
            valid_until=now() + timedelta(days=180),
            **(says | more),
        )

    def send(self, by: Membership, work: Work, at: datetime, asked: Mapping[str, Any]) -> list[Referral]:
        with self.district.act(by, at):
            return send_referrals(by=by, case_id=work.case.pk, asked=self.asked(work, **asked), request_key=uuid7())

    def receive(self, by: Membership, referral: Referral, at: datetime) -> None:
        with self.district.act(by, at):
            answering.receive(by=by, referral_id=referral.pk)

    def accept(self, by: Membership, referral: Referral, at: datetime, meets_at: datetime | None = None) -> None:
        with self.district.act(by, at):
            accept_referral(
                by=by,
                referral_id=referral.pk,
                note=words.TAKEN,
                first_appointment_at=meets_at or first_meeting(at),
            )

    # --- several services -------------------------------------------------------------------------------------
    def together(self) -> None:
        """Two services at once: one has given it to a colleague to look at, the other has not read it."""
        work = self.case("appui", "amarante", before=self.at(2, 10))
        also = (self.district.agencies["amarante"].pk,)
        first, _second = self.send(
            work.cell,
            work,
            self.at(2, 10),
            {"to": "appui", "need": Need.PSYCHOSOCIAL, "urgency": Urgency.WITHIN_A_WEEK, "says": words.TOGETHER, "also": also},
        )  # fmt: skip
        nadia = self.members["nadia"]
        self.receive(nadia, first, self.at(1, 9, 10))
        with self.district.act(nadia, self.at(1, 9, 15)):
            assign_referral(by=nadia, referral_id=first.pk, user_id=self.members["olivier"].user_id)

    def in_order(self) -> None:
        """One service has it, the legal clinic is next in line."""
        work = self.case("rivages", before=self.at(1, 11))
        also = (self.district.agencies["permanence"].pk,)
        first, _next = self.send(
            work.cell,
            work,
            self.at(1, 11),
            {"to": "rivages", "need": Need.LEGAL, "urgency": Urgency.WITHIN_A_WEEK, "says": words.IN_ORDER, "also": also, "in_order": True},
        )  # fmt: skip
        self.receive(self.members["tarik"], first, self.at(1, 15))

    # --- one service ------------------------------------------------------------------------------------------
    def mandated(self) -> None:
        """The magistrate sends him to the programme, which tells her of his attendance by right."""
        anne, nora, vincent = (self.members[key] for key in ("anne", "nora", "vincent"))
        sent_at = self.at(16, 10)
        for work in self.district.told:
            known = work.report.kind == ReportKind.POLICE_COMPLAINT and work.at < sent_at and not any(work.plan.asks)
            if not known or work.plan.stage == Stage.CLOSED:
                continue
            with self.district.act(anne, sent_at):
                access = for_case(work.case, anne)
                his = CasePerson.objects.filter(case=work.case, role=PersonRole.PRESUMED_PERPETRATOR).first()
                if his is None or not (access.contribute and access.can(Category.IDENTITY, his.side)):
                    continue
                referral = send_referral(
                    by=anne,
                    case_id=work.case.pk,
                    asked=Asked(
                        subject_id=his.pk,
                        to_agency_id=self.district.agencies["passerelle"].pk,
                        need=Need.PERPETRATOR_WORK,
                        urgency=Urgency.WITHIN_A_WEEK,
                        basis=Basis.LEGAL_OBLIGATION,
                        asked_by=AskedBy.AUTHORITY,
                        mandated=True,
                        **words.MANDATED,
                    ),
                    request_key=uuid7(),
                )
            break
        self.receive(nora, referral, self.at(16, 14))
        with self.district.act(nora, self.at(16, 14, 5)):
            assign_referral(by=nora, referral_id=referral.pk, user_id=vincent.user_id)
        self.accept(vincent, referral, self.at(15, 9, 30), self.at(13, 17))
        with self.district.act(vincent, self.at(13, 18, 10)):
            answering.begin(by=vincent, referral_id=referral.pk)
        with self.district.act(vincent, self.at(2, 16)):
            feedback.give(
                by=vincent,
                referral_id=referral.pk,
                text=words.ATTENDANCE,
                basis=FeedbackBasis.MANDATE,
                request_key=uuid7(),
            )

    def accepted(self) -> None:
        """The first appointment is in some days; another service has begun and hands the work over below."""
        samira, olivier = self.members["samira"], self.members["olivier"]
        work = self.case("cpas", before=self.at(3, 10))
        asked = {"need": Need.SOCIAL, "urgency": Urgency.WITHIN_48_HOURS, "says": words.TO_CPAS}
        (referral,) = self.send(work.cell, work, self.at(3, 10), asked | {"to": "cpas"})
        self.accept(samira, referral, self.at(2, 8, 45), self.at(-3, 9))
        work = self.case("appui", before=self.at(12, 10))
        asked = {"need": Need.PSYCHOSOCIAL, "urgency": Urgency.WITHIN_48_HOURS, "says": words.TO_OLIVIER}
        (referral,) = self.send(work.cell, work, self.at(12, 10), asked | {"to": "appui"})
        self.accept(olivier, referral, self.at(11, 14), self.at(10, 10))
        with self.district.act(olivier, self.at(10, 11, 30)):
            answering.begin(by=olivier, referral_id=referral.pk)

    def told_with_consent(self) -> None:
        """She agrees that the cell learns how it goes."""
        work, lucie = self.case("amarante", before=self.at(20, 10)), self.hats["lucie", "amarante"]
        asked = {"need": Need.PSYCHOSOCIAL, "urgency": Urgency.WITHIN_A_WEEK, "says": words.TO_AMARANTE}
        (referral,) = self.send(work.cell, work, self.at(20, 10), asked | {"to": "amarante"})
        self.accept(lucie, referral, self.at(19, 9), self.at(17, 12))
        with self.district.act(lucie, self.at(17, 13)):
            answering.begin(by=lucie, referral_id=referral.pk)
        with self.district.act(lucie, self.at(4, 11)):
            consent = record_consent(
                by=lucie,
                subject=CasePerson.objects.get(pk=referral.subject_id),
                recipients=[work.cell.agency],
                categories=[Category.PSYCHOSOCIAL],
                purpose=words.FEEDBACK_PURPOSE,
                given_how=GivenHow.ORAL,
                explained=words.FEEDBACK_EXPLAINED,
                valid_until=now() + timedelta(days=90),
            )
            feedback.give(
                by=lucie,
                referral_id=referral.pk,
                text=words.FEEDBACK,
                basis=FeedbackBasis.CONSENT,
                consent_id=consent.pk,
                request_key=uuid7(),
            )

    def by_letter(self) -> None:
        """The doctor said yes by phone; the legal clinic has its letter and has not answered."""
        work = self.case(before=self.at(8, 10))
        asked = {"need": Need.HEALTH, "urgency": Urgency.WITHIN_A_WEEK, "says": words.TO_DOCTOR}
        (referral,) = self.send(work.cell, work, self.at(8, 10), asked | {"to": "cabinet"})
        self.letter(work.cell, referral, self.at(8, 10, 5))
        with self.district.act(work.cell, self.at(6, 9, 20)):
            letters.answer_by_phone(
                by=work.cell, referral_id=referral.pk, answer=ExternalAnswer.ACCEPT, note=words.BY_PHONE
            )
        work = self.case(before=self.at(2, 14))
        asked = {"need": Need.LEGAL, "urgency": Urgency.WITHIN_A_WEEK, "says": words.TO_CLINIC}
        (referral,) = self.send(work.cell, work, self.at(2, 14), asked | {"to": "permanence"})
        self.letter(work.cell, referral, self.at(2, 14, 10))

    def letter(self, by: Membership, referral: Referral, at: datetime) -> None:
        with self.district.act(by, at):
            make_letter(by=by, referral_id=referral.pk, key=uuid7())

    def missing_service(self) -> None:
        """No centre for sexual violence serves the place: the hospital stands in, and the gap is counted."""
        work, caroline = self.case("hopital", before=self.at(5, 10)), self.members["caroline"]
        need, code = Need.SEXUAL_VIOLENCE, words.MISSING["postal_code"]
        with self.district.act(work.cell, self.at(5, 10)):
            facts = proposals.facts_for(work.cell, need=need, role=PersonRole.VICTIM, postal_code=code)
            hospital = self.district.agencies["hopital"].pk
            proposed = proposals.outlook(by=work.cell, facts=facts).suggestions
            standing_in = next(each for each in proposed if each.agency.pk == hospital)
        asked = {"need": need, "urgency": Urgency.TODAY, "says": words.MISSING, "rule": standing_in.rule}
        sent = self.send(
            work.cell, work, self.at(5, 10), asked | {"to": "hopital", "missing_kind": standing_in.instead_of}
        )
        self.accept(caroline, sent[0], self.at(5, 11), self.at(5, 14))

    def run_out(self) -> None:
        """Nobody answered: it is over, and the sender is told."""
        work = self.case("jeunesse", before=self.at(19, 10), zone="zp_montlieu")
        asked = {"need": Need.CHILDREN, "urgency": Urgency.WITHIN_48_HOURS, "says": words.UNANSWERED}
        (referral,) = self.send(work.cell, work, self.at(19, 10), asked | {"to": "jeunesse"})
        with travel(referral.expires_at + timedelta(minutes=5)):
            rounds.expire_referrals()

    def draft(self) -> None:
        """Begun this morning, in the middle of a sentence."""
        work = self.case(before=self.at(1, 16))
        with self.district.act(work.cell, self.district.start - timedelta(minutes=45)):
            subject = CasePerson.objects.get(case=work.case, role=PersonRole.VICTIM)
            named = {"subject": str(subject.pk), "to_agency": str(self.district.agencies["cpas"].pk)}
            drafts.save(by=work.cell, case_id=work.case.pk, draft_id=uuid7(), data=words.DRAFT | named, version=0)

    # --- turnover ---------------------------------------------------------------------------------------------
    def handed_over(self) -> None:
        """Somebody leaves: what was in hand goes to a colleague, with a note."""
        etienne = self.members["etienne"]
        with self.district.act(etienne, self.district.start - timedelta(hours=5)):
            handing_load.hand_over(
                by=etienne,
                member_id=self.members["olivier"].pk,
                successor_id=self.members["nadia"].user_id,
                note=words.HANDED_OVER,
                handover_id=uuid7(),
            )


def _open(work: Work) -> bool:
    return work.plan.contact == "reached" and work.plan.stage != Stage.CLOSED
