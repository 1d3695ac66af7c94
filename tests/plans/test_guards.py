"""What stands between a case and its closing, as a table: one fact at a time makes one guard hold it up."""

from dataclasses import replace

import pytest

from plans.guards import MAY_BE_SET_ASIDE, Code, Facts, LightFacts, guards, is_light, lower_in_a_row, missing

READY = Facts(contact="made", told="told", level="moderate", levels=("moderate", "low", "high"))
LOW = LightFacts(reports=1, disputes=1, situations=0, level="low", ever_alarming=False, child_in_danger=False)
QUIET = Facts(contact="made", level="low", levels=("low",))


def held_up(facts: Facts, kind: str = "full", aside: tuple[str, ...] = ()) -> list[str]:
    return [guard.code for guard in missing(facts, kind=kind, set_aside=aside)]


def test_nothing_holds_up_a_case_that_is_ready():
    assert held_up(READY) == []
    assert held_up(READY, "supervised") == []


@pytest.mark.parametrize(
    ("changed", "code", "supervised_too"),
    [
        ({"active_measures": 1}, Code.MEASURES, False),
        ({"open_detentions": 1}, Code.DETENTION, False),
        ({"running_mandates": 1}, Code.MANDATES, False),
        ({"open_parts": 2}, Code.PARTS, False),
        ({"unconfirmed_releases": 1}, Code.RELEASES, True),
        ({"open_dangers": 1}, Code.DANGERS, True),
        ({"monitored": True}, Code.MONITORING, True),
        ({"contact": "open"}, Code.CONTACT, True),
        ({"contact": "", "told": "not_safely"}, Code.CONTACT, True),
        ({"told": ""}, Code.TOLD, True),
        ({"open_offer": True}, Code.LEAD, True),
        ({"level": "high"}, Code.LEVEL, True),
        ({"level": "critical"}, Code.LEVEL, True),
        ({"levels": ("moderate", "high")}, Code.LEVEL, True),
        ({"levels": ("moderate", "critical", "low")}, Code.LEVEL, True),
    ],
)
def test_each_fact_holds_the_closing_up(changed, code, supervised_too):
    facts = replace(READY, **changed)
    assert held_up(facts) == [code]
    assert held_up(facts, "supervised") == ([code] if supervised_too else [])


@pytest.mark.parametrize("code", list(Code))
def test_only_three_guards_may_be_set_aside(code):
    bad = Facts(1, 1, 1, 1, True, "open", "high", ("high",), "", 1, 1, True)
    assert set(held_up(bad)) == set(Code)
    aside = held_up(bad, aside=(code.value,))
    assert (code not in aside) == (code in MAY_BE_SET_ASIDE)
    assert {Code.CONTACT, Code.MANDATES, Code.PARTS} == MAY_BE_SET_ASIDE


def test_what_is_set_aside_is_said_to_be_and_what_is_met_stays_met():
    shown = {
        guard.code: guard.state
        for guard in guards(replace(READY, open_parts=1), kind="full", set_aside=("parts", "contact"))
    }
    assert shown[Code.PARTS] == "set_aside"
    assert shown[Code.CONTACT] == "met"


@pytest.mark.parametrize(
    ("levels", "in_a_row"),
    [
        ((), None),
        (("low", "moderate"), None),
        (("high",), 0),
        (("low", "high"), 1),
        (("low", "moderate", "critical"), 2),
        (("low", "", "moderate", "high"), 2),
        (("", "high"), 0),
        (("low", "high", "low", "low"), 1),
    ],
)
def test_assessments_below_high_are_counted_from_the_latest(levels, in_a_row):
    assert lower_in_a_row(levels) == in_a_row


def test_contact_counts_as_made_where_she_was_told_how_to_come_back():
    assert held_up(replace(READY, contact="")) == []
    assert held_up(replace(READY, contact="refused")) == []


@pytest.mark.parametrize(
    ("light", "facts", "closes"),
    [
        ({}, {}, True),
        ({}, {"contact": "refused"}, True),
        ({}, {"contact": ""}, False),
        ({}, {"contact": "open"}, False),
        ({"reports": 2, "disputes": 2}, {}, False),
        ({"reports": 2}, {}, False),
        ({"disputes": 0}, {}, False),
        ({"situations": 1}, {}, False),
        ({"level": "moderate"}, {}, False),
        ({"level": ""}, {}, False),
        ({"ever_alarming": True}, {}, False),
        ({"child_in_danger": True}, {}, False),
        ({}, {"active_measures": 1}, False),
        ({}, {"open_detentions": 1}, False),
        ({}, {"unconfirmed_releases": 1}, False),
        ({}, {"open_dangers": 1}, False),
        ({}, {"monitored": True}, False),
        ({}, {"running_mandates": 1}, False),
        ({}, {"open_offer": True}, False),
    ],
)
def test_a_light_closing_is_for_a_single_low_dispute_alone(light, facts, closes):
    assert is_light(replace(QUIET, **facts), replace(LOW, **light)) is closes
