"""Signed assessments as a table of codes, to evaluate a grid. Pure computation: no database, no clock.

Nothing that somebody typed leaves: no comment, no free text, no date, no name. A case has a pseudonym made for one
export alone, the day of a signature is its month. A text is told as filled in or not, a question for a date is left
out.
"""

import csv
import io
import secrets
import zipfile
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .answers import Answer, known
from .definition import GridDefinition
from .items import DateItem, MultiItem, NumberItem, Question, ScaleItem, SingleItem, TextItem, YesNoItem
from .levels import lowers
from .rules import RANK
from .scoring import visible

MOST_LINES = 10_000
MOST_CELLS = 1_000_000
LONGEST_CELL = 32_767  # characters that a cell of a workbook holds
UNKNOWN, NOT_ASKED, NOT_APPLICABLE = "U", "N", "NA"
FIXED = (
    "CASE", "MONTH", "GRID", "VERSION", "INDICATIVE", "RETAINED", "CHANGE", "COUNTERSIGNED", "VERIFICATION",
)  # fmt: skip
"""The columns before those of the questions: in capitals, which no id of a question has."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet would take for a formula, or cut in two."""

Cell = str | int


@dataclass(frozen=True)
class Version:
    """One version of the grid that is exported."""

    number: int
    definition: GridDefinition


