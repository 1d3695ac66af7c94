"""What reaches a prosecutor: complaints by obligation, disputes by policy, alerts of professionals, nothing else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.utils import translation

from agencies import units
from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership, Unit
from cases.access import for_case
from cases.models import Case, CaseEvent, CasePerson
from casework import tracking as acts
from casework.restricting import exclude
from casework.tracking import send_complaint, send_dispute
from common.clock import local, now
from common.errors import Refused, RuleBroken, StaleVersion
from common.ids import uuid7
from followups.models import FollowUp
from followups.reminding import send_due_reminders
from notifications.models import Notice
from reports.models import Decision, ProsecutorDecision, Tracking, TrackingAct, TrackingStep
from riskassessment.models import TurningPoint
from sharing import deciding
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide as share
from sharing.services import record_consent
from tests.factories import World, make_agency, make_member, make_report
from tests.sharing.test_bases import PRINCIPLES, WHOLE, authorise, scheme
from tests.sharing.test_deciding import asked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def sent(world: World, *, by: Membership | None = None, **changes) -> Tracking:
    """A complaint at the prosecutor's, as the office sees it."""
    by = by or world.officer
    report = make_report(by, kind="police_complaint", **changes)
    with acting_as(by):
        send_complaint(by=by, report=report)
        return Tracking.objects.select_related("case", "report").get(source_id=report.pk)


def hospital_of(world: World, case: Case) -> Membership:
    """Of a hospital that sees who she is, by her consent."""
    member = make_member(make_agency(AgencyKind.HOSPITAL, "Clinique des Aulnes"))
    with acting_as(world.officer):
        victim = CasePerson.objects.get(case=case, role="victim")
        consent = record_consent(
            by=world.officer, subject=victim, recipients=[member.agency], categories=["identity", "health"],
            purpose="Soins", given_how="oral", explained="Qui, quoi, pourquoi.",
        )  # fmt: skip
        share(
            by=world.officer, case=case, recipient=member.agency, side="victim", way_in=WayIn.DECISION,
            basis=Basis.CONSENT, consent=consent, grants=["identity:victim", "health:victim"], contributes=True,
            **PRINCIPLES,
        )  # fmt: skip
    return member


def alert(world: World) -> tuple[Tracking, Membership, Case]:
    """A doctor reports to the prosecutor, secrecy lifted: (as the office sees it, the doctor, the case)."""
    case = make_report(world.officer).case
    doctor = hospital_of(world, case)
    with acting_as(doctor):
        wanted = asked(world.prosecutor, Basis.REPORT_TO_PROSECUTOR, side="neutral")
        access = for_case(case, doctor)
        proposal = deciding.propose(by=doctor, case=case, access=access, asked=wanted)
        deciding.decide_by_hand(
            by=doctor, case_id=case.pk, asked=wanted, request_key=uuid7(),
            previewed=deciding.look(case=case, access=access, proposal=proposal).fingerprint,
        )  # fmt: skip
    with acting_as(world.prosecutor):
        return Tracking.objects.select_related("case").get(kind="alert"), doctor, case


def order(by: Membership, tracking: Tracking, step: str, **changes) -> TrackingAct:
    given = {"whom": "perpetrator", "on": None, "until": None, "text": "Aucun contact, rue comprise."}
    with acting_as(by):
        return acts.order(by=by, tracking_id=tracking.pk, step=step, **{"request_key": uuid4()} | given | changes)


def decide(by: Membership, tracking: Tracking, outcome: str = "inquiry", **changes) -> ProsecutorDecision:
    with acting_as(by):
        given = {"reasons": "Faits graves et répétés.", "shown": None} | changes
        return acts.decide(by=by, tracking_id=tracking.pk, outcome=outcome, **given)


def told(member: Membership, kind: str = "board_moved") -> int:
    with acting_as(member):
        return Notice.objects.filter(recipient=member.user_id, kind=kind).count()


# --- what arrives ---------------------------------------------------------------------------------------------
def test_a_complaint_arrives_once_and_is_owed(world):
    tracking = sent(world)
    with acting_as(world.officer):
        send_complaint(by=world.officer, report=tracking.report)
    with acting_as(world.prosecutor):
        (found,) = Tracking.objects.visible_to(world.prosecutor)
        assert (found.kind, found.source_id, found.report_id) == ("complaint", tracking.report_id, tracking.report_id)
        assert (found.police_id, found.prosecutor_id) == (world.officer.agency_id, world.prosecutor.agency_id)
        (owed,) = FollowUp.objects.owed_by(world.prosecutor).filter(kind="prosecutor_decision")
        assert owed.source_id == found.pk and owed.due_at == found.decide_by
        assert owed.planned_by_agency_id == world.officer.agency_id
        assert local(owed.due_at).date() == local(now()).date() + timedelta(days=owed.policy.days)


