from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.enums import Theme
from common.clock import now
from common.models import UUIDModel

from .agency import Agency


class ReferencePersonQuerySet(models.QuerySet):
    def live(self) -> "ReferencePersonQuerySet":
        """Those who are it now and whose account is open."""
        return self.filter(ended_at=None, user__is_active=True)


class ReferencePerson(UUIDModel):
    """Who is asked for in a service about a theme. It opens nothing."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="reference_persons")
    theme = models.CharField(_("theme"), max_length=30, choices=Theme.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+"
    )
    phone = models.CharField(_("direct phone"), max_length=40, blank=True)
    hours = models.CharField(_("when they can be reached"), max_length=100, blank=True)
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = ReferencePersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("reference person")
        verbose_name_plural = _("reference persons")
        ordering = ["theme"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "theme", "user"],
                condition=Q(ended_at=None),
                name="agencies_reference_once",
                violation_error_message=_("This person is already the reference person for this theme."),
            )
        ]


class LoadHandover(UUIDModel):
    """The whole load of somebody who leaves a service, given to a successor with a note. Insert-only.

    `moved` counts what went over: {"follow_ups": 3, "referrals": 1, "themes": 1, …}. The note names nobody of a case.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    leaving = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    successor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(_("note to the successor"))
    moved = models.JSONField(default=dict)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    handed_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("load handed over")
        verbose_name_plural = _("loads handed over")
        ordering = ["-handed_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(leaving=F("successor")),
                name="agencies_successor_is_somebody_else",
                violation_error_message=_("Choose somebody else to take over."),
            )
        ]
