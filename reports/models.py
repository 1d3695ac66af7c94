from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership
from cases.access import CaseAccess, kept_out
from cases.enums import Category, Origin, Side
from cases.models import Case
from common.clock import now
from common.fields import EncryptedJSONField, EncryptedTextField
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


class ReportDraftQuerySet(models.QuerySet):
    def open_to(self, membership: Membership) -> "ReportDraftQuerySet":
        """The drafts of the acting agency. One that joins a case tells what happens in it: colleagues who do not see
        the case do not read it, nor does who began it once they are kept out of the case.
        """
        joins = Q(joins_case__isnull=False)
        out = joins & Q(kept_out(case="joins_case", user=membership.user_id))
        known = ~joins | Q(author=membership.user_id) | Q(joins_case__in=Case.objects.visible_to(membership))
        return self.filter(known, agency=membership.agency_id, discarded_at=None).exclude(out)


class ReportDraft(UUIDModel):
    """A report being typed: no case yet, so it belongs to its author and agency. `data` is what the form holds.

    `version` grows with each save; recording empties `data` and points to the report, so that sending again finds it.
    `joins_case` is the case it is to be added to; once recorded, the one it opened or joined.
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

    objects = ReportDraftQuerySet.as_manager()

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


class FileState(models.TextChoices):
    QUARANTINED = "quarantined", _("being checked")
    CLEAN = "clean", _("ready")
    REFUSED = "refused", _("refused by the antivirus")


class AttachmentQuerySet(models.QuerySet):
    def readable_by(self, access: CaseAccess) -> "AttachmentQuerySet":
        """Files of the case this access may know of: the same rule as `access.shows`, as a filter."""
        own = Q(internal=False) | Q(agency_id=access.agency_id)
        return self.filter(access.readable(), own, case=access.case_id)


class Attachment(UUIDModel):
    """A file of a case. Its bytes are in `reports.store`, under `stored`; here is what is said of them.

    Nothing changes afterwards but `state`, by the antivirus; `name` and `description` are emptied with the bytes.
    `size` and `sha256` are of what is kept: an image is drawn again on its way in.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="attachments")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, blank=True, related_name="attachments")
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    side = models.CharField(_("about"), max_length=20, choices=Side.choices)
    internal = models.BooleanField(_("internal to the agency"), default=False)
    description = EncryptedTextField(_("what it is"), blank=True)
    name = EncryptedTextField(_("name of the file"), blank=True)
    content_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("size"))  # bytes
    pages = models.PositiveIntegerField(_("pages"))
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=32, unique=True)
    state = models.CharField(_("state"), max_length=20, choices=FileState.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=now, editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-uploaded_at"]
        indexes = [
            models.Index("uploaded_at", name="reports_files_to_check", condition=Q(state="quarantined")),
        ]


class AttachmentScan(UUIDModel):
    """What the antivirus said of a file; `signature` names what it found."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="scan")
    signature = models.CharField(max_length=200, blank=True)
    scanned_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("check of a file by the antivirus")
        verbose_name_plural = _("checks of files by the antivirus")


class AttachmentRemoval(UUIDModel):
    """A file its agency took back, and why. The bytes are destroyed; that the file existed stays."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="removal")
    reason = models.CharField(_("reason"), max_length=300)
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("removal of a file")
        verbose_name_plural = _("removals of files")
