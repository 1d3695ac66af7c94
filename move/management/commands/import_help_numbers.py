from agencies.importing import import_help_numbers
from move.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import help numbers from a CSV file, all or nothing; what differs is a new version."
    run = staticmethod(import_help_numbers)
    OPTIONS = ()
