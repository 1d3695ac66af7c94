"""The grids that ship: what they say in three languages, and worked examples counted by hand."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.acting import SystemContext, system_context
from riskassessment import definition, factors
from riskassessment.answers import Answer
from riskassessment.definition import GridDefinition, content_hash, load_json, reference_grids, to_raw
from riskassessment.forbidden import forbidden_terms
from riskassessment.models import Grid, GridVersion
from riskassessment.scoring import Outcome, ready_to_sign, score
from riskassessment.versions import definition_of, publish_reference_grids

SHIPPED = {grid.slug: grid for grid in reference_grids()}
COUNTER, CRITICALITY, CULTURAL = (
    SHIPPED[slug] for slug in ("counter-checklist", "criticality-demonstration", "cultural-formulation")
)
PERPETRATOR, POLICE = SHIPPED["perpetrator-demonstration"], SHIPPED["police-demonstration"]

# As published before the language of grids grew: what was filled in under them stays under them.
PUBLISHED = {path.stem: path.read_bytes() for path in (Path(__file__).parent / "published").glob("*-1.json")}
FIRST = {name.removesuffix("-1"): load_json(words, published=True) for name, words in PUBLISHED.items()}

NOTICE = {
    "fr": "Grille de démonstration\u00a0: ne reproduit pas la COL 15/2020 ni Evivico\u00a0; non validée.",
    "nl": "Demonstratielijst: geeft COL 15/2020 en Evivico niet weer; niet gevalideerd.",
    "en": "Demonstration grid: does not reproduce COL 15/2020 or Evivico; not validated.",
}


# --- answers ---


def answers(calm: dict, **given) -> dict[str, Answer]:
    """Everything answered without a sign of risk, but for what is given; None leaves a question out."""
    return {item: Answer(value) for item, value in (calm | given).items() if value is not None}


CALM_POLICE = dict.fromkeys((item.id for item in POLICE.questions), "no")
CALM_COUNTER = dict.fromkeys((item.id for item in COUNTER.questions), "no")
# The refused separation is left out: it is asked only when there is a separation.
CALM_CRITICALITY = {
    "relationship": "continuing",
    "means_of_control": ["none"],
    "surveillance": "no",
    "evolution": 1,
    "episodes": 0,
    "strangulation": "no",
    "death_threats": "no",
    "weapon": "no",
    "child_in_danger": "no",
    "his_suicide": "no",
    "usual_ways": "working",
    "blocked": ["nothing"],
    "retaliation": "no",
    "safe_way": "no",
    "people_around": "with_her",
    "informants": "no",
    "support_lost": "no",
    "ally": "no",
    "fear": 0,
    "despair": "no",
    "children": ["no_children"],
}
CALM_PERPETRATOR = {
    "attendance": "regular",
    "responsibility": 0,
    "threats": "no",
    "suicidal": "no",
    "weapon": "no",
    "fixation": "no",
    "breach": "no",
    "substances": "no",
    "upheavals": ["none"],
    "asks_for_help": "no",
    "supportive_person": "no",
}


def drivers(outcome: Outcome) -> dict[str, int]:
    return {driver.item_id: driver.weight for driver in outcome.drivers}


# --- the police demonstration grid: a sum, and critical answers ---


@pytest.mark.parametrize(
    ("given", "level", "points"),
    [
        # nothing
        ({}, "low", 0),
        # antecedents 2 + substances 2 = 4, one below 5
        ({"antecedents": "yes", "substances": "yes"}, "low", 4),
        # separation 2 + refused 3 = 5
        ({"separation_recent": "yes", "separation_refused": "yes"}, "moderate", 5),
        # escalation 3 + control 3 + stalking 3 + sexual violence 3 = 12, one below 13
        (dict.fromkeys(("escalation", "daily_control", "stalking", "sexual_violence"), "yes"), "moderate", 12),
        # separation 2 + refused 3 + escalation 3 + control 3 + antecedents 2 = 13
        (
            dict.fromkeys(
                ("separation_recent", "separation_refused", "escalation", "daily_control", "antecedents"), "yes"
            ),
            "high",
            13,
        ),
        # without a critical answer: 2 + 3 + 3 + 3 + 3 + 3 + 3 + 2 = 22, and one 2 more = 24
        (
            dict.fromkeys(
                (
                    "separation_recent", "separation_refused", "escalation", "sexual_violence", "daily_control",
                    "stalking", "breached_measure", "antecedents",
                ),
                "yes",
            ),
            "high",
            22,
        ),
        (
            dict.fromkeys(
                (
                    "separation_recent", "separation_refused", "escalation", "sexual_violence", "daily_control",
                    "stalking", "breached_measure", "antecedents", "substances",
                ),
                "yes",
            ),
            "critical",
            24,
        ),
        # one critical answer: 4 points, high all the same; two: critical
        ({"strangulation": "yes"}, "high", 4),
        ({"death_threats": "yes", "fear_killed": "yes"}, "critical", 8),
        # 5 of 18 unknown is 27 %: enough is known; 6 of 18 is 33 %: it is not
        (
            dict.fromkeys(("escalation", "stalking", "substances", "antecedents", "sexual_violence"), "unknown"),
            "low",
            0,
        ),
        (
            dict.fromkeys(
                ("escalation", "stalking", "substances", "antecedents", "sexual_violence", "victim_despair"), "unknown"
            ),
            "insufficient",
            0,
        ),
        # too much unknown never hides what is known
        (dict.fromkeys(CALM_POLICE, "unknown") | {"weapon_access": "yes"}, "high", 4),
        # protection changes nothing
        (dict.fromkeys(("antecedents", "substances", "escalation", "network", "safe_housing"), "yes"), "moderate", 7),
    ],
)  # fmt: skip
def test_police_by_hand(given, level, points):
    outcome = score(POLICE, answers(CALM_POLICE, **given))
    assert (outcome.level, outcome.score) == (level, points)
    yes = {item for item, value in given.items() if value == "yes"}
    assert set(drivers(outcome)) == yes - {"network", "safe_housing"}
    assert outcome.coverage.scored == 18
    assert outcome.coverage.known == 18 - sum(
        value == "unknown" and not POLICE.question(item).protective for item, value in given.items()
    )


def test_police_has_the_questions_and_the_weights_it_had():
    def weights(grid: GridDefinition) -> list:
        return [(item.id, item.weight, item.critical, item.protective, item.topic) for item in grid.questions]

    assert weights(POLICE) == weights(FIRST["police-demonstration"])
    assert weights(COUNTER) == weights(FIRST["counter-checklist"])
    for slug, first in FIRST.items():
        now = SHIPPED[slug]
        assert (first.version, now.version) == (1, 2)
        for item in first.questions:
            same = now.question(item.id)
            assert (same.text.fr, same.text.en) == (item.text.fr, item.text.en)
    assert POLICE.agency_kinds == FIRST["police-demonstration"].agency_kinds == ("police", "prosecutor")
    assert POLICE.training is None and POLICE.review_training is not None


def test_the_first_versions_keep_the_hash_they_were_published_with():
    assert {slug: content_hash(grid) for slug, grid in FIRST.items()} == {
        "counter-checklist": "6a307235582b99d62c0d405990f798c0cb4ee197fc16e9b5f6cfc713d56bcf3a",
        "police-demonstration": "443dfa4eaa7ef36913dedca386edc31d2e13e4d1178f94eef9345c910cc30845",
    }


@pytest.mark.parametrize("slug", sorted(FIRST))
@given(data=st.data())
def test_the_same_answers_come_to_the_same_as_under_the_first_version(slug, data):
    given_answers = {
        item.id: Answer(data.draw(st.sampled_from(["yes", "no", "unknown", "not_asked"]), label=item.id))
        for item in FIRST[slug].questions
    }
    assert score(SHIPPED[slug], given_answers) == score(FIRST[slug], given_answers)
    assert ready_to_sign(SHIPPED[slug], given_answers) == ready_to_sign(FIRST[slug], given_answers)


# --- the counter checklist: points to attend to, no level ---


@pytest.mark.parametrize(
    ("given", "points", "incomplete"),
    [
        ({}, 0, False),
        ({"stalking": "yes"}, 1, False),
        ({"children": "yes", "isolation": "yes"}, 2, False),
        (dict.fromkeys(CALM_COUNTER, "yes"), 5, False),
        ({"escalation": "unknown"}, 0, False),
        ({"escalation": "unknown", "isolation": "not_asked", "children": "yes"}, 1, True),
    ],
)
def test_counter_by_hand(given, points, incomplete):
    outcome = score(COUNTER, answers(CALM_COUNTER, **given))
    assert (outcome.level, outcome.score, outcome.incomplete) == (None, points, incomplete)
    assert set(drivers(outcome)) == {item for item, value in given.items() if value == "yes"}


# --- the criticality demonstration grid: four axes, the highest one counts ---

CONTROL_6 = {"relationship": "recent", "separation_refused": "no", "evolution": 2, "episodes": 3}


@pytest.mark.parametrize(
    ("given", "level", "axes"),
    [
        # nothing; 19 questions count, the refused separation is not asked
        ({}, "low", (0, 0, 0, 0)),
        # control: refused 3 + surveillance 2 = 5, one below 6
        ({"relationship": "older", "separation_refused": "yes", "surveillance": "yes"}, "low", (5, 0, 0, 0)),
        # control: recent 2 + evolution from 2: 2 + episodes from 3: 2 = 6
        (CONTROL_6, "moderate", (6, 0, 0, 0)),
        # control: considered 2 + refused 3 + four means 4 + surveillance 2 = 11, one below 12
        (
            {
                "relationship": "considered",
                "separation_refused": "yes",
                "means_of_control": ["money", "rules", "devices", "papers"],
                "surveillance": "yes",
            },
            "moderate",
            (11, 0, 0, 0),
        ),
        # control: the six means are 7, counted 5 at most; 2 + 3 + 5 + surveillance 2 = 12
        (
            {
                "relationship": "considered",
                "separation_refused": "yes",
                "means_of_control": ["money", "rules", "devices", "papers", "humiliation", "sexual"],
                "surveillance": "yes",
            },
            "high",
            (12, 0, 0, 0),
        ),
        # control: evolution from 3: 3 + episodes from 10: 3 = 6; 2 + 2 would be 4
        ({"evolution": 3, "episodes": 10}, "moderate", (6, 0, 0, 0)),
        ({"evolution": 2, "episodes": 9}, "low", (4, 0, 0, 0)),
        # protection: weaker 2; retaliation 3; weaker 2 + four ways blocked 4 = 6; weaker 2 + two 2 + retaliation 3 = 7
        ({"usual_ways": "weaker"}, "low", (0, 2, 0, 0)),
        ({"retaliation": "yes"}, "moderate", (0, 3, 0, 0)),
        (
            {"usual_ways": "weaker", "blocked": ["calling", "leaving", "trusted_people", "services"]},
            "moderate",
            (0, 6, 0, 0),
        ),
        (
            {"usual_ways": "weaker", "blocked": ["calling", "services"], "retaliation": "yes"},
            "high",
            (0, 7, 0, 0),
        ),
        # network: nobody 2; with him 3; with him 3 + informants 2 + support lost 2 = 7, which alone is never high
        ({"people_around": "nobody"}, "low", (0, 0, 2, 0)),
        ({"people_around": "with_him"}, "moderate", (0, 0, 3, 0)),
        ({"people_around": "with_him", "informants": "yes", "support_lost": "yes"}, "moderate", (0, 0, 7, 0)),
        # impact: fear from 2: 1; from 3: 3; 3 + exposed 1 + intervene 2 = 6; 3 + 1 + changed 1 + 2 = 7
        ({"fear": 2}, "low", (0, 0, 0, 1)),
        ({"fear": 3}, "moderate", (0, 0, 0, 3)),
        ({"fear": 3, "children": ["exposed", "intervene"]}, "moderate", (0, 0, 0, 6)),
        ({"fear": 3, "children": ["exposed", "changed", "intervene"]}, "high", (0, 0, 0, 7)),
        # two axes at moderate stay moderate; three together are high
        (CONTROL_6 | {"retaliation": "yes"}, "moderate", (6, 3, 0, 0)),
        (CONTROL_6 | {"retaliation": "yes", "people_around": "with_him"}, "high", (6, 3, 3, 0)),
        ({"retaliation": "yes", "people_around": "with_him", "fear": 3}, "high", (0, 3, 3, 3)),
        # one critical answer is high, in a group, on a scale or alone; several are still high: the grid has no more
        ({"strangulation": "yes"}, "high", (4, 0, 0, 0)),
        ({"fear": 4}, "high", (0, 0, 0, 4)),
        ({"despair": "yes"}, "high", (0, 0, 0, 4)),
        ({"death_threats": "yes", "weapon": "yes", "child_in_danger": "yes", "fear": 4}, "high", (12, 0, 0, 4)),
        # an answer given counts, though its question would not be shown
        ({"separation_refused": "yes", "surveillance": "yes", "episodes": 1}, "moderate", (6, 0, 0, 0)),
        # what helps changes nothing
        (CONTROL_6 | {"safe_way": "yes", "ally": "yes", "what_helps": "Sa sœur"}, "moderate", (6, 0, 0, 0)),
    ],
)
def test_criticality_by_hand(given, level, axes):
    outcome = score(CRITICALITY, answers(CALM_CRITICALITY, **given))
    assert outcome.level == level
    assert tuple(axis.score for axis in outcome.dimensions) == axes
    assert [axis.id for axis in outcome.dimensions] == ["control", "protection", "network", "impact"]
    assert outcome.coverage.met and not outcome.incomplete
    asked = "separation_refused" in given or given.get("relationship", "continuing") != "continuing"
    assert outcome.coverage.scored == (20 if asked else 19)


def test_criticality_tells_what_drove_it():
    outcome = score(
        CRITICALITY,
        answers(CALM_CRITICALITY, **CONTROL_6, children=["exposed", "intervene"], his_suicide="yes", ally="yes"),
    )
    # his suicide 4, children 1 + 2 = 3, relationship 2, evolution 2, episodes 2
    assert drivers(outcome) == {"his_suicide": 4, "children": 3, "relationship": 2, "evolution": 2, "episodes": 2}
    assert outcome.drivers[0].critical and not any(driver.critical for driver in outcome.drivers[1:])
    assert outcome.protective == ("ally",)
    # control 10, impact 3, of which the most is 38 and 12
    assert [(axis.score, axis.max_score, axis.level) for axis in outcome.dimensions] == [
        (10, 38, "moderate"),
        (0, 11, "low"),
        (0, 7, "low"),
        (3, 12, "moderate"),
    ]


@pytest.mark.parametrize(
    ("unknown", "level"),
    [
        # 5 of 19 is 26 %, 6 of 19 is 31 %
        (("surveillance", "evolution", "episodes", "informants", "support_lost"), "low"),
        (("surveillance", "evolution", "episodes", "informants", "support_lost", "retaliation"), "insufficient"),
    ],
)
def test_criticality_with_too_much_unknown(unknown, level):
    outcome = score(CRITICALITY, answers(CALM_CRITICALITY, **dict.fromkeys(unknown, "unknown")))
    assert outcome.level == level
    assert set(outcome.unanswered) == set(unknown)
    assert outcome.coverage.known == 19 - len(unknown)


def test_criticality_is_not_insufficient_where_the_danger_is_known():
    outcome = score(CRITICALITY, {"strangulation": Answer("yes")})
    assert (outcome.level, outcome.incomplete) == ("high", True)
    assert (outcome.coverage.known, outcome.coverage.scored) == (1, 20)


def test_a_separation_refused_is_asked_unless_the_relationship_is_known_to_continue():
    for relationship in ("considered", "recent", "older", "unknown", None):
        outcome = score(CRITICALITY, answers(CALM_CRITICALITY, relationship=relationship))
        assert "separation_refused" in outcome.unanswered and outcome.not_applicable == ()
    outcome = score(CRITICALITY, answers(CALM_CRITICALITY))
    assert outcome.not_applicable == ("separation_refused",) and outcome.unanswered == ()


def test_criticality_is_signed_once_the_critical_questions_are_asked():
    critical = ("strangulation", "death_threats", "weapon", "child_in_danger", "his_suicide", "fear", "despair")
    assert ready_to_sign(CRITICALITY, {}) == critical
    assert ready_to_sign(CRITICALITY, {item: Answer("unknown") for item in critical}) == ()


# --- the perpetrator-side demonstration grid ---


@pytest.mark.parametrize(
    ("given", "level", "points"),
    [
        ({}, "low", 0),
        # stopped 2 + responsibility from 3: 2 = 4, one below 5
        ({"attendance": "stopped", "responsibility": 3}, "low", 4),
        # fixation 3 + substances 2 = 5
        ({"fixation": "yes", "substances": "yes"}, "moderate", 5),
        # fixation 3 + breach 3 + four upheavals, counted 3 at most = 9, one below 10
        (
            {"fixation": "yes", "breach": "yes", "upheavals": ["job", "home", "separation", "loss"]},
            "moderate",
            9,
        ),
        # the same 9 + responsibility from 2: 1 = 10
        (
            {"fixation": "yes", "breach": "yes", "upheavals": ["job", "home", "loss"], "responsibility": 2},
            "high",
            10,
        ),
        # everything but the critical answers: 2 + 2 + 3 + 3 + 2 + 3 = 15
        (
            {
                "attendance": "stopped", "responsibility": 3, "fixation": "yes", "breach": "yes",
                "substances": "yes", "upheavals": ["job", "home", "decision"],
            },
            "high",
            15,
        ),
        # threats 4 + fixation 3 + breach 3 + substances 2 + upheavals 3 + irregular 1 + responsibility 1 = 17; 2 = 18
        (
            {
                "threats": "yes", "fixation": "yes", "breach": "yes", "substances": "yes",
                "upheavals": ["job", "home", "decision"], "attendance": "irregular", "responsibility": 2,
            },
            "high",
            17,
        ),
        (
            {
                "threats": "yes", "fixation": "yes", "breach": "yes", "substances": "yes",
                "upheavals": ["job", "home", "decision"], "attendance": "stopped", "responsibility": 2,
            },
            "critical",
            18,
        ),
        # one critical answer: high; two: critical
        ({"suicidal": "yes"}, "high", 4),
        ({"threats": "yes", "weapon": "yes"}, "critical", 8),
        # 2 of 9 unknown is 22 %, 3 of 9 is 33 %
        ({"breach": "unknown", "substances": "unknown"}, "low", 0),
        ({"breach": "unknown", "substances": "unknown", "upheavals": "unknown"}, "insufficient", 0),
        ({"breach": "unknown", "substances": "unknown", "upheavals": "unknown", "fixation": "yes"}, "insufficient", 3),
        # protection changes nothing
        (
            {"fixation": "yes", "substances": "yes", "asks_for_help": "yes", "supportive_person": "yes"},
            "moderate",
            5,
        ),
    ],
)  # fmt: skip
def test_perpetrator_by_hand(given, level, points):
    outcome = score(PERPETRATOR, answers(CALM_PERPETRATOR, **given))
    assert (outcome.level, outcome.score) == (level, points)
    assert sum(drivers(outcome).values()) == points
    unknown = sum(value == "unknown" for value in given.values())
    assert (outcome.coverage.known, outcome.coverage.scored) == (9 - unknown, 9)
    assert outcome.incomplete == (level == "insufficient")
    assert outcome.max_score == 27  # 2 + 2 + 4 + 4 + 4 + 3 + 3 + 2 + 3


# --- cultural formulation: context, no level ---


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"own_words": "« Il me surveille »", "language": "another", "interpreting": "Une femme, par téléphone"},
        {"language": "this_one", "reactions": "pressure", "with_whom": "a_woman"},
        {"obstacles": "La langue", "help_wanted": "Parler à quelqu’un", "reactions": "unknown"},
    ],
)
def test_cultural_formulation_counts_for_nothing(given):
    outcome = score(CULTURAL, answers({}, **given))
    assert (outcome.level, outcome.score, outcome.max_score) == (None, 0, 0)
    assert outcome.drivers == outcome.protective == outcome.unanswered_critical == ()
    assert ready_to_sign(CULTURAL, answers({}, **given)) == ()


def test_cultural_formulation_asks_nobody_for_a_label():
    asked = " ".join(words for _, words in _words(to_raw(CULTURAL)["items"]))
    assert not re.search(
        r"national|godsdienst|relig|croyan|geloof|titre de s|permis de s|verblijf|residence|asile|asiel|asylum"
        r"|ethni|etni|origin|herkomst|afkomst|migr",
        asked,
        re.IGNORECASE,
    )
    assert CULTURAL.kind == "unscored" and len(CULTURAL.sections) == 4
    assert all(not item.scored for item in CULTURAL.questions)


# --- who each grid is for ---


def test_what_ships():
    assert list(SHIPPED) == [
        "counter-checklist",
        "criticality-demonstration",
        "cultural-formulation",
        "perpetrator-demonstration",
        "police-demonstration",
    ]
    stands = {slug: (grid.category, grid.side, grid.asked_of) for slug, grid in SHIPPED.items()}
    assert stands == {
        "counter-checklist": ("risk", "case", "victim"),
        "criticality-demonstration": ("psychosocial", "victim", "professional"),
        "cultural-formulation": ("psychosocial", "victim", "victim"),
        "perpetrator-demonstration": ("perpetrator_work", "perpetrator", "perpetrator"),
        "police-demonstration": ("risk", "case", "victim"),
    }
    assert COUNTER.leads_to == "police-demonstration"
    assert [slug for slug, grid in SHIPPED.items() if grid.anonymous] == ["criticality-demonstration"]
    assert {slug: grid.training for slug, grid in SHIPPED.items() if grid.training} == {
        "criticality-demonstration": "criticality"
    }


def test_only_the_perpetrators_services_ask_him():
    assert set(PERPETRATOR.agency_kinds) == {"perpetrator_programme", "mental_health", "addiction", "justice_house"}
    for grid in (CRITICALITY, CULTURAL):
        assert grid.agency_kinds, "not for everybody"
        assert not {"police", "prosecutor", "court", "perpetrator_programme", "school"} & set(grid.agency_kinds)


def test_criticality_names_three_levels_and_no_critical_one():
    assert CRITICALITY.level_names.high.fr == "Criticité élevée"
    assert CRITICALITY.level_names.low.fr == "Sous le seuil"
    assert CRITICALITY.level_names.critical is None
    cadence = CRITICALITY.reassess_after_hours
    assert (cadence.low, cadence.moderate, cadence.high) == (720, 168, 72)


def test_criticality_uses_the_language_of_grids_widely():
    assert {item.type for item in CRITICALITY.items} == {
        "info", "yes_no", "single", "multi", "scale", "number", "date", "text", "group",
    }  # fmt: skip
    assert 18 <= len(CRITICALITY.questions) <= 26
    for dimension in CRITICALITY.dimensions:
        assert any(item.dimension == dimension.id for item in CRITICALITY.questions if item.scored), dimension.id


@pytest.mark.parametrize("grid", SHIPPED.values(), ids=SHIPPED)
def test_factors_are_of_the_closed_list(grid):
    for item in grid.questions:
        if item.factor:
            assert str(factors.label(item.factor)), item.id
    if grid in (POLICE, COUNTER):
        assert all(item.factor for item in grid.questions)


# --- words ---


def _words(value, path: str = "") -> list[tuple[str, str]]:
    """Every text of a raw definition with its path and language: (`items[3].text.fr`, words)."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _words(inner, f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [found for position, inner in enumerate(value) for found in _words(inner, f"{path}[{position}]")]
    return [(path, value)] if re.search(r"\.(fr|nl|en)$", path) else []


