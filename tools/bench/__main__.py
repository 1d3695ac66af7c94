"""The performance table of README, measured now: `make bench` (ARGS="--cases 50000 --repeat 60")."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any

from . import telling
from .databases import ROOT, environment, filled, version


class Worker:
    """A process that measures inside one database."""

    def __init__(self, database: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.worker"], cwd=ROOT, env=environment(database), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, *asked: Any) -> Any:
        self.process.stdin.write(json.dumps(asked) + "\n")
        if not (answer := self.process.stdout.readline()):
            raise SystemExit(f"the measuring of {asked[:2]} ended (code {self.process.wait()})")
        return json.loads(answer)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def in_turns(workers: dict[int, Worker], name: str, repeat: int) -> tuple[dict[int, Any], dict[int, telling.Times]]:
    """Facts and milliseconds, round after round in all databases, so that what else the machine does is shared.

    The fastest tenth is kept: other work only ever adds, and more to what takes long.
    """
    facts = {cases: worker.ask("prepare", name) for cases, worker in workers.items()}
    times: dict[int, dict[str, list[float]]] = {cases: {} for cases in workers}
    for number in range(repeat + 4):
        turns = list(workers.items())
        for cases, worker in turns if number % 2 else reversed(turns):
            for label, took in worker.ask("round", name).items():
                if number >= 4:  # the first rounds warm up
                    times[cases].setdefault(label, []).append(took)
    return facts, {
        cases: {label: quantiles(found, n=10, method="inclusive")[0] for label, found in by_label.items()}
        for cases, by_label in times.items()
    }


def measure(databases: dict[int, str], *, repeat: int, rows: int, seconds: float) -> telling.Measured:
    found = telling.Measured()
    workers = {cases: Worker(database) for cases, database in databases.items()}
    try:
        found.list_facts, found.lists = in_turns(workers, "listing", repeat)
        print(f"\n{telling.lists(found)}", flush=True)
        found.search_facts, found.searches = in_turns(workers, "searching", repeat)
        print(f"\n{telling.searches(found)}", flush=True)
        smallest = min(workers)
        _facts, saves = in_turns({smallest: workers[smallest]}, "saving", repeat)
        found.saves = saves[smallest]
        found.sealing = workers[smallest].ask("once", "sealing", {"rows": rows})
        writers = workers[smallest].ask("once", "writers", {"rounds": 6, "seconds": seconds})
        pairs = zip(writers["sealed"], writers["floor"], strict=True)  # measured one after the other
        found.writers = {"floor": median(writers["floor"]), "kept": median(sealed / floor for sealed, floor in pairs)}
        print(f"\n{telling.audit(found)}", flush=True)
    finally:
        for worker in workers.values():
            worker.close()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[50_000, 500_000], help="one number or several")
    parser.add_argument("--agencies", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=60, help="rounds (at least 8); the fastest tenth is kept")
    parser.add_argument("--rows", type=int, default=100_000, help="of the audit, sealed and checked")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round of the sixteen writers")
    options = parser.parse_args(arguments)
    if options.repeat < 8:
        parser.error("--repeat: at least 8 rounds")
    with filled(sorted(set(options.cases)), options.agencies) as databases:
        found = measure(databases, repeat=options.repeat, rows=options.rows, seconds=options.seconds)
    print(f"\nPostgreSQL {version()}, the fastest tenth of {options.repeat} rounds")
    for sentence in (problems := telling.missed(found)):
        print(f"missed: {sentence}")
    if not problems:
        print("Every bar is kept.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
