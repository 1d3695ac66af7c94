"""Sixteen writers of audited work, in turns without sealing and while what they write is sealed each second.

Each transaction says who acts, writes an event of the audit, works for 5 ms, changes a row and commits. In the product
sealing comes once a minute.
"""

import json
import subprocess
import sys
import time

from agencies.models import Membership
from audit import anchors
from audit.sealing import seal
from audit.services import INSERT

from .databases import ROOT
from .shapes import SETTINGS

PROCESSES, IN_EACH = 4, 4
EVERY = 1.0  # seconds between two seals


def measure(*, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Transactions committed in a second, round by round: `floor` without sealing, `sealed` with it."""
    members = list(Membership.objects.select_related("agency").order_by("agency_id", "pk")[: PROCESSES * IN_EACH])
    everybody = [
        {"user": str(found.user_id), "agency": str(found.agency_id), "group": str(found.agency.group_id)}
        for found in members
    ]
    processes = []
    found: dict[str, list[float]] = {"floor": [], "sealed": []}
    try:
        for number in range(PROCESSES):
            process = subprocess.Popen(
                [sys.executable, "-m", "tools.bench.writer"], cwd=ROOT, text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            processes.append(process)
            asked = {"settings": SETTINGS, "insert": INSERT, "who": everybody[number::PROCESSES]}
            process.stdin.write(json.dumps(asked) + "\n")
        _round(processes, 1.0, sealing=False)  # warms up
        for number in range(rounds):
            for label in sorted(found, reverse=number % 2 == 1):
                seal()  # what the round before left is not this one's
                found[label].append(_round(processes, seconds, sealing=label == "sealed"))
    finally:
        for process in processes:
            process.stdin.close()
            process.wait()
    return found


def _round(processes: list[subprocess.Popen], seconds: float, *, sealing: bool) -> float:
    started = time.monotonic()
    for process in processes:
        process.stdin.write(f"{seconds}\n")
    sealed = 0
    while sealing and time.monotonic() < started + seconds - EVERY / 2:
        time.sleep(EVERY)
        sealed += sum(one.rows for one in seal())
        anchors.send()
    done = sum(int(process.stdout.readline()) for process in processes)
    if sealing and not sealed:
        raise SystemExit("nothing was sealed while the writers wrote")
    return done / (time.monotonic() - started)
