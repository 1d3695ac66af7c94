"""Where and when somebody is awaited."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import AppointmentKind, AppointmentOutcome, Arranged, Side
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .cases import Case
from .people import CasePerson


class Appointment(UUIDModel):
    """Where a person of the case is awaited, and when. Insert-only: moved or over by a row of its own.

    Read like a way to reach the person (category `contact` of `side`): his side never learns where she will be.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="appointments")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="appointments")
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    kind = models.CharField(_("what for"), max_length=20, choices=AppointmentKind.choices)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    place = EncryptedTextField(_("where"))
    ask_for = models.CharField(_("whom to ask for there"), max_length=100, blank=True)
    accompaniment = models.CharField(
        _("accompanied by a specialised person"), max_length=20, choices=Arranged.choices, blank=True
    )
    accompanied_by = models.CharField(_("by whom"), max_length=100, blank=True)
    interpreter_language = models.CharField(_("interpreter for"), max_length=10, blank=True)
    interpreter_booked = models.BooleanField(_("the interpreter is booked"), default=False)
    childcare = models.CharField(_("somebody minds the children"), max_length=20, choices=Arranged.choices, blank=True)
    remarks = EncryptedTextField(_("to be known"), blank=True)
    overlap_accepted = models.BooleanField(default=False)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    made_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="cases_appointment_ends_after",
                violation_error_message=_("The appointment ends before it begins."),
            )
        ]
        indexes = [models.Index(fields=["agency", "starts_at"], name="cases_appointments")]


class AppointmentEnd(UUIDModel):
    """What became of an appointment."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, related_name="end")
    outcome = models.CharField(_("what became of it"), max_length=20, choices=AppointmentOutcome.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("end of an appointment")
        verbose_name_plural = _("ends of appointments")
