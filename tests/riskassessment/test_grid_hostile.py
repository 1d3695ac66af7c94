"""Documents sent to break something: each is refused at once, with the exact path, and goes no further."""

import copy
import json
import time

import pytest
import yaml

from riskassessment import definition
from riskassessment.definition import GridDefinition, load, load_json, load_text
from riskassessment.problems import InvalidGrid

T = {"fr": "Texte", "en": "Text"}


def sound() -> dict:
    return {
        "slug": "sound",
        "version": 1,
        "kind": "scored",
        **dict.fromkeys(("title", "description", "provenance", "licence"), T),
        "demonstration": False,
        "sections": [{"id": "only", "title": T}],
        "items": [
            {"type": "yes_no", "id": "first", "section": "only", "text": T, "weight": 3},
            {
                "type": "single",
                "id": "second",
                "section": "only",
                "text": T,
                "options": [{"id": "a", "text": T, "weight": 1}, {"id": "b", "text": T}],
                "visible_if": {"op": "is", "item": "first", "values": ["yes"]},
            },
            {
                "type": "group",
                "id": "third",
                "section": "only",
                "text": T,
                "items": [
                    {"type": "scale", "id": "inner", "text": T, "from": 0, "to": 3, "labels": {"0": T}},
                    {"type": "text", "id": "words", "text": T},
                ],
            },
        ],
        "scoring": {
            "thresholds": [{"level": "low", "min_score": 0}, {"level": "high", "min_score": 3}],
            "rules": [{"level": "critical", "when": {"op": "all", "of": [{"op": "score", "from": 4}]}}],
        },
        "coverage": {"max_unknown_count": 1},
        "reassess_after_hours": {"critical": 72, "high": 168, "moderate": 720, "low": 1440},
    }


def changed(*steps, value) -> dict:
    raw = copy.deepcopy(sound())
    target = raw
    for step in steps[:-1]:
        target = target[step]
    target[steps[-1]] = value
    return raw


def refusal(raw) -> dict[str, str]:
    """Problems by path. Refused within two seconds, whatever was sent."""
    start = time.monotonic()
    with pytest.raises(InvalidGrid) as refused:
        load_text(raw) if isinstance(raw, (str, bytes)) else load(raw)
    assert time.monotonic() - start < 2
    for problem in refused.value.problems:
        assert str(problem).encode(), "can be sent back"
        assert len(str(problem)) < 1000
    assert len(refused.value.problems) <= 201
    return {problem.path: problem.message for problem in refused.value.problems}


def test_the_ground_of_these_tests_is_sound():
    assert load(sound()).max_score == 4
    assert load_text(json.dumps(sound())) == load(sound())


def nested(depth: int) -> dict:
    tree = {"op": "is", "item": "first", "values": ["yes"]}
    for _ in range(depth - 1):
        tree = {"op": "not", "of": tree}
    return tree


def is_(item: str, *values) -> dict:
    return {"op": "is", "item": item, "values": list(values)}


FIRST = ("items", 0)
SECOND_IF = ("items", 1, "visible_if")
RULE = ("scoring", "rules", 0)
INNER = ("items", 2, "items", 0)
BANDS = (*INNER, "bands")


