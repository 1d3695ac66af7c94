"""Every item type, condition and method, worked out by hand."""

import copy

import pytest

from riskassessment import factors
from riskassessment.answers import Answer, check_answers
from riskassessment.definition import content_hash, json_schema, load, not_ready, to_raw
from riskassessment.forbidden import forbidden_terms
from riskassessment.problems import InvalidGrid
from riskassessment.scoring import DimensionOutcome, Driver, is_critical, points, ready_to_sign, score, visible


def words(text: str) -> dict[str, str]:
    return {"fr": text, "en": text, "nl": text}


def option(option_id: str, weight: int = 0, **fields) -> dict:
    return {"id": option_id, "text": words(option_id), "weight": weight} | fields


def item(kind: str, item_id: str, section: str = "facts", **fields) -> dict:
    place = {"section": section} if section else {}
    return {"type": kind, "id": item_id, "text": words(item_id)} | place | fields


def is_(item_id: str, *values: str) -> dict:
    return {"op": "is", "item": item_id, "values": list(values)}


@pytest.fixture
def raw() -> dict:
    """Sums: weapon 3, contact 4, means 5 (cap), fear 4, episodes 2, stalking 2, child_hurt 3: 23 at most."""
    return {
        "slug": "every-type",
        "version": 1,
        "kind": "scored",
        **{name: words(name) for name in ("title", "description", "provenance", "licence")},
        "demonstration": False,
        "sections": [
            {"id": "facts", "title": words("Facts"), "dimension": "acts"},
            {"id": "children", "title": words("Children"), "dimension": "grip"},
        ],
        "dimensions": [{"id": "acts", "title": words("Acts")}, {"id": "grip", "title": words("Grip")}],
        "items": [
            item("yes_no", "weapon", weight=3, critical=True, topic="weapons", factor="weapons"),
            item("single", "contact", options=[option("none"), option("weekly", 1), option("daily", 4, critical=True)]),
            item(
                "multi",
                "means",
                options=[option("money", 2), option("phone", 2), option("papers", 3), option("no", exclusive=True)],
                most=5,
                dimension="grip",
            ),
            item(
                "scale",
                "fear",
                **{"from": 0, "to": 10, "labels": {"0": words("None"), "10": words("Terror")}},
                bands=[{"from": 4, "weight": 2}, {"from": 8, "weight": 4, "critical": True}],
            ),
            item("number", "episodes", min=0, unit=words("times"), bands=[{"from": 3, "weight": 2}]),
            item("date", "last"),
            item("text", "how"),
            item(
                "group",
                "after",
                visible_if={"op": "any", "of": [is_("weapon", "yes"), {"op": "from", "item": "fear", "value": 5}]},
                items=[
                    item("info", "ask_gently", ""),
                    item("yes_no", "stalking", "", weight=2),
                    item("yes_no", "friend", "", protective=True),
                ],
            ),
            item("yes_no", "has_children", "children", weight=0),
            item("yes_no", "child_hurt", "children", weight=3, critical=True, visible_if=is_("has_children", "yes")),
        ],
        "scoring": {
            "thresholds": [
                {"level": "low", "min_score": 0},
                {"level": "moderate", "min_score": 4},
                {"level": "high", "min_score": 10},
            ],
            "critical_rule": {"any_yes": "high", "critical_from": 2},
        },
        "coverage": {"max_unknown_percent": 25},
        "reassess_after_hours": {"critical": 72, "high": 168, "moderate": 720, "low": 1440},
    }


CALM = {
    "weapon": Answer("no"),
    "contact": Answer("none"),
    "means": Answer(["no"]),
    "fear": Answer(0),
    "episodes": Answer(0),
    "has_children": Answer("no"),
}


def answered(**given) -> dict[str, Answer]:
    return CALM | {item_id: Answer(value) for item_id, value in given.items()}


def problems_of(raw: dict) -> dict[str, str]:
    with pytest.raises(InvalidGrid) as refused:
        load(raw)
    return {problem.path: problem.message for problem in refused.value.problems}


# --- what there is ---


