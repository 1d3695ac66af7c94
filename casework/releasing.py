"""He is released, or will be: the risk is assessed again; services are asked to tell her until one says who was told.

Whoever enters the release on his side reads nothing of what follows: who is asked and what was answered is written
outside anybody's agency, and no line of the case speaks of it where his side reads.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from agencies.models import Membership
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, Participants, get_case, keep_own_work, participants
from cases.enums import Category, EventCode, Side
from cases.models import Case
from cases.services import log_event
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.ids import uuid7
from followups.ladders import Stand
from followups.models import FollowUp, FollowUpKind
from followups.planning import plan, policy_for
from followups.reminding import tell_now
from followups.settling import settle
from notifications.models import NoticeKind
from notifications.services import notify
from plans import custody, custody_perms, custody_writing, release_telling
from plans.custody_rules import tell_by
from plans.models import (
    SETTLES,
    Release,
    ReleaseAlert,
    ReleaseAsk,
    ReleaseKind,
    ReleaseTelling,
    Told,
)
from plans.release_asks import carrier, last_resort, who_is_asked
from riskassessment.models import TurningKind

from .closing import reopened_by
from .detaining import ask, on_record, settle_asks
from .turning import reassess_soon, turned

REPEATS = timedelta(hours=12)
"""After the last step of the policy, the alert is told again after that long, and so on until somebody answers."""


def enter_release(
    *,
    by: Membership,
    case_id: UUID,
    case_person_id: UUID | None,
    kind: str,
    released_at: datetime | None,
    words: str = "",
    request_key: UUID,
) -> Release:
    """A release, planned or sudden, and all that follows from it. Two people who enter the same one make one alert.

    Raises as `write_release`, Http404.
    """
    case, access = get_case(case_id, by)
    with transaction.atomic():
        release, planned, new = custody_writing.write_release(
            by=by,
            case=case,
            access=access,
            case_person_id=case_person_id,
            kind=kind,
            released_at=released_at,
            words=words,
            request_key=request_key,
        )
        if not new:
            return release
        on_record(release, release.kind)
        category, side = custody.pair()
        payload = {"release": str(release.pk), "kind": release.kind}
        log_event(by=by, case=case, code=EventCode.RELEASED, category=category, side=side, payload=payload)
        out = release.kind == ReleaseKind.HAPPENED
        if out:
            reopened_by(by=by, case=case, code="release")
        _owed_about_detention(by, case, release)
        _alert(case, release, planned)
        if out:
            day = local(release.released_at).date()
            turned(by=by, case=case, kind=TurningKind.RELEASE, source_id=release.pk, happened_on=day)
        elif release.kind == ReleaseKind.PLANNED:
            reassess_soon(by=by, case=case, source_id=release.pk)
    return release


def _owed_about_detention(by: Membership, case: Case, release: Release) -> None:
    """He is out: nobody is asked whether he is still detained. Where a release is planned, it is asked on that day."""
    if release.detention_id is None:
        return
    if release.kind == ReleaseKind.HAPPENED:
        settle_asks(by=None, detention_id=release.detention_id, outcome="released")
    elif release.kind == ReleaseKind.PLANNED:
        owner = settle_asks(by=None, detention_id=release.detention_id, outcome="replaced")
        with system_context(SystemContext.REMINDERS):
            detention = next(each for each in custody.open_detentions(case) if each.pk == release.detention_id)
        ask(case=case, detention=detention, agency=owner or by.agency, no_later=release.released_at)


def _alert(case: Case, release: Release, planned: Release | None) -> None:
    """Open the alert of a release in the place of those before it; none where she was told of that very day."""
    with system_context(SystemContext.REMINDERS, on_behalf=False):
        same_day = planned is not None and local(planned.released_at).date() == local(release.released_at).date()
        known = same_day and ReleaseTelling.objects.filter(
            alert__release=planned.pk, outcome__in=(Told.HER, Told.TRUSTED, Told.NOT_WISHED)
        )
        told = bool(known) and known.exists()
        _replace(case, release.case_person_id)
        if release.kind == ReleaseKind.CANCELLED or told:
            return
        at = now()
        coming = release.kind == ReleaseKind.PLANNED
        ahead = timedelta(days=settings.RELEASE_TOLD_DAYS_AHEAD)
        alert = ReleaseAlert.objects.create(
            case=case,
            release=release,
            planned=coming,
            released_at=release.released_at,
            due_at=tell_by(at, released_at=release.released_at, planned=coming, ahead=ahead),
            opened_at=at,
        )
        ask_services(alert, case=case)


def _replace(case: Case, case_person_id: UUID) -> None:
    """Alerts of former releases of this person that nobody answered are no longer asked about."""
    told = ReleaseTelling.objects.filter(outcome__in=SETTLES).values("alert")
    rows = ReleaseAlert.objects.filter(case=case, release__case_person=case_person_id).exclude(pk__in=told)
    for alert in rows:
        ReleaseTelling.objects.create(case=case, alert=alert, outcome=Told.REPLACED, request_key=uuid7(), at=now())
        _settle(alert, by=None, outcome=Told.REPLACED)


# --- who is asked -----------------------------------------------------------------------------------------------
def ask_services(alert: ReleaseAlert, *, case: Case) -> bool:
    """Ask whoever is to be asked now and was not yet; whether anybody who takes part is asked. As the system."""
    wanted = who_is_asked(case)
    asked = set(ReleaseAsk.objects.filter(alert=alert).values_list("agency", flat=True))
    if not wanted and not asked and (last := carrier(case)) is not None:
        _ask(alert, case, last, "lead", participants([case]))
        _tell_last_resort(alert, case, step=0)
    working = participants([case])
    for agency, why in wanted:
        if agency.pk not in asked:
            _ask(alert, case, agency, why, working)
    return bool(wanted)


def _ask(alert: ReleaseAlert, case: Case, agency: Any, why: str, working: Participants) -> None:
    row = ReleaseAsk.objects.create(case=case, alert=alert, agency=agency, asked_as=why, at=now())
    follow_up = plan(
        by=None,
        case=case,
        kind=FollowUpKind.RELEASE,
        agency=agency,
        source_id=row.pk,
        due_at=max(alert.due_at, now()),
        policy=policy_for(FollowUpKind.RELEASE),
        planned_by=agency,
    )
    if working.takes_part(case, agency):
        tell_now(follow_up, working=working, kind=NoticeKind.RELEASE_ALERT)


def _tell_last_resort(alert: ReleaseAlert, case: Case, *, step: int) -> None:
    """Nobody takes part any more: who answers for the case is told that something urgent waits, and nothing of it."""
    notify(
        recipients=last_resort(case),
        kind=NoticeKind.RELEASE_ALERT,
        path=reverse("cases:list"),
        dedupe_key=f"release_alone:{alert.pk}:{step}",
    )


def look(follow_up: FollowUp, owing: bool) -> Stand:
    """Before each reminder: who is to be asked is looked at again, so that the alert outlives any service’s leaving."""
    ask_row = ReleaseAsk.objects.select_related("alert").filter(pk=follow_up.source_id).first()
    if ask_row is None:
        return "on"
    somebody = ask_services(ask_row.alert, case=follow_up.case)
    if owing:
        return "on"
    if somebody:
        settle(by=None, kind=FollowUpKind.RELEASE, source_id=follow_up.source_id, outcome=Told.REPLACED)
        return "over"
    _tell_last_resort(ask_row.alert, follow_up.case, step=follow_up.step + 1)
    return "alone"


# --- somebody tells her -----------------------------------------------------------------------------------------
def tell(
    *,
    by: Membership,
    case_id: UUID,
    alert_id: UUID,
    outcome: str,
    how: str = "",
    contact_point_id: UUID | None = None,
    number_verified: bool = False,
    alone_asked: bool = False,
    words: str = "",
    request_key: UUID,
) -> ReleaseTelling:
    """Who was told, or an attempt. One confirmation settles what every service was asked; the others read it.

    Raises as `write_telling`, Http404.
    """
    case, access = get_case(case_id, by)
    alert = custody.get_alert(case, access, alert_id)
    with transaction.atomic():
        row, new = release_telling.write_telling(
            by=by,
            case=case,
            access=access,
            alert=alert,
            outcome=outcome,
            how=how,
            contact_point_id=contact_point_id,
            number_verified=number_verified,
            alone_asked=alone_asked,
            words=words,
            request_key=request_key,
        )
        if not new:
            return row
        keep_own_work(case=case, agency=by.agency)
        record(
            action=Action.DECIDED,
            case_id=case.pk,
            object_kind=row._meta.label,
            object_id=row.pk,
            fields=(f"{Category.CONTACT}:{Side.VICTIM}",),
            reason=row.outcome,
        )
        log_event(
            by=by,
            case=case,
            code=EventCode.RELEASE_TOLD,
            category=Category.CONTACT,
            side=Side.VICTIM,
            payload={"alert": str(alert.pk), "outcome": row.outcome},
        )
        if row.settles:
            _tell_the_others(case, alert, by=by, asked=_settle(alert, by=by, outcome=row.outcome))
    return row


def _settle(alert: ReleaseAlert, *, by: Membership | None, outcome: str) -> list[UUID]:
    """What was asked of each service about an alert is done; which services were asked."""
    with system_context(SystemContext.REMINDERS):
        asks = list(ReleaseAsk.objects.filter(alert=alert.pk))
        for each in asks:
            settle(by=by, kind=FollowUpKind.RELEASE, source_id=each.pk, outcome=outcome)
    return [each.agency_id for each in asks]


def _tell_the_others(case: Case, alert: ReleaseAlert, *, by: Membership, asked: list[UUID]) -> None:
    working = participants([case])
    members = [
        each
        for each in working.among(case, writers_of(asked))
        if each.user_id != by.user_id and working.takes_part(case, each.agency)
    ]
    notify(
        recipients=members,
        kind=NoticeKind.RELEASE_TOLD,
        path=reverse("casework:release_alert", args=[case.pk, alert.pk]),
        dedupe_key=f"release_told:{alert.pk}",
        case_id=case.pk,
    )


# --- what the case says on top ----------------------------------------------------------------------------------
def banner(case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """On every page of the case: she is to be told. Never on his side. No query where there is no alert."""
    if not custody_perms.reads_alerts(access, case) or not getattr(case, "any_alert", True):
        return None
    alert = custody.alerts_of(case, access).filter(settled=False).order_by("due_at", "pk").first()
    return {"case": case, "alert": alert} if alert else None
