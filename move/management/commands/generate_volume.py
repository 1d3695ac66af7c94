import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies.models import Agency
from move.demo import volume


class Command(BaseCommand):
    help = "Write synthetic cases in numbers, to measure with. Owner only; never where real people are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cases", type=int, default=50_000, help="how many (default: 50,000)")
        parser.add_argument("--agencies", type=int, default=200, help="how many (at least 8; default: 200)")
        parser.add_argument("--force", action="store_true", help="also where DEBUG is off (throw-away engines)")

    def handle(self, *args, cases: int, agencies: int, force: bool, **options) -> None:
        if not (settings.DEBUG or force):
            raise CommandError("DEBUG is off: this may be a real service. --force on throw-away engines only.")
        if settings.DATABASE_ROLE != "owner":
            raise CommandError("This command works as the owner: start it with manage.py, DATABASE_OWNER_URL set.")
        if cases < 1 or agencies < 8:
            raise CommandError("At least one case and eight agencies.")
        if Agency.objects.filter(short_name=volume.BIG).exists():
            raise CommandError("The volume is already there: its agencies exist.")
        started = time.monotonic()
        volume.generate(cases=cases, agencies=agencies, say=self.stdout.write)
        self.stdout.write(f"{cases} cases for {agencies} agencies in {time.monotonic() - started:.1f} s.")
