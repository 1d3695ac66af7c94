"""What to say and to ask."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel


class Guide(UUIDModel):
    """One published version of words that help who meets somebody: how to approach, what to ask, by age. Insert-only.

    `content` is {"title": {"fr", "en"}, "lines": [{"text": {"fr", "en"}, "when": {...}}]}; `cases.guides` reads it.
    """

    key = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    provenance = models.JSONField()  # the same words by language
    verified_on = models.DateField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("guides")
        ordering = ["key", "-version"]
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="cases_guide_once")]
