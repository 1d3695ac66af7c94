"""My work: what waits for the acting agency, in lines to act on. Every list is bounded."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Membership
from agencies.perms import may_countersign
from audit.models import Action, AuditEvent
from cases import timeline
from cases.access import CaseAccess, grants_of
from cases.enums import EventCode, Level, ParticipationSide
from cases.models import Case, CaseEvent
from cases.page import short_names
from common.clock import local, now
from common.templatetags.ui import local_when
from followups.models import FollowUp, FollowUpKind
from followups.services import path_of
from referrals.models import Need, Referral, ReferralState
from reports.models import Report, ReportDraft
from riskassessment.models import Assessment, CoordinationRequest
from sharing.models import MatchNotice, RectificationRecipient, SharingDecision, SubjectRequest, WayIn
from sharing.subject_access import due_on

from . import coordinating
from .emergency import overdue_reviews
from .next_steps import complaints_to_assess
from .panels import verb
from .urgent import urgent_cases

MOST = 60
FEW = 20
COMING = timedelta(days=14)
NEWS = timedelta(days=30)
ANSWERS = timedelta(days=7)
NOT_LISTED = (FollowUpKind.REFERRAL_ANSWER,)
"""The referral itself is listed, seen before its case is."""
NOT_NEWS = (EventCode.REMINDER_SENT,)

Line = dict[str, Any]


def sections(membership: Membership) -> dict[str, list[Line]]:
    """Lines by section: alarming, complaints, urgent, today, coming, answers_owed, situations, emergencies,
    corrections, subject_requests, matches, waiting, answered, drafts, news.
    """
    at = now()
    owed = list(
        FollowUp.objects.owed_by(membership)
        .filter(settled_at=None, due_at__lte=at + COMING)
        .exclude(kind__in=NOT_LISTED if may_countersign(membership) else [*NOT_LISTED, FollowUpKind.VERIFICATION])
        .select_related("case", "assigned_to")
        .order_by("due_at", "pk")[:MOST]
    )
    between = Referral.objects.between(membership)
    received = list(
        between.filter(to_agency=membership.agency_id)
        .waiting()
        .select_related("from_agency")
        .order_by("answer_due_at")[:FEW]
    )
    awaited = list(
        FollowUp.objects.visible_to(membership)
        .filter(settled_at=None, planned_by_agency=membership.agency_id)
        .exclude(agency=membership.agency_id)
        .select_related("case", "agency")
        .order_by("due_at", "pk")[:FEW]
    )
    answered = list(
        between.filter(from_agency=membership.agency_id, answered_at__gt=at - ANSWERS)
        .filter(state__in=[ReferralState.ACCEPTED, ReferralState.DECLINED])
        .select_related("case", "to_agency")
        .order_by("-answered_at")[:FEW]
    )
    complaints = list(_unread_complaints(membership, at)[:FEW])
    to_assess = list(complaints_to_assess(membership, at)[:FEW])
    alarming = urgent_cases(membership)[:FEW]
    grids = list(_own_grids(membership)[:FEW])
    visits = _visits(membership, at)
    events = list(_events_since(membership, visits))
    known = {row.case_id for row in [*owed, *complaints, *to_assess, *awaited, *answered, *grids, *events]}
    known |= {case.pk for case in alarming}
    accesses = grants_of(list(known), membership)
    names = short_names(accesses.values())
    lines = Lines(accesses, names)

    answers_owed = [_to_answer(referral) for referral in received]
    urgent = [lines.owed(each) for each in owed if each.due_at < at]
    urgent += [line | {"primary": True} for line in answers_owed if line["due"] < at]
    tonight = end_of_day(at)
    return {
        "alarming": list(map(lines.alarming, alarming)),
        "complaints": [*map(lines.complaint, complaints), *map(lines.to_assess, to_assess)],
        "urgent": sorted(urgent, key=lambda line: line["due"]),
        "today": [lines.owed(each) for each in owed if at <= each.due_at < tonight],
        "coming": [lines.owed(each) for each in owed if each.due_at >= tonight],
        "answers_owed": [line for line in answers_owed if line["due"] >= at],
        "situations": [_situation(each, membership) for each in coordinating.to_do(membership)[:FEW]],
        "emergencies": overdue_reviews(membership),
        "corrections": list(map(_correction, _open_corrections(membership)[:FEW])),
        "subject_requests": [_subject_request(each, membership) for each in _open_subject_requests(membership)[:FEW]],
        "matches": [_match(notice, membership) for notice in _open_matches(membership)[:FEW]],
        "waiting": [lines.awaited(each) for each in awaited],
        "answered": [lines.answered(each) for each in answered],
        "drafts": [*map(_draft, _own_drafts(membership)[:FEW]), *map(lines.grid, grids)],
        "news": lines.news(events, visits),
    }


def end_of_day(at: datetime) -> datetime:
    """Midnight to come, on a Belgian wall clock."""
    tomorrow = local(at).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=local(at).tzinfo)


def _own_drafts(membership: Membership) -> QuerySet[ReportDraft]:
    mine = ReportDraft.objects.open_to(membership).filter(author=membership.user_id)
    return mine.filter(report=None).defer("data").order_by("-saved_at")


def _unread_complaints(membership: Membership, at: datetime) -> QuerySet[SharingDecision]:
    """Complaints sent to the agency lately, whose case nobody in it has opened yet."""
    opened = AuditEvent.objects.filter(case_id=OuterRef("case"), agency_id=membership.agency_id, action=Action.READ)
    sent = SharingDecision.objects.filter(
        recipient=membership.agency_id, way_in=WayIn.COMPLAINT, decided_at__gt=at - NEWS
    ).filter(~Exists(opened), case__in=Case.objects.visible_to(membership))
    return sent.select_related("case", "agency").order_by("decided_at")


def _own_grids(membership: Membership) -> QuerySet[Assessment]:
    mine = Assessment.objects.filter(agency=membership.agency_id, author=membership.user_id, signed_at=None)
    return mine.filter(case__in=Case.objects.visible_to(membership)).select_related("case").order_by("-saved_at")


def _visits(membership: Membership, at: datetime) -> dict[UUID, datetime]:
    """When this person last read the summary of each of the cases they opened lately."""
    reads = AuditEvent.objects.filter(
        user_id=membership.user_id,
        agency_id=membership.agency_id,
        action=Action.READ,
        object_kind="cases.summary",
        at__gt=at - NEWS,
    ).exclude(case_id=None)
    rows = reads.values("case_id").annotate(last=Max("at")).order_by("-last").values_list("case_id", "last")
    return dict(rows[:MOST])


def _events_since(membership: Membership, visits: dict[UUID, datetime]) -> QuerySet[CaseEvent]:
    if not visits:
        return CaseEvent.objects.none()
    return (
        CaseEvent.objects.filter(case__in=Case.objects.visible_to(membership).filter(pk__in=visits))
        .filter(at__gt=min(visits.values()))
        .exclude(agency=membership.agency_id)
        .exclude(code__in=NOT_NEWS)
        .select_related("case")
        .order_by("-at", "-pk")[:200]
    )


def _draft(draft: ReportDraft) -> Line:
    return {
        "what": draft.get_kind_display()[:1].upper() + draft.get_kind_display()[1:],
        "detail": _("not recorded yet"),
        "saved": draft.saved_at,
        "action_url": reverse("reports:draft", args=[draft.pk]),
        "action_label": _("Go on"),
    }


def _to_answer(referral: Referral) -> Line:
    """The case is not open before the answer: the line says who asks and what for, nothing else."""
    return {
        "what": _("Answer a referral from %(who)s") % {"who": referral.from_agency.short_name},
        "detail": Need(referral.need).label,
        "due": referral.answer_due_at,
        "action_url": reverse("referrals:detail", args=[referral.pk]),
        "action_label": _("See and answer"),
    }


def _situation(request: CoordinationRequest, membership: Membership) -> Line:
    """A request to the coordination, or the names it waits for: which services, nothing of the situation."""
    answers = request.coordination_id == membership.agency_id
    return {
        "what": _("Answer a request to the coordination from %(who)s") % {"who": request.agency.short_name}
        if answers
        else _("The coordination has retained a situation: say who it is about"),
        "due": request.expires_at if answers else request.plan_due_at,
        "action_url": reverse("casework:coordination_request", args=[request.pk]),
        "action_label": _("See and answer") if answers else _("Give the names"),
    }


def _open_corrections(membership: Membership) -> QuerySet[RectificationRecipient]:
    return RectificationRecipient.objects.waiting_for(membership).select_related("rectification").order_by("told_at")


def _correction(told: RectificationRecipient) -> Line:
    """The case may be closed to the agency by now: the line says nothing of it."""
    return {
        "what": _("A fact your service received was wrong"),
        "detail": told.rectification.get_kind_display(),
        "saved": told.told_at,
        "action_url": reverse("casework:rectification", args=[told.rectification_id]),
        "action_label": _("Read and correct"),
    }


def _open_subject_requests(membership: Membership) -> QuerySet[SubjectRequest]:
    """Requests “who had access to my data” to check, answer or hand over; no query for who is no senior."""
    return SubjectRequest.objects.open_for(membership).select_related("case").order_by("received_on", "pk")


def _subject_request(request: SubjectRequest, membership: Membership) -> Line:
    """The case and the day: neither who asks nor what is held. Who leads the case answers; the others may not be able
    to, and hand the paper over.
    """
    leads = request.case.lead_agency_id == membership.agency_id
    return {
        "what": _("Answer “who had access to my data?”") if leads else _("Follow “who had access to my data?”"),
        "reference": request.case.reference,
        "url": reverse("cases:summary", args=[request.case_id]),
        "due": due_on(request.received_on),
        "action_url": reverse("sharing:subject_request", args=[request.case_id, request.pk]),
        "action_label": _("Read and answer") if leads else _("Read"),
    }


def _open_matches(membership: Membership) -> QuerySet[MatchNotice]:
    told = MatchNotice.objects.told_to(membership).waiting_for(membership.agency_id)
    return told.select_related("new_agency", "holder").order_by("-found_at", "-pk")


def _match(notice: MatchNotice, membership: Membership) -> Line:
    """Which other service, and nothing of its case."""
    who = {"who": notice.other(membership.agency_id).short_name}
    return {
        "what": _("%(who)s holds an open case about a person of yours") % who
        if notice.tells_new
        else _("%(who)s has opened a case about a person you follow") % who,
        "saved": notice.found_at,
        "action_url": reverse("sharing:match", args=[notice.pk]),
        "action_label": _("See and ask") if notice.tells_new else _("See and decide"),
    }


class Lines:
    """Lines about cases, with the names and levels this agency may read."""

    def __init__(self, accesses: dict[Any, CaseAccess], names: dict[Any, str]):
        self.accesses, self.names = accesses, names

    def _of(self, case: Case) -> Line:
        access = self.accesses.get(case.pk)
        level = bool(access and access.level)
        return {
            "reference": case.reference,
            "url": reverse("cases:summary", args=[case.pk]),
            "initials": self.names.get(case.pk, ""),
            "level": case.level if level else "",
            "level_date": case.level_at if level and case.level else None,
        }

    def owed(self, follow_up: FollowUp) -> Line:
        label = {
            FollowUpKind.J2_CONTACT: _("Prepare the call"),
            FollowUpKind.REASSESSMENT: _("Open the grid"),
            FollowUpKind.WITHDRAWAL_CHECK: _("Prepare the call"),
            FollowUpKind.VERIFICATION: _("Read and verify"),
        }.get(FollowUpKind(follow_up.kind), _("Open"))
        who = follow_up.assigned_to.full_name if follow_up.assigned_to else ""
        return self._of(follow_up.case) | {
            "what": verb(follow_up.kind),
            "detail": who,
            "due": follow_up.due_at,
            "action_url": path_of(follow_up),
            "action_label": label,
            "primary": follow_up.due_at < now(),
        }

    def alarming(self, case: Case) -> Line:
        return self._of(case) | {
            "what": _("Critical level") if case.level == Level.CRITICAL else _("High level"),
            "action_url": reverse("riskassessment:case_list", args=[case.pk]),
            "action_label": _("Open"),
        }

    def to_assess(self, report: Report) -> Line:
        return self._of(report.case) | {
            "what": _("Fill in and sign the risk grid of the complaint"),
            "due_text": _("recorded %(when)s") % {"when": local_when(report.recorded_at, "on")},
            "action_url": reverse("cases:summary", args=[report.case_id]),
            "action_label": _("Open the grid"),
            "primary": True,
        }

    def complaint(self, decision: SharingDecision) -> Line:
        return self._of(decision.case) | {
            "what": _("Read the complaint sent by %(who)s") % {"who": decision.agency.short_name},
            "due_text": local_when(decision.decided_at),
            "action_url": reverse("cases:summary", args=[decision.case_id]),
            "action_label": _("Read"),
            "primary": True,
        }

    def awaited(self, follow_up: FollowUp) -> Line:
        return self._of(follow_up.case) | {
            "what": f"{follow_up.agency.short_name} · {verb(follow_up.kind)}",
            "due": follow_up.due_at,
        }

    def answered(self, referral: Referral) -> Line:
        accepted = referral.state == ReferralState.ACCEPTED
        who = {"who": referral.to_agency.short_name}
        return self._of(referral.case) | {
            "what": _("%(who)s has accepted the referral") % who
            if accepted
            else _("%(who)s has declined the referral") % who,
            "detail": Need(referral.need).label,
            "saved": referral.answered_at,
            "action_url": reverse("referrals:detail", args=[referral.pk]),
            "action_label": _("Read") if accepted else _("Read and refer elsewhere"),
        }

    def grid(self, assessment: Assessment) -> Line:
        return self._of(assessment.case) | {
            "what": _("Risk grid not signed"),
            "saved": assessment.saved_at,
            "action_url": reverse("riskassessment:detail", args=[assessment.case_id, assessment.pk]),
            "action_label": _("Go on"),
        }

    def news(self, events: list[CaseEvent], visits: dict[UUID, datetime]) -> list[Line]:
        """One line for each case with something new since this person's last visit, the latest first."""
        fresh: dict[UUID, list[CaseEvent]] = {}
        for event in events:
            access = self.accesses.get(event.case_id)
            if access and access.side == ParticipationSide.PERPETRATOR and event.code in timeline.NOT_ON_HIS_SIDE:
                continue
            if access and event.at > visits[event.case_id] and access.shows(event):
                fresh.setdefault(event.case_id, []).append(event)
        lines = []
        for case_id, found in list(fresh.items())[:FEW]:
            latest = found[0]
            count = len(found)
            lines.append(
                self._of(latest.case)
                | {
                    "what": timeline.title(latest.code, latest.payload),
                    "detail": ngettext("%(count)d new entry", "%(count)d new entries", count) % {"count": count},
                    "saved": latest.at,
                    "action_url": f"{reverse('cases:summary', args=[case_id])}?since={iso(visits[case_id])}",
                    "action_label": _("Read"),
                }
            )
        return lines


def iso(at: datetime) -> str:
    """A moment for an address: UTC, without a plus sign."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
