from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases import namewords, sortkeys

COPIES = {"Sort keys": sortkeys, "Words of names": namewords}


class Command(BaseCommand):
    help = "Compare the copied sort keys of case lists and words of names with their source; exit 1 when some differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="rewrite the drifted ones")

    def handle(self, *args, repair: bool, **options) -> None:
        if repair:
            for name, copy in COPIES.items():
                self.stdout.write(f"{name}: {copy.repair()} repaired.")
            return
        counted = {name: copy.drifted() for name, copy in COPIES.items()}
        if any(counted.values()):
            found = ", ".join(f"{name.lower()}: {count} drifted" for name, count in counted.items() if count)
            raise CommandError(f"{found.capitalize()}. Repair them with --repair.")
        for name in COPIES:
            self.stdout.write(f"{name}: none has drifted.")
