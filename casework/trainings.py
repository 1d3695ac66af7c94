"""Acts of the training calendar of which somebody is told: whom a session is for, and whoever is enrolled."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from agencies import sessions
from agencies.models import Membership, TrainingSession
from common.clock import now
from notifications.models import NoticeKind
from notifications.services import notify


def announce(*, by: Membership, key: UUID, values: Mapping[str, Any], following: int = 0) -> list[TrainingSession]:
    """Announce a session and those that follow; whoever they are for gets one notice for all of them, which leads to
    the calendar, and none while an earlier one is not read. Raises as the service does.
    """
    made = sessions.announce(by=by, key=key, values=values, following=following)
    people = Membership.objects.live().exclude(user=by.user_id).select_related("user", "agency").order_by("pk")
    if made[0].kinds:
        people = people.filter(agency__kind__in=made[0].kinds)
    notify(
        recipients=people,
        kind=NoticeKind.TRAINING_ANNOUNCED,
        path=reverse("trainings:calendar"),
        dedupe_key=f"training:{made[0].pk}:announced",
        unless_unread=True,
    )
    return made


def change(*, by: Membership, session_id: UUID, values: Mapping[str, Any]) -> TrainingSession:
    """Change a session; whoever is enrolled is told of another moment, place or link. Raises as the service does."""
    session, told = sessions.change(by=by, session_id=session_id, values=values)
    if told:
        _tell(session, by=by, what=f"changed:{now():%Y%m%d%H%M%S%f}")
    return session


def cancel(*, by: Membership, session_id: UUID) -> TrainingSession:
    """It does not take place; whoever is enrolled is told, once."""
    session, new = sessions.cancel(by=by, session_id=session_id)
    if new:
        _tell(session, by=by, what="cancelled")
    return session


def publish_replay(*, by: Membership, session_id: UUID, replay: str) -> TrainingSession:
    """It can be watched again; whoever was enrolled is told, once for each session."""
    session, new = sessions.publish_replay(by=by, session_id=session_id, replay=replay)
    if new:
        _tell(session, by=by, what="replay")
    return session


def _tell(session: TrainingSession, *, by: Membership, what: str) -> None:
    enrolled = sessions.enrolled_in(session).exclude(user=by.user_id)
    pairs = {(row.user_id, row.agency_id) for row in enrolled}
    members = (
        Membership.objects.live().filter(user__in=[user for user, _agency in pairs]).select_related("user", "agency")
    )
    notify(
        recipients=[member for member in members if (member.user_id, member.agency_id) in pairs],
        kind=NoticeKind.TRAINING_CHANGED,
        path=reverse("trainings:session", args=[session.pk]),
        dedupe_key=f"training:{session.pk}:{what}",
    )
