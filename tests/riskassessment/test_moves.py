"""How the level moved, told again from the same rows: the last move is what the case stands at."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from riskassessment import levels
from riskassessment.levels import Standing
from riskassessment.moves import Signed, disagreeing, moves

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
LEVELS = ("low", "moderate", "high", "critical")
GRIDS = [UUID(int=number) for number in range(1, 4)]


def after(hours: int | None) -> datetime | None:
    return None if hours is None else START + timedelta(hours=hours)


def one(hours, indicative, retained="", concluded=None, countersigned=None, grid=0) -> Signed:
    return Signed(uuid4(), GRIDS[grid], after(hours), indicative, after(concluded), retained, after(countersigned))


@st.composite
def stories(draw):
    """Signed assessments as `standing.story` reads them: the latest first, ties by identifier."""
    told = []
    for _number in range(draw(st.integers(1, 8))):
        signed = draw(st.integers(0, 30))
        concluded = draw(st.none() | st.integers(signed, 40))
        countersigned = None if concluded is None else draw(st.none() | st.integers(concluded, 50))
        told.append(
            one(
                signed,
                draw(st.sampled_from([*LEVELS, "insufficient", "judgement"])),
                "" if concluded is None else draw(st.sampled_from(LEVELS)),
                concluded,
                countersigned,
                draw(st.integers(0, 2)),
            )
        )
    return sorted(told, key=lambda each: (each.signed_at, each.assessment_id), reverse=True)


def stands(story) -> Standing:
    """What `standing.restate` writes on the case."""
    by_grid = {}
    for each in story:
        by_grid.setdefault(each.grid_id, []).append((each.signed_at, each.gives))
    return levels.highest(levels.standing(history) for history in by_grid.values())


@given(stories())
def test_the_last_move_is_what_the_case_stands_at(story):
    told = moves(story)
    assert (told[-1].case.level, told[-1].case.provisional) == (stands(story).level, stands(story).provisional)
    moved = [move for move in told if move.moved]
    last = moved[-1].case if moved else Standing()
    assert (last.level, last.provisional) == (stands(story).level, stands(story).provisional)


@given(stories())
def test_every_act_is_told_once_in_the_order_of_time(story):
    told = moves(story)
    acts = sum(1 + bool(each.concluded_at) + bool(each.concluded_at and each.countersigned_at) for each in story)
    assert len(told) == len({(move.signed.assessment_id, move.act) for move in told}) == acts
    assert [move.at for move in told] == sorted(move.at for move in told)


@given(stories(), st.integers(0, 50))
def test_the_past_is_told_as_it_stood_then(story, hours):
    """What the case stood at on a day does not change by what was signed afterwards."""
    until = after(hours)
    cut = [
        Signed(
            each.assessment_id,
            each.grid_id,
            each.signed_at,
            each.indicative,
            each.concluded_at if each.concluded_at and each.concluded_at <= until else None,
            each.retained if each.concluded_at and each.concluded_at <= until else "",
            each.countersigned_at if each.countersigned_at and each.countersigned_at <= until else None,
        )
        for each in story
        if each.signed_at <= until
    ]
    now = [(move.at, move.act, move.case) for move in moves(story) if move.at <= until]
    assert now == [(move.at, move.act, move.case) for move in moves(cut)]


def test_a_lower_level_comes_in_force_with_the_second_signature():
    story = [one(0, "high", "moderate", concluded=1, countersigned=5)]
    assert [(move.act, move.case.level, move.case.provisional, move.moved) for move in moves(story)] == [
        ("signed", "high", True, True),
        ("concluded", "high", True, False),
        ("countersigned", "moderate", False, True),
    ]


def test_a_grid_that_comes_down_does_not_hide_one_that_stays_high():
    story = [one(9, "low", "low", concluded=10, grid=1), one(0, "high", "high", concluded=1, grid=0)]
    told = moves(story)
    assert told[-1].grid.level == "low" and told[-1].case.level == "high" and not told[-1].moved


def test_two_grids_disagree_when_one_is_high_and_another_low():
    high, low = one(0, "high", "high", concluded=1), one(9_000, "low", "low", concluded=9_001, grid=1)
    moderate = one(2, "moderate", grid=2)
    assert disagreeing([low, high]) == disagreeing([low, moderate, high]) == {high.assessment_id, low.assessment_id}
    assert not disagreeing([high, moderate]) and not disagreeing([low, moderate]) and not disagreeing([])
    again = one(9_100, "high", "moderate", concluded=9_101, countersigned=9_102)
    assert not disagreeing([again, low, high]), "the high grid came down"


def test_levels_disagree():
    low, moderate, high, critical, unknown = (Standing(level) for level in (*LEVELS, ""))
    assert levels.disagree([low, high]) and levels.disagree([critical, moderate, low])
    for agreed in ([low, moderate], [moderate, critical], [high, critical], [low, unknown], [high, unknown], []):
        assert not levels.disagree(agreed)
