"""Rules of repetition: which holds where, what they count, and that one more event never undoes them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskassessment.repeats import Rule, in_force, met, months_later

TODAY = date(2026, 11, 22)
THREE = Rule("three-in-twelve-months", 1, (), 3, 12, "today")
AGAIN = Rule("again-after-consultation", 1, (), 1, 12, "consultation")


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def codes(found) -> list[str]:
    return [each.rule.code for each in found]


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], []),
        ([ago(1), ago(2)], []),
        ([ago(1), ago(2), ago(3)], ["three-in-twelve-months"]),
        ([ago(1), ago(1), ago(1)], ["three-in-twelve-months"]),
        ([ago(1), ago(2), date(2025, 11, 22)], ["three-in-twelve-months"]),
        ([ago(1), ago(2), date(2025, 11, 21)], []),
        ([ago(1), ago(2), TODAY + timedelta(days=1)], []),
    ],
)
def test_three_events_in_twelve_months(events, told):
    assert codes(met([THREE], events=events, today=TODAY)) == told


@pytest.mark.parametrize(
    ("event", "consultations", "told"),
    [
        (ago(1), [], False),
        (ago(1), [ago(30)], True),
        (ago(30), [ago(30)], False),
        (ago(40), [ago(30)], False),
        (ago(40), [ago(50), ago(30)], False),
        (months_later(ago(400), 12), [ago(400)], True),
        (months_later(ago(400), 12) + timedelta(days=1), [ago(400)], False),
        (ago(1), [TODAY + timedelta(days=1)], False),
    ],
)
def test_again_within_twelve_months_of_the_last_consultation(event, consultations, told):
    assert bool(met([AGAIN], events=[event], consultations=consultations, today=TODAY)) == told


def test_the_most_precise_area_holds_in_its_latest_version():
    brussels = Rule("brussels", 1, ("1",), 2, 12, "today")
    schaerbeek = Rule("schaerbeek", 1, ("1030", "1210"), 4, 12, "today")
    newer = Rule("schaerbeek", 2, ("1030",), 5, 12, "today")
    rules = [newer, THREE, AGAIN, brussels, schaerbeek]
    assert set(in_force(rules, ["1030"])) == {newer, AGAIN}
    assert set(in_force(rules, ["1210"])) == {brussels, AGAIN}, "the newer version names another area"
    assert set(in_force(rules, ["4000"])) == {THREE, AGAIN} == set(in_force(rules))
    assert met(rules, events=[ago(1)] * 4, area=["1030"], today=TODAY) == []
    assert codes(met(rules, events=[ago(1)] * 2, area=["1210"], today=TODAY)) == ["brussels"]


def test_months_end_where_the_month_does():
    assert months_later(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_later(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert months_later(date(2, 1, 1), -60) == date.min and months_later(date(9999, 6, 1), 12) == date.max


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
rules = st.lists(
    st.builds(
        Rule,
        code=st.sampled_from(["one", "two", "three"]),
        version=st.integers(1, 3),
        area=st.lists(st.sampled_from(["1", "10", "1030", "4"]), max_size=2).map(tuple),
        events=st.integers(1, 4),
        months=st.integers(1, 36),
        since=st.sampled_from(["today", "consultation"]),
    ),
    max_size=6,
    unique_by=lambda rule: (rule.code, rule.version),
)


@given(rules=rules, events=st.lists(days, max_size=8), more=days, consultations=st.lists(days, max_size=3), today=days)
def test_one_more_event_never_undoes_a_rule(rules, events, more, consultations, today):
    asked = {"consultations": consultations, "area": ["1030"], "today": today}
    before = {each.rule: each.count for each in met(rules, events=events, **asked)}
    after = {each.rule: each.count for each in met(rules, events=[*events, more], **asked)}
    assert all(after[rule] >= count for rule, count in before.items())