def test_disputes_go_by_policy_alone(world, settings):
    report = make_report(world.officer)
    with acting_as(world.officer):
        assert send_dispute(by=world.officer, report=report) is None
        assert not SharingDecision.objects.filter(way_in=WayIn.DISPUTE).exists()
    settings.DISPUTES_GO_TO_PROSECUTOR = True
    settings.DISPUTE_LEGAL_TEXT = "Directive fictive"
    report = make_report(world.officer)
    complaint = make_report(world.officer, kind="police_complaint")
    with acting_as(world.officer):
        assert send_dispute(by=world.officer, report=report) == world.prosecutor.agency, "recorded again: once"
        assert send_dispute(by=world.officer, report=complaint) is None, "a complaint goes with its grid"
        (decision,) = SharingDecision.objects.filter(way_in=WayIn.DISPUTE)
        assert (decision.basis, decision.legal_text) == (Basis.LEGAL_OBLIGATION, "Directive fictive")
        (event,) = CaseEvent.objects.filter(code="dispute_sent")
        assert (event.category, event.side, event.next_act) == ("judicial", "case", "prosecutor_decision")
    with acting_as(world.prosecutor):
        (tracking,) = Tracking.objects.visible_to(world.prosecutor)
        assert (tracking.kind, tracking.report_id) == ("dispute", report.pk)
    assert told(world.prosecutor) == 1


def test_a_professionals_report_lands_there_and_the_police_learn_nothing(world):
    tracking, doctor, case = alert(world)
    assert (tracking.police_id, tracking.report_id, tracking.sender_id) == (None, None, doctor.agency_id)
    with acting_as(world.prosecutor):
        assert for_case(case, world.prosecutor).contribute, "who is told so that they act may act"
        (owed,) = FollowUp.objects.owed_by(world.prosecutor).filter(kind="prosecutor_decision")
        assert owed.planned_by_agency_id == world.prosecutor.agency_id
    decide(world.prosecutor, tracking, "closed")
    with acting_as(world.officer):
        assert not Tracking.objects.exists() and not ProsecutorDecision.objects.exists()
        assert not FollowUp.objects.filter(kind="prosecutor_decision").exists()
        assert not CaseEvent.objects.filter(code="prosecutor_decided").exists()
    with pytest.raises(RuleBroken), acting_as(world.prosecutor):
        acts.hearing(by=world.prosecutor, tracking_id=tracking.pk, whom="victim", on=None, text="", request_key=uuid4())


@pytest.mark.parametrize("basis", sorted(Basis.values))
def test_one_basis_alone_is_an_alert(world, basis):
    """A consultation's secrets, a consent, a grave danger… never reach the board."""
    case = make_report(world.officer).case
    by = world.officer
    with acting_as(by):
        rests_on: dict = {"particulars": WHOLE.get(basis, {})}
        if basis == Basis.CONSENT:
            victim = CasePerson.objects.get(case=case, role="victim")
            rests_on["consent"] = record_consent(
                by=by, subject=victim, recipients=[world.prosecutor.agency], categories=["identity"],
                purpose="Aide", given_how="oral", explained="Qui et pourquoi.",
            )  # fmt: skip
        elif basis == Basis.CONSULTATION:
            rests_on["partnership"] = scheme(by, world.prosecutor)
        elif basis == Basis.PROSECUTOR_AUTHORISATION:
            rests_on["authorisation"] = authorise(
                world, case, recipient=world.prosecutor.agency, categories=["identity"]
            )
        elif basis == Basis.LEGAL_OBLIGATION:
            rests_on["legal_text"] = "Texte fictif"
        recipient = by.agency if basis == Basis.OWN_RECORD else world.prosecutor.agency
        share(
            by=by, case=case, recipient=recipient, side="neutral", way_in=WayIn.DECISION, basis=basis,
            grants=["identity:victim"], **PRINCIPLES, **rests_on,
        )  # fmt: skip
    with acting_as(world.prosecutor):
        kinds = list(Tracking.objects.values_list("kind", flat=True))
    assert kinds == (["alert"] if basis == Basis.REPORT_TO_PROSECUTOR else [])