@pytest.mark.parametrize(
    ("steps", "value", "path", "message"),
    [
        # conditions
        (SECOND_IF, nested(6), "items[1].visible_if.of.of.of.of.of", "at most 5"),
        (SECOND_IF, nested(60), "items[1].visible_if" + ".of" * 13, "at most 16"),
        (SECOND_IF, is_("second", "a"), "items[1].visible_if.item", "“second” depends on itself"),
        (
            SECOND_IF,
            is_("inner", "unknown"),
            "items[1].visible_if.item",
            "on “inner”, which is written after",
        ),
        (SECOND_IF, is_("nowhere", "yes"), "items[1].visible_if.item", "no question “nowhere”"),
        (SECOND_IF, is_("third", "yes"), "items[1].visible_if.item", "is no question"),
        (SECOND_IF, is_("first", "a"), "items[1].visible_if.values[0]", "no answer to “first”"),
        (SECOND_IF, is_("first"), "items[1].visible_if.values", "at least 1"),
        (SECOND_IF, is_("first", True), "items[1].visible_if.values[0]", "valid string"),
        (SECOND_IF, {"op": "xor", "of": []}, "items[1].visible_if", "'xor'"),
        (SECOND_IF, {"of": []}, "items[1].visible_if", "'op'"),
        (SECOND_IF, {"op": "any", "of": []}, "items[1].visible_if.of", "at least 1"),
        (SECOND_IF, {"op": "any", "of": [{"op": "xor"}]}, "items[1].visible_if.of[0]", "'xor'"),
        (SECOND_IF, {"op": "some", "count": 2, "of": [is_("first", "yes")]}, "items[1].visible_if.count", "only 1"),
        (SECOND_IF, {"op": "some", "count": True, "of": [is_("first", "yes")]}, "items[1].visible_if.count", "integer"),
        (SECOND_IF, {"op": "from", "item": "first", "value": 1}, "items[1].visible_if.item", "no scale and no number"),
        (SECOND_IF, "first == 'yes'", "items[1].visible_if", ""),
        ((*INNER, "visible_if"), is_("words", "yes"), "items[2].items[0].visible_if.item", "which is written after"),
        (("items", 2, "visible_if"), is_("inner", "unknown"), "items[2].visible_if.item", "which is written after"),
        # rules only rise
        (
            ("scoring", "rules", 0, "when"),
            {"op": "not", "of": {"op": "score", "from": 1}},
            "scoring.rules[0].when",
            "'not'",
        ),
        ((*RULE, "when", "of", 0), is_("first", "no"), "scoring.rules[0].when.of[0]", "'is'"),
        ((*RULE, "when", "of", 0, "from"), 0, "scoring.rules[0].when.of[0].from", "greater than"),
        ((*RULE, "when", "of", 0, "from"), 5, "scoring.rules[0].when.of[0].from", "the most is 4"),
        ((*RULE, "level"), "low", "scoring.rules[0].level", "Input should be"),
        # codes that stand twice
        (("items", 1, "id"), "first", "items[1].id", "already used by another item"),
        (("items", 1, "options", 1, "id"), "a", "items[1].options[1].id", "already used by another option"),
        (("items", 1, "options", 1, "id"), "unknown", "items[1].options[1].id", "choose another id"),
        ((*INNER, "id"), "first", "items[2].items[0].id", "already used by another item"),
        ((*INNER, "id"), "third", "items[2].items[0].id", "already used by another item"),
        (("items", 2, "items", 1, "id"), "inner", "items[2].items[1].id", "already used by another item"),
        # groups in groups
        (INNER, {"type": "group", "id": "deep", "text": T, "items": []}, "items[2].items[0]", "'group'"),
        ((*INNER, "section"), "only", "items[2].items[0].section", "leave this out"),
        # values of another kind
        (("version",), True, "version", "valid integer"),
        (("version",), 1.0, "version", "valid integer"),
        (("version",), float("nan"), "version", "no number"),
        (("version",), float("inf"), "version", "no number"),
        (("version",), 10**400, "version", "too large"),
        ((*FIRST, "weight"), True, "items[0].weight", "valid integer"),
        ((*FIRST, "weight"), "3", "items[0].weight", "valid integer"),
        ((*FIRST, "weight"), -(2**70), "items[0].weight", "too large"),
        ((*FIRST, "weight"), 101, "items[0].weight", "less than or equal to 100"),
        ((*FIRST, "critical"), 1, "items[0].critical", "valid boolean"),
        ((*INNER, "from"), False, "items[2].items[0].from", "valid integer"),
        ((*INNER, "to"), 21, "items[2].items[0].to", "20 steps"),
        ((*INNER, "to"), 0, "items[2].items[0].to", "goes up"),
        ((*INNER, "labels"), {"9": T}, "items[2].items[0].labels.9", "from 0 to 3"),
        ((*INNER, "labels"), {"01": T}, "items[2].items[0].labels.01", "match pattern"),
        (
            BANDS,
            [{"from": 2, "weight": 2}, {"from": 2, "weight": 2}],
            "items[2].items[0].bands[1].from",
            "",
        ),
        (
            BANDS,
            [{"from": 1, "weight": 2}, {"from": 2, "weight": 1}],
            "items[2].items[0].bands[1].weight",
            "",
        ),
        (
            BANDS,
            [{"from": 1, "weight": 1, "critical": True}, {"from": 2, "weight": 1}],
            "items[2].items[0].bands[1].critical",
            "stays critical",
        ),
        (BANDS, [{"from": 4, "weight": 1}], "items[2].items[0].bands[0].from", "from 0 to 3"),
        (("reassess_after_hours", "low"), 10**12, "reassess_after_hours.low", "less than or equal to"),
        # texts
        ((*FIRST, "text", "fr"), "a\x00b", "items[0].text.fr", "cannot be stored"),
        ((*FIRST, "text", "fr"), "a\ud800b", "items[0].text.fr", "cannot be stored"),
        ((*FIRST, "text", "fr"), "x" * 4001, "items[0].text.fr", "at most 4000"),
        ((*FIRST, "text"), {}, "items[0].text", "at least one language"),
        ((*FIRST, "text"), "Texte", "items[0].text", "valid dictionary"),
        ((*FIRST, "text", "de"), "Text", "items[0].text.de", "Extra inputs"),
        (("items", 1, "options", 0, "text", "nl"), " ", "items[1].options[0].text.nl", "this translation is empty"),
        # where things stand
        (("side",), "victim", "side", "stand on the side: case"),
        (("leads_to",), "full-grid", "leads_to", "only a checklist"),
        ((*FIRST, "dimension"), "axis", "items[0].dimension", "no dimension “axis”"),
        ((*FIRST, "factor"), "astrology", "items[0].factor", "Input should be"),
        (("scoring", "method"), "divination", "scoring.method", "Input should be"),
        (("scoring", "method"), "judgement", "scoring.thresholds", "does not use this"),
        (("scoring", "method"), "dimensions", "scoring.dimensions", "needs dimensions"),
        (("scoring", "combine"), {"level": "critical", "count": 2, "at": "high"}, "scoring.combine", "does not use"),
    ],
)
def test_what_is_wrong_is_told_where_it_is(steps, value, path, message):
    problems = refusal(changed(*steps, value=value))
    assert path in problems
    assert message in problems[path]


