"""To whom an alert of a programme goes: whoever coordinates the case. The programme never learns who that is.

From the coordination downwards: the first service that takes part, does not work with him and has somebody who writes
and may know of the case. Her own services come last, and are reached by the way alone, not by the programme.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from agencies.enums import AgencyKind
from agencies.models import Agency, Membership
from agencies.services import writers_by_agency
from cases.access import participants, permission_ids, reaching_victim
from cases.enums import CONTRIBUTE, COORDINATE, VIEW_CASE, ParticipationSide
from cases.models import Case, CaseGroupObjectPermission
from common.acting import SystemContext, system_context

from .models import AlertRoute, ProgrammeAlert, Rung


@dataclass(frozen=True)
class Taking:
    """A service that takes part in the case now and may be asked: what decides whether an alert goes to it."""

    agency_id: object
    kind: str
    side: str
    coordinates: bool = False
    leads: bool = False
    holds_reference: bool = False
    reaches_her: bool = False


def ladder(taking: Taking) -> Rung | None:
    """On which rung a service stands, or None for one that is never asked: his side."""
    if taking.side == ParticipationSide.PERPETRATOR:
        return None
    neutral = taking.side == ParticipationSide.NEUTRAL
    if taking.coordinates or taking.kind == AgencyKind.COORDINATION:
        return Rung.COORDINATION
    if taking.leads and neutral:
        return Rung.LEAD
    if taking.holds_reference:
        return Rung.REFERENCE
    if neutral:
        return Rung.NEUTRAL
    return Rung.LEAD_OF_HERS if taking.leads or taking.reaches_her else None


ORDER = (Rung.COORDINATION, Rung.LEAD, Rung.REFERENCE, Rung.NEUTRAL, Rung.LEAD_OF_HERS)


def choose(takings: Collection[Taking]) -> tuple[object, Rung] | None:
    """(the service it goes to, on which rung), or None where nobody can be asked. Police before other neutral ones;
    between equals whoever coordinates by a decision, leads, or came first.
    """
    found = [(rung, each) for each in takings if (rung := ladder(each)) is not None]
    if not found:
        return None

    def place(item: tuple[int, tuple[Rung, Taking]]) -> tuple:
        index, (rung, each) = item
        return ORDER.index(rung), not each.coordinates, each.kind != AgencyKind.POLICE, not each.leads, index

    _index, (rung, each) = min(enumerate(found), key=place)
    return each.agency_id, rung


def takings_of(case: Case, *, without: Collection[object] = ()) -> list[Taking]:
    """Who takes part in a case now and has somebody to ask, whoever acts; those `without` are left out."""
    ids = permission_ids()
    with system_context(SystemContext.GRANTS):
        rows = CaseGroupObjectPermission.objects.live().filter(content_object=case.pk)
        sides = dict(rows.filter(permission=ids[VIEW_CASE]).order_by("pk").values_list("group_id", "side"))
        adding = set(rows.filter(permission=ids[CONTRIBUTE]).values_list("group_id", flat=True))
        coordinating = set(rows.filter(permission=ids[COORDINATE]).values_list("group_id", flat=True))
    groups = [group for group in sides if group in adding]
    agencies = Agency.objects.filter(group__in=groups, is_active=True).exclude(pk__in=list(without))
    by_group = {agency.group_id: agency for agency in agencies}
    team = writers_by_agency([agency.pk for agency in by_group.values()])
    known = participants([case])
    reach = set(reaching_victim(case.pk))
    found = []
    for group in groups:
        agency = by_group.get(group)
        if agency is None or not (members := known.among(case, team.get(agency.pk, []))):
            continue
        found.append(
            Taking(
                agency_id=agency.pk,
                kind=agency.kind,
                side=sides[group],
                coordinates=group in coordinating,
                leads=agency.pk == case.lead_agency_id,
                holds_reference=any(member.user_id == case.reference_person_id for member in members),
                reaches_her=group in reach,
            )
        )
    return found


def route(alert: ProgrammeAlert, *, case: Case) -> AlertRoute | None:
    """Send an alert to the first service that was not asked before, as the system. None where there is none left: the
    service that wrote it then keeps it in hand, once.
    """
    with system_context(SystemContext.REMINDERS):
        asked = set(AlertRoute.objects.filter(alert=alert).values_list("to_agency", flat=True))
    chosen = choose(takings_of(case, without={*asked, alert.agency_id}))
    to, rung = chosen or (alert.agency_id, Rung.NOBODY)
    if to in asked:
        return None
    with system_context(SystemContext.REMINDERS):
        return AlertRoute.objects.create(case_id=alert.case_id, alert=alert, to_agency_id=to, rung=rung)


def send_on(alert_id: UUID, *, case: Case) -> Agency | None:
    """Where an alert goes now that the service it went to has left; None where nobody else is there."""
    with system_context(SystemContext.REMINDERS):
        alert = ProgrammeAlert.objects.filter(pk=alert_id).first()
    found = route(alert, case=case) if alert is not None else None
    return Agency.objects.get(pk=found.to_agency_id) if found is not None else None


def holds(by: Membership, alert: ProgrammeAlert) -> AlertRoute | None:
    """The way by which the acting service was asked, where it was."""
    return AlertRoute.objects.filter(alert=alert, to_agency=by.agency_id).first()
