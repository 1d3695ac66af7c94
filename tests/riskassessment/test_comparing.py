"""Two assessments beside each other: what changed, across versions too, and by factors across grids."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from riskassessment.answers import Answer
from riskassessment.comparing import compare, previous, side_by_side, strongest
from riskassessment.definition import load

WORDS = {"fr": "Mots", "en": "Words", "nl": "Woorden"}


def words(text: str) -> dict:
    return {"fr": text, "en": text, "nl": text}


def question(item_id: str, text: str | None = None, **more) -> dict:
    return {"type": "yes_no", "id": item_id, "section": "one", "text": words(text or f"{item_id} ?")} | more


def grid(*items: dict, **more):
    return load(
        {
            "slug": "of-a-test",
            "version": 1,
            "kind": "scored",
            "title": WORDS,
            "description": WORDS,
            "provenance": WORDS,
            "licence": WORDS,
            "demonstration": False,
            "coverage": {"max_unknown_percent": 40},
            "reassess_after_hours": {"critical": 72, "high": 168, "moderate": 720, "low": 1440},
            "sections": [{"id": "one", "title": WORDS}],
            "items": list(items),
            "scoring": {
                "thresholds": [
                    {"level": "low", "min_score": 0},
                    {"level": "moderate", "min_score": 2},
                ],
                **({"critical_rule": {"any_yes": "high"}} if any(item.get("critical") for item in items) else {}),
            },
        }
        | more
    )


def said(**answers) -> dict[str, Answer]:
    return {item: value if isinstance(value, Answer) else Answer(value) for item, value in answers.items()}


TWO = (question("threats", weight=2, factor="death_threats"), question("weapon", weight=3, critical=True))


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        ("no", "yes", "worse"),
        ("yes", "no", "better"),
        ("unknown", "yes", "newly_known"),
        ("unknown", "no", "newly_known"),
        ("not_asked", "no", "newly_known"),
        (None, "yes", "newly_known"),
        ("yes", "unknown", "no_longer_known"),
        ("no", "not_asked", "no_longer_known"),
        ("yes", None, "no_longer_known"),
        ("yes", "yes", "same"),
        ("no", "no", "same"),
        ("unknown", "unknown", "same"),
        (None, "not_asked", "same"),
        ("not_asked", "unknown", "other"),
    ],
)
def test_a_question_of_risk(was, now, change):
    asked = grid(*TWO)
    before = said(threats=was) if was else {}
    after = said(threats=now) if now else {}
    found = compare(asked, before, asked, after)
    assert [line.before.id for line in found.lines[change]][:1] == ["threats"]
    assert found.changed == (change != "same")


def test_what_got_worse_stands_first_and_critical_first_of_all():
    asked = grid(*TWO, question("third", weight=1))
    found = compare(
        asked, said(threats="no", weapon="no", third="yes"), asked, said(threats="yes", weapon="yes", third="no")
    )
    assert list(found.lines)[:2] == ["worse", "better"]
    assert [line.after.id for line in found.lines["worse"]] == ["weapon", "threats"]
    assert [line.critical for line in found.lines["worse"]] == [True, False]


def test_a_protection_that_is_gone_is_worse_and_context_is_neither():
    asked = grid(*TWO, question("support", protective=True), question("context", weight=0))
    found = compare(asked, said(support="yes", context="no"), asked, said(support="no", context="yes"))
    assert [line.after.id for line in found.lines["worse"]] == ["support"]
    assert [line.after.id for line in found.lines["other"]] == ["context"]
    assert not compare(asked, said(support="no"), asked, said(support="yes")).lines["worse"]


def test_the_other_types():
    choice = {
        "type": "single",
        "id": "often",
        "section": "one",
        "text": words("Souvent ?"),
        "options": [{"id": "never", "text": WORDS}, {"id": "weekly", "text": WORDS, "weight": 4}],
    }
    scale = {
        "type": "scale", "id": "fear", "section": "one", "text": words("Peur ?"), "from": 0, "to": 10,
        "bands": [{"from": 4, "weight": 2}],
    }  # fmt: skip
    several = {
        "type": "multi", "id": "what", "section": "one", "text": words("Quoi ?"),
        "options": [{"id": "a", "text": WORDS, "weight": 1}, {"id": "b", "text": WORDS, "weight": 1}],
    }  # fmt: skip
    day = {"type": "date", "id": "since", "section": "one", "text": words("Depuis ?")}
    asked = grid(choice, scale, several, day)
    found = compare(
        asked,
        said(often="never", fear=3, what=["a"], since="2026-01-02"),
        asked,
        said(often="weekly", fear=2, what=["b"], since="2026-02-03"),
    )
    assert [line.after.id for line in found.lines["worse"]] == ["often"]
    assert [line.after.id for line in found.lines["other"]] == ["fear", "what", "since"]
    found = compare(asked, said(fear=3, what=["a"]), asked, said(fear=9, what=["a", "b"]))
    assert [line.after.id for line in found.lines["worse"]] == ["fear", "what"]


def test_two_versions_of_a_grid():
    old = grid(*TWO, question("gone", weight=1))
    new = grid(
        question("threats", "Des menaces ?", weight=5),
        question("weapon", weight=3, critical=True),
        question("new", weight=0),
    )
    found = compare(old, said(threats="yes", weapon="no", gone="yes"), new, said(threats="yes", weapon="no", new="no"))
    assert found.changed == 0, "the same answer is the same, whatever it weighs now"
    assert [(line.after.id, line.reworded) for line in found.lines["same"]] == [("threats", True), ("weapon", False)]
    assert [(each.question.id, each.answer.value) for each in found.added] == [("new", "no")]
    assert [(each.question.id, each.answer.value) for each in found.removed] == [("gone", "yes")]


def test_a_question_that_changed_its_type_is_only_said_to_differ():
    old = grid(*TWO)
    new = grid({"type": "text", "id": "threats", "section": "one", "text": words("Lesquelles ?")}, TWO[1])
    found = compare(old, said(threats="yes"), new, said(threats="de mort"))
    assert [line.after.id for line in found.lines["other"]] == ["threats"]


def test_a_comment_alone_is_no_change_of_the_answer():
    asked = grid(*TWO)
    found = compare(asked, said(threats="yes"), asked, said(threats=Answer("yes", "Encore hier", "victim")))
    assert found.changed == 0 and [line.commented_anew for line in found.lines["same"]] == [True, False]


# --- factors ------------------------------------------------------------------------------------------------------
def test_the_strongest_answer_of_each_grid_by_factor():
    one = grid(
        question("a", weight=1, factor="weapons"),
        question("b", weight=3, critical=True, factor="weapons"),
        question("c", weight=2, factor="separation"),
        question("d", weight=1, factor="fear"),
    )
    other = grid(
        question("x", weight=1, factor="weapons"),
        question("y", weight=1, factor="separation"),
        question("z", weight=1, factor="isolation"),
    )
    found = side_by_side(one, said(a="yes", b="yes", c="yes", d="unknown"), other, said(x="no", y="yes", z="no"))
    by_factor = {line.factor: line for line in found}
    assert [line.factor for line in found] == ["weapons", "isolation", "separation", "fear"]
    weapons = by_factor["weapons"]
    assert weapons.differs and (weapons.one.weighs, weapons.one.question.id) == ("critical", "b")
    assert [item.id for item, _answer in weapons.one.others] == ["a"]
    assert by_factor["isolation"].only_one and by_factor["isolation"].one.question is None
    assert not by_factor["separation"].differs and not by_factor["separation"].only_one
    fear = by_factor["fear"]
    assert not fear.one.says and fear.one.weighs == "unknown" and not fear.differs and not fear.only_one


def test_unknown_is_never_absent_and_a_protection_says_nothing_of_the_danger():
    asked = grid(
        question("a", weight=1, factor="weapons"),
        question("b", weight=1, factor="weapons"),
        question("s", protective=True, factor="weapons"),
    )
    assert strongest(asked, said(a="no", b="unknown", s="yes"), "weapons").weighs == "absent"
    assert strongest(asked, said(a="unknown", b="not_asked"), "weapons").weighs == "unknown"
    assert strongest(asked, {}, "weapons").weighs == "not_asked"
    assert strongest(asked, {}, "fear").question is None
    neither = side_by_side(asked, said(a="no"), asked, said(a="unknown", b="unknown"))[0]
    assert neither.only_one and not neither.differs


def test_the_one_before_is_of_the_same_grid():
    def row(pk, grid_id, day):
        return SimpleNamespace(pk=UUID(int=pk), signed_at=day, grid_version=SimpleNamespace(grid_id=grid_id))

    rows = [row(4, "police", 9), row(3, "other", 7), row(2, "police", 5), row(1, "police", 1)]
    assert previous(rows) == {UUID(int=4): UUID(int=2), UUID(int=2): UUID(int=1)}
