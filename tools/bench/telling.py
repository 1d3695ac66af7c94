"""The tables of README and the bars that were missed, from what was measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import bars

Times = dict[str, float]  # milliseconds by "shape|label"


@dataclass
class Measured:
    """Everything of one run; `lists`, `searches` and their facts by number of cases."""

    lists: dict[int, Times] = field(default_factory=dict)
    list_facts: dict[int, dict[str, dict[str, int]]] = field(default_factory=dict)
    searches: dict[int, Times] = field(default_factory=dict)
    search_facts: dict[int, dict[str, int]] = field(default_factory=dict)
    saves: Times = field(default_factory=dict)
    writers: dict[str, float] = field(default_factory=dict)
    sealing: dict[str, float] = field(default_factory=dict)


def table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


def lists(found: Measured) -> str:
    """A table for each number of cases."""
    smallest = min(found.lists)
    parts = []
    for cases, times in found.lists.items():
        head = ("agency", "its cases", "list", "page 100", "with what is held", "grown", "list page", "case page")
        body = []
        for shape, facts in found.list_facts[cases].items():
            floor, deep = times[f"{shape}|floor"], times.get(f"{shape}|deep floor")
            body.append(
                (
                    shape,
                    f"{facts['cases']:,}",
                    f"{times[f'{shape}|list'] / floor:.1f} × floor",
                    f"{times[f'{shape}|deep list'] / deep:.1f} × floor" if deep else "–",
                    f"{times[f'{shape}|rows'] / floor:.1f} × floor",
                    f"× {grown(found, shape, cases):.2f}" if cases > smallest else "–",
                    f"{facts['list page']} queries, {times[f'{shape}|list page']:.0f} ms",
                    f"{facts['case page']} queries, {times[f'{shape}|case page']:.0f} ms",
                )
            )
        floors = ", ".join(f"{times[f'{shape}|floor']:.2f} ms" for shape in found.list_facts[cases])
        parts.append(f"List, {cases:,} cases (floors: {floors})\n\n{table(head, body)}")
    return "\n\n".join(parts)


def searches(found: Measured) -> str:
    """A table for each number of cases."""
    parts = []
    for cases, times in found.searches.items():
        head = ("agency", "words", "begun in all", "search", "beside the agency's own words", "whole page")
        body = [
            (
                *key.split("|"),
                f"{count:,}",
                f"{_ratio(times, key, 'search', 'floor'):.1f} × unprotected",
                f"{_ratio(times, key, 'search', 'own'):.1f} ×",
                f"{times[f'{key}|page']:.0f} ms",
            )
            for key, count in found.search_facts[cases].items()
        ]
        parts.append(f"Search, {cases:,} cases\n\n{table(head, body)}")
    return "\n\n".join(parts)


def audit(found: Measured) -> str:
    """What the audit costs: saves, writers, seals."""
    body = [(label, f"{ratio:.1f} × bare") for label, ratio in saves(found).items()]
    one, sealing = found.writers, found.sealing
    return (
        f"Saved under audit\n\n{table(('save', 'with its trace'), body)}\n\n"
        f"Sixteen writers keep {one['kept']:.2f} of {one['floor']:.0f} transactions a second while they are sealed"
        f" each second.\n{sealing['rows']:,.0f} rows: sealed in {sealing['seal']:.1f} s"
        f" ({sealing['seal'] / sealing['floor']:.1f} × one pass that hashes them), checked in {sealing['verify']:.1f} s"
        f" ({sealing['verify'] / sealing['floor']:.1f} ×)."
    )


def grown(found: Measured, shape: str, cases: int) -> float:
    """How many times itself the list of an agency takes, from the smallest number of cases."""
    return found.lists[cases][f"{shape}|list"] / found.lists[min(found.lists)][f"{shape}|list"]


def saves(found: Measured) -> dict[str, float]:
    labels = [key.removesuffix("|save") for key in found.saves if key.endswith("|save")]
    return {label: found.saves[f"{label}|save"] / found.saves[f"{label}|floor"] for label in labels}


def missed(found: Measured) -> list[str]:
    """The bars that were missed, in words."""
    checks: list[tuple[str, float, float]] = []  # what, what it takes, at most
    for cases, times in found.lists.items():
        for shape, facts in found.list_facts[cases].items():
            where = f"{cases:,} cases, {shape}"
            checks.append((f"{where}: list, times the floor", _ratio(times, shape, "list", "floor"), bars.LIST))
            beside = times[f"{shape}|list"] / times["median|list"]
            checks.append((f"{where}: list, times the median agency", beside, bars.LIST_BESIDE_MEDIAN))
            checks.append((f"{where}: list, times the fewer cases", grown(found, shape, cases), bars.LIST_GROWTH))
            checks.append((f"{where}: queries of the list page", facts["list page"], bars.LIST_QUERIES))
            checks.append((f"{where}: queries of a case page", facts["case page"], bars.CASE_QUERIES))
    for cases, times in found.searches.items():
        for key in found.search_facts[cases]:
            what = f"{cases:,} cases, {key.replace('|', ', ')}: search, times the unprotected one"
            checks.append((what, _ratio(times, key, "search", "floor"), bars.SEARCH))
    checks += [(f"{label}: times the bare save", ratio, bars.SAVE) for label, ratio in saves(found).items()]
    sealing: dict[str, Any] = found.sealing
    checks.append(("seconds to seal", sealing["seal"], bars.SEAL_SECONDS))
    checks.append(("seconds to check", sealing["verify"], bars.VERIFY_SECONDS))
    said = [f"{what}: {value:.2f} (at most {most})" for what, value, most in checks if value > most]
    kept = found.writers["kept"]
    if kept < bars.WRITERS_KEEP:
        said.append(f"sixteen writers keep {kept:.2f} of their throughput (at least {bars.WRITERS_KEEP})")
    return said


def _ratio(times: Times, key: str, label: str, floor: str) -> float:
    return times[f"{key}|{label}"] / times[f"{key}|{floor}"]
