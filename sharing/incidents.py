"""Safety incidents: what was done for her at once, the clock of the authority, what all learn from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import Role
from agencies.models import Membership
from agencies.perms import SENIORS, may_oversee
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, for_case, keep_own_work, participants
from cases.answering import on_his_side
from cases.enums import CONTRIBUTE, Category, EventCode, Side
from cases.models import Case, CaseEvent
from cases.services import check, names_somebody
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once
from notifications.models import NoticeKind
from notifications.services import notify

from . import oversight
from .models import IncidentKind, IncidentStep, SafetyIncident, SafetyLesson, SafetyMeasure, StepKind
from .perms import may_follow_incident, may_publish_lesson, may_report_incident

LONGEST = 4000
OLDEST = timedelta(days=366)
AUTHORITY_CLOCK = timedelta(hours=72)
"""GDPR art. 33: from when the organisation has become aware of it."""
ANSWERS_CLOCK = frozenset({StepKind.AUTHORITY, StepKind.NO_AUTHORITY})


@dataclass(frozen=True)
class Clock:
    """Until when the authority is to be notified, and what was decided about it."""

    ends_at: datetime
    answered_at: datetime | None

    @property
    def late(self) -> bool:
        """Whether the time ran out, or was exceeded, without an answer in time."""
        return (self.answered_at or now()) > self.ends_at


def clock_of(incident: SafetyIncident, steps: Sequence[IncidentStep]) -> Clock:
    """The clock of an incident from its steps."""
    answered = [step.at for step in steps if step.kind in ANSWERS_CLOCK]
    return Clock(incident.discovered_at + AUTHORITY_CLOCK, min(answered, default=None))


def is_closed(steps: Sequence[IncidentStep]) -> bool:
    """Whether the last word has been written."""
    return any(step.kind == StepKind.CLOSED for step in steps)


def report_incident(
    *,
    by: Membership,
    case: Case | None,
    access: CaseAccess | None,
    kind: str,
    discovered_at: datetime | None,
    account: str,
    measures: Sequence[str],
    measures_note: str,
    key: UUID,
) -> SafetyIncident:
    """Anybody reports; those who can act are told at once. The same `key` gives the same incident.

    Raises Refused for who belongs to no agency, RuleBroken by field.
    """
    if not may_report_incident(by):
        raise Refused(_("Your account belongs to no agency at the moment."))
    mine = SafetyIncident.objects.known_to(by).filter(request_key=key, reported_by=by.user)
    if (already := mine.first()) is not None:
        return already
    errors: dict[str, list[str]] = {}
    if kind not in IncidentKind.values:
        errors["kind"] = [_("Say what happened.")]
    if discovered_at is None or not now() - OLDEST < discovered_at <= now() + timedelta(minutes=5):
        errors["discovered_at"] = [_("Say when it was discovered: it cannot be in the future.")]
    if problem := _words_problem(account, access):
        errors["account"] = [problem]
    if unknown := set(measures) - set(SafetyMeasure.values):
        errors["measures"] = [_("Choose among the measures listed.")] if unknown else []
    elif not measures and not measures_note.strip():
        errors["measures_note"] = [_("Say what was done for the victim at once, or why nothing could be done yet.")]
    if problem := text_problem(measures_note, most=LONGEST):
        errors["measures_note"] = [problem]
    elif access and names_somebody(access, measures_note):
        errors["measures_note"] = [_("This names somebody of the case: write it without names.")]
    if errors:
        raise RuleBroken(errors)
    incident = SafetyIncident(
        case=case,
        kind=kind,
        discovered_at=discovered_at,
        account=account.strip(),
        measures=list(measures),
        measures_note=measures_note.strip(),
        request_key=key,
        agency=by.agency,
        reported_by=by.user,
    )
    check(incident)
    incident, new = insert_once(incident, mine=mine)
    if not new:
        return incident
    if case is not None:
        CaseEvent.objects.create(
            case=case,
            code=EventCode.INCIDENT_REPORTED,
            category=Category.CONTACT,
            side=Side.VICTIM,
            agency=by.agency,
            user=by.user,
            payload={"incident": str(incident.pk)},
        )
        if access and access.has(CONTRIBUTE):
            # own work; an agency that only reads, in an emergency, keeps nothing of the case for having reported
            keep_own_work(case=case, agency=by.agency)
    record(
        action=Action.DECIDED,
        case_id=incident.case_id,
        object_kind="sharing.SafetyIncident",
        object_id=incident.pk,
        reason=kind,
    )
    _tell(incident)
    return incident


def _words_problem(account: str, access: CaseAccess | None) -> str:
    if problem := text_problem(account, most=LONGEST, missing=_("Say what happened, without names.")):
        return problem
    if access and names_somebody(access, account):
        return _("This names somebody of the case: write it without names.")
    return ""


def _tell(incident: SafetyIncident) -> None:
    """The data-protection officers, the seniors of the agency, and those of the agency that leads the case, unless it
    stands on his side.
    """
    live = Membership.objects.live().select_related("user", "agency").order_by("pk")
    officers = list(live.filter(role=Role.DATA_PROTECTION_OFFICER))
    agencies = {incident.agency_id}
    if incident.case is not None and incident.case.lead_agency.group_id not in on_his_side(incident.case.pk):
        agencies.add(incident.case.lead_agency_id)
    seniors = [
        member
        for member in live.filter(agency__in=agencies, role__in=SENIORS)
        if member.user_id != incident.reported_by_id
    ]
    if incident.case is not None:
        seniors = participants([incident.case]).among(incident.case, seniors)
    notify(
        recipients=[*officers, *seniors],
        kind=NoticeKind.INCIDENT_REPORTED,
        path=reverse("sharing:incident", args=[incident.pk]),
        dedupe_key=f"incident:{incident.pk}",
    )


def find(*, by: Membership | None, incident_id: UUID) -> SafetyIncident:
    """An incident this member may know of; the data-protection officer knows them all. Http404 for everybody else."""
    if may_oversee(by):
        incident = oversight.incident(by, incident_id)
    else:
        incident = (
            SafetyIncident.objects.known_to(by)
            .select_related("agency", "reported_by", "case")
            .prefetch_related("steps__agency", "steps__user")
            .filter(pk=incident_id)
            .first()
        )
    if incident is None:
        raise Http404
    return incident


def known(by: Membership | None) -> list[SafetyIncident]:
    """The latest incidents this member may know of, with their steps."""
    if may_oversee(by):
        return oversight.incidents(by)
    found = SafetyIncident.objects.known_to(by).select_related("agency", "reported_by")
    return list(found.prefetch_related("steps")[: oversight.FEW])


def steps_known(by: Membership, incident: SafetyIncident, steps: Sequence[IncidentStep]) -> list[IncidentStep]:
    """Those of its steps this member may read. They say what was done for her and by which service: who may not know
    the services that follow her reads those of its own agency.
    """
    if may_oversee(by) or knows_services(by, incident):
        return list(steps)
    return [step for step in steps if step.agency_id == by.agency_id]


def knows_services(by: Membership, incident: SafetyIncident) -> bool:
    """Whether this member may know which services follow her; nobody follows her in an incident without a case."""
    return incident.case is None or for_case(incident.case, by).can(Category.NETWORK, Side.VICTIM)


def may_follow(by: Membership, incident: SafetyIncident) -> bool:
    """Whether this member writes down what was done about an incident: never his side, who could close it."""
    return may_follow_incident(by, incident) and (may_oversee(by) or knows_services(by, incident))


def add_step(*, by: Membership, incident: SafetyIncident, kind: str, note: str) -> IncidentStep:
    """Write down what was done. Raises Refused for who may not follow it, RuleBroken by field or once it is closed."""
    if not may_follow(by, incident):
        raise Refused(_("The data-protection officer and the seniors of the services concerned follow an incident."))
    context = system_context(SystemContext.OVERSIGHT) if may_oversee(by) else transaction.atomic()
    with context:
        # one writer at a time: an incident is closed once, after everything else
        lock(f"incident {incident.pk}")
        steps = list(IncidentStep.objects.filter(incident=incident).order_by("at"))
        if is_closed(steps):
            raise RuleBroken(_("This incident is closed."))
        errors: dict[str, list[str]] = {}
        if kind not in StepKind.values:
            errors["kind"] = [_("Say what was done.")]
        elif kind == StepKind.CLOSED and clock_of(incident, steps).answered_at is None:
            errors["kind"] = [_("Say first whether the data-protection authority was notified, or why not.")]
        if problem := text_problem(note, most=LONGEST, missing=_("Write it down in a few words, without names.")):
            errors["note"] = [problem]
        if errors:
            raise RuleBroken(errors)
        step = IncidentStep(
            case_id=incident.case_id, incident=incident, kind=kind, note=note.strip(), agency=by.agency, user=by.user
        )
        step.save(force_insert=True)
    record(
        action=Action.DECIDED,
        case_id=incident.case_id,
        object_kind="sharing.IncidentStep",
        object_id=step.pk,
        reason=kind,
    )
    return step


def publish_lesson(*, by: Membership, kind: str, text: str) -> SafetyLesson:
    """What everybody is to learn, without case, service or date. Raises Refused, RuleBroken by field."""
    if not may_publish_lesson(by):
        raise Refused(_("The data-protection officer and coordinators publish lessons."))
    errors: dict[str, list[str]] = {}
    if kind not in IncidentKind.values:
        errors["kind"] = [_("Say what happened.")]
    if problem := text_problem(text, most=LONGEST, missing=_("Write the lesson.")):
        errors["text"] = [problem]
    if errors:
        raise RuleBroken(errors)
    return SafetyLesson.objects.create(kind=kind, text=text.strip(), published_by=by.user)
