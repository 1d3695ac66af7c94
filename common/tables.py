"""Tables that people send: CSV as spreadsheets write it, whatever their separator and encoding, read line by line.

A heading is recognised by its name or by what else it is called, without regard to case, accents and signs. What is
wrong is told by line and column, all of it at once. No database.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from .errors import RuleBroken
from .names import sort_key

T = TypeVar("T")

MOST_BYTES = 5 * 1024 * 1024
MOST_LINES = 20_000
LONGEST_CELL = 4000
SEPARATORS = ";,\t|"
SPREADSHEET = b"PK\x03\x04"
YES = frozenset({"yes", "oui", "ja", "y", "o", "j", "1", "true", "vrai", "waar", "x"})
NO = frozenset({"no", "non", "nee", "neen", "nein", "n", "0", "false", "faux", "onwaar"})


@dataclass(frozen=True)
class Column:
    """A column by its name, and what else its heading may say. A required one stands in the file."""

    name: str
    also: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Line:
    """A line of the file: where it begins (1 is the first line of the file), {column: cell without spaces around}."""

    number: int
    cells: Mapping[str, str]

    def cell(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    """The lines of a file, and the headings nobody knows, which were not read."""

    lines: list[Line]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong, and where; column "" for the whole line."""

    line: int
    column: str
    message: str


class LinesBroken(RuleBroken):
    """Lines of a table break rules; nothing was saved. `problems` are in the order of the file."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = sorted(problems)
        count = len({problem.line for problem in self.problems})
        super().__init__({"file": [_("Nothing was saved: lines to correct: %(count)d.") % {"count": count}]})


@dataclass
class Problems:
    """Collects what is wrong, line by line."""

    found: list[Problem] = field(default_factory=list)

    def add(self, line: Line, column: str, message: Any) -> None:
        self.found.append(Problem(line.number, column, str(message)))

    def take(self, line: Line, broken: RuleBroken, names: Mapping[str, str] | None = None) -> None:
        """Every message of a refusal; `names` maps a field to the column that holds it, where it differs."""
        for name, messages in broken.errors.items():
            for message in messages:
                self.add(line, (names or {}).get(name, name), message)

    def try_to(self, line: Line, column: str, act: Callable[[str], T], default: T) -> T:
        """What `act` makes of the cell; where it raises ValueError its words are kept, and `default` comes back."""
        try:
            return act(line.cell(column))
        except ValueError as error:
            self.add(line, column, error)
            return default

    def stop(self) -> None:
        """Raise LinesBroken where anything was found."""
        if self.found:
            raise LinesBroken(self.found)


# --- reading ----------------------------------------------------------------------------------------------
def read(content: bytes, columns: Sequence[Column]) -> Table:
    """The lines of a file. Raises RuleBroken under `file` where it is no table with these columns, LinesBroken where
    lines cannot be read. Empty lines are left out.
    """
    text = _decoded(content)
    separator = _separator(text, columns)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    try:
        headings = next((cells for cells in reader if any(cell.strip() for cell in cells)), None)
    except csv.Error:
        raise _whole(_("The first line cannot be read: a quotation mark is not closed.")) from None
    if headings is None:
        raise _whole(_("The file is empty."))
    places, unread = _places(headings, columns)
    lines, problems, begins = [], Problems(), reader.line_num + 1
    try:
        for cells in reader:
            number, begins = begins, reader.line_num + 1
            trimmed = [cell.strip() for cell in cells]
            if not any(trimmed):
                continue
            line = Line(
                number, {name: trimmed[place] if place < len(trimmed) else "" for name, place in places.items()}
            )
            lines.append(line)
            if len(lines) > MOST_LINES:
                raise _whole(_("Too many lines: %(most)d at most. Send it in several files.") % {"most": MOST_LINES})
            if any(trimmed[len(headings) :]):
                problems.add(line, "", _("More cells than headings: a separator stands inside a cell without quotes?"))
            for name in places:
                if len(line.cell(name)) > LONGEST_CELL:
                    problems.add(line, name, _("Too long: %(most)d characters at most.") % {"most": LONGEST_CELL})
    except csv.Error:
        raise LinesBroken(
            [*problems.found, Problem(begins, "", _("This line cannot be read: check its quotation marks."))]
        ) from None
    problems.stop()
    if not lines:
        raise _whole(_("The file holds headings and nothing else."))
    return Table(lines, unread)


def _decoded(content: bytes) -> str:
    if not content.strip():
        raise _whole(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise _whole(_("This file is too large: %(most)d MB at most.") % {"most": MOST_BYTES // 1024 // 1024})
    if content.startswith(SPREADSHEET):
        raise _whole(_("This is a spreadsheet: save it as CSV and send that file."))
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise _whole(_("This file is no text that can be read: save it as CSV, in UTF-8."))


def _separator(text: str, columns: Sequence[Column]) -> str:
    """The one with which most headings are recognised."""
    first = text.lstrip().partition("\n")[0]
    known = {name for column in columns for name in _called(column)}

    def recognised(separator: str) -> int:
        return sum(_plain(cell) in known for cell in first.split(separator))

    return max(SEPARATORS, key=recognised)


def _places(headings: Sequence[str], columns: Sequence[Column]) -> tuple[dict[str, int], tuple[str, ...]]:
    by_name = {name: column for column in columns for name in _called(column)}
    places: dict[str, int] = {}
    unread = []
    for place, heading in enumerate(headings):
        column = by_name.get(_plain(heading))
        if column is None:
            if heading.strip():
                unread.append(heading.strip()[:60])
        elif column.name in places:
            raise _whole(_("Two columns are “%(name)s”: keep one.") % {"name": column.name})
        else:
            places[column.name] = place
    if missing := [column.name for column in columns if column.required and column.name not in places]:
        raise _whole(
            _("A column is missing: %(missing)s. The first line names the columns; it says: %(found)s.")
            % {
                "missing": ", ".join(missing),
                "found": ", ".join(heading.strip()[:30] for heading in headings[:20]) or "—",
            }
        )
    return places, tuple(unread)


def _called(column: Column) -> list[str]:
    return [_plain(name) for name in (column.name, *column.also)]


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", sort_key(name))


def _whole(message: str) -> RuleBroken:
    return RuleBroken({"file": [message]})


# --- cells ------------------------------------------------------------------------------------------------
def yes_or_no(cell: str) -> bool | None:
    """Yes or no as people write it, None for nothing. Raises ValueError."""
    word = sort_key(cell)
    if not word:
        return None
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(_("Write yes or no."))


def several(cell: str) -> list[str]:
    """What stands in a cell one after the other, separated by | , ; or lines; each once."""
    return list(dict.fromkeys(part for part in (part.strip() for part in re.split(r"[|,;\n]", cell)) if part))


def chosen(cell: str, known: Mapping[str, str]) -> list[str]:
    """Several values of a list that is closed; `known` maps how each may be written (`plain_choices`) to its code.

    Raises ValueError naming what is not known.
    """
    given = several(cell)
    if unknown := [part for part in given if sort_key(part) not in known]:
        raise ValueError(_("Unknown: %(what)s.") % {"what": ", ".join(part[:40] for part in unknown[:5])})
    return list(dict.fromkeys(known[sort_key(part)] for part in given))


def plain_choices(labels: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """How the codes of a closed list may be written: the code, or its label in a language of the screens."""
    known: dict[str, str] = {}
    pairs = list(labels)
    for language, _name in settings.LANGUAGES:
        with override(language):
            known |= {sort_key(str(label)): code for code, label in pairs}
    return known | {sort_key(code): code for code, _label in pairs}
