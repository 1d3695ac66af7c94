"""What worries a programme reaches her service through whoever coordinates, never directly, and never goes back."""

from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.http import Http404
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from cases.access import get_case
from cases.enums import ParticipationSide, Side
from cases.models import Case, CaseEvent, CaseGroupObjectPermission
from casework import programme as acts
from casework.restricting import exclude
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken
from followups.models import FollowUp
from followups.reminding import send_due_reminders
from notifications.models import Notice, OutgoingMail
from plans import alert_routes
from plans.alert_routes import Taking
from plans.models import (
    AlertAnswer,
    AlertReceipt,
    AlertRoute,
    AlertTaken,
    ProgrammeAlert,
    ProgrammeStep,
    Rung,
)
from riskassessment.models import TurningPoint
from sharing.models import SharingDefault
from sharing.services import default_grants
from tests.actors import as_
from tests.casework.coordination_acts import ask_from_case, make_scheme, retain
from tests.factories import World, make_agency, make_member
from tests.plans.programme_acts import alerted, begun_by, case_with_programme, passed, stepped

N, V, P = ParticipationSide.NEUTRAL, ParticipationSide.VICTIM, ParticipationSide.PERPETRATOR


def url(name: str, *args) -> str:
    return reverse(f"casework:{name}", args=args)


def coordinated(world: World, case: Case):
    """The coordination has retained the case: (its coordinator, the scheme)."""
    scheme = make_scheme(world, world.officer, world.eva)
    retain(scheme.coordinator, ask_from_case(world.officer, case, scheme))
    return scheme.coordinator


def owed(alert: ProgrammeAlert) -> FollowUp:
    with system_context(SystemContext.REMINDERS):
        return FollowUp.objects.select_related("agency").get(kind="programme_alert", source_id=alert.pk)


# --- to whom it goes, pure --------------------------------------------------------------------------------------
def taking(name: str, side: str, kind: str = "cpas", **more) -> Taking:
    return Taking(agency_id=name, kind=kind, side=side, **more)


@pytest.mark.parametrize(
    ("takings", "expected"),
    [
        ([], None),
        ([taking("him", P, leads=True, coordinates=True)], None),
        ([taking("police", N, "police", leads=True), taking("c", N, "coordination")], ("c", Rung.COORDINATION)),
        (
            [taking("c", N, "coordination"), taking("d", N, "police", coordinates=True)],
            ("d", Rung.COORDINATION),
        ),
        ([taking("police", N, "police", leads=True), taking("r", V, holds_reference=True)], ("police", Rung.LEAD)),
        ([taking("s", V, leads=True), taking("r", V, holds_reference=True)], ("r", Rung.REFERENCE)),
        ([taking("s", V, leads=True), taking("o", N, "prosecutor"), taking("p", N, "police")], ("p", Rung.NEUTRAL)),
        ([taking("s", V, leads=True), taking("h", V)], ("s", Rung.LEAD_OF_HERS)),
        ([taking("h", V), taking("k", V, reaches_her=True)], ("k", Rung.LEAD_OF_HERS)),
    ],
)
def test_the_ladder(takings, expected):
    assert alert_routes.choose(takings) == expected


# --- alerting ---------------------------------------------------------------------------------------------------
def test_a_threat_goes_to_the_coordination_and_the_risk_is_assessed_again(world):
    case = case_with_programme(world)
    coordinator = coordinated(world, case)
    made, key = begun_by(world.programme, case), uuid4()
    alert = alerted(world.programme, made, key=key, urgency="immediate")
    assert alerted(world.programme, made, key=key).pk == alert.pk
    row = owed(alert)
    assert row.agency_id == row.planned_by_agency_id == coordinator.agency_id
    assert row.due_at <= now() + timedelta(hours=1)
    with acting_as(coordinator):
        notice = Notice.objects.get(recipient=coordinator.user, kind="programme_alert")
        assert notice.path == url("alert", case.pk, alert.pk)
        assert AlertRoute.objects.get().rung == Rung.COORDINATION
    with system_context(SystemContext.REMINDERS):
        again = FollowUp.objects.filter(case=case, kind="reassessment", settled_at=None)
        assert again.exists() and all(each.due_at <= now() + timedelta(hours=72) for each in again)
    page = as_(coordinator).get(notice.path)
    assert "Elle va le regretter" in page.content.decode()
    first_in_page = page.content.decode()
    assert first_in_page.index("112") < first_in_page.index("Elle va le regretter")


