import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test.utils import override_settings
from django.utils.translation import override

from accounts.models import User
from agencies.models import Membership
from common.clock import now
from followups.reminding import send_due_reminders
from move.demo.district import PASSWORD, District
from notifications.tasks import send_waiting_mail

NOWHERE = "django.core.mail.backends.dummy.EmailBackend"


class Command(BaseCommand):
    help = "Fill an empty database with a fictional district, through the services; print its accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="leave a database that has users as it is")

    def handle(self, *args, if_empty: bool, **options) -> None:
        if not settings.DEBUG:
            raise CommandError("DEBUG is off: demonstration accounts share a public password and never go there.")
        if not User.objects.exists():
            started = time.monotonic()
            try:
                District(start=now()).build()
            except LookupError as error:  # sharing defaults and policies are looked up
                raise CommandError(f"Reference data is missing: {error}.") from None
            # what would have gone out in those weeks goes nowhere; the notices stay
            with override_settings(EMAIL_BACKEND=NOWHERE):
                send_due_reminders()
                send_waiting_mail()
            self.stderr.write(f"Demonstration data written in {time.monotonic() - started:.0f} s.")
        elif not if_empty:
            raise CommandError("There are users already: the demonstration data goes into an empty database only.")
        self.stdout.write(accounts())


def accounts() -> str:
    """The demonstration accounts of this database as a table; empty where there are none."""
    members = (
        Membership.objects.live()
        .filter(user__email__endswith=".example")
        .select_related("user", "agency")
        .order_by("agency_id", "pk")  # both grow with time
    )
    with override("en"):  # the language of the console
        rows = [(str(member.get_role_display()), member.agency.short_name, member.user.email) for member in members]
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"  {role:<{widths[0]}}  {agency:<{widths[1]}}  {email}" for role, agency, email in rows]
    return "\n".join([f"Demonstration accounts (fictional people, password {PASSWORD}):", *lines])
