"""Before the glass is broken: a reason, then one strict search in the cases of every agency, counted and recorded.

What is found says that a case exists and nothing of it. The way on is a token, encrypted, that carries the reason: it
opens nothing without the search in the trail, by the same person, that found the same case.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from agencies.models import Membership
from audit.models import Action, AuditEvent
from audit.services import record
from cases.access import CaseAccess, grants_of, kept_out
from cases.enums import Side, Stage
from cases.models import Case, CasePerson
from cases.search import REFERENCE
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.fields import DecryptionError, decrypt, encrypt
from common.ids import uuid7
from common.locks import lock
from common.names import initials, sort_key

from .grants import EMERGENCY, permission_of, refused_to
from .perms import may_search_in_emergency

KIND = "sharing.emergency"
SHORTEST_REASON, FEWEST_LETTERS, LONGEST_REASON = 20, 5, 1000
MOST = 5
MINUTES = 15
"""How long what was found may be opened."""
SIDES = (Side.VICTIM, Side.PERPETRATOR)


class TooMany(Exception):
    """This person has made as many emergency searches as an hour allows."""


@dataclass(frozen=True)
class Hit:
    """A case that exists: what was typed of it, the way on, and the case itself where the agency sees it already."""

    words: str
    token: str = ""
    case: Case | None = None


@dataclass(frozen=True)
class Wanted:
    """Whom, or which case, somebody looks for."""

    family_name: str = ""
    given_name: str = ""
    birth_date: date | None = None
    reference: str = ""

    @property
    def words(self) -> str:
        """What may be said of a hit: initials and birth year, or the reference, as they were typed."""
        if self.reference:
            return self.reference
        year = f" · {self.birth_date.year}" if self.birth_date else ""
        return initials(self.given_name, self.family_name) + year


@dataclass(frozen=True)
class Ticket:
    """What a token carries: which search found which case, by whom, for what reason."""

    search: UUID
    case: UUID
    user: UUID
    agency: UUID
    reason: str


@dataclass
class Search:
    hits: list[Hit] = field(default_factory=list)
    more: bool = False


def search(*, by: Membership, reason: str, wanted: Wanted) -> Search:
    """Look for the open cases of this person, or the one with this reference; at most MOST are told.

    Raises Refused, RuleBroken by field, TooMany.
    """
    if not may_search_in_emergency(by):
        raise Refused(_("Your role does not open cases in an emergency."))
    reason = clean_reason(reason)
    errors = reason_problem(reason) | _problem(wanted)
    if errors:
        raise RuleBroken(errors)
    _count(by)
    found = _by_reference(by, wanted.reference) if wanted.reference else _by_person(by, wanted)
    told, more = found[:MOST], len(found) > MOST
    search_id = uuid7()
    record(action=Action.SEARCHED, object_kind=KIND, object_id=search_id, fields=told)
    return Search(list(_hits(by, wanted, reason, search_id, told)), more)


def clean_reason(reason: str) -> str:
    """The reason with one space between words."""
    return " ".join(reason.replace("\x00", "").split())


def reason_problem(reason: str) -> dict[str, list[str]]:
    """Why this is no reason, under the field's name; empty when it is one."""
    letters = {sign.casefold() for sign in reason if sign.isalpha()}
    if len(reason) < SHORTEST_REASON or len(letters) < FEWEST_LETTERS:
        text = _("Write why this cannot wait, in at least %(count)d characters: somebody else will read and judge it.")
        return {"reason": [text % {"count": SHORTEST_REASON}]}
    if len(reason) > LONGEST_REASON:
        return {"reason": [_("This reason is too long: %(most)d characters at most.") % {"most": LONGEST_REASON}]}
    return {}


def _problem(wanted: Wanted) -> dict[str, list[str]]:
    if wanted.reference:
        match = REFERENCE.fullmatch(wanted.reference)
        whole = match and match[1]
        return {} if whole else {"reference": [_("Write the whole reference, for example MOVE-2026-000131.")]}
    if not sort_key(wanted.family_name):
        return {"family_name": [_("Write the family name, or a reference.")]}
    if not sort_key(wanted.given_name) and wanted.birth_date is None:
        return {"given_name": [_("Write the given name or the birth date too.")]}
    if wanted.birth_date and wanted.birth_date > local(now()).date():
        return {"birth_date": [_("The birth date cannot be in the future.")]}
    return {}


