from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from common.clock import now
from common.models import UUIDModel


class NoticeKind(models.TextChoices):
    """What a notice says; nothing of the case, ever."""

    FOLLOW_UP_DUE = "follow_up_due", _("A follow-up is due")
    FOLLOW_UP_SOON = "follow_up_soon", _("Something is due soon")
    FOLLOW_UP_UNANSWERED = "follow_up_unanswered", _("A follow-up has stayed unanswered")
    REFERRAL_RECEIVED = "referral_received", _("A service sends you a referral")
    REFERRAL_CHANGED = "referral_changed", _("A referral has moved on")
    REFERRAL_ANSWERED = "referral_answered", _("A referral has been answered")
    COMPLAINT_RECEIVED = "complaint_received", _("A complaint has been sent to you")
    BOARD_MOVED = "board_moved", _("Something has moved on the board of police and prosecutor")
    SHARING_OPENED = "sharing_opened", _("A service shares something with yours")
    SHARING_ENDED = "sharing_ended", _("A sharing with your service has ended")
    CONSENT_ENDS_SOON = "consent_ends_soon", _("A consent ends soon")
    INFORMATION_REQUESTED = "information_requested", _("A service asks yours for information")
    INFORMATION_ANSWERED = "information_answered", _("An information request has been answered")
    BREAK_GLASS_OPENED = "break_glass_opened", _("A case was opened in an emergency: review it")
    BREAK_GLASS_REVIEWED = "break_glass_reviewed", _("An emergency access has been reviewed")
    RECTIFIED = "rectified", _("A fact your service received was wrong and has been corrected")
    INCIDENT_REPORTED = "incident_reported", _("A safety incident has been reported")
    UNUSUAL_READING = "unusual_reading", _("Unusual readings wait to be looked at")
    MATCH_OPEN = "match_open", _("Another service holds an open case: ask")
    MATCH_HELD = "match_held", _("A service has opened a case about a person you follow")
    MATCH_ASKED = "match_asked", _("A service asks you about an open case")
    MATCH_ANSWERED = "match_answered", _("A service has answered your question about an open case")
    AUDIT_FINDINGS = "audit_findings", _("A check of the audit found something: look at it")
    AUDIT_LATE = "audit_late", _("The sealing of the audit is late")
    LEVEL_URGENT = "level_urgent", _("A case your service acts in has become urgent")
    ASSESSMENT_RETURNED = "assessment_returned", _("An assessment comes back with remarks")
    VERIFICATION_WAITS = "verification_waits", _("An assessment waits to be verified")
    CLASSIFICATION_WAITS = "classification_waits", _("The classification of a report waits to be verified")
    CLASSIFICATION_VERIFIED = "classification_verified", _("The classification of a report you recorded is verified")
    COORDINATION_REQUESTED = "coordination_requested", _("A service asks the coordination to take up a situation")
    COORDINATION_ANSWERED = "coordination_answered", _("The coordination has answered a request")
    GRID_PROPOSED = "grid_proposed", _("A version of a grid waits for a second pair of eyes")
    REFERRAL_TOLD = "referral_told", _("A service tells you what became of a referral")
    REFERRAL_LATE = "referral_late", _("A referral waits too long for its answer")
    CALLBACK_ASKED = "callback_asked", _("Somebody asks to be called back")
    CALLBACK_LATE = "callback_late", _("A request to be called back waits too long")
    INTERPRETER_ASKED = "interpreter_asked", _("A service asks you for an interpreter")
    INTERPRETER_ANSWERED = "interpreter_answered", _("A request for an interpreter has moved on")
    INTERPRETER_LATE = "interpreter_late", _("A request for an interpreter waits for its answer")
    OFFER_TO_CONFIRM = "offer_to_confirm", _("An entry of the directory waits to be confirmed")
    LOAD_HANDED_OVER = "load_handed_over", _("A colleague's work has been handed over to you")
    TRAINING_CHANGED = "training_changed", _("A training you are enrolled in has changed")
    TRAINING_ANNOUNCED = "training_announced", _("A training is announced")
    DANGER_FLAGGED = "danger_flagged", _("A danger for professionals is flagged in a case your service acts in")
    ACTION_GIVEN = "action_given", _("An action of a plan is for your service")
    ACTION_ANSWERED = "action_answered", _("An action of a plan has been answered")
    MEASURE_MOVED = "measure_moved", _("A measure in a case your service acts in has moved on")
    RELEASE_ALERT = "release_alert", _("Urgent: confirm that somebody was told")
    RELEASE_TOLD = "release_told", _("It is confirmed that somebody was told")
    PROGRAMME_ALERT = "programme_alert", _("A case your service coordinates needs a look today")
    ALERT_PASSED_ON = "alert_passed_on", _("Something was passed on to your service in a case")
    LEAD_OFFERED = "lead_offered", _("A service asks yours to take over the lead of a case")
    LEAD_ANSWERED = "lead_answered", _("A hand-over of the lead has been answered")
    PART_ENDED = "part_ended", _("A service has ended its follow-up in a case yours leads")
    CASE_SUPERVISED = "case_supervised", _("A case your service acts in is under supervision until a day")
    CASE_CLOSED = "case_closed", _("A case your service acts in is closed")
    CASE_REOPENED = "case_reopened", _("A case your service acts in is open again")
    CASE_RESTRICTED = "case_restricted", _("A case is restricted to named persons: say who of your service works on it")


class Notice(UUIDModel):
    """One message to one person, read in the application. `dedupe_key` makes it exactly once."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40, choices=NoticeKind.choices)
    path = models.CharField(max_length=200)
    case_id = models.UUIDField(null=True)
    dedupe_key = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["recipient", "dedupe_key"], name="notifications_once")]
        indexes = [
            models.Index(fields=["recipient", "agency"], condition=Q(read_at=None), name="notifications_unread"),
            models.Index("recipient", models.F("created_at").desc(), models.F("id").desc(), name="notifications_list"),
        ]


class MailState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    WITHHELD = "withheld", _("withheld")


class OutgoingMail(UUIDModel):
    """A mail to send: neutral words only. Stored with the act, sent after the commit by a worker."""

    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="mail", null=True)
    to = models.EmailField()
    language = models.CharField(max_length=5, default="fr")
    template = models.CharField(max_length=40)
    context = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=now)
    last_error = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="waiting"), name="notifications_mail_due")
        ]
