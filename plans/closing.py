"""Whether a service takes part still, what was closed and opened again in a case, who may close it. One room's reading.

Rows are written by `casework.closing`, `casework.parting` and `casework.leading`: each of those acts crosses rooms.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from agencies.enums import Role
from agencies.models import Membership
from agencies.perms import SENIORS
from cases.access import CaseAccess
from cases.enums import COORDINATE, Category, Side
from cases.models import Case
from cases.perms import leads, never_his
from common.acting import SystemContext, system_context

from .models import AgencyFollowUp, CaseClosing, CaseReopening, LeadOffer, PartCode, ReturnTold, ToldHow

LONGEST = 2000


# --- who may ----------------------------------------------------------------------------------------------
def may_close(membership: Membership, case: Case, access: CaseAccess) -> bool:
    """Close a case, supervise it, extend or open it again: who answers for the service that leads, or who coordinates.

    Never on his side: what a closing asks of her is not his service's to know. It hands the lead over first.
    """
    answers = membership.role in SENIORS and leads(membership, case)
    coordinates = membership.role == Role.COORDINATOR and access.has(COORDINATE)
    return access.takes_part and not never_his(access) and (answers or coordinates)


def may_reopen(access: CaseAccess) -> bool:
    """Open a closed or supervised case again: whoever takes part in it, not on his side. It protects."""
    return access.takes_part and not never_his(access)


def may_tell(access: CaseAccess) -> bool:
    """Write down that she was told how to come back: who adds to the case and knows how to reach her."""
    return access.contribute and not never_his(access) and access.can(Category.CONTACT, Side.VICTIM)


def reads_told(access: CaseAccess) -> bool:
    """Read how she was told to come back: like how to reach her, never on his side."""
    return access.can(Category.CONTACT, Side.VICTIM) and not never_his(access)


def reads_closing(access: CaseAccess) -> bool:
    """Read why a case was closed and opened again: who may know the services of hers; never his side."""
    return access.can(Category.NETWORK, Side.VICTIM) and not never_his(access)


def may_hand_lead(membership: Membership, case: Case, access: CaseAccess) -> bool:
    """Offer the lead to another service, and take the offer back: who answers for the service that leads."""
    return access.contribute and membership.role in SENIORS and leads(membership, case)


def may_answer_lead(membership: Membership, offer: LeadOffer, access: CaseAccess) -> bool:
    """Take the lead over or decline it: who answers for the service that is asked."""
    return access.contribute and membership.role in SENIORS and membership.agency_id == offer.to_agency_id


def may_name_reference(membership: Membership, case: Case, access: CaseAccess) -> bool:
    """Say who the reference person of the case is: who answers for the service that leads."""
    return access.contribute and membership.role in SENIORS and leads(membership, case)


# --- what holds -------------------------------------------------------------------------------------------
def parts_of(case: Case, access: CaseAccess) -> dict[UUID, AgencyFollowUp]:
    """The latest row of each service that this access may know, by agency."""
    rows = AgencyFollowUp.objects.filter(access.network() | Q(agency=access.agency_id), case=case).select_related(
        "agency", "author"
    )
    return _latest(rows)


def ended_parts(case: Case) -> frozenset[UUID]:
    """The agencies that have ended their part and not taken it up again, whoever asks."""
    with system_context(SystemContext.REMINDERS):
        latest = _latest(AgencyFollowUp.objects.filter(case=case))
    return frozenset(agency for agency, row in latest.items() if row.code == PartCode.ENDED)


def _latest(rows: Iterable[AgencyFollowUp]) -> dict[UUID, AgencyFollowUp]:
    found: dict[UUID, AgencyFollowUp] = {}
    for row in sorted(rows, key=lambda each: (each.at, each.pk), reverse=True):
        found.setdefault(row.agency_id, row)
    return found


def last_act(case: Case) -> CaseClosing | CaseReopening | None:
    """The latest closing or reopening, whoever asks; with who did it."""
    with system_context(SystemContext.REMINDERS):
        acts = [
            model.objects.filter(case=case).select_related("agency", who).order_by("-at", "-pk").first()
            for model, who in ((CaseClosing, "closed_by"), (CaseReopening, "author"))
        ]
    return max((act for act in acts if act is not None), key=lambda act: (act.at, act.pk), default=None)


def history(case: Case, access: CaseAccess) -> list[CaseClosing | CaseReopening]:
    """Every closing and reopening this access may read, the latest first."""
    if not reads_closing(access):
        return []
    rows = [
        *CaseClosing.objects.filter(case=case).select_related("agency", "closed_by"),
        *CaseReopening.objects.filter(case=case).select_related("agency", "author"),
    ]
    return sorted(rows, key=lambda act: (act.at, act.pk), reverse=True)


def told(case: Case) -> str:
    """Whether she was told how to come back since the case was last opened again: "told", "not_safely" or "".

    Whoever asks; how and what was said is read with `tellings`. That she wishes no contact counts as said.
    """
    since = last_act(case)
    with system_context(SystemContext.REMINDERS):
        rows = ReturnTold.objects.filter(case=case).order_by("-at", "-pk")
        if isinstance(since, CaseReopening):
            rows = rows.filter(at__gt=since.at)
        latest = rows.values_list("how", flat=True).first()
    if latest is None:
        return ""
    return "not_safely" if latest in (ToldHow.NOT_SAFELY, ToldHow.REFUSED) else "told"


def tellings(case: Case, access: CaseAccess) -> list[ReturnTold]:
    """What is written of how she was told to come back, the latest first."""
    if not reads_told(access):
        return []
    return list(ReturnTold.objects.filter(case=case).select_related("agency", "author")[:20])


def open_offer(case: Case) -> LeadOffer | None:
    """The offer of the lead that waits for its answer, whoever asks."""
    with system_context(SystemContext.REMINDERS):
        rows = LeadOffer.objects.filter(case=case, answer=None).select_related("agency", "to_agency", "author")
        return rows.order_by("-at", "-pk").first()


def offers_of(case: Case, by: Membership) -> list[LeadOffer]:
    """The offers of the lead the acting agency made or received, the latest first."""
    rows = LeadOffer.objects.filter(case=case).select_related("agency", "to_agency", "author", "answer__author")
    return [each for each in rows[:20] if by.agency_id in (each.agency_id, each.to_agency_id)]
