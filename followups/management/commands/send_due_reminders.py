from django.core.management.base import BaseCommand

from followups.callbacks import remind
from followups.reminding import send_due_reminders


class Command(BaseCommand):
    help = "Write the notices of every follow-up whose time has come: what Celery beat asks for, once."

    def handle(self, *args, **options) -> None:
        self.stdout.write(f"Reminders sent: {send_due_reminders() + remind()}.")
