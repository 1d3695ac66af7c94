"""The grids published before the language grew: what was filled in under them reads as it was signed."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest

from riskassessment.answers import Answer
from riskassessment.definition import content_hash, load, load_json, to_raw
from riskassessment.scoring import score

PUBLISHED = Path(__file__).parent / "published"

# Answers for 300 filled-in grids, some nearly all no, some mixed.
LIKELY: list[list[str]] = [
    ["yes", "no", "unknown", "not_asked", ""],
    ["yes", *["no"] * 9, "unknown"],
    ["yes", "no", "no"],
    [*["no"] * 6, "unknown", ""],
]


def _pick(number: int, item_id: str) -> str:
    drawn = int.from_bytes(hashlib.sha256(f"{number} {item_id}".encode()).digest()[:4])
    choices = LIKELY[number % len(LIKELY)]
    return choices[drawn % len(choices)]


# Taken with the code that published version 1: the hash of the content, and that of the outcomes of 300 answer sets.
GOLDEN = [
    (
        "counter-checklist-1",
        "6a307235582b99d62c0d405990f798c0cb4ee197fc16e9b5f6cfc713d56bcf3a",
        "caf1fdaa22c12d86bd4048234d97e6b9d26954e08df33a04ed37271c9132b7d1",
    ),
    (
        "police-demonstration-1",
        "443dfa4eaa7ef36913dedca386edc31d2e13e4d1178f94eef9345c910cc30845",
        "292e4aef8b9defa55a2ea3e461df59f88ca4ed71abb1b921de2204d318db87cf",
    ),
]


@pytest.mark.parametrize(("name", "content", "outcomes"), GOLDEN)
def test_version_one_keeps_its_hash_and_its_outcomes(name, content, outcomes):
    raw = json.loads((PUBLISHED / f"{name}.json").read_bytes())
    grid = load(raw, published=True)
    assert content_hash(grid) == content
    assert to_raw(grid) == raw
    lines = []
    for number in range(300):
        answers = {item.id: value for item in grid.questions if (value := _pick(number, item.id))}
        outcome = asdict(score(grid, {item_id: Answer(value) for item_id, value in answers.items()}))
        added = {name: outcome.pop(name) for name in ("dimensions", "method", "not_applicable")}
        assert added == {"dimensions": (), "method": "weighted_sum", "not_applicable": ()}
        lines.append(json.dumps([answers, outcome], sort_keys=True))
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == outcomes


@pytest.mark.parametrize(
    ("yes", "unknown", "level", "points"),
    [
        (["separation_recent", "separation_refused"], [], "moderate", 5),
        (["strangulation"], [], "high", 4),
        (["strangulation", "death_threats"], [], "critical", 8),
        (["antecedents"], ["escalation", "stalking", "substances", "sexual_violence", "daily_control"], "low", 2),
        ([], ["escalation", "stalking", "substances", "sexual_violence", "daily_control", "antecedents"], None, 0),
    ],
)
def test_some_of_them_by_hand(yes, unknown, level, points):
    grid = load_json((PUBLISHED / "police-demonstration-1.json").read_bytes(), published=True)
    answers = {item.id: Answer("no") for item in grid.questions}
    answers |= dict.fromkeys(yes, Answer("yes")) | dict.fromkeys(unknown, Answer("unknown"))
    outcome = score(grid, answers)
    assert (outcome.level, outcome.score) == (level or "insufficient", points)
