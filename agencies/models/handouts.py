from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel

from .agency import Agency


class HandOut(UUIDModel):
    """The words of a paper that is handed over or put up, in one language. Versioned: the latest one is in force.

    `agencies.handout_content` says what shape `content` has. Local services and numbers are added when it is printed.
    """

    key = models.SlugField(max_length=40)
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    provenance = models.JSONField()  # the same words by language
    verified_on = models.DateField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("hand-out")
        verbose_name_plural = _("hand-outs")
        ordering = ["key", "language", "-version"]
        constraints = [models.UniqueConstraint(fields=["key", "language", "version"], name="agencies_hand_out_once")]


class PosterQuerySet(models.QuerySet):
    def live(self) -> "PosterQuerySet":
        """Those whose page still answers."""
        return self.filter(ended_at=None, agency__is_active=True)


class Poster(UUIDModel):
    """A poster of a cell that is called back from: the code of its page, and where it hangs."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="posters")
    code = models.CharField(max_length=12, unique=True, editable=False)
    place = models.CharField(_("where it hangs"), max_length=150)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = PosterQuerySet.as_manager()

    class Meta:
        verbose_name = _("poster")
        verbose_name_plural = _("posters")
        ordering = ["-created_at"]
