from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership, Poster, Unit
from agencies.perms import may_see_cases
from cases.access import kept_out
from cases.models import Case, CasePerson, Note
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel
from referrals.models import Referral
from riskassessment.models import Grid


class FollowUpKind(models.TextChoices):
    J2_CONTACT = "j2_contact", _("J+2 contact")
    REASSESSMENT = "reassessment", _("reassessment")
    REFERRAL_ANSWER = "referral_answer", _("answer to a referral")
    REQUEST_ANSWER = "request_answer", _("answer to an information request")
    WITHDRAWAL_CHECK = "withdrawal_check", _("question about a withdrawn consent")
    VERIFICATION = "verification", _("verification of an assessment")
    COORDINATED_PLAN = "coordinated_plan", _("coordinated plan")
    CLASSIFICATION = "classification", _("verification of a classification")
    PROSECUTOR_DECISION = "prosecutor_decision", _("decision of the prosecutor")
    APPOINTMENT = "appointment", _("appointment")
    ACTION = "action", _("action of the plan")
    MONITORING = "monitoring", _("look at a case under close monitoring")
    MEASURE_END = "measure_end", _("end of a protection measure")
    DETENTION = "detention", _("question whether still detained")
    RELEASE = "release", _("telling the victim of a release")
    PROGRAMME_ALERT = "programme_alert", _("alert of a programme")
    LEAD_HANDOVER = "lead_handover", _("answer to a hand-over of the lead")
    SUPERVISION = "supervision", _("end of a supervised closing")


CALLBACK = "callback"
"""The policy of requests to be called back, which are no follow-ups: they are of no case."""

INTERPRETER = "interpreter"
"""The policy of requests for an interpreter, whose deadline follows from the hour of the appointment."""


class Counting(models.TextChoices):
    CALENDAR = "calendar", _("calendar days")
    WORKING = "working", _("working days")


class FollowUpPolicy(UUIDModel):
    """How a deadline is counted and when it escalates: versioned reference data; rows stay under their version."""

    kind = models.CharField(
        max_length=30,
        choices=[
            *FollowUpKind.choices,
            (CALLBACK, _("request to be called back")),
            (INTERPRETER, _("request for an interpreter")),
        ],
    )
    version = models.PositiveIntegerField()
    days = models.PositiveSmallIntegerField(null=True)
    counting = models.CharField(max_length=10, choices=Counting.choices, default=Counting.CALENDAR)
    escalate_after_hours = ArrayField(models.PositiveSmallIntegerField(), default=list)
    remind_before_hours = models.PositiveSmallIntegerField(default=0)
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


class CallbackOutcome(models.TextChoices):
    """How a call back to somebody who asked for it on a poster's page ended."""

    REACHED = "reached", _("reached")
    NOT_REACHED = "not_reached", _("could not be reached safely")
    UNKNOWN_NUMBER = "unknown_number", _("the number is not right")


class FollowUpQuerySet(models.QuerySet):
    def visible_to(self, membership: Membership | None) -> "FollowUpQuerySet":
        """What the acting agency owes, or planned for another, in the cases this member may know of."""
        if membership is None:
            return self.none()
        mine = Q(agency=membership.agency_id) | Q(planned_by_agency=membership.agency_id)
        return self.filter(mine, Exists(Case.objects.visible_to(membership).filter(pk=OuterRef("case"))))

    def owed_by(self, membership: Membership | None) -> "FollowUpQuerySet":
        """What the acting agency itself has to do."""
        if membership is None:
            return self.none()
        return self.visible_to(membership).filter(_may_be_told(membership), agency=membership.agency_id)

    def owed_or_asked(self, membership: Membership | None) -> "FollowUpQuerySet":
        """What the acting agency has to do, with the answers to referrals whose case is not open to it yet: those by
        whoever is not kept out. Rows of the case itself are then out of reach.
        """
        if not may_see_cases(membership):
            return self.none()
        visible = Exists(Case.objects.visible_to(membership).filter(pk=OuterRef("case")))
        out = kept_out(case="case", user=membership.user_id, outside=True)
        asked = Q(kind=FollowUpKind.REFERRAL_ANSWER, settled_at=None) & ~Q(planned_by_agency=membership.agency_id)
        return self.filter(visible | (asked & ~Q(out)), _may_be_told(membership), agency=membership.agency_id)


def _may_be_told(membership: Membership) -> Q:
    """What a letter brought is told as its referral is: a sender that has come to stand on his side no more reads that
    she was taken in.
    """
    letter = Q(kind=FollowUpKind.REFERRAL_ANSWER, planned_by_agency=membership.agency_id, settled_at__isnull=False)
    return ~letter | Exists(Referral.objects.between(membership).filter(pk=OuterRef("source_id")))


class FollowUp(UUIDModel):
    """What is due, by whom, when. Written with the act it follows from; the queue only wakes workers up.

    `remind_at` is the next moment a notice goes out (None: no more); `step` counts the notices written since the last
    attempt (0 = none yet, 1 = reminded, 2 and 3 = escalated). What is told before it is due leaves `step` as it is.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="follow_ups")
    kind = models.CharField(max_length=30, choices=FollowUpKind.choices)
    about = models.ForeignKey(CasePerson, on_delete=models.PROTECT, null=True, related_name="+")
    source_id = models.UUIDField()
    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, null=True, related_name="+")
    report_reference = models.CharField(max_length=40, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
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
    alone_asked = models.BooleanField(_("she was asked whether she is alone"), default=False)
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

    TALKED_ABOUT = (
        "alone_asked", "frame_explained", "hearing_prepared", "accompaniment_offered", "housing_checked",
        "income_checked",
    )  # fmt: skip

    @property
    def talked_about(self) -> list[str]:
        """What of the script was gone through, in words."""
        return [str(self._meta.get_field(name).verbose_name) for name in self.TALKED_ABOUT if getattr(self, name)]


class CallbackRequestQuerySet(models.QuerySet):
    def visible_to(self, membership: Membership | None) -> "CallbackRequestQuerySet":
        """Those asked of the acting agency, by a member who may see cases."""
        if not may_see_cases(membership):
            return self.none()
        return self.filter(agency=membership.agency_id)


class CallbackRequest(UUIDModel):
    """Somebody asks on the page of a poster to be called back: a safe number and when, nothing else, of no case.

    Number and hours are erased once it is handled, or after its end; what stays says when, and how it went. `remind_at`
    and `step` as in FollowUp.
    """

    poster = models.ForeignKey(Poster, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    number = EncryptedTextField(_("number that is safe to call"), null=True)
    hours = EncryptedTextField(_("when it is safe to call"), null=True)
    language = models.CharField(max_length=10, default="fr")
    asked_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField(default=0)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True)
    outcome = models.CharField(_("how it went"), max_length=20, choices=CallbackOutcome.choices, blank=True)
    erased_at = models.DateTimeField(null=True)

    objects = CallbackRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to be called back")
        verbose_name_plural = _("requests to be called back")
        ordering = ["due_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(handled_at=None, erased_at=None)
                | Q(erased_at__isnull=False, number__isnull=True, hours__isnull=True),
                name="followups_handled_is_erased",
            )
        ]
        indexes = [
            models.Index(fields=["agency", "due_at"], condition=Q(handled_at=None), name="followups_callbacks"),
            models.Index(fields=["remind_at"], condition=Q(handled_at=None), name="followups_callbacks_due"),
        ]