def test_leaving_is_a_turning_point_and_alerts_on_its_own(world):
    case = case_with_programme(world)
    coordinator = coordinated(world, case)
    made = begun_by(world.programme, case)
    with pytest.raises(RuleBroken) as refused:
        stepped(world.programme, made, "dropped_out", words="  ")
    assert "words" in refused.value.errors
    key = uuid4()
    step = stepped(world.programme, made, "dropped_out", key=key)
    assert stepped(world.programme, made, "dropped_out", key=key).pk == step.pk
    with acting_as(world.programme):
        alert = ProgrammeAlert.objects.get()
        assert (alert.kind, alert.step_id) == ("left", step.pk)
        assert TurningPoint.objects.get(kind="programme_dropout").source_id == step.pk
        assert step.note.internal
    assert owed(alert).agency_id == coordinator.agency_id
    assert as_(coordinator).get(url("alert", case.pk, alert.pk)).status_code == 200
    with acting_as(coordinator):  # the internal note stays with the programme
        assert ProgrammeStep.objects.get(pk=step.pk).note_id is not None
        assert not type(step.note).objects.filter(pk=step.note_id).exists()


def test_a_breached_ban_counts_as_a_breach_and_another_condition_does_not(world):
    case = case_with_programme(world)
    made = begun_by(world.programme, case)
    alerted(world.programme, made, kind="conditions")
    with acting_as(world.officer):
        assert not TurningPoint.objects.filter(kind="measure_breached").exists()
    alerted(world.programme, made, kind="ban_breached")
    with acting_as(world.officer):
        assert TurningPoint.objects.filter(kind="measure_breached").count() == 1


def test_what_is_wrong_is_refused_by_field_and_kept(world):
    case = case_with_programme(world)
    made = begun_by(world.programme, case)
    client = as_(world.programme)
    address = url("programme_alert", case.pk, made.pk)
    page = client.get(address).content.decode()
    assert page.index("112") < page.index("id_words")
    for bad in (
        {"kind": "left"},
        {"kind": ""},
        {"urgency": ""},
        {"words": " "},
        {"words": "x" * 4_001},
        {"words": "\x00"},
    ):
        typed = {"request_key": str(uuid4()), "kind": "threat", "urgency": "today", "words": "Été 🙂"} | bad
        answer = client.post(address, typed)
        assert answer.status_code == 422, bad
        assert list(bad)[0] in answer.context["form"].errors
    with acting_as(world.programme):
        assert not ProgrammeAlert.objects.exists()


# --- to whom, in a case -----------------------------------------------------------------------------------------
def test_without_a_coordination_it_goes_to_the_police_that_leads(world):
    case = case_with_programme(world)
    alert = alerted(world.programme, begun_by(world.programme, case))
    assert owed(alert).agency_id == world.officer.agency_id
    with acting_as(world.officer):
        assert AlertRoute.objects.get().rung == Rung.LEAD
        assert Notice.objects.filter(recipient=world.officer.user, kind="programme_alert").exists()
    assert (
        as_(world.officer).get("/").context["sections"]["today"]
        or as_(world.officer).get("/").context["sections"]["coming"]
    )


def test_where_nobody_coordinates_the_programme_is_told_to_call_and_keeps_it_in_hand(world):
    case = case_with_programme(world)
    made = begun_by(world.programme, case)
    with system_context(SystemContext.REFERENCE):
        type(world.officer.agency).objects.filter(pk__in=[world.officer.agency_id, world.eva.agency_id]).update(
            is_active=False
        )
    alert = alerted(world.programme, made)
    assert owed(alert).agency_id == world.programme.agency_id
    page = as_(world.programme).get(url("alert", case.pk, alert.pk)).content.decode()
    assert "101" in page
    done = passed(
        world.programme, alert, world.programme, outcome="not_passed", to_agency_id=None, said="Appelé le 101 à 18 h."
    )
    assert done.to_agency_id is None
    assert owed(alert).outcome == "not_passed"


