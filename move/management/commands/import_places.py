from agencies.importing import import_places
from move.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import postal codes and places from a CSV file, all or nothing."
    run = staticmethod(import_places)
    OPTIONS = ("source", "licence")
