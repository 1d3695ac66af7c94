"""Grids nobody wrote by hand, of every item type and method, and answers to them, for hypothesis."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from riskassessment import conditions
from riskassessment.answers import Answer
from riskassessment.definition import GridDefinition, load
from riskassessment.items import Question
from riskassessment.scoring import is_critical, points

METHODS = ("weighted_sum", "count", "critical_rules", "dimensions", "judgement")
RAISED = ("moderate", "high", "critical")
SEVERE = {"low": 0, "moderate": 1, "high": 2, "critical": 3}
WEIGHTS = st.integers(0, 6)


def words(text: str) -> dict[str, str]:
    return {"fr": text, "en": text}


@st.composite
def _options(draw, multi: bool) -> list[dict[str, Any]]:
    options = [
        {"id": f"o{number}", "text": words("Option"), "weight": draw(WEIGHTS), "critical": draw(st.booleans())}
        for number in range(draw(st.integers(2, 4)))
    ]
    if multi and draw(st.booleans()):
        options.append({"id": "none", "text": words("None of these"), "exclusive": True})
    return options


@st.composite
def _bands(draw, least: int, greatest: int) -> list[dict[str, Any]]:
    starts = sorted(draw(st.sets(st.integers(least, greatest), max_size=3)))
    weights = sorted(draw(st.lists(WEIGHTS, min_size=len(starts), max_size=len(starts))))
    critical_from = draw(st.integers(0, 3))
    return [
        {"from": start, "weight": weight, "critical": number >= critical_from}
        for number, (start, weight) in enumerate(zip(starts, weights, strict=True))
    ]


@st.composite
def _question(draw, item_id: str) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(["yes_no", "yes_no", "protective", "single", "multi", "scale", "number", "date", "text"])
    )
    item: dict[str, Any] = {"type": kind, "id": item_id, "text": words("Question")}
    if kind == "yes_no":
        item |= {"weight": draw(WEIGHTS), "critical": draw(st.booleans())}
    elif kind == "protective":
        item |= {"type": "yes_no", "protective": True}
    elif kind in ("single", "multi"):
        item["options"] = draw(_options(kind == "multi"))
        most = sum(option.get("weight", 0) for option in item["options"])
        if kind == "multi" and most and draw(st.booleans()):
            item["most"] = draw(st.integers(1, most))
    elif kind == "scale":
        least = draw(st.integers(-3, 3))
        item |= {"from": least, "to": least + draw(st.integers(1, 10)), "labels": {str(least): words("Never")}}
        item["bands"] = draw(_bands(least, item["to"]))
    elif kind == "number":
        item |= {"min": 0, "max": 30} if draw(st.booleans()) else {}
        item["bands"] = draw(_bands(0, 30))
    if draw(st.booleans()):
        item["dimension"] = draw(st.sampled_from(["axis_a", "axis_b"]))
    return item


@st.composite
def _condition(draw, before: list[dict[str, Any]], depth: int = 1) -> dict[str, Any]:
    if depth < 3 and draw(st.integers(0, 3)) == 0:
        op = draw(st.sampled_from(["all", "any", "not", "some"]))
        if op == "not":
            return {"op": op, "of": draw(_condition(before, depth + 1))}
        of = draw(st.lists(_condition(before, depth + 1), min_size=1, max_size=3))
        return {"op": op, "of": of} | ({"count": draw(st.integers(1, len(of)))} if op == "some" else {})
    item = draw(st.sampled_from(before))
    if item["type"] in ("scale", "number"):
        least, greatest = item.get("from", item.get("min", 0)), item.get("to", item.get("max", 30))
        return {"op": "from", "item": item["id"], "value": draw(st.integers(least, greatest))}
    own = ["yes", "no"] if item["type"] == "yes_no" else [option["id"] for option in item["options"]]
    values = draw(st.sets(st.sampled_from([*own, "unknown", "not_asked"]), min_size=1, max_size=3))
    return {"op": "is", "item": item["id"], "values": sorted(values)}


def _gates(before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in before if item["type"] not in ("date", "text") and not item.get("protective")]


@st.composite
def _items(draw, conditional: bool) -> list[dict[str, Any]]:
    first = {"type": "yes_no", "id": "q0", "text": words("Question"), "weight": draw(st.integers(1, 6))}
    before, items = [first], [first | {"section": "one"}]

    def perhaps_hidden(item: dict[str, Any]) -> dict[str, Any]:
        if conditional and draw(st.integers(0, 2)) == 0:
            return item | {"visible_if": draw(_condition(_gates(before)))}
        return item

    for number in range(1, draw(st.integers(2, 8))):
        place = {"section": draw(st.sampled_from(["one", "two"]))}
        if draw(st.integers(0, 4)) == 0:
            group = perhaps_hidden({"type": "group", "id": f"g{number}", "text": words("Group"), "items": []} | place)
            for member in range(draw(st.integers(1, 3))):
                group["items"].append(perhaps_hidden(draw(_question(f"q{number}_{member}"))))
                before.append(group["items"][-1])
            items.append(group)
        else:
            items.append(perhaps_hidden(draw(_question(f"q{number}"))) | place)
            before.append(items[-1])
    return [*items, {"type": "info", "id": "end", "section": "two", "text": words("The end")}]


@st.composite
def _thresholds(draw, most: int) -> list[dict[str, Any]]:
    steps = sorted(draw(st.sets(st.integers(1, most), max_size=min(3, most)))) if most else []
    levels = sorted(
        draw(st.sets(st.sampled_from(RAISED), min_size=len(steps), max_size=len(steps))), key=SEVERE.__getitem__
    )
    return [{"level": level, "min_score": step} for level, step in zip(["low", *levels], [0, *steps], strict=True)]


@st.composite
def _rising(draw, grid: GridDefinition, most: int, depth: int = 1) -> dict[str, Any]:
    if depth < 3 and draw(st.booleans()):
        op = draw(st.sampled_from(["all", "any", "some"]))
        of = draw(st.lists(_rising(grid, most, depth + 1), min_size=1, max_size=3))
        return {"op": op, "of": of} | ({"count": draw(st.integers(1, len(of)))} if op == "some" else {})
    leaves = [{"op": "score", "from": draw(st.integers(1, most))}]
    if heavy := [item for item in grid.questions if item.most_points]:
        item = draw(st.sampled_from(heavy))
        leaves.append({"op": "points", "item": item.id, "from": draw(st.integers(1, item.most_points))})
    if grid.critical_questions:
        leaves.append({"op": "criticals", "from": draw(st.integers(1, len(grid.critical_questions)))})
    return draw(st.sampled_from(leaves))


@st.composite
def _scoring(draw, grid: GridDefinition, method: str) -> dict[str, Any]:
    """A rule for a grid that was read as judgement, where nothing needs one."""
    if method == "judgement":
        return {"method": method}
    counts = method == "count"
    most = sum(bool(item.most_points) if counts else item.most_points for item in grid.questions)
    found: dict[str, Any] = {"method": method}
    if method in ("weighted_sum", "count"):
        found["thresholds"] = draw(_thresholds(most))
    if method == "dimensions":
        found["dimensions"] = [
            {"dimension": axis, "thresholds": draw(_thresholds(grid.most(axis)))} for axis in ("axis_a", "axis_b")
        ]
        if draw(st.booleans()):
            found["combine"] = {"level": "critical", "count": 2, "at": draw(st.sampled_from(["moderate", "high"]))}
    rule = st.fixed_dictionaries({"level": st.sampled_from(RAISED), "when": _rising(grid, most)})
    found["rules"] = draw(st.lists(rule, min_size=method == "critical_rules", max_size=2))
    if critical := len(grid.critical_questions):
        found["critical_rule"] = {"any_yes": draw(st.sampled_from(RAISED))}
        if critical > 1 and draw(st.booleans()):
            found["critical_rule"]["critical_from"] = draw(st.integers(2, critical))
    return found


@st.composite
def raw_grids(draw, conditional: bool = True, method: str = "") -> dict[str, Any]:
    """A sound definition as plain data; without `conditional` every question is always shown."""
    raw = {
        "slug": "drawn",
        "version": 1,
        "kind": "scored",
        "demonstration": False,
        **{name: words(name) for name in ("title", "description", "provenance", "licence")},
        "sections": [
            {"id": "one", "title": words("One"), "dimension": "axis_a"},
            {"id": "two", "title": words("Two"), "dimension": "axis_b"},
        ],
        "dimensions": [{"id": axis, "title": words(axis)} for axis in ("axis_a", "axis_b")],
        "items": draw(_items(conditional)),
        "scoring": {"method": "judgement"},
        "reassess_after_hours": {"critical": 72, "high": 168, "moderate": 720, "low": 1440},
    }
    grid = load(raw)
    raw["scoring"] = draw(_scoring(grid, method or draw(st.sampled_from(METHODS))))
    raw["coverage"] = draw(
        st.one_of(
            st.builds(lambda percent: {"max_unknown_percent": percent}, st.integers(0, 99)),
            st.builds(lambda count: {"max_unknown_count": count}, st.integers(0, len(grid.scored_questions) - 1)),
        )
    )
    return raw


@st.composite
def grids(draw, **how: Any) -> GridDefinition:
    return load(draw(raw_grids(**how)))


def values(item: Question) -> st.SearchStrategy:
    """Everything that may be answered to a question."""
    reserved = st.sampled_from(["unknown", "not_asked"])
    if item.type == "yes_no":
        return st.sampled_from(["yes", "no", "unknown", "not_asked"])
    if item.type == "single":
        return st.one_of(st.sampled_from([option.id for option in item.options]), reserved)
    if item.type == "multi":
        alone = [[option.id] for option in item.options if option.exclusive]
        others = [option.id for option in item.options if not option.exclusive]
        some = st.sets(st.sampled_from(others), min_size=1).map(sorted)
        return st.one_of(some, *([st.sampled_from(alone)] if alone else []), reserved)
    if item.type in ("scale", "number"):
        return st.one_of(st.integers(max(item.least, -50), min(item.greatest, 50)), reserved)
    return st.just("2026-11-22") if item.type == "date" else st.just("In her own words")


def harmless(item: Question) -> list[Answer]:
    """Answers that say something and count for nothing ("no" and the like), where the question has any."""
    if item.type == "yes_no":
        found = [Answer("no")]
    elif item.type == "single":
        found = [Answer(option.id) for option in item.options]
    elif item.type == "multi":
        found = [Answer([option.id]) for option in item.options]
    elif item.type in ("scale", "number"):
        found = [Answer(value) for value in range(max(item.least, -5), min(item.greatest, 30) + 1)]
    else:
        found = []
    return [one for one in found if not points(item, one) and not is_critical(item, one)]


@st.composite
def answers_to(draw, grid: GridDefinition) -> dict[str, Answer]:
    """Answers to some of the questions."""
    return {item.id: Answer(draw(values(item))) for item in grid.questions if draw(st.integers(0, 3))}


@st.composite
def filled(draw, **how: Any) -> tuple[GridDefinition, dict[str, Answer]]:
    grid = draw(grids(**how))
    return grid, draw(answers_to(grid))


def gates(grid: GridDefinition) -> frozenset[str]:
    """Ids of the questions that decide whether something else is shown."""
    trees = [one.item.visible_if for one in grid.written() if one.item.visible_if is not None]
    return frozenset().union(*(conditions.items_in(tree) for tree in trees))


def without(answers: Mapping[str, Answer], *ids: str) -> dict[str, Answer]:
    return {item_id: answer for item_id, answer in answers.items() if item_id not in ids}
