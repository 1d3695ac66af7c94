"""My work: what waits for the acting agency, in lines to act on. Every list is bounded."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from agencies.models import Membership, TrainingRecord
from agencies.perms import may_countersign
from agencies.training import PARTNER_VIOLENCE
from audit.models import Action, AuditEvent
from cases import timeline
from cases.access import grants_of
from cases.models import Case, CaseEvent
from cases.notes import VISITS
from cases.page import short_names
from common.clock import local, now
from followups.callbacks import waiting_for
from followups.models import FollowUp, FollowUpKind
from referrals import interpreting
from referrals.models import Referral, ReferralDraft, ReferralState
from reports.models import Report, ReportDraft
from riskassessment.models import Assessment
from sharing.models import MatchNotice, RectificationRecipient, SharingDecision, SubjectRequest, WayIn

from . import coordinating, programme_work, work_lines
from .appointments import todays
from .board import hearings_asked
from .children_missing import cases_to_complete
from .emergency import overdue_reviews
from .next_steps import complaints_to_assess
from .urgent import urgent_cases
from .work_lines import FEW, Line, Lines

MOST = 60
COMING = timedelta(days=14)
NEWS = timedelta(days=30)
ANSWERS = timedelta(days=7)
TOLD = (
    ReferralState.ACCEPTED,
    ReferralState.IN_PROGRESS,
    ReferralState.COMPLETED,
    ReferralState.DECLINED,
    ReferralState.EXPIRED,
)
"""What became of a referral, as its sender is told."""
ASKED_OF_US = Q(kind=FollowUpKind.REFERRAL_ANSWER) & ~Q(agency=F("planned_by_agency"))
"""The referral itself is listed, seen before its case is. What its own sender owes, it asks of a service by letter."""


def sections(membership: Membership) -> dict[str, list[Line]]:
    """Lines by section: releases, alarming, complaints, urgent, today, coming, answers_owed, situations, programmes,
    emergencies, corrections, subject_requests, matches, waiting, answered, drafts, news, appointments, children.
    """
    at = now()
    ours_to_do = FollowUp.objects.owed_by(membership).filter(settled_at=None).select_related("case", "assigned_to")
    releases = list(ours_to_do.filter(kind=FollowUpKind.RELEASE).order_by("due_at", "pk")[:FEW])
    owed = list(
        ours_to_do.exclude(kind=FollowUpKind.RELEASE)
        .filter(due_at__lte=at + COMING)
        .exclude(ASKED_OF_US)
        .exclude(kind__in=[] if may_countersign(membership) else [FollowUpKind.VERIFICATION])
        .exclude(_not_to_classify(membership))
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
        between.filter(from_agency=membership.agency_id, state__in=TOLD)
        .annotate(told_at=Coalesce("ended_at", "answered_at"))
        .filter(told_at__gt=at - ANSWERS)
        .select_related("case", "to_agency")
        .order_by("-told_at", "pk")[:FEW]
    )
    complaints = list(_unread_complaints(membership, at)[:FEW])
    to_assess = list(complaints_to_assess(membership, at)[:FEW])
    alarming = urgent_cases(membership)[:FEW]
    grids = list(_own_grids(membership)[:FEW])
    hearings = hearings_asked(membership, at)[:FEW]
    awaited_today = list(todays(membership, at)[:FEW])
    visits = _visits(membership, at)
    events = list(_events_since(membership, visits))
    known = {row.case_id for row in [*owed, *releases, *complaints, *to_assess, *awaited, *answered, *grids, *events]}
    known |= {case.pk for case in alarming} | {each.case_id for each in [*awaited_today, *hearings]}
    accesses = grants_of(list(known), membership)
    names = short_names(accesses.values())
    lines = Lines(accesses, names)

    answers_owed = [work_lines.to_answer(referral) for referral in received]
    urgent = [lines.owed(each) for each in owed if each.due_at < at]
    urgent += [line | {"primary": True} for line in answers_owed if line["due"] < at]
    calls = [work_lines.callback(each) for each in waiting_for(membership)[:FEW]]
    urgent += [line for line in calls if line["due"] < at]
    tonight = end_of_day(at)
    on_the_way = list(interpreting.on_the_way(membership)[: 2 * FEW])
    ours = [each for each in on_the_way if interpreting.waits_for(membership, each)]
    asked = [work_lines.interpreting(each, membership) for each in ours]
    urgent += [line for line in asked if line["due"] < at]
    looked_for = [work_lines.interpreter_awaited(each) for each in on_the_way if each not in ours]
    return {
        "releases": [lines.owed(each) | {"primary": True} for each in releases],
        "alarming": list(map(lines.alarming, alarming)),
        "appointments": [line for each in awaited_today if (line := lines.appointment(each))],
        "complaints": [*map(lines.complaint, complaints), *map(lines.to_assess, to_assess)],
        "urgent": sorted(urgent, key=lambda line: line["due"]),
        "today": [
            *(lines.owed(each) for each in owed if at <= each.due_at < tonight),
            *(lines.hearing(each) for each in hearings if each.on is None or each.on < tonight),
            *(line for line in calls if at <= line["due"] < tonight),
        ],
        "coming": [
            *(lines.owed(each) for each in owed if each.due_at >= tonight),
            *(lines.hearing(each) for each in hearings if each.on is not None and each.on >= tonight),
            *(line for line in calls if line["due"] >= tonight),
        ],
        "answers_owed": [*(line for line in [*answers_owed, *asked] if line["due"] >= at)],
        "situations": [work_lines.situation(each, membership) for each in coordinating.to_do(membership)[:FEW]],
        "programmes": programme_work.lines(membership),
        "emergencies": overdue_reviews(membership),
        "corrections": list(map(work_lines.correction, _open_corrections(membership)[:FEW])),
        "subject_requests": [
            work_lines.subject_request(each, membership) for each in _open_subject_requests(membership)[:FEW]
        ],
        "matches": [work_lines.match(notice, membership) for notice in _open_matches(membership)[:FEW]],
        "waiting": [*(lines.awaited(each) for each in awaited), *looked_for],
        "answered": [lines.answered(each) for each in answered],
        "drafts": [
            *map(work_lines.draft, _own_drafts(membership)[:FEW]),
            *map(work_lines.referral_draft, _own_referral_drafts(membership)[:FEW]),
            *map(lines.grid, grids),
        ],
        "news": lines.news(events, visits),
        "children": [{"case": case.pk, "gap": gap} for case, gap in cases_to_complete(membership, at)],
    }


def _not_to_classify(membership: Membership) -> Q:
    """Classifications that somebody else verifies: of what this person recorded, or all without the training."""
    trained = TrainingRecord.objects.live().filter(user=membership.user_id, course__code=PARTNER_VIOLENCE)
    own = Q(source_id__in=Report.objects.filter(author=membership.user_id))
    return Q(kind=FollowUpKind.CLASSIFICATION) & (own | ~Exists(trained))


def end_of_day(at: datetime) -> datetime:
    """Midnight to come, on a Belgian wall clock."""
    tomorrow = local(at).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=local(at).tzinfo)


def _own_drafts(membership: Membership) -> QuerySet[ReportDraft]:
    mine = ReportDraft.objects.open_to(membership).filter(author=membership.user_id)
    return mine.filter(report=None, situation=None).defer("data").order_by("-saved_at")


def _own_referral_drafts(membership: Membership) -> QuerySet[ReferralDraft]:
    mine = ReferralDraft.objects.filter(agency=membership.agency_id, author=membership.user_id, ended_at=None)
    return mine.filter(case__in=Case.objects.visible_to(membership)).defer("data").order_by("-saved_at")


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
    """When this person last read the timeline of each of the cases they opened lately."""
    reads = AuditEvent.objects.filter(
        user_id=membership.user_id,
        agency_id=membership.agency_id,
        action=Action.READ,
        object_kind__in=VISITS,
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
        .exclude(code__in=timeline.NOT_NEWS)
        .select_related("case")
        .order_by("-at", "-pk")[:200]
    )


def _open_corrections(membership: Membership) -> QuerySet[RectificationRecipient]:
    return RectificationRecipient.objects.waiting_for(membership).select_related("rectification").order_by("told_at")


def _open_subject_requests(membership: Membership) -> QuerySet[SubjectRequest]:
    """Requests “who had access to my data” to check, answer or hand over; no query for who is no senior."""
    return SubjectRequest.objects.open_for(membership).select_related("case").order_by("received_on", "pk")


def _open_matches(membership: Membership) -> QuerySet[MatchNotice]:
    told = MatchNotice.objects.told_to(membership).waiting_for(membership.agency_id)
    return told.select_related("new_agency", "holder").order_by("-found_at", "-pk")
