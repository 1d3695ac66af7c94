"""A programme he takes part in: mandates, sessions, attendance, how it ends; and what its service is worried about.

All of it is work with the presumed perpetrator (`perpetrator_work` of his side). Every row is insert-only: what is
prolonged, corrected, ended or passed on is a row of its own.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.enums import Category, Side
from cases.models import Case, CasePerson, Note
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class Entry(models.TextChoices):
    """How somebody comes to a programme."""

    MANDATE = "mandate", pgettext_lazy("programme", "under a mandate")
    VOLUNTARY = "voluntary", pgettext_lazy("programme", "of his own accord")


class IssuerKind(models.TextChoices):
    """Who mandates."""

    PROSECUTOR = "prosecutor", pgettext_lazy("mandate", "public prosecutor")
    COURT = "court", pgettext_lazy("mandate", "court")
    JUSTICE_HOUSE = "justice_house", pgettext_lazy("mandate", "justice house")
    OTHER = "other", pgettext_lazy("mandate", "another authority")


class MandateEnding(models.TextChoices):
    """Why a mandate ends before its last day, or on it."""

    FULFILLED = "fulfilled", pgettext_lazy("mandate", "its conditions are met")
    LIFTED = "lifted", pgettext_lazy("mandate", "the authority lifts it")
    REVOKED = "revoked", pgettext_lazy("mandate", "the authority revokes it")
    RAN_OUT = "ran_out", pgettext_lazy("mandate", "it has run out")


class SessionKind(models.TextChoices):
    INTAKE = "intake", pgettext_lazy("session", "first interview")
    INDIVIDUAL = "individual", pgettext_lazy("session", "individual session")
    GROUP = "group", pgettext_lazy("session", "group session")
    REVIEW = "review", pgettext_lazy("session", "review")
    CLOSING = "closing", pgettext_lazy("session", "closing interview")


class Attendance(models.TextChoices):
    """What became of a session. Nothing of what was said there."""

    ATTENDED = "attended", pgettext_lazy("session", "attended")
    MISSED = "missed", pgettext_lazy("session", "missed")
    EXCUSED = "excused", pgettext_lazy("session", "missed, excused")
    CANCELLED = "cancelled", pgettext_lazy("session", "cancelled by the service")


class StepKind(models.TextChoices):
    """How a programme ends for somebody, or goes on again."""

    COMPLETED = "completed", pgettext_lazy("programme", "completed")
    DROPPED_OUT = "dropped_out", pgettext_lazy("programme", "he has left it")
    EXCLUDED = "excluded", pgettext_lazy("programme", "excluded by the service")
    RESUMED = "resumed", pgettext_lazy("programme", "taken up again")


class AlertKind(models.TextChoices):
    """Why the service alerts whoever coordinates."""

    THREAT = "threat", pgettext_lazy("alert", "threat")
    BAN_BREACHED = "ban_breached", pgettext_lazy("alert", "breach of a ban: contact, place, residence")
    CONDITIONS = "conditions", pgettext_lazy("alert", "breach of another condition of the mandate")
    LEFT = "left", pgettext_lazy("alert", "he has left the programme")


class AlertUrgency(models.TextChoices):
    IMMEDIATE = "immediate", pgettext_lazy("alert", "within the hour")
    TODAY = "today", pgettext_lazy("alert", "within a day")


class Rung(models.TextChoices):
    """Why an alert goes to the service it goes to."""

    COORDINATION = "coordination", pgettext_lazy("alert", "it coordinates the case")
    LEAD = "lead", pgettext_lazy("alert", "it leads the case and works with both")
    REFERENCE = "reference", pgettext_lazy("alert", "the reference person of the case works there")
    NEUTRAL = "neutral", pgettext_lazy("alert", "it takes part and works with both")
    LEAD_OF_HERS = "lead_of_hers", pgettext_lazy("alert", "it leads the case")
    NOBODY = "nobody", pgettext_lazy("alert", "nobody else could be found")


class AlertOutcome(models.TextChoices):
    PASSED_ON = "passed_on", pgettext_lazy("alert", "passed on")
    NOT_PASSED = "not_passed", pgettext_lazy("alert", "not passed on, with a reason")


class ProgrammeRow(UUIDModel):
    """What every row of this room has in common: its case, its author, the pair it is read under."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    category = Category.PERPETRATOR_WORK
    side = Side.PERPETRATOR

    class Meta:
        abstract = True


class Programme(ProgrammeRow):
    """Somebody of his side follows a programme, of his own accord or under a mandate. `referral_ref` is the referral it
    follows from, where there is one: a referral begins one programme.
    """

    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    entry = models.CharField(_("how he comes to it"), max_length=20, choices=Entry.choices)
    begun_on = models.DateField(_("begins on"))
    referral_ref = models.UUIDField(null=True, unique=True, editable=False)
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ["-begun_on"]
        indexes = [models.Index(fields=["case"], name="plans_programme_case")]


