"""Every door into MOVE: what services notice, complaints that come of a first report, one person in several records,
reports that oppose each other; and who answers for which neighbourhood or section.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from agencies import units
from agencies.enums import Need
from agencies.models import Membership
from cases import same_person
from cases.access import for_case
from cases.children import children_of
from cases.enums import Category, Level, ParticipationSide, PersonRole, SameVerdict, Side, Stage
from cases.models import Case, CasePerson
from casework.classifying import verify_classification
from casework.referring import send_referral
from casework.reporting import record_report
from casework.situations import record_situation
from common.clock import now
from common.ids import uuid7
from followups.models import FollowUp, FollowUpKind, Outcome
from referrals.models import Urgency
from referrals.sending import Asked as Referring
from reports import continuing
from reports.models import SITUATION, Report, ReportKind, Situation
from reports.services import save_draft, start_draft
from sharing.deciding import Asked
from sharing.links import link_cases
from sharing.models import Basis, GivenHow, LinkKind, Reach

from . import around, board, complaints, sharing
from . import doors_words as words
from .assessing import ago
from .plans import COMPLAINT, DISPUTE, ZONES, Plan, Work

if TYPE_CHECKING:
    from .district import District

DICE = 700  # its own: what happens here does not depend on what happened in other cases


def divide(district: "District") -> None:
    """The neighbourhoods of the two cells and the sections of the prosecutor's office, before anything is recorded."""
    pierre = district.members["pierre"]
    with district.act(pierre, district.start - timedelta(weeks=28)):
        for agency, name, territory, person in words.UNITS:
            values = {
                "name": name,
                "territory": territory,
                "reference_person": district.members[person].user_id,
            }
            units.create(by=pierre, agency_id=district.agencies[agency].pk, values=values)


def tell(district: "District") -> None:
    """All of it, once every other case is told: the board and the verifications count those too."""
    district.random = district.chance(DICE)
    doors = Doors(district)
    doors.situations()
    doors.police()
    doors.classifications()
    board.tell(district)
    around.tell(district)


