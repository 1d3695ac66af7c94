import time

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from audit.findings import Finding, Result, said
from audit.models import Channel, Trail
from audit.verifying import verify


class Command(BaseCommand):
    help = "Check both trails against their seals. Exit 0 when all stands, 1 with findings, 2 when it could not run."

    def handle(self, *args, **options) -> None:
        started = time.monotonic()
        with translation.override("en"):
            try:
                result = verify()
            except Exception as error:
                raise CommandError(f"The check could not run: {error!r}", returncode=2) from error
            for finding in result.findings:
                self.stdout.write(_line(finding))
            self._sum(result, time.monotonic() - started)
        if result.found:
            raise CommandError(f"{result.found} found.", returncode=1)

    def _sum(self, result: Result, seconds: float) -> None:
        if result.found > len(result.findings):
            self.stdout.write(f"… and {result.found - len(result.findings)} more.")
        for month in result.dropped:
            self.stdout.write(
                f"Removed by retention: {_trail(month.trail)}, {month.month:%Y-%m}, {month.rows} rows,"
                f" on {said(month.dropped_at)}: {month.reason}"
            )
        self.stdout.write(f"{result.rows} rows in {result.seals} seals checked in {seconds:.1f} s.")
        waiting = f", the oldest of {said(result.oldest)}" if result.oldest else ""
        self.stdout.write(f"{result.waiting} rows wait to be sealed{waiting}.")
        if result.seals:
            self.stdout.write(f"Last root, of seal {result.upto_number}: {result.root}")
        for channel, label in Channel.choices:
            where = f"up to seal {result.sent[channel]}" if channel in result.sent else "none"
            self.stdout.write(f"Roots sent by {label}: {where}.")


def _line(finding: Finding) -> str:
    """One finding, on one line."""
    where = [
        str(finding.kind.label),
        _trail(finding.trail) if finding.trail else "",
        str(finding.row or ""),
        said(finding.at) if finding.at else "",
        f"seal {finding.seal}" if finding.seal else "",
    ]
    return f"{' · '.join(part for part in where if part)}: {finding.words()}"


def _trail(number: int) -> str:
    return str(Trail(number).label) if number in Trail.values else str(number)
