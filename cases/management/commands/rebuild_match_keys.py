from django.core.management.base import BaseCommand

from cases.matching import rebuild


class Command(BaseCommand):
    help = "Write the blind index again: after a new MATCHING_KEY, or once MATCHING_ENABLED is on (off: empties it)."

    def handle(self, *args, **options) -> None:
        self.stdout.write(f"Digests written: {rebuild()}.")
