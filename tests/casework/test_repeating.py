"""Events counted over every service and linked cases: what is told is that a rule is met, and nothing of the events."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from audit.models import LogEntry
from cases.access import for_case
from cases.models import CaseEvent
from casework.reporting import record_report
from casework.turning import turned
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken
from reports.services import start_draft
from riskassessment import repeat_rules
from riskassessment.models import RepeatRule
from sharing import links
from tests.actors import as_
from tests.casework.grid_acts import POLICE, bring_in, owed, sign
from tests.factories import make_report, report_data

pytestmark = pytest.mark.django_db


def today():
    return local(now()).date()


def report_again(by, case, **changes):
    with acting_as(by):
        draft = start_draft(by=by, kind="police_dispute_report", joins_case=case)
        return record_report(by=by, draft_id=draft.pk, data=report_data(j2_accepted="no", **changes))


def breach(by, case, days_ago=2):
    day = today() - timedelta(days=days_ago)
    with acting_as(by):
        return turned(by=by, case=case, kind="measure_breached", source_id=uuid4(), happened_on=day)


def told(member, case) -> list[CaseEvent]:
    with acting_as(member):
        return list(CaseEvent.objects.filter(case=case, code="events_repeated").order_by("at"))


def link(world, one, other, kind="same_couple"):
    for case, by in ((one, world.officer), (other, world.other_officer)):
        bring_in(by, case, world.prosecutor, ["level:case", "identity:victim"], side="neutral")
    with acting_as(world.prosecutor):
        return links.link_cases(by=world.prosecutor, case=one, reference=other.reference, kind=kind)


def test_the_third_event_is_told_in_figures_of_the_rule(world):
    case = make_report(world.officer).case
    sign(world.officer, case, POLICE)
    report_again(world.officer, case)
    assert told(world.officer, case) == []
    breach(world.officer, case)
    (event,) = told(world.officer, case)
    assert (event.category, event.side, event.agency, event.user) == ("level", "case", None, None)
    assert event.payload == {
        "rule": "three-in-twelve-months", "version": 1, "events": 3, "months": 12, "since": "today"
    }  # fmt: skip
    (follow_up,) = owed(case)
    assert follow_up.due_at <= now() + timedelta(hours=72)


def test_a_breach_that_was_reported_counts_once(world):
    report = make_report(world.officer)
    case = report.case
    breach(world.officer, case, days_ago=(today() - local(report.occurred_at).date()).days)
    breach(world.officer, case, days_ago=9)
    assert told(world.officer, case) == [], "two events: one reported and breached the same day, one nine days ago"
    breach(world.officer, case, days_ago=5)
    assert len(told(world.officer, case)) == 1


def test_events_of_long_ago_do_not_count(world):
    case = make_report(world.officer).case
    long_ago = (now() - timedelta(days=400)).strftime("%Y-%m-%dT%H:%M")
    report_again(world.officer, case, occurred_at=long_ago, met_at=long_ago)
    report_again(world.officer, case)
    assert told(world.officer, case) == []


def test_a_link_counts_both_and_tells_both_once_without_saying_whose(world):
    """Two events here, one in another zone: both cases learn that three are known together."""
    one, other = make_report(world.officer).case, make_report(world.other_officer, victim_family_name="Autre").case
    report_again(world.officer, one)
    sign(world.other_officer, other, POLICE)
    link(world, one, other)
    for member, case in ((world.officer, one), (world.other_officer, other)):
        assert len(told(member, case)) == 1
        with acting_as(member):
            rows = LogEntry.objects.filter(case_id=case.pk, timestamp__gte=told(member, case)[0].at)
            assert not rows.filter(actor=world.prosecutor.user, object_repr__contains="event").exists()
    (theirs,) = owed(other)
    assert theirs.agency == world.other_officer.agency and theirs.due_at <= now() + timedelta(hours=72)
    report_again(world.officer, one)
    (_first, second) = told(world.other_officer, other)
    assert second.user is None and second.agency is None
    with acting_as(world.other_officer):
        assert not for_case(one, world.other_officer)
    for key in ("source", "case", "report", "turning_point"):
        assert key not in second.payload


@pytest.mark.parametrize("kind", ["counter_complaint", "same_person"])
def test_other_links_do_not_count(world, kind):
    one, other = make_report(world.officer).case, make_report(world.other_officer, victim_family_name="Autre").case
    report_again(world.officer, one)
    link(world, one, other, kind)
    assert told(world.officer, one) == [] == told(world.other_officer, other)


def test_a_link_that_ended_counts_no_more(world):
    one, other = make_report(world.officer).case, make_report(world.other_officer, victim_family_name="Autre").case
    made = link(world, one, other)
    with acting_as(world.prosecutor):
        links.end_link(by=world.prosecutor, case=one, link_id=made.pk)
    report_again(world.officer, one)
    assert told(world.officer, one) == []


def test_the_line_is_for_who_receives_the_level_and_not_his_side(world):
    case = make_report(world.officer).case
    bring_in(world.officer, case, world.programme, ["level:case", "identity:perpetrator"], side="perpetrator")
    for _number in range(2):
        report_again(world.officer, case)
    for member, shown in ((world.officer, True), (world.eva, False), (world.programme, False)):
        panels = as_(member).get(reverse("cases:summary", args=[case.pk])).context["panels_top"]
        assert any(panel["template"] == "casework/_repeats.html" for panel in panels) == shown


# --- the rules ----------------------------------------------------------------------------------------------------
def rule(by, **changes):
    given = {
        "code": "three-in-twelve-months", "area": [], "events": 2, "months": 6, "since": "today",
        "provenance": "Décision du comité, fictive.",
    }  # fmt: skip
    with acting_as(by):
        return repeat_rules.publish(by=by, **given | changes)


def test_a_new_version_counts_from_the_next_event_on(world):
    case = make_report(world.officer).case
    published = rule(world.platform_admin)
    assert (published.version, published.verified_on) == (2, None) and rule(world.platform_admin) == published
    assert told(world.officer, case) == []
    report_again(world.officer, case)
    (event,) = told(world.officer, case)
    assert event.payload["version"] == 2 and event.payload["months"] == 6


def test_a_rule_of_another_area_does_not_hold(world):
    """Zone A serves 1210 and 1030: the most precise rule is theirs, of Liège it is not."""
    rule(world.platform_admin, code="liege", area=["4"], events=1)
    rule(world.platform_admin, code="schaerbeek", area=["1030"], events=5)
    case = make_report(world.officer).case
    for _number in range(2):
        report_again(world.officer, case)
    assert told(world.officer, case) == []
    theirs = make_report(world.other_officer, victim_family_name="Autre").case
    assert [event.payload["rule"] for event in told(world.other_officer, theirs)] == ["liege"]


def test_what_is_published_never_changes_and_by_one_alone(world):
    with pytest.raises(Refused):
        rule(world.officer)
    for field, wrong in (
        ("code", ""), ("events", 0), ("events", None), ("months", 121), ("since", "x"), ("provenance", " "),
        ("area", ["10a"]),
    ):  # fmt: skip
        with pytest.raises(RuleBroken) as refused:
            rule(world.platform_admin, **{field: wrong})
        assert set(refused.value.errors) == {field}
    with system_context(SystemContext.REFERENCE):
        assert repeat_rules.load_rules() == 0 and RepeatRule.objects.count() == 2


def test_the_page_of_the_rules(world):
    browser, url = as_(world.platform_admin), reverse("administration:repeat_rules")
    page = browser.get(url).content.decode()
    assert "three-in-twelve-months" in page and "again-after-consultation" in page
    typed = {"code": "three-in-twelve-months", "events": "4", "months": "12", "since": "today", "area": "1030, 12"}
    refused = browser.post(url, typed)
    assert refused.status_code == 422 and set(refused.context["form"].errors) == {"provenance"}
    assert browser.post(url, typed | {"provenance": "Décision."}).status_code == 302
    latest = RepeatRule.objects.get(code="three-in-twelve-months", version=2)
    assert latest.area == ["1030", "12"] and latest.events == 4