def test_a_protective_answer_never_decides_which_risk_is_asked_about():
    raw = sound()
    raw["items"].insert(0, {"type": "yes_no", "id": "friend", "section": "only", "text": T, "protective": True})
    raw["items"][2]["visible_if"] = is_("friend", "no")
    assert "it never decides" in refusal(raw)["items[2].visible_if.item"]
    raw["items"][2]["visible_if"] = is_("first", "yes")
    raw["items"][3]["visible_if"] = is_("friend", "no")
    assert load(raw).question("words"), "nothing in this group counts"


# --- size ---


def test_a_million_items_are_refused_before_they_are_looked_at(monkeypatch):
    monkeypatch.setattr(GridDefinition, "model_validate", None)
    raw = sound()
    raw["items"] = raw["items"][:1] * 1_000_000
    assert "too many values" in refusal(raw)["items"]
    raw = sound()
    raw["items"][1]["options"] *= 100_000
    assert "too many values" in refusal(raw)["items[1].options"]


def test_a_document_is_measured_before_it_is_read(monkeypatch):
    monkeypatch.setattr(definition.reading.json, "loads", None)
    monkeypatch.setattr(definition.reading.yaml.SafeLoader, "get_single_data", None)
    for document in ("a: " + "x" * 600_000, "{" + " " * 600_000 + "}", b"\xc3\xa9" * 300_000, "é" * 300_000):
        assert "at most 512 KB" in refusal(document)[""]


def test_data_as_long_as_a_document_too_long_is_refused():
    raw = sound()
    raw["items"] *= 3
    for item in raw["items"]:
        item["help"] = {"fr": "x" * 200_000}
    assert "at most 512 KB" in refusal(raw)[""]


def test_a_thousand_problems_are_told_as_two_hundred():
    raw = sound() | {f"key_{number}": 1 for number in range(1000)}
    problems = refusal(raw)
    assert problems[""] == "800 more problems are not listed"


def test_what_contains_itself_is_refused():
    raw = sound()
    raw["items"][1]["visible_if"]["of"] = raw["items"][1]
    assert any("too deep" in message for message in refusal(raw).values())


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), 1 + 2j], ids=lambda value: type(value).__name__)
def test_what_is_no_plain_data_is_refused(value):
    assert "cannot be stored" in refusal(changed("items", 0, "text", value=value))["items[0].text"]


