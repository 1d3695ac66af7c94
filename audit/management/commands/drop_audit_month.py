from datetime import date, datetime

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from audit.models import Trail
from audit.retention import drop_month
from common.errors import RuleBroken

TRAILS = {"events": Trail.EVENTS, "changes": Trail.CHANGES}


def _month(value: str) -> date:
    return datetime.strptime(value, "%Y-%m").date()  # noqa: DTZ007 - a month, not a moment


class Command(BaseCommand):
    help = "Remove a whole past month of a trail, and leave its seals and a signed certificate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--trail", choices=TRAILS, required=True, help="who read and decided, or what changed")
        parser.add_argument("--month", type=_month, required=True, metavar="YYYY-MM", help="a month of UTC")
        parser.add_argument("--reason", required=True, help="on which ground; written in the certificate")

    def handle(self, *args, trail: str, month: date, reason: str, **options) -> None:
        try:
            with translation.override("en"):
                one = drop_month(trail=TRAILS[trail], month=month, reason=reason)
        except RuleBroken as broken:
            raise CommandError(str(broken)) from broken
        self.stdout.write(f"{trail} of {one.month:%Y-%m}: {one.rows} rows removed, certified at {one.dropped_at}.")
