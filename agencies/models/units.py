from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel

from .agency import Agency


class UnitQuerySet(models.QuerySet):
    def live(self) -> "UnitQuerySet":
        """Those that have not ended."""
        return self.filter(ended_at=None)


class Unit(UUIDModel):
    """A part of an agency with one reference person: a section of a prosecutor's office, a neighbourhood of an EVA
    cell. It opens nothing: what its reference person sees is what the agency sees.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="units")
    name = models.CharField(_("name"), max_length=100)
    territory = ArrayField(
        models.CharField(max_length=10), verbose_name=_("territory (postal codes)"), default=list, blank=True
    )
    reference_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reference person"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("section or neighbourhood")
        verbose_name_plural = _("sections and neighbourhoods")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "name"],
                condition=Q(ended_at=None),
                name="agencies_unit_once",
                violation_error_message=_("Your agency already has a section or a neighbourhood with this name."),
            )
        ]
