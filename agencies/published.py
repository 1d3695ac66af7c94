"""What is published by version, in whatever table: the latest is in force, and none ever changes."""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from audit.models import Action
from audit.services import record
from common.errors import StaleVersion, text_problem
from common.locks import lock

M = TypeVar("M", bound=Model)
LONGEST_PROVENANCE = 2000


def provenance_errors(provenance: str) -> dict[str, list[str]]:
    """What is wrong with where the words are said to come from, by field."""
    problem = text_problem(provenance, most=LONGEST_PROVENANCE, missing=_("Say where these words come from."))
    return {"provenance": [problem]} if problem else {}


def still_latest(versions: QuerySet[M], *, after: int) -> M | None:
    """The latest one, until the end of the transaction. Raises StaleVersion unless it is number `after`, 0 for none."""
    lock(f"publish {versions.model._meta.label}")
    found = versions.order_by("-version").first()
    standing = found.version if found else 0
    if after != standing:
        raise StaleVersion(_("Somebody else has published a version meanwhile."), version=standing)
    return found


def publish(row: M, *, among: QuerySet[M], after: int, changed: Sequence[str]) -> M:
    """Insert `row` behind the version `after`, the latest one `among` those of the same thing; on record by the names
    of what `changed`. Raises StaleVersion when another one was published meanwhile.
    """
    still_latest(among, after=after)
    row.version = after + 1
    row.save(force_insert=True)
    record(action=Action.DECIDED, object_kind=row._meta.label, object_id=row.pk, fields=list(changed))
    return row