@dataclass(frozen=True)
class Signed:
    """One signed assessment, as far as its export goes. `month` is "2026-11", `answers` what is stored.

    `retained` is the level concluded, empty while there is none; `verdict` that of the verification, or empty.
    """

    case: Hashable
    month: str
    number: int
    answers: Mapping[str, Mapping[str, Any]]
    indicative: str = ""
    retained: str = ""
    countersigned: bool = False
    verdict: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table: the names of its columns, and its lines."""

    head: tuple[str, ...]
    lines: list[tuple[Cell, ...]]


@dataclass(frozen=True)
class Export:
    """The coded answers, and the book that says what each column and code means."""

    answers: Sheet
    codebook: Sheet


def most_lines(versions: Sequence[Version]) -> int:
    """How many assessments one export may hold: fewer where the grid is long."""
    return min(MOST_LINES, MOST_CELLS // (len(FIXED) + len(columns(versions))))


def columns(versions: Sequence[Version]) -> list[str]:
    """The ids of the questions exported, those of the latest version first."""
    found: dict[str, None] = {}
    for version in sorted(versions, key=lambda each: -each.number):
        found |= {item.id: None for item in version.definition.questions if not isinstance(item, DateItem)}
    return list(found)


def export(versions: Sequence[Version], signed: Iterable[Signed], *, language: str) -> Export:
    """The whole export of these assessments, all answered to one of these versions of one grid.

    Lines are in the order of their months, and of chance within a month, so that the order tells nothing of a case.
    """
    by_number = {version.number: version.definition for version in versions}
    wanted = columns(versions)
    pseudonyms = _Pseudonyms()
    lines = [_line(each, by_number[each.number], wanted, pseudonyms.of(each.case)) for each in signed]
    secrets.SystemRandom().shuffle(lines)
    lines.sort(key=lambda line: line[1])
    return Export(Sheet((*FIXED, *wanted), lines), _codebook(versions, wanted, language))


class _Pseudonyms:
    """One name for each case, drawn by chance: the same within an export, another in the next."""

    def __init__(self) -> None:
        self._of: dict[Hashable, str] = {}
        self._given: set[str] = set()

    def of(self, case: Hashable) -> str:
        if case not in self._of:
            while (drawn := f"C{secrets.token_hex(4).upper()}") in self._given:
                pass
            self._given.add(drawn)
            self._of[case] = drawn
        return self._of[case]


# --- answers ------------------------------------------------------------------------------------------------------
def _line(signed: Signed, definition: GridDefinition, wanted: Sequence[str], pseudonym: str) -> tuple[Cell, ...]:
    answers = {item_id: Answer(**given) for item_id, given in signed.answers.items()}
    shown = visible(definition, answers)
    return (
        pseudonym,
        signed.month,
        definition.slug,
        signed.number,
        signed.indicative,
        signed.retained,
        _change(signed),
        int(signed.countersigned),
        signed.verdict,
        *(
            code(definition.by_id[item_id], answers.get(item_id), item_id in shown)
            if item_id in definition.by_id
            else ""
            for item_id in wanted
        ),
    )


def _change(signed: Signed) -> str:
    """Whether the level retained is another than the one indicated; empty where they cannot be compared."""
    if signed.indicative not in RANK or signed.retained not in RANK:
        return ""
    if lowers(signed.indicative, signed.retained):
        return "lowered"
    return "raised" if RANK[signed.retained] > RANK[signed.indicative] else "same"


def code(item: Question, answer: Answer | None, shown: bool) -> Cell:
    """The code of an answer; `shown` says whether the question applied. A date has none: its column does not exist."""
    if isinstance(item, (TextItem, DateItem)):
        filled = known(item, answer)
        return int(filled) if filled or shown else NOT_APPLICABLE
    if not known(item, answer):
        if answer is not None and answer.value == "unknown":
            return UNKNOWN
        return NOT_ASKED if shown else NOT_APPLICABLE
    if isinstance(item, YesNoItem):
        return int(answer.value == "yes")
    if isinstance(item, MultiItem):
        return "|".join(answer.value)
    return answer.value


# --- what the codes mean ------------------------------------------------------------------------------------------
def _codebook(versions: Sequence[Version], wanted: Sequence[str], language: str) -> Sheet:
    """A line for each column; one more where a question was worded or answered otherwise in another version."""
    latest = max(versions, key=lambda version: version.number).definition
    every = ", ".join(str(version.number) for version in sorted(versions, key=lambda version: version.number))
    lines: list[tuple[Cell, ...]] = [(*line, every) for line in _fixed(latest, language)]
    for item_id in wanted:
        told: dict[tuple[str, ...], list[int]] = {}
        for version in sorted(versions, key=lambda each: -each.number):
            if item_id in version.definition.by_id:
                told.setdefault(_told(version.definition, item_id, language), []).append(version.number)
        lines += [(item_id, *words, ", ".join(map(str, sorted(numbers)))) for words, numbers in told.items()]
    head = (_("Column"), pgettext("of a question", "Type"), _("Part"), _("Text"), _("Codes"), _("Versions"))
    return Sheet(head, lines)


def _fixed(grid: GridDefinition, language: str) -> list[tuple[str, str, str, str, str]]:
    title = grid.title.translated(language)
    levels = "low, moderate, high, critical"
    said = {
        "CASE": (_("The case, under a name drawn for this export alone"), ""),
        "MONTH": (_("Month of the signature"), "2026-11"),
        "GRID": (
            title,
            _("demonstration grid, not validated") if grid.demonstration else grid.provenance.translated(language),
        ),
        "VERSION": (_("Version of the grid"), ""),
        "INDICATIVE": (_("Level that the grid indicates"), f"{levels}, insufficient, judgement"),
        "RETAINED": (_("Level that a person retained; empty while nobody has"), levels),
        "CHANGE": (_("The level retained beside the one indicated"), "same, raised, lowered"),
        "COUNTERSIGNED": (_("Whether somebody else signed under a lower level"), "0, 1"),
        "VERIFICATION": (_("What somebody else, trained, said of the assessment"), "validated, returned"),
    }
    return [(name, "", "", *said[name]) for name in FIXED]


def _told(grid: GridDefinition, item_id: str, language: str) -> tuple[str, str, str, str]:
    item = grid.by_id[item_id]
    placed = next(one for one in grid.written() if one.item.id == item_id)
    section = next(section for section in grid.sections if section.id == placed.section)
    part = section.title.translated(language)
    if placed.group is not None:
        part = f"{part} / {placed.group.text.translated(language)}"
    text = item.text.translated(language)
    if item.period:
        text = f"{text} ({item.period.translated(language)})"
    return item.type, part, text, "; ".join(_codes(item, language))


def _codes(item: Question, language: str) -> list[str]:
    if isinstance(item, TextItem):
        return [_is(1, _("filled in")), _is(0, _("left empty")), _not_applicable()]
    said: list[str] = []
    if isinstance(item, YesNoItem):
        said = [_is(1, pgettext("answer", "Yes")), _is(0, pgettext("answer", "No"))]
    elif isinstance(item, (SingleItem, MultiItem)):
        said = [_is(option.id, option.text.translated(language)) for option in item.options]
        if isinstance(item, MultiItem):
            said.append(_("several are separated by |"))
    elif isinstance(item, ScaleItem):
        said = [_("from %(least)d to %(greatest)d") % {"least": item.least, "greatest": item.greatest}]
        said += [_is(step, label.translated(language)) for step, label in item.labels.items()]
    elif isinstance(item, NumberItem):
        said = [_("a number (%(unit)s)") % {"unit": item.unit.translated(language)} if item.unit else _("a number")]
    return [
        *said,
        _is(UNKNOWN, pgettext("answer", "Unknown")),
        _is(NOT_ASKED, pgettext("answer", "Not asked")),
        _not_applicable(),
    ]


def _not_applicable() -> str:
    return _is(NOT_APPLICABLE, _("does not apply"))


def _is(value: Cell, words: str) -> str:
    return f"{value} = {words}"


# --- files --------------------------------------------------------------------------------------------------------
def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a mark that says so, commas, and nothing that a spreadsheet would calculate."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerows([[harmless(cell) for cell in line] for line in (sheet.head, *sheet.lines)])
    return written.getvalue().encode("utf-8-sig")


def harmless(cell: Cell) -> Cell:
    """The cell with an apostrophe before it where its text begins like a formula."""
    if isinstance(cell, str) and (cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA)):
        return f"'{cell}"
    return cell


def as_zip(made: Export) -> bytes:
    """Both tables as CSV, in one archive whose entries carry no date."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, sheet in (("answers.csv", made.answers), ("codebook.csv", made.codebook)):
            archive.writestr(zipfile.ZipInfo(name), as_csv(sheet), compress_type=zipfile.ZIP_DEFLATED)
    return written.getvalue()


def as_xlsx(made: Export) -> bytes:
    """Both tables as sheets of one workbook. A text is written as text: never a formula, never a link."""
    written = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(written, options) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for name, sheet in ((_("Answers"), made.answers), (_("Codebook"), made.codebook)):
            page = book.add_worksheet(name)
            page.freeze_panes(1, 1)
            page.write_row(0, 0, sheet.head, bold)
            shape = wrapped if sheet is made.codebook else None
            for number, line in enumerate(sheet.lines, 1):
                for column, cell in enumerate(line):
                    write = page.write_string if isinstance(cell, str) else page.write_number
                    write(number, column, cell[:LONGEST_CELL] if isinstance(cell, str) else cell, shape)
            if sheet is made.codebook:
                for column, width in enumerate((24, 10, 28, 60, 60, 10)):
                    page.set_column(column, column, width)
    return written.getvalue()
