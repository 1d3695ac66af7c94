"""What issue “running the case” added, tried from every wrong side: who left, his side, her side, rows of others."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import Error, transaction
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.models import Membership
from cases import timeline_page
from cases.access import for_case, get_case, keep_own_work
from cases.enums import EventCode, Stage
from cases.models import Case, CasePerson
from cases.services import supervise
from casework import closing, parting
from casework import programme as programme_acts
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import RuleBroken
from common.ids import uuid7
from plans import monitoring, safety
from plans.models import (
    ActionOwner,
    ActionStep,
    AlertAnswer,
    Carry,
    DetentionAnswer,
    DetentionAsk,
    Domain,
    MeasureBreach,
    MeasureStep,
    MeasureTold,
    MonitoringAct,
    NeedLine,
    ReleaseAlert,
    ReleaseAsk,
    ReleaseTelling,
    SafetyPaper,
    StaffDangerWords,
)
from tests.actors import PAIRS, as_
from tests.casework.custody_acts import HIS, let_out, lock_up, the_alert, told_by
from tests.casework.custody_acts import say as answer_detention
from tests.casework.grid_acts import bring_in
from tests.factories import World, make_report
from tests.reading import text_of

from .actions_acts import plan_one, say
from .measure_acts import ask_measure, breach_of, notified_ban, step_on, tell_of
from .needs_acts import flag, write_needs
from .programme_acts import alerted, begun_by, case_with_programme, mandate_of, passed
from .safety_acts import write_plan

pytestmark = pytest.mark.django_db

WHERE = "Elle dort maintenant rue des Colombes à Namur."
NEUTRAL = tuple(pair for pair in PAIRS if not pair.startswith("perpetrator_work"))


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world: World) -> Case:
    return make_report(world.officer).case


def let_go(world: World, case: Case, member: Membership) -> None:
    """The agency of this member has ended its part: it wrote something, and reads that alone from now on."""
    with acting_as(world.police_referent):
        parting.end_access(by=world.police_referent, case=case, agency=member.agency, reason="over")
    with acting_as(member):
        assert for_case(case, member).own_work_only


def page(member: Membership, name: str, *args):
    return as_(member).get(reverse(name, args=args))


@contextmanager
def refused_by_the_database() -> Iterator[None]:
    with pytest.raises(Error, match="row-level security"), transaction.atomic():
        yield


# --- who left reads its own work, not what is written afterwards ---------------------------------------------------
def test_the_zone_that_asked_for_a_ban_and_left_reads_nothing_of_what_follows(world, case):
    bring_in(world.officer, case, world.other_officer, NEUTRAL, side="neutral")
    measure = notified_ban(world.officer, case)
    let_go(world, case, world.officer)
    tell_of(world.other_officer, measure, "victim", words=WHERE)
    breach_of(world.other_officer, measure, words=WHERE)
    step_on(world.other_officer, measure, "hearing", hearing_at=now() + timedelta(days=4), text=WHERE)
    answer = page(world.officer, "casework:measure", case.pk, measure.pk)
    assert answer.status_code == 200
    assert WHERE not in text_of(answer)
    assert "Zone de police B" not in text_of(answer)
    with acting_as(world.officer):
        assert not MeasureTold.objects.exists()
        assert not MeasureBreach.objects.exists()
        assert set(MeasureStep.objects.values_list("act", flat=True)) == {"request", "order", "notify"}
    assert WHERE in text_of(page(world.other_officer, "casework:measure", case.pk, measure.pk))


def test_who_planned_an_action_and_left_reads_no_later_answer(world, case):
    bring_in(world.officer, case, world.shelter, ("identity:victim", "network:victim"))
    action = plan_one(world.shelter, case, world.shelter, world.officer)
    say(world.shelter, action, evidence="Vu le 3 mai.")
    let_go(world, case, world.shelter)
    say(world.officer, action, evidence=WHERE)
    answer = page(world.shelter, "casework:action", case.pk, action.pk)
    assert answer.status_code == 200
    assert "Vu le 3 mai." in text_of(answer)
    assert WHERE not in text_of(answer)
    with acting_as(world.shelter):
        assert set(ActionStep.objects.values_list("agency", flat=True)) == {world.shelter.agency_id}


def test_who_began_close_monitoring_and_left_reads_no_later_look(world, case):
    bring_in(world.officer, case, world.shelter, ("identity:victim", "level:case"))
    with acting_as(world.shelter):
        period, _new = monitoring.begin(
            case=case,
            agency=world.shelter.agency,
            author=world.shelter.user,
            starts_at=now(),
            until=now() + timedelta(days=20),
            why="Il rôde.",
            request_key=uuid4(),
        )
        keep_own_work(case=case, agency=world.shelter.agency)
    let_go(world, case, world.shelter)
    with acting_as(world.officer):
        monitoring.act(by=world.officer, period=period, code="looked", words=WHERE, changed="yes", request_key=uuid4())
    with acting_as(world.shelter):
        found, access = get_case(case.pk, world.shelter)
        assert not MonitoringAct.objects.exists()
        (mine,) = monitoring.periods(found, access)
        assert not list(mine.acts.all())
    assert WHERE not in text_of(page(world.shelter, "casework:coordination", case.pk))


def test_who_was_asked_to_tell_her_and_left_reads_its_own_words_alone(world, case):
    bring_in(world.officer, case, world.other_officer, NEUTRAL, side="neutral")
    let_out(world.officer, case)
    alert = the_alert(case)
    told_by(world.other_officer, case, alert, "not_reached", words="Personne n’a répondu.")
    let_go(world, case, world.other_officer)
    told_by(world.eva, case, alert, "trusted", words=WHERE)
    answer = page(world.other_officer, "casework:release_alert", case.pk, alert.pk)
    assert answer.status_code == 200
    assert "Personne n’a répondu." in text_of(answer)
    assert WHERE not in text_of(answer)
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=9))
    later = the_alert(case)
    assert page(world.other_officer, "casework:release_alert", case.pk, later.pk).status_code == 404
    with acting_as(world.other_officer):
        assert set(ReleaseAlert.objects.values_list("pk", flat=True)) == {alert.pk}
        assert set(ReleaseTelling.objects.values_list("agency", flat=True)) == {world.other_officer.agency_id}


def test_who_was_asked_about_a_detention_and_left_reads_no_later_answer(world, case):
    bring_in(world.officer, case, world.other_officer, ("identity:perpetrator", "facts:case"), side="neutral")
    detention = lock_up(world.officer, case, owner_id=world.other_officer.agency_id)
    first = answer_detention(world.other_officer, case, detention, "still")
    let_go(world, case, world.other_officer)
    answer_detention(world.officer, case, detention, "transferred", seen=first.pk, place="Prison fictive de Namur")
    answer = page(world.other_officer, "casework:detention", case.pk, detention.pk)
    assert answer.status_code == 200
    assert "Namur" not in text_of(answer)
    with acting_as(world.other_officer):
        assert set(DetentionAnswer.objects.values_list("pk", flat=True)) == {first.pk}


def test_an_alert_closes_to_whoever_had_it_and_left(world):
    case = case_with_programme(world)
    programme = begun_by(world.programme, case)
    alert = alerted(world.programme, programme)
    passed(world.officer, alert, world.eva, said=WHERE)
    with acting_as(world.officer):
        answer = AlertAnswer.objects.get()
    assert WHERE in text_of(page(world.eva, "casework:passed_on", case.pk, answer.pk))
    with acting_as(world.eva):
        keep_own_work(case=case, agency=world.eva.agency)
    let_go(world, case, world.eva)
    assert page(world.eva, "casework:passed_on", case.pk, answer.pk).status_code == 404
    with acting_as(world.eva):
        assert not AlertAnswer.objects.exists()
        found, access = get_case(case.pk, world.eva)
        assert not programme_acts.passed_to(found, access).exists()
    let_go(world, case, world.officer)
    with acting_as(world.officer):
        assert AlertAnswer.objects.get().agency_id == world.officer.agency_id  # its own work
    assert page(world.officer, "casework:alert", case.pk, alert.pk).status_code == 200


def test_the_former_lead_is_not_told_who_the_reference_person_is_now(world, case):
    bring_in(world.officer, case, world.other_officer, NEUTRAL, side="neutral")
    let_go(world, case, world.officer)
    with system_context(SystemContext.REMINDERS):
        Case.objects.filter(pk=case.pk).update(
            lead_agency=world.other_officer.agency, reference_person=world.other_officer.user
        )
    answer = page(world.officer, "casework:lead", case.pk)
    assert answer.status_code == 200
    assert world.other_officer.user.full_name not in text_of(answer)
    assert world.other_officer.user.full_name in text_of(page(world.other_officer, "casework:lead", case.pk))


def test_a_first_action_or_safety_plan_stays_readable_to_its_service(world, case):
    bring_in(world.officer, case, world.shelter, ("identity:victim", "network:victim"))
    bring_in(world.officer, case, world.stranger, ("identity:victim", "contact:victim"))
    action = plan_one(world.shelter, case, world.shelter)
    plan = write_plan(world.stranger, case)
    let_go(world, case, world.shelter)
    let_go(world, case, world.stranger)
    assert page(world.shelter, "casework:action", case.pk, action.pk).status_code == 200
    with acting_as(world.stranger):
        found, access = get_case(case.pk, world.stranger)
        assert safety.get_plan(found, access, plan.pk) == plan


# --- his side, her side --------------------------------------------------------------------------------------------
def test_a_case_under_supervision_looks_like_any_other_on_his_side(world, case):
    bring_in(world.officer, case, world.programme, HIS, side="perpetrator")
    with acting_as(world.police_referent):
        supervise(case=Case.objects.get(pk=case.pk), until=now() + timedelta(days=100))
    with translation.override("fr"):
        words = str(Stage.SUPERVISED.label)
    for name, args in (("cases:summary", [case.pk]), ("casework:closing", [case.pk]), ("plans:overview", [case.pk])):
        assert words not in text_of(page(world.programme, name, *args)).lower()
        assert words in text_of(page(world.officer, name, *args)).lower()
    browser, listed = as_(world.programme), reverse("cases:list")
    assert case.reference not in text_of(browser.get(listed, {"stage": "supervised"}))
    assert case.reference in text_of(browser.get(listed, {"stage": "followed"}))
    assert case.reference in text_of(as_(world.officer).get(listed, {"stage": "supervised"}))
    found = text_of(browser.post(reverse("cases:search"), {"q": case.reference})).lower()
    assert case.reference.lower() in found
    assert words not in found


def test_her_side_reads_no_line_of_his_programme_whatever_was_granted(world):
    case = case_with_programme(world)
    begun_by(world.programme, case)
    bring_in(world.officer, case, world.shelter, ("identity:victim", "perpetrator_work:perpetrator"))
    bring_in(world.officer, case, world.stranger, ("perpetrator_work:perpetrator",), side="neutral")
    for member, shown in ((world.stranger, True), (world.shelter, False)):
        with acting_as(member):
            found, access = get_case(case.pk, member)
            shown_to = {event.code for event in timeline_page._events(found, access)}
        assert (EventCode.PROGRAMME_BEGUN in shown_to) is shown


def test_an_old_page_names_who_closed_only_to_who_may_know_that_service(world, case):
    bring_in(world.officer, case, world.shelter, ("identity:victim",))
    with acting_as(world.shelter):
        with pytest.raises(RuleBroken) as refused:
            found, access = get_case(case.pk, world.shelter)
            closing.reopen(by=world.shelter, case_id=case.pk, seen="0.0.0", words="x", request_key=uuid7())
        assert "Zone" not in str(refused.value.messages)


# --- rows of others in the database itself ---------------------------------------------------------------------------
def test_nobody_makes_themselves_an_owner_of_an_action_they_do_not_read(world, case):
    bring_in(world.officer, case, world.shelter, ("identity:victim",))
    action = plan_one(world.officer, case, world.officer)
    with acting_as(world.shelter), refused_by_the_database():
        ActionOwner.objects.create(
            case=case,
            action_id=action.pk,
            side=action.side,
            owner=world.shelter.agency,
            way="given",
            agency=world.shelter.agency,
            author=world.shelter.user,
        )


def test_nobody_asks_themselves_about_a_release_or_a_detention(world, case):
    bring_in(world.officer, case, world.stranger, ("identity:victim",), side="neutral")
    detention = lock_up(world.officer, case)
    let_out(world.officer, case, kind="planned", at=now() + timedelta(days=9))
    alert = the_alert(case)
    mine = {"case": case, "agency": world.stranger.agency, "at": now()}
    with acting_as(world.stranger):
        with refused_by_the_database():
            DetentionAsk.objects.create(detention_id=detention.pk, due_at=now(), **mine)
        with refused_by_the_database():
            ReleaseAsk.objects.create(alert_id=alert.pk, asked_as="lead", **mine)
        with refused_by_the_database():
            ReleaseTelling.objects.create(
                case=case, alert_id=alert.pk, outcome="replaced", request_key=uuid7(), at=now()
            )


def test_an_authority_does_not_give_itself_a_mandate_to_read_by(world):
    case = case_with_programme(world)
    programme = begun_by(world.programme, case)
    bring_in(world.officer, case, world.prosecutor, ("identity:perpetrator",), side="neutral")
    typed = mandate_of(world.prosecutor)
    model = programme.mandates.model
    with acting_as(world.prosecutor), refused_by_the_database():
        model.objects.create(
            case=case,
            programme_id=programme.pk,
            issuer=world.prosecutor.agency,
            issuer_kind=typed.issuer_kind,
            starts_on=typed.starts_on,
            conditions="x",
            reports_to="x",
            request_key=uuid7(),
            agency=world.prosecutor.agency,
            author=world.prosecutor.user,
            at=now(),
        )


def test_nothing_is_hung_on_what_another_service_wrote(world, case):
    bring_in(world.officer, case, world.shelter)
    danger = flag(world.officer, case)
    found = write_needs(world.officer, case)
    plan = write_plan(world.eva, case)
    own = {"case": case, "agency": world.stranger.agency}
    with acting_as(world.stranger):
        with refused_by_the_database():
            StaffDangerWords.objects.create(danger_id=danger.pk, what="x", precautions="x", source="police", **own)
        with refused_by_the_database():
            NeedLine.objects.create(
                assessment_id=found.pk, domain=Domain.LEGAL, state="needed", category="psychosocial",
                side="victim", source="person", **own,
            )  # fmt: skip
        with refused_by_the_database():
            SafetyPaper.objects.create(
                plan_id=plan.pk, carry=Carry.YES, request_key=uuid7(), author=world.stranger.user, **own
            )


def test_another_case_s_ids_are_unknown_under_mine(world, case):
    other = make_report(world.other_officer).case
    measure = ask_measure(world.other_officer, other)
    action = plan_one(world.other_officer, other, world.other_officer)
    detention = lock_up(world.other_officer, other)
    danger = flag(world.other_officer, other)
    with acting_as(world.other_officer):
        him = CasePerson.objects.get(case=other, role="presumed_perpetrator")
    browser = as_(world.officer)
    for name, pk in (
        ("casework:measure", measure.pk),
        ("casework:action", action.pk),
        ("casework:detention", detention.pk),
        ("plans:end_danger", danger.pk),
        ("plans:prolong_danger", danger.pk),
        ("plans:write_needs", him.pk),
        ("plans:migration", him.pk),
    ):
        url = reverse(name, args=[case.pk, pk])
        assert browser.get(url).status_code == 404, name
        assert browser.post(url, {}).status_code in (404, 405), name
    day = local(now()).date().isoformat()
    detain = browser.post(
        reverse("casework:detain", args=[case.pk]),
        {"case_person": him.pk, "kind": "warrant", "since": f"{day}T00:00", "owner": world.officer.agency_id,
         "request_key": uuid7()},
    )  # fmt: skip
    assert detain.status_code == 422
