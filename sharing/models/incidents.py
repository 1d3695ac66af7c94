from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class IncidentKind(models.TextChoices):
    UNSAFE_NUMBER = "unsafe_number", _("an unsafe number was called")
    ADDRESS_LEAKED = "address_leaked", _("an address became known to somebody who must not know it")
    WRONG_RECIPIENT = "wrong_recipient", _("something was sent or said to the wrong recipient")
    LOST = "lost", _("papers or a device were lost or stolen")
    OTHER = "other", _("something else put somebody at risk")


class SafetyMeasure(models.TextChoices):
    """What can be done for her at once."""

    WARNED = "warned", _("she was warned through a safe way")
    POLICE = "police", _("the police were called")
    MOVED = "moved", _("she and the children were moved to safety")
    RULES_CHANGED = "rules_changed", _("her contact rules were written again")
    ACCESS_CLOSED = "access_closed", _("the access concerned was closed")
    REASSESSED = "reassessed", _("the risk is being assessed again")
    RECALLED = "recalled", _("what was sent was recalled or destroyed")


class IncidentQuerySet(models.QuerySet):
    def known_to(self, membership: Membership | None) -> "IncidentQuerySet":
        """Those the acting agency reported, or of cases it leads without standing on his side, where this member may
        know the case.
        """
        if membership is None:
            return self.none()
        visible = Q(case__in=Case.objects.visible_to(membership))
        mine = Q(agency=membership.agency_id) & (Q(case=None) | visible)
        return self.filter(mine | Q(case__in=Case.objects.led_by(membership)))


class SafetyIncident(UUIDModel):
    """Something went wrong that may reach her: an unsafe number called, an address leaked. Insert-only.

    The clock of the data-protection authority (GDPR art. 33, 72 hours) runs from `discovered_at`.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(_("what happened"), max_length=20, choices=IncidentKind.choices)
    discovered_at = models.DateTimeField(_("discovered"))
    account = EncryptedTextField(_("what happened, without names"))
    measures = ArrayField(models.CharField(max_length=20, choices=SafetyMeasure.choices), default=list, blank=True)
    measures_note = EncryptedTextField(_("what was done for the victim at once"), blank=True)
    request_key = models.UUIDField(unique=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField(default=now)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("safety incident")
        verbose_name_plural = _("safety incidents")
        ordering = ["-reported_at"]


class StepKind(models.TextChoices):
    MEASURE = "measure", _("a further measure for the victim")
    RISK = "risk", _("risk to the persons concerned: assessed")
    AUTHORITY = "authority", _("data-protection authority notified")
    NO_AUTHORITY = "no_authority", _("no notification needed, and why")
    PERSONS = "persons", _("persons concerned informed")
    CLOSED = "closed", _("closed")


class IncidentStep(UUIDModel):
    """What was done about an incident, and when. Insert-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")
    incident = models.ForeignKey(SafetyIncident, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=20, choices=StepKind.choices)
    note = EncryptedTextField(blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["at"]


class SafetyLesson(UUIDModel):
    """What everybody learns from incidents: no case, no agency, no date of the facts. Insert-only."""

    kind = models.CharField(max_length=20, choices=IncidentKind.choices)
    text = models.TextField(_("the lesson"))
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-published_at"]
