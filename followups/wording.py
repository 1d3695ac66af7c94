"""A follow-up in words: where it is done, and how it ended."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.enums import AppointmentOutcome
from plans.models import ActionOutcome, AlertOutcome, LeadState, MeasureAct, StillDetained, Told
from referrals.models import ReferralState
from reports.models import Decision
from riskassessment.models import Verdict
from sharing.models import RequestState

from .models import FollowUp, FollowUpKind, Outcome, WithdrawalAnswer


def path_of(follow_up: FollowUp) -> str:
    """The page where the follow-up is done."""
    match follow_up.kind:
        case FollowUpKind.REASSESSMENT:
            return reverse("riskassessment:case_list", args=[follow_up.case_id])
        case FollowUpKind.VERIFICATION:
            return reverse("riskassessment:detail", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.CLASSIFICATION:
            return reverse("casework:verify_classification", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.COORDINATED_PLAN:
            return reverse("casework:coordination", args=[follow_up.case_id])
        case FollowUpKind.LEAD_HANDOVER:
            return reverse("casework:lead", args=[follow_up.case_id])
        case FollowUpKind.SUPERVISION:
            return reverse("casework:closing", args=[follow_up.case_id])
        case FollowUpKind.PROSECUTOR_DECISION:
            return reverse("casework:tracked", args=[follow_up.source_id])
        case FollowUpKind.REFERRAL_ANSWER:
            return reverse("referrals:detail", args=[follow_up.source_id])
        case FollowUpKind.REQUEST_ANSWER:
            return reverse("casework:request", args=[follow_up.source_id])
        case FollowUpKind.APPOINTMENT:
            return reverse("cases:appointment", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.MEASURE_END:
            return reverse("casework:measures", args=[follow_up.case_id])
        case FollowUpKind.PROGRAMME_ALERT:
            return reverse("casework:alert", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.ACTION:
            return reverse("casework:action", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.MONITORING:
            return reverse("casework:coordination", args=[follow_up.case_id])
        case FollowUpKind.DETENTION:
            return reverse("casework:detention", args=[follow_up.case_id, follow_up.source_id])
        case FollowUpKind.RELEASE:
            return reverse("casework:release_alert", args=[follow_up.case_id, follow_up.source_id])
        case _:
            return reverse("followups:detail", args=[follow_up.pk])


def outcome_text(follow_up: FollowUp) -> str:
    """How a follow-up ended, in words; empty while it is open."""
    assessed = {"done": pgettext("follow-up", "done"), "replaced": pgettext("follow-up", "replaced")}
    words = {
        FollowUpKind.J2_CONTACT: dict(Outcome.choices),
        FollowUpKind.REASSESSMENT: assessed,
        FollowUpKind.REFERRAL_ANSWER: dict(ReferralState.choices),
        FollowUpKind.REQUEST_ANSWER: dict(RequestState.choices),
        FollowUpKind.WITHDRAWAL_CHECK: dict(WithdrawalAnswer.choices),
        FollowUpKind.VERIFICATION: dict(Verdict.choices) | assessed,
        FollowUpKind.CLASSIFICATION: {
            "confirmed": pgettext("classification", "confirmed"),
            "corrected": pgettext("classification", "corrected"),
        },
        FollowUpKind.COORDINATED_PLAN: assessed,
        FollowUpKind.APPOINTMENT: dict(AppointmentOutcome.choices),
        FollowUpKind.LEAD_HANDOVER: dict(LeadState.choices),
        FollowUpKind.SUPERVISION: {
            "closed": pgettext("supervision", "the case was closed"),
            "extended": pgettext("supervision", "extended"),
            "reopened": pgettext("supervision", "the case was opened again"),
        },
        FollowUpKind.ACTION: dict(ActionOutcome.choices) | assessed,
        FollowUpKind.MONITORING: assessed,
        FollowUpKind.MEASURE_END: dict(MeasureAct.choices),
        FollowUpKind.PROGRAMME_ALERT: dict(AlertOutcome.choices),
        FollowUpKind.PROSECUTOR_DECISION: dict(Decision.choices),
        FollowUpKind.DETENTION: dict(StillDetained.choices) | {"released": _("released")} | assessed,
        FollowUpKind.RELEASE: dict(Told.choices) | assessed,
    }
    return str(words[FollowUpKind(follow_up.kind)].get(follow_up.outcome, ""))
