"""Protection measures: what may follow what, how long, who reads what, what turns, who is told."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from cases.access import for_case
from cases.models import Case, CaseEvent
from cases.services import add_contact_point
from cases.timeline import is_kept_from_his_side
from casework import measures
from casework.measures import end_those_run_out
from casework.tracking import send_complaint
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, end_of, local, now, travel
from common.errors import Refused, RuleBroken, StaleVersion
from common.ids import uuid7
from followups.models import FollowUp, FollowUpKind
from followups.reminding import send_due_reminders
from notifications.models import Notice, NoticeKind
from plans import measure_rules as rules
from plans import measures as reading
from plans.measure_acts import Wanted
from plans.measure_rules import Typed
from plans.measure_states import OVER, TRANSITIONS, acts_from
from plans.models import (
    MeasureAct,
    MeasureKind,
    MeasureState,
    MeasureStep,
    MeasureTold,
    ProtectionMeasure,
    ToldWhom,
)
from riskassessment.models import TurningKind, TurningPoint
from tests.actors import all_of_his_side, excluded_colleague
from tests.factories import World, make_agency, make_member, make_report

from .measure_acts import (
    KEPT,
    REASONS,
    ask_measure,
    breach_of,
    day_after,
    notified_ban,
    step_on,
    tell_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def protected_case(world: World) -> Case:
    return make_report(world.officer, kind="police_complaint").case


def problems(refused) -> dict:
    return {name: [str(each) for each in messages] for name, messages in refused.value.errors.items()}


def seen(by, case):
    with acting_as(by):
        return reading.measures_of(case, for_case(case, by))


# --- the table --------------------------------------------------------------------------------------------------
def test_every_state_has_its_row_and_what_is_over_has_no_way_on():
    assert set(TRANSITIONS) == set(MeasureState)
    assert all(not TRANSITIONS[state] for state in OVER)
    assert MeasureAct.RUN_OUT not in acts_from(MeasureState.NOTIFIED, MeasureKind.NO_CONTACT)
    assert MeasureAct.EXTEND not in acts_from(MeasureState.EXTENDED, MeasureKind.RESIDENCE_BAN)
    assert MeasureAct.EXTEND in acts_from(MeasureState.EXTENDED, MeasureKind.NO_CONTACT)
    assert MeasureAct.HEARING not in acts_from(MeasureState.NOTIFIED, MeasureKind.NO_CONTACT)


def test_fourteen_days_and_three_months_follow_the_wall_clock():
    before_winter = datetime(2026, 10, 20, 22, 30, tzinfo=BRUSSELS)
    assert local(rules.ban_until(before_winter)).isoformat() == "2026-11-03T22:30:00+01:00"
    assert rules.extension_until(date(2026, 11, 30)) == end_of(date(2027, 2, 28))
    assert rules.extension_until(date(2026, 12, 5)) == end_of(date(2027, 3, 5))


# --- its life ---------------------------------------------------------------------------------------------------
def test_a_ban_lasts_fourteen_days_from_the_notification(world: World, protected_case):
    at = now() - timedelta(hours=2)
    measure = notified_ban(world.officer, protected_case, at=at)
    (current,) = seen(world.officer, protected_case)
    assert current.measure == measure
    assert (current.step.state, current.running) == (MeasureState.NOTIFIED, True)
    assert current.step.ends_at == rules.ban_until(at)
    assert [each.act for each in current.steps] == ["request", "order", "notify"]


def test_a_refusal_is_kept_with_its_reason_and_nothing_follows(world: World, protected_case):
    measure = ask_measure(world.officer, protected_case)
    with pytest.raises(RuleBroken) as refused:
        step_on(world.officer, measure, "refuse", text=" ")
    assert list(problems(refused)) == ["text"]
    step_on(world.officer, measure, MeasureAct.REFUSE, text="Pas de menace immédiate.")
    (current,) = seen(world.officer, protected_case)
    assert (current.step.state, current.step.text) == (MeasureState.REFUSED, "Pas de menace immédiate.")
    with pytest.raises(RuleBroken) as again:
        step_on(world.officer, measure, MeasureAct.ORDER)
    assert list(problems(again)) == ["act"]


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (timedelta(hours=-1), "before it starts"),
        (timedelta(days=14, hours=2), "14 days at most"),
    ],
)
def test_a_ban_beyond_its_limits_is_refused_with_the_reason(world: World, protected_case, until, words):
    measure = ask_measure(world.officer, protected_case)
    step_on(world.officer, measure, MeasureAct.ORDER)
    at = now()
    with pytest.raises(RuleBroken) as refused:
        step_on(world.officer, measure, MeasureAct.NOTIFY, at=at, until=at + until)
    assert words in problems(refused)["until"][0]
    with acting_as(world.officer):
        assert MeasureStep.objects.count() == 2


def test_an_extension_is_counted_from_the_judgment(world: World, protected_case):
    at = now() - timedelta(days=5)
    measure = notified_ban(world.officer, protected_case, at=at)
    judged = local(now()).date()
    limit = rules.extension_until(judged)
    for until, judged_on, field in (
        (limit + timedelta(days=1), judged, "until"),
        (limit, None, "judged_on"),
        (limit, day_after(now(), 1), "judged_on"),
        (rules.ban_until(at), judged, "until"),
        (None, judged, "until"),
    ):
        with pytest.raises(RuleBroken) as refused:
            step_on(world.officer, measure, "extend", authority="family_court", judged_on=judged_on, until=until)
        assert field in problems(refused), (until, judged_on)
    with pytest.raises(RuleBroken) as wrong:
        step_on(world.officer, measure, "extend", authority="prosecutor", judged_on=judged, until=limit)
    assert list(problems(wrong)) == ["authority"]
    step_on(world.officer, measure, "extend", authority="family_court", judged_on=judged, until=limit)
    (current,) = seen(world.officer, protected_case)
    assert (current.step.state, current.step.ends_at) == (MeasureState.EXTENDED, limit)
    with pytest.raises(RuleBroken):
        step_on(world.officer, measure, "extend", authority="family_court", judged_on=judged, until=limit)


def test_the_database_refuses_what_a_service_would_let_pass(world: World, protected_case):
    measure = notified_ban(world.officer, protected_case)
    with acting_as(world.officer):
        last = MeasureStep.objects.get(measure=measure, superseded_by=None)
    at = now()
    beyond = {
        "plans_ban_of_14_days": {"act": "notify", "state": "notified", "ends_at": at + timedelta(days=15)},
        "plans_ban_extended_3_months": {
            "act": "extend", "state": "extended", "judged_at": at, "ends_at": at + timedelta(days=95),
        },
        "plans_measure_ends_after": {"act": "lift", "state": "lifted", "ends_at": at - timedelta(days=1)},
    }  # fmt: skip
    for name, values in beyond.items():
        with acting_as(world.officer), pytest.raises(IntegrityError, match=name), transaction.atomic():
            MeasureStep.objects.create(
                case=measure.case, measure=measure, kind=measure.kind, at=at, starts_at=at, supersedes=last,
                request_key=uuid7(), agency=world.officer.agency, author=world.officer.user, **values,
            )  # fmt: skip


def test_a_measure_cannot_be_lifted_before_it_began(world: World, protected_case):
    measure = notified_ban(world.officer, protected_case, at=now() - timedelta(hours=1))
    with pytest.raises(RuleBroken) as refused:
        step_on(world.officer, measure, MeasureAct.LIFT, at=now() - timedelta(days=2))
    assert "before it starts" in problems(refused)["at"][0]
    with pytest.raises(RuleBroken):
        step_on(world.officer, measure, MeasureAct.END, at=now() + timedelta(minutes=5))
    step_on(world.officer, measure, MeasureAct.LIFT)
    (current,) = seen(world.officer, protected_case)
    assert not current.running


def test_the_hearing_is_held_while_the_ban_lasts(world: World, protected_case):
    measure = notified_ban(world.officer, protected_case)
    with pytest.raises(RuleBroken) as refused:
        step_on(world.officer, measure, MeasureAct.HEARING, hearing_at=now() + timedelta(days=20))
    assert "hearing_at" in problems(refused)
    step_on(world.officer, measure, MeasureAct.HEARING, hearing_at=now() + timedelta(days=5))
    (current,) = seen(world.officer, protected_case)
    assert current.step.state == MeasureState.NOTIFIED
    assert current.step.hearing_at is not None
    assert current.step.ends_at is not None


# --- bad input --------------------------------------------------------------------------------------------------
def test_what_is_missing_or_foreign_is_said_by_field(world: World, protected_case):
    other = make_report(world.other_officer, perpetrator_given_name="Jan", perpetrator_family_name="Peeters-Test").case
    with acting_as(world.other_officer):
        foreign = other.case_persons.get(role="presumed_perpetrator").pk
    for changes, field in (
        ({"kind": "nonsense"}, "kind"),
        ({"kind": MeasureKind.OTHER, "name": ""}, "name"),
        ({"about": None}, "about"),
        ({"about": foreign}, "about"),
        ({"protects": (foreign,)}, "protects"),
        ({"places": ""}, "places"),
        ({"conditions": "x" * 10_000}, "conditions"),
        ({"reasons": "\x00"}, "reasons"),
        ({"hers": True}, "hers"),
        ({"at": now() + timedelta(hours=1)}, "at"),
    ):
        with pytest.raises(RuleBroken) as refused:
            ask_measure(world.officer, protected_case, **changes)
        assert field in problems(refused), changes
    with acting_as(world.officer):
        assert not ProtectionMeasure.objects.exists()


def test_emoji_are_kept_as_typed(world: World, protected_case):
    measure = ask_measure(world.officer, protected_case, conditions="Pas d’appel 🙅 ni de message")
    assert seen(world.officer, protected_case)[0].measure.conditions == "Pas d’appel 🙅 ni de message"
    with acting_as(world.officer), connection.cursor() as cursor:
        cursor.execute("SELECT conditions FROM plans_protectionmeasure WHERE id = %s", [measure.pk])
        assert "appel" not in cursor.fetchone()[0]


def test_sent_twice_is_one_measure_and_one_step(world: World, protected_case):
    key = uuid7()
    first = ask_measure(world.officer, protected_case, key=key)
    assert ask_measure(world.officer, protected_case, key=key) == first
    again = uuid7()
    with acting_as(world.officer):
        shown = MeasureStep.objects.get(measure=first).pk
    one = step_on(world.officer, first, MeasureAct.ORDER, key=again)
    assert step_on(world.officer, first, MeasureAct.ORDER, key=again, shown=shown) == one
    assert len(seen(world.officer, protected_case)[0].steps) == 2


def test_who_writes_on_an_old_page_is_told_who_wrote_what(world: World, protected_case):
    measure = ask_measure(world.officer, protected_case)
    with acting_as(world.officer):
        shown = MeasureStep.objects.get(measure=measure).pk
    step_on(world.police_referent, measure, MeasureAct.REFUSE)
    with pytest.raises(StaleVersion) as stale:
        step_on(world.officer, measure, MeasureAct.ORDER, shown=shown)
    assert world.police_referent.user.full_name in str(stale.value)
    assert "refused" in str(stale.value)


def test_her_address_is_not_written_where_he_reads_it(world: World):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        add_contact_point(
            by=world.officer, case_person=case.case_persons.get(role="victim"), kind="address",
            value="Avenue des Cerisiers 8", safe="yes",
        )  # fmt: skip
    with pytest.raises(RuleBroken) as refused:
        ask_measure(world.officer, case, places="avenue des cerisiers 8, 1030")
    assert set(problems(refused)) == {"places", "his_to_know"}
    measure = ask_measure(world.officer, case, places="avenue des cerisiers 8, 1030", his_to_know=True)
    assert measure.her_address


# --- who reads --------------------------------------------------------------------------------------------------
def test_his_side_reads_what_he_was_notified_of_and_nothing_before(world: World, protected_case):
    his = all_of_his_side(world, protected_case)
    measure = ask_measure(world.officer, protected_case)
    alarm = ask_measure(world.officer, protected_case, MeasureKind.MOBILE_ALARM, about=None, act="order")
    step_on(world.officer, alarm, MeasureAct.NOTIFY)
    assert seen(his, protected_case) == []
    step_on(world.officer, measure, MeasureAct.ORDER)
    assert seen(his, protected_case) == []
    step_on(world.officer, measure, MeasureAct.NOTIFY)
    tell_of(world.officer, measure, ToldWhom.VICTIM, words="Appelée à 18 h.")
    tell_of(world.officer, measure, ToldWhom.PERPETRATOR)
    breach_of(world.officer, measure)
    (current,) = seen(his, protected_case)
    assert [each.act for each in current.steps] == ["notify"]
    assert [each.whom for each in current.told] == ["perpetrator"]
    assert current.breaches == []
    with acting_as(his):
        # the second lock says the same without any filter of Python
        assert set(ProtectionMeasure.objects.values_list("pk", flat=True)) == {measure.pk}
        assert set(MeasureStep.objects.values_list("act", flat=True)) == {"notify"}
        assert set(MeasureTold.objects.values_list("whom", flat=True)) == {"perpetrator"}
        assert not measure.breaches.exists()
        with pytest.raises(Http404):
            reading.get_measure(protected_case, for_case(protected_case, his), alarm.pk)
        with pytest.raises(Refused):
            step_on(his, measure, MeasureAct.LIFT)


def test_his_side_reads_no_line_and_no_turning_point_of_what_he_was_not_told(world: World, protected_case):
    his = all_of_his_side(world, protected_case)
    measure = ask_measure(world.officer, protected_case)
    with acting_as(his):
        lines = CaseEvent.objects.filter(code="measure_moved")
        assert all(is_kept_from_his_side(each.code, each.payload) for each in lines)
        assert not TurningPoint.objects.filter(kind=TurningKind.MEASURE_REQUESTED).exists()
        assert not CaseEvent.objects.filter(code="turning_point").exists()
    step_on(world.officer, measure, MeasureAct.ORDER)
    step_on(world.officer, measure, MeasureAct.NOTIFY)
    breach_of(world.officer, measure)
    with acting_as(his):
        kinds = set(TurningPoint.objects.values_list("kind", flat=True))
        assert kinds == {TurningKind.MEASURE_NOTIFIED}


def test_a_service_that_does_not_read_judicial_finds_nothing(world: World, protected_case):
    measure = notified_ban(world.officer, protected_case)
    assert seen(world.eva, protected_case) == []
    with acting_as(world.eva):
        assert not ProtectionMeasure.objects.exists()
        with pytest.raises(Http404):
            reading.get_measure(protected_case, for_case(protected_case, world.eva), measure.pk)
        with pytest.raises(Refused):
            measures.ask(
                by=world.eva, case=protected_case, access=for_case(protected_case, world.eva), wanted=Wanted(),
                typed=Typed(), request_key=uuid7(),
            )  # fmt: skip


def test_who_is_kept_out_reads_nothing(world: World, protected_case):
    colleague = excluded_colleague(world, protected_case)
    measure = notified_ban(world.officer, protected_case)
    with acting_as(colleague):
        assert not ProtectionMeasure.objects.filter(pk=measure.pk).exists()
        assert not MeasureStep.objects.filter(measure=measure).exists()


def test_rows_are_never_changed(world: World, protected_case):
    measure = notified_ban(world.officer, protected_case)
    for table in ("plans_protectionmeasure", "plans_measurestep"):
        with acting_as(world.officer), pytest.raises(Exception, match="permission denied"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET kind = 'other'")  # noqa: S608
    assert measure.pk


# --- what follows -----------------------------------------------------------------------------------------------
def test_each_turn_opens_a_reassessment_once(world: World, protected_case):
    measure = notified_ban(world.officer, protected_case)
    breach_of(world.officer, measure)
    step_on(world.officer, measure, MeasureAct.END)
    with acting_as(world.officer):
        kinds = list(TurningPoint.objects.order_by("at").values_list("kind", flat=True))
    assert kinds == ["measure_requested", "measure_notified", "measure_breached", "measure_ended"]
    with system_context(SystemContext.REMINDERS):
        owed = FollowUp.objects.filter(kind=FollowUpKind.REASSESSMENT, case=protected_case, settled_at=None)
        assert owed.count() == 1


def test_the_end_is_told_three_days_and_one_day_before_and_when_it_comes(world: World, protected_case):
    at = now()
    measure = notified_ban(world.officer, protected_case, at=at)
    end = rules.ban_until(at)

    def told() -> int:
        with system_context(SystemContext.NOTICES):
            return Notice.objects.filter(
                recipient=world.officer.user, kind__in=["follow_up_soon", "follow_up_due"],
                path__endswith=f"/cases/{protected_case.pk}/measures/",
            ).count()  # fmt: skip

    with system_context(SystemContext.REMINDERS):
        # the other dates of the case are not what is looked at
        FollowUp.objects.exclude(kind=FollowUpKind.MEASURE_END).update(remind_at=None)
    for moment, expected in (
        (end - timedelta(days=3, minutes=5), 0),
        (end - timedelta(days=3) + timedelta(minutes=5), 1),
        (end - timedelta(days=2), 1),
        (end - timedelta(days=1) + timedelta(minutes=5), 2),
        (end - timedelta(hours=2), 2),
        (end + timedelta(minutes=5), 3),
    ):
        shift_reminders(moment)
        assert told() == expected, moment
    with system_context(SystemContext.REMINDERS):
        owed = FollowUp.objects.get(kind=FollowUpKind.MEASURE_END, case=protected_case)
    assert (owed.agency_id, owed.due_at) == (world.officer.agency_id, end)
    assert measure.pk


def shift_reminders(moment: datetime) -> None:
    """As if it were `moment`: the dispatcher asks the database's clock, so that the rows are moved instead."""
    shift = moment - now()
    with system_context(SystemContext.REMINDERS):
        rows = FollowUp.objects.filter(kind=FollowUpKind.MEASURE_END)
        for row in rows:
            FollowUp.objects.filter(pk=row.pk).update(
                due_at=row.due_at - shift, remind_at=row.remind_at and row.remind_at - shift
            )
    send_due_reminders()
    with system_context(SystemContext.REMINDERS):
        for row in FollowUp.objects.filter(kind=FollowUpKind.MEASURE_END):
            FollowUp.objects.filter(pk=row.pk).update(
                due_at=row.due_at + shift, remind_at=row.remind_at and row.remind_at + shift
            )


