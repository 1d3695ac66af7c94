from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import Category, Level, Origin, Side
from cases.models import Case
from common.clock import now
from common.models import UUIDModel
from reports.models import Report


class Grid(UUIDModel):
    """A family of versions, by its slug."""

    slug = models.SlugField(unique=True)

    class Meta:
        verbose_name = _("grid")
        verbose_name_plural = _("grids")


class GridVersion(UUIDModel):
    """A published definition, frozen: what was filled in under it stays under it. pydantic checks it."""

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    content_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("version of a grid")
        verbose_name_plural = _("versions of grids")
        constraints = [
            models.UniqueConstraint(fields=["grid", "number"], name="riskassessment_version_once"),
            models.UniqueConstraint(fields=["grid", "content_hash"], name="riskassessment_content_once"),
        ]


class Assessment(UUIDModel):
    """One grid answered for one event. A draft until signed; a trigger refuses any change after the signature."""

    category = models.CharField(max_length=20, default=Category.RISK, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.CASE, choices=Side.choices, editable=False)
    origin = models.CharField(max_length=10, default=Origin.JUDICIAL, choices=Origin.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assessments")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="assessments")
    grid_version = models.ForeignKey(GridVersion, on_delete=models.PROTECT, related_name="assessments")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField(default=now)
    created_at = models.DateTimeField(default=now)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    indicative_level = models.CharField(max_length=20, blank=True)
    outcome = models.JSONField(null=True)

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by=None, outcome=None)
                | Q(signed_at__isnull=False, signed_by__isnull=False, outcome__isnull=False),
                name="riskassessment_signature_whole",
            ),
            models.UniqueConstraint(
                fields=["report", "grid_version", "agency"],
                condition=Q(signed_at=None, report__isnull=False),
                name="riskassessment_one_draft_per_event",
            ),
            models.UniqueConstraint(
                fields=["case", "grid_version", "agency"],
                condition=Q(signed_at=None, report=None),
                name="riskassessment_one_draft_without_event",
            ),
        ]


class Conclusion(UUIDModel):
    """The level a person retains, with reasons, signed. Lower than indicative waits for a countersignature."""

    category = models.CharField(max_length=20, default=Category.LEVEL, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.CASE, choices=Side.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="conclusions")
    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="conclusion")
    level = models.CharField(_("level retained"), max_length=10, choices=Level.choices)
    justification = models.TextField(_("justification"))
    lowers = models.BooleanField(default=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("conclusion")
        verbose_name_plural = _("conclusions")
        constraints = [
            models.CheckConstraint(condition=~Q(justification=""), name="riskassessment_conclusion_justified")
        ]


class Countersignature(UUIDModel):
    """The second signature under a lower level; by somebody else."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    conclusion = models.OneToOneField(Conclusion, on_delete=models.PROTECT, related_name="countersignature")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=now)
