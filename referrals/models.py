from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import ParticipationSide
from cases.models import Case, CasePerson
from common.clock import now
from common.models import UUIDModel
from sharing.models import Basis, Consent


class ReferralState(models.TextChoices):
    SENT = "sent", _("sent")
    RECEIVED = "received", _("received")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Need(models.TextChoices):
    SHELTER = "shelter", _("shelter")
    PSYCHOSOCIAL = "psychosocial", _("psychosocial support")
    LEGAL = "legal", _("legal help")
    HEALTH = "health", _("health care")
    SOCIAL = "social", _("social and financial help")
    CHILDREN = "children", _("help for the children")
    PERPETRATOR_WORK = "perpetrator_work", _("work with the presumed perpetrator")
    OTHER = "other", _("another need")


class Urgency(models.TextChoices):
    TODAY = "today", _("today")
    WITHIN_48_HOURS = "within_48_hours", _("within 48 hours")
    WITHIN_A_WEEK = "within_a_week", _("within a week")


class DeclineReason(models.TextChoices):
    NO_PLACE = "no_place", _("no place or no capacity")
    OUTSIDE_REMIT = "outside_remit", _("outside what the service does")
    OUTSIDE_TERRITORY = "outside_territory", _("outside the territory")
    PERSON_DECLINED = "person_declined", _("the person does not wish it")
    OTHER = "other", _("another reason")


class Referral(UUIDModel):
    """One agency asks another to take over a need of a person. Until it is accepted the receiver sees this row alone.

    `grants` is what was previewed to the sender, and what acceptance opens.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="referrals")
    subject = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
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
    state = models.CharField(max_length=20, choices=ReferralState.choices, default=ReferralState.SENT)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=now)
    answer_due_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(_("reason"), max_length=30, choices=DeclineReason.choices, blank=True)
    answer_note = models.TextField(_("message to the sender"), blank=True)

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
            models.UniqueConstraint(
                fields=["case", "subject", "to_agency", "need"],
                condition=Q(state__in=["sent", "received"]),
                name="referrals_one_open",
                violation_error_message=_("This need has already been sent to this service and waits for its answer."),
            ),
        ]
        indexes = [
            models.Index(fields=["to_agency", "state"], name="referrals_inbox"),
            models.Index(fields=["from_agency", "state"], name="referrals_outbox"),
        ]
