"""Something turns: it is noted once, and every grid of the case is owed again soon. Who owes one learns that alone."""

from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from agencies.models import Agency, Membership
from cases.access import CaseAccess, keep_own_work
from cases.enums import Category, EventCode, Side
from cases.models import Case
from cases.services import check, log_event
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.once import insert_once
from followups.reassessments import reassess_sooner
from riskassessment.models import TurningKind, TurningPoint
from riskassessment.turning import BREACHES, PLACE, kinds_for, turning_points_of
from riskassessment.versions import definition_of, latest_versions, open_to

from . import repeating

TOLD_AT: dict[str, tuple[Category, Side] | None] = {
    TurningKind.REPORT: None,  # the report has its own line
    TurningKind.SEPARATION: (Category.CONTACT, Side.VICTIM),
    TurningKind.MOVE: (Category.CONTACT, Side.VICTIM),
    TurningKind.PREGNANCY: None,  # no pair of the timeline is both hers alone and about her health
}
"""Where the line of the timeline stands, where that is not where the turning point is read: his side can be given the
facts of her side, never how to reach her.
"""


def note_turning_point(
    *, by: Membership, case: Case, access: CaseAccess, kind: str, happened_on: date | None, words: str, key: UUID
) -> TurningPoint:
    """Write down that something has changed. The same `key` gives the first one; so does the same change of the same
    day, in the same words or in none.

    Raises Refused for who may not add to the case, RuleBroken by field.
    """
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    errors: dict[str, list[str]] = {}
    if kind not in kinds_for(access):
        errors["kind"] = [_("Choose what has changed.")]
    if happened_on is None:
        errors["happened_on"] = [_("Say on which day.")]
    elif happened_on > local(now()).date():
        errors["happened_on"] = [_("This day has not come yet.")]
    if errors:
        raise RuleBroken(errors)
    words = words.strip()
    known = turning_points_of(case, access).filter(kind=kind, happened_on=happened_on)
    already = (known.filter(words=words) if words else known).first()
    if already is not None:
        return already
    return turned(by=by, case=case, kind=kind, source_id=key, happened_on=happened_on, words=words)


def turned(
    *,
    by: Membership,
    case: Case,
    kind: str,
    source_id: UUID,
    happened_on: date,
    words: str = "",
    place: tuple[Category, Side] | None = None,
) -> TurningPoint:
    """A turning point by the act `source_id`, once: the grids of the case are owed within TURNING_POINT_HOURS, and a
    breach counts among repeated events. `place` says where it is read, where that is narrower than for its kind.
    """
    already = TurningPoint.objects.filter(case=case, kind=kind, source_id=source_id)
    if (known := already.first()) is not None:
        return known
    category, side = place or PLACE[kind]
    turning_point = TurningPoint(
        category=category,
        side=side,
        case=case,
        kind=kind,
        happened_on=happened_on,
        words=words,
        source_id=source_id,
        agency=by.agency,
        author=by.user,
        at=now(),
    )
    check(turning_point)
    turning_point, new = insert_once(turning_point, mine=already)
    if not new:
        return turning_point
    keep_own_work(case=case, agency=by.agency)
    told_at = TOLD_AT.get(kind, (category, side)) if place is None else None
    if told_at is not None:
        log_event(
            by=by,
            case=case,
            code=EventCode.TURNING_POINT,
            category=told_at[0],
            side=told_at[1],
            payload={"turning_point": str(turning_point.pk), "kind": kind},
        )
    reassess_soon(by=by, case=case, source_id=turning_point.pk)
    if kind in BREACHES:
        repeating.look(case=case)
    return turning_point


def turned_by_time(
    *,
    case: Case,
    kind: str,
    source_id: UUID,
    happened_on: date,
    agency: Agency,
    author: User,
    place: tuple[Category, Side] | None = None,
) -> None:
    """The same where nobody acts: a measure has reached its end. It stands in the name of who wrote until when it
    lasts; in the context `reminders`, once.
    """
    category, side = place or PLACE[kind]
    turning_point = TurningPoint(
        category=category,
        side=side,
        case=case,
        kind=kind,
        happened_on=happened_on,
        source_id=source_id,
        agency=agency,
        author=author,
        at=now(),
    )
    check(turning_point)
    turning_point.save(force_insert=True)
    reassess_soon(by=None, case=case, source_id=turning_point.pk)


def reassess_soon(*, by: Membership | None, case: Case, source_id: UUID) -> None:
    """Every grid of the case is owed within TURNING_POINT_HOURS; where none was signed yet, by the acting agency if it
    may use one that gives a level.
    """
    reassess_sooner(
        by=by,
        case=case,
        source_id=source_id,
        due_at=now() + timedelta(hours=settings.TURNING_POINT_HOURS),
        otherwise=by.agency if by is not None and _has_full_grid(by) else None,
    )


def _has_full_grid(by: Membership) -> bool:
    return any(definition_of(version).kind == "scored" and open_to(by.agency, version) for version in latest_versions())
