"""What the data-protection officer reads of unusual readings, and concludes. No case, no name of anybody in one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Membership
from agencies.perms import may_oversee
from audit.models import Action
from audit.services import record
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.pagination import BoundedCount, Key, KeysetPage, bounded_count, paginate

from .models import Conclusion, UnusualReading, UnusualReview, UnusualSweep
from .perms import may_conclude

KEYS = (Key("found_at", descending=True), Key("id", descending=True))
PER_PAGE = 25
MOST_WAITING = 60
LONGEST = 2000
OPEN = Q(conclusion=None)
ASKED = Q(conclusion=Conclusion.ASKED)


@dataclass(frozen=True)
class Readings:
    """Rows with their `conclusion`: those nobody has looked at, those asked about, and one page of the others."""

    waiting: list[UnusualReading]
    more_waiting: bool
    asked: list[UnusualReading]
    concluded: KeysetPage[UnusualReading]
    looked_until: datetime | None


@dataclass(frozen=True)
class Told:
    """One of them with its conclusions; `role` is what the reader is or was in the agency, `larger` a later row."""

    reading: UnusualReading
    reviews: list[UnusualReview]
    role: str
    profession: str
    larger: UnusualReading | None

    @property
    def open(self) -> bool:
        """Whether a conclusion is still awaited: none was given, or the agency was asked."""
        return not self.reviews or self.reviews[-1].conclusion == Conclusion.ASKED


def readings(by: Membership, cursor: str | None) -> Readings:
    """Those of every agency, what waits first. Five queries. Raises Refused for whoever does not oversee, BadCursor."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        rows = _rows()
        waiting = list(rows.filter(OPEN).order_by("-found_at", "-id")[: MOST_WAITING + 1])
        mark = UnusualSweep.objects.first()
        return Readings(
            waiting=waiting[:MOST_WAITING],
            more_waiting=len(waiting) > MOST_WAITING,
            asked=list(rows.filter(ASKED).order_by("-found_at", "-id")[:MOST_WAITING]),
            concluded=paginate(rows.exclude(OPEN | ASKED), keys=KEYS, cursor=cursor, per_page=PER_PAGE),
            looked_until=mark.until if mark else None,
        )


def waiting(by: Membership) -> BoundedCount:
    """How many nobody has looked at, for "my work". Raises Refused."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        return bounded_count(_rows().filter(OPEN), limit=99)


def reading(by: Membership, reading_id: UUID) -> Told:
    """One of them. Raises Refused, Http404."""
    _check(by)
    with system_context(SystemContext.OVERSIGHT):
        found = UnusualReading.objects.select_related("user", "agency").filter(pk=reading_id).first()
        if found is None:
            raise Http404
        held = Membership.objects.filter(user=found.user_id, agency=found.agency_id).order_by("-starts_at").first()
        same = UnusualReading.objects.filter(
            user=found.user_id, agency=found.agency_id, rule=found.rule, day=found.day, count__gt=found.count
        )
        return Told(
            reading=found,
            reviews=list(found.reviews.select_related("reviewer", "agency")),
            role=str(held.get_role_display()) if held else "",
            profession=held.profession if held else "",
            larger=same.order_by("-count").first(),
        )


def conclude(*, by: Membership, reading_id: UUID, conclusion: str, words: str, after: int) -> UnusualReview:
    """Write what one concludes; what was concluded before stays.

    `after` is how many conclusions the page showed: where somebody else has concluded since, nothing is written.
    Raises Http404, Refused for one's own reading, RuleBroken by field.
    """
    told = reading(by, reading_id)
    if not may_conclude(by, told.reading):
        raise Refused(_("Nobody concludes on their own reading: another data-protection officer does."))
    errors = {}
    words = words.replace("\x00", "").strip()
    if conclusion not in Conclusion.values:
        errors["conclusion"] = [_("Choose one of them.")]
    if problem := text_problem(words, most=LONGEST, missing=_("Say what you found.")):
        errors["words"] = [problem]
    if errors:
        raise RuleBroken(errors)
    lock(f"unusual {reading_id}")
    told = reading(by, reading_id)
    if told.larger is not None:
        raise RuleBroken(_("A larger figure of the same day has been noted since: conclude on that one."))
    if len(told.reviews) != after:
        raise RuleBroken(_("Somebody else has concluded in the meantime. Read it first."))
    with system_context(SystemContext.OVERSIGHT):
        review = UnusualReview.objects.create(
            reading=told.reading,
            conclusion=conclusion,
            words=words,
            agency=by.agency,
            reviewer=by.user,
            reviewed_at=now(),
        )
    record(
        action=Action.DECIDED,
        object_kind="administration.UnusualReview",
        object_id=told.reading.pk,
        reason=conclusion,
    )
    return review


def _rows() -> QuerySet[UnusualReading]:
    return UnusualReading.objects.latest_figures().with_conclusion().select_related("user", "agency")


def _check(by: Membership) -> None:
    if not may_oversee(by):
        raise Refused()
