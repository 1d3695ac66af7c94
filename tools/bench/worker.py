"""Measures inside one database, as asked line by line (JSON): started by `__main__`, one process for each database.

["prepare", "listing"] answers its facts; ["round", "listing"] does everything of it once, in an order of chance, and
answers milliseconds by label; ["once", "sealing", {…}] measures the whole of it.
"""

import importlib
import json
import logging
import random
import sys
import time
from typing import Any

import django


def main() -> None:
    django.setup()
    logging.disable(logging.WARNING)  # a line per request is not what is measured
    measures: dict[str, Any] = {}
    numbers: dict[str, int] = {}
    for line in sys.stdin:
        verb, name, *arguments = json.loads(line)
        if verb == "once":
            answer = importlib.import_module(f"tools.bench.{name}").measure(**arguments[0])
        elif verb == "prepare":
            measures[name], numbers[name] = importlib.import_module(f"tools.bench.{name}").Measure(), 0
            answer = measures[name].facts
        else:
            answer = _round(measures[name].acts(numbers[name]))
            numbers[name] += 1
        print(json.dumps(answer), flush=True)


def _round(acts: dict[str, Any]) -> dict[str, float]:
    took = {}
    for label in random.sample(sorted(acts), len(acts)):
        started = time.perf_counter()
        acts[label]()
        took[label] = (time.perf_counter() - started) * 1000
    return took


if __name__ == "__main__":
    main()
