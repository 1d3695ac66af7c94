"""The performance table of README, measured now: `make bench` (ARGS="--cases 50000 --repeat 40").

On generated cases, as the `app` role under row-level security, for a member of a big, a median, a tiny and a closed
agency who has personal exclusions and restricted cases: the query of the case list beside the raw SQL floor of the
same rows, taken in turns in one run; then the queries of two pages. Exit code 1 when a target is missed.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "move_bench"

MOST_OVER_FLOOR = 8.0  # times the floor, each agency
MOST_OVER_MEDIAN = 2.0  # times the median agency, the worst one
MOST_LIST_QUERIES = 8
MOST_CASE_QUERIES = 15
PER_PAGE = 25
DEEP_PAGE = 100

# The same rows and columns without Django: one index range, then one case each.
FLOOR = """
SELECT p.id, p.content_object_id, p.side, p.expires_at, p.sort_severity, p.sort_at, c.reference, c.stage, c.level,
  c.level_at, c.level_provisional, c.reassess_by, c.classification, c.lead_agency_id, c.reference_person_id,
  c.restricted, c.opened_at, c.closed_at
FROM (
  SELECT * FROM cases_casegroupobjectpermission
  WHERE group_id = %(group)s AND permission_id = %(permission)s AND (expires_at IS NULL OR expires_at > now()) {after}
  ORDER BY sort_severity, sort_at DESC, content_object_id DESC LIMIT {limit}
) p JOIN cases_case c ON c.id = p.content_object_id
WHERE NOT EXISTS (SELECT 1 FROM cases_caseexclusion x WHERE x.case_id = p.content_object_id AND x.user_id = %(user)s)
  AND (NOT c.restricted OR EXISTS (SELECT 1 FROM cases_caseuserobjectpermission u
    WHERE u.content_object_id = c.id AND u.user_id = %(user)s AND u.permission_id = %(permission)s
      AND (u.expires_at IS NULL OR u.expires_at > now())))
ORDER BY p.sort_severity, p.sort_at DESC, p.content_object_id DESC
"""
AFTER = """AND sort_severity >= %(severity)s AND (sort_severity > %(severity)s
  OR (sort_severity = %(severity)s AND (sort_at, content_object_id) < (%(at)s, %(case)s)))"""


@dataclass(frozen=True)
class Line:
    """What was measured for one agency; times in milliseconds, None where the agency has no such page."""

    name: str
    cases: int
    floor: float
    list_: float
    deep_floor: float | None
    deep: float | None
    list_queries: int
    list_page: float
    case_queries: int
    case_page: float

    @property
    def ratio(self) -> float:
        return self.list_ / self.floor


# --- data -----------------------------------------------------------------------------------------------------
def _url(variable: str, database: str) -> str:
    return urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{database}"))


@contextmanager
def volume(cases: int) -> Iterator[None]:
    """A database of its own, migrated and filled by the real commands; the environment points to it."""
    engine = os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(engine, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        owner.execute(f"CREATE DATABASE {DATABASE}")
    os.environ |= {name: _url(name, DATABASE) for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    try:
        for command in (
            ["migrate", "--verbosity", "0"],
            ["load_reference"],
            ["generate_volume", "--cases", str(cases), "--force"],
        ):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)
        yield
    finally:
        with psycopg.connect(engine, autocommit=True) as owner:
            owner.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


# --- measuring ------------------------------------------------------------------------------------------------
class Bench:
    """One agency, seen by the first of its users: the one with exclusions and restricted cases."""

    def __init__(self, name: str) -> None:
        from django.test import Client
        from django.urls import reverse

        from agencies.acting import acting_as
        from agencies.models import Membership
        from cases.access import participation_rows, permission_ids
        from cases.enums import VIEW_CASE

        user = {"role": "practitioner", "user__email__endswith": "-1@example.org"}
        self.name = name
        self.member = Membership.objects.select_related("agency", "user").get(agency__short_name=name, **user)
        self.values: dict[str, Any] = {
            "group": self.member.agency.group_id,
            "permission": permission_ids()[VIEW_CASE],
            "user": self.member.user_id,
        }
        self.hidden = 0  # rows of the range that are excluded or restricted: the floor passes them too
        self.cursor: str | None = None
        self.acts: dict[str, Callable[[], Any]] = {"floor": self.floor, "list": self.listed}
        with acting_as(self.member):
            self.cases = participation_rows(self.member).select_related(None).count()
            first = [row.content_object_id for row in self.listed().items]
            while [row[1] for row in self.floor()][: len(first)] != first:
                self.hidden += 1
                if self.hidden > PER_PAGE:
                    raise SystemExit(f"{name}: the list and the floor do not give the same rows.")
            if self.cases > DEEP_PAGE * PER_PAGE:
                self.go_deep()
        client = Client(headers={"host": "localhost"})
        client.force_login(self.member.user)
        pages = {"list page": reverse("cases:list"), "case page": reverse("cases:summary", args=[first[0]])}
        self.queries = {label: queries(client, path) for label, path in pages.items()}
        self.pages = {label: lambda path=path: client.get(path) for label, path in pages.items()}
        self.times: dict[str, list[float]] = {label: [] for label in (*self.acts, *self.pages)}

    def listed(self, cursor: str | None = None) -> Any:
        """A page as the application asks for it."""
        from cases.access import LIST_KEYS, participation_rows
        from common.pagination import paginate

        return paginate(participation_rows(self.member), keys=LIST_KEYS, cursor=cursor, per_page=PER_PAGE)

    def floor(self, after: str = "") -> Any:
        """The same rows without Django, on the same connection."""
        from django.db import connection

        sql = FLOOR.format(after=after, limit=PER_PAGE + 1 + self.hidden)
        with connection.connection.cursor() as cursor:
            return cursor.execute(sql, self.values).fetchall()

    def go_deep(self) -> None:
        """Walk to the page far in the list and measure that one too."""
        for _ in range(DEEP_PAGE - 1):
            page = self.listed(self.cursor)
            self.cursor = page.next_cursor
        last = page.items[-1]
        self.values |= {"severity": last.sort_severity, "at": last.sort_at, "case": last.content_object_id}
        self.acts |= {"deep floor": lambda: self.floor(AFTER), "deep list": lambda: self.listed(self.cursor)}

    def round(self, acts: dict[str, Callable[[], Any]], *, keep: bool) -> None:
        """Each act once."""
        for label, act in acts.items():
            started = time.perf_counter()
            act()
            if keep:
                self.times[label].append((time.perf_counter() - started) * 1000)

    def line(self) -> Line:
        found = {label: median(times) for label, times in self.times.items()}
        return Line(
            name=self.name,
            cases=self.cases,
            floor=found["floor"],
            list_=found["list"],
            deep_floor=found.get("deep floor"),
            deep=found.get("deep list"),
            list_queries=self.queries["list page"],
            list_page=found["list page"],
            case_queries=self.queries["case page"],
            case_page=found["case page"],
        )


def measure(names: Sequence[str], repeat: int) -> list[Line]:
    """All agencies in turns, round after round, so that what else the machine does is shared."""
    from agencies.acting import acting_as

    benches = [Bench(name) for name in names]
    for number in range(repeat + 1):
        for bench in benches:
            with acting_as(bench.member):
                bench.round(bench.acts, keep=number > 0)  # the first round warms up
            if number % 4 == 0:
                bench.round(bench.pages, keep=number > 0)
    return [bench.line() for bench in benches]


def queries(client: Any, path: str) -> int:
    """SELECT, INSERT, UPDATE and DELETE of one page, the session's and the audit's included; the context's are not."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(path)  # what is looked up once per process
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    if response.status_code != 200:
        raise SystemExit(f"{path} answered {response.status_code}.")
    verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
    asked = [query["sql"].lstrip().upper() for query in captured.captured_queries]
    return sum(sql.startswith(verbs) and not sql.startswith("SELECT SET_CONFIG") for sql in asked)


