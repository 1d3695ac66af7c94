"""What a signed assessment says of itself: why its level, each type of answer, by the version it was answered under."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from django.utils import translation

from riskassessment.answers import check_answers
from riskassessment.definition import load
from riskassessment.reasons import reasons
from riskassessment.result import result
from riskassessment.scoring import score

from .every_type import raw, words


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def answered(grid, **given):
    """The grid answered as if it were signed; what is not given was not asked."""
    answers, errors = check_answers(grid, given)
    assert not errors
    outcome = score(grid, answers)
    return SimpleNamespace(
        answers={item_id: answer.stored() for item_id, answer in answers.items()},
        outcome=asdict(outcome),
        indicative_level=outcome.level or "",
        signed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def why(grid, **given) -> list[tuple[str, str]]:
    return [(one.level, one.words) for one in reasons(grid, answered(grid, **given).outcome, "en")]


def without_criticals(document: dict) -> dict:
    """The same grid where no answer is critical."""
    for item in document["items"]:
        item.pop("critical", None)
        for option in item.get("options", ()):
            option.pop("critical", None)
    return document


def scored(**scoring):
    document = raw(scoring=scoring, coverage={"max_unknown_count": 4})
    return load(document if "critical_rule" in scoring else without_criticals(document))


LOW = {"level": "low", "min_score": 0}


def test_a_sum_says_which_threshold_it_reached_and_low_needs_no_reason():
    grid = scored(thresholds=[LOW, {"level": "moderate", "min_score": 3}])
    assert why(grid, home="leaving") == [("moderate", "3 points, the threshold is 3")]
    assert why(grid, home="apart") == []


def test_critical_answers_say_so_the_most_severe_first():
    grid = scored(thresholds=[LOW], critical_rule={"any_yes": "high", "critical_from": 2})
    assert why(grid, weapon="yes") == [("high", "one critical answer at least")]
    assert why(grid, weapon="yes", which=["gun"]) == [
        ("critical", "2 critical answers or more"),
        ("high", "one critical answer at least"),
    ]


def test_a_count_counts_answers():
    grid = scored(method="count", thresholds=[LOW, {"level": "high", "min_score": 2}])
    assert why(grid, home="apart", times=3) == [("high", "2 answers that count, the threshold is 2")]


def test_rules_are_said_in_the_words_of_the_questions():
    rule = {
        "op": "all",
        "of": [
            {"op": "points", "item": "home", "from": 3},
            {"op": "any", "of": [{"op": "criticals", "from": 1}, {"op": "score", "from": 9}]},
        ],
    }
    grid = scored(
        method="critical_rules", rules=[{"level": "critical", "when": rule}], critical_rule={"any_yes": "moderate"}
    )
    forced = ("moderate", "one critical answer at least")
    said = "“Vivent-ils ensemble ? (en)” weighs 3 or more and 1 critical answer or more or 9 points or more"
    assert why(grid, weapon="yes", home="leaving") == [("critical", said), forced]
    assert why(grid, weapon="yes", home="apart") == [forced]


def test_dimensions_and_what_several_of_them_give():
    document = raw(
        dimensions=[{"id": "acts", "title": words("Actes")}, {"id": "fears", "title": words("Craintes")}],
        scoring={
            "method": "dimensions",
            "dimensions": [
                {"dimension": "acts", "thresholds": [LOW, {"level": "moderate", "min_score": 3}]},
                {"dimension": "fears", "thresholds": [LOW, {"level": "moderate", "min_score": 2}]},
            ],
            "combine": {"level": "high", "count": 2, "at": "moderate"},
        },
        coverage={"max_unknown_count": 4},
    )
    for item in without_criticals(document)["items"]:
        if item["id"] in ("weapon", "which", "home"):
            item["dimension"] = "acts"
        elif item["id"] in ("fear", "times"):
            item["dimension"] = "fears"
    grid = load(document)
    assessment = answered(grid, weapon="yes", fear=3)
    assert assessment.indicative_level == "high"
    assert why(grid, weapon="yes", fear=3) == [("high", "2 dimensions at this level or above: moderate")]
    shown = result(grid, assessment, "en")["dimensions"]
    assert [(one["title"], one["score"], one["level"]) for one in shown] == [
        ("Actes (en)", 3, "moderate"),
        ("Craintes (en)", 2, "moderate"),
    ]
    assert not result(grid, assessment, "en")["adds_up"], "no sum over dimensions is shown: it gives no level"


def test_judgement_and_insufficient_information_are_no_level():
    judged = load(raw(scoring={"method": "judgement"}, coverage=None))
    shown = result(judged, answered(judged, weapon="yes"), "en")
    assert (shown["judgement"], shown["insufficient"], shown["reasons"], shown["adds_up"]) == (True, False, [], False)
    grid = load(raw())
    shown = result(grid, answered(grid, home="apart"), "en")
    assert (shown["judgement"], shown["insufficient"], shown["incomplete"]) == (False, True, True)


def test_each_type_is_said_with_what_it_counts_for():
    grid = load(raw())
    assessment = answered(
        grid, weapon="yes", which=["gun", "knife"], home="together", fear=4, times=3,
        last_seen={"value": "2026-01-05", "source": "child", "on": "2026-01-06", "comment": "Vu à la grille."},
        own_words="Je dors\nchez ma mère.",
    )  # fmt: skip
    shown = result(grid, assessment, "fr")
    lines = {row["id"]: row for section in shown["sections"] for row in section["rows"] if "id" in row}
    assert [option["text"] for option in lines["which"]["options"]] == ["Une arme à feu", "Un couteau"]
    assert (lines["which"]["weight"], lines["which"]["alarming"]) == (6, True)
    assert lines["home"]["answer"] == "Oui, sous le même toit" and lines["home"]["options"] == []
    assert (lines["fear"]["band"], lines["fear"]["weight"]) == (3, 2)
    assert lines["times"]["answer"] == "3 fois" and lines["times"]["band"] == 3
    seen = lines["last_seen"]
    assert (seen["date"], seen["on"], seen["comment"]) == (date(2026, 1, 5), date(2026, 1, 6), "Vu à la grille.")
    assert seen["source"] and lines["own_words"]["long"]
    assert lines["close"]["not_applicable"] and shown["not_applicable"] == 1
    headings = [row["heading"] for section in shown["sections"] for row in section["rows"] if "heading" in row]
    assert headings == ["Autour d’elle"]
    assert [line["id"] for line in shown["drivers"]] == ["which", "weapon", "fear", "times"]


def test_what_was_frozen_before_there_were_dimensions_still_reads():
    grid = load(raw())
    assessment = answered(grid, weapon="yes")
    for late in ("dimensions", "method", "not_applicable"):
        del assessment.outcome[late]
    shown = result(grid, assessment, "en")
    assert shown["dimensions"] == [] and shown["not_applicable"] == 0 and shown["reasons"]
