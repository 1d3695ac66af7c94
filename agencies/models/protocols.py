from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel

from .agency import Agency


class ProtocolQuerySet(models.QuerySet):
    def in_force(self) -> "ProtocolQuerySet":
        """Begun, not over, not taken back and not replaced yet, by the database's clock, on Belgian days."""
        today = TruncDate(Now())
        begun = self.filter(Q(ends_on=None) | Q(ends_on__gte=today), starts_on__lte=today, ended_at=None)
        replaced = Protocol.objects.filter(replaces=OuterRef("pk"), starts_on__lte=today).filter(
            Q(ended_at=None) | Q(ended_at__date__gte=F("starts_on"))
        )
        return begun.exclude(Exists(replaced))


class Protocol(UUIDModel):
    """What services agreed on paper about working together, and by which channel they write to each other.

    It opens nothing by itself. `categories` are names of cases.enums.Category, as the protocol lists them. A change is
    a new row that names the one it takes the place of.
    """

    title = models.CharField(_("title"), max_length=150)
    purpose = models.CharField(_("purpose"), max_length=500)
    categories = ArrayField(models.CharField(max_length=20), verbose_name=_("what it covers"), default=list)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    modalities = models.TextField(_("modalities"), blank=True)
    channel = models.CharField(_("agreed channel"), max_length=200)
    reference = models.CharField(_("where the signed document is kept"), max_length=200, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    objects = ProtocolQuerySet.as_manager()

    class Meta:
        verbose_name = _("protocol")
        verbose_name_plural = _("protocols")
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="agencies_protocol_dates",
                violation_error_message=_("The end is before the beginning."),
            )
        ]


class ProtocolParty(UUIDModel):
    """A service that signed."""

    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="parties")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="protocols")

    class Meta:
        verbose_name = _("party to a protocol")
        verbose_name_plural = _("parties to protocols")
        constraints = [models.UniqueConstraint(fields=["protocol", "agency"], name="agencies_party_once")]
