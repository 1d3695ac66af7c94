from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases import sortkeys


class Command(BaseCommand):
    help = "Compare the copied sort keys of case lists with their source; exit 1 when some have drifted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="rewrite the drifted ones")

    def handle(self, *args, repair: bool, **options) -> None:
        if repair:
            self.stdout.write(f"Sort keys: {sortkeys.repair()} repaired.")
            return
        if drifted := sortkeys.drifted():
            raise CommandError(f"Sort keys: {drifted} drifted. Repair them with --repair.")
        self.stdout.write("Sort keys: none has drifted.")
