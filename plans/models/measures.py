"""What justice orders so that she is safe: measures, their steps, who was told, and when one was not respected."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.enums import Category, Side
from cases.models import Case, CasePerson
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel
from reports.models import Report, TrackingAct

BAN_DAYS = 14
EXTENSION_MONTHS = 3
AN_HOUR = timedelta(hours=1)
"""A day on the wall clock may last twenty-five hours."""
LONGEST_BAN = timedelta(days=BAN_DAYS) + AN_HOUR
LONGEST_EXTENSION = timedelta(days=93) + AN_HOUR
"""Three months of thirty-one days at most, to the end of the last one; the service counts to the day."""


class MeasureKind(models.TextChoices):
    RESIDENCE_BAN = "residence_ban", _("temporary residence ban")
    NO_CONTACT = "no_contact", _("ban on contact")
    NO_APPROACH = "no_approach", _("ban on coming near a place or a person")
    ARREST_WARRANT = "arrest_warrant", _("arrest warrant")
    CONDITIONS = "conditions", _("release under conditions")
    ANTI_APPROACH = "anti_approach", _("alarm when he comes near")
    MOBILE_ALARM = "mobile_alarm", _("mobile alarm")
    SECRET_ADDRESS = "secret_address", _("address that may not be communicated")  # noqa: S105
    OTHER = "other", _("another measure")


HERS = (MeasureKind.MOBILE_ALARM, MeasureKind.SECRET_ADDRESS)
"""What she holds, and he never learns of."""


class MeasureAct(models.TextChoices):
    REQUEST = "request", pgettext_lazy("measure", "asked for")
    ORDER = "order", pgettext_lazy("measure", "ordered")
    REFUSE = "refuse", pgettext_lazy("measure", "refused")
    NOTIFY = "notify", pgettext_lazy("measure", "notified")
    HEARING = "hearing", pgettext_lazy("measure", "hearing fixed")
    EXTEND = "extend", pgettext_lazy("measure", "extended")
    RUN_OUT = "run_out", pgettext_lazy("measure", "end reached")
    LIFT = "lift", pgettext_lazy("measure", "lifted")
    END = "end", pgettext_lazy("measure", "ended")


class MeasureState(models.TextChoices):
    REQUESTED = "requested", pgettext_lazy("measure", "asked for")
    ORDERED = "ordered", pgettext_lazy("measure", "ordered, not notified yet")
    REFUSED = "refused", pgettext_lazy("measure", "refused")
    NOTIFIED = "notified", pgettext_lazy("measure", "notified")
    EXTENDED = "extended", pgettext_lazy("measure", "extended")
    RUN_OUT = "run_out", pgettext_lazy("measure", "end reached, to be confirmed")
    LIFTED = "lifted", pgettext_lazy("measure", "lifted")
    ENDED = "ended", pgettext_lazy("measure", "ended")


class Authority(models.TextChoices):
    """Who ordered, refused, extended or lifted."""

    PROSECUTOR = "prosecutor", _("public prosecutor")
    FAMILY_COURT = "family_court", _("family court")
    INVESTIGATING_JUDGE = "investigating_judge", _("investigating judge")
    CRIMINAL_COURT = "criminal_court", _("criminal court")
    SENTENCE_COURT = "sentence_court", _("sentence implementation court")
    POLICE = "police", _("police")
    OTHER = "other", _("another authority")


class ToldWhom(models.TextChoices):
    """The chain of who is told of a measure."""

    VICTIM = "victim", _("the victim")
    PERPETRATOR = "perpetrator", _("the presumed perpetrator")
    PROSECUTOR = "prosecutor", _("the prosecutor")
    RESIDENCE_ZONE = "residence_zone", _("the police zone where she lives")
    WORK_ZONE = "work_zone", _("the police zone where she works")
    SERVICES = "services", _("the services that help her")


class HowTold(models.TextChoices):
    IN_PERSON = "in_person", _("in person")
    PHONE = "phone", _("by phone")
    LETTER = "letter", _("in writing")
    SYSTEM = "system", _("by a police or justice message")


class ProtectionMeasure(UUIDModel):
    """One measure. What happens to it are steps. Judicial, of the case.

    `hers` are never read on his side, the others once he was notified. `places` and `conditions` are what the order
    names, so that he reads them; `kept_places` is where she is protected and he must not look. `her_address` says that
    a place he reads is one where she is reached, which he knew: nobody reads it on the road. `protects` are ids of
    persons of the case.
    """

    category = models.CharField(max_length=20, default=Category.JUDICIAL, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.CASE, choices=Side.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="measures")
    kind = models.CharField(_("measure"), max_length=20, choices=MeasureKind.choices)
    hers = models.BooleanField(default=False, editable=False)
    name = EncryptedTextField(_("which one"), blank=True)
    about = models.ForeignKey(CasePerson, on_delete=models.PROTECT, null=True, related_name="+")
    protects = ArrayField(models.UUIDField(), default=list, blank=True, editable=False)
    places = EncryptedTextField(_("places, as the order names them"), blank=True)
    kept_places = EncryptedTextField(_("places he must not learn"), blank=True)
    her_address = models.BooleanField(default=False, editable=False)
    conditions = EncryptedTextField(_("conditions"), blank=True)
    reasons = EncryptedTextField(_("why it is asked for"), blank=True)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    board_act = models.OneToOneField(
        TrackingAct, on_delete=models.PROTECT, null=True, related_name="measure", editable=False
    )
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("protection measure")
        verbose_name_plural = _("protection measures")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=HERS) | Q(hers=True),
                name="plans_measure_hers",
                violation_error_message=_("What she holds is never his to read."),
            ),
            models.CheckConstraint(
                condition=Q(hers=True) | Q(about__isnull=False),
                name="plans_measure_binds",
                violation_error_message=_("Say whom the measure binds."),
            ),
        ]


class MeasureStep(UUIDModel):
    """What happened to a measure, and what holds since. The one without a successor is where it stands.

    `author` is empty where its end was reached: nobody did it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    measure = models.ForeignKey(ProtectionMeasure, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=MeasureKind.choices, editable=False)
    act = models.CharField(_("step"), max_length=20, choices=MeasureAct.choices)
    state = models.CharField(max_length=20, choices=MeasureState.choices, editable=False)
    at = models.DateTimeField(_("when"))
    authority = models.CharField(_("by whom"), max_length=30, choices=Authority.choices, blank=True)
    starts_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    hearing_at = models.DateTimeField(_("hearing at the family court"), null=True, blank=True)
    judged_at = models.DateTimeField(_("day of the judgment"), null=True, blank=True)
    text = EncryptedTextField(_("in words"), blank=True)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("step of a protection measure")
        verbose_name_plural = _("steps of protection measures")
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["measure"], condition=Q(supersedes=None), name="plans_measure_begins_once"),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="plans_measure_ends_after",
                violation_error_message=_("The measure would end before it starts."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=MeasureKind.RESIDENCE_BAN, act=MeasureAct.NOTIFY)
                | Q(starts_at__isnull=False, ends_at__gt=F("starts_at"), ends_at__lte=F("starts_at") + LONGEST_BAN),
                name="plans_ban_of_14_days",
                violation_error_message=_("A residence ban lasts 14 days at most; only the family court extends it."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=MeasureKind.RESIDENCE_BAN, act=MeasureAct.EXTEND)
                | Q(judged_at__isnull=False, ends_at__lte=F("judged_at") + LONGEST_EXTENSION),
                name="plans_ban_extended_3_months",
                violation_error_message=_("An extension lasts 3 months at most, counted from the judgment."),
            ),
            models.CheckConstraint(
                condition=Q(author__isnull=False) | Q(act=MeasureAct.RUN_OUT), name="plans_measure_step_by_somebody"
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="plans_measure_ends")]


