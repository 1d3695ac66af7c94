"""A form sent twice writes once: the page names the row it makes, by its id or by a `request_key`."""

from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from .errors import RuleBroken

M = TypeVar("M", bound=Model)


def insert_once(row: M, *, mine: QuerySet[M]) -> tuple[M, bool]:
    """Insert `row`; (the row, whether it is new). Where another request was first, the one it made, found in `mine`.

    Services look in `mine` before they check anything; this is for two requests at the very same moment. Raises
    RuleBroken where the key is taken by a row that is not among `mine`.
    """
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if (already := mine.first()) is None:
            raise RuleBroken(_("This page is too old. Open a new one and copy your text into it.")) from None
        return already, False
    return row, True
