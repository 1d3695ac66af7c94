"""The line between police and prosecutor."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import AgencyKind
from agencies.models import Agency, Membership, Unit
from cases.enums import Side
from cases.models import Case
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .reports import Report


class TrackedKind(models.TextChoices):
    COMPLAINT = "complaint", _("complaint")
    DISPUTE = "dispute", _("family dispute report")
    ALERT = "alert", _("report of a professional (secrecy lifted)")


class TrackingQuerySet(models.QuerySet):
    def visible_to(self, membership: Membership | None) -> "TrackingQuerySet":
        """What the acting office received, or the acting police sent, in the cases this member may know of."""
        column = {AgencyKind.PROSECUTOR: "prosecutor", AgencyKind.POLICE: "police"}.get(
            membership.agency.kind if membership else ""
        )
        if column is None:
            return self.none()
        known = Exists(Case.objects.visible_to(membership).filter(pk=OuterRef("case")))
        return self.filter(known, **{column: membership.agency_id})


class Tracking(UUIDModel):
    """Something that reached a prosecutor and waits to be decided. Internal to that office and the police that sent it.

    `source_id` is the report, or the sharing decision by which a professional reported to the prosecutor; `police` is
    empty then. What happens to it are rows of their own.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tracked")
    kind = models.CharField(_("what it is"), max_length=20, choices=TrackedKind.choices)
    source_id = models.UUIDField()
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="tracked")
    prosecutor = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    police = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    sender = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(default=now)
    decide_by = models.DateTimeField()

    objects = TrackingQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up at the prosecutor's office")
        verbose_name_plural = _("follow-ups at the prosecutor's office")
        ordering = ["decide_by"]
        constraints = [models.UniqueConstraint(fields=["prosecutor", "source_id"], name="reports_tracked_once")]
        indexes = [
            models.Index(fields=["prosecutor", "decide_by"], name="reports_tracked"),
            models.Index(fields=["police", "decide_by"], name="reports_tracked_sent"),
        ]


class TrackingStep(models.TextChoices):
    """What the prosecutor's office does with what it received, besides deciding."""

    READ = "read", _("read")
    ASSIGNED = "assigned", _("given to a section")
    NO_CONTACT = "no_contact", _("ban on contact")
    CONTACT_ALLOWED = "contact_allowed", _("contact allowed, under conditions")
    SEIZURE = "seizure", _("seizure")
    RESIDENCE_BAN = "residence_ban", _("temporary residence ban")
    OTHER_MEASURE = "other_measure", _("another measure")
    HEARING = "hearing", _("hearing asked of the police")
    HEARD = "heard", _("hearing held")


class TrackingAct(UUIDModel):
    """One step, by the prosecutor's office, or by the police (the hearing held). Insert-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    tracking = models.ForeignKey(Tracking, on_delete=models.PROTECT, related_name="acts")
    step = models.CharField(_("step"), max_length=20, choices=TrackingStep.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    whom = models.CharField(_("about"), max_length=20, choices=Side.choices, blank=True)
    on = models.DateTimeField(_("from, or on"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    text = EncryptedTextField(_("in words"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("step at the prosecutor's office")
        verbose_name_plural = _("steps at the prosecutor's office")
        ordering = ["at", "id"]


class Decision(models.TextChoices):
    CLOSED = "closed", pgettext_lazy("prosecutor", "closed without further action")
    FOLLOW_UP = "follow_up", pgettext_lazy("prosecutor", "followed up")
    HEARING = "hearing", pgettext_lazy("prosecutor", "hearing")
    INQUIRY = "inquiry", pgettext_lazy("prosecutor", "inquiry")


class ProsecutorDecision(UUIDModel):
    """What the prosecutor decided. Insert-only; another decision supersedes it, once."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    tracking = models.ForeignKey(Tracking, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(_("decision"), max_length=20, choices=Decision.choices)
    reasons = EncryptedTextField(_("reasons"))
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("decision of the prosecutor")
        verbose_name_plural = _("decisions of the prosecutor")
        ordering = ["-decided_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tracking"], condition=Q(supersedes=None), name="reports_first_decision_once"
            )
        ]
