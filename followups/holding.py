"""Who has in hand what is owed, and to whom it goes when a person, an agency or a whole case moves."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from agencies.models import Agency
from cases.access import kept_out
from cases.models import Case
from common.acting import SystemContext, system_context
from common.clock import now

from .models import FollowUp, FollowUpKind


def ids_of(case: Case, kind: FollowUpKind) -> list[UUID]:
    """The follow-ups of this kind in a case, settled or not, whoever asks: for what must not be told of them."""
    with system_context(SystemContext.REMINDERS):
        return list(FollowUp.objects.filter(case=case, kind=kind).values_list("pk", flat=True))


def open_of(*, case: Case, agency_id: UUID) -> list[FollowUp]:
    """What an agency still owes in a case, the first due first."""
    with system_context(SystemContext.REMINDERS):
        return list(
            FollowUp.objects.filter(case=case, agency=agency_id, settled_at=None)
            .select_related("grid")
            .order_by("due_at", "pk")
        )


def at_work_in(case: Case) -> set[UUID]:
    """Who, of every agency, has an open follow-up of the case in hand."""
    with system_context(SystemContext.REMINDERS):
        return set(_held(case).values_list("assigned_to", flat=True))


def _held(case: Case) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(case=case, settled_at=None).exclude(assigned_to=None)


def hand(*, kind: FollowUpKind, source_id: UUID, user: User | None) -> None:
    """Say who has the open follow-up of an act in hand, for an act whose own service decides who looks at it."""
    with system_context(SystemContext.REMINDERS):
        found = FollowUp.objects.select_for_update(of=("self",)).filter(kind=kind, source_id=source_id, settled_at=None)
        for follow_up in found:
            follow_up.assigned_to = user
            follow_up.save(update_fields=["assigned_to"])


def hand_to(*, case: Case, kinds: Iterable[FollowUpKind], former: Agency, agency: Agency) -> None:
    """What `former` owed of these kinds is owed by another agency from now on, which is told when it is due; what
    `former` had planned for itself is planned by the other one, so that it reads nothing of it any more.
    """
    with system_context(SystemContext.REMINDERS):
        held = FollowUp.objects.filter(case=case, kind__in=list(kinds), agency=former, settled_at=None)
        for follow_up in held.select_for_update(of=("self",)).order_by("pk"):
            follow_up.agency, follow_up.assigned_to = agency, None
            if follow_up.planned_by_agency_id == former.pk:
                follow_up.planned_by_agency = agency
            if follow_up.step:
                follow_up.step, follow_up.remind_at = 0, now()
            follow_up.save(update_fields=["agency", "planned_by_agency", "assigned_to", "step", "remind_at"])


def leave_to_agency(*, case: Case, user_id: UUID) -> None:
    """Who may no longer work on a case holds nothing in it: their open follow-ups go back to their agency, which is
    reminded anew when they alone had been.
    """
    with system_context(SystemContext.REMINDERS):
        for follow_up in _held(case).filter(assigned_to=user_id):
            follow_up.assigned_to = None
            if follow_up.step:
                follow_up.step, follow_up.remind_at = 0, now()
            follow_up.save(update_fields=["assigned_to", "step", "remind_at"])


def hand_over_held(*, agency_id: UUID, leaving: UUID, successor: User) -> None:
    """What somebody has in hand for an agency goes to a successor; back to the agency, which is told anew, where the
    successor is kept out of the case.
    """
    with system_context(SystemContext.REMINDERS):
        held = FollowUp.objects.filter(agency=agency_id, assigned_to=leaving, settled_at=None)
        before_case = Q(kind=FollowUpKind.REFERRAL_ANSWER)
        held = held.annotate(kept=kept_out(case="case", user=successor.pk, outside=before_case))
        for follow_up in held.select_for_update(of=("self",)).order_by("pk"):
            follow_up.assigned_to = None if follow_up.kept else successor
            if follow_up.step:
                follow_up.step, follow_up.remind_at = 0, now()
            follow_up.save(update_fields=["assigned_to", "step", "remind_at"])


def take_up_again(*, case: Case) -> None:
    """A case is worked on again: what was left open when it closed is told anew."""
    with system_context(SystemContext.REMINDERS):
        for follow_up in FollowUp.objects.select_for_update(of=("self",)).filter(
            case=case, settled_at=None, remind_at=None
        ):
            follow_up.step, follow_up.remind_at = 0, max(now(), follow_up.due_at)
            follow_up.save(update_fields=["step", "remind_at"])
