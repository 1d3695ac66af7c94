"""Which agency assesses a case again with each grid: one for each grid, until it hands that over.

Read across agencies: who owes what is told to nobody here but the agency itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from cases.access import CaseAccess, agencies_holding
from cases.enums import CONTRIBUTE, Category, EventCode, ParticipationSide, Side, codename
from cases.models import Case
from cases.services import log_event
from cases.who_sees import Reader, who_sees
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken

from .models import GridDuty, GridVersion
from .standing import Due, dues
from .versions import definition_of, open_to


@dataclass(frozen=True)
class Owed:
    """The next assessment of a case with a grid, and the agency that owes it now.

    `grid_id` is None where the duty fell to the agency that leads and it cannot use the grid or may not know of it: it
    then owes an assessment, of no grid in particular.
    """

    agency: Agency
    grid_id: UUID | None
    due: Due


# --- whose it is ------------------------------------------------------------------------------------------
def responsible(case: Case, found: Iterable[Due] | None = None) -> dict[UUID, UUID]:
    """{grid: agency that assesses again with it} for each grid that gives the case a level: whom it was handed to last,
    else who signed it last. `found` are its `dues`, where known.
    """
    with system_context(SystemContext.LEVELS):
        latest = GridDuty.objects.filter(case=case).order_by("grid", "-at", "-pk").distinct("grid")
        handed_over = dict(latest.values_list("grid", "responsible"))
    found = dues(case) if found is None else found
    return {due.grid_id: handed_over.get(due.grid_id, due.agency_id) for due in found}


def owed(case: Case, found: Sequence[Due] | None = None) -> list[Owed]:
    """What is owed now, by whom, for each grid that gives the case a level; `found` are its `dues`, where known.

    An agency that takes part no more owes nothing: its duty falls to the agency that leads. Where that one has left
    too, nobody owes it.
    """
    found = dues(case) if found is None else found
    if not found:
        return []
    whose = responsible(case, found)
    agencies = Agency.objects.in_bulk({*whose.values(), case.lead_agency_id})
    lead = agencies[case.lead_agency_id]
    working = agencies_holding(case.pk, [CONTRIBUTE])
    owing = []
    for due in found:
        agency, grid_id = agencies[whose[due.grid_id]], due.grid_id
        if agency.group_id not in working:
            if lead.group_id not in working:
                continue
            agency = lead
            grid_id = grid_id if _may_take_on(case, lead, due) else None
        owing.append(Owed(agency, grid_id, due))
    return owing


def _may_take_on(case: Case, agency: Agency, due: Due) -> bool:
    """Whether this agency may use the grid, and know that it was used here."""
    if not open_to(agency, due.version):
        return False
    definition = definition_of(due.version)
    needed = [CONTRIBUTE, codename(definition.category, definition.side)]
    if definition.side != Side.PERPETRATOR:
        needed.append(codename(Category.NETWORK, Side.VICTIM))  # never held on his side
    return agency.group_id in agencies_holding(case.pk, needed)


# --- handing it over --------------------------------------------------------------------------------------
def may_hand_over(access: CaseAccess, responsible_id: object) -> bool:
    """Whoever adds to the case for the agency that owes it."""
    return access.contribute and responsible_id == access.agency_id


def candidates(case: Case, access: CaseAccess, version: GridVersion) -> list[Agency]:
    """The agencies a grid may be handed over to, as far as the acting one may know them: they add to the case and may
    use the grid; of his side for a grid about him alone.
    """
    return [
        reader.agency
        for reader in who_sees(case, access).readers
        if reader.agency.pk != access.agency_id and _may_receive(reader, version)
    ]


def _may_receive(reader: Reader, version: GridVersion) -> bool:
    his_side = reader.access.side == ParticipationSide.PERPETRATOR
    return (
        reader.access.has(CONTRIBUTE)
        and open_to(reader.agency, version)
        and (not his_side or definition_of(version).side == Side.PERPETRATOR)
    )


def owed_by(case: Case, access: CaseAccess) -> dict[UUID, GridVersion]:
    """The grids that the acting agency owes in this case, with the version that was signed last."""
    return {
        each.grid_id: each.due.version for each in owed(case) if each.grid_id and each.agency.pk == access.agency_id
    }


def hand_over(*, by: Membership, case: Case, access: CaseAccess, grid_id: UUID, agency_id: UUID | None) -> GridDuty:
    """Make another agency of the case responsible for a grid; the same one again changes nothing.

    Raises Refused unless the acting agency owes it, RuleBroken by field for an agency that cannot take it on.
    """
    Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    already = GridDuty.objects.filter(case=case, grid=grid_id).first()
    if already is not None and (already.agency_id, already.responsible_id) == (by.agency_id, agency_id):
        return already
    version = owed_by(case, access).get(grid_id)
    if version is None or not may_hand_over(access, by.agency_id):
        raise Refused(_("Only the service that has to assess with this grid hands it over."))
    grid = definition_of(version)
    agency = next((one for one in candidates(case, access, version) if one.pk == agency_id), None)
    if agency is None:
        raise RuleBroken({"agency": [_("Choose one of the services listed.")]})
    duty = GridDuty.objects.create(
        category=grid.category,
        side=grid.side,
        case=case,
        grid=version.grid,
        responsible=agency,
        agency=by.agency,
        author=by.user,
        at=now(),
    )
    log_event(
        by=by,
        case=case,
        code=EventCode.DUTY_HANDED_OVER,
        category=grid.category,
        side=grid.side,
        payload={"duty": str(duty.pk), "grid": version.grid.slug},
        next_agency=agency,
        next_act="reassessment",
    )
    return duty
