from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel

from .agency import Agency


class PartnershipKind(models.TextChoices):
    DISPOSITIF = "dispositif", _("concertation scheme")
    PLATFORM = "platform", _("local platform")


class PartnershipQuerySet(models.QuerySet):
    def live(self) -> "PartnershipQuerySet":
        """Those that have begun and not ended, by the database's clock."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=Now()), starts_at__lte=Now())


class Partnership(UUIDModel):
    """Agencies that meet under one act, which says at least who may take part, for what purpose and how."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=PartnershipKind.choices)
    territory = ArrayField(
        models.CharField(max_length=10), verbose_name=_("territory (postal codes)"), default=list, blank=True
    )
    act = models.CharField(
        _("authorising act"),
        max_length=300,
        help_text=_("The text of law, or the prosecutor's motivated authorisation, with its date."),
    )
    purpose = models.TextField(_("purpose"))
    who_takes_part = models.TextField(_("who may take part"))
    modalities = models.TextField(_("modalities"))
    starts_at = models.DateTimeField(_("from"), default=now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("partnership")
        verbose_name_plural = _("partnerships")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="agencies_partnership_dates",
                violation_error_message=_("The end is before the beginning."),
            )
        ]


class PartnershipMemberQuerySet(models.QuerySet):
    def live(self) -> "PartnershipMemberQuerySet":
        """Agencies that take part now in a partnership that holds now."""
        return self.filter(
            Q(ends_at=None) | Q(ends_at__gt=Now()),
            Q(partnership__ends_at=None) | Q(partnership__ends_at__gt=Now()),
            starts_at__lte=Now(),
            partnership__starts_at__lte=Now(),
        )


class PartnershipMember(UUIDModel):
    """An agency's part in a partnership, from and until; one may coordinate."""

    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="members")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="partnerships")
    coordinates = models.BooleanField(_("coordinates"), default=False)
    starts_at = models.DateTimeField(_("from"), default=now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = PartnershipMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a partnership")
        verbose_name_plural = _("members of partnerships")
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "agency"], condition=Q(ends_at=None), name="agencies_partner_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="agencies_partner_dates"
            ),
        ]
