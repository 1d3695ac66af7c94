"""What ends in a case and what begins again: a service's part, the case itself, who leads it. Insert-only rows."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.enums import ParticipationSide
from cases.models import Case, Note
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class PartCode(models.TextChoices):
    ENDED = "ended", pgettext_lazy("part", "ended")
    RESUMED = "resumed", pgettext_lazy("part", "taken up again")


class PartReason(models.TextChoices):
    """Why a service ends its own follow-up."""

    DONE = "done", pgettext_lazy("part", "what was agreed is done")
    PERSON_WISHES = "person_wishes", pgettext_lazy("part", "the person no longer wishes it")
    NO_CONTACT = "no_contact", pgettext_lazy("part", "the person can no longer be reached safely")
    ELSEWHERE = "elsewhere", pgettext_lazy("part", "another service goes on with it")
    NOT_OURS = "not_ours", pgettext_lazy("part", "it is not for this service")
    OTHER = "other", pgettext_lazy("part", "another reason")


class AgencyFollowUp(UUIDModel):
    """A service ends its own follow-up in a case, or takes it up again; the latest row of a service holds.

    `side` is the place the service had in the case: who knows the services of that side reads the row. What the service
    wishes to keep for itself about it is an internal note.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="agency_follow_ups")
    side = models.CharField(max_length=20, choices=ParticipationSide.choices)
    code = models.CharField(max_length=10, choices=PartCode.choices)
    reason = models.CharField(_("why"), max_length=20, choices=PartReason.choices, blank=True)
    note = models.OneToOneField(Note, on_delete=models.PROTECT, null=True, related_name="+")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("follow-up of one service")
        verbose_name_plural = _("follow-ups of services")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["case", "agency", "at"], name="plans_part_of_case")]
        constraints = [
            models.CheckConstraint(
                condition=Q(code=PartCode.RESUMED, reason="") | (Q(code=PartCode.ENDED) & ~Q(reason="")),
                name="plans_part_reason",
            )
        ]


class ToldHow(models.TextChoices):
    """How she was told that she may come back, and to whom."""

    FACE_TO_FACE = "face_to_face", pgettext_lazy("told", "face to face")
    PHONE = "phone", pgettext_lazy("told", "on a safe number, alone")
    THROUGH_SERVICE = "through_service", pgettext_lazy("told", "through a service she trusts")
    NOT_SAFELY = "not_safely", pgettext_lazy("told", "she could not be told safely")
    REFUSED = "refused", pgettext_lazy("told", "she wishes no contact any more")


class ReturnTold(UUIDModel):
    """She was told how to come back, or could not be told safely and why. Insert-only; read like how to reach her."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(_("how was she told?"), max_length=20, choices=ToldHow.choices)
    told_on = models.DateField(_("on which day?"))
    words = EncryptedTextField(_("in a few words"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("told how to come back")
        verbose_name_plural = _("told how to come back")
        ordering = ["-at", "-id"]


class ClosingKind(models.TextChoices):
    SUPERVISED = "supervised", pgettext_lazy("closing", "supervised closing")
    EXTENDED = "extended", pgettext_lazy("closing", "supervised closing, extended")
    FULL = "full", pgettext_lazy("closing", "full closing")
    LIGHT = "light", pgettext_lazy("closing", "light closing")


class CaseClosing(UUIDModel):
    """A case closed, or placed under supervision until a day. Insert-only: what ends it is a reopening or the next row.

    `overruled` are the guards that whoever closes has set aside, with one reason for all. Never read on his side.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="closings")
    kind = models.CharField(_("how is it closed?"), max_length=20, choices=ClosingKind.choices)
    words = EncryptedTextField(_("why now, in a few words"), blank=True)
    overruled = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    overruled_words = EncryptedTextField(_("why this is set aside"), blank=True)
    until = models.DateTimeField(null=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("closing of a case")
        verbose_name_plural = _("closings of cases")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[ClosingKind.SUPERVISED, ClosingKind.EXTENDED], until__isnull=False)
                | Q(kind__in=[ClosingKind.FULL, ClosingKind.LIGHT], until=None),
                name="plans_closing_until",
            )
        ]


class ReopenedFor(models.TextChoices):
    """Why a closed case is worked on again."""

    REPORT = "report", pgettext_lazy("reopened", "a new report")
    SITUATION = "situation", pgettext_lazy("reopened", "a new situation")
    RELEASE = "release", pgettext_lazy("reopened", "a release")
    BY_HAND = "by_hand", pgettext_lazy("reopened", "decided by a service")


class CaseReopening(UUIDModel):
    """A closed or supervised case opened again; what was closed stays on record. Never read on his side."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reopenings")
    code = models.CharField(_("why"), max_length=20, choices=ReopenedFor.choices)
    words = EncryptedTextField(_("why is it opened again?"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("reopening of a case")
        verbose_name_plural = _("reopenings of cases")
        ordering = ["-at", "-id"]


class LeadWhy(models.TextChoices):
    """Why another service is asked to lead."""

    CLOSER = "closer", pgettext_lazy("lead", "it works closest with the people of the case now")
    MOVES = "moves", pgettext_lazy("lead", "she moves to another zone")
    CAPACITY = "capacity", pgettext_lazy("lead", "our service can no longer carry it")
    OTHER = "other", pgettext_lazy("lead", "another reason")


class LeadOffer(UUIDModel):
    """The service that leads asks another one of the case to lead in its place. Insert-only; read by the two alone."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="lead_offers")
    to_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(_("why"), max_length=20, choices=LeadWhy.choices)
    leaves = models.BooleanField(_("our access ends when it is taken over"), default=False)
    words = EncryptedTextField(_("what the service has to know to go on"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("offer of the lead")
        verbose_name_plural = _("offers of the lead")
        ordering = ["-at", "-id"]


class LeadState(models.TextChoices):
    ACCEPTED = "accepted", pgettext_lazy("lead", "taken over")
    DECLINED = "declined", pgettext_lazy("lead", "declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("lead", "withdrawn")


class LeadAnswer(UUIDModel):
    """What became of an offer of the lead: one answer, whoever was first."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    offer = models.OneToOneField(LeadOffer, on_delete=models.PROTECT, related_name="answer")
    state = models.CharField(max_length=20, choices=LeadState.choices)
    words = EncryptedTextField(_("why not"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("answer to an offer of the lead")
        verbose_name_plural = _("answers to offers of the lead")
