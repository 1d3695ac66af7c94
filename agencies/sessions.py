"""The calendar of short trainings: announced, joined and left, attended. `casework.trainings` tells who is enrolled."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import BRUSSELS, local, now
from common.errors import Refused, RuleBroken, text_problem
from common.holidays import SATURDAY, is_usual_working_day
from common.once import insert_once

from .enums import AgencyKind
from .models import Membership, TrainingEnrolment, TrainingRecord, TrainingSession, TrainingWithdrawal
from .perms import may_announce_trainings, may_keep_training

FIELDS = ("title", "course", "about", "starts_at", "minutes", "place", "link", "kinds", "seats")
TOLD_OF = ("starts_at", "minutes", "place", "link")
"""What whoever is enrolled is told of when it changes."""
LONGEST_ABOUT = 4000
SHORTEST, LONGEST = 5, 600
"""Minutes."""
MOST_SEATS = 500
"""Also where no number of seats is said."""
MOST_AHEAD = timedelta(days=730)
MOST_FOLLOWING = 5
"""Sessions announced at once after the first, two months apart."""


# --- reading ----------------------------------------------------------------------------------------------
def sessions() -> QuerySet[TrainingSession]:
    """All of them with their course and `taken`, how many are enrolled."""
    enrolled = Count("enrolments", filter=Q(enrolments__left_at=None))
    return TrainingSession.objects.select_related("course", "agency").annotate(taken=enrolled)


def coming(at: datetime) -> QuerySet[TrainingSession]:
    """Those that are not over two hours after they began, cancelled ones until then too; the next first."""
    return sessions().filter(starts_at__gte=at - timedelta(hours=2)).order_by("starts_at", "pk")


def past(at: datetime) -> QuerySet[TrainingSession]:
    """Those before, without the cancelled ones; the latest first."""
    return sessions().filter(starts_at__lt=at - timedelta(hours=2), cancelled_at=None).order_by("-starts_at", "pk")


def enrolments_of(member: Membership, among: Iterable[TrainingSession]) -> dict[UUID, TrainingEnrolment]:
    """{session: enrolment} of this person, those they have not left."""
    rows = TrainingEnrolment.objects.filter(user=member.user_id, left_at=None, session__in=[one.pk for one in among])
    return {row.session_id: row for row in rows}


def enrolled_in(session: TrainingSession) -> QuerySet[TrainingEnrolment]:
    """Who is enrolled, with person and service, by name."""
    rows = session.enrolments.filter(left_at=None).select_related("user", "agency", "record")
    return rows.order_by("user__family_name", "user__given_name", "pk")


def why_not(session: TrainingSession, member: Membership, *, taken: int, at: datetime) -> str:
    """Why this person cannot enrol, and what to do instead; "" where nothing stands in the way."""
    if session.cancelled_at is not None:
        return _("This session is cancelled: choose another one.")
    if session.starts_at <= at:
        return _("This session has begun: look for its replay, or choose another one.")
    if session.kinds and member.agency.kind not in session.kinds:
        return _("This session is for other kinds of services: choose another one.")
    if taken >= (session.seats or MOST_SEATS):
        return _("This session is full: choose another one, or look again later, when somebody may have left it.")
    return ""


# --- announcing -------------------------------------------------------------------------------------------
def announce(*, by: Membership, key: UUID, values: Mapping[str, Any], following: int = 0) -> list[TrainingSession]:
    """Announce a session, and so many after it, two months apart each. The same key again announces nothing more.

    `values` holds FIELDS. Raises Refused, RuleBroken by field.
    """
    if not may_announce_trainings(by):
        raise Refused(_("Coordinators and the platform administrator announce trainings."))
    mine = TrainingSession.objects.filter(pk=key, created_by=by.user)
    if mine.exists():
        return list(mine)
    errors = problems(values)
    if not 0 <= following <= MOST_FOLLOWING:
        errors["following"] = [_("A number from 0 to %(most)d.") % {"most": MOST_FOLLOWING}]
    if errors:
        raise RuleBroken(errors)
    given = {name: values[name] for name in FIELDS if name in values}
    first, new = insert_once(
        TrainingSession(id=key, agency=by.agency, created_by=by.user, **_trimmed(given)), mine=mine
    )
    if not new:
        return [first]
    after = [
        TrainingSession(
            id=uuid5(key, str(number)), agency=by.agency, created_by=by.user, **_trimmed(given | {"starts_at": at})
        )
        for number, at in enumerate(every_two_months(first.starts_at, following), 1)
    ]
    for session in after:
        session.save(force_insert=True)
    return [first, *after]


def change(*, by: Membership, session_id: UUID, values: Mapping[str, Any]) -> tuple[TrainingSession, bool]:
    """Change a session that has not begun: (the session, whether who is enrolled is to be told).

    Raises Http404, Refused, RuleBroken by field.
    """
    session = _lock(by, session_id)
    _still_to_come(session)
    errors = problems(values)
    taken = session.enrolments.filter(left_at=None).count()
    if values.get("seats") is not None and values["seats"] < taken and "seats" not in errors:
        errors["seats"] = [_("%(count)d people are enrolled already.") % {"count": taken}]
    if errors:
        raise RuleBroken(errors)
    given = _trimmed({name: values[name] for name in FIELDS if name in values})
    told = any(getattr(session, name) != given[name] for name in TOLD_OF if name in given)
    for name, value in given.items():
        setattr(session, name, value)
    session.save(update_fields=list(given))
    return session, told


def cancel(*, by: Membership, session_id: UUID) -> tuple[TrainingSession, bool]:
    """It does not take place: (the session, whether that is new). Raises Http404, Refused once it has begun."""
    session = _lock(by, session_id)
    if session.cancelled_at is not None:
        return session, False
    _still_to_come(session)
    session.cancelled_at = now()
    session.save(update_fields=["cancelled_at"])
    return session, True


def publish_replay(*, by: Membership, session_id: UUID, replay: str) -> tuple[TrainingSession, bool]:
    """Where it can be watched again, "" for nowhere: (the session, whether there is a new one).

    Raises Http404, Refused before it has begun, RuleBroken.
    """
    session = _lock(by, session_id)
    if session.cancelled_at is not None or session.starts_at > now():
        raise Refused(_("There is a replay once the session has taken place."))
    replay = replay.strip()
    if problem := _link_problem(replay):
        raise RuleBroken({"replay": [problem]})
    new = bool(replay) and session.replay != replay
    session.replay = replay
    session.save(update_fields=["replay"])
    return session, new


def problems(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with a session as it was typed, by field; `starts_at` aware."""
    errors: dict[str, list[str]] = {}
    texts = (("title", 150, _("Write a title.")), ("about", LONGEST_ABOUT, ""), ("place", 200, ""))
    for name, most, missing in texts:
        if problem := text_problem(str(values.get(name) or ""), most=most, missing=missing):
            errors[name] = [problem]
    if problem := _link_problem(str(values.get("link") or "").strip()):
        errors["link"] = [problem]
    if not (str(values.get("link") or "").strip() or str(values.get("place") or "").strip()):
        errors["place"] = [_("Say where it takes place, or give the link to join.")]
    starts_at = values.get("starts_at")
    if starts_at is None:
        errors["starts_at"] = [_("Say when it begins.")]
    elif not now() < starts_at < now() + MOST_AHEAD:
        errors["starts_at"] = [_("It begins later than now, and within two years.")]
    minutes = values.get("minutes")
    if not isinstance(minutes, int) or not SHORTEST <= minutes <= LONGEST:
        errors["minutes"] = [_("From %(least)d to %(most)d minutes.") % {"least": SHORTEST, "most": LONGEST}]
    seats = values.get("seats")
    if seats is not None and (not isinstance(seats, int) or not 1 <= seats <= MOST_SEATS):
        errors["seats"] = [_("A number from 1 to %(most)d, or nothing.") % {"most": MOST_SEATS}]
    if set(values.get("kinds") or ()) - set(AgencyKind.values):
        errors["kinds"] = [_("Choose kinds of the list.")]
    return errors


