"""What holds for every grid and every set of answers, whatever the item types and the method.

Severity here is the rank of the level, "insufficient" standing with "low": too little information is no level of its
own, it only says that "low" may not be said.
"""

import json

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from riskassessment.answers import Answer, check_answers, known
from riskassessment.definition import content_hash, load, load_text, to_raw
from riskassessment.scoring import is_critical, points, ready_to_sign, score, visible
from tests.riskassessment.drawn_grids import answers_to, filled, gates, grids, harmless, raw_grids, values, without

SEVERITY = {"insufficient": 0, "low": 0, "moderate": 1, "high": 2, "critical": 3}


def severity(outcome) -> int:
    return SEVERITY.get(outcome.level, 0)


# --- risk only raises ---


@given(filled(), st.data())
def test_a_riskier_answer_never_lowers_the_severity_nor_hides_another_risk(case, data):
    """For every answer replaced by one that weighs as much or more and is critical wherever the first was.

    The severity, the score and the score of every dimension stay or rise, and every other answer that drove the
    outcome still drives it, also where the new answer changes which questions are shown. Which questions are shown may
    change whether enough is known: only between "low" and "insufficient", below every other level.
    """
    grid, answers = case
    item = data.draw(st.sampled_from(grid.questions))
    riskier = Answer(data.draw(values(item)))
    given_before = answers.get(item.id)
    assume(points(item, riskier) >= points(item, given_before))
    assume(is_critical(item, riskier) >= is_critical(item, given_before))
    before, after = score(grid, answers), score(grid, answers | {item.id: riskier})
    assert severity(after) >= severity(before)
    assert after.score >= before.score
    for one, other in zip(before.dimensions, after.dimensions, strict=True):
        assert other.score >= one.score
    others = {driver for driver in before.drivers if driver.item_id != item.id}
    assert others <= set(after.drivers)
    assert (before.level in SEVERITY) == (after.level in SEVERITY)


@given(filled(conditional=False), st.data())
def test_where_every_question_is_shown_a_risk_told_never_leads_from_low_to_insufficient(case, data):
    """For every answer that counts and replaces another or none, in grids without conditions."""
    grid, answers = case
    item = data.draw(st.sampled_from(grid.scored_questions))
    told = Answer(data.draw(values(item)))
    assume(known(item, told))
    if score(grid, answers).level == "low":
        assert score(grid, answers | {item.id: told}).level != "insufficient"


@given(filled())
def test_scores_are_bounded_and_explained(case):
    outcome = score(*case)
    assert 0 <= outcome.score <= outcome.max_score
    assert all(0 <= one.score <= one.max_score for one in outcome.dimensions)
    if outcome.method in ("weighted_sum", "dimensions"):
        assert outcome.score == sum(driver.weight for driver in outcome.drivers)
        assert outcome.score == sum(one.score for one in outcome.dimensions)
    elif outcome.method == "count":
        assert outcome.score == sum(driver.weight > 0 for driver in outcome.drivers)
    else:
        assert outcome.max_score == 0
    assert outcome.coverage.known + len(outcome.unanswered) == outcome.coverage.scored
    assert set(outcome.unanswered_critical) <= set(outcome.unanswered)


# --- unknown is not no ---


@given(filled(), st.data())
def test_unknown_in_the_place_of_a_harmless_answer_changes_no_severity_and_knows_less(case, data):
    """A harmless answer ("no", an option or a value that weighs nothing) replaced by "unknown".

    In every grid: the severity, the score and what drove it stay the same, so that unknown is never worth a risk
    either. Where no condition looks at the question: one answer fewer is known, the question is listed as unanswered,
    and the level is the same or "insufficient" instead of "low", never the other way.
    """
    grid, answers = case
    item = data.draw(st.sampled_from([item for item in grid.scored_questions if harmless(item)]))
    said = data.draw(st.sampled_from(harmless(item)))
    no, unknown = (score(grid, answers | {item.id: one}) for one in (said, Answer("unknown")))
    assert (severity(no), no.score, no.drivers) == (severity(unknown), unknown.score, unknown.drivers)
    assert item.id in unknown.unanswered
    assert item.id not in no.unanswered
    if item.id not in gates(grid):
        assert unknown.coverage.known == no.coverage.known - 1
        assert unknown.coverage.scored == no.coverage.scored
        assert unknown.level == no.level or (no.level, unknown.level) == ("low", "insufficient")


