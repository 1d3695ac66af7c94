"""What changed between two versions, and a definition changed part by part. Pure."""

import copy
import json

import pytest

from riskassessment import drafting, grid_diff
from riskassessment.definition import REFERENCE_DIR, load, to_raw
from riskassessment.problems import InvalidGrid

SHIPPED = sorted(path.stem for path in REFERENCE_DIR.glob("*.json"))


def shipped(slug: str) -> dict:
    return to_raw(load(json.loads((REFERENCE_DIR / f"{slug}.json").read_text())))


def question(name: str, **more) -> dict:
    return {"type": "yes_no", "id": name, "section": "a", "text": {"fr": name.title()}, "weight": 1} | more


def grid(*items: dict, **more) -> dict:
    return {"slug": "g", "version": 1, "sections": [{"id": "a", "title": {"fr": "A"}}], "items": list(items)} | more


# --- what changed -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("slug", SHIPPED)
def test_a_grid_does_not_differ_from_itself(slug):
    found = grid_diff.compare(shipped(slug), copy.deepcopy(shipped(slug)) | {"version": 99})
    assert not found and not found.counts_change


def test_items_added_removed_and_changed_field_by_field():
    before = grid(question("one"), question("two"), question("three"))
    after = grid(
        question("one", weight=3, text={"fr": "Une", "nl": "Een"}), question("three"), question("four", critical=True)
    )
    found = grid_diff.compare(before, after)
    assert [entry.id for entry in found.added] == ["four"]
    assert [entry.id for entry in found.removed] == ["two"]
    (changed,) = found.changed
    assert changed.entry == grid_diff.Entry("one", "yes_no", "Une") and not changed.moved
    assert set(changed.changes) == {
        grid_diff.Change(("text", "fr"), "One", "Une"),
        grid_diff.Change(("text", "nl"), None, "Een"),
        grid_diff.Change(("weight",), 1, 3),
    }
    assert {change.language for change in changed.changes} == {"fr", "nl", ""}
    assert found.counts_change


def test_options_are_compared_by_their_ids():
    options = [{"id": "a", "text": {"fr": "A"}, "weight": 1}, {"id": "b", "text": {"fr": "B"}}]
    before = grid(question("one", type="single", options=options))
    after = grid(question("one", type="single", options=[options[1], options[0] | {"weight": 2}]))
    (changed,) = grid_diff.compare(before, after).changed
    assert changed.changes == (grid_diff.Change(("options", "a", "weight"), 1, 2),)
    turned = grid(question("one", type="single", options=options[::-1]))
    (changed,) = grid_diff.compare(before, turned).changed
    assert changed.changes == (grid_diff.Change(("options", "order"), "a, b", "b, a"),)


def test_what_moved_is_told_once():
    names = ["one", "two", "three", "four"]
    before = grid(*map(question, names))
    after = grid(*map(question, ["two", "three", "four", "one"]))
    found = grid_diff.compare(before, after)
    assert [(one.entry.id, one.moved, one.changes) for one in found.changed] == [("one", True, ())]
    assert not found.counts_change


def test_a_question_that_goes_into_a_group_is_the_same_question():
    group = {"type": "group", "id": "g", "section": "a", "text": {"fr": "G"}}
    member = {key: value for key, value in question("one").items() if key != "section"}
    found = grid_diff.compare(
        grid(question("one"), group | {"items": [question("two")]}), grid(group | {"items": [question("two"), member]})
    )
    assert not found.added and not found.removed
    (changed,) = [one for one in found.changed if one.entry.id == "one"]
    assert grid_diff.Change(("group",), None, "g") in changed.changes


def test_scoring_head_and_sections_are_apart():
    scoring = {"thresholds": [{"level": "low", "min_score": 0}, {"level": "high", "min_score": 3}]}
    before = grid(question("one"), scoring=scoring, title={"fr": "T"}, agency_kinds=["police"])
    higher = {"thresholds": [scoring["thresholds"][0], {"level": "high", "min_score": 5}]}
    after = grid(
        question("one"), scoring=higher, title={"fr": "Titre"}, agency_kinds=["police", "eva_cell"],
        sections=[{"id": "a", "title": {"fr": "Un"}}, {"id": "b", "title": {"fr": "B"}}],
    )  # fmt: skip
    found = grid_diff.compare(before, after)
    assert found.scoring == (grid_diff.Change(("scoring", "thresholds", "high", "min_score"), 3, 5),)
    assert set(found.head) == {
        grid_diff.Change(("title", "fr"), "T", "Titre"),
        grid_diff.Change(("agency_kinds", "eva_cell"), None, True),
    }
    assert [entry.id for entry in found.sections_added] == ["b"]
    assert found.sections[0].changes == (grid_diff.Change(("title", "fr"), "A", "Un"),)
    assert not found.changed and found.counts_change