def test_questions_of_a_group_stand_where_the_group_stands(raw):
    grid = load(raw)
    assert [one.id for one in grid.questions] == [
        *("weapon", "contact", "means", "fear", "episodes", "last", "how", "stalking", "friend"),
        *("has_children", "child_hurt"),
    ]
    assert [[one.id for one in items] for _, items in grid.by_section()][0][-1] == "after"
    assert {one.id for one in grid.questions if not one.scored} == {"last", "how", "friend", "has_children"}
    assert [one.id for one in grid.critical_questions] == ["weapon", "contact", "fear", "child_hurt"]
    assert grid.max_score == 23
    assert [(one.path, one.section) for one in grid.written()][8] == ("items[7].items[0]", "facts")
    with pytest.raises(KeyError):
        grid.question("after")


@pytest.mark.parametrize(
    ("item_id", "value", "weight", "critical"),
    [
        ("weapon", "yes", 3, True),
        ("weapon", "no", 0, False),
        ("weapon", "unknown", 0, False),
        ("contact", "weekly", 1, False),
        ("contact", "daily", 4, True),
        ("contact", "not_asked", 0, False),
        ("means", ["money"], 2, False),
        ("means", ["money", "phone"], 4, False),
        ("means", ["money", "phone", "papers"], 5, False),
        ("means", ["no"], 0, False),
        ("means", "unknown", 0, False),
        ("fear", 3, 0, False),
        ("fear", 4, 2, False),
        ("fear", 7, 2, False),
        ("fear", 8, 4, True),
        ("fear", "unknown", 0, False),
        ("episodes", 2, 0, False),
        ("episodes", 900, 2, False),
        ("last", "2026-11-22", 0, False),
        ("how", "yes", 0, False),
        ("friend", "yes", 0, False),
    ],
)
def test_what_an_answer_weighs(raw, item_id, value, weight, critical):
    question = load(raw).question(item_id)
    assert points(question, Answer(value)) == weight
    assert is_critical(question, Answer(value)) is critical
    assert points(question, None) == 0
    assert is_critical(question, None) is False


def test_an_option_the_question_has_not_is_no_silent_zero(raw):
    with pytest.raises(KeyError):
        points(load(raw).question("contact"), Answer("hourly"))


def test_texts_of_values_and_levels(raw):
    raw["level_names"] = {"high": {"fr": "Danger élevé"}}
    grid = load(raw)
    fear = grid.question("fear")
    assert (fear.label(10, "en"), fear.label(5, "en")) == ("Terror", "")
    assert (grid.level_names.name("high", "nl"), grid.level_names.name("low", "fr")) == ("Danger élevé", "")
    assert grid.level_names.name("insufficient", "fr") == ""


def test_every_text_without_french_is_listed(raw):
    for where in (
        raw["dimensions"][0]["title"],
        raw["items"][1]["options"][2]["text"],
        raw["items"][3]["labels"]["10"],
        raw["items"][7]["items"][1]["text"],
    ):
        del where["fr"]
    raw["level_names"] = {"low": {"nl": "Laag"}}
    assert [problem.path for problem in not_ready(load(raw))] == [
        "items[1].options[2].text.fr",
        "items[3].labels.10.fr",
        "items[7].items[1].text.fr",
        "dimensions[0].title.fr",
        "level_names.low.fr",
    ]


# --- what is shown ---


def test_questions_come_with_their_conditions(raw):
    grid = load(raw)
    assert {"weapon", "how", "has_children"} <= visible(grid, {})
    assert not {"after", "ask_gently", "stalking", "friend", "child_hurt"} & visible(grid, {})
    assert {"after", "ask_gently", "stalking", "friend"} <= visible(grid, {"weapon": Answer("yes")})
    assert {"after", "stalking"} <= visible(grid, {"fear": Answer(5)})
    assert "after" not in visible(grid, {"fear": Answer(4), "weapon": Answer("unknown")})


def test_what_was_answered_stays_and_counts(raw):
    grid = load(raw)
    answers = answered(stalking="yes")
    assert {"after", "stalking"} <= visible(grid, answers)
    assert "friend" not in visible(grid, answers)
    assert score(grid, answers).score == 2
    assert "child_hurt" in visible(grid, {"child_hurt": Answer("not_asked", "she began to cry")})
    assert "child_hurt" not in visible(grid, {"child_hurt": Answer("not_asked")})


