"""Notes, and the timeline."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import Category, EventCode, Side
from common.clock import now
from common.models import UUIDModel

from .cases import Case


class Note(UUIDModel):
    """What a service writes: facts and statements apart from appreciation (law of 30 July 2018, art. 32)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    side = models.CharField(_("about"), max_length=20, choices=Side.choices)
    internal = models.BooleanField(_("internal to the agency"), default=False)
    facts = models.TextField(_("facts observed"), blank=True)
    statements = models.TextField(_("statements"), blank=True)
    appreciation = models.TextField(_("appreciation"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    written_at = models.DateTimeField(default=now, editable=False)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-written_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(facts="", statements="", appreciation=""),
                name="cases_note_not_empty",
                violation_error_message=_("Write at least facts, statements or an appreciation."),
            )
        ]


class CaseEvent(UUIDModel):
    """A line of the timeline: coded, filtered by category × side like everything else, says whose move is next.

    `payload` holds identifiers and codes, never a name or a free text.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(default=now)
    code = models.CharField(max_length=40, choices=EventCode.choices)
    category = models.CharField(max_length=20, choices=Category.choices)
    side = models.CharField(max_length=20, choices=Side.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    payload = models.JSONField(default=dict)
    next_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", null=True)
    next_act = models.CharField(max_length=40, blank=True)
    next_due_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index("case", F("at").desc(), F("id").desc(), name="cases_timeline")]
