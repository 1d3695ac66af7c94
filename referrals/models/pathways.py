from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.enums import AgencyKind, Need
from agencies.models import Agency
from cases.enums import PersonRole
from cases.models import Case
from common.clock import now
from common.models import UUIDModel


class PathwayRules(UUIDModel):
    """Which services are proposed next, as data (`referrals.pathways` says its shape). The latest one is in force."""

    version = models.PositiveIntegerField(unique=True)
    definition = models.JSONField()
    provenance = models.JSONField()  # the same words by language
    verified_on = models.DateField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("pathway rules")
        verbose_name_plural = _("pathway rules")
        ordering = ["-version"]


class ServiceGap(UUIDModel):
    """A kind of service that a pathway asks for and that nobody offers there. Counted, once per case, need and kind."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("missing service"), max_length=40, choices=AgencyKind.choices)
    need = models.CharField(_("need"), max_length=30, choices=Need.choices)
    subject_role = models.CharField(max_length=30, choices=PersonRole.choices)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    rule = models.CharField(max_length=60)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("missing service")
        verbose_name_plural = _("missing services")
        ordering = ["-noted_at"]
        constraints = [
            models.UniqueConstraint(fields=["case", "need", "kind", "subject_role"], name="referrals_gap_once"),
            models.CheckConstraint(condition=~Q(rule=""), name="referrals_gap_has_its_rule"),
        ]
