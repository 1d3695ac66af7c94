"""Files of a case, scanned and removed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .reports import Report


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
