"""Family and youth proceedings, with readers of their own."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import ProceedingKind
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .cases import Case


class Proceeding(UUIDModel):
    """A proceeding about the family or a child, apart from the criminal one. Read by who wrote it and its own readers
    alone, whatever else they see of the case.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="proceedings")
    kind = models.CharField(_("before"), max_length=20, choices=ProceedingKind.choices)
    court = models.CharField(_("court or service"), max_length=150)
    reference = EncryptedTextField(_("reference"), blank=True)
    subject = EncryptedTextField(_("what it is about"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    opened_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("proceeding")
        verbose_name_plural = _("proceedings")
        ordering = ["-opened_at"]


class ProceedingReader(UUIDModel):
    """A service that reads a proceeding, as the one that wrote it decided, until it ends."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    proceeding = models.ForeignKey(Proceeding, on_delete=models.PROTECT, related_name="readers")
    reader = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("why"), max_length=200)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reader of a proceeding")
        verbose_name_plural = _("readers of proceedings")
        ordering = ["added_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["proceeding", "reader"], condition=Q(ended_at=None), name="cases_proceeding_reader_once"
            )
        ]


class ProceedingStep(UUIDModel):
    """What happened in a proceeding, and when it is heard next. Insert-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    proceeding = models.ForeignKey(Proceeding, on_delete=models.PROTECT, related_name="steps")
    text = EncryptedTextField(_("what happened"))
    next_hearing_at = models.DateTimeField(_("next hearing"), null=True, blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("step of a proceeding")
        verbose_name_plural = _("steps of proceedings")
        ordering = ["-at", "-id"]
