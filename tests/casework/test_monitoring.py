"""Close monitoring: begun by hand or by a retention, looked at again, extended, ended; shorter delays; never told
on his side.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse

from agencies.acting import acting_as
from cases.access import get_case
from cases.enums import EventCode
from cases.models import Case, CaseEvent
from cases.services import monitor
from casework import monitoring
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from followups.models import FollowUp, FollowUpKind
from followups.reminding import send_due_reminders
from notifications.models import Notice, NoticeKind
from plans.models import MonitoringAct, MonitoringPeriod
from riskassessment import services as assessments
from riskassessment.versions import definition_of
from tests.actors import as_
from tests.factories import make_report
from tests.plans.actions_acts import plan_one
from tests.referrals_acts import accept, send

from .coordination_acts import ask_from_case, make_scheme, retain

pytestmark = pytest.mark.django_db


@pytest.fixture
def grave_case(world):
    """A complaint assessed at a critical level; the cell calls, his programme takes part."""
    from casework.assessing import conclude_level, sign_assessment

    case = make_report(world.officer, kind="police_complaint").case
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    with acting_as(world.officer):
        found, access = get_case(case.pk, world.officer)
        signed = assessments.start(
            by=world.officer, case=found, access=access, grid_slug="police-demonstration", presence="alone"
        )
        answers = {item.id: {"value": "yes", "comment": ""} for item in definition_of(signed.grid_version).questions}
        sign_assessment(by=world.officer, assessment_id=signed.pk, answers=answers, version=0)
        conclude_level(
            by=world.officer, assessment_id=signed.pk, level="critical", justification="Il la suit chaque jour."
        )
    return Case(pk=case.pk)


def begin(by, case, *, days=20, key=None, **changes) -> MonitoringPeriod:
    with acting_as(by):
        values = {"until": now() + timedelta(days=days), "why": "Il est sorti hier."}
        return monitoring.begin(by=by, case_id=case.pk, request_key=key or uuid4(), **values | changes)


def waiting_looks(case) -> list[FollowUp]:
    with system_context(SystemContext.REMINDERS):
        rows = FollowUp.objects.filter(case=case, kind=FollowUpKind.MONITORING, settled_at=None)
        return list(rows.order_by("due_at"))


def watched(member, case) -> object:
    with acting_as(member):
        return get_case(case.pk, member)[0].monitored_since


def codes(member, case) -> set:
    with acting_as(member):
        _case, access = get_case(case.pk, member)
        return set(CaseEvent.objects.filter(access.readable(), case=case).values_list("code", flat=True))


def test_begun_by_hand_it_owes_a_look_and_tells_its_end(world, grave_case):
    period = begin(world.officer, grave_case)
    assert watched(world.officer, grave_case) == period.starts_at
    look, end = waiting_looks(grave_case)
    assert look.agency_id == end.agency_id == world.officer.agency_id
    assert timedelta(days=1) < look.due_at - now() <= timedelta(days=2, hours=1)
    assert end.due_at == period.planned_until and end.remind_at == end.due_at - timedelta(hours=72)
    assert EventCode.MONITORING_BEGUN in codes(world.officer, grave_case)
    page = as_(world.officer).get(reverse("casework:coordination", args=[grave_case.pk]))
    assert "Il est sorti hier." in page.content.decode()


def test_the_level_and_the_part_one_takes_decide_who_begins(world, grave_case):
    for member in (world.eva, world.programme, world.reader):
        with pytest.raises(Refused):
            begin(member, grave_case)
    low = make_report(world.officer).case
    with pytest.raises(Refused):
        begin(world.officer, low)
    assert as_(world.stranger).post(reverse("casework:begin_monitoring", args=[grave_case.pk])).status_code == 404
    with system_context(SystemContext.REMINDERS):
        assert not MonitoringPeriod.objects.exists()


def test_what_is_wrong_is_said_and_a_second_click_is_one(world, grave_case):
    most = timedelta(days=settings.MONITORING_MOST_DAYS + 2)
    for changes, field in (
        ({"until": None}, "until"), ({"until": now() - timedelta(hours=1)}, "until"),
        ({"until": now() + most}, "until"),
        ({"why": " "}, "why"), ({"why": "x" * 2001}, "why"), ({"why": "a\x00"}, "why"),
    ):  # fmt: skip
        with pytest.raises(RuleBroken) as refused:
            begin(world.officer, grave_case, **changes)
        assert set(refused.value.errors) == {field}, changes
    assert watched(world.officer, grave_case) is None
    key = uuid4()
    assert begin(world.officer, grave_case, key=key).pk == begin(world.officer, grave_case, key=key).pk
    with pytest.raises(RuleBroken):
        begin(world.police_manager, grave_case)


def test_his_side_is_told_nothing_of_it(world, grave_case):
    period = begin(world.officer, grave_case)
    with acting_as(world.officer):
        monitoring.extend(
            by=world.officer, case_id=grave_case.pk, until=period.planned_until + timedelta(days=5),
            words="Il revient.", request_key=uuid4(),
        )  # fmt: skip
    told = codes(world.programme, grave_case)
    assert not told & {EventCode.MONITORING_BEGUN, EventCode.MONITORING_EXTENDED}
    with acting_as(world.programme):
        assert not MonitoringPeriod.objects.exists() and not MonitoringAct.objects.exists()
        assert not FollowUp.objects.visible_to(world.programme).filter(kind=FollowUpKind.MONITORING).exists()
    for name in ("cases:summary", "casework:coordination", "casework:action_plan", "riskassessment:case_list"):
        text = as_(world.programme).get(reverse(name, args=[grave_case.pk])).content.decode()
        assert "Il est sorti hier." not in text and "Il revient." not in text, name
        assert "rapproché" not in text and "monitoring/" not in text, name


def test_a_look_settles_the_one_that_was_owed_and_owes_the_next(world, grave_case):
    begin(world.officer, grave_case)
    first, end = waiting_looks(grave_case)
    with acting_as(world.officer):
        for changed, words, field in (("", "", "changed"), ("yes", " ", "words")):
            with pytest.raises(RuleBroken) as refused:
                monitoring.look_again(
                    by=world.officer, case_id=grave_case.pk, changed=changed, words=words, request_key=uuid4()
                )
            assert field in refused.value.errors
        key = uuid4()
        for _ in range(2):
            look = monitoring.look_again(
                by=world.officer, case_id=grave_case.pk, changed="yes", words="Il a un nouveau numéro.", request_key=key
            )
    after = waiting_looks(grave_case)
    assert first.pk not in {each.pk for each in after} and end.pk in {each.pk for each in after}
    assert len(after) == 2 and look.pk in {each.source_id for each in after}
    with pytest.raises(Refused), acting_as(world.eva):
        monitoring.look_again(by=world.eva, case_id=grave_case.pk, changed="no", words="", request_key=uuid4())


def test_its_planned_end_never_passes_silently(world, grave_case):
    period = begin(world.officer, grave_case)
    past = now() - timedelta(hours=1)
    with system_context(SystemContext.REMINDERS):
        end = FollowUp.objects.filter(kind=FollowUpKind.MONITORING, due_at=period.planned_until)
        end.update(due_at=past, remind_at=past)
    send_due_reminders()
    with acting_as(world.officer):
        assert Notice.objects.filter(recipient=world.officer.user_id, kind=NoticeKind.FOLLOW_UP_DUE).exists()
    assert watched(world.officer, grave_case), "it does not end by itself"


def test_extended_later_only_and_the_new_end_is_told(world, grave_case):
    period = begin(world.officer, grave_case)
    with acting_as(world.officer):
        for until in (period.planned_until, now() + timedelta(days=settings.MONITORING_MOST_DAYS + 2)):
            with pytest.raises(RuleBroken):
                monitoring.extend(by=world.officer, case_id=grave_case.pk, until=until, words="x", request_key=uuid4())
        until = period.planned_until + timedelta(days=10)
        monitoring.extend(
            by=world.officer, case_id=grave_case.pk, until=until, words="Le procès approche.", request_key=uuid4()
        )
    dues = {each.due_at for each in waiting_looks(grave_case)}
    assert until in dues and period.planned_until not in dues and len(dues) == 2


def test_ended_nothing_is_owed_any_more_and_it_may_begin_again(world, grave_case):
    begin(world.officer, grave_case)
    with acting_as(world.officer):
        monitoring.end_monitoring(by=world.officer, case_id=grave_case.pk, reason="Il est détenu.", request_key=uuid4())
    assert waiting_looks(grave_case) == [] and watched(world.officer, grave_case) is None
    with acting_as(world.officer), pytest.raises(RuleBroken):
        monitoring.end_monitoring(by=world.officer, case_id=grave_case.pk, reason="Encore.", request_key=uuid4())
    begin(world.officer, grave_case)
    assert len(waiting_looks(grave_case)) == 2


def test_actions_are_told_sooner_and_grids_come_sooner(world, grave_case):
    before = plan_one(world.officer, grave_case, due_at=now() + timedelta(days=10))
    begin(world.officer, grave_case)
    after = plan_one(world.officer, grave_case, due_at=now() + timedelta(days=10))
    with system_context(SystemContext.REMINDERS):
        owed = list(FollowUp.objects.filter(case=grave_case, kind=FollowUpKind.ACTION))
        hours = settings.MONITORING_REMIND_HOURS
        assert len(owed) == 2 and all(each.due_at - each.remind_at == timedelta(hours=hours) for each in owed)
        grids = FollowUp.objects.filter(case=grave_case, kind=FollowUpKind.REASSESSMENT, settled_at=None)
        latest = now() + timedelta(days=settings.MONITORING_REASSESS_DAYS)
        assert grids.exists() and all(each.due_at <= latest for each in grids)
    assert before.pk != after.pk


def test_a_retention_begins_it_and_the_coordination_looks(world, grave_case):
    scheme = make_scheme(world, world.eva, world.officer, world.programme)
    request = retain(scheme.coordinator, ask_from_case(world.officer, grave_case, scheme))
    with acting_as(scheme.coordinator):
        period = MonitoringPeriod.objects.get(case=grave_case)
        assert (period.source_id, period.starts_at, period.agency_id) == (
            request.pk, request.answered_at, scheme.coordinator.agency_id,
        )  # fmt: skip
    assert {each.agency_id for each in waiting_looks(grave_case)} == {scheme.coordinator.agency_id}


def test_a_retention_takes_over_what_was_begun_by_hand(world, grave_case):
    period = begin(world.officer, grave_case)
    scheme = make_scheme(world, world.eva, world.officer, world.programme)
    retain(scheme.coordinator, ask_from_case(world.officer, grave_case, scheme))
    assert {each.agency_id for each in waiting_looks(grave_case)} == {scheme.coordinator.agency_id}
    assert watched(world.officer, grave_case) == period.starts_at
    with acting_as(scheme.coordinator):
        assert MonitoringPeriod.objects.filter(case=grave_case).count() == 1
    with acting_as(world.officer), pytest.raises(Refused):
        monitoring.end_monitoring(by=world.officer, case_id=grave_case.pk, reason="x", request_key=uuid4())


def test_watched_since_before_times_were_written_it_is_looked_at_extended_and_ended(world, grave_case):
    def long_ago(days: int) -> None:
        with acting_as(world.officer):
            monitor(case=get_case(grave_case.pk, world.officer)[0], since=now() - timedelta(days=days))

    browser = as_(world.officer)
    page = reverse("casework:coordination", args=[grave_case.pk])
    long_ago(settings.MONITORING_DAYS + 1)
    assert "La fin prévue est passée" in browser.get(page).content.decode()
    url = reverse("casework:looked_again", args=[grave_case.pk])
    assert browser.post(url, {"changed": "no", "request_key": str(uuid4())}).status_code == 302
    with acting_as(world.officer):
        period = MonitoringPeriod.objects.get(case=grave_case)
    assert period.starts_at == watched(world.officer, grave_case), "since when it is watched stays"
    end, look = waiting_looks(grave_case)
    assert end.due_at == period.planned_until < now() < look.due_at
    with pytest.raises(Refused), acting_as(world.eva):
        monitoring.look_again(by=world.eva, case_id=grave_case.pk, changed="no", words="", request_key=uuid4())
    until = now() + timedelta(days=20)
    with acting_as(world.officer):
        monitoring.extend(
            by=world.officer, case_id=grave_case.pk, until=until, words="Il insiste.", request_key=uuid4()
        )
    assert [each.due_at for each in waiting_looks(grave_case)] == [look.due_at, until]

    with acting_as(world.officer):
        monitoring.end_monitoring(by=world.officer, case_id=grave_case.pk, reason="Parti.", request_key=uuid4())
    # ended at once, without a look owed in between
    long_ago(3)
    with acting_as(world.officer):
        monitoring.end_monitoring(by=world.officer, case_id=grave_case.pk, reason="Encore.", request_key=uuid4())
    assert waiting_looks(grave_case) == [] and watched(world.officer, grave_case) is None
    with acting_as(world.officer):
        assert MonitoringPeriod.objects.filter(case=grave_case).count() == 2


def test_the_page_begins_looks_extends_and_ends(world, grave_case):
    browser = as_(world.officer)
    day = str((now() + timedelta(days=15)).date())
    later = str((now() + timedelta(days=25)).date())
    for name, typed in (
        ("begin_monitoring", {"until": day, "why": "Il est sorti."}),
        ("looked_again", {"changed": "no"}),
        ("extend_monitoring", {"until": later, "words": "Il insiste."}),
        ("end_monitoring", {"reason": "Il est parti."}),
    ):
        url = reverse(f"casework:{name}", args=[grave_case.pk])
        assert browser.post(url, {"request_key": str(uuid4())}).status_code == 422, name
        assert browser.post(url, typed | {"request_key": str(uuid4())}).status_code == 302, name
    text = browser.get(reverse("casework:coordination", args=[grave_case.pk])).content.decode()
    assert "Il insiste." in text and "Il est parti." in text