def test_who_leads_is_told_too_where_they_read_it(world: World, protected_case):
    with acting_as(world.officer):
        send_complaint(by=world.officer, report=protected_case.reports.get())
    measure = notified_ban(world.prosecutor, protected_case)
    with system_context(SystemContext.REMINDERS):
        owers = set(FollowUp.objects.filter(kind="measure_end").values_list("agency", flat=True))
    assert owers == {world.prosecutor.agency_id, world.officer.agency_id}
    step_on(world.officer, measure, MeasureAct.LIFT)
    with system_context(SystemContext.REMINDERS):
        ended = FollowUp.objects.filter(kind="measure_end")
        assert {each.outcome for each in ended} == {"lift"}
        assert all(each.settled_at for each in ended)


def test_an_end_that_is_reached_is_written_by_nobody_and_turns_once(world: World, protected_case):
    at = now() - timedelta(days=15)
    with travel(at):
        measure = notified_ban(world.officer, protected_case, at=at - timedelta(minutes=1))
    assert end_those_run_out() == 1
    assert end_those_run_out() == 0
    (current,) = seen(world.officer, protected_case)
    assert (current.step.state, current.step.author, current.running) == (MeasureState.RUN_OUT, None, False)
    with acting_as(world.officer):
        ended = TurningPoint.objects.get(kind=TurningKind.MEASURE_ENDED)
        assert ended.happened_on == local(current.step.ends_at).date()
        assert CaseEvent.objects.filter(code="measure_moved", payload__act="run_out", agency=None).count() == 1
    with system_context(SystemContext.REMINDERS):
        assert FollowUp.objects.filter(kind="measure_end", settled_at=None).count() == 1
    step_on(world.officer, measure, MeasureAct.END, at=current.step.ends_at)
    with acting_as(world.officer):
        assert TurningPoint.objects.filter(kind=TurningKind.MEASURE_ENDED).count() == 1
    with system_context(SystemContext.REMINDERS):
        assert not FollowUp.objects.filter(kind="measure_end", settled_at=None).exists()


