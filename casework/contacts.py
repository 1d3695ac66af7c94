"""Whom to call about a case: the services the acting one may know there, their professional numbers, who is asked for
in them about each theme, and what was agreed with them.

Which services are named is asked of `cases.who_sees` and of the referrals this access may know of: his side reads his
own services, never one that follows her. Whoever is kept out of the case is shown to nobody as somebody to call.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from agencies.models import Agency, Protocol, ReferencePerson
from agencies.protocols import in_force_with
from agencies.reference_persons import reachable
from cases.access import CaseAccess, excluded_among, named_among
from cases.enums import ParticipationSide
from cases.models import Case
from cases.who_sees import who_sees
from common.phones import dialled
from referrals.models import GOING_ON, WAITING, Referral

MOST = 60


@dataclass(frozen=True)
class Contact:
    """A service of the case, as a colleague calls it. `waits`: it has not answered a referral yet."""

    agency: Agency
    mine: bool = False
    leads: bool = False
    waits: bool = False
    reference_person: str = ""
    people: list[ReferencePerson] = field(default_factory=list)
    protocols: list[Protocol] = field(default_factory=list)

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """The numbers of the service: (words, as it is written, as it is dialled)."""
        numbers = (
            (_("Phone for professionals"), self.agency.professional_phone),
            (_("Duty phone"), self.agency.duty_phone),
        )
        return [(words, number, dialled(number)) for words, number in numbers if number]

    @property
    def persons(self) -> list[tuple[ReferencePerson, str]]:
        """The reference persons, each with their direct number as it is dialled."""
        return [(each, dialled(each.phone)) for each in self.people]


def contacts_of(case: Case, access: CaseAccess, own: Agency) -> list[Contact]:
    """The lead first, then the others by name, the acting agency last. A constant number of queries."""
    agencies, waiting = _services(case, access)
    agencies.setdefault(own.pk, own)
    people = _callable(case, reachable(agencies))
    agreed = in_force_with(own, agencies.values())
    answers = case.reference_person.full_name if case.reference_person_id else ""
    found = [
        Contact(
            agency=agency,
            mine=agency.pk == own.pk,
            leads=agency.pk == case.lead_agency_id,
            waits=agency.pk in waiting,
            reference_person=answers if agency.pk == case.lead_agency_id else "",
            people=people.get(agency.pk, []),
            protocols=agreed.get(agency.pk, []),
        )
        for agency in agencies.values()
    ]
    return sorted(found, key=lambda each: (each.mine, not each.leads, each.agency.short_name))


def _services(case: Case, access: CaseAccess) -> tuple[dict[UUID, Agency], set[UUID]]:
    """The services that may be named here, and which of them have not answered yet."""
    his = access.side == ParticipationSide.PERPETRATOR
    agencies = {
        reader.agency.pk: reader.agency
        for reader in who_sees(case, access).readers
        if not reader.access.own_work_only and (not his or reader.access.side == ParticipationSide.PERPETRATOR)
    }
    # who works without an account reads nothing of the case, and takes part in it all the same
    sent = Referral.objects.of_case(access).filter(WAITING | Q(state__in=GOING_ON, to_agency__without_account=True))
    if his:
        # where it sent her before it stood on his side is no longer told here
        sent = sent.filter(side=ParticipationSide.PERPETRATOR)
    waiting = set()
    for referral in sent.select_related("to_agency").order_by("sent_at")[:MOST]:
        if referral.to_agency_id not in agencies:
            agencies[referral.to_agency_id] = referral.to_agency
            if referral.waits:
                waiting.add(referral.to_agency_id)
    ids = list(agencies)
    # readers carry a few columns of their agency: the numbers are read here, for all of them at once
    return {agency.pk: agency for agency in Agency.objects.filter(pk__in=ids)}, waiting


def _callable(case: Case, people: dict[UUID, list[ReferencePerson]]) -> dict[UUID, list[ReferencePerson]]:
    """Without those excluded from the case; of a restricted one, those who are named in it."""
    users: Iterable[UUID] = {each.user_id for rows in people.values() for each in rows}
    excluded = {user for _case, user in excluded_among([case.pk], users)}
    named = {user for _case, user in named_among([case.pk], users)} if case.restricted else set(users)
    return {
        agency: [each for each in rows if each.user_id in named and each.user_id not in excluded]
        for agency, rows in people.items()
    }
