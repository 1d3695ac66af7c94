from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from agencies.enums import AgencyKind
from common.clock import now
from common.models import UUIDModel

from .agency import Agency


class TrainingCourse(UUIDModel):
    """A training that an act asks for, by its code. Reference data: the titles by language, {"fr", "en"[, "nl"]}."""

    code = models.SlugField(max_length=60, unique=True)
    title = models.JSONField()
    provenance = models.JSONField()  # the same words by language
    verified_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
        ordering = ["code"]


class TrainingRecordQuerySet(models.QuerySet):
    def live(self) -> "TrainingRecordQuerySet":
        """Not run out and not taken back, by the database's clock, on Belgian days."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=TruncDate(Now())), withdrawal=None)


class TrainingRecord(UUIDModel):
    """Somebody has followed a training, as their service says. Insert-only; taken back by a row of its own."""

    course = models.ForeignKey(TrainingCourse, on_delete=models.PROTECT, related_name="records")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trainings")
    followed_on = models.DateField(_("followed on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    evidence = models.CharField(_("certificate, or who confirms it"), max_length=200)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    objects = TrainingRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("training followed")
        verbose_name_plural = _("trainings followed")
        ordering = ["-followed_on", "-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("followed_on")),
                name="agencies_training_dates",
                violation_error_message=_("The end is before the beginning."),
            )
        ]


class TrainingWithdrawal(UUIDModel):
    """A training record that does not hold: written by mistake, or no longer valid."""

    record = models.OneToOneField(TrainingRecord, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(_("reason"), max_length=200)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("training record taken back")
        verbose_name_plural = _("training records taken back")


# --- the calendar -----------------------------------------------------------------------------------------
class TrainingSession(UUIDModel):
    """A short training on the calendar: when, for whom, the link to join, and the replay once there is one."""

    title = models.CharField(_("title"), max_length=150)
    course = models.ForeignKey(
        TrainingCourse,
        verbose_name=_("counts as this training"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
    )
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    about = models.TextField(_("what it is about"), blank=True)
    starts_at = models.DateTimeField(_("begins"))
    minutes = models.PositiveSmallIntegerField(_("duration (minutes)"), default=45)
    place = models.CharField(_("where"), max_length=200, blank=True)
    link = models.URLField(_("link to join"), blank=True)
    replay = models.URLField(_("link to the replay"), blank=True)
    kinds = ArrayField(
        models.CharField(max_length=40, choices=AgencyKind.choices),
        verbose_name=_("for which kinds of services"),
        default=list,
        blank=True,
    )
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("training session")
        verbose_name_plural = _("training sessions")
        ordering = ["starts_at"]


class TrainingEnrolment(UUIDModel):
    """Somebody comes to a session; whether they came is said afterwards by who gives it."""

    session = models.ForeignKey(TrainingSession, on_delete=models.PROTECT, related_name="enrolments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrolments")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    enrolled_at = models.DateTimeField(default=now, editable=False)
    left_at = models.DateTimeField(null=True, editable=False)
    attended = models.BooleanField(null=True)
    record = models.OneToOneField(TrainingRecord, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["enrolled_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "user"], condition=Q(left_at=None), name="agencies_enrolled_once"
            )
        ]
