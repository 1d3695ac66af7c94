"""One at a time: a lock on a name instead of a row, held until the end of the transaction."""

from django.db import connection


def lock(name: str) -> None:
    """Wait until no other transaction holds `name`, then hold it until the end of this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