@given(filled(), st.data())
def test_unknown_says_what_no_answer_says(case, data):
    """The same outcome, for a question that is always shown and decides nothing."""
    grid, answers = case
    free = {one.item.id for one in grid.written() if one.item.visible_if is None and one.group is None} - gates(grid)
    asked = [item for item in grid.scored_questions if item.id in free]
    assume(asked)
    item = data.draw(st.sampled_from(asked))
    missing = score(grid, without(answers, item.id))
    assert score(grid, answers | {item.id: Answer("unknown")}) == missing
    assert score(grid, answers | {item.id: Answer("not_asked")}) == missing


@given(grids())
def test_nothing_known_is_never_low(grid):
    expected = "judgement" if grid.judges else "insufficient"
    assert score(grid, {}).level == expected
    assert score(grid, {item.id: Answer("unknown") for item in grid.scored_questions}).level == expected


@given(filled())
def test_low_is_only_said_where_enough_is_known(case):
    outcome = score(*case)
    assert outcome.level != "low" or outcome.coverage.met
    assert outcome.level != "low" or outcome.coverage.known
    assert outcome.incomplete is not outcome.coverage.met


@given(filled())
def test_every_method_gives_what_it_says(case):
    outcome = score(*case)
    assert (outcome.level == "judgement") == (outcome.method == "judgement")
    assert outcome.level is not None
    assert (outcome.method == "dimensions") == any(one.level for one in outcome.dimensions)


# --- protection is told apart ---


@given(filled(), st.sampled_from(["yes", "no", "unknown", "not_asked"]))
def test_protective_answers_change_nothing_of_the_risk(case, value):
    grid, answers = case
    protective = [item.id for item in grid.questions if item.protective]
    bare = score(grid, without(answers, *protective))
    told = score(grid, answers | dict.fromkeys(protective, Answer(value)))
    for name in ("level", "score", "drivers", "unanswered", "unanswered_critical", "coverage", "dimensions"):
        assert getattr(bare, name) == getattr(told, name)
    assert told.protective == (tuple(protective) if value == "yes" else ())


# --- what is shown ---


@given(filled())
def test_what_is_answered_is_shown_and_what_is_not_applicable_is_not_missing(case):
    grid, answers = case
    shown, outcome = visible(grid, answers), score(grid, answers)
    told = {item_id for item_id, answer in answers.items() if answer.value != "not_asked"}
    assert told <= shown
    assert set(outcome.not_applicable) == set(grid.by_id) - shown
    assert not set(outcome.not_applicable) & {*outcome.unanswered, *ready_to_sign(grid, answers)}
    for one in grid.written():
        assert one.group is None or one.item.id not in shown or one.group.id in shown or one.item.type == "info"


# --- storing ---


@given(raw_grids())
def test_every_definition_survives_being_stored_and_typed_in_another_way(raw):
    grid = load(raw)
    stored = json.dumps(to_raw(grid))
    for again in (
        load(to_raw(grid)),
        load(json.loads(stored), published=True),
        load_text(stored),
        load_text(yaml.safe_dump(raw, allow_unicode=True)),
        load(dict(reversed(raw.items()))),
    ):
        assert again == grid
        assert content_hash(again) == content_hash(grid)


@given(filled())
def test_every_answer_survives_being_checked_and_stored(case):
    grid, answers = case
    raw = {item_id: answer.stored() for item_id, answer in answers.items()}
    assert check_answers(grid, json.loads(json.dumps(raw))) == (answers, {})
    assert {item_id: Answer(**stored) for item_id, stored in json.loads(json.dumps(raw)).items()} == answers


@settings(max_examples=15)
@given(filled(), st.lists(grids(), min_size=10, max_size=10), st.data())
def test_an_assessment_reads_the_same_after_ten_new_versions(case, later, data):
    """What was answered, read again under the definition it was stored with, whatever was published since."""
    grid, answers = case
    first = score(grid, answers)
    frozen = json.dumps(to_raw(grid)), json.dumps({item_id: one.stored() for item_id, one in answers.items()})
    for number, version in enumerate(later, start=2):
        newer = load(to_raw(version) | {"slug": grid.slug, "version": number})
        score(newer, data.draw(answers_to(newer)))
        again = load(json.loads(frozen[0]), published=True)
        assert score(again, {key: Answer(**one) for key, one in json.loads(frozen[1]).items()}) == first
        assert content_hash(again) == content_hash(grid)