class Doors:
    """What comes in, act by act."""

    def __init__(self, district: "District") -> None:
        self.district = district
        self.members = district.members

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        return ago(self.district, days, hour, minute)

    # --- services ---------------------------------------------------------------------------------------------
    def situations(self) -> None:
        """Five services write what they noticed; one form is left unfinished."""
        alerted = self.situation("caroline", self.at(3, 10, 20), words.NURSE)
        self.alert(alerted, self.at(3, 11, 10))
        referred = self.situation("samira", self.at(9, 14), words.SOCIAL)
        self.refer(referred, self.at(8, 10, 30))
        self.situation("mathieu", self.at(13, 16), words.SCHOOL)
        self.situation("tarik", self.at(6, 12, 30), words.COURSE)
        self.situation("vincent", self.at(5, 18), words.PROGRAMME)
        samira = self.members["samira"]
        with self.district.act(samira, self.district.start - timedelta(minutes=50)):
            draft = start_draft(by=samira, kind=SITUATION)
            save_draft(by=samira, draft_id=draft.pk, data=words.UNFINISHED, version=draft.version, situation=True)

    def situation(self, who: str, at: datetime, data: Mapping[str, Any]) -> Situation:
        """Written a quarter of an hour after it was noticed."""
        by = self.members[who]
        typed = {"met_at": (at - timedelta(minutes=15)).isoformat()} | dict(data)
        with self.district.act(by, at):
            draft = start_draft(by=by, kind=SITUATION)
            return record_situation(by=by, draft_id=draft.pk, data=typed)

    def alert(self, situation: Situation, at: datetime) -> None:
        """The nurse tells the prosecutor, secrecy lifted."""
        asked = Asked(
            recipient_id=self.district.agencies["parquet"].pk,
            basis=Basis.REPORT_TO_PROSECUTOR,
            side=ParticipationSide.NEUTRAL,
            grants=(f"{Category.IDENTITY}:{Side.VICTIM}", f"{Category.IDENTITY}:{Side.PERPETRATOR}"),
            reach=Reach.EXTERNAL,
            **words.ALERT,
        )
        sharing.decide(self.district, self.members["caroline"], situation.case, asked, at)

    def refer(self, situation: Situation, at: datetime) -> None:
        """A day later she agrees to be helped elsewhere: the consent opens what she agreed to."""
        samira = self.members["samira"]
        with self.district.act(samira, at):
            victim = CasePerson.objects.get(case=situation.case_id, role=PersonRole.VICTIM)
            asked = Referring(
                subject_id=victim.pk,
                to_agency_id=self.district.agencies["appui"].pk,
                need=Need.PSYCHOSOCIAL,
                urgency=Urgency.WITHIN_A_WEEK,
                basis=Basis.CONSENT,
                given_how=GivenHow.ORAL,
                valid_until=now() + timedelta(days=180),
                **words.REFERRED,
            )
            send_referral(by=samira, case_id=situation.case_id, asked=asked, request_key=uuid7())

    # --- police -----------------------------------------------------------------------------------------------
    def police(self) -> None:
        """What is recorded at the counter besides the cases of the district."""
        self.continued()
        known = [
            work
            for work in self.district.told
            if work.plan.zone == "zp_aurore" and work.plan.level == Level.HIGH and work.plan.stage != Stage.CLOSED
        ]
        suspected, opposed = known[0], known[1]
        self.same_suspect(suspected)
        self.opposing(opposed)
        self.same_couple()
        self.sensitive(suspected)

    def report(
        self,
        who: str,
        at: datetime,
        kind: ReportKind,
        data: Mapping[str, Any],
        *,
        joins: Case | None = None,
    ) -> Report:
        """Typed an hour after she was met."""
        by = self.members[who]
        chance = self.district.random
        typed = dict(words.REPORT) | {
            "met_at": (at - timedelta(hours=1)).isoformat(),
            "occurred_at": (at - timedelta(hours=4)).isoformat(),
        }
        told = f"{data['facts_words']} {data['facts_gestures']}"
        typed["violence_types"] = complaints.kinds_of_violence(2, told)
        if kind == COMPLAINT:
            typed |= complaints.complaint(chance)
        typed |= dict(data)
        names = {
            "v": f"Mme {typed.get('victim_family_name', '')}",
            "p": f"M. {typed.get('perpetrator_family_name', '')}",
        }
        typed = {key: value.format(**names) if isinstance(value, str) else value for key, value in typed.items()}
        with self.district.act(by, at):
            draft = start_draft(by=by, kind=kind, joins_case=joins)
            return record_report(by=by, draft_id=draft.pk, data=typed)

    def work(self, report: Report, who: str, zone: str, at: datetime) -> Work:
        """A case of this module as those of the district, so that its grid is filled in as theirs are."""
        cell = self.members[ZONES[zone]["cell"][0]]
        senior = self.members[ZONES[zone]["senior"]]
        return Work(report.case, report, Plan((0, 0), zone=zone), self.members[who], senior, cell, {}, at)

    def assessed(self, report: Report, who: str, zone: str, at: datetime, level: Level = Level.MODERATE) -> None:
        """The grid about this complaint: signing it sends the complaint to the prosecutor."""
        self.district.assess(self.work(report, who, zone, at), level, "as_indicated")

    def continued(self) -> None:
        """A family dispute of last week is a complaint now: nothing was typed twice."""
        aline = self.members["aline"]
        first = self.report("aline", self.at(5, 20, 30), DISPUTE, words.BECAME)
        called = self.work(first, "aline", "zp_aurore", self.at(5, 20, 30))
        with self.district.act(called.cell, self.at(3, 15)):
            owed = FollowUp.objects.get(source_id=first.pk, kind=FollowUpKind.J2_CONTACT)
        self.district.attempt(called, owed, self.at(3, 15), Outcome.REACHED)
        with self.district.act(aline, self.at(1, 10, 15)):
            draft = continuing.begin(by=aline, access=for_case(first.case, aline), report=first)
            complaint = record_report(by=aline, draft_id=draft.pk, data=draft.data | words.COMPLAINS)
        self.assessed(complaint, "aline", "zp_aurore", self.at(1, 10, 15), Level.HIGH)
        self.written_twice("aline", first, "Julliette", self.at(1, 21), merged=False)

    def same_suspect(self, work: Work) -> None:
        """Another woman complains of a man whom the zone knows: one person in two cases, two victims."""
        _her, him = self.persons(work.officer, work.case)
        data = words.SAME_SUSPECT | identity("perpetrator", him)
        report = self.report("marc", self.at(4, 12), COMPLAINT, data)
        self.assessed(report, "marc", "zp_aurore", self.at(4, 12))
        sofie = self.members["sofie"]
        with self.district.act(sofie, self.at(3, 9, 30)):
            his = CasePerson.objects.get(case=report.case_id, role=PersonRole.PRESUMED_PERPETRATOR)
            same_person.decide(by=sofie, first_id=him.pk, second_id=his.pk, verdict=SameVerdict.SAME)

    def opposing(self, work: Work) -> None:
        """He complains of her in his turn: the prosecutor links the two, and nobody has reviewed them yet."""
        her, him = self.persons(work.officer, work.case)
        data = words.OPPOSING | identity("victim", him) | identity("perpetrator", her)
        report = self.report("aline", self.at(4, 16, 40), COMPLAINT, data)
        self.assessed(report, "aline", "zp_aurore", self.at(4, 16, 40), Level.LOW)
        anne = self.members["anne"]
        with self.district.act(anne, self.at(2, 11)):
            link_cases(by=anne, case=report.case, reference=work.case.reference, kind=LinkKind.COUNTER_COMPLAINT)

    def same_couple(self) -> None:
        """The couple of whom the school wrote, in both towns within a week: the prosecutor is proposed to link them."""
        first = self.report("marc", self.at(8, 10, 30), COMPLAINT, words.FIRST_TOWN)
        self.assessed(first, "marc", "zp_aurore", self.at(8, 10, 30))
        self.written_twice("marc", first, "Bazile", self.at(4, 21), merged=True)
        couple = {key: value for key, value in words.FIRST_TOWN.items() if key.startswith(("victim_", "perpetrator_"))}
        second = self.report("thomas", self.at(2, 19), COMPLAINT, couple | words.SAME_COUPLE)
        self.assessed(second, "thomas", "zp_montlieu", self.at(2, 19), Level.HIGH)

    def sensitive(self, work: Work) -> None:
        """What a neighbour said, kept in a case that is open."""
        self.report("aline", self.at(2, 15), ReportKind.SENSITIVE_NOTE, words.SENSITIVE, joins=work.case)

    def written_twice(self, who: str, first: Report, given_name: str, at: datetime, *, merged: bool) -> None:
        """A second report spells the name of a child otherwise: it stands twice in the case, until that is merged."""
        by = self.members[who]
        with self.district.act(by, at):
            child = children_of(for_case(first.case, by))[0]
        again = {f"children-0-{key}": value for key, value in named(child).items()}
        again["children-0-given_name"] = given_name
        self.report(who, at, DISPUTE, words.TWICE | again, joins=first.case)
        if merged:
            with self.district.act(by, at + timedelta(minutes=20)):
                twice = children_of(for_case(first.case, by))[-1]
                same_person.decide(by=by, first_id=child.pk, second_id=twice.pk, verdict=SameVerdict.MERGED)

    def persons(self, by: Membership, case: Case) -> tuple[CasePerson, CasePerson]:
        with self.district.act(by, self.district.start):
            found = CasePerson.objects.filter(case=case).select_related("person")
            return found.get(role=PersonRole.VICTIM), found.get(role=PersonRole.PRESUMED_PERPETRATOR)

    # --- classification ---------------------------------------------------------------------------------------
    def classifications(self) -> None:
        """A trained colleague verifies each complaint the next day: one is corrected, those of today wait."""
        for key in ("sofie", "isabelle", "gilles"):
            by = self.members[key]
            with self.district.act(by, self.district.start):
                waiting = Report.objects.filter(
                    kind=COMPLAINT, agency=by.agency, case__in=Case.objects.visible_to(by), verifications=None
                ).exclude(author=by.user)
                rows = list(waiting.order_by("recorded_at"))
            for report in rows:
                self.classify(by, report)

    def classify(self, by: Membership, report: Report) -> None:
        at = report.recorded_at + timedelta(hours=21)
        if at >= self.district.start:
            return
        remarks = "" if report.vc else words.CORRECTED
        with self.district.act(by, at):
            verify_classification(
                by=by, case_id=report.case_id, report_id=report.pk, vif=report.vif, vc=True, remarks=remarks
            )


def identity(role: str, known: CasePerson) -> dict[str, str]:
    """The fields of a report form that name this person."""
    return {f"{role}_{key}": value for key, value in named(known).items()}


def named(known: CasePerson) -> dict[str, str]:
    born = known.person.birth_date
    return {
        "given_name": known.person.given_name,
        "family_name": known.person.family_name,
        "birth_date": born.isoformat() if born else "",
    }
