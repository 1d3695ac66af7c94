"""What a grid version may say, and how it is refused."""

import copy
import json
import re

import pytest

from riskassessment import definition as grids
from riskassessment.definition import content_hash, load, load_json, to_raw
from riskassessment.forbidden import forbidden_terms
from riskassessment.problems import InvalidGrid


def text(words: str) -> dict[str, str]:
    return {"fr": f"{words} (fr)", "en": words}


def question(item_id: str, **fields) -> dict:
    return {"type": "yes_no", "id": item_id, "section": "facts", "text": text(item_id), "weight": 2} | fields


@pytest.fixture
def raw() -> dict:
    return {
        "slug": "small-grid",
        "version": 1,
        "kind": "scored",
        "title": text("Small grid"),
        "description": text("For the tests"),
        "notice": text("Demonstration only"),
        "provenance": text("Written for the tests"),
        "licence": text("Free"),
        "demonstration": True,
        "agency_kinds": ["police"],
        "sections": [{"id": "facts", "title": text("Facts")}, {"id": "help", "title": text("Protection")}],
        "items": [
            {"type": "info", "id": "welcome", "section": "facts", "text": text("Ask her alone")},
            question("threats", weight=4, critical=True),
            question("escalation"),
            question("alcohol"),
            {
                "type": "yes_no",
                "id": "friend",
                "section": "help",
                "text": text("A friend can help"),
                "protective": True,
            },
        ],
        "scoring": {
            "thresholds": [
                {"level": "low", "min_score": 0},
                {"level": "moderate", "min_score": 2},
                {"level": "high", "min_score": 6},
            ],
            "critical_rule": {"any_yes": "high"},
        },
        "coverage": {"max_unknown_percent": 34},
        "reassess_after_hours": {"critical": 72, "high": 168, "moderate": 720, "low": 1440},
    }


def problems_of(raw: dict) -> dict[str, str]:
    with pytest.raises(InvalidGrid) as refused:
        load(raw)
    return {problem.path: problem.message for problem in refused.value.problems}


def test_a_sound_grid_is_read(raw):
    grid = load(raw)
    assert [item.id for item in grid.questions] == ["threats", "escalation", "alcohol", "friend"]
    assert [item.id for item in grid.critical_questions] == ["threats"]
    assert grid.max_score == 8
    assert [(section.id, len(items)) for section, items in grid.by_section()] == [("facts", 4), ("help", 1)]
    assert grid.reassess_after_hours.hours("high") == 168
    assert grid.question("alcohol").weight == 2
    with pytest.raises(KeyError):
        grid.question("welcome")


def test_questions_follow_the_order_of_the_sections(raw):
    raw["items"].reverse()
    assert [item.id for item in load(raw).questions] == ["alcohol", "escalation", "threats", "friend"]


def test_who_may_use_it(raw):
    assert load(raw).open_to("police")
    assert not load(raw).open_to("shelter")
    raw["agency_kinds"] = []
    assert load(raw).open_to("shelter")


def test_words_fall_back_on_french(raw):
    title = load(raw).title
    assert title.translated("en-gb") == "Small grid"
    assert title.translated("nl") == title.translated("de") == title.translated("") == "Small grid (fr)"
    raw["title"]["nl"] = "Klein rooster"
    assert load(raw).title.translated("nl-be") == "Klein rooster"


def test_a_published_definition_cannot_be_changed(raw):
    grid = load(raw)
    with pytest.raises(ValueError, match="frozen"):
        grid.version = 2


def _put(raw: dict, path: str, value) -> None:
    *parents, last = re.findall(r"[^.\[\]]+", path)
    target = raw
    for part in parents:
        target = target[int(part)] if part.isdigit() else target[part]
    target[int(last) if last.isdigit() else last] = value


