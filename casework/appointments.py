"""What an appointment leads to: its agency is asked what became of it; linked cases are looked at for an overlap."""

from collections.abc import Iterator
from datetime import datetime, time

from django.db.models import QuerySet

from agencies.models import Membership
from cases.access import grants_of
from cases.appointments import Linked
from cases.models import Appointment, Case
from common.clock import BRUSSELS, end_of, local
from common.holidays import is_legal_holiday
from followups.models import FollowUpKind
from followups.planning import as_schedule, plan, policy_for
from followups.schedule import due_at
from followups.settling import settle
from sharing.links import links_of
from sharing.models import LinkKind


def ask_what_became(by: Membership, appointment: Appointment) -> None:
    """Its agency owes an answer once the appointment is over: did it take place?"""
    policy = policy_for(FollowUpKind.APPOINTMENT)
    plan(
        by=by,
        case=appointment.case,
        kind=FollowUpKind.APPOINTMENT,
        agency=by.agency,
        source_id=appointment.pk,
        due_at=due_at(appointment.ends_at, as_schedule(policy), is_holiday=is_legal_holiday),
        about=appointment.case_person,
        policy=policy,
    )


def answered(by: Membership, appointment: Appointment, outcome: str) -> None:
    """What became of it is said: nobody is asked any more."""
    settle(by=by, kind=FollowUpKind.APPOINTMENT, source_id=appointment.pk, outcome=outcome)


def todays(membership: Membership, at: datetime) -> QuerySet[Appointment]:
    """The appointments this agency made for the Belgian day of `at`, that are not over, the first one first."""
    today = local(at).date()
    return (
        Appointment.objects.filter(agency=membership.agency_id, end=None)
        .filter(starts_at__gte=datetime.combine(today, time(), BRUSSELS), starts_at__lt=end_of(today))
        .filter(case__in=Case.objects.visible_to(membership))
        .select_related("case")
        .order_by("starts_at", "pk")
    )


def linked(by: Membership, case: Case) -> Iterator[Linked]:
    """The cases linked to this one, where this member may know the link. No query more without a link."""
    found = links_of(case, by)
    accesses = grants_of([other.pk for _link, other in found], by) if found else {}
    for link, other in found:
        if access := accesses.get(other.pk):
            yield Linked(other, access, swapped=link.kind == LinkKind.COUNTER_COMPLAINT)