def test_a_service_that_has_left_hands_it_to_the_next_one_by_the_reminders(world):
    case = case_with_programme(world)
    coordinator = coordinated(world, case)
    alert = alerted(world.programme, begun_by(world.programme, case))
    with system_context(SystemContext.GRANTS):
        CaseGroupObjectPermission.objects.filter(content_object=case, group=coordinator.agency.group_id).delete()
    with system_context(SystemContext.REMINDERS):
        FollowUp.objects.filter(kind="programme_alert").update(remind_at=now() - timedelta(minutes=1))
    send_due_reminders()
    row = owed(alert)
    assert row.agency_id == world.officer.agency_id and row.settled_at is None
    with acting_as(world.officer):
        assert Notice.objects.filter(path=url("alert", case.pk, alert.pk)).exists()
    assert as_(world.officer).get(url("alert", case.pk, alert.pk)).status_code == 200
    assert as_(coordinator).get(url("alert", case.pk, alert.pk)).status_code == 404


def test_who_is_kept_out_is_not_told(world):
    case = case_with_programme(world)
    with acting_as(world.police_manager):
        found, access = get_case(case.pk, world.police_manager)
        exclude(
            by=world.police_manager,
            case=found,
            access=access,
            user_id=world.police_referent.user_id,
            reason="cousin",
            sure=True,
        )
    alert = alerted(world.programme, begun_by(world.programme, case))
    with acting_as(world.officer):
        told = set(Notice.objects.filter(kind="programme_alert").values_list("recipient", flat=True))
    assert world.police_referent.user_id not in told
    assert as_(world.police_referent).get(url("alert", case.pk, alert.pk)).status_code == 404


# --- answering --------------------------------------------------------------------------------------------------
def test_taken_up_then_passed_on_and_the_programme_reads_only_that_it_was_taken_up(world):
    case = case_with_programme(world)
    coordinator = coordinated(world, case)
    alert = alerted(world.programme, begun_by(world.programme, case))
    his, hers = as_(world.programme), as_(world.eva)
    address = url("alert", case.pk, alert.pk)
    assert his.get(address).context["receipt"] is None
    for _twice in range(2):
        assert as_(coordinator).post(url("take_up_alert", case.pk, alert.pk)).status_code == 302
    with acting_as(coordinator):
        assert AlertTaken.objects.count() == AlertReceipt.objects.count() == 1
    answer = passed(coordinator, alert, world.eva)
    assert owed(alert).outcome == "passed_on"
    page = his.get(address)
    for words in ("Cellule EVA", "Coordination Est", "Leïla", "Sofia", "regretter.&#x27;", "Il a dit"):
        assert words not in page.content.decode(), words
    assert page.context["receipt"] is not None
    with acting_as(world.programme):  # the second lock
        assert not AlertRoute.objects.exists() and not AlertAnswer.objects.exists() and not AlertTaken.objects.exists()
        assert AlertReceipt.objects.count() == 1
        assert not FollowUp.objects.visible_to(world.programme).filter(kind="programme_alert").exists()
        assert not CaseEvent.objects.filter(code="programme_alert").exists()
    assert "programme_alert" not in his.get(reverse("cases:timeline", args=[case.pk])).content.decode()
    # her service reads what was said, never the alert
    assert hers.get(address).status_code == 404
    told = hers.get(url("passed_on", case.pk, answer.pk))
    assert "elle allait le regretter" in told.content.decode()
    assert "Elle va le regretter" not in told.content.decode()
    assert url("passed_on", case.pk, answer.pk) in hers.get(reverse("cases:summary", args=[case.pk])).content.decode()
    with acting_as(world.eva):
        assert not ProgrammeAlert.objects.exists()
        assert Notice.objects.filter(recipient=world.eva.user, kind="alert_passed_on").exists()
        event = CaseEvent.objects.get(code="programme_alert")
    assert (event.side, event.payload) == (Side.VICTIM, {"answer": str(answer.pk)})
    for member in (world.programme, world.stranger, world.prosecutor, world.shelter):
        assert as_(member).get(url("passed_on", case.pk, answer.pk)).status_code == 404


def test_the_programme_cannot_answer_and_others_do_not_know(world):
    case = case_with_programme(world)
    coordinated(world, case)
    alert = alerted(world.programme, begun_by(world.programme, case))
    with pytest.raises(Refused):
        passed(world.programme, alert, world.eva)
    assert as_(world.programme).post(url("take_up_alert", case.pk, alert.pk)).status_code == 403
    for member in (world.officer, world.eva, world.reader, world.stranger, world.other_officer):
        client = as_(member)
        assert client.get(url("alert", case.pk, alert.pk)).status_code == 404
        assert client.post(url("take_up_alert", case.pk, alert.pk)).status_code == 404
        assert client.post(url("pass_alert_on", case.pk, alert.pk), {}).status_code == 404
    with acting_as(world.officer), pytest.raises(Http404):
        acts.take_up(by=world.officer, case_id=case.pk, alert_id=uuid4())


