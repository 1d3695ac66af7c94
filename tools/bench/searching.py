"""Search inside what one may see, beside the same words searched without any protection.

Unprotected is a table of everybody's words, each once, made for the purpose: no agency, no permission, same order, same
limit. `own` is told besides: the words of the agency alone, with no permission asked.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psycopg

from agencies.acting import acting_as
from agencies.models import Membership
from cases.search import MOST, candidates, find

from .shapes import SHAPES, Floor, member

EVERYBODYS = """
DROP TABLE IF EXISTS bench_words;
CREATE TABLE bench_words AS SELECT DISTINCT case_person_id, word, opened_at FROM cases_nameword;
CREATE INDEX ON bench_words (word text_pattern_ops) INCLUDE (opened_at, case_person_id);
CREATE INDEX ON bench_words (case_person_id);
VACUUM (ANALYZE) bench_words
"""
# A word most persons of the agency have, some that hardly any has, and others that stand in a name beside the first.
COMMON = "SELECT word FROM cases_nameword WHERE group_id = %(group)s GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
RARE = "SELECT word FROM cases_nameword WHERE group_id = %(group)s GROUP BY 1 ORDER BY count(*), 1 LIMIT 500"
OTHER = """
SELECT o.word FROM cases_nameword n JOIN cases_nameword o USING (case_person_id, group_id)
WHERE n.group_id = %(group)s AND n.word = %(word)s AND NOT starts_with(o.word, n.word)
GROUP BY 1 ORDER BY 1 LIMIT 500
"""
# What `cases_search` reads, in the same order. {mine} keeps it to one agency.
FLOOR = """
SELECT DISTINCT n.opened_at, n.case_person_id FROM {table} n
WHERE n.word ~>=~ %(driving)s AND n.word ~<~ %(ends)s {mine} {others}
ORDER BY n.opened_at DESC, n.case_person_id LIMIT %(limit)s
"""
ALSO = """AND EXISTS (SELECT 1 FROM {table} o
  WHERE o.case_person_id = n.case_person_id AND starts_with(o.word, %(other)s) {mine})"""


def floor_sql(*, own: bool, several: bool) -> str:
    table = "cases_nameword" if own else "bench_words"
    also = ALSO.format(table=table, mine="AND o.group_id = n.group_id" if own else "") if several else ""
    return FLOOR.format(table=table, mine="AND n.group_id = %(group)s" if own else "", others=also)


class Search:
    """One search of one member. The floors begin with the rarer word, as if they knew."""

    def __init__(self, shape: str, words: list[str], floor: Floor) -> None:
        self.member, self.words, self.floor = member(shape), words, floor
        counted = "SELECT count(*) FROM bench_words WHERE word ~>=~ %(word)s AND word ~<~ %(ends)s"
        counts = {word: floor.rows(counted, {"word": word, "ends": word + "\U0010ffff"})[0][0] for word in words}
        driving, *others = sorted(words, key=counts.__getitem__)
        self.count = counts[driving]
        self.values: Mapping[str, Any] = {
            "group": self.member.agency.group_id,
            "driving": driving,
            "ends": driving + "\U0010ffff",
            "other": others[0] if others else "",
            "limit": MOST + 1,
        }
        self.sql = {
            label: floor_sql(own=label == "own", several=bool(others)) for label in ("floor", "own")
        }  # the same words for everybody, and for the agency
        self._same_rows()
        self.acts: dict[str, Callable[[], Any]] = {
            "floor": lambda: self.floor.rows(self.sql["floor"], self.values),
            "own": lambda: self.floor.rows(self.sql["own"], self.values),
            "search": self.protected,
            "page": self.found,
        }

    def protected(self) -> list:
        """As the application asks: at most 51 identifiers, the newest case first."""
        with acting_as(self.member):
            return candidates(self.words)

    def found(self) -> Any:
        """All that the page reads of what was found, besides."""
        with acting_as(self.member):
            return find(self.member, " ".join(self.words))

    def _same_rows(self) -> None:
        shown = self.protected()
        for sql in self.sql.values():
            every = [row[1] for row in self.floor.rows(sql, self.values | {"limit": None})]
            if [pk for pk in every if pk in set(shown)] != shown:
                raise SystemExit(f"{self.member.agency}: the search and its floor do not give the same rows.")


def _seen(who: Membership, tries: Iterable[list[str]]) -> list[str]:
    """The first of these searches that finds anybody: of many a person only the case may be known."""
    with acting_as(who):
        return next(words for words in tries if candidates(words))


class Measure:
    """A common word, a rare one and a whole name, in the four agencies."""

    def __init__(self) -> None:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
            for statement in EVERYBODYS.split(";\n"):
                owner.execute(statement)
        self.searches: dict[str, Search] = {}
        for shape in SHAPES:
            who = member(shape)
            floor, group = Floor(who), {"group": who.agency.group_id}
            ((common,),) = floor.rows(COMMON, group)
            rare = _seen(who, ([word] for (word,) in floor.rows(RARE, group)))
            whole = _seen(who, ([common, word] for (word,) in floor.rows(OTHER, group | {"word": common})))
            for label, words in {"common": [common], "rare": rare, "whole name": whole}.items():
                self.searches[f"{shape}|{label}"] = Search(shape, words, floor)
        self.facts = {key: search.count for key, search in self.searches.items()}

    def acts(self, number: int) -> dict[str, Callable[[], Any]]:
        return {f"{key}|{label}": act for key, search in self.searches.items() for label, act in search.acts.items()}