@pytest.mark.parametrize("grid", SHIPPED.values(), ids=SHIPPED)
def test_every_text_is_in_three_languages(grid):
    found = list(definition.texts(grid))
    assert [path for path, words in found if not (words.fr and words.nl and words.en)] == []
    assert len(_words(to_raw(grid))) == 3 * len(found)
    assert definition.not_ready(grid) == ()


@pytest.mark.parametrize("grid", SHIPPED.values(), ids=SHIPPED)
def test_demonstration_grids_say_what_they_are_not(grid):
    assert grid.demonstration is (grid.slug.endswith("-demonstration"))
    assert grid.notice is not None
    if grid.demonstration:
        assert {language: grid.notice.translated(language) for language in NOTICE} == NOTICE


@pytest.mark.parametrize("grid", SHIPPED.values(), ids=SHIPPED)
def test_no_text_claims_an_official_grid_or_borrows_anothers_name(grid):
    for path, words in _words(to_raw(grid)):
        assert not re.search(r"conform|complian|\b(dash|odara|sara|b-safer|danger assessment)\b", words, re.I), path
        if not path.startswith(("notice", "provenance")):
            assert not re.search(r"\bCOL\b|evivico", words, re.I), path


@pytest.mark.parametrize("grid", SHIPPED.values(), ids=SHIPPED)
def test_texts_are_well_set(grid):
    for path, words in _words(to_raw(grid)):
        assert "'" not in words and "  " not in words, path
        if path.endswith(".fr"):
            assert not re.search(r"[^\u00a0«][?!:;»]", words), path
            assert not re.search(r"«[^\u00a0]", words), path


