"""Who answers for a case where something of her is told: one rule for all that falls to the service that leads.

A service may lead a case while it stands on his side: it wrote the first situation. It goes on leading what is his;
what tells of her plan, her wishes or how closely the case is watched goes to another one.
"""

from collections.abc import Iterable
from uuid import UUID

from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency
from agencies.services import writers_by_agency
from common.acting import SystemContext, system_context

from .access import agencies_holding, agencies_in, participants, reaching_victim, workers
from .enums import CONTRIBUTE, COORDINATE, Category, ParticipationSide, Side, codename
from .models import Case

SERVICES_OF_HERS = codename(Category.NETWORK, Side.VICTIM)
LEVEL = codename(Category.LEVEL, Side.CASE)

WITH_HIM = frozenset({AgencyKind.PERPETRATOR_PROGRAMME, AgencyKind.PRISON_AID})


def works_with_him(agency: Agency) -> bool:
    """Whether a service exists for people who are violent or detained, wherever it stands in a case."""
    return agency.kind in WITH_HIM or agency.side == AgencySide.PERPETRATOR


def on_his_side(case_id: UUID) -> frozenset[int]:
    """Groups of the services that stand on his side in a case, those with their own past work alone among them."""
    with system_context(SystemContext.GRANTS):
        rows = agencies_in(case_id).filter(side=ParticipationSide.PERPETRATOR)
        return frozenset(rows.values_list("group_id", flat=True))


def answers(case: Case, *, reading: Iterable[str] = ()) -> Agency | None:
    """The service that leads, unless it stands on his side; then, of those that hold the permissions `reading`, the
    coordination that takes part, else who reaches her, else who takes part, a service that works with him last. None
    where nobody but his side is left.
    """
    his = on_his_side(case.pk)
    if case.lead_agency.group_id not in his:
        return case.lead_agency
    groups = {each.group_id for each in workers([case.pk])} - his
    if wanted := frozenset(reading):
        groups &= agencies_holding(case.pk, wanted)
    agencies = list(Agency.objects.filter(group__in=groups, is_active=True).order_by("pk"))
    working, teams = participants([case]), writers_by_agency({each.pk for each in agencies})
    able = [each for each in agencies if working.among(case, teams.get(each.pk, []))]
    coordinating, reaching = agencies_holding(case.pk, [COORDINATE, CONTRIBUTE]), reaching_victim(case.pk)

    def place(agency: Agency) -> tuple[bool, int, bool, bool]:
        near = reaching.index(agency.group_id) if agency.group_id in reaching else len(reaching)
        return agency.group_id not in coordinating, near, works_with_him(agency), agency.kind != AgencyKind.POLICE

    return min(able, key=place, default=None)


def answers_about(case: Case, side: str) -> Agency | None:
    """Who answers for what is about a side of the case: the service that leads, for what is his."""
    return case.lead_agency if side == Side.PERPETRATOR else answers(case, reading=[SERVICES_OF_HERS])