def test_the_section_of_the_place_has_it(world):
    manager = make_member(world.prosecutor.agency, Role.MANAGER)
    values = {"name": "Famille", "territory": ["1210"], "reference_person": world.prosecutor.user_id}
    with acting_as(manager):
        family = units.create(by=manager, agency_id=manager.agency_id, values=values)
        youth = units.create(by=manager, agency_id=manager.agency_id, values={"name": "Jeunesse"})
        other = Unit.objects.create(agency=world.eva.agency, name="Quartier")
    tracking = sent(world, postal_code="1210")
    with acting_as(world.prosecutor):
        owed = FollowUp.objects.get(source_id=tracking.pk)
        assert (owed.unit_id, owed.assigned_to_id) == (family.pk, world.prosecutor.user_id)
        shared = {"by": world.prosecutor, "tracking_id": tracking.pk}
        with pytest.raises(RuleBroken):
            acts.assign(**shared, unit_id=other.pk, request_key=uuid4())
        acts.assign(**shared, unit_id=youth.pk, request_key=uuid4())
        owed.refresh_from_db()
        assert (owed.unit_id, owed.assigned_to_id) == (youth.pk, None)


# --- what is done with it -------------------------------------------------------------------------------------
def test_the_first_decision_wins_and_the_second_is_told_whose(world):
    colleague = make_member(world.prosecutor.agency, given_name="Ann", family_name="Peeters")
    tracking = sent(world)
    first = decide(world.prosecutor, tracking, "inquiry")
    with pytest.raises(StaleVersion) as stale:
        decide(colleague, tracking, "closed", reasons="Rien d'établi.")
    assert world.prosecutor.user.full_name in str(stale.value) and "inquiry" in str(stale.value)
    assert decide(world.prosecutor, tracking, "inquiry").pk == first.pk, "the same form, sent twice"
    with acting_as(world.prosecutor):
        assert ProsecutorDecision.objects.count() == 1
        assert FollowUp.objects.get(source_id=tracking.pk).outcome == "inquiry"
        assert CaseEvent.objects.filter(code="prosecutor_decided").count() == 1
    second = decide(colleague, tracking, "closed", shown=first.pk)
    assert second.supersedes_id == first.pk
    with pytest.raises(StaleVersion):
        decide(world.prosecutor, tracking, "hearing", shown=first.pk)
    with pytest.raises(StaleVersion):
        decide(world.prosecutor, tracking, "hearing", shown=uuid4())
    with acting_as(world.officer):
        read = [each.outcome for each in ProsecutorDecision.objects.filter(superseded_by=None)]
    assert read == ["closed"] and told(world.officer) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reasons": " "}, "reasons"),
        ({"reasons": "x" * 10_000}, "reasons"),
        ({"reasons": "a\x00b"}, "reasons"),
        ({"outcome": "pardoned"}, "outcome"),
        ({"outcome": ""}, "outcome"),
    ],
)
def test_a_decision_is_whole_or_nothing(world, changes, field):
    tracking = sent(world)
    with pytest.raises(RuleBroken) as broken:
        decide(world.prosecutor, tracking, **changes)
    assert set(broken.value.errors) == {field}
    with acting_as(world.prosecutor):
        assert not ProsecutorDecision.objects.exists()


def test_measures_are_told_and_turn_the_case(world):
    tracking = sent(world)
    key = uuid4()
    first = order(world.prosecutor, tracking, "no_contact", request_key=key)
    assert order(world.prosecutor, tracking, "no_contact", request_key=key).pk == first.pk
    order(world.prosecutor, tracking, "seizure", text="🔪 un couteau — العربية")
    with acting_as(world.officer):
        events = CaseEvent.objects.filter(code="prosecutor_measure").order_by("at")
        assert [event.payload["measure"] for event in events] == ["no_contact", "seizure"]
        (turn,) = TurningPoint.objects.filter(kind="measure_requested")
        assert turn.source_id == first.pk, "a seizure is not one"
        assert TrackingAct.objects.get(step="seizure").text == "🔪 un couteau — العربية"
    assert told(world.officer) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"step": "read"}, "step"),
        ({"step": "gallows"}, "step"),
        ({"whom": "case"}, "whom"),
        ({"whom": ""}, "whom"),
        ({"until": timedelta(hours=1), "on": timedelta(hours=2)}, "until"),
        ({"until": timedelta(hours=-1)}, "until"),
        ({"on": timedelta(days=400)}, "on"),
        ({"step": "other_measure", "text": " "}, "text"),
        ({"text": "x" * 10_000}, "text"),
        ({"text": "a\x00b"}, "text"),
    ],
)
def test_a_measure_that_cannot_be(world, changes, field):
    tracking = sent(world)
    given = {name: now() + value if isinstance(value, timedelta) else value for name, value in changes.items()}
    with pytest.raises(RuleBroken) as broken:
        order(world.prosecutor, tracking, given.pop("step", "no_contact"), **given)
    assert set(broken.value.errors) == {field}


