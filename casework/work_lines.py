"""The lines of “my work”: what is said of each, and the one act it leads to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.enums import Need
from agencies.models import Membership
from cases import timeline
from cases.access import CaseAccess
from cases.enums import Level
from cases.models import Appointment, Case, CaseEvent
from cases.perms import shows_appointment
from cases.timeline_page import stamp
from common.clock import now
from common.languages import LANGUAGES
from common.templatetags.ui import local_time, local_when
from followups.models import CallbackRequest, FollowUp, FollowUpKind
from followups.wording import path_of
from referrals.models import InterpreterRequest, Referral, ReferralDraft, ReferralState
from reports.models import SITUATION, Report, ReportDraft, TrackingAct
from riskassessment.models import Assessment, CoordinationRequest
from sharing.models import MatchNotice, RectificationRecipient, SharingDecision, SubjectRequest
from sharing.subject_access import due_on

from .panels import verb

FEW = 20
"""Lines of one section, where no more of them are read."""

Line = dict[str, Any]


def draft(draft: ReportDraft) -> Line:
    """A report or a situation being written."""
    return {
        "what": draft.get_kind_display()[:1].upper() + draft.get_kind_display()[1:],
        "detail": _("not recorded yet"),
        "saved": draft.saved_at,
        "action_url": reverse(
            "reports:situation_draft" if draft.kind == SITUATION else "reports:draft", args=[draft.pk]
        ),
        "action_label": _("Go on"),
    }


def referral_draft(draft: ReferralDraft) -> Line:
    """A referral being written, in its case."""
    return {
        "what": _("A referral being written"),
        "detail": _("not sent yet"),
        "saved": draft.saved_at,
        "action_url": f"{reverse('referrals:new', args=[draft.case_id])}?draft={draft.pk}",
        "action_label": _("Go on"),
    }


def to_answer(referral: Referral) -> Line:
    """The case is not open before the answer: the line says who asks and what for, nothing else."""
    return {
        "what": _("Answer a referral from %(who)s") % {"who": referral.from_agency.short_name},
        "detail": Need(referral.need).label,
        "due": referral.answer_due_at,
        "action_url": reverse("referrals:detail", args=[referral.pk]),
        "action_label": _("See and answer"),
    }


def callback(request: CallbackRequest) -> Line:
    """Somebody asks on the page of a poster to be called back: of no case, and the number stands on its own page."""
    holder = request.taken_by
    return {
        "what": _("Call back somebody who asks for it"),
        "detail": _("taken on by %(who)s") % {"who": holder.full_name} if holder else "",
        "due": request.due_at,
        "action_url": reverse("followups:callback", args=[request.pk]),
        "action_label": _("Prepare the call"),
    }


def interpreting(request: InterpreterRequest, membership: Membership) -> Line:
    """For the interpreter service, who is asked for; for who asked, whom it proposes. Of the case nothing is said."""
    ours = request.to_agency_id == membership.agency_id
    return {
        "what": _("Find an interpreter") if ours else _("Say yes or no to the interpreter proposed"),
        "detail": f"{LANGUAGES.get(request.language, request.language)}, {local_when(request.at, 'on')}",
        "due": request.answer_due_at,
        "action_url": reverse("referrals:interpreter", args=[request.pk]),
        "action_label": _("See and answer"),
    }


def interpreter_awaited(request: InterpreterRequest) -> Line:
    """For who asked: the service that has not proposed anybody yet."""
    return {
        "what": _("%(who)s looks for an interpreter") % {"who": request.to_agency.short_name},
        "detail": f"{LANGUAGES.get(request.language, request.language)}, {local_when(request.at, 'on')}",
        "due": request.answer_due_at,
        "action_url": reverse("referrals:interpreter", args=[request.pk]),
        "action_label": _("Open"),
    }


def situation(request: CoordinationRequest, membership: Membership) -> Line:
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


def correction(told: RectificationRecipient) -> Line:
    """The case may be closed to the agency by now: the line says nothing of it."""
    return {
        "what": _("A fact your service received was wrong"),
        "detail": told.rectification.get_kind_display(),
        "saved": told.told_at,
        "action_url": reverse("casework:rectification", args=[told.rectification_id]),
        "action_label": _("Read and correct"),
    }


def subject_request(request: SubjectRequest, membership: Membership) -> Line:
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


def match(notice: MatchNotice, membership: Membership) -> Line:
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
            FollowUpKind.PROSECUTOR_DECISION: _("Read and decide"),
            FollowUpKind.CLASSIFICATION: _("Read and verify"),
            FollowUpKind.DETENTION: _("Answer"),
            FollowUpKind.RELEASE: _("Prepare the call"),
            FollowUpKind.LEAD_HANDOVER: _("Read and answer"),
            FollowUpKind.SUPERVISION: _("Look and decide"),
            FollowUpKind.ACTION: _("Say what became of it"),
            FollowUpKind.MONITORING: _("Look again"),
            FollowUpKind.PROGRAMME_ALERT: _("Read and pass on"),
        }.get(FollowUpKind(follow_up.kind), _("Open"))
        who = follow_up.assigned_to.full_name if follow_up.assigned_to else ""
        return self._of(follow_up.case) | {
            "what": _("Get the answer to a referral sent by letter")
            if follow_up.kind == FollowUpKind.REFERRAL_ANSWER
            else verb(follow_up.kind),
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

    def appointment(self, appointment: Appointment) -> Line | None:
        """What for and when, never where; nothing where it is not read any more."""
        access = self.accesses.get(appointment.case_id)
        if access is None or not shows_appointment(access, appointment):
            return None
        hours = {"start": local_time(appointment.starts_at), "end": local_time(appointment.ends_at)}
        return self._of(appointment.case) | {
            "what": capfirst(appointment.get_kind_display()),
            "due_text": _("%(start)s to %(end)s") % hours,
            "action_url": reverse("cases:appointment", args=[appointment.case_id, appointment.pk]),
            "action_label": _("Open"),
        }

    def hearing(self, act: TrackingAct) -> Line:
        return self._of(act.tracking.case) | {
            "what": _("Hold the hearing the prosecutor asks for"),
            "detail": act.get_whom_display(),
            "due": act.on,
            "due_text": "" if act.on else _("as soon as possible"),
            "action_url": reverse("casework:tracked", args=[act.tracking_id]),
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
        who = {"who": referral.to_agency.short_name}
        what = {
            ReferralState.COMPLETED: _("%(who)s has completed the referral") % who,
            ReferralState.DECLINED: _("%(who)s has declined the referral") % who,
            ReferralState.EXPIRED: _("%(who)s has not answered the referral in time") % who,
        }.get(ReferralState(referral.state), _("%(who)s has accepted the referral") % who)
        return self._of(referral.case) | {
            "what": what,
            "detail": Need(referral.need).label,
            "saved": referral.told_at,
            "action_url": reverse("referrals:detail", args=[referral.pk]),
            "action_label": _("Read") if referral.taken else _("Read and refer elsewhere"),
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
            access, seen_at = self.accesses.get(event.case_id), visits.get(event.case_id)
            if not access or seen_at is None or timeline.is_kept_from(access.side, event.code, event.payload):
                continue
            if event.at > seen_at and access.shows(event):
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
                    "action_url": f"{reverse('cases:timeline', args=[case_id])}?new=on&since={stamp(visits[case_id])}",
                    "action_label": _("Read"),
                }
            )
        return lines