class MeasureTold(UUIDModel):
    """Who was told of a measure, by whom, when and how. His side reads that he was told, and nothing else."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    measure = models.ForeignKey(ProtectionMeasure, on_delete=models.PROTECT, related_name="told")
    whom = models.CharField(_("who was told"), max_length=20, choices=ToldWhom.choices)
    how = models.CharField(_("how"), max_length=20, choices=HowTold.choices)
    at = models.DateTimeField(_("when"))
    words = EncryptedTextField(_("what was said, and by whom"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("person told of a measure")
        verbose_name_plural = _("persons told of measures")
        ordering = ["at", "id"]


class MeasureBreach(UUIDModel):
    """The measure was not respected: when, and the report that says it, where there is one."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    measure = models.ForeignKey(ProtectionMeasure, on_delete=models.PROTECT, related_name="breaches")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("when"))
    words = EncryptedTextField(_("what happened"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("breach of a protection measure")
        verbose_name_plural = _("breaches of protection measures")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "report"], condition=Q(report__isnull=False), name="plans_breach_once_per_report"
            )
        ]


class DeclaredAddress(UUIDModel):
    """The address a removed person gives within twenty-four hours. The latest holds."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    measure = models.ForeignKey(ProtectionMeasure, on_delete=models.PROTECT, related_name="addresses")
    address = EncryptedTextField(_("where he can be reached"))
    given_at = models.DateTimeField(_("given on"))
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("address a removed person gave")
        verbose_name_plural = _("addresses removed persons gave")
        ordering = ["-given_at", "-id"]
