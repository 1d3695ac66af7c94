from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership
from cases.models import Case, CasePerson, Note
from common.clock import now
from common.models import UUIDModel
from riskassessment.models import Grid


class FollowUpKind(models.TextChoices):
    J2_CONTACT = "j2_contact", _("J+2 contact")
    REASSESSMENT = "reassessment", _("reassessment")
    REFERRAL_ANSWER = "referral_answer", _("answer to a referral")
    REQUEST_ANSWER = "request_answer", _("answer to an information request")
    WITHDRAWAL_CHECK = "withdrawal_check", _("question about a withdrawn consent")
    VERIFICATION = "verification", _("verification of an assessment")
    COORDINATED_PLAN = "coordinated_plan", _("coordinated plan")


class Counting(models.TextChoices):
    CALENDAR = "calendar", _("calendar days")
    WORKING = "working", _("working days")


class FollowUpPolicy(UUIDModel):
    """How a deadline is counted and when it escalates: versioned reference data; rows stay under their version."""

    kind = models.CharField(max_length=30, choices=FollowUpKind.choices)
    version = models.PositiveIntegerField()
    days = models.PositiveSmallIntegerField(null=True)
    counting = models.CharField(max_length=10, choices=Counting.choices, default=Counting.CALENDAR)
    escalate_after_hours = ArrayField(models.PositiveSmallIntegerField(), default=list)
    provenance = models.JSONField()  # the same words by language: {"fr", "en"}
    verified_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="followups_policy_once")]


class Outcome(models.TextChoices):
    """How a contact attempt ended."""

    REACHED = "reached", _("reached")
    NO_ANSWER = "no_answer", _("no answer")
    CALL_BACK = "call_back", _("asked to be called back")
    NOT_ALONE = "not_alone", _("could not speak freely")
    OTHER_ANSWERED = "other_answered", _("somebody else answered")
    WRONG_NUMBER = "wrong_number", _("the number is no longer right")
    DECLINED = "declined", _("does not wish this contact")


class WithdrawalAnswer(models.TextChoices):
    """What became of the question whether she was made to withdraw her consent."""

    OWN_WISH = "own_wish", _("she withdrew it of her own wish")
    PRESSED = "pressed", _("she was made to withdraw it")
    UNCLEAR = "unclear", _("she was asked, and it stays unclear")
    NOT_REACHED = "not_reached", _("she could not be asked safely yet")


SETTLING_OUTCOMES = frozenset({Outcome.REACHED, Outcome.DECLINED})


class FollowUpQuerySet(models.QuerySet):
    def visible_to(self, membership: Membership | None) -> "FollowUpQuerySet":
        """What the acting agency owes, or planned for another, in the cases this member may know of."""
        if membership is None:
            return self.none()
        mine = Q(agency=membership.agency_id) | Q(planned_by_agency=membership.agency_id)
        return self.filter(mine, Exists(Case.objects.visible_to(membership).filter(pk=OuterRef("case"))))

    def owed_by(self, membership: Membership | None) -> "FollowUpQuerySet":
        """What the acting agency itself has to do."""
        return self.visible_to(membership).filter(agency=membership.agency_id) if membership else self.none()


class FollowUp(UUIDModel):
    """What is due, by whom, when. Written with the act it follows from; the queue only wakes workers up.

    `remind_at` is the next moment a notice goes out (None: no more); `step` counts the notices written since the last
    attempt (0 = none yet, 1 = reminded, 2 and 3 = escalated).
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="follow_ups")
    kind = models.CharField(max_length=30, choices=FollowUpKind.choices)
    about = models.ForeignKey(CasePerson, on_delete=models.PROTECT, null=True, related_name="+")
    source_id = models.UUIDField()
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, null=True, related_name="+")
    report_reference = models.CharField(max_length=40, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="follow_ups")
    planned_by_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    policy = models.ForeignKey(FollowUpPolicy, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField(default=now)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source_id", "grid"], nulls_distinct=False, name="followups_once_per_act"
            ),
        ]
        indexes = [
            models.Index(fields=["remind_at"], condition=Q(settled_at=None), name="followups_to_remind"),
            models.Index(fields=["agency", "due_at"], condition=Q(settled_at=None), name="followups_open"),
        ]


class ContactAttempt(UUIDModel):
    """One attempt of a J+2 contact, never edited. What she said is a note, closed to who asked for the call."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, related_name="attempts")
    outcome = models.CharField(_("how it went"), max_length=30, choices=Outcome.choices)
    frame_explained = models.BooleanField(_("the frame was explained"), default=False)
    hearing_prepared = models.BooleanField(_("the hearing was prepared"), default=False)
    accompaniment_offered = models.BooleanField(_("accompaniment was offered"), default=False)
    housing_checked = models.BooleanField(_("housing was checked"), default=False)
    income_checked = models.BooleanField(_("income was checked"), default=False)
    note = models.OneToOneField(Note, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    request_key = models.UUIDField(editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("contact attempt")
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["follow_up", "request_key"], name="followups_attempt_once")]

    TALKED_ABOUT = ("frame_explained", "hearing_prepared", "accompaniment_offered", "housing_checked", "income_checked")

    @property
    def talked_about(self) -> list[str]:
        """What of the script was gone through, in words."""
        return [str(self._meta.get_field(name).verbose_name) for name in self.TALKED_ABOUT if getattr(self, name)]