def _count(by: Membership) -> None:
    """One search after the other for the same person; the trail is what is counted."""
    lock(f"emergency {by.user_id}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sharing_emergency_searches()")
        (made,) = cursor.fetchone()
    if made >= settings.BREAK_GLASS_SEARCHES:
        record(action=Action.REFUSED, object_kind=KIND)
        raise TooMany


# --- finding --------------------------------------------------------------------------------------------------
def reachable(by: Membership) -> Q:
    """Cases an emergency may open to this person: neither closed, nor closed to them."""
    return ~Q(stage=Stage.CLOSED) & ~Q(kept_out(case="pk", user=by.user_id))


def _by_reference(by: Membership, typed: str) -> list[UUID]:
    match = REFERENCE.fullmatch(typed)
    reference = f"MOVE-{match[1]}-{int(match[2]):06d}"
    with system_context(SystemContext.MATCHING):
        return list(Case.objects.filter(reachable(by), reference=reference).values_list("pk", flat=True))


def _by_person(by: Membership, wanted: Wanted) -> list[UUID]:
    family, given = sort_key(wanted.family_name), sort_key(wanted.given_name)
    asked = Q(person__sort_name=f"{family} {given}".strip())
    if wanted.birth_date:
        asked |= Q(person__birth_date=wanted.birth_date, person__sort_name__startswith=family)
    with system_context(SystemContext.MATCHING):
        persons = list(
            CasePerson.objects.filter(asked, side__in=SIDES)
            .select_related("person")
            .only("case", "person__given_name", "person__family_name", "person__birth_date")
            .order_by("-case")[:1000]
        )
        same = {row.case_id for row in persons if _same(row, family, given, wanted.birth_date)}
        cases = Case.objects.filter(reachable(by), pk__in=same).order_by("-opened_at", "-pk")
        return list(cases.values_list("pk", flat=True)[: MOST + 1])


def _same(row: CasePerson, family: str, given: str, birth_date: date | None) -> bool:
    """The family name is the one typed; of given name and birth date, one is, and neither is another one."""
    person = row.person
    if sort_key(person.family_name) != family:
        return False
    known = sort_key(person.given_name)
    if given and known and known != given:
        return False
    if birth_date and person.birth_date and person.birth_date != birth_date:
        return False
    return bool((given and known == given) or (birth_date and person.birth_date == birth_date))


def _hits(by: Membership, wanted: Wanted, reason: str, search_id: UUID, found: list[UUID]) -> Iterable[Hit]:
    visible = {case.pk: case for case in Case.objects.visible_to(by).filter(pk__in=found)}
    accesses = grants_of(list(visible), by)
    for case_id in found:
        access = accesses.get(case_id)
        ticket = Ticket(search_id, case_id, by.user_id, by.agency_id, reason)
        nothing_more = access is not None and opens_nothing_more(access)
        yield Hit(wanted.words, "" if nothing_more else _token(ticket), visible.get(case_id))


def opens_nothing_more(access: CaseAccess) -> bool:
    """Whether all that an emergency would open is open already."""
    wanted = {permission_of(item) for item in EMERGENCY} - refused_to(access.side)
    return wanted <= set(access.grants)


# --- the way on -----------------------------------------------------------------------------------------------
def _token(ticket: Ticket) -> str:
    return encrypt(json.dumps({name: str(value) for name, value in vars(ticket).items()}))


def read_token(*, by: Membership, token: str) -> Ticket:
    """What the token carries. Raises Refused for one that is forged or somebody else's, RuleBroken for one that is
    missing or whose search is too old.
    """
    if not token:
        raise RuleBroken(_("Search again: what was found can be opened for %(count)d minutes.") % {"count": MINUTES})
    try:
        carried = json.loads(decrypt(token))
        ids = {name: UUID(str(carried[name])) for name in ("search", "case", "user", "agency")}
        ticket = Ticket(**ids, reason=str(carried["reason"]))
    except (DecryptionError, ValueError, KeyError, TypeError):
        raise Refused(_("This search is not yours.")) from None
    if (ticket.user, ticket.agency) != (by.user_id, by.agency_id):
        raise Refused(_("This search is not yours."))
    made = AuditEvent.objects.filter(
        action=Action.SEARCHED, object_kind=KIND, object_id=ticket.search, user_id=by.user_id, agency_id=by.agency_id,
        fields__contains=[str(ticket.case)],
    )  # fmt: skip
    if not made.exists():
        raise Refused(_("This search is not yours."))
    if not made.filter(at__gt=Now() - timedelta(minutes=MINUTES)).exists():
        raise RuleBroken(_("Search again: what was found can be opened for %(count)d minutes.") % {"count": MINUTES})
    return ticket
