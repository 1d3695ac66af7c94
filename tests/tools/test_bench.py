"""The bench runs from end to end on few cases; its bars say what was missed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.bench import bars, telling

ROOT = Path(__file__).resolve().parent.parent.parent


def measured(**changed) -> telling.Measured:
    """One size, one agency, everything at twice its floor."""
    lists = {"median|floor": 1.0, "median|list": 2.0, "median|rows": 2.5, "median|list page": 20.0} | {
        "median|case page": 30.0
    }
    found = telling.Measured(
        lists={100: lists, 1000: lists | {"median|list": 2.2, "median|deep floor": 1.0, "median|deep list": 2.0}},
        list_facts={cases: {"median": {"cases": cases, "list page": 8, "case page": 15}} for cases in (100, 1000)},
        searches={
            100: {"median|rare|floor": 1.0, "median|rare|own": 1.0, "median|rare|search": 2.0, "median|rare|page": 9.0}
        },
        search_facts={100: {"median|rare": 3}},
        saves={"note written|floor": 1.0, "note written|save": 2.0},
        writers={"floor": 1000.0, "kept": 0.95},
        sealing={"rows": 100_000, "floor": 1.0, "seal": 2.0, "verify": 2.0},
    )
    for name, value in changed.items():
        setattr(found, name, value)
    return found


def test_a_run_that_keeps_every_bar_misses_none():
    found = measured()
    assert telling.missed(found) == []
    told = telling.lists(found) + telling.searches(found) + telling.audit(found)
    assert "| median | 1,000 | 2.2 × floor | 2.0 × floor | 2.5 × floor | × 1.10 |" in told
    assert "| median | rare | 3 | 2.0 × unprotected |" in told and "note written | 2.0 × bare" in told
    assert "keep 0.95 of 1000 transactions" in told and "100,000 rows: sealed in 2.0 s" in told


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"lists": {100: measured().lists[100] | {"median|floor": 0.2}}}, "list, times the floor: 10.00 (at most 8.0)"),
        (
            {"lists": measured().lists | {1000: measured().lists[100] | {"median|list": 2.7}}},
            "1,000 cases, median: list, times the fewer cases: 1.35 (at most 1.3)",
        ),
        ({"list_facts": {100: {"median": {"cases": 1, "list page": 9, "case page": 15}}}}, "queries of the list page"),
        ({"searches": {100: measured().searches[100] | {"median|rare|search": 3.1}}}, "search, times the unprotected"),
        ({"saves": {"note written|floor": 1.0, "note written|save": 2.6}}, "note written: times the bare save: 2.60"),
        ({"writers": {"floor": 1000.0, "kept": 0.89}}, "keep 0.89 of their throughput (at least 0.9)"),
        ({"sealing": measured().sealing | {"verify": bars.VERIFY_SECONDS + 1}}, "seconds to check"),
    ],
)
def test_each_bar_is_told_when_missed(changed, words):
    found = measured(**changed)
    found.lists = {cases: times for cases, times in found.lists.items() if cases in found.list_facts}
    [sentence] = telling.missed(found)
    assert words in sentence


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_whole_on_few_cases():
    """What it measures means nothing on so few and beside other tests: that it ends, with all its tables, does."""
    command = [sys.executable, "-m", "tools.bench", "--cases", "1500", "3000", "--agencies", "24", "--repeat", "8"]
    run = subprocess.run(
        [*command, "--rows", "2000", "--seconds", "1"], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert run.returncode in (0, 1), run.stderr
    assert "List, 3,000 cases" in run.stdout and "Search, 1,500 cases" in run.stdout
    assert "Sixteen writers keep" in run.stdout and "2,000 rows: sealed in" in run.stdout
    assert ("missed: " in run.stdout) is (run.returncode == 1)
