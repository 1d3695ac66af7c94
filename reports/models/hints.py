"""Drafting help."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel


class HintList(UUIDModel):
    """One published version of the wordings to avoid in a language, with what to write instead. Insert-only.

    `hints` is [{"avoid": [str], "why": str, "prefer": str}]; the latest version of a language is proposed.
    """

    language = models.CharField(max_length=5)
    version = models.PositiveIntegerField()
    hints = models.JSONField()
    provenance = models.JSONField()  # the same words by language
    verified_on = models.DateField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("list of wordings")
        verbose_name_plural = _("lists of wordings")
        ordering = ["language", "-version"]
        constraints = [models.UniqueConstraint(fields=["language", "version"], name="reports_hints_once")]