def test_a_hearing_is_asked_of_the_police_and_held(world):
    tracking = sent(world)
    with acting_as(world.officer), pytest.raises(RuleBroken):
        acts.heard(by=world.officer, tracking_id=tracking.pk, whom="victim", on=now(), text="", request_key=uuid4())
    with acting_as(world.prosecutor):
        acts.hearing(
            by=world.prosecutor, tracking_id=tracking.pk, whom="victim", on=None, text="Les menaces.",
            request_key=uuid4(),
        )  # fmt: skip
        event = CaseEvent.objects.get(code="hearing_asked")
        assert (event.next_agency_id, event.next_act) == (world.officer.agency_id, "hear")
    assert told(world.officer) == 1
    with acting_as(world.officer):
        given = {"by": world.officer, "tracking_id": tracking.pk, "text": ""}
        for wrong in ({"whom": "perpetrator", "on": now()}, {"whom": "victim", "on": None}):
            with pytest.raises(RuleBroken):
                acts.heard(**given, **wrong, request_key=uuid4())
        acts.heard(**given, whom="victim", on=now(), request_key=uuid4())
        with pytest.raises(RuleBroken):
            acts.heard(**given, whom="victim", on=now(), request_key=uuid4())
        event = CaseEvent.objects.get(code="hearing_held")
        assert (event.next_agency_id, event.next_act) == (world.prosecutor.agency_id, "prosecutor_decision")


def test_reading_is_said_once_by_each(world):
    tracking = sent(world)
    with acting_as(world.prosecutor):
        for _again in range(2):
            acts.mark_read(by=world.prosecutor, tracking_id=tracking.pk, request_key=uuid4())
        assert TrackingAct.objects.filter(step=TrackingStep.READ).count() == 1


@pytest.mark.parametrize("outcome", Decision.values)
def test_police_readers_and_others_decide_nothing(world, outcome):
    tracking = sent(world)
    reader = make_member(world.prosecutor.agency, Role.READER)
    for member in (world.officer, world.reader, reader):
        with pytest.raises(Refused):
            decide(member, tracking, outcome)
    for member in (world.other_officer, world.eva, world.shelter, world.stranger):
        with pytest.raises(Http404):
            decide(member, tracking, outcome)
    with acting_as(world.prosecutor), pytest.raises(Refused):
        acts.heard(by=world.prosecutor, tracking_id=tracking.pk, whom="victim", on=now(), text="", request_key=uuid4())


# --- the second lock ------------------------------------------------------------------------------------------
def test_neither_who_sent_it_nor_a_justice_house_reads_a_row(world):
    """With every filter of Python taken away."""
    complaint = sent(world)
    order(world.prosecutor, complaint, "no_contact")
    decide(world.prosecutor, complaint)
    tracking, doctor, case = alert(world)
    decide(world.prosecutor, tracking, "follow_up")
    house = make_member(make_agency(AgencyKind.JUSTICE_HOUSE, "Maison de justice"))
    court = make_member(make_agency(AgencyKind.COURT, "Tribunal"))
    with acting_as(world.officer):
        for member in (house, court, doctor):
            for one in (complaint.case, case):
                share(
                    by=world.officer, case=one, recipient=member.agency, side="neutral", way_in=WayIn.COMPLAINT,
                    basis=Basis.LEGAL_OBLIGATION, legal_text="Texte fictif", necessity="Pour agir.",
                    grants=["identity:victim"] if member is doctor else ["judicial:case", "identity:victim"],
                )  # fmt: skip
    for member in (doctor, house, court, world.other_officer, world.eva):
        with acting_as(member):
            for model in (Tracking, TrackingAct, ProsecutorDecision):
                assert not model.objects.exists(), (member.agency.name, model)
    with acting_as(world.officer):
        assert [each.pk for each in Tracking.objects.all()] == [complaint.pk]
        assert {each.tracking_id for each in ProsecutorDecision.objects.all()} == {complaint.pk}


def test_who_is_kept_out_of_the_case_is_kept_out_of_the_board(world):
    tracking = sent(world)
    colleague = make_member(world.prosecutor.agency)
    manager = make_member(world.prosecutor.agency, Role.MANAGER)
    with acting_as(manager):
        access = for_case(tracking.case, manager)
        exclude(by=manager, case=tracking.case, access=access, user_id=colleague.user_id, reason="son frère")
    with acting_as(colleague):
        assert not Tracking.objects.visible_to(colleague).exists() and not Tracking.objects.exists()
    with acting_as(manager):
        assert Tracking.objects.visible_to(manager).exists()


# --- reminders ------------------------------------------------------------------------------------------------
def test_a_late_decision_is_reminded_and_leaves_no_line(world):
    tracking = sent(world)
    with acting_as(world.prosecutor):
        FollowUp.objects.filter(source_id=tracking.pk).update(remind_at=now() - timedelta(days=1))
    send_due_reminders()
    assert told(world.prosecutor, "follow_up_due") == 1
    with acting_as(world.officer):
        assert not CaseEvent.objects.filter(code="reminder_sent", payload__kind="prosecutor_decision").exists()