@pytest.mark.parametrize("value", [None, [], "words", 3, {}])
def test_what_is_no_grid_is_refused(value):
    assert refusal(value)


# --- documents ---


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        # JSON
        ('{"slug": "a", "slug": "b"}', "slug", "twice"),
        ('{"items": [{"text": {"fr": "a", "fr": "b"}}]}', "items[0].text.fr", "twice"),
        ('{"version": NaN}', "version", "no number"),
        ('{"items": [{"weight": -Infinity}]}', "items[0].weight", "no number"),
        ('{"version": 1e999}', "version", "no number"),
        ('{"version": ' + "9" * 4000 + "}", "version", "too large"),
        ('{"version": ' + "9" * 5000 + "}", "", "not readable JSON"),
        ('{"title": {"fr": "\\u0000"}}', "title.fr", "cannot be stored"),
        ('{"title": {"fr": "\\ud800"}}', "title.fr", "cannot be stored"),
        ('{"a\\ud800": 1}', "a?", "cannot be stored"),
        ("[" * 400_000, "", "too deep"),
        ('{"a":' * 80_000, "", "too deep"),
        ("[" + "0," * 250_000 + "0]", "", "too many values"),
        ('{"slug": "a"', "", "not readable JSON"),
        # YAML
        ("slug: &name a\ntitle: {fr: *name}", "slug", "anchors and aliases"),
        ("title:\n  fr: *name", "title.fr", "anchors and aliases"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "a", "anchors and aliases"),
        ("slug: !!str a", "slug", "tags"),
        ("items:\n- !!python/object/apply:os.system [ls]", "items[0]", "tags"),
        ("%TAG ! tag:example.org,2000:\n---\nslug: !a b", "slug", "tags"),
        ("slug: a\nslug: b", "slug", "twice"),
        ("items:\n- text:\n    fr: a\n    fr: b", "items[0].text.fr", "twice"),
        ("<<: {slug: a}", "<<", "Extra inputs"),
        ("version: .nan", "version", "no number"),
        ("version: -.inf", "version", "no number"),
        ("version: yes", "version", "valid integer"),
        ("version: true", "version", "valid integer"),
        ("version: 010", "version", "valid integer"),
        ("version: 1:30", "version", "valid integer"),
        ("version: " + "9" * 30, "version", "too large"),
        ('title: {fr: "\\0"}', "title.fr", "cannot be stored"),
        ('title: {fr: "\\ud800"}', "title.fr", "cannot be stored"),
        ("title: {fr: a\x00b}", "", "not readable YAML"),
        ("title: {fr: a\ud800b}", "", "not readable YAML"),
        ("- " * 200_000, "[0]" * 17, "too deep"),
        ("a: [" + "[" * 1000, "a" + "[0]" * 16, "too deep"),
        ("? [a]\n: b", "", "a key is a word"),
        ("items: [" + "a," * 200_000 + "a]", "items[39997]", "too many values"),
        ("a: 1\n---\nb: 2", "", "not readable YAML"),
        ("a: b: c", "", "not readable YAML"),
        ("# nothing\n" * 40_000, "", "a grid is a set of keys"),
        ('"' + "word\n" * 90_000, "", "not readable YAML"),
        (b"\xff\xfe{\x00", "", "UTF-8"),
        (b"", "", "a grid is a set of keys"),
    ],
)
def test_a_document_is_refused_where_it_is_wrong(document, path, message):
    problems = refusal(document)
    assert path in problems
    assert message in problems[path]


def test_yaml_words_stay_words():
    typed = yaml.safe_dump(json.loads(json.dumps(sound()))).replace("'yes'", "yes").replace("'0'", "0")
    assert "- yes\n" in typed
    assert " 0:\n" in typed
    assert load_text(typed) == load(sound()), "yes is an answer, 0 a key, as they are typed"


def test_json_alone_where_json_is_asked_for():
    with pytest.raises(InvalidGrid, match="not readable JSON"):
        load_json("slug: sound")
    assert load_json(b"\xef\xbb\xbf" + json.dumps(sound()).encode()) == load(sound())


def test_a_message_never_repeats_all_that_was_sent():
    problems = refusal(changed("items", 0, "type", value="x" * 100_000))
    assert problems["items[0]"].endswith("…")
    (path,) = set(refusal(sound() | {"y" * 100_000: 1}))
    assert len(path) <= 300