def test_what_does_not_apply_is_neither_unknown_nor_missing(raw):
    grid = load(raw)
    outcome = score(grid, CALM)
    assert (outcome.level, outcome.coverage.known, outcome.coverage.scored) == ("low", 5, 5)
    assert outcome.not_applicable == ("stalking", "friend", "child_hurt")
    assert ready_to_sign(grid, CALM) == ()
    asked = answered(has_children="yes")
    assert score(grid, asked).unanswered_critical == ("child_hurt",)
    assert ready_to_sign(grid, asked) == ("child_hurt",)
    assert ready_to_sign(grid, asked | {"child_hurt": Answer("unknown")}) == ()


def test_too_few_questions_that_apply_are_not_enough(raw):
    """A limit on the count alone would let pass a grid where nothing is known of the little that applies."""
    raw["coverage"] = {"max_unknown_count": 5}
    assert score(load(raw), {}).level == "insufficient"
    assert score(load(raw), {"weapon": Answer("no")}).level == "low"


@pytest.mark.parametrize(
    ("condition", "given", "shown"),
    [
        (is_("weapon", "no", "unknown"), {"weapon": "unknown"}, True),
        (is_("weapon", "not_asked"), {}, True),
        (is_("weapon", "not_asked"), {"weapon": "no"}, False),
        (is_("means", "phone", "papers"), {"means": ["money", "phone"]}, True),
        (is_("means", "phone", "papers"), {"means": ["money"]}, False),
        (is_("means", "not_asked"), {"means": []}, True),
        ({"op": "from", "item": "episodes", "value": 2}, {"episodes": 2}, True),
        ({"op": "from", "item": "episodes", "value": 2}, {"episodes": "unknown"}, False),
        ({"op": "not", "of": is_("weapon", "yes")}, {}, True),
        ({"op": "not", "of": is_("weapon", "yes")}, {"weapon": "yes"}, False),
        ({"op": "all", "of": [is_("weapon", "yes"), is_("contact", "daily")]}, {"weapon": "yes"}, False),
        (
            {"op": "some", "count": 2, "of": [is_("weapon", "yes"), is_("contact", "daily"), is_("means", "no")]},
            {"weapon": "yes", "means": ["no"]},
            True,
        ),
    ],
)
def test_conditions_by_hand(raw, condition, given, shown):
    raw["items"][9]["visible_if"] = condition
    answers = {item_id: Answer(value) for item_id, value in given.items()}
    assert ("child_hurt" in visible(load(raw), answers)) is shown


# --- methods ---


@pytest.mark.parametrize(
    ("given", "points_", "level"),
    [
        ({}, 0, "low"),
        ({"episodes": 3, "contact": "weekly"}, 3, "low"),
        ({"episodes": 3, "means": ["money"]}, 4, "moderate"),
        ({"means": ["money", "phone", "papers"], "episodes": 5, "stalking": "yes", "contact": "weekly"}, 10, "high"),
        ({"fear": 8, "stalking": "no"}, 4, "high"),
        ({"fear": 9, "contact": "daily", "stalking": "no"}, 8, "critical"),
    ],
)
def test_weighted_sum(raw, given, points_, level):
    outcome = score(load(raw), answered(**given))
    assert (outcome.score, outcome.level, outcome.max_score) == (points_, level, 23)


def test_drivers_say_what_weighed_and_what_was_critical(raw):
    outcome = score(load(raw), answered(contact="daily", means=["papers", "phone"], episodes=4, friend="yes"))
    assert outcome.drivers == (
        Driver("means", 5, False, "weight"),
        Driver("contact", 4, True, "critical"),
        Driver("episodes", 2, False, "weight"),
    )
    assert outcome.protective == ("friend",)


