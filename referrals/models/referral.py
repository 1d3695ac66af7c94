from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import AgencyKind, Need
from agencies.models import Agency, Membership
from agencies.perms import may_see_cases
from cases.access import CaseAccess, kept_out, participation_rows
from cases.enums import ParticipationSide, PersonRole
from cases.models import Case, CasePerson
from common.clock import now
from common.fields import EncryptedJSONField
from common.ids import uuid7
from common.models import UUIDModel
from sharing.models import Basis, Consent


class ReferralState(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("referral", "next in line")
    SENT = "sent", pgettext_lazy("referral", "sent")
    RECEIVED = "received", pgettext_lazy("referral", "received")
    ACCEPTED = "accepted", pgettext_lazy("referral", "accepted")
    IN_PROGRESS = "in_progress", pgettext_lazy("referral", "in progress")
    COMPLETED = "completed", pgettext_lazy("referral", "completed")
    DECLINED = "declined", pgettext_lazy("referral", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("referral", "withdrawn")
    EXPIRED = "expired", pgettext_lazy("referral", "expired")


TAKEN = (ReferralState.ACCEPTED, ReferralState.IN_PROGRESS, ReferralState.COMPLETED)
"""The receiver has said yes, whatever became of it since."""

GOING_ON = (ReferralState.ACCEPTED, ReferralState.IN_PROGRESS)
"""It has said yes and is not done."""

WAITING = Q(state__in=["sent", "received"])
NEVER_SENT = Q(state="queued") | Q(in_order=True, expires_at=None)
"""Next in line, or taken off the line before its turn came: its receiver never learns of it."""

OPEN = Q(state__in=["queued", "sent", "received", "accepted", "in_progress"])
"""Not over: while one stands, the same one does not send the same need of the same person there again."""


class Urgency(models.TextChoices):
    TODAY = "today", _("today")
    WITHIN_48_HOURS = "within_48_hours", _("within 48 hours")
    WITHIN_A_WEEK = "within_a_week", _("within a week")


class DeclineReason(models.TextChoices):
    NO_PLACE = "no_place", _("no place or no capacity")
    TOO_LONG = "too_long", _("the waiting time is too long")
    OUTSIDE_REMIT = "outside_remit", _("outside what the service does")
    OUTSIDE_TERRITORY = "outside_territory", _("outside the territory")
    PERSON_DECLINED = "person_declined", _("the person does not wish it")
    OTHER = "other", _("another reason")


class AskedBy(models.TextChoices):
    """Who asked for it: a programme takes in whoever comes of their own, whoever asked on their behalf."""

    SERVICE = "service", _("the service that refers")
    PERSON = "person", _("the person himself or herself")
    VICTIM = "victim", _("the victim")
    AUTHORITY = "authority", _("a judicial authority, under a mandate")


class Result(models.TextChoices):
    """What became of a referral that was accepted, told to the sender; never what was said."""

    HELPED = "helped", _("the need is met")
    PARTLY = "partly", _("the need is met in part")
    STOPPED = "stopped", _("the person stopped")
    NOT_REACHED = "not_reached", _("the person could not be reached")
    PASSED_ON = "passed_on", _("passed on to another service")


HERS_TAKEN = ~Q(side=ParticipationSide.PERPETRATOR) & Q(state__in=TAKEN)
"""It says which service follows her: a sender that has come to stand on his side reads it no more."""


class ReferralQuerySet(models.QuerySet):
    def between(self, membership: Membership | None) -> "ReferralQuerySet":
        """What the acting agency sent or received, in cases this person is not kept out of.

        Whoever is asked to accept need not be named in a restricted case; once accepted, those who are named go on.
        """
        if not may_see_cases(membership):
            return self.none()
        on_his_side = participation_rows(membership).filter(side=ParticipationSide.PERPETRATOR)
        sent = (
            Q(from_agency=membership.agency_id)
            & Exists(Case.objects.visible_to(membership).filter(pk=OuterRef("case")))
            & ~(HERS_TAKEN & Exists(on_his_side.filter(content_object=OuterRef("case"))))
        )
        received = (
            Q(to_agency=membership.agency_id)
            & ~NEVER_SENT
            & ~Q(kept_out(case="case", user=membership.user_id, outside=~Q(state__in=TAKEN)))
        )
        return self.filter(sent | received)

    def of_case(self, access: CaseAccess) -> "ReferralQuerySet":
        """Those of a case that this access may know of: its own, and those of a side whose services it may know."""
        if not access:
            return self.none()
        told = Q(to_agency=access.agency_id) | access.network()
        known = Q(from_agency=access.agency_id) | (told & ~NEVER_SENT)
        if access.side == ParticipationSide.PERPETRATOR:
            known &= ~(Q(from_agency=access.agency_id) & HERS_TAKEN)
        return self.filter(known, case=access.case_id)

    def waiting(self) -> "ReferralQuerySet":
        """Not answered yet."""
        return self.filter(WAITING)


class Referral(UUIDModel):
    """One agency asks another to take over a need of a person. Until it is accepted the receiver sees this row alone.

    `grants` is what was previewed to the sender, and what acceptance opens. `side` is the receiver's place in the case,
    `subject_role` what the receiver reads of the person before it accepts. `request_key` makes sending happen once.
    Several services asked together share a `round`: all at once, or `in_order` by `rank`, the next one when the one
    before has said no. `rule` is the pathway it was proposed by, `missing_kind` the kind of service it stands in for.
    A receiver without an account is answered for by its letter (`ExternalLetter`); nothing opens to it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="referrals")
    subject = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    subject_role = models.CharField(max_length=30, choices=PersonRole.choices, editable=False)
    from_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    to_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, choices=ParticipationSide.choices)
    need = models.CharField(_("need"), max_length=30, choices=Need.choices)
    urgency = models.CharField(_("urgency"), max_length=20, choices=Urgency.choices)
    reason = models.TextField(_("reason, without names"))
    basis = models.CharField(_("basis"), max_length=30, choices=Basis.choices)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, null=True, related_name="+")
    legal_text = models.CharField(_("text relied on"), max_length=300, blank=True)
    necessity = models.CharField(_("why it is necessary"), max_length=500)
    grants = ArrayField(models.CharField(max_length=40))
    contributes = models.BooleanField(default=False)
    valid_days = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(max_length=20, choices=ReferralState.choices, default=ReferralState.SENT)
    request_key = models.UUIDField(default=uuid7, editable=False)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=now)
    answer_due_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(_("reason"), max_length=30, choices=DeclineReason.choices, blank=True)
    answer_note = models.TextField(_("message to the sender"), blank=True)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    asked_by = models.CharField(_("asked by"), max_length=20, choices=AskedBy.choices, default=AskedBy.SERVICE)
    mandated = models.BooleanField(_("under a mandate of the sender"), default=False)
    interpreter_language = models.CharField(_("interpreter into"), max_length=10, blank=True)
    childcare = models.BooleanField(_("childcare is needed"), default=False)
    accompaniment = models.BooleanField(_("accompaniment by a specialised person"), default=False)
    transport = models.BooleanField(_("transport is needed"), default=False)
    rule = models.CharField(max_length=60, blank=True)
    missing_kind = models.CharField(max_length=40, choices=AgencyKind.choices, blank=True)
    round = models.UUIDField(null=True, editable=False)
    rank = models.PositiveSmallIntegerField(default=1)
    in_order = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("looked at by"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
    )
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("taken by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    first_appointment_at = models.DateTimeField(_("first appointment"), null=True, blank=True)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(_("result"), max_length=20, choices=Result.choices, blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        ordering = ["-sent_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_agency=F("to_agency")),
                name="referrals_not_to_oneself",
                violation_error_message=_("A service cannot refer to itself."),
            ),
            models.CheckConstraint(
                condition=~Q(state="declined", decline_reason=""),
                name="referrals_decline_has_reason",
                violation_error_message=_("Say why the referral is declined."),
            ),
            models.UniqueConstraint(fields=["from_agency", "request_key"], name="referrals_sent_once"),
            models.UniqueConstraint(
                # by sender: that somebody else sends the same, or has it next in line, is told to nobody
                fields=["case", "subject", "from_agency", "to_agency", "need"],
                condition=OPEN,
                name="referrals_not_twice",
                violation_error_message=_("This need has already been sent to this service and is not over."),
            ),
            models.UniqueConstraint(
                fields=["round", "rank"], condition=Q(round__isnull=False), name="referrals_one_per_rank"
            ),
            models.CheckConstraint(
                condition=~Q(state="completed", result=""),
                name="referrals_completed_with_result",
                violation_error_message=_("Say what became of it."),
            ),
        ]
        indexes = [
            models.Index("to_agency", models.F("sent_at").desc(), models.F("id").desc(), name="referrals_received"),
            models.Index("from_agency", models.F("sent_at").desc(), models.F("id").desc(), name="referrals_sent"),
            models.Index(fields=["to_agency", "answer_due_at", "id"], condition=WAITING, name="referrals_to_answer"),
            models.Index(fields=["from_agency", "answer_due_at", "id"], condition=WAITING, name="referrals_awaited"),
            models.Index(fields=["expires_at"], condition=WAITING, name="referrals_to_expire"),
        ]

    @property
    def waits(self) -> bool:
        """Whether it has not been answered yet."""
        return self.state in (ReferralState.SENT, ReferralState.RECEIVED)

    @property
    def never_sent(self) -> bool:
        """Whether its turn has not come, or never came."""
        return self.state == ReferralState.QUEUED or (self.in_order and self.expires_at is None)

    @property
    def taken(self) -> bool:
        """Whether the receiver has said yes."""
        return self.state in TAKEN


class ReferralDraft(UUIDModel):
    """A referral being written: `data` is what the form holds. It belongs to its author, in a case they see.

    `version` grows with each save; sending empties `data`.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    data = EncryptedJSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    saved_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("draft of a referral")
        verbose_name_plural = _("drafts of referrals")
        ordering = ["-saved_at"]


class FeedbackBasis(models.TextChoices):
    CONSENT = "consent", _("consent of the person concerned")
    MANDATE = "mandate", _("the sender mandated it: attendance and conditions, by right")


class ReferralFeedback(UUIDModel):
    """What the receiver tells the sender of its work, beyond the state: only with consent, or by right to who mandated.

    Read by the two services alone. Insert-only.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="feedback")
    text = models.TextField(_("what you tell the sender"))
    basis = models.CharField(_("on what basis"), max_length=20, choices=FeedbackBasis.choices)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, null=True, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    request_key = models.UUIDField(editable=False)
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("feedback to the sender")
        verbose_name_plural = _("feedback to senders")
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["referral", "request_key"], name="referrals_feedback_once"),
            models.CheckConstraint(
                condition=~Q(basis="consent", consent=None), name="referrals_feedback_has_its_consent"
            ),
        ]
