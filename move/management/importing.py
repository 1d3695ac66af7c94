"""What the commands that import have in common: a file, checked or saved whole, told line by line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override

from agencies.importing import Report
from common.acting import SystemContext, system_context
from common.errors import RuleBroken
from common.tables import LinesBroken


class ImportCommand(BaseCommand):
    """A command that imports one file in SystemContext.REFERENCE; `run` is the service."""

    run: Callable[..., Report]
    OPTIONS: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV file; docs/importing.md names its columns")
        parser.add_argument("--check", action="store_true", help="say what is wrong, and save nothing")
        for option in self.OPTIONS:
            parser.add_argument(f"--{option}", required=True)

    def handle(self, *args: Any, file: str, check: bool, **options: Any) -> None:
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from None
        given = {name: options[name] for name in self.OPTIONS}
        try:
            with system_context(SystemContext.REFERENCE), override("en"):
                report = type(self).run(by=None, content=content, save=not check, **given)
        except LinesBroken as broken:
            told = [
                f"line {each.line}{f', {each.column}' if each.column else ''}: {each.message}"
                for each in broken.problems
            ]
            raise CommandError("Nothing was saved.\n" + "\n".join(told)) from None
        except RuleBroken as broken:
            raise CommandError(f"Nothing was saved. {broken}") from None
        said = f"{report.added} new, {report.changed} changed, {report.same} as before."
        self.stdout.write(f"{'Checked, nothing saved' if check else 'Saved'}: {said}")
        if report.unread:
            self.stdout.write(f"Columns that were not read: {', '.join(report.unread)}.")
