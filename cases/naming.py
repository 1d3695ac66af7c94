"""Who wrote a row, as far as the acting agency may know which services take part.

What was written may be open to an agency that may not know whose it is: on his side, the name of a service, or of
somebody who works there, would say where she finds help.
"""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User

from .access import CaseAccess


def may_name(access: CaseAccess, row: Any) -> bool:
    """Whether the service that wrote a row may be named: one's own, or where the services may be known."""
    return access.knows_service(row.agency_id)


def service(access: CaseAccess, row: Any) -> str:
    """The short name of the service that wrote a row."""
    return row.agency.short_name if may_name(access, row) else _("another service")


def author(access: CaseAccess, row: Any, user: User, *, with_service: bool = True) -> str:
    """Who wrote a row, with their service."""
    if not may_name(access, row):
        return _("another service")
    return f"{user.full_name}, {row.agency.short_name}" if with_service else user.full_name
