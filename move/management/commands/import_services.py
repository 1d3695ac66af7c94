from agencies.importing_services import import_services
from move.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import services that work without an account, with what they offer, from a CSV file, all or nothing."
    run = staticmethod(import_services)
    OPTIONS = ("source",)