def test_count(raw):
    raw["scoring"] |= {"method": "count", "thresholds": [{"level": "low", "min_score": 0}]}
    raw["scoring"]["thresholds"].append({"level": "moderate", "min_score": 2})
    grid = load(raw)
    assert grid.max_score == 7
    one = score(grid, answered(means=["money", "papers"]))
    assert (one.score, one.level, one.method) == (1, "low", "count")
    two = score(grid, answered(means=["money"], episodes=3))
    assert (two.score, two.level) == (2, "moderate")
    raw["scoring"]["thresholds"][1]["min_score"] = 8
    assert "the most is 7" in problems_of(raw)["scoring.thresholds[1].min_score"]


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({}, "low"),
        ({"means": ["money", "phone", "papers"], "episodes": 9}, "low"),
        ({"contact": "weekly", "episodes": 3}, "moderate"),
        ({"fear": 8, "stalking": "no"}, "moderate"),
        ({"fear": 8, "contact": "daily", "stalking": "no"}, "high"),
        ({"fear": 10, "contact": "daily", "weapon": "yes", "stalking": "no"}, "critical"),
    ],
)
def test_critical_rules(raw, given, level):
    pair = [{"op": "points", "item": "contact", "from": 1}, {"op": "points", "item": "episodes", "from": 1}]
    terror = {"op": "points", "item": "fear", "from": 4}
    either = {"op": "any", "of": [{"op": "criticals", "from": 1}, {"op": "all", "of": pair}]}
    raw["scoring"] = {
        "method": "critical_rules",
        "rules": [
            {"level": "moderate", "when": either},
            {"level": "high", "when": {"op": "criticals", "from": 2}},
            {"level": "critical", "when": {"op": "some", "count": 2, "of": [{"op": "criticals", "from": 3}, terror]}},
        ],
    }
    outcome = score(load(raw), answered(**given))
    assert outcome.level == level
    assert (outcome.score, outcome.max_score) == (0, 0)


def dimensions(raw: dict) -> dict:
    steps = [{"level": "low", "min_score": 0}, {"level": "moderate", "min_score": 2}, {"level": "high", "min_score": 5}]
    raw["scoring"] = {
        "method": "dimensions",
        "dimensions": [{"dimension": "acts", "thresholds": steps}, {"dimension": "grip", "thresholds": steps}],
        "combine": {"level": "critical", "count": 2, "at": "high"},
        "critical_rule": {"any_yes": "moderate"},
    }
    return raw


@pytest.mark.parametrize(
    ("given", "acts", "grip", "level"),
    [
        ({}, (0, "low"), (0, "low"), "low"),
        ({"means": ["phone"]}, (0, "low"), (2, "moderate"), "moderate"),
        ({"means": ["phone", "papers"]}, (0, "low"), (5, "high"), "high"),
        ({"means": ["phone", "papers"], "episodes": 3, "fear": 4}, (4, "moderate"), (5, "high"), "high"),
        ({"means": ["phone", "papers"], "episodes": 3, "weapon": "yes"}, (5, "high"), (5, "high"), "critical"),
        ({"child_hurt": "yes"}, (0, "low"), (3, "moderate"), "moderate"),
    ],
)
def test_dimensions(raw, given, acts, grip, level):
    outcome = score(load(dimensions(raw)), answered(**given))
    assert outcome.level == level
    assert outcome.dimensions == (
        DimensionOutcome("acts", acts[0], 15, acts[1]),
        DimensionOutcome("grip", grip[0], 8, grip[1]),
    )


def test_every_weight_belongs_to_a_dimension_or_a_rule(raw):
    del dimensions(raw)["sections"][0]["dimension"]
    raw["items"][3]["dimension"] = "acts"
    raw["scoring"]["dimensions"][0]["thresholds"] = [{"level": "low", "min_score": 0}]
    alone = {f"items[{position}].dimension" for position in (0, 1, 4)} | {"items[7].items[1].dimension"}
    assert set(problems_of(raw)) == alone
    raw["scoring"]["rules"] = [
        {"level": "high", "when": {"op": "points", "item": one, "from": 1}} for one in ("weapon", "contact", "episodes")
    ]
    assert set(problems_of(raw)) == {"items[7].items[1].dimension"}


def test_dimensions_are_told_beside_other_methods(raw):
    outcome = score(load(raw), answered(weapon="yes", stalking="no"))
    assert outcome.dimensions == (DimensionOutcome("acts", 3, 15, None), DimensionOutcome("grip", 0, 8, None))


def test_judgement_indicates_nothing(raw):
    raw["scoring"] = {"method": "judgement"}
    del raw["coverage"]
    outcome = score(load(raw), answered(weapon="yes", fear=9))
    assert (outcome.level, outcome.score, outcome.max_score) == ("judgement", 0, 0)
    assert [driver.item_id for driver in outcome.drivers] == ["fear", "weapon"]
    assert score(load(raw), {}).level == "judgement"
    raw["coverage"] = {"max_unknown_percent": 10}
    assert (score(load(raw), {}).level, score(load(raw), {}).incomplete) == ("judgement", True)


