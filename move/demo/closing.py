"""What ended in the district: cases closed, one under supervision, one opened again, a lead handed over, a part ended, a
coordination offered to another one.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from agencies.models import Membership
from agencies.perms import SENIORS, WRITERS
from cases.access import get_case
from cases.enums import Stage
from cases.models import Case
from casework import closing, closing_facts, coordinating, leading, parting
from common.acting import SystemContext, system_context
from common.clock import local
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from plans.models import CaseClosing, ClosingKind, LeadWhy, PartReason
from riskassessment.models import RequestState

from .plans import Work
from .words import OFFERED

if TYPE_CHECKING:
    from .district import District

TOLD = "Elle sait qu'elle peut rappeler la cellule à toute heure, sans tout réexpliquer. La carte est dans son sac."
WHY = "Plus aucun fait depuis deux mois, elle se dit en sécurité et entourée."
ASIDE = "Les autres services ont été appelés : leur suivi continue ou se termine sans que ce dossier reste ouvert."
OFFER = "La cellule la voit chaque semaine ; le volet policier est terminé. Prochain rendez-vous déjà pris."
SUPERVISED_MONTHS = timedelta(days=120)


def tell(district: "District") -> None:
    """Every case that the plan closes is closed by who leads it; one stays under supervision for four months, one was
    opened again by a new report. Elsewhere a cell leads in the place of the police, and a service has ended its part.
    """
    ended = [work for work in district.told if work.plan.stage == Stage.CLOSED]
    for index, work in enumerate(ended):
        at = district.by_day(work.at + timedelta(days=9))
        if index == len(ended) - 1:
            _close(district, work, max(at, district.start - timedelta(days=60)), ClosingKind.SUPERVISED)
        else:
            _close(district, work, at, ClosingKind.FULL)
    if len(ended) > 2:
        ended[0].at = district.by_day(ended[0].at + timedelta(days=12))
        district.record_again(ended[0])
    going_on = [work for work in district.told if work.plan.contact == "reached" and not work.plan.stage]
    going_on = [work for work in going_on if work.at < district.start - timedelta(days=3)]
    next((work for work in going_on if _hand_lead(district, work)), None)
    next((work for work in reversed(going_on) if _end_part(district, work)), None)
    _offer_coordination(district)


def _offer_coordination(district: "District") -> None:
    """The coordination asks the other one to take the situation over that it retained; nobody has answered yet."""
    delphine = district.members["delphine"]
    with district.act(delphine, district.start - timedelta(hours=3)):
        case_id = _coordinated(delphine)
        (place,) = coordinating.places(delphine.agency_id)
        coordinating.ask_from_case(by=delphine, case_id=case_id, asked=coordinating.Asked(place.pk, OFFERED))


def _coordinated(by: Membership) -> UUID:
    """The case that the coordination of this member retained last."""
    retained = coordinating.requests_of(by).filter(state=RequestState.RETAINED, coordination=by.agency_id)
    return retained.exclude(joined_at=None).latest("answered_at").case_id


def _close(district: "District", work: Work, at: datetime, kind: ClosingKind) -> CaseClosing | None:
    try:
        with transaction.atomic():
            with district.act(work.officer, at) as told_at:
                closing.tell_return(
                    by=work.officer, case_id=work.case.pk, how="phone", told_on=local(told_at).date(), words=TOLD,
                    request_key=uuid7(),
                )  # fmt: skip
            with district.act(work.senior, at + timedelta(hours=2)):
                return closing.close(
                    by=work.senior,
                    case_id=work.case.pk,
                    kind=kind,
                    seen=closing_facts.stamp(work.case),
                    words=WHY,
                    until=local(district.start + SUPERVISED_MONTHS).date(),
                    set_aside=("contact", "parts"),
                    set_aside_words=ASIDE,
                    request_key=uuid7(),
                )
    except (RuleBroken, Refused):
        return None


def _hand_lead(district: "District", work: Work) -> bool:
    """The cell of the zone takes the lead over, as its reference person answers."""
    cell = _someone(district, work.cell.agency_id, SENIORS)
    if cell is None:
        return False
    at = district.start - timedelta(days=2)
    try:
        with transaction.atomic():
            with district.act(work.senior, at):
                offer = leading.offer_lead(
                    by=work.senior, case_id=work.case.pk, agency_id=cell.agency_id, why=LeadWhy.CLOSER, words=OFFER,
                    request_key=uuid7(),
                )  # fmt: skip
            with district.act(cell, at + timedelta(hours=5)):
                leading.accept_lead(by=cell, case_id=work.case.pk, offer_id=offer.pk)
    except (RuleBroken, Refused):
        return False
    return True


def _end_part(district: "District", work: Work) -> bool:
    """A service that owes nothing any more ends its own follow-up."""
    with system_context(SystemContext.REMINDERS):
        case = Case.objects.get(pk=work.case.pk)
    with district.act(work.officer, district.start):
        others = [part for part in closing_facts.parts(case) if part.agency.pk != case.lead_agency_id]
    for part in others:
        by = _someone(district, part.agency.pk, WRITERS)
        if by is None:
            continue
        try:
            with transaction.atomic(), district.act(by, district.start - timedelta(days=1)):
                get_case(case.pk, by)
                parting.end_part(by=by, case_id=case.pk, reason=PartReason.DONE, request_key=uuid7())
        except (RuleBroken, Refused):
            continue
        return True
    return False


def _someone(district: "District", agency_id: object, roles: object) -> Membership | None:
    members = [*district.members.values(), *district.hats.values()]
    return next((each for each in members if each.agency_id == agency_id and each.role in roles), None)