def test_an_extension_typed_late_counts_where_the_court_ruled_in_time(world: World, protected_case):
    at = now() - timedelta(days=15)
    with travel(at):
        measure = notified_ban(world.officer, protected_case, at=at - timedelta(minutes=1))
    end_those_run_out()
    judged = local(at + timedelta(days=10)).date()
    late = local(now()).date()
    with pytest.raises(RuleBroken) as refused:
        step_on(
            world.officer, measure, "extend", authority="family_court", judged_on=late,
            until=rules.extension_until(judged),
        )  # fmt: skip
    assert "had ended already" in problems(refused)["judged_on"][0]
    step_on(
        world.officer,
        measure,
        "extend",
        authority="family_court",
        judged_on=judged,
        until=rules.extension_until(judged),
    )
    assert seen(world.officer, protected_case)[0].running


def test_a_breach_says_which_report_and_only_once(world: World, protected_case):
    measure = notified_ban(world.officer, protected_case, at=now() - timedelta(hours=3))
    with acting_as(world.officer):
        report = protected_case.reports.get()
    other = make_report(world.other_officer)
    with pytest.raises(RuleBroken) as foreign:
        breach_of(world.officer, measure, report_id=other.pk)
    assert list(problems(foreign)) == ["report"]
    breach_of(world.officer, measure, report_id=report.pk, words="")
    with pytest.raises(RuleBroken) as twice:
        breach_of(world.officer, measure, report_id=report.pk, words="")
    assert "report" in problems(twice)
    with pytest.raises(RuleBroken) as nothing:
        breach_of(world.officer, measure, words=" ")
    assert list(problems(nothing)) == ["words"]


