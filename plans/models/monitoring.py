"""Close monitoring of a case: since when, until when it is planned, why; looked at again, extended, ended."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class MonitoringCode(models.TextChoices):
    LOOKED = "looked", pgettext_lazy("monitoring", "looked again")
    EXTENDED = "extended", pgettext_lazy("monitoring", "extended")
    ENDED = "ended", pgettext_lazy("monitoring", "ended")


class MonitoringPeriod(UUIDModel):
    """A time of close monitoring. Insert-only; extended, looked at and ended by `MonitoringAct`.

    Read by who receives the level of the case or coordinates it; never on his side. `source_id` is the request the
    coordination retained, where it began so.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(_("begins"))
    planned_until = models.DateTimeField(_("planned until"))
    why = EncryptedTextField(_("why"))
    source_id = models.UUIDField(null=True, editable=False)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("time of close monitoring")
        verbose_name_plural = _("times of close monitoring")
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_until__gt=F("starts_at")),
                name="plans_monitoring_ends_after",
                violation_error_message=_("It ends before it begins."),
            )
        ]


class MonitoringAct(UUIDModel):
    """Somebody looked again (`changed`: whether something had), extended it until another moment, or ended it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    period = models.ForeignKey(MonitoringPeriod, on_delete=models.PROTECT, related_name="acts")
    code = models.CharField(max_length=20, choices=MonitoringCode.choices)
    words = EncryptedTextField(_("in words"), blank=True)
    changed = models.BooleanField(_("something has changed"), default=False)
    until = models.DateTimeField(_("planned until"), null=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("act of close monitoring")
        verbose_name_plural = _("acts of close monitoring")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["period"], condition=Q(code="ended"), name="plans_monitoring_ended_once"),
            models.CheckConstraint(
                condition=Q(code="extended", until__isnull=False) | (~Q(code="extended") & Q(until=None)),
                name="plans_extended_until",
            ),
        ]