def test_passing_on_asks_to_whom_what_and_when_and_names_only_services_that_reach_her(world):
    case = case_with_programme(world)
    coordinator = coordinated(world, case)
    alert = alerted(world.programme, begun_by(world.programme, case))
    client, address = as_(coordinator), url("pass_alert_on", case.pk, alert.pk)
    typed = {
        "request_key": str(uuid4()),
        "outcome": "passed_on",
        "to_agency_id": str(world.eva.agency_id),
        "to_whom": "Leïla",
        "said": "Été 🙂",
        "said_at": local(now()).strftime("%Y-%m-%dT%H:%M"),
    }
    bad = {
        "to_agency_id": str(world.programme.agency_id),
        "to_whom": "",
        "said": "",
        "said_at": local(now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
        "outcome": "",
    }
    for name, value in bad.items():
        answer = client.post(address, typed | {name: value})
        assert answer.status_code == 422 and name in answer.context["form"].errors, name
    assert client.post(address, typed | {"to_agency_id": str(world.shelter.agency_id)}).status_code == 422
    assert client.post(address, typed).status_code == 302
    assert client.post(address, typed).status_code == 302  # sent twice
    other = client.post(address, typed | {"request_key": str(uuid4())})
    assert other.status_code == 422 and "Sofia" in other.content.decode()
    with acting_as(coordinator):
        assert AlertAnswer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_at_once_one_answer_holds(committed_world):
    world = committed_world
    case = case_with_programme(world)
    coordinator = coordinated(world, case)
    colleague = make_member(coordinator.agency, Role.COORDINATOR)
    alert = alerted(world.programme, begun_by(world.programme, case))
    told: list[str] = []

    def send_answer(member):
        try:
            passed(member, alert, world.eva)
            told.append("")
        except RuleBroken as broken:
            told.append(str(broken))
        finally:
            connection.close()

    threads = [Thread(target=send_answer, args=[member]) for member in (coordinator, colleague)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(bool(words) for words in told) == [False, True]
    with acting_as(coordinator):
        assert AlertAnswer.objects.count() == AlertTaken.objects.count() == 1


def test_silence_is_reminded_and_goes_up_and_says_nothing_in_the_mail(world):
    case = case_with_programme(world)
    coordinator = coordinated(world, case)
    alert = alerted(world.programme, begun_by(world.programme, case))
    for step in (1, 2):
        with system_context(SystemContext.REMINDERS):
            FollowUp.objects.filter(source_id=alert.pk).update(remind_at=now() - timedelta(minutes=1))
        send_due_reminders()
        assert owed(alert).step == step
    with system_context(SystemContext.NOTICES):
        kinds = set(Notice.objects.filter(path=url("alert", case.pk, alert.pk)).values_list("kind", flat=True))
    with acting_as(coordinator):
        assert not CaseEvent.objects.filter(code="reminder_sent", payload__kind="programme_alert").exists()
    assert {"programme_alert", "follow_up_due", "follow_up_unanswered"} <= kinds
    with system_context(SystemContext.NOTICES):
        mails = list(OutgoingMail.objects.filter(notice__kind="programme_alert"))
    assert mails
    for mail in mails:
        assert "programme" not in str(vars(mail)).lower() and "regretter" not in str(vars(mail))


def test_the_coordination_reads_his_attendance_by_default_and_nothing_internal(world):
    found = default_grants(way_in="coordination", agency=make_agency(AgencyKind.COORDINATION))
    assert "perpetrator_work:perpetrator" in found.grants
    assert found.version == SharingDefault.objects.filter(way_in="coordination").order_by("-version").first().version
    case = case_with_programme(world)
    coordinator = coordinated(world, case)
    made = begun_by(world.programme, case)
    assert as_(coordinator).get(url("programme", case.pk, made.pk)).status_code == 200
    assert as_(coordinator).get(url("therapeutic_plan", case.pk, made.pk)).status_code == 404
