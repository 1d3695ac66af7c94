from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership
from agencies.perms import SENIORS, may_write
from cases.access import kept_out
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .decisions import SharingDecision, SharingRevocation


class BreakGlassQuerySet(models.QuerySet):
    def live(self) -> "BreakGlassQuerySet":
        """Neither past their end nor ended before it, by the database's clock. Ends are read with the decision."""
        ended = SharingRevocation.objects.filter(decision=OuterRef("decision"))
        return self.filter(~Exists(ended), ends_at__gt=Now())

    def known_to(self, membership: Membership) -> "BreakGlassQuerySet":
        """One's own, and until its end a colleague's; for referents and managers all of their agency's, and those in
        the cases their agency leads, not on his side.
        """
        if not may_write(membership):
            return self.none()
        known = Q(agency=membership.agency_id) & (Q(user=membership.user_id) | Q(ends_at__gt=Now()))
        if membership.role in SENIORS:
            led = Case.objects.led_by(membership)
            known = Q(agency=membership.agency_id) | Q(case__in=led)
        return self.filter(known).exclude(Q(kept_out(case="case", user=membership.user_id, outside=True)))

    def to_review_by(self, membership: Membership) -> "BreakGlassQuerySet":
        """In the cases the acting agency leads, not on his side, opened by another agency, and judged by nobody yet."""
        if membership.role not in SENIORS:
            return self.none()
        led = Case.objects.led_by(membership)
        return self.filter(case__in=led, review=None).exclude(agency=membership.agency_id)


class BreakGlass(UUIDModel):
    """An emergency opening: safety categories only, for some hours, on a written reason. Insert-only.

    What it opens is its sharing decision's; ending it early is that decision's revocation.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    decision = models.OneToOneField(SharingDecision, on_delete=models.PROTECT, related_name="break_glass")
    reason = EncryptedTextField(_("why"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()

    objects = BreakGlassQuerySet.as_manager()

    class Meta:
        verbose_name = _("emergency access")
        verbose_name_plural = _("emergency accesses")
        ordering = ["-opened_at"]


class Verdict(models.TextChoices):
    JUSTIFIED = "justified", _("justified")
    NOT_JUSTIFIED = "not_justified", _("not justified")


class BreakGlassReview(UUIDModel):
    """Somebody else's judgement afterwards. Insert-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    break_glass = models.OneToOneField(BreakGlass, on_delete=models.PROTECT, related_name="review")
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict.choices)
    comment = EncryptedTextField(_("why"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(default=now)
