from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import Category, Side
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class RectifiedKind(models.TextChoices):
    REPORT = "report", _("report")
    NOTE = "note", _("note")
    PERSON = "person", _("person")
    CONTACT = "contact", _("contact")
    ASSESSMENT = "assessment", _("assessment")


class Rectification(UUIDModel):
    """A fact that was wrong and what is right, beside the record that stays as it was. Insert-only.

    Law of 30 July 2018, art. 32: who received the wrong fact is told.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="rectifications")
    kind = models.CharField(max_length=20, choices=RectifiedKind.choices)
    object_id = models.UUIDField()
    category = models.CharField(max_length=20, choices=Category.choices)
    side = models.CharField(max_length=20, choices=Side.choices)
    wrong = EncryptedTextField(_("what was wrong"))
    right = EncryptedTextField(_("what is right"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("rectification")
        verbose_name_plural = _("rectifications")
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["case", "object_id"], name="sharing_rectified")]


class RectificationRecipient(UUIDModel):
    """An agency that had received the wrong fact, told of the right one even where its access has ended since."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    rectification = models.ForeignKey(Rectification, on_delete=models.PROTECT, related_name="recipients")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rectification", "agency"], name="sharing_told_once")]


class RectificationReceipt(UUIDModel):
    """The agency says that it has corrected its own papers."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    recipient = models.OneToOneField(RectificationRecipient, on_delete=models.PROTECT, related_name="receipt")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)