@pytest.mark.parametrize(
    ("change", "value", "path", "message"),
    [
        ("items[2].id", "threats", "items[2].id", "already used by another item"),
        ("items[2].id", "welcome", "items[2].id", "already used by another item"),
        ("sections[1].id", "facts", "sections[1].id", "already used by another section"),
        ("items[2].section", "nowhere", "items[2].section", "no section “nowhere” (sections: facts, help)"),
        ("items[4].section", "facts", "sections[1]", "has no item"),
        ("items[4].weight", 1, "items[4].weight", "protective question has no weight"),
        ("items[4].weight", 0, "items[4].weight", "protective question has no weight"),
        ("items[4].critical", True, "items[4].critical", "cannot be critical"),
        ("items[2].weight", None, "items[2].weight", "needs a weight"),
        ("items[2].weight", -1, "items[2].weight", "greater than or equal to 0"),
        ("items[2].weight", "2", "items[2].weight", "valid integer"),
        ("items[2].text.fr", "  ", "items[2].text.fr", "this translation is empty"),
        ("items[2].text.nl", "", "items[2].text.nl", "this translation is empty"),
        ("items[2].text.fr", "a\x00b", "items[2].text.fr", "cannot be stored"),
        ("items[2].text", {}, "items[2].text", "at least one language"),
        ("items[2].type", "matrix", "items[2]", "matrix"),
        ("items[2].colour", "red", "items[2].colour", "Extra inputs"),
        ("items[2].id", "Not a code", "items[2].id", "match pattern"),
        ("title.en", "", "title.en", "this translation is empty"),
        ("notice", None, "notice", "says so in a notice"),
        ("slug", "../etc", "slug", "match pattern"),
        ("version", 0, "version", "greater than or equal to 1"),
        ("agency_kinds", ["police", "police"], "agency_kinds[1]", "already listed"),
        ("scoring.thresholds[1].min_score", 6, "scoring.thresholds[2].min_score", "thresholds increase"),
        ("scoring.thresholds[1].level", "critical", "scoring.thresholds[2].level", "than “critical”"),
        ("scoring.thresholds[0].min_score", 1, "scoring.thresholds[0]", "“low” from 0"),
        ("scoring.thresholds[2].min_score", 9, "scoring.thresholds[2].min_score", "the most is 8"),
        ("scoring.critical_rule", None, "scoring.critical_rule", "say which level they force"),
        ("scoring.critical_rule.any_yes", "low", "scoring.critical_rule.any_yes", "Input should be"),
        ("scoring.critical_rule.critical_from", 2, "scoring.critical_rule.critical_from", "only 1 critical"),
        ("items[1].critical", False, "scoring.critical_rule", "no critical question"),
        ("scoring", None, "scoring", "how a level is reached"),
        ("coverage", None, "coverage", "how much may stay unknown"),
        ("coverage", {}, "coverage", "give max_unknown_percent"),
        ("coverage", {"max_unknown_percent": 100}, "coverage.max_unknown_percent", "less than 100"),
        ("coverage", {"max_unknown_count": 3}, "coverage.max_unknown_count", "below the 3 questions"),
        ("reassess_after_hours", None, "reassess_after_hours", "when to assess again"),
        ("reassess_after_hours.critical", 200, "reassess_after_hours.critical", "later than for “high”"),
    ],
)
def test_a_wrong_grid_is_refused_with_its_path(raw, change, value, path, message):
    _put(raw, change, value)
    problems = problems_of(raw)
    assert path in problems
    assert message in problems[path]


def test_a_draft_may_lack_french_and_is_then_not_ready(raw):
    assert grids.not_ready(load(raw)) == ()
    del raw["items"][2]["text"]["fr"], raw["sections"][1]["title"]["fr"]
    grid = load(raw)
    assert [problem.path for problem in grids.not_ready(grid)] == ["sections[1].title.fr", "items[2].text.fr"]
    assert grid.question("escalation").text.translated("fr") == "escalation"


def test_every_problem_is_told_at_once(raw):
    _put(raw, "items[2].section", "nowhere")
    _put(raw, "items[4].weight", 3)
    _put(raw, "scoring.thresholds[1].min_score", 7)
    assert set(problems_of(raw)) == {"items[2].section", "items[4].weight", "scoring.thresholds[2].min_score"}


