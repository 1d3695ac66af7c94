"""Pages by position in the order, not by number: the last page costs the same, writes shift none.

A cursor is the key values of the row at the edge of a page, signed. Walking in one direction never shows a
row twice unless its own keys moved. There is no count; `bounded_count` says "1000+".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from common.fields import DecryptionError, decrypt, encrypt

Row = TypeVar("Row")

# Which rows a cursor asks for, seen from its position. "from" and "until" include the position itself: they
# lead back from a page that turned out empty because its rows went elsewhere meanwhile.
Side = Literal["after", "before", "from", "until"]
_SIDES = ("after", "before", "from", "until")
_LONGEST_CURSOR = 2000


class BadCursor(ValueError):
    """The cursor was not made by this list: forged, cut, or from before a change of its order."""


@dataclass(frozen=True)
class Key:
    """One column of the order, never NULL: a field or a path through foreign keys ("case__opened_at")."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """`items` in the list's order; a cursor is None where nothing lies in its direction.

    A page may be empty though a cursor led to it (its rows moved meanwhile): its other cursor leads back.
    """

    items: list[Row]
    next_cursor: str | None
    previous_cursor: str | None


@dataclass(frozen=True)
class BoundedCount:
    """`value` rows, or more than that."""

    value: int
    more: bool

    def __str__(self) -> str:
        return f"{self.value}+" if self.more else str(self.value)


def paginate(
    queryset: QuerySet[Any], *, keys: tuple[Key, ...], cursor: str | None, per_page: int = 25
) -> KeysetPage[Any]:
    """One page of `queryset` (models or dicts) in the order of `keys`, in one query.

    The keys together must be unique, so the last is the primary key or its like. Their values are int, str,
    UUID or aware datetime. Raises BadCursor; ValueError for keys or values outside of that.
    """
    return paginate_together([queryset], keys=keys, cursor=cursor, per_page=per_page)


def paginate_together(
    querysets: Sequence[QuerySet[Any]], *, keys: tuple[Key, ...], cursor: str | None, per_page: int = 25
) -> KeysetPage[Any]:
    """One page of several querysets as if they were one, in one query each; all have the columns of `keys`.

    Otherwise as `paginate`, except that several querysets have no text among their keys: Python orders it otherwise
    than the database.
    """
    if not keys or per_page < 1:
        raise ValueError("A page needs at least one key and one row.")
    side, position = _decode(cursor, keys) if cursor else ("from", None)
    backwards = side in ("before", "until")
    found: list[Any] = []
    for queryset in querysets:
        rows = queryset.order_by(*(_ordering(key, backwards) for key in keys))
        if position is not None:
            rows = rows.filter(_beyond(keys, position, backwards=backwards, inclusive=side in ("from", "until")))
        found.extend(rows[: per_page + 1])
    if len(querysets) > 1:
        for key in reversed(keys):  # a stable sort by the last key first
            found.sort(key=lambda row, name=key.name: _value(row, name), reverse=key.descending != backwards)
    more, items = len(found) > per_page, found[:per_page]
    if backwards:
        items.reverse()

    def edge(to: Side, row: Any) -> str:
        return _encode(to, keys, [_value(row, key.name) for key in keys])

    if not items:
        return KeysetPage(
            items=[],
            next_cursor=_encode("from", keys, position) if position and backwards else None,
            previous_cursor=_encode("until", keys, position) if position and not backwards else None,
        )
    # Something lies behind us when we came from there; "from" and "until" start at the edge of an empty page.
    has_next = side == "before" if backwards else more
    has_previous = more if backwards else side == "after"
    return KeysetPage(
        items=items,
        next_cursor=edge("after", items[-1]) if has_next else None,
        previous_cursor=edge("before", items[0]) if has_previous else None,
    )


def cursor_beside(row: Any, *, keys: tuple[Key, ...], side: Literal["after", "before"]) -> str:
    """The cursor of the page that ends just before `row`, or begins just after it, in the order of `keys`."""
    return _encode(side, keys, [_value(row, key.name) for key in keys])


def page_or_first(paginated: Callable[[str | None], KeysetPage[Any]], cursor: str | None) -> KeysetPage[Any]:
    """`paginated(cursor)`, from the first page when the cursor of the address is not one of ours any more."""
    try:
        return paginated(cursor or None)
    except BadCursor:
        return paginated(None)


def bounded_count(queryset: QuerySet[Any], limit: int = 1000) -> BoundedCount:
    """How many rows, counted no further than `limit`."""
    seen = queryset.order_by()[: limit + 1].count()
    return BoundedCount(value=min(seen, limit), more=seen > limit)


def _ordering(key: Key, backwards: bool) -> str:
    return f"-{key.name}" if key.descending != backwards else key.name


def _beyond(keys: Sequence[Key], values: Sequence[Any], *, backwards: bool, inclusive: bool) -> Q:
    """`k1 >= v1 AND (k1 > v1 OR (k1 = v1 AND …))`: the first comparison is for the index."""
    (key, *other_keys), (value, *other_values) = keys, values
    comparison = "lt" if key.descending != backwards else "gt"
    strictly, at_least = Q((f"{key.name}__{comparison}", value)), Q((f"{key.name}__{comparison}e", value))
    if not other_keys:
        return at_least if inclusive else strictly
    further = _beyond(other_keys, other_values, backwards=backwards, inclusive=inclusive)
    return at_least & (strictly | (Q((key.name, value)) & further))


def _value(row: Any, path: str) -> Any:
    if isinstance(row, dict):
        return row[path]
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _signer(keys: Sequence[Key]) -> signing.Signer:
    order = ",".join(_ordering(key, backwards=False) for key in keys)
    return signing.Signer(salt=f"common.pagination:{order}")


def _encode(side: Side, keys: Sequence[Key], values: Sequence[Any]) -> str:
    return _signer(keys).sign_object([side, *(_pack(value) for value in values)])


def _decode(cursor: str, keys: Sequence[Key]) -> tuple[Side, list[Any]]:
    if len(cursor) > _LONGEST_CURSOR:
        raise BadCursor("The cursor is too long.")
    try:
        side, *packed = _signer(keys).unsign_object(cursor)
        values = [_unpack(kind, text) for kind, text in packed]
    except (signing.BadSignature, DecryptionError, ValueError, TypeError):
        raise BadCursor("The cursor does not belong to this list.") from None
    if side not in _SIDES or len(values) != len(keys):
        raise BadCursor("The cursor does not belong to this list.")
    return side, values


def _pack(value: Any) -> tuple[str, str]:
    if isinstance(value, int):
        return "i", str(int(value))
    if isinstance(value, UUID):
        return "u", value.hex
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return "d", value.isoformat()
    if isinstance(value, str):
        # A cursor stands in an address, and the text may be a name: signed is not enough.
        return "s", encrypt(str(value))
    raise ValueError(f"A {type(value).__name__} cannot be a key of a page.")


def _unpack(kind: str, text: str) -> Any:
    match kind:
        case "i":
            return int(text)
        case "u":
            return UUID(text)
        case "d":
            return datetime.fromisoformat(text)
        case "s":
            return decrypt(text)
    raise ValueError("Unknown kind of key.")


class KeysetPagination(BasePagination):
    """DRF paginator: subclass it with the `keys` of the list.

    Answers {"next": link | null, "previous": link | null, "results": [...]}; a bad cursor 400 under "cursor".
    """

    keys: tuple[Key, ...] = ()
    page_size = 25
    cursor_query_param = "cursor"

    def paginate_queryset(self, queryset: QuerySet[Any], request: Any, view: Any = None) -> list[Any]:
        cursor = request.query_params.get(self.cursor_query_param) or None
        try:
            self.page = paginate(queryset, keys=self.keys, cursor=cursor, per_page=self.page_size)
        except BadCursor:
            message = _("This page link is no longer valid. Start again from the first page.")
            raise ValidationError({self.cursor_query_param: [message]}) from None
        self._url = remove_query_param(request.build_absolute_uri(), self.cursor_query_param)
        return self.page.items

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "next": self._link(self.page.next_cursor),
                "previous": self._link(self.page.previous_cursor),
                "results": data,
            }
        )

    def _link(self, cursor: str | None) -> str | None:
        return replace_query_param(self._url, self.cursor_query_param, cursor) if cursor else None
