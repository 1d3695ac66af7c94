"""The indicative level: worked examples counted by hand, and the properties that hold for any grid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskassessment.answers import ANSWER_VALUES, Answer, check_answers
from riskassessment.definition import GridDefinition, load, reference_grids
from riskassessment.rules import CoverageRule
from riskassessment.scoring import Driver, ready_to_sign, score

SHIPPED = {grid.slug: grid for grid in reference_grids()}
COUNTER, POLICE = SHIPPED["counter-checklist"], SHIPPED["police-demonstration"]

# Too little information is no level; it stands below "low" so that saying yes may lead from it to any level.
RANK = {"insufficient": -1, "low": 0, "moderate": 1, "high": 2, "critical": 3}


def answered(grid: GridDefinition, default: str = "no", **given: str) -> dict[str, Answer]:
    return {item.id: Answer(given.get(item.id, default)) for item in grid.questions}


# --- worked examples ---


@pytest.mark.parametrize(
    ("yes", "points", "level"),
    [
        ([], 0, "low"),
        (["separation_recent"], 2, "low"),
        (["antecedents", "substances"], 4, "low"),
        (["separation_recent", "separation_refused"], 5, "moderate"),
        (["escalation", "daily_control", "stalking"], 9, "moderate"),
        (["escalation", "daily_control", "stalking", "sexual_violence"], 12, "moderate"),
        (
            ["separation_recent", "separation_refused", "escalation", "daily_control", "antecedents"],
            13,
            "high",
        ),
        (["strangulation"], 4, "high"),
        (["fear_killed"], 4, "high"),
        (["weapon_access", "separation_recent"], 6, "high"),
        (["strangulation", "death_threats"], 8, "critical"),
        (["children_harmed", "perpetrator_suicidal"], 8, "critical"),
        (
            [
                "separation_recent",
                "separation_refused",
                "escalation",
                "sexual_violence",
                "daily_control",
                "stalking",
                "breached_measure",
                "antecedents",
                "substances",
            ],
            24,
            "critical",
        ),
    ],
)
def test_police_grid_by_hand(yes, points, level):
    outcome = score(POLICE, answered(POLICE, **dict.fromkeys(yes, "yes")))
    assert (outcome.score, outcome.level) == (points, level)
    assert {driver.item_id for driver in outcome.drivers} == set(yes)
    assert outcome.max_score == 54
    assert not outcome.incomplete


def test_a_critical_answer_never_pulls_down_what_the_sum_reached():
    plain = {item.id: "yes" for item in POLICE.scored_questions if not item.critical}
    outcome = score(POLICE, answered(POLICE, strangulation="yes", **plain))
    assert (outcome.score, outcome.level) == (34, "critical")


def test_drivers_come_by_weight_then_critical_then_order_of_the_grid():
    outcome = score(
        POLICE,
        answered(POLICE, antecedents="yes", escalation="yes", fear_killed="yes", separation_recent="yes"),
    )
    assert outcome.drivers == (
        Driver("fear_killed", 4, True, "critical"),
        Driver("escalation", 3, False, "weight"),
        Driver("separation_recent", 2, False, "weight"),
        Driver("antecedents", 2, False, "weight"),
    )


def test_protective_answers_are_listed_apart():
    outcome = score(POLICE, answered(POLICE, escalation="yes", network="yes", safe_housing="yes"))
    assert outcome.protective == ("network", "safe_housing")
    assert outcome.score == 3


def unknown_for(count: int) -> dict[str, str]:
    plain = [item.id for item in POLICE.scored_questions if not item.critical]
    return dict.fromkeys(plain[:count], "unknown")


def test_coverage_is_met_up_to_its_limit_and_not_one_further():
    five = score(POLICE, answered(POLICE, **unknown_for(5)))
    assert (five.level, five.incomplete, five.coverage.known, five.coverage.scored) == ("low", False, 13, 18)
    six = score(POLICE, answered(POLICE, **unknown_for(6)))
    assert (six.level, six.incomplete, six.coverage.met) == ("insufficient", True, False)


def test_both_limits_of_the_coverage_rule_hold():
    by_share = CoverageRule(max_unknown_percent=25)
    assert by_share.met(unknown=1, scored=4)
    assert not by_share.met(unknown=2, scored=7)
    both = CoverageRule(max_unknown_percent=50, max_unknown_count=1)
    assert not both.met(unknown=2, scored=10)
    assert not both.met(unknown=1, scored=1)
    assert both.met(unknown=1, scored=2)


def test_a_level_reached_by_yes_answers_stands_although_much_is_unknown():
    outcome = score(POLICE, {"strangulation": Answer("yes")})
    assert (outcome.level, outcome.incomplete) == ("high", True)
    assert len(outcome.unanswered) == 17


def test_one_yes_below_moderate_stays_insufficient():
    outcome = score(POLICE, {"separation_recent": Answer("yes")})
    assert (outcome.level, outcome.score, outcome.incomplete) == ("insufficient", 2, True)


@pytest.mark.parametrize("value", ["unknown", "not_asked", None])
def test_what_has_neither_yes_nor_no_is_told(value):
    answers = answered(POLICE)
    if value is None:
        del answers["weapon_access"], answers["stalking"], answers["network"]
    else:
        answers |= dict.fromkeys(("weapon_access", "stalking", "network"), Answer(value))
    outcome = score(POLICE, answers)
    assert outcome.unanswered_critical == ("weapon_access",)
    assert outcome.unanswered == ("weapon_access", "stalking")


def test_a_checklist_counts_and_gives_no_level():
    outcome = score(COUNTER, answered(COUNTER, stalking="yes", children="yes"))
    assert (outcome.level, outcome.score, outcome.max_score) == (None, 2, 5)
    assert [driver.item_id for driver in outcome.drivers] == ["children", "stalking"]
    assert not outcome.incomplete
    assert score(COUNTER, {}).level is None
    assert score(COUNTER, {}).incomplete


def test_answers_of_another_grid_are_refused():
    with pytest.raises(ValueError, match="isolation"):
        score(POLICE, {"isolation": Answer("yes")})
    with pytest.raises(ValueError, match="alone"):
        score(COUNTER, {"alone": Answer("yes")})


# --- signing ---


def test_critical_questions_must_have_been_asked():
    assert ready_to_sign(POLICE, {}) == tuple(item.id for item in POLICE.critical_questions)
    answers = answered(POLICE, weapon_access="unknown", death_threats="not_asked")
    assert ready_to_sign(POLICE, answers) == ("death_threats",)
    del answers["fear_killed"]
    assert ready_to_sign(POLICE, answers) == ("death_threats", "fear_killed")


def test_other_questions_do_not_hold_up_the_signature():
    critical_only = {item.id: Answer("unknown") for item in POLICE.critical_questions}
    assert ready_to_sign(POLICE, critical_only) == ()
    assert ready_to_sign(COUNTER, {}) == ()


# --- checking what comes in ---


def test_good_answers_are_cleaned():
    answers, errors = check_answers(
        POLICE,
        {
            "strangulation": "yes",
            "escalation": {"value": "no", "comment": "  first\r\nsecond  "},
            "stalking": {"value": "unknown", "comment": None},
            "network": {"value": "", "comment": ""},
            "substances": {"value": None, "comment": "to ask again"},
            "antecedents": "",
        },
    )
    assert errors == {}
    assert answers == {
        "strangulation": Answer("yes"),
        "escalation": Answer("no", "first\nsecond"),
        "stalking": Answer("unknown"),
        "substances": Answer("not_asked", "to ask again"),
    }


@pytest.mark.parametrize(
    ("item_id", "given_answer", "code"),
    [
        ("no_such_item", "yes", "unknown_item"),
        ("strangulation", "maybe", "bad_value"),
        ("strangulation", "YES", "bad_value"),
        ("strangulation", True, "bad_value"),
        ("strangulation", 0, "bad_value"),
        ("strangulation", ["yes"], "bad_value"),
        ("strangulation", {"value": {"value": "yes"}}, "bad_value"),
        ("strangulation", {"value": "yes", "weight": 0}, "bad_value"),
        ("strangulation", {"value": "yes", "comment": 5}, "bad_comment"),
        ("strangulation", {"value": "yes", "comment": "a\x00b"}, "bad_comment"),
        ("strangulation", {"value": "yes", "comment": "\ud800"}, "bad_comment"),
        ("strangulation", {"value": "yes", "comment": "x" * 2001}, "comment_too_long"),
    ],
)
def test_bad_answers_get_an_error_by_their_field(item_id, given_answer, code):
    answers, errors = check_answers(POLICE, {item_id: given_answer, "escalation": "no"})
    assert {key: error.code for key, error in errors.items()} == {item_id: code}
    assert answers == {"escalation": Answer("no")}


def test_a_text_of_the_grid_takes_no_answer():
    assert check_answers(COUNTER, {"alone": "yes"})[1]["alone"].code == "unknown_item"


def test_a_comment_is_measured_as_the_browser_does():
    comment = "\r\n".join(["x"] * 1000)
    answers, errors = check_answers(POLICE, {"escalation": {"value": "yes", "comment": comment}})
    assert errors == {}
    assert len(answers["escalation"].comment) == 1999


@pytest.mark.parametrize("raw", [None, [], "yes", 3])
def test_what_is_no_set_of_answers_is_refused(raw):
    answers, errors = check_answers(POLICE, raw)
    assert answers == {}
    assert errors[""].code == "not_an_object"


def test_an_echoed_key_can_always_be_sent_back():
    (key,) = check_answers(POLICE, {"\ud800" * 500: "yes"})[1]
    assert len(key.encode()) == 100


# --- properties, on grids nobody wrote by hand ---


def _text(words: str) -> dict[str, str]:
    return {"fr": words, "en": words}


@st.composite
def grids(draw) -> GridDefinition:
    items = []
    for _ in range(draw(st.integers(1, 12))):
        items.append({"weight": draw(st.integers(0, 6)), "critical": draw(st.booleans())})
    items[0]["weight"] = draw(st.integers(1, 6))
    most = sum(item["weight"] for item in items)
    scored = sum(bool(item["weight"] or item["critical"]) for item in items)
    critical = sum(item["critical"] for item in items)
    items += [{"protective": True}] * draw(st.integers(0, 3))
    steps = sorted(draw(st.sets(st.integers(1, most), max_size=min(3, most))))
    levels = sorted(
        draw(st.sets(st.sampled_from(["moderate", "high", "critical"]), min_size=len(steps), max_size=len(steps))),
        key=RANK.__getitem__,
    )
    rule = None
    if critical:
        rule = {"any_yes": draw(st.sampled_from(["moderate", "high", "critical"]))}
        if critical > 1 and draw(st.booleans()):
            rule["critical_from"] = draw(st.integers(2, critical))
    coverage = draw(
        st.one_of(
            st.builds(lambda percent: {"max_unknown_percent": percent}, st.integers(0, 99)),
            st.builds(lambda count: {"max_unknown_count": count}, st.integers(0, scored - 1)),
        )
    )
    return load(
        {
            "slug": "drawn",
            "version": 1,
            "kind": "scored",
            "demonstration": False,
            **{name: _text(name) for name in ("title", "description", "provenance", "licence")},
            "sections": [{"id": "only", "title": _text("Only")}],
            "items": [
                {"type": "yes_no", "id": f"q{number}", "section": "only", "text": _text("Question")} | item
                for number, item in enumerate(items)
            ],
            "scoring": {
                "thresholds": [
                    {"level": "low", "min_score": 0},
                    *({"level": level, "min_score": step} for level, step in zip(levels, steps, strict=True)),
                ],
                "critical_rule": rule,
            },
            "coverage": coverage,
            "reassess_after_hours": {"critical": 72, "high": 168, "moderate": 720, "low": 1440},
        }
    )


@st.composite
def filled(draw) -> tuple[GridDefinition, dict[str, Answer]]:
    grid = draw(st.one_of(grids(), st.just(POLICE)))
    value = st.sampled_from([None, *ANSWER_VALUES])
    given_values = {item.id: draw(value) for item in grid.questions}
    return grid, {item_id: Answer(found) for item_id, found in given_values.items() if found}


@given(filled(), st.data())
def test_a_further_yes_never_lowers_the_level(case, data):
    grid, answers = case
    item = data.draw(st.sampled_from([item for item in grid.questions if not item.protective]))
    before, after = score(grid, answers), score(grid, answers | {item.id: Answer("yes")})
    assert RANK[after.level] >= RANK[before.level]
    assert after.score >= before.score


@given(filled(), st.sampled_from(ANSWER_VALUES))
def test_protective_answers_change_nothing_of_the_risk(case, value):
    grid, answers = case
    protective = {item.id for item in grid.questions if item.protective}
    without = score(grid, {key: answer for key, answer in answers.items() if key not in protective})
    with_all = score(grid, answers | dict.fromkeys(protective, Answer(value)))
    for name in ("level", "score", "max_score", "drivers", "unanswered", "unanswered_critical", "coverage"):
        assert getattr(without, name) == getattr(with_all, name)


@given(filled(), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_is_irrelevant(case, random):
    grid, answers = case
    shuffled = list(answers.items())
    random.shuffle(shuffled)
    assert score(grid, dict(shuffled)) == score(grid, answers)


@given(grids(), st.sampled_from(["unknown", "not_asked"]))
def test_nothing_known_is_never_low(grid, value):
    assert score(grid, answered(grid, value)).level == "insufficient"
    assert score(grid, {}).level == "insufficient"


@given(filled())
def test_low_is_only_said_where_enough_is_known(case):
    outcome = score(*case)
    assert outcome.level != "low" or outcome.coverage.met
    assert outcome.incomplete is not outcome.coverage.met
    assert (outcome.level == "insufficient") <= outcome.incomplete


@given(filled())
def test_the_score_is_bounded_and_explained(case):
    outcome = score(*case)
    assert 0 <= outcome.score <= outcome.max_score
    assert outcome.score == sum(driver.weight for driver in outcome.drivers)
    assert outcome.coverage.known + len(outcome.unanswered) == outcome.coverage.scored


@given(filled(), st.data())
def test_unknown_says_no_more_than_not_asked_and_never_as_much_as_no(case, data):
    grid, answers = case
    item = data.draw(st.sampled_from(grid.scored_questions))
    missing = score(grid, {key: answer for key, answer in answers.items() if key != item.id})
    unknown = score(grid, answers | {item.id: Answer("unknown")})
    no = score(grid, answers | {item.id: Answer("no")})
    assert unknown == missing
    assert item.id in unknown.unanswered
    assert item.id not in no.unanswered
    assert unknown.coverage.known == no.coverage.known - 1
