from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership
from agencies.perms import may_see_cases
from cases.access import CaseAccess, kept_out
from cases.enums import Category, Side
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class RectifiedKind(models.TextChoices):
    REPORT = "report", _("report")
    NOTE = "note", _("note")
    PERSON = "person", _("person")
    CONTACT = "contact", _("contact")
    ASSESSMENT = "assessment", _("assessment")


class RectificationQuerySet(models.QuerySet):
    def known_to(self, membership: Membership | None) -> "RectificationQuerySet":
        """Those the acting agency made or was told of, its access ended or not; none of a case this person is kept
        out of."""
        if not may_see_cases(membership):
            return self.none()
        own = Q(agency=membership.agency_id, case__in=Case.objects.visible_to(membership))
        told = RectificationRecipient.objects.filter(rectification=OuterRef("pk"), agency=membership.agency_id)
        return self.filter(own | Exists(told)).exclude(kept_out(case="case", user=membership.user_id))

    def readable_by(self, access: CaseAccess) -> "RectificationQuerySet":
        """Those beside the records of a case that this access reads; `told` says whether its agency was told of it."""
        told = RectificationRecipient.objects.filter(rectification=OuterRef("pk"), agency=access.agency_id)
        beside = self.filter(access.readable(), case=access.case_id)
        return beside.filter(Q(internal=False) | Q(agency=access.agency_id)).annotate(told=Exists(told))


class Rectification(UUIDModel):
    """A fact that was wrong and what is right, beside the record that stays as it was. Insert-only.

    Law of 30 July 2018, art. 32: who received the wrong fact is told. `internal` follows an internal note, which nobody
    else received.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="rectifications")
    kind = models.CharField(max_length=20, choices=RectifiedKind.choices)
    object_id = models.UUIDField()
    category = models.CharField(max_length=20, choices=Category.choices)
    side = models.CharField(max_length=20, choices=Side.choices)
    wrong = EncryptedTextField(_("what was wrong"))
    right = EncryptedTextField(_("what is right"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)
    internal = models.BooleanField(default=False)

    objects = RectificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("rectification")
        verbose_name_plural = _("rectifications")
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["case", "object_id"], name="sharing_rectified")]


class RecipientQuerySet(models.QuerySet):
    def waiting_for(self, membership: Membership | None) -> "RecipientQuerySet":
        """What the acting agency was told of and has not corrected in its own papers; none of a case this person is
        kept out of."""
        if not may_see_cases(membership):
            return self.none()
        open_ones = self.filter(agency=membership.agency_id, receipt=None)
        return open_ones.exclude(kept_out(case="case", user=membership.user_id))


class RectificationRecipient(UUIDModel):
    """An agency that had received the wrong fact, told of the right one even where its access has ended since.

    `reached` is false where nobody of it may know of the case any more: it is told by phone.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    rectification = models.ForeignKey(Rectification, on_delete=models.PROTECT, related_name="recipients")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(default=now)
    reached = models.BooleanField(default=True)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rectification", "agency"], name="sharing_told_once")]


class RectificationReceipt(UUIDModel):
    """The agency says that it has corrected its own papers."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    recipient = models.OneToOneField(RectificationRecipient, on_delete=models.PROTECT, related_name="receipt")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)
