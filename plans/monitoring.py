"""Close monitoring of a case: begun, looked at again, extended, ended. Rows of one room.

What is owed meanwhile, and what the case says of itself, is `casework.watching`.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _

from accounts.models import User
from agencies.models import Agency, Membership
from cases.access import CaseAccess
from cases.models import Case
from cases.perms import never_his
from cases.services import check
from common.clock import now
from common.errors import RuleBroken, text_problem
from common.once import insert_once
from riskassessment.consulting_perms import knows_monitoring

from .models import MonitoringAct, MonitoringCode, MonitoringPeriod

LONGEST = 2_000


def reads(access: CaseAccess, period: MonitoringPeriod) -> bool:
    """Whether this time of monitoring is told: to who receives the level or coordinates, and to who began it."""
    own = bool(access) and period.agency_id == access.agency_id and not never_his(access)
    return own or knows_monitoring(access)


def running(case: Case) -> MonitoringPeriod | None:
    """The time of monitoring that has not ended, as the database lets the acting agency read it."""
    ended = MonitoringAct.objects.filter(period=OuterRef("pk"), code=MonitoringCode.ENDED)
    rows = MonitoringPeriod.objects.filter(case=case).exclude(Exists(ended)).select_related("agency", "author")
    return rows.order_by("-starts_at", "-pk").first()


def periods(case: Case, access: CaseAccess) -> list[MonitoringPeriod]:
    """The times of monitoring this access is told of, the latest first, each with its acts."""
    rows = MonitoringPeriod.objects.filter(case=case).select_related("agency", "author")
    acts = MonitoringAct.objects.select_related("agency", "author")
    if not knows_monitoring(access):
        acts = acts.filter(agency=access.agency_id)  # who began it and left reads its own words, not the later ones
    found = rows.prefetch_related(Prefetch("acts", acts)).order_by("-starts_at", "-pk")
    return [each for each in found if reads(access, each)]


def planned_until(period: MonitoringPeriod) -> datetime:
    """Until when it is planned by now."""
    extended = MonitoringAct.objects.filter(period=period, code=MonitoringCode.EXTENDED).order_by("-at", "-pk").first()
    return extended.until if extended else period.planned_until


def begin(
    *,
    case: Case,
    agency: Agency,
    author: User,
    starts_at: datetime,
    until: datetime | None,
    why: str,
    request_key: UUID,
    source_id: UUID | None = None,
) -> tuple[MonitoringPeriod, bool]:
    """A time of close monitoring; (it, whether it is new). Raises RuleBroken by field."""
    mine = MonitoringPeriod.objects.filter(request_key=request_key, case=case)
    if (already := mine.first()) is not None:
        return already, False
    errors = until_problems(until, after=starts_at)
    if problem := text_problem(why, most=LONGEST, missing=_("Say why it is watched closely.")):
        errors["why"] = [problem]
    if errors:
        raise RuleBroken(errors)
    row = MonitoringPeriod(
        case=case,
        starts_at=starts_at,
        planned_until=until,
        why=why.strip(),
        source_id=source_id,
        request_key=request_key,
        agency=agency,
        author=author,
    )
    check(row)
    return insert_once(row, mine=mine)


def of_before(*, by: Membership, case: Case, request_key: UUID) -> MonitoringPeriod:
    """The time of monitoring of a case that was put under it before such times were written, in the name of whoever
    acts on it first.
    """
    mine = MonitoringPeriod.objects.filter(request_key=request_key, case=case)
    row = MonitoringPeriod(
        case=case,
        starts_at=case.monitored_since,
        planned_until=unwritten_until(case),
        why=_("Under close monitoring since before its reasons were written here."),
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(row)
    return insert_once(row, mine=mine)[0]


def unwritten_until(case: Case) -> datetime:
    """Until when a case is watched for which nobody wrote it: the usual time."""
    return case.monitored_since + timedelta(days=settings.MONITORING_DAYS)


def act(
    *,
    by: Membership,
    period: MonitoringPeriod,
    code: MonitoringCode,
    words: str,
    request_key: UUID,
    changed: str = "",
    until: datetime | None = None,
) -> tuple[MonitoringAct, bool]:
    """Look again (`changed` "yes" or "no"), extend or end; (the act, whether it is new).

    Raises RuleBroken by field, and where it has ended.
    """
    mine = MonitoringAct.objects.filter(request_key=request_key, period=period, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, False
    errors: dict[str, list[str]] = {}
    if code == MonitoringCode.EXTENDED:
        errors = until_problems(until, after=planned_until(period))
    if code == MonitoringCode.LOOKED and changed not in ("yes", "no"):
        errors["changed"] = [_("Say whether something has changed.")]
    field, missing = _asked(code, changed=changed == "yes")
    if problem := text_problem(words, most=LONGEST, missing=missing):
        errors[field] = [problem]
    if errors:
        raise RuleBroken(errors)
    over = MonitoringAct.objects.filter(period=period, code=MonitoringCode.ENDED).select_related("author").first()
    if over is not None:
        raise RuleBroken(ended_words(period.case))
    row = MonitoringAct(
        case_id=period.case_id,
        period=period,
        code=code,
        words=words.strip(),
        changed=changed == "yes",
        until=until,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(row)
    return insert_once(row, mine=mine)


def ended_words(case: Case) -> str:
    """That nothing runs any more, with who ended it as far as the acting agency reads that."""
    rows = MonitoringAct.objects.filter(case=case, code=MonitoringCode.ENDED).select_related("author")
    last = rows.order_by("-at", "-pk").first()
    if last is None:
        return _("This case is not under close monitoring any more.")
    return _("%(who)s has ended close monitoring meanwhile.") % {"who": last.author.full_name}


def _asked(code: MonitoringCode, *, changed: bool) -> tuple[str, str]:
    """(field of the form, what is said when it is empty)."""
    if code == MonitoringCode.ENDED:
        return "reason", _("Say why close monitoring ends.")
    if code == MonitoringCode.EXTENDED:
        return "words", _("Say why it goes on.")
    return "words", _("Say what has changed.") if changed else ""


def until_problems(until: datetime | None, *, after: datetime) -> dict[str, list[str]]:
    """What is wrong with a planned end."""
    most = settings.MONITORING_MOST_DAYS
    if until is None:
        return {"until": [_("Say until when it is planned.")]}
    if until <= max(after, now()):
        return {"until": [_("Choose a later day.")]}
    if until > now() + timedelta(days=most + 1):
        return {"until": [_("At most %(days)d days from now; it can be extended.") % {"days": most}]}
    return {}