def test_a_grid_where_nothing_counts_is_refused(raw):
    for item in raw["items"][1:4]:
        item |= {"weight": 0, "critical": False}
    assert "no question counts" in problems_of(raw)["items"]


def test_a_checklist_has_no_level(raw):
    raw |= {"kind": "checklist", "notice": text("Reminder")}
    problems = problems_of(raw)
    too_heavy = {f"items[{position}].weight" for position in (1, 2, 3)}
    assert set(problems) == too_heavy | {"scoring", "reassess_after_hours"}
    for item in raw["items"][1:4]:
        item["weight"] = 1
    del raw["scoring"], raw["reassess_after_hours"]
    assert load(raw).max_score == 3


@pytest.mark.parametrize("document", ["", "{", "[1]", "null", '"grid"', "[" * 100_000])
def test_what_is_no_grid_document_is_refused(document):
    with pytest.raises(InvalidGrid):
        load_json(document)


def test_a_flood_of_items_is_refused(raw):
    raw["items"] = [question(f"q{number}") for number in range(501)]
    assert "at most 500" in problems_of(raw)["items"]


# --- nobody is scored on where she comes from ---


@pytest.mark.parametrize(
    ("item_id", "fr", "en"),
    [
        ("nationality", "Question", "Question"),
        ("origin", "Question", "Question"),
        ("religion", "Question", "Question"),
        ("residence_status", "Question", "Question"),
        ("q", "L’auteur est-il de nationalité étrangère ?", "Question"),
        ("q", "Quel est son pays d’origine ?", "Question"),
        ("q", "Le couple est-il originaire d’un autre pays ?", "Question"),
        ("q", "La victime est-elle née à l’étranger ?", "Question"),
        ("q", "Son titre de séjour dépend-il de lui ?", "Question"),
        ("q", "Est-elle SANS-PAPIERS ?", "Question"),
        ("q", "Est-ce une famille très croyante ?", "Question"),
        ("q", "Des raisons culturelles sont-elles invoquées ?", "Question"),
        ("q", "Appartenance ethnique", "Question"),
        ("q", "Question", "Is he a migrant?"),
        ("q", "Question", "Is he an asylum seeker?"),
        ("q", "Question", "What is her residence permit?"),
        ("q", "Question", "Are they Muslim?"),
        ("q", "Question", "Is she of foreign origin?"),
    ],
)
def test_origin_religion_and_residence_status_never_count(raw, item_id, fr, en):
    raw["items"][2] |= {"id": item_id, "text": {"fr": fr, "en": en}}
    problems = problems_of(raw)
    assert all(path.startswith("items[2].") and "never a risk" in problems[path] for path in problems)


def test_they_do_not_protect_either_and_dutch_is_read_too(raw):
    raw["items"][4]["text"] = text("Has she the nationality of this country?")
    raw["items"][2]["text"]["nl"] = "Wat is zijn afkomst?"
    assert set(problems_of(raw)) == {"items[4].text.fr", "items[4].text.en", "items[2].text.nl"}


def test_a_section_title_does_not_smuggle_them_in(raw):
    raw["sections"][0]["title"] = text("Religion")
    assert "items[2].section.title.en" in problems_of(raw)


def test_context_that_counts_for_nothing_may_name_them(raw):
    raw["items"][3] |= {"weight": 0, "text": text("Does her residence permit expire soon?")}
    raw["items"][0]["text"] = text("Origin is never a risk factor")
    assert forbidden_terms(load(raw)) == ()