def test_rules_raise_beside_a_sum_and_never_lower(raw):
    raw["scoring"]["rules"] = [{"level": "moderate", "when": {"op": "score", "dimension": "grip", "from": 2}}]
    assert score(load(raw), answered(means=["phone"])).level == "moderate"
    assert score(load(raw), answered(means=["phone"], weapon="yes", stalking="no")).level == "high"


def test_an_unscored_grid_counts_nothing_and_may_name_culture(raw):
    for name in ("scoring", "coverage", "reassess_after_hours"):
        del raw[name]
    raw |= {"kind": "unscored", "category": "psychosocial", "side": "victim"}
    raw["items"] = [item("text", "origin"), item("yes_no", "religion", "children"), raw["items"][5]]
    grid = load(raw)
    outcome = score(grid, {"origin": Answer("Her grandmother’s village")})
    assert (outcome.level, outcome.score, outcome.max_score, outcome.incomplete) == (None, 0, 0, False)
    raw["items"] += [
        item("yes_no", "heavy", weight=1, critical=True),
        item("yes_no", "good", protective=True),
        item("single", "one", options=[option("a", 1), option("b", critical=True)]),
    ]
    raw["coverage"] = {"max_unknown_count": 1}
    assert set(problems_of(raw)) == {
        "items[3].weight",
        "items[3].critical",
        "items[4].protective",
        "items[5].options[0].weight",
        "items[5].options[1].critical",
        "coverage",
    }


def test_a_checklist_may_lead_to_a_grid(raw):
    for name in ("scoring", "reassess_after_hours"):
        del raw[name]
    raw |= {"kind": "checklist", "leads_to": "police-grid"}
    raw["items"] = [
        item("yes_no", "one", weight=1),
        item("multi", "two", "children", options=[option("a", 1), option("b", 2)]),
    ]
    assert set(problems_of(raw)) == {"items[1].options[1].weight"}
    raw["items"][1]["options"][1]["weight"] = 1
    assert score(load(raw), {"one": Answer("yes"), "two": Answer(["a", "b"])}).score == 3
    raw["leads_to"] = raw["slug"]
    assert "another grid" in problems_of(raw)["leads_to"]


# --- nobody is scored on where she comes from, whatever the item type ---


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda items: items[1]["options"][0].update(id="foreigner"), "items[1].options[0].id"),
        (lambda items: items[2]["options"][1]["text"].update(fr="Son titre de séjour"), "items[2].options[1].text.fr"),
        (lambda items: items[3]["labels"]["10"].update(en="Very religious"), "items[3].labels.10.en"),
        (lambda items: items[7]["items"][1]["text"].update(nl="Welke nationaliteit?"), "items[7].items[1].text.nl"),
        (lambda items: items[7]["text"].update(en="Religion"), "items[7].text.en"),
        (lambda items: items[8]["text"].update(en="Is she a migrant?"), "items[9].visible_if"),
    ],
)
def test_no_part_of_what_counts_names_them(raw, change, path):
    change(raw["items"])
    assert path in problems_of(raw)
    assert load(raw, published=True)


def test_context_may_name_them_when_it_decides_nothing(raw):
    raw["items"][8]["text"] = words("Does her residence permit expire soon?")
    del raw["items"][9]["visible_if"]
    assert forbidden_terms(load(raw)) == ()
    raw["dimensions"][0]["title"]["en"] = "Culture"
    assert "items[0].dimension.title.en" in problems_of(raw)


# --- answers ---


def test_good_answers_of_every_type_are_cleaned(raw):
    answers, errors = check_answers(
        load(raw),
        {
            "contact": {"value": "daily", "source": "child", "on": "2026-11-20"},
            "means": ["papers", "money", "papers"],
            "fear": "7",
            "episodes": {"value": 0, "source": "", "on": ""},
            "last": "2026-02-28",
            "how": "  He waits\r\noutside  ",
            "stalking": {"value": "unknown", "source": None, "on": None},
            "friend": [],
        },
    )
    assert errors == {}
    assert answers == {
        "contact": Answer("daily", source="child", on="2026-11-20"),
        "means": Answer(["money", "papers"]),
        "fear": Answer(7),
        "episodes": Answer(0),
        "last": Answer("2026-02-28"),
        "how": Answer("He waits\noutside"),
        "stalking": Answer("unknown"),
    }
    assert answers["contact"].stored() == {"value": "daily", "comment": "", "source": "child", "on": "2026-11-20"}
    assert answers["fear"].stored() == {"value": 7, "comment": ""}


