"""The case list through both locks, beside raw SQL for the same rows without either; each in its own transaction."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from cases.access import LIST_KEYS, participation_rows, permission_ids, with_access
from cases.enums import VIEW_CASE
from common.pagination import KeysetPage, paginate

from .shapes import SHAPES, Floor, member

PER_PAGE = 25
DEEP_PAGE = 100
MOST_HIDDEN = 50

# What a line of the list shows.
COLUMNS = (
    "content_object_id", "side", "sort_severity", "sort_at", "content_object__reference", "content_object__stage",
    "content_object__level", "content_object__level_at", "content_object__level_provisional",
)  # fmt: skip
# The same columns without Django and without locks: one index range, then one case each.
FLOOR = """
SELECT p.content_object_id, p.side, p.sort_severity, p.sort_at, c.reference, c.stage, c.level, c.level_at,
  c.level_provisional
FROM (
  SELECT * FROM cases_casegroupobjectpermission
  WHERE group_id = %(group)s AND permission_id = %(permission)s AND (expires_at IS NULL OR expires_at > now()) {after}
  ORDER BY sort_severity, sort_at DESC, content_object_id DESC LIMIT %(limit)s
) p JOIN cases_case c ON c.id = p.content_object_id
ORDER BY p.sort_severity, p.sort_at DESC, p.content_object_id DESC
"""
AFTER = """AND sort_severity >= %(severity)s AND (sort_severity > %(severity)s
  OR (sort_severity = %(severity)s AND (sort_at, content_object_id) < (%(at)s, %(case)s)))"""


class Shape:
    """The list of one member."""

    def __init__(self, shape: str) -> None:
        self.member = member(shape)
        self.floor = Floor(self.member)
        self.values: dict[str, Any] = {"group": self.member.agency.group_id, "permission": permission_ids()[VIEW_CASE]}
        self.cursor: str | None = None
        with acting_as(self.member):
            self.cases = participation_rows(self.member).select_related(None).count()
            first = [row["content_object_id"] for row in self._page(None, rows=False).items]
        self.limit = self._same_rows(FLOOR.format(after=""), first)
        self.acts: dict[str, Callable[[], Any]] = {
            "floor": lambda: self.raw(FLOOR.format(after=""), self.limit),
            "list": lambda: self.listed(None),
            "rows": lambda: self.listed(None, rows=True),
        }
        if self.cases > DEEP_PAGE * PER_PAGE:
            self._go_deep()
        self.client = Client(headers={"host": "localhost"})
        self.client.force_login(self.member.user)
        paths = {"list page": reverse("cases:list"), "case page": reverse("cases:summary", args=[first[0]])}
        self.facts = {"cases": self.cases} | {label: self._queries(path) for label, path in paths.items()}
        self.pages = {label: lambda path=path: self.client.get(path) for label, path in paths.items()}

    def listed(self, cursor: str | None, *, rows: bool = False) -> KeysetPage:
        """A page as the application asks for it; with `rows` as it shows it: objects, and what is held on each case."""
        with acting_as(self.member):
            return self._page(cursor, rows=rows)

    def raw(self, sql: str, limit: int) -> list[tuple]:
        return self.floor.rows(sql, self.values | {"limit": limit})

    def _page(self, cursor: str | None, *, rows: bool) -> KeysetPage:
        found = participation_rows(self.member)
        found = with_access(found) if rows else found.values(*COLUMNS)
        return paginate(found, keys=LIST_KEYS, cursor=cursor, per_page=PER_PAGE)

    def _same_rows(self, sql: str, shown: list) -> int:
        """How many rows of the floor hold a page: those that are excluded or restricted are passed over by the list."""
        for limit in range(PER_PAGE + 1, PER_PAGE + 1 + MOST_HIDDEN):
            found = [row[0] for row in self.raw(sql, limit)]
            if set(shown) <= set(found):
                if [case for case in found if case in set(shown)] == shown:
                    return limit
                break
        raise SystemExit(f"{self.member.agency}: the list and the floor do not give the same rows.")

    def _go_deep(self) -> None:
        """Walk to the page far in the list and measure that one too."""
        for _number in range(DEEP_PAGE - 1):
            page = self.listed(self.cursor)
            self.cursor = page.next_cursor
        last = page.items[-1]
        self.values |= {"severity": last["sort_severity"], "at": last["sort_at"], "case": last["content_object_id"]}
        sql = FLOOR.format(after=AFTER)
        limit = self._same_rows(sql, [row["content_object_id"] for row in self.listed(self.cursor).items])
        self.acts |= {"deep floor": lambda: self.raw(sql, limit), "deep list": lambda: self.listed(self.cursor)}

    def _queries(self, path: str) -> int:
        """SELECT, INSERT, UPDATE and DELETE of one page, the session's and the audit's too; the context's are not."""
        self.client.get(path)  # what is looked up once per process
        with CaptureQueriesContext(connection) as captured:
            response = self.client.get(path)
        if response.status_code != 200:
            raise SystemExit(f"{path} answered {response.status_code}.")
        verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
        asked = [query["sql"].lstrip().upper() for query in captured.captured_queries]
        return sum(sql.startswith(verbs) and not sql.startswith("SELECT SET_CONFIG") for sql in asked)


class Measure:
    """The four lists, and every fourth round their pages."""

    def __init__(self) -> None:
        self.shapes = {shape: Shape(shape) for shape in SHAPES}
        self.facts = {shape: found.facts for shape, found in self.shapes.items()}

    def acts(self, number: int) -> dict[str, Callable[[], Any]]:
        return {
            f"{shape}|{label}": act
            for shape, found in self.shapes.items()
            for label, act in (found.acts | (found.pages if number % 4 == 0 else {})).items()
        }
