"""The application refuses to work as the owner of its tables or as a superuser: both would pass every lock."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

QUESTION = """
SELECT r.rolsuper OR r.rolbypassrls OR r.rolcreaterole
    OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace)
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