class Mandate(ProgrammeRow):
    """What an authority imposes: by whom, under which conditions, from and until when, who reports to whom how often.

    Prolonged by a row that replaces this one from the day after its end on. Read by right by the authority.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="mandates")
    issuer_kind = models.CharField(_("who mandates"), max_length=20, choices=IssuerKind.choices)
    issuer = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    issuer_name = EncryptedTextField(_("name of the authority"), blank=True)
    number = EncryptedTextField(_("reference of the authority"), blank=True)
    conditions = EncryptedTextField(_("conditions"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    reports_to = EncryptedTextField(_("who reports to whom"), blank=True)
    report_every_days = models.PositiveSmallIntegerField(_("a report every (days)"), null=True, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="plans_mandate_ends_after",
                violation_error_message=_("The mandate ends before it begins."),
            )
        ]
        indexes = [models.Index(fields=["issuer", "-starts_on"], name="plans_mandates_of")]


class MandateEnd(ProgrammeRow):
    """A mandate is over: `ended_on` is its last day, whatever was planned."""

    mandate = models.OneToOneField(Mandate, on_delete=models.PROTECT, related_name="end")
    ended_on = models.DateField(_("last day"))
    reason = models.CharField(_("why it ends"), max_length=20, choices=MandateEnding.choices)

    class Meta:
        verbose_name = _("end of a mandate")
        verbose_name_plural = _("ends of mandates")


class MandateReport(ProgrammeRow):
    """A report on attendance and conditions was given to the authority."""

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="reports")
    given_on = models.DateField(_("given on"))
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("report to an authority")
        verbose_name_plural = _("reports to authorities")
        ordering = ["-given_on", "-pk"]


class ProgrammeSession(ProgrammeRow):
    """A session planned or held: the day, the hour, the kind. What was said there is nowhere in it."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="sessions")
    on = models.DateField(_("day"))
    begins_at = models.TimeField(_("hour"), null=True, blank=True)
    kind = models.CharField(_("kind of session"), max_length=20, choices=SessionKind.choices)
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["on", "begins_at", "pk"]
        indexes = [
            models.Index(fields=["agency", "on"], name="plans_sessions_of_day"),
            models.Index(fields=["programme", "on"], name="plans_sessions"),
        ]


class SessionMark(ProgrammeRow):
    """What became of a session; corrected by a mark that supersedes this one."""

    session = models.ForeignKey(ProgrammeSession, on_delete=models.PROTECT, related_name="marks")
    outcome = models.CharField(_("what became of it"), max_length=20, choices=Attendance.choices)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(supersedes=None), name="plans_session_first_mark_once"
            )
        ]


class ProgrammeStep(ProgrammeRow):
    """Completed, left, excluded, taken up again. Why, in words, is a note that stays with the service."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(_("what became of it"), max_length=20, choices=StepKind.choices)
    on = models.DateField(_("on"))
    note = models.OneToOneField(Note, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    follows = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="followed_by")
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("step of a programme")
        verbose_name_plural = _("steps of programmes")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme"], condition=Q(follows=None), name="plans_programme_first_step_once"
            )
        ]


class TherapeuticPlan(ProgrammeRow):
    """What the programme works on with him. Its service's own unless it says otherwise; never for an authority."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="plans")
    aims = EncryptedTextField(_("what he and the programme work on"))
    means = EncryptedTextField(_("how"), blank=True)
    internal = models.BooleanField(_("stays in this service"), default=True)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("therapeutic plan")
        verbose_name_plural = _("therapeutic plans")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme"], condition=Q(supersedes=None), name="plans_therapeutic_plan_first_once"
            )
        ]


class ProgrammeAlert(ProgrammeRow):
    """What the service is worried about. Read by that service and by whoever it goes to (`AlertRoute`), nobody else."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(_("what it is about"), max_length=20, choices=AlertKind.choices)
    urgency = models.CharField(_("how soon"), max_length=20, choices=AlertUrgency.choices)
    words = EncryptedTextField(_("what was seen or heard"))
    due_at = models.DateTimeField(editable=False)
    step = models.OneToOneField(ProgrammeStep, on_delete=models.PROTECT, null=True, related_name="alert")
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("alert of a programme")
        verbose_name_plural = _("alerts of programmes")
        ordering = ["-at"]


class AlertRoute(UUIDModel):
    """To whom an alert goes; the latest holds. Computed, never chosen: the programme does not read it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    alert = models.ForeignKey(ProgrammeAlert, on_delete=models.PROTECT, related_name="routes")
    to_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    rung = models.CharField(max_length=20, choices=Rung.choices)
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("way of an alert")
        verbose_name_plural = _("ways of alerts")
        ordering = ["-at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["alert", "to_agency"], name="plans_alert_to_each_once")]


class AlertReceipt(UUIDModel):
    """An alert was taken up, and when: all the programme learns. By whom is in `AlertTaken`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    alert = models.OneToOneField(ProgrammeAlert, on_delete=models.PROTECT, related_name="receipt")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("receipt of an alert")
        verbose_name_plural = _("receipts of alerts")


class AlertTaken(ProgrammeRow):
    """Who of the service that holds an alert has taken it up."""

    alert = models.OneToOneField(ProgrammeAlert, on_delete=models.PROTECT, related_name="taken")

    class Meta:
        verbose_name = _("alert taken up")
        verbose_name_plural = _("alerts taken up")


class AlertAnswer(ProgrammeRow):
    """What whoever coordinates did with an alert: passed on to the service of the victim's referent, whom there, what
    was said and when; or not, and why. Read by its author and by the service that was told.
    """

    alert = models.OneToOneField(ProgrammeAlert, on_delete=models.PROTECT, related_name="answer")
    outcome = models.CharField(_("what became of it"), max_length=20, choices=AlertOutcome.choices)
    to_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    to_whom = EncryptedTextField(_("whom you spoke to"), blank=True)
    said = EncryptedTextField(_("what was said, or why not"))
    said_at = models.DateTimeField(_("when"))
    request_key = models.UUIDField(unique=True, editable=False)

    class Meta:
        verbose_name = _("answer to an alert")
        verbose_name_plural = _("answers to alerts")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="passed_on", to_agency__isnull=False)
                | Q(outcome="not_passed", to_agency__isnull=True),
                name="plans_alert_passed_on_to_somebody",
            )
        ]
