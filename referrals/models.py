from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency, Membership
from agencies.perms import may_see_cases
from cases.access import CaseAccess, kept_out
from cases.enums import ParticipationSide, PersonRole
from cases.models import Case, CasePerson
from common.clock import now
from common.ids import uuid7
from common.models import UUIDModel
from sharing.models import Basis, Consent


class ReferralState(models.TextChoices):
    SENT = "sent", pgettext_lazy("referral", "sent")
    RECEIVED = "received", pgettext_lazy("referral", "received")
    ACCEPTED = "accepted", pgettext_lazy("referral", "accepted")
    DECLINED = "declined", pgettext_lazy("referral", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("referral", "withdrawn")


WAITING = Q(state__in=["sent", "received"])


class Need(models.TextChoices):
    SHELTER = "shelter", pgettext_lazy("need", "shelter")
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


class ReferralQuerySet(models.QuerySet):
    def between(self, membership: Membership | None) -> "ReferralQuerySet":
        """What the acting agency sent or received, in cases this person is not kept out of.

        Whoever is asked to accept need not be named in a restricted case; once accepted, those who are named go on.
        """
        if not may_see_cases(membership):
            return self.none()
        sent = Q(from_agency=membership.agency_id) & Exists(
            Case.objects.visible_to(membership).filter(pk=OuterRef("case"))
        )
        received = Q(to_agency=membership.agency_id) & ~Q(
            kept_out(case="case", user=membership.user_id, outside=~Q(state=ReferralState.ACCEPTED))
        )
        return self.filter(sent | received)

    def of_case(self, access: CaseAccess) -> "ReferralQuerySet":
        """Those of a case that this access may know of: its own, and those of a side whose services it may know."""
        if not access:
            return self.none()
        known = Q(from_agency=access.agency_id) | Q(to_agency=access.agency_id) | access.network()
        return self.filter(known, case=access.case_id)

    def waiting(self) -> "ReferralQuerySet":
        """Not answered yet."""
        return self.filter(WAITING)


class Referral(UUIDModel):
    """One agency asks another to take over a need of a person. Until it is accepted the receiver sees this row alone.

    `grants` is what was previewed to the sender, and what acceptance opens. `side` is the receiver's place in the case,
    `subject_role` what the receiver reads of the person before it accepts. `request_key` makes sending happen once.
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
                fields=["case", "subject", "to_agency", "need"],
                condition=WAITING,
                name="referrals_one_open",
                violation_error_message=_("This need has already been sent to this service and waits for its answer."),
            ),
        ]
        indexes = [
            models.Index("to_agency", models.F("sent_at").desc(), models.F("id").desc(), name="referrals_received"),
            models.Index("from_agency", models.F("sent_at").desc(), models.F("id").desc(), name="referrals_sent"),
            models.Index(fields=["to_agency", "answer_due_at", "id"], condition=WAITING, name="referrals_to_answer"),
            models.Index(fields=["from_agency", "answer_due_at", "id"], condition=WAITING, name="referrals_awaited"),
        ]

    @property
    def waits(self) -> bool:
        """Whether it has not been answered yet."""
        return self.state in (ReferralState.SENT, ReferralState.RECEIVED)