@pytest.mark.parametrize(
    "words",
    [
        "L’auteur présumé menace-t-il d’emmener les enfants à l’étranger ?",
        "A-t-il été à l’origine d’un incendie ?",
        "La victime a-t-elle dû se réfugier chez une amie ?",
        "L’a-t-il étranglée ?",
        "A-t-il interdiction d’approcher la résidence ?",
        "A-t-il confisqué ses papiers d’identité ?",
        "Les faits ont-ils eu lieu dans le séjour ?",
        "Original threats made in traces",
    ],
)
def test_ordinary_words_are_let_through(raw, words):
    raw["items"][2]["text"] = text(words)
    assert load(raw).question("escalation").text.en == words


def test_a_frozen_version_stays_readable_when_the_list_of_terms_grows(raw):
    raw["items"][2]["text"] = text("Nationality")
    assert load(raw, published=True).question("escalation").text.en == "Nationality"


# --- content hash ---


def test_the_hash_is_of_the_content_not_of_the_typing(raw):
    typed_otherwise = json.loads(json.dumps(dict(reversed(raw.items()))))
    typed_otherwise["items"][2] |= {"critical": False, "help": None}
    typed_otherwise["title"]["en"] = "  Small grid "
    assert content_hash(load(raw)) == content_hash(load(typed_otherwise))
    assert re.fullmatch(r"[0-9a-f]{64}", content_hash(load(raw)))


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("version", 2),
        ("items[2].text.fr", "Autre question"),
        ("items[2].weight", 3),
        ("scoring.thresholds[1].min_score", 3),
        ("coverage.max_unknown_percent", 33),
    ],
)
def test_the_hash_changes_with_the_content(raw, change, value):
    changed = copy.deepcopy(raw)
    _put(changed, change, value)
    assert content_hash(load(changed)) != content_hash(load(raw))


def test_the_order_of_questions_is_content(raw):
    changed = copy.deepcopy(raw)
    changed["items"][2], changed["items"][3] = changed["items"][3], changed["items"][2]
    assert content_hash(load(changed)) != content_hash(load(raw))


def test_a_definition_survives_being_stored(raw):
    grid = load(raw)
    assert load(json.loads(json.dumps(to_raw(grid))), published=True) == grid


# --- what ships ---

SHIPPED = grids.reference_grids()


def _words(value) -> list[tuple[str, str]]:
    """Every (language, text) of a raw definition."""
    if isinstance(value, dict):
        found = [(key, words) for key, words in value.items() if key in ("fr", "en", "nl")]
        return found + [pair for inner in value.values() for pair in _words(inner)]
    if isinstance(value, list):
        return [pair for inner in value for pair in _words(inner)]
    return []


def test_what_ships():
    by_slug = {grid.slug: grid for grid in SHIPPED}
    counter, police = by_slug["counter-checklist"], by_slug["police-demonstration"]
    assert counter.kind == "checklist"
    assert len(counter.questions) == 5
    assert set(counter.agency_kinds) == {"police", "eva_cell", "sapv"}
    assert police.kind == "scored"
    assert 16 <= len(police.questions) <= 22
    assert set(police.agency_kinds) == {"police", "prosecutor"}
    assert police.reassess_after_hours.model_dump() == {
        "critical": 72,
        "high": 7 * 24,
        "moderate": 30 * 24,
        "low": 60 * 24,
    }
    assert {"strangulation", "death_threats", "weapon_access", "fear_killed"} <= {
        item.id for item in police.critical_questions
    }


def test_the_police_grid_says_what_it_is_not():
    police = next(grid for grid in SHIPPED if grid.slug == "police-demonstration")
    assert police.demonstration
    assert police.notice.fr == (
        "Grille de démonstration\u00a0: ne reproduit pas la COL 15/2020 ni Evivico\u00a0; non validée."
    )


@pytest.mark.parametrize("grid", SHIPPED, ids=lambda grid: grid.slug)
def test_shipped_texts_claim_no_conformity_and_are_well_set(grid):
    for language, words in _words(to_raw(grid)):
        assert not re.search(r"conform|complian", words, re.IGNORECASE), words
        assert "'" not in words, words
        if language == "fr":
            assert not re.search(r"[^\u00a0«][?!:;»]", words), words
            assert not re.search(r"«[^\u00a0]", words), words
