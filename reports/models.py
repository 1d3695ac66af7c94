from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import Category, Origin, Side
from cases.models import Case
from common.clock import now
from common.fields import EncryptedJSONField
from common.models import UUIDModel


class ReportKind(models.TextChoices):
    POLICE_DISPUTE_REPORT = "police_dispute_report", _("family dispute report")
    POLICE_COMPLAINT = "police_complaint", _("complaint report")


class Section(models.TextChoices):
    """The five sections of a report at the counter (TACTICS §4)."""

    FACTS = "facts", _("Facts")
    CHILDREN = "children", _("Children")
    RISK = "risk", _("Risk")
    MEASURE = "measure", _("Immediate measure")
    ORIENTATION = "orientation", _("Orientation")


class ImmediateMeasure(models.TextChoices):
    NONE = "none", _("no measure")
    SPONTANEOUS_LEAVING = "spontaneous_leaving", _("he left of his own accord")
    SHELTERING = "sheltering", _("she was sheltered elsewhere")
    ARREST = "arrest", _("he was taken away")
    RESIDENCE_BAN = "residence_ban", _("temporary residence ban asked for")
    OTHER = "other", _("another measure")


class Presence(models.TextChoices):
    YES = "yes", _("yes")
    NO = "no", _("no")
    UNKNOWN = "unknown", _("not known")


class ReportDraft(UUIDModel):
    """A report being typed: no case yet, so it belongs to its author and agency. `data` is what the form holds.

    `version` grows with each save; recording empties `data` and points to the report, so that sending again finds it.
    `client_key` is what a program sending the report through the API calls it, once per agency.
    """

    kind = models.CharField(_("kind"), max_length=30, choices=ReportKind.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    joins_case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")
    data = EncryptedJSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    saved_at = models.DateTimeField(default=now)
    discarded_at = models.DateTimeField(null=True)
    client_key = models.UUIDField(null=True, editable=False)

    class Meta:
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "client_key"], name="reports_draft_once_per_client_key")
        ]


class Report(UUIDModel):
    """What police recorded on a given day; never edited. Category `facts`, judicial origin."""

    category = models.CharField(max_length=20, default=Category.FACTS, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.CASE, choices=Side.choices, editable=False)
    origin = models.CharField(max_length=10, default=Origin.JUDICIAL, choices=Origin.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    draft = models.OneToOneField(
        ReportDraft, on_delete=models.PROTECT, related_name="report", null=True, editable=False
    )
    kind = models.CharField(_("kind"), max_length=30, choices=ReportKind.choices)
    pv_number = models.CharField(_("report number"), max_length=40, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="reports")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    met_at = models.DateTimeField(_("when she was met"))
    occurred_at = models.DateTimeField(_("when the facts happened"), null=True, blank=True)
    place = models.CharField(_("where"), max_length=200, blank=True)
    facts_context = models.TextField(_("context"), blank=True)
    facts_words = models.TextField(_("words"), blank=True)
    facts_gestures = models.TextField(_("gestures"), blank=True)
    children_present = models.CharField(_("children present"), max_length=10, choices=Presence.choices, blank=True)
    children_impact = models.TextField(_("impact on the children"), blank=True)
    risk_weapons = models.TextField(_("weapons"), blank=True)
    risk_threats = models.TextField(_("threats"), blank=True)
    risk_antecedents = models.TextField(_("antecedents"), blank=True)
    measure = models.CharField(_("immediate measure"), max_length=30, choices=ImmediateMeasure.choices, blank=True)
    measure_detail = models.TextField(_("about the measure"), blank=True)
    orientation = models.TextField(_("orientation"), blank=True)
    unknown_sections = ArrayField(
        models.CharField(max_length=20, choices=Section.choices),
        verbose_name=_("sections not known"),
        default=list,
        blank=True,
    )
    j2_accepted = models.BooleanField(_("accepts a contact at J+2"))
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(met_at__lte=F("recorded_at")),
                name="reports_met_not_in_future",
                violation_error_message=_("The meeting cannot be in the future."),
            ),
            models.CheckConstraint(
                condition=Q(occurred_at=None) | Q(occurred_at__lte=F("recorded_at")),
                name="reports_facts_not_in_future",
                violation_error_message=_("The facts cannot be in the future."),
            ),
        ]