@pytest.mark.parametrize("grid", SHIPPED.values(), ids=SHIPPED)
def test_no_word_blames_her_or_makes_violence_mutual(grid):
    blaming = (
        r"dispute|conflit|prétend|allègu|provoqu|hystéri|alcoolique|toxicomane|incident|crise|consentante"
        r"|\ballege|quarrel|conflict|hysteric|provok|\bruzie|conflict|beweert|hysterisch"
    )
    for path, words in _words(to_raw(grid)):
        assert not re.search(blaming, words, re.I), path


@pytest.mark.parametrize("grid", SHIPPED.values(), ids=SHIPPED)
def test_nothing_that_counts_is_about_origin_religion_or_stay(grid):
    assert forbidden_terms(grid) == ()


def test_the_grid_asked_of_him_tells_nothing_of_her():
    for path, words in _words(to_raw(PERPETRATOR)):
        assert not re.search(
            r"refuge|héberg|adresse|\bopvang|\badres|shelter|address|whereabouts|victim|slachtoffer"
            r"|où elle|waar ze\b|where she",
            words,
            re.IGNORECASE,
        ), path


# --- published ---


@pytest.mark.django_db
def test_a_database_with_the_first_versions_gets_the_second_ones(monkeypatch):
    def shipping(*grids: GridDefinition) -> int:
        # Under other names: the shipped ones stand in the database already, and what is published stays.
        renamed = tuple(grid.model_copy(update={"slug": f"earlier-{grid.slug}"}) for grid in grids)
        monkeypatch.setattr(definition, "reference_grids", lambda: renamed)
        return publish_reference_grids()

    with system_context(SystemContext.REFERENCE):
        assert shipping(*FIRST.values()) == len(FIRST) == 2
        assert shipping(*SHIPPED.values()) == len(SHIPPED)
        assert shipping(*SHIPPED.values()) == 0, "what is published already is not published again"
    for slug in FIRST:
        versions = GridVersion.objects.filter(grid__slug=f"earlier-{slug}").order_by("number")
        assert [version.number for version in versions] == [1, 2]
        assert [definition_of(version).version for version in versions] == [1, 2]
        assert definition_of(versions[0]).model_copy(update={"slug": slug}) == FIRST[slug]


@pytest.mark.django_db
def test_what_ships_never_goes_into_the_instrument_of_an_agency(world):
    with system_context(SystemContext.REFERENCE):
        Grid.objects.filter(slug="cultural-formulation").update(slug="another")
        taken = Grid.objects.create(slug="cultural-formulation", agency=world.shelter.agency)
        assert publish_reference_grids() == 0
    assert not taken.versions.exists()
