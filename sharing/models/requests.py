from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency, Membership
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .decisions import Basis


class RequestState(models.TextChoices):
    SENT = "sent", pgettext_lazy("request", "sent")
    GRANTED = "granted", pgettext_lazy("request", "granted")
    PARTLY = "partly", pgettext_lazy("request", "partly granted")
    REFUSED = "refused", pgettext_lazy("request", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("request", "withdrawn")


class RefusalReason(models.TextChoices):
    NO_BASIS = "no_basis", _("no basis allows it")
    PERSON_REFUSES = "person_refuses", _("the person concerned does not agree")
    NOT_NEEDED = "not_needed", _("not necessary for the purpose named")
    NOT_HELD = "not_held", _("the service does not hold this information")
    UNSAFE = "unsafe", _("it would put somebody at risk")
    OTHER = "other", _("another reason")


class RequestQuerySet(models.QuerySet):
    def between(self, membership: Membership | None) -> "RequestQuerySet":
        """Those the acting agency sent or received, in the cases this member may know of."""
        if membership is None:
            return self.none()
        mine = Q(from_agency=membership.agency_id) | Q(to_agency=membership.agency_id)
        return self.filter(mine, case__in=Case.objects.visible_to(membership))

    def waiting(self) -> "RequestQuerySet":
        return self.filter(state=RequestState.SENT)


class InformationRequest(UUIDModel):
    """An agency asks another for categories of a case, for a purpose, by a date; what is granted is a decision."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="information_requests")
    from_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    to_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    grants = ArrayField(models.CharField(max_length=40))
    purpose = EncryptedTextField(_("what it is needed for"))
    due_at = models.DateTimeField(_("needed by"))
    request_key = models.UUIDField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.SENT)
    granted = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    refusal_reason = models.CharField(max_length=20, choices=RefusalReason.choices, blank=True)
    answer_note = EncryptedTextField(_("a word to the service that asked"), blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("information request")
        verbose_name_plural = _("information requests")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["from_agency", "request_key"], name="sharing_request_once"),
            models.CheckConstraint(condition=~Q(from_agency=models.F("to_agency")), name="sharing_request_to_another"),
            models.CheckConstraint(
                condition=~Q(state="refused", refusal_reason=""),
                name="sharing_refusal_reasoned",
                violation_error_message=_("Say why it is refused."),
            ),
        ]
        indexes = [
            models.Index(fields=["to_agency", "due_at"], condition=Q(state="sent"), name="sharing_request_waiting")
        ]


class OralDisclosure(UUIDModel):
    """Something said aloud, by phone or across a table: written down afterwards, opens no access. Insert-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="oral_disclosures")
    to_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    to_whom = EncryptedTextField(_("to whom"))
    grants = ArrayField(models.CharField(max_length=40))
    basis = models.CharField(_("basis"), max_length=30, choices=Basis.choices)
    necessity = models.CharField(_("why it was necessary"), max_length=300, blank=True)
    said_at = models.DateTimeField(_("when"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("oral disclosure")
        verbose_name_plural = _("oral disclosures")
        ordering = ["-said_at"]