def test_colleagues_at_work_are_noticed_and_his_side_only_once_he_was(world: World, protected_case):
    his = all_of_his_side(world, protected_case)
    with acting_as(world.officer):
        send_complaint(by=world.officer, report=protected_case.reports.get())

    def noticed() -> set:
        with system_context(SystemContext.NOTICES):
            rows = Notice.objects.filter(kind=NoticeKind.MEASURE_MOVED)
            return {(each.recipient_id, str(each.case_id)) for each in rows}

    measure = ask_measure(world.officer, protected_case)
    assert noticed() == {(world.prosecutor.user_id, str(protected_case.pk))}
    step_on(world.officer, measure, MeasureAct.ORDER)
    step_on(world.officer, measure, MeasureAct.NOTIFY)
    assert his.user_id in {user for user, _case in noticed()}
    assert world.eva.user_id not in {user for user, _case in noticed()}


def test_readers_for_other_rooms(world: World, protected_case):
    measure = notified_ban(world.officer, protected_case)
    court = make_member(make_agency(AgencyKind.COURT, "Tribunal"))
    with acting_as(court):
        assert [each.pk for each in reading.active(protected_case)] == [measure.pk]
        assert reading.active_in(court, [protected_case.pk]) == {}
    with acting_as(world.officer):
        (current,) = reading.active_in(world.officer, [protected_case.pk])[protected_case.pk]
        assert current.label == "Temporary residence ban"
    assert (KEPT, REASONS) == (measure.kept_places, measure.reasons)


def test_the_list_costs_the_same_with_more_measures(world: World, protected_case, django_assert_num_queries):
    notified_ban(world.officer, protected_case)
    with acting_as(world.officer):
        access = for_case(protected_case, world.officer)
        with django_assert_num_queries(5):
            reading.measures_of(protected_case, access)
    for kind in (MeasureKind.NO_CONTACT, MeasureKind.NO_APPROACH, MeasureKind.CONDITIONS):
        ask_measure(world.officer, protected_case, kind)
    with acting_as(world.officer), django_assert_num_queries(5):
        assert len(reading.measures_of(protected_case, access)) == 4
