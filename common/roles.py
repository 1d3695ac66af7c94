"""The application refuses to work as the owner of its tables or as a superuser: both would pass every lock."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# Owning, or being able to become who owns, is the same thing here.
QUESTION = """
SELECT r.rolsuper OR r.rolbypassrls OR r.rolcreaterole
    OR EXISTS (SELECT 1 FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
    OR EXISTS (SELECT 1 FROM pg_database d
        WHERE d.datname = current_database() AND pg_has_role(r.oid, d.datdba, 'MEMBER'))
FROM pg_roles r WHERE r.rolname = current_user
"""


def refuse_powerful_role(sender, connection, **kwargs) -> None:
    """On each new connection: stop when the role could pass the second lock (owner commands excepted)."""
    if connection.vendor != "postgresql" or settings.DATABASE_ROLE == "owner":
        return
    with connection.connection.cursor() as cursor:
        powerful = cursor.execute(QUESTION).fetchone()[0]
    if powerful:
        connection.close()
        raise ImproperlyConfigured(
            "DATABASE_URL names a role that owns tables or passes row-level security. Serve with the `app` role;"
            " the owner is for DATABASE_OWNER_URL."
        )


def refuse_to_serve_as_owner(**kwargs) -> None:
    """Stop a server, a worker or beat that was told to use the owner's role: that is for some commands of manage.py."""
    if settings.DATABASE_ROLE == "owner":
        raise SystemExit("MOVE_DATABASE_ROLE=owner is for manage.py's own commands. Serve without it.")
