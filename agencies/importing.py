"""Places and help numbers out of a file: line by line, all or nothing. `agencies.importing_services` reads services.

A set-up command imports for nobody, in SystemContext.REFERENCE; a person is the platform administrator.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from common.acting import SystemContext, current
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.tables import Column, Line, Problems, Table, chosen, plain_choices, read, several, yes_or_no

from . import help_numbers, places
from .enums import Audience
from .models import HelpNumber, Membership, Place
from .perms import may_administer_platform
from .services import POSTAL_CODE

LONGEST_SOURCE = 200
LONGEST_LICENCE = 100
LATITUDES = (49.4, 51.6)
LONGITUDES = (2.4, 6.5)
"""Belgium lies between these degrees: others are a mistake, most often the two columns exchanged."""
LAST = 300
"""Where a number stands whose line says no position: after those that are shipped."""

PLACE_COLUMNS = (
    Column("postal_code", ("code postal", "cp", "postcode", "post code", "zip", "zipcode"), required=True),
    Column("name_fr", ("name", "nom", "nom fr", "localite", "commune fr", "place")),
    Column("name_nl", ("nom nl", "naam", "naam nl", "plaatsnaam", "gemeente nl")),
    Column("name_de", ("nom de", "gemeinde")),
    Column("commune", ("municipality", "gemeente", "commune principale", "hoofdgemeente")),
    Column("latitude", ("lat", "breitengrad")),
    Column("longitude", ("lon", "lng", "long")),
)
NUMBER_COLUMNS = (
    Column("code", required=True),
    Column("number", ("numero", "nummer", "telephone", "tel"), required=True),
    Column("name_fr", ("nom", "nom fr"), required=True),
    Column("name_en", ("nom en",), required=True),
    Column("name_nl", ("nom nl", "naam")),
    Column("note_fr", ("remarque", "remarque fr")),
    Column("note_en", ("remarque en",)),
    Column("note_nl", ("remarque nl", "opmerking")),
    Column("plain_name_fr", ("nom neutre", "nom neutre fr")),
    Column("plain_name_en", ("nom neutre en",)),
    Column("plain_name_nl", ("nom neutre nl",)),
    Column("urgent", ("urgence",)),
    Column("audiences", ("public", "publics", "pour qui")),
    Column("territory", ("zone", "codes postaux", "territoire")),
    Column("position", ("ordre",)),
    Column("source", required=True),
    Column("verified_on", ("verifie le", "gecontroleerd op")),
)


@dataclass(frozen=True)
class Report:
    """What an import did, or would do where it was only checked: lines that are new, changed, and as they were."""

    added: int
    changed: int
    same: int
    unread: tuple[str, ...] = ()

    @property
    def lines(self) -> int:
        return self.added + self.changed + self.same


def import_places(
    *,
    by: Membership | None,
    content: bytes,
    source: str,
    licence: str,
    verified_on: date | None = None,
    save: bool = True,
) -> Report:
    """Postal codes and places. A place that is known by one of its names is changed, none is removed.

    Raises Refused, RuleBroken by field (`file`, `source`, `licence`, `verified_on`), LinesBroken.
    """
    may_import(by)
    errors: dict[str, list[str]] = {}
    for name, text, most in (("source", source, LONGEST_SOURCE), ("licence", licence, LONGEST_LICENCE)):
        missing = {"source": _("Say where the file comes from."), "licence": _("Say under which licence it is.")}[name]
        if problem := text_problem(text, most=most, missing=missing):
            errors[name] = [problem]
    if verified_on is not None and verified_on > local(now()).date():
        errors["verified_on"] = [_("This day has not come yet.")]
    if errors:
        raise RuleBroken(errors)
    table = read(content, PLACE_COLUMNS)
    told = {"source": source.strip(), "licence": licence.strip(), "verified_on": verified_on}
    problems = Problems()
    rows = [(line, _place(line, problems) | told) for line in table.lines]
    seen: dict[tuple[str, str], int] = {}
    for line, row in rows:
        first = seen.setdefault((row["postal_code"], row["search_key"]), line.number)
        if first != line.number and POSTAL_CODE.fullmatch(row["postal_code"]):
            problems.add(line, "", _("The same place stands on line %(line)d already.") % {"line": first})
    problems.stop()
    return written(table, lambda: _write_places([row for _line, row in rows]), save=save)


def _place(line: Line, problems: Problems) -> dict[str, Any]:
    code = line.cell("postal_code")
    if not POSTAL_CODE.fullmatch(code):
        problems.add(
            line, "postal_code", _("This is not a Belgian postal code: %(code)s.") % {"code": code[:20] or "—"}
        )
    names = {code: line.cell(f"name_{code}") for code in ("fr", "nl", "de") if line.cell(f"name_{code}")}
    if not names:
        problems.add(line, "name_fr", _("Write its name, in French, Dutch or German."))
    commune = line.cell("commune") or next(iter(names.values()), "")
    for column, text in [("commune", commune), *((f"name_{code}", name) for code, name in names.items())]:
        if len(text) > 100:
            problems.add(line, column, _("Too long: %(most)d characters at most.") % {"most": 100})
    latitude = problems.try_to(line, "latitude", lambda cell: _degrees(cell, LATITUDES), None)
    longitude = problems.try_to(line, "longitude", lambda cell: _degrees(cell, LONGITUDES), None)
    if bool(line.cell("latitude")) != bool(line.cell("longitude")):
        problems.add(line, "latitude", _("Write both degrees, or none."))
    return {
        "postal_code": code,
        "names": names,
        "commune": commune[:100],
        "search_key": places.key_of(names, commune),
        "latitude": latitude,
        "longitude": longitude,
    }


def _degrees(cell: str, between: tuple[float, float]) -> float | None:
    if not cell:
        return None
    try:
        degrees = float(cell.replace(",", "."))
    except ValueError:
        raise ValueError(_("Write degrees as 50.85 or 50,85.")) from None
    if not between[0] <= degrees <= between[1]:
        raise ValueError(_("This does not lie in Belgium: are latitude and longitude exchanged?"))
    return degrees


def _write_places(rows: Sequence[dict[str, Any]]) -> tuple[int, int, int]:
    known: dict[tuple[str, str], Place] = {}
    for place in Place.objects.select_for_update():
        for name in place.names.values():
            known[place.postal_code, places.plain(name)] = place
    new, changed, same = [], [], 0
    for row in rows:
        found = next(
            (
                known[row["postal_code"], places.plain(name)]
                for name in row["names"].values()
                if (row["postal_code"], places.plain(name)) in known
            ),
            None,
        )
        if found is None:
            new.append(Place(**row))
        elif any(getattr(found, name) != value for name, value in row.items()):
            for name, value in row.items():
                setattr(found, name, value)
            changed.append(found)
        else:
            same += 1
    Place.objects.bulk_create(new, batch_size=1000)
    if changed:
        Place.objects.bulk_update(changed, [name for name in rows[0] if name != "postal_code"], batch_size=500)
    return len(new), len(changed), same


def import_help_numbers(*, by: Membership | None, content: bytes, save: bool = True) -> Report:
    """Help numbers by their code: a line that differs is a new version; a number that is not in the file stays.

    Raises Refused, RuleBroken under `file`, LinesBroken.
    """
    may_import(by)
    table = read(content, NUMBER_COLUMNS)
    audiences = plain_choices(Audience.choices)
    problems = Problems()
    rows: dict[str, tuple[Line, dict[str, Any]]] = {}
    for line in table.lines:
        code = line.cell("code").lower()
        if not help_numbers.is_code(code):
            problems.add(line, "code", _("Small letters, digits and hyphens, 40 characters at most."))
        elif code in rows:
            first = rows[code][0].number
            problems.add(line, "code", _("The same number stands on line %(line)d already.") % {"line": first})
        columns = _number(line, audiences, problems)
        rows.setdefault(code, (line, columns))
    problems.stop()
    return written(table, lambda: _write_numbers({code: row for code, (_line, row) in rows.items()}, by=by), save=save)


def _number(line: Line, audiences: Mapping[str, str], problems: Problems) -> dict[str, Any]:
    before = len(problems.found)
    values: dict[str, Any] = dict(line.cells)
    values["urgent"] = problems.try_to(line, "urgent", yes_or_no, None)
    values["audiences"] = problems.try_to(line, "audiences", lambda cell: chosen(cell, audiences), [])
    values["territory"] = " ".join(several(line.cell("territory")))
    values["position"] = problems.try_to(line, "position", lambda cell: whole_number(cell) if cell else LAST, LAST)
    values["verified_on"] = problems.try_to(line, "verified_on", day, None)
    try:
        columns = help_numbers.checked_values(values)
    except RuleBroken as broken:
        problems.take(line, broken)
        return {}
    return columns if len(problems.found) == before else {}


def _write_numbers(rows: Mapping[str, dict[str, Any]], *, by: Membership | None) -> tuple[int, int, int]:
    known = set(HelpNumber.objects.filter(ended_at=None).values_list("code", flat=True))
    counts = [0, 0, 0]
    for code, columns in rows.items():
        _row, new = help_numbers.write_version(code=code, columns=columns, user=by.user if by else None)
        counts[2 if not new else 1 if code in known else 0] += 1
    help_numbers.check_an_urgent_one_stays("file")
    return counts[0], counts[1], counts[2]


# --- common to all ----------------------------------------------------------------------------------------
def may_import(by: Membership | None) -> None:
    """Raise Refused for who is neither the platform administrator nor a set-up command."""
    acting = current()
    command = by is None and acting is not None and acting.system == SystemContext.REFERENCE
    if not command and not may_administer_platform(by):
        raise Refused(_("The platform administrator imports reference data."))


def written(table: Table, write: Callable[[], tuple[int, int, int]], *, save: bool) -> Report:
    """Write in one transaction and count; without `save` all of it is undone, and the counts say what would happen.

    Raises RuleBroken under `file` where somebody else wrote the same at the same moment.
    """
    try:
        with transaction.atomic():
            added, changed, same = write()
            if not save:
                transaction.set_rollback(True)
    except IntegrityError:
        raise RuleBroken({"file": [_("Somebody else has just changed these data: send the file again.")]}) from None
    return Report(added, changed, same, table.unread)


def day(cell: str) -> date | None:
    """A day as "2026-11-30" or "30/11/2026"; None for nothing. Raises ValueError."""
    if not cell:
        return None
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise ValueError(_("Write the day as 2026-11-30 or 30/11/2026."))


def whole_number(cell: str) -> int:
    """Digits, at most six. Raises ValueError."""
    if not cell.isascii() or not cell.isdigit() or len(cell) > 6:
        raise ValueError(_("Write a whole number."))
    return int(cell)
