"""Services that work without an account, out of a file: each line is an entry of the directory and its service.

A service that has an account keeps its own entries: a line about it is refused. What a shelter may not say is refused
here as everywhere (`agencies.offers.problems`).
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from common.errors import RuleBroken, text_problem
from common.languages import LANGUAGES
from common.names import sort_key
from common.tables import Column, Line, Problems, chosen, plain_choices, read, several, yes_or_no
from common.texts import TRANSLATIONS

from . import offers, opening
from .enums import AgencyKind, Audience, Need, Phase
from .importing import LONGEST_SOURCE, Report, may_import, whole_number, written
from .models import LISTED, Agency, Membership, ServiceOffer
from .services import check_agency, create_agency, parse_codes

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
COLUMNS = (
    Column("service", ("agency", "organisation", "organization", "nom du service", "dienst"), required=True),
    Column("kind", ("type", "sorte", "soort"), required=True),
    Column("name", ("entry", "offre", "nom", "aanbod"), required=True),
    Column("short_name", ("nom court", "sigle", "korte naam")),
    Column("phase", ("ligne",)),
    Column("professional_phone", ("telephone professionnel",)),
    Column("professional_email", ("courriel professionnel",)),
    Column("answer_hours", ("delai de reponse",)),
    Column("description_fr", ("description", "description en francais")),
    Column("description_nl", ("beschrijving",)),
    Column("description_en"),
    Column("needs", ("besoins", "noden"), required=True),
    Column("audiences", ("public", "publics", "doelgroep"), required=True),
    Column("languages", ("langues", "talen"), required=True),
    Column("interpretation", ("interprete", "tolk")),
    Column("territory", ("zone", "codes postaux", "territoire")),
    Column("address", ("adresse", "adres")),
    Column("postal_code", ("code postal", "cp", "postcode")),
    Column("phone", ("telephone", "tel", "telefoon")),
    Column("email", ("courriel", "e-mail", "mail")),
    Column("url", ("site", "site web", "website")),
    *(
        Column(day, names)
        for day, names in zip(
            DAYS,
            (("lundi", "maandag"), ("mardi", "dinsdag"), ("mercredi", "woensdag"), ("jeudi", "donderdag"),
             ("vendredi", "vrijdag"), ("samedi", "zaterdag"), ("dimanche", "zondag")),
            strict=True,
        )
    ),
    Column("schedule_note_fr", ("remarque horaires",)),
    Column("schedule_note_nl"),
    Column("schedule_note_en"),
    Column("always_open", ("jour et nuit", "24h", "dag en nacht")),
    Column("fees_fr", ("tarif", "prix")),
    Column("fees_nl", ("tarief",)),
    Column("fees_en", ("fees",)),
    Column("accessible", ("acces pmr", "toegankelijk")),
    Column("source"),
)  # fmt: skip
OF_AGENCY = {"name": "service"}
"""Where a problem of the agency stands, for the fields that are called otherwise in the file."""


def import_services(*, by: Membership | None, content: bytes, source: str, save: bool = True) -> Report:
    """Entries and their services. A service that is not known is opened, without account; an entry is found again by
    its service and its name; none is taken out. `source` holds for lines that name none.

    Raises Refused, RuleBroken by field (`file`, `source`), LinesBroken.
    """
    may_import(by)
    if problem := text_problem(source, most=LONGEST_SOURCE, missing=_("Say where the file comes from.")):
        raise RuleBroken({"source": [problem]})
    table = read(content, COLUMNS)
    reader = _Reader(source.strip())
    for line in table.lines:
        reader.take(line)
    reader.problems.stop()
    return written(table, reader.write, save=save)


class _Reader:
    """Turns lines into agencies and entries, not yet saved; every problem by its line."""

    def __init__(self, source: str):
        self.source = source
        self.problems = Problems()
        self.kinds = plain_choices(AgencyKind.choices)
        self.phases = plain_choices((str(value), label) for value, label in Phase.choices)
        self.needs = plain_choices(Need.choices)
        self.audiences = plain_choices(Audience.choices)
        self.languages = plain_choices(LANGUAGES.items())
        self.agencies = {sort_key(agency.name): agency for agency in Agency.objects.filter(LISTED)}
        self.standing = {
            (offer.agency_id, sort_key(offer.name)): offer
            for offer in ServiceOffer.objects.filter(ended_at=None, agency__without_account=True)
        }
        self.first: dict[str, Line] = {}
        self.seen: dict[tuple[Any, str], int] = {}
        self.opened: list[Agency] = []
        self.rows: list[ServiceOffer] = []

    def take(self, line: Line) -> None:
        """Read one line."""
        agency = self._agency(line)
        if agency is None:
            return
        key = (agency.pk, sort_key(line.cell("name")))
        first = self.seen.setdefault(key, line.number)
        if first != line.number and key[1]:
            self.problems.add(line, "name", _("The same entry stands on line %(line)d already.") % {"line": first})
        offer = self.standing.get(key) or ServiceOffer(agency=agency)
        offer.agency = agency
        for name, value in self._values(line).items():
            setattr(offer, name, value)
        wrong = offers.problems(offer)
        told = {(problem.line, problem.column) for problem in self.problems.found}
        fresh = {name: why for name, why in wrong.items() if (line.number, _column(name)) not in told}
        self.problems.take(line, RuleBroken(fresh), {"schedule": DAYS[0]})
        self.rows.append(offer)

    def _agency(self, line: Line) -> Agency | None:
        key = sort_key(line.cell("service"))
        kind = self._one(line, "kind", self.kinds)
        if not key:
            self.problems.add(line, "service", _("Write the name of the service."))
            return None
        if not kind:
            if not line.cell("kind"):
                self.problems.add(line, "kind", _("Say what kind of service it is."))
            return None
        known = self.agencies.get(key)
        if known is None:
            return self._opened(line, key, kind)
        if not known.without_account:
            self.problems.add(line, "service", _("This service has an account and keeps its own entries."))
            return None
        if not known.is_active:
            self.problems.add(line, "service", _("This service is closed: open it again first, or leave the line out."))
            return None
        if known.kind != kind:
            said = {"kind": known.get_kind_display()}
            self.problems.add(line, "kind", _("This service is known as another kind: %(kind)s.") % said)
            return None
        return known

    def _opened(self, line: Line, key: str, kind: str) -> Agency | None:
        phase = self._one(line, "phase", self.phases)
        hours = self.problems.try_to(line, "answer_hours", lambda cell: whole_number(cell) if cell else 48, 48)
        agency = Agency(
            name=line.cell("service"),
            short_name=line.cell("short_name") or line.cell("service")[:60],
            kind=kind,
            phase=int(phase) if phase else Phase.FIRST_LINE,
            professional_phone=line.cell("professional_phone"),
            professional_email=line.cell("professional_email"),
            answer_hours=hours,
            without_account=True,
        )
        try:
            check_agency(agency)
        except RuleBroken as broken:
            self.problems.take(line, broken, OF_AGENCY)
        self.agencies[key] = agency
        self.opened.append(agency)
        return agency

    def _one(self, line: Line, column: str, known: Mapping[str, str]) -> str:
        found = self.problems.try_to(line, column, lambda cell: chosen(cell, known), [])
        if len(found) > 1:
            self.problems.add(line, column, _("Choose one."))
        return found[0] if len(found) == 1 else ""

    def _values(self, line: Line) -> dict[str, Any]:
        given = self.problems.try_to
        words = {
            field: {code: line.cell(f"{field}_{code}") for code in TRANSLATIONS if line.cell(f"{field}_{code}")}
            for field in ("description", "schedule_note", "fees")
        }
        return words | {
            "name": line.cell("name"),
            "needs": given(line, "needs", lambda cell: chosen(cell, self.needs), []),
            "audiences": given(line, "audiences", lambda cell: chosen(cell, self.audiences), []),
            "languages": given(line, "languages", lambda cell: chosen(cell, self.languages), []),
            "interpretation": bool(given(line, "interpretation", yes_or_no, None)),
            "territory": given(line, "territory", _codes, []),
            "address": line.cell("address"),
            "postal_code": line.cell("postal_code"),
            "phone": line.cell("phone"),
            "email": line.cell("email"),
            "url": line.cell("url"),
            "schedule": opening.schedule_of({at: given(line, day, _hours, []) for at, day in enumerate(DAYS, 1)}),
            "always_open": bool(given(line, "always_open", yes_or_no, None)),
            "accessible": given(line, "accessible", yes_or_no, None),
            "source": line.cell("source") or self.source,
        }

    def write(self) -> tuple[int, int, int]:
        """Save all of it: (new, changed, as before)."""
        by_agency: dict[Any, list[ServiceOffer]] = {}
        for offer in self.rows:
            by_agency.setdefault(offer.agency.pk, []).append(offer)
        for agency in self.opened:
            own = by_agency[agency.pk]
            agency.languages = sorted({code for offer in own for code in offer.languages})
            everywhere = any(not offer.territory for offer in own)
            agency.territory = [] if everywhere else sorted({code for offer in own for code in offer.territory})
        saved = {agency.pk: _create(agency) for agency in self.opened}
        before = ServiceOffer.objects.in_bulk([offer.pk for offer in self.rows])
        added = changed = same = 0
        for offer in self.rows:
            offer.agency = saved.get(offer.agency.pk, offer.agency)
            stored = before.get(offer.pk)
            if stored is None:
                offer.save(force_insert=True)
                added += 1
            elif any(getattr(stored, name) != getattr(offer, name) for name in offers.FIELDS):
                offer.save(force_update=True)
                changed += 1
            else:
                same += 1
        return added, changed, same


def _create(agency: Agency) -> Agency:
    fields = ("name", "short_name", "kind", "phase", "languages", "territory", "professional_phone",
              "professional_email", "answer_hours", "without_account")  # fmt: skip
    return create_agency(**{name: getattr(agency, name) for name in fields})


def _codes(cell: str) -> list[str]:
    try:
        return parse_codes(" ".join(several(cell)))
    except RuleBroken as broken:
        raise ValueError(broken.messages[0]) from None


def _hours(cell: str) -> list[tuple[str, str]]:
    try:
        return opening.read_day(cell)
    except opening.WrongHours:
        raise ValueError(_("Write the hours as in this example: 9:00-12:00, 13:30-17:00.")) from None


def _column(field: str) -> str:
    return DAYS[0] if field == "schedule" else field