def every_two_months(first: datetime, count: int) -> list[datetime]:
    """The moments of `count` sessions after the first, two months apart: same weekday, same Belgian hour; a week later
    where nobody works that day. A first one at the weekend was chosen: those after it are then on the next working day.
    """
    begins = local(first)
    moments = []
    for number in range(1, count + 1):
        months = begins.month - 1 + 2 * number
        middle = date(begins.year + months // 12, months % 12 + 1, min(begins.day, 28))
        away = (begins.weekday() - middle.weekday() + 3) % 7 - 3
        day = middle + timedelta(days=away)
        step = 7 if day.weekday() < SATURDAY else 1
        while not is_usual_working_day(day):
            day += timedelta(days=step)
        moments.append(datetime.combine(day, begins.time(), BRUSSELS))
    return moments


# --- enrolling --------------------------------------------------------------------------------------------
def enrol(*, by: Membership, session_id: UUID) -> TrainingEnrolment:
    """Come to a session. Twice is once. Raises Http404, Refused with why and what to do instead."""
    session = TrainingSession.objects.select_for_update().filter(pk=session_id).first()
    if session is None:
        raise Http404
    standing = session.enrolments.filter(left_at=None)
    mine = standing.filter(user=by.user_id).first()
    if mine is not None:
        return mine
    if why := why_not(session, by, taken=standing.count(), at=now()):
        raise Refused(why)
    return TrainingEnrolment.objects.create(session=session, user=by.user, agency=by.agency)


def leave(*, by: Membership, session_id: UUID) -> TrainingSession:
    """Come no more: the seat is free again. Twice is once. Raises Http404, Refused once it has begun."""
    session = TrainingSession.objects.select_for_update().filter(pk=session_id).first()
    if session is None:
        raise Http404
    mine = session.enrolments.filter(user=by.user_id, left_at=None).first()
    if mine is None:
        return session
    if session.starts_at <= now():
        raise Refused(_("This session has begun: whoever gives it says who came."))
    mine.left_at = now()
    mine.save(update_fields=["left_at"])
    return session


# --- who came ---------------------------------------------------------------------------------------------
@transaction.atomic
def note_attendance(*, by: Membership, session_id: UUID, came: Iterable[UUID]) -> int:
    """Say who of those enrolled came; the others did not. Returns how many came.

    Where the session counts as a training, whoever came holds a record of it; it is taken back from who had it by
    mistake. Raises Http404 (also for an enrolment of another session), Refused before it begins and for oneself.
    """
    session = _lock(by, session_id)
    if session.cancelled_at is not None or session.starts_at > now():
        raise Refused(_("Who came is said once the session has begun."))
    rows = {row.pk: row for row in enrolled_in(session).select_for_update(of=("self",))}
    present = set(came)
    if present - set(rows):
        raise Http404
    for row in rows.values():
        here = row.pk in present
        if row.user_id == by.user_id:
            if here and not row.attended:
                raise Refused(_("Nobody writes down their own trainings: ask another administrator."))
            continue
        row.attended = here
        if here and session.course_id and (row.record is None or _taken_back(row.record)):
            row.record = TrainingRecord.objects.create(
                course_id=session.course_id,
                user=row.user,
                followed_on=local(session.starts_at).date(),
                evidence=_("Session of the calendar: %(title)s") % {"title": session.title},
                agency=row.agency,
                recorded_by=by.user,
            )
        elif not here and row.record is not None:
            reason = _("Did not come to the session.")
            TrainingWithdrawal.objects.get_or_create(
                record=row.record, defaults={"reason": reason, "withdrawn_by": by.user}
            )
        row.save(update_fields=["attended", "record"])
    return len(present)


def _taken_back(record: TrainingRecord) -> bool:
    return TrainingWithdrawal.objects.filter(record=record).exists()


def _lock(by: Membership, session_id: UUID) -> TrainingSession:
    session = TrainingSession.objects.select_for_update().filter(pk=session_id).first()
    if session is None:
        raise Http404
    if not may_keep_training(by, session):
        raise Refused(_("The service that announced this session keeps it."))
    return session


def _still_to_come(session: TrainingSession) -> None:
    if session.cancelled_at is not None:
        raise Refused(_("This session is cancelled: announce another one."))
    if session.starts_at <= now():
        raise Refused(_("This session has begun: it is no longer changed."))


def _trimmed(values: Mapping[str, Any]) -> dict[str, Any]:
    trimmed = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    return trimmed | {name: list(trimmed[name] or []) for name in ("kinds",) if name in trimmed}


def _link_problem(link: str) -> str:
    if not link:
        return ""
    if len(link) > 200:
        return _("Keep it under %(count)d characters.") % {"count": 200}
    try:
        URLValidator(schemes=["http", "https"])(link)
    except ValidationError as error:
        return str(error.messages[0])
    return ""
