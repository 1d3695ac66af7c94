"""Who reads a record of a case, as far as the acting agency may know: what the others hold there, and why.

Nothing is decided here: each agency is asked as `CaseAccess` asks the acting one. The readers come from the room that
knows the decisions; `move` registers it, as it does for panels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from agencies.models import Agency

from .access import CaseAccess
from .enums import Category, ParticipationSide, Side, codename
from .models import Case, CasePerson, ChildArrangement, ChildContact, ContactPoint
from .perms import never_his


@dataclass(frozen=True)
class Reason:
    """A basis in words, the permissions it opens, and its end, if it has one."""

    label: str
    permissions: frozenset[str]
    until: datetime | None = None


@dataclass(frozen=True)
class Reader:
    """An agency of the case: what it holds there now, as far as it may be told, and why."""

    agency: Agency
    access: CaseAccess
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Shown:
    """What `CaseAccess.shows` asks of a record, for what is no row with a category of its own."""

    category: str
    side: str
    agency_id: object = None
    internal: bool = False
    never_his: bool = False
    """Closed on his side, whatever was granted there."""


Readers = Callable[[Case, CaseAccess], Sequence[Reader]]

_readers: list[Readers] = []


def register(readers: Readers) -> None:
    """Say who reads a case, the acting agency first; there is one such answer."""
    _readers[:] = [readers]


class WhoSees:
    """The readers of one case for the acting agency, asked for once and only where something asks for them."""

    def __init__(self, case: Case, access: CaseAccess):
        self.case, self.access = case, access

    @cached_property
    def readers(self) -> Sequence[Reader]:
        """The agencies this one may know to read the case, itself first. One query."""
        return _readers[0](self.case, self.access) if _readers and self.access else ()

    def of(self, record: Any, *, internal: bool = False, parties: Iterable[Agency] = ()) -> dict[str, Any]:
        """{"internal", "restricted", "lines": [{"name", "own", "why": [(basis in words, end or None)]}]}.

        `internal` says that nobody else reads the record whatever it is about; `parties` are agencies that read it
        whatever they hold in the case, and that the page names anyway.
        """
        asked = shown(record)
        internal = internal or bool(getattr(asked, "internal", False))
        named = {agency.pk: agency.short_name for agency in parties}
        lines = []
        for reader in self.readers:
            own = reader.access.agency_id == self.access.agency_id
            party = named.pop(reader.access.agency_id, None) is not None
            closed = internal or (getattr(asked, "never_his", False) and never_his(reader.access))
            if own or (not closed and (party or reader.access.shows(asked))):
                lines.append({"name": reader.agency.short_name, "own": own, "why": _why(reader, asked, party=party)})
        lines += [{"name": name, "own": False, "why": [(_party(), None)]} for name in named.values()]
        return {"internal": internal, "restricted": self.case.restricted, "lines": lines}


def who_sees(case: Case, access: CaseAccess) -> WhoSees:
    """The readers of this case as it was loaded: one query however many parts of the page ask."""
    kept = getattr(case, "_who_sees", None)
    if kept is None or kept.access is not access:
        kept = case._who_sees = WhoSees(case, access)
    return kept


def shown(record: Any) -> Any:
    """What is asked of each agency about a record. The same questions as `perms.shows_person` and `shows_contact`."""
    if isinstance(record, Case):
        return Shown(Category.SUMMARY, Side.CASE)
    if isinstance(record, ContactPoint):
        return Shown(Category.CONTACT, record.side)
    if isinstance(record, CasePerson):
        return Shown(Category.IDENTITY, record.side, record.agency_id)
    if isinstance(record, ChildContact | ChildArrangement):
        return Shown(Category.CHILDREN, Side.VICTIM, record.agency_id, never_his=True)
    return record


def network(side: str) -> Shown:
    """A row whose `side` is an agency's place in the case. The same question as `CaseAccess.network`."""
    his = side == ParticipationSide.PERPETRATOR
    return Shown(Category.NETWORK, Side.PERPETRATOR if his else Side.VICTIM)


def _why(reader: Reader, asked: Any, *, party: bool) -> list[tuple[str, datetime | None]]:
    """Each basis once, with the last of its ends."""
    wanted = codename(asked.category, asked.side)
    ends: dict[str, datetime | None] = {}
    for reason in reader.reasons:
        if wanted in reason.permissions and reader.access.has(wanted):
            known = ends.get(reason.label, reason.until)
            ends[reason.label] = max(known, reason.until) if known and reason.until else None
    if not ends and getattr(asked, "agency_id", None) == reader.access.agency_id:
        ends[_("its own work")] = None
    if party:
        ends[_party()] = None
    return list(ends.items())


def _party() -> str:
    return _("it is addressed to them, or comes from them")


def by_pair(case: Case, access: CaseAccess) -> Mapping[str, Sequence[str]]:
    """{"category:side": [short names]} for the forms that ask under what something is written; one's own under ""."""
    if not access.can(Category.NETWORK, Side.VICTIM):
        return {}
    readers = who_sees(case, access).readers
    own = [reader.agency.short_name for reader in readers if reader.access.agency_id == access.agency_id]
    found: dict[str, list[str]] = {}
    for reader in readers:
        for category, side in reader.access.categories:
            found.setdefault(f"{category}:{side}", []).append(reader.agency.short_name)
    return {"": own} | {pair: [*own, *sorted(set(names) - set(own))] for pair, names in found.items()}