def test_unknown_is_an_answer_to_every_question_but_a_text(raw):
    grid = load(raw)
    everything = {one.id: "unknown" for one in grid.questions}
    answers, errors = check_answers(grid, everything | {"means": ["not_asked"]})
    assert errors == {}
    assert answers["means"] == Answer("not_asked")
    assert "how" in visible(grid, answers)
    assert {answers[one].value for one in ("fear", "last", "contact", "how")} == {"unknown"}


def test_words_without_an_answer_are_kept(raw):
    answers, _ = check_answers(
        load(raw), {"how": {"value": "", "comment": "later"}, "means": {"value": [], "comment": "later"}, "fear": ""}
    )
    assert answers == {"how": Answer("", "later"), "means": Answer("not_asked", "later")}


@pytest.mark.parametrize(
    ("item_id", "given", "code"),
    [
        ("contact", "hourly", "bad_value"),
        ("contact", ["daily"], "bad_value"),
        ("means", "money", "bad_value"),
        ("means", ["money", "unknown"], "stands_alone"),
        ("means", ["money", 3], "bad_value"),
        ("means", [["money"]], "bad_value"),
        ("means", ["money", "no"], "stands_alone"),
        ("fear", 11, "out_of_range"),
        ("fear", -1, "out_of_range"),
        ("fear", True, "bad_value"),
        ("fear", 3.0, "bad_value"),
        ("fear", "3.5", "bad_value"),
        ("fear", "٣", "bad_value"),
        ("episodes", 10**10, "out_of_range"),
        ("episodes", "9" * 5000, "bad_value"),
        ("last", "2026-02-30", "bad_date"),
        ("last", "20260228", "bad_date"),
        ("last", "2026-W09-6", "bad_date"),
        ("last", 20260228, "bad_date"),
        ("how", 5, "bad_value"),
        ("how", "a\x00b", "bad_value"),
        ("how", "x" * 4001, "text_too_long"),
        ("weapon", {"value": "yes", "source": "neighbour"}, "bad_source"),
        ("weapon", {"value": "yes", "source": ["victim"]}, "bad_source"),
        ("weapon", {"value": "yes", "source": 0}, "bad_source"),
        ("weapon", {"value": "yes", "on": "yesterday"}, "bad_date"),
        ("weapon", {"value": "yes", "on": 0}, "bad_date"),
        ("weapon", {"value": "yes", "on": "2026-13-01"}, "bad_date"),
        ("after", "yes", "unknown_item"),
        ("ask_gently", "yes", "unknown_item"),
    ],
)
def test_bad_answers_of_every_type_are_refused(raw, item_id, given, code):
    answers, errors = check_answers(load(raw), {item_id: given, "episodes" if item_id != "episodes" else "fear": 1})
    assert {key: error.code for key, error in errors.items()} == {item_id: code}
    assert item_id not in answers


# --- the rest ---


def test_new_fields_count_in_the_hash_and_defaults_do_not(raw):
    first = content_hash(load(raw))
    same = copy.deepcopy(raw) | {"category": "risk", "side": "case", "asked_of": "victim", "anonymous": False}
    same["scoring"] |= {"method": "weighted_sum", "rules": [], "combine": None}
    assert content_hash(load(same)) == first
    for name, value in (
        ("training", "basic_course"),
        ("review_training", "basic_course"),
        ("asked_of", "professional"),
        ("anonymous", True),
    ):
        assert content_hash(load(raw | {name: value})) != first
    assert to_raw(load(raw))["items"][3]["bands"][1] == {"from": 8, "weight": 4, "critical": True}


def test_factors_have_words():
    assert set(factors.LABELS) == set(factors.FACTORS)
    assert all(factors.label(code) for code in factors.FACTORS)
    with pytest.raises(KeyError):
        factors.label("astrology")


def test_the_schema_describes_every_item_type():
    schema = json_schema()
    assert schema["$id"] == "urn:move:grid-definition:2"
    assert set(schema["properties"]["items"]["items"]["discriminator"]["mapping"]) == {
        *("yes_no", "info", "single", "multi", "scale", "number", "date", "text", "group"),
    }
    assert schema["$defs"]["ScaleItem"]["required"] == ["id", "text", "type", "from", "to"]
    assert "weighs nothing" in schema["$defs"]["MultiOption"]["description"]
