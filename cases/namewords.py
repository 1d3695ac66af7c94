"""The words of the names that a search compares, set beside their source. See migration 0015 for what keeps them."""

from django.db import connection


def drifted() -> int:
    """Number of rows too many, missing or wrong in the table of words. 0 is healthy."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_drifted_words()")
        return cursor.fetchone()[0]


def repair() -> int:
    """Write the table again where it differs from the names and the participations; how many rows that took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_repair_words()")
        return cursor.fetchone()[0]
