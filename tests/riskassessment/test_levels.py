from datetime import UTC, datetime

import pytest

from riskassessment.levels import Effective, Standing, brings_down, effective, lowers, standing

DAY = [datetime(2026, 3, day, tzinfo=UTC) for day in range(1, 10)]


@pytest.mark.parametrize(
    ("indicative", "retained", "countersigned", "expected"),
    [
        ("high", "", False, Effective("high", True)),
        ("insufficient", "", False, Effective("", True)),
        ("high", "high", False, Effective("high", False)),
        ("high", "critical", False, Effective("critical", False)),
        ("high", "moderate", False, Effective("high", True)),
        ("high", "moderate", True, Effective("moderate", False)),
        ("insufficient", "low", False, Effective("low", False)),
    ],
)
def test_effective_level(indicative, retained, countersigned, expected):
    assert effective(indicative=indicative, retained=retained, countersigned=countersigned) == expected


def test_only_below_the_indicative_level_lowers():
    assert lowers("high", "low") and not lowers("high", "high") and not lowers("low", "critical")
    assert not lowers("insufficient", "low"), "there is no level to lower"


@pytest.mark.parametrize("indicative", ["insufficient", "judgement"])
def test_where_no_level_is_indicated_below_what_it_stood_at_needs_a_second_signature(indicative):
    assert brings_down(indicative, "low", stood="critical") and not brings_down(indicative, "high", stood="high")
    assert not brings_down(indicative, "low", stood="") and not brings_down("low", "low", stood="critical")
    assert effective(indicative=indicative, retained="low", lowered=True) == Effective("", True)
    assert effective(indicative=indicative, retained="low", lowered=True, countersigned=True) == Effective("low", False)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], Standing()),
        ([(DAY[0], Effective("", True))], Standing()),
        ([(DAY[0], Effective("low", True))], Standing("low", True, DAY[0])),
        # a provisional level raises, it does not lower
        ([(DAY[0], Effective("high", False)), (DAY[1], Effective("low", True))], Standing("high", False, DAY[0])),
        ([(DAY[0], Effective("high", False)), (DAY[1], Effective("critical", True))],
         Standing("critical", True, DAY[1])),
        ([(DAY[0], Effective("high", True)), (DAY[1], Effective("high", True))], Standing("high", True, DAY[1])),
        ([(DAY[0], Effective("high", False)), (DAY[1], Effective("high", True))], Standing("high", False, DAY[0])),
        # too little known changes nothing
        ([(DAY[0], Effective("high", False)), (DAY[1], Effective("", True))], Standing("high", False, DAY[0])),
        # a later conclusion holds, lower or not; an older one concluded late does not
        ([(DAY[0], Effective("critical", True)), (DAY[1], Effective("low", False))], Standing("low", False, DAY[1])),
        ([(DAY[1], Effective("moderate", False)), (DAY[0], Effective("low", False))],
         Standing("moderate", False, DAY[1])),
    ],
)  # fmt: skip
def test_what_a_case_stands_at(history, expected):
    assert standing(history) == expected