def test_words_alone_do_not_change_what_counts():
    found = grid_diff.compare(grid(question("one")), grid(question("one", text={"fr": "Autrement"})))
    assert found and not found.counts_change


@pytest.mark.parametrize("raw", [{}, {"items": 5}, {"items": [5, {"id": []}], "title": "x"}, {"scoring": [1, "a"]}])
def test_a_draft_that_is_no_grid_is_compared_too(raw):
    assert grid_diff.compare(grid(question("one")), raw)
    assert grid_diff.compare(raw, grid(question("one")))
    assert not grid_diff.compare(raw, copy.deepcopy(raw))


# --- changed part by part ---------------------------------------------------------------------------------
def test_nothing_given_is_changed():
    raw = shipped("criticality-demonstration")
    kept = copy.deepcopy(raw)
    first = raw["items"][0]["id"]
    drafting.moved(raw, first, 1)
    drafting.without_item(raw, first)
    drafting.with_item(raw, question("new", section=raw["sections"][0]["id"]))
    drafting.renamed(raw, "section", {raw["sections"][0]["id"]: "other"})
    drafting.item_renamed(raw, first, "other")
    assert raw == kept


@pytest.mark.parametrize("slug", SHIPPED)
def test_moving_down_and_up_again_changes_nothing(slug):
    raw = shipped(slug)
    for item, _group in drafting.written(raw):
        down = drafting.moved(raw, item["id"], 1)
        assert down == raw or drafting.moved(down, item["id"], -1) == raw, item["id"]


def test_an_item_moves_within_its_section_and_goes_after_the_last_of_it():
    raw = grid(question("one"), question("two", section="b"), question("three"))
    order = [item["id"] for item in drafting.moved(raw, "three", -1)["items"]]
    assert order == ["three", "two", "one"]
    order = [item["id"] for item in drafting.with_item(raw, question("new", section="b"))["items"]]
    assert order == ["one", "two", "new", "three"]
    with pytest.raises(KeyError):
        drafting.moved(raw, "none", 1)
    with pytest.raises(KeyError):
        drafting.with_item(raw, question("x"), item_id="none")


def test_names_follow_where_they_are_used():
    raw = grid(question("one"), question("two", visible_if={"op": "all", "of": [{"op": "is", "item": "one"}]}))
    assert drafting.item_renamed(raw, "one", "un")["items"][1]["visible_if"]["of"][0]["item"] == "un"
    swapped = drafting.renamed(grid(question("one"), question("two", section="b")), "section", {"a": "b", "b": "a"})
    assert [item["section"] for item in swapped["items"]] == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Menaces de mort ?", "menaces_de_mort"),
        ("À l’école, 3 fois", "a_l_ecole_3_fois"),
        ("112 ?", "question"),
        ("unknown", "question"),
        ("", "question"),
        ("日本", "question"),
    ],
)
def test_a_short_name_is_made_of_words(text, made):
    assert drafting.made_of(text, ()) == made
    assert drafting.is_id(made)
    assert drafting.made_of(text, {made}) == f"{made}_2"


@pytest.mark.parametrize("raw", [{"a": "\x00"}, {1: 2}, {"a": float("inf")}, [], "x", {"a": b"x"}, {"a": 2**70}])
def test_only_plain_data_is_kept(raw):
    with pytest.raises(InvalidGrid):
        drafting.plain(raw)


def test_conditions_as_a_list():
    leaf = {"op": "is", "item": "one", "values": ["yes"]}
    other = {"op": "from", "item": "two", "value": 3}
    leaves = ("is", "from")
    assert drafting.simple(leaf, leaves) == ("all", [leaf])
    assert drafting.simple({"op": "any", "of": [leaf, other]}, leaves) == ("any", [leaf, other])
    for more in (
        {"op": "not", "of": leaf},
        {"op": "all", "of": [{"op": "any", "of": [leaf]}]},
        None,
        [],
        {"op": "all"},
    ):
        assert drafting.simple(more, leaves) is None
    assert drafting.joined("any", [leaf, other]) == {"op": "any", "of": [leaf, other]}
    assert drafting.joined("all", [leaf]) == leaf and drafting.joined("all", []) is None
    assert drafting.told({"op": "not", "of": {"op": "some", "count": 2, "of": [leaf, other]}}) == (
        "not (some 2 (one = yes, two ≥ 3))"
    )
