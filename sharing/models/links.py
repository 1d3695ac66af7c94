from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class LinkKind(models.TextChoices):
    SAME_COUPLE = "same_couple", _("same couple")
    SAME_HOUSEHOLD = "same_household", _("same household")
    COUNTER_COMPLAINT = "counter_complaint", _("counter-complaint")
    SAME_PERSON = "same_person", _("same person")


class CaseLink(UUIDModel):
    """Two cases belong together, says a prosecutor or a coordinator. Insert-only; opens nothing to anybody.

    The cases are `first` and `second`, never `case`: what is written about a link stands on the trail of neither.
    """

    first = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("how they belong together"), max_length=20, choices=LinkKind.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("link between two cases")
        verbose_name_plural = _("links between two cases")
        ordering = ["-made_at", "-id"]
        constraints = [models.CheckConstraint(condition=~Q(first=F("second")), name="sharing_link_two_cases")]


class CaseLinkEnd(UUIDModel):
    """A link that no longer holds, or never should have: a row of its own."""

    link = models.OneToOneField(CaseLink, on_delete=models.PROTECT, related_name="end")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(default=now)


class CounterComplaintReview(UUIDModel):
    """What a trained person concluded of two opposing reports; until then both addresses stay closed to the other side.

    Insert-only; `opens` says whether what was closed because of the link may be read again by who is entitled to it.
    """

    link = models.OneToOneField(CaseLink, on_delete=models.PROTECT, related_name="review")
    opens = models.BooleanField(_("the addresses may be opened again"))
    reasons = EncryptedTextField(_("what was looked at, and why"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("review of opposing reports")
        verbose_name_plural = _("reviews of opposing reports")
