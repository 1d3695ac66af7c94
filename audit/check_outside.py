"""The seals against what has left the database: the file of roots, and what is on record of where they went."""

from datetime import timedelta
from itertools import islice

from django.db.models import Max

from common.acting import SystemContext, system_context
from common.clock import now

from . import anchors
from .findings import Finding, FindingKind
from .found import Found, runs
from .models import Anchor, Channel, Seal

UNSENT_AFTER = timedelta(hours=1)
AT_ONCE = 10_000  # lines of the file compared in one statement
ABSURD = 1_000_000  # more seals than anybody has lost: the number itself is false


def compare(found: Found, last: int) -> dict[str, int]:
    """Find what differs, up to the seal `last`; by channel, up to which seal the roots have left."""
    with system_context(SystemContext.SEALING):
        sent = dict(Anchor.objects.order_by().values_list("channel").annotate(upto=Max("upto_id")))
        filed = sent.get(Channel.FILE, 0)
        unsent = Seal.objects.filter(number__gt=filed, number__lte=last, taken_at__lt=now() - UNSENT_AFTER).aggregate(
            last=Max("number")
        )["last"]
        beyond = range(last + 1, min(max([last, *sent.values()]), last + ABSURD) + 1)
        new = Seal.objects.filter(number__gt=last).values_list("number", flat=True)
        found.seals_gone.update(dict.fromkeys(set(beyond) - set(new), 0))
    if unsent:
        found.add(Finding(FindingKind.NOT_SENT, seal=filed + 1, detail={"first": filed + 1, "last": unsent}))
    _file(found, min(filed, last + ABSURD))
    return sent


def _file(found: Found, upto: int) -> None:
    """Compare every line of the file with its seal; `upto` is the seal up to which it is on record as written."""
    seen = bytearray(upto + 1)
    replaced: set[int] = set()
    lines = anchors.in_file()
    try:
        while some := list(islice(lines, AT_ONCE)):
            for place, number, root, chain, rows, stands in _beside_seals(found, some):
                if 0 < number <= upto:
                    seen[number] = True
                if stands is None:
                    found.seals_gone[number] = rows
                elif stands != (root, chain) and number not in found.changed_seals and number not in replaced:
                    replaced.add(number)
                    found.add(Finding(FindingKind.SEAL_REPLACED, seal=number, detail={"line": place}))
    except OSError:
        if upto:
            found.add(Finding(FindingKind.FILE_MISSING, seal=upto, detail={"upto": upto}))
        return
    for first, last in runs(number for number in range(1, upto + 1) if not seen[number]):
        found.add(Finding(FindingKind.FILE_LACKS, seal=first, detail={"first": first, "last": last}))


def _beside_seals(
    found: Found, some: list[tuple[int, dict[str, object] | None]]
) -> list[tuple[int, int, str, str, int, tuple[str, str] | None]]:
    """Of each line: its place, number, root, chain and rows, and root and chain of its seal, None if that is gone."""
    told = []
    for place, line in some:
        if line is not None and "certificate" in line:
            continue
        try:
            told.append((place, int(line["number"]), str(line["root"]), str(line["chain"]), int(line["rows"])))
        except (KeyError, TypeError, ValueError):
            found.add(Finding(FindingKind.FILE_DAMAGED, detail={"line": place}))
    numbers = [number for _place, number, *_rest in told if 0 < number < 2**63]
    with system_context(SystemContext.SEALING):
        seals = Seal.objects.filter(number__in=numbers).values_list("number", "root", "chain")
        stand = {number: (bytes(root).hex(), bytes(chain).hex()) for number, root, chain in seals}
    return [(*line, stand.get(line[1])) for line in told]
