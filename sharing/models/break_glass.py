from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .decisions import SharingDecision


class BreakGlass(UUIDModel):
    """An emergency opening: safety categories only, for some hours, on a written reason. Insert-only.

    What it opens is its sharing decision's; ending it early is that decision's revocation.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(SharingDecision, on_delete=models.PROTECT, related_name="break_glass")
    reason = EncryptedTextField(_("why"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("emergency access")
        verbose_name_plural = _("emergency accesses")
        ordering = ["-opened_at"]


class Verdict(models.TextChoices):
    JUSTIFIED = "justified", _("justified")
    NOT_JUSTIFIED = "not_justified", _("not justified")


class BreakGlassReview(UUIDModel):
    """Somebody else's judgement afterwards. Insert-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    break_glass = models.OneToOneField(BreakGlass, on_delete=models.PROTECT, related_name="review")
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict.choices)
    comment = EncryptedTextField(_("why"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(default=now)