# --- telling --------------------------------------------------------------------------------------------------
def table(lines: Sequence[Line]) -> str:
    """The markdown table of README."""

    def milliseconds(value: float | None) -> str:
        return "–" if value is None else f"{value:.2f} ms"

    head = (
        "agency", "cases", "floor", "list", "× floor", f"floor, page {DEEP_PAGE}", f"list, page {DEEP_PAGE}",
        "list page", "case page",
    )  # fmt: skip
    body = [
        (
            line.name.removeprefix("volume "),
            f"{line.cases:,}",
            milliseconds(line.floor),
            milliseconds(line.list_),
            f"{line.ratio:.1f}",
            milliseconds(line.deep_floor),
            milliseconds(line.deep),
            f"{line.list_queries} queries, {line.list_page:.0f} ms",
            f"{line.case_queries} queries, {line.case_page:.0f} ms",
        )
        for line in lines
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *body))


def missed(lines: Sequence[Line]) -> list[str]:
    """The targets that were missed, in words."""
    found = []
    middle = next(line.list_ for line in lines if line.name.endswith("median"))
    for line in lines:
        if line.ratio > MOST_OVER_FLOOR:
            found.append(f"{line.name}: the list takes {line.ratio:.1f} times the floor (at most {MOST_OVER_FLOOR}).")
        if line.list_ > MOST_OVER_MEDIAN * middle:
            found.append(
                f"{line.name}: {line.list_ / middle:.1f} times the median agency (at most {MOST_OVER_MEDIAN})."
            )
        if line.list_queries > MOST_LIST_QUERIES:
            found.append(f"{line.name}: {line.list_queries} queries for the list (at most {MOST_LIST_QUERIES}).")
        if line.case_queries > MOST_CASE_QUERIES:
            found.append(f"{line.name}: {line.case_queries} queries for a case (at most {MOST_CASE_QUERIES}).")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=40, help="rounds (at least 4); the median is kept")
    options = parser.parse_args()
    if options.repeat < 4:
        parser.error("--repeat: at least 4 rounds")
    with volume(options.cases):
        import django

        django.setup()
        logging.disable(logging.WARNING)  # a line per request is not what is measured
        from django.db import connection

        from move.demo.volume import BIG, CLOSED, MEDIAN, TINY

        lines = measure([BIG, MEDIAN, TINY, CLOSED], options.repeat)
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            version = cursor.fetchone()[0].split()[0]
        connection.close()
    print(f"\n{options.cases:,} cases, PostgreSQL {version}, median of {options.repeat} rounds\n\n{table(lines)}\n")
    for sentence in (problems := missed(lines)):
        print(f"missed: {sentence}")
    if not problems:
        print("Every target is met.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
