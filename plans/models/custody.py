"""He is detained, he is released, and somebody tells her: what is written of each."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.enums import Category, Side
from cases.models import Case, CasePerson, ContactPoint
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class DetentionKind(models.TextChoices):
    """A short neutral list; the exact title stays in the file of justice."""

    POLICE_CUSTODY = "police_custody", _("police custody")
    WARRANT = "warrant", _("arrest warrant")
    SENTENCE = "sentence", _("prison sentence")
    ELECTRONIC = "electronic", _("electronic monitoring")
    OTHER = "other", pgettext_lazy("detention", "other detention")


class StillDetained(models.TextChoices):
    """What is answered to “still detained?”. Released is a release of its own."""

    STILL = "still", _("still detained")
    TRANSFERRED = "transferred", _("transferred")
    UNKNOWN = "unknown", pgettext_lazy("detention", "not known")


class ReleaseKind(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("release", "planned")
    HAPPENED = "happened", pgettext_lazy("release", "he is out")
    CANCELLED = "cancelled", pgettext_lazy("release", "no longer planned")


class Wish(models.TextChoices):
    """Whether she wishes to be told of a release. Nothing is written before she was asked."""

    WANTS = "wants", _("wishes to be told")
    WANTS_NOT = "wants_not", _("does not wish to be told")


class AskedAs(models.TextChoices):
    """Why a service is asked to tell her."""

    POLICE = "police", _("police zone")
    REFERENT = "referent", _("her reference person")
    CELL = "cell", _("service that calls victims")
    LEAD = "lead", _("service that leads the case")
    OTHER = "other", _("service that takes part")


class Told(models.TextChoices):
    """What became of an alert, or of one attempt."""

    HER = "her", _("she was told")
    TRUSTED = "trusted", _("a person of her trust was told")
    NOT_REACHED = "not_reached", _("could not be reached safely")
    NOT_WISHED = "not_wished", pgettext_lazy("release", "she does not wish to be told")
    REPLACED = "replaced", pgettext_lazy("release", "replaced by a newer one")


class TellingHow(models.TextChoices):
    CALL = "call", _("by phone, on a number checked again")
    IN_PERSON = "in_person", _("in person")


SETTLES = frozenset({Told.HER, Told.TRUSTED, Told.NOT_WISHED, Told.REPLACED})
"""Outcomes after which nobody is asked any more."""


class Detention(UUIDModel):
    """A person of his side is detained. Insert-only: what is learned later is an answer, or a release."""

    category, side = Category.JUDICIAL, Side.CASE

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="detentions")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="detentions")
    kind = models.CharField(_("kind of detention"), max_length=20, choices=DetentionKind.choices)
    since = models.DateTimeField(_("detained since"))
    place = EncryptedTextField(_("place of detention"), blank=True)
    next_judicial_on = models.DateField(_("next judicial date"), null=True, blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("detention")
        verbose_name_plural = _("detentions")
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["case", "-since"], name="plans_detentions")]


class DetentionAsk(UUIDModel):
    """Which service is asked “still detained?”, and by when: the last one holds."""

    category, side = Category.JUDICIAL, Side.CASE

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    detention = models.ForeignKey(Detention, on_delete=models.PROTECT, related_name="asks")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("question whether still detained")
        verbose_name_plural = _("questions whether still detained")
        ordering = ["-at", "-id"]


class DetentionAnswer(UUIDModel):
    """What was answered to “still detained?”, with the date that follows."""

    category, side = Category.JUDICIAL, Side.CASE

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    detention = models.ForeignKey(Detention, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(_("still detained?"), max_length=20, choices=StillDetained.choices)
    place = EncryptedTextField(_("transferred to"), blank=True)
    next_judicial_on = models.DateField(_("next judicial date"), null=True, blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("answer about a detention")
        verbose_name_plural = _("answers about detentions")
        ordering = ["-at", "-id"]


class Release(UUIDModel):
    """A release: planned, no longer planned, or that he is out. A newer row of the same person takes its place."""

    category, side = Category.JUDICIAL, Side.CASE

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="releases")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="releases")
    detention = models.ForeignKey(Detention, on_delete=models.PROTECT, null=True, related_name="releases")
    kind = models.CharField(_("the release"), max_length=20, choices=ReleaseKind.choices)
    released_at = models.DateTimeField(_("moment of the release"))
    words = EncryptedTextField(_("conditions, and how it is known"), blank=True)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["detention"],
                condition=Q(kind="happened", detention__isnull=False),
                name="plans_released_once",
                violation_error_message=_("This release is already written."),
            )
        ]
        indexes = [models.Index(fields=["case", "-at"], name="plans_releases")]


class ReleaseWish(UUIDModel):
    """Whether she wishes to be told of a release, and how. The last row holds; his side never reads one."""

    category, side = Category.CONTACT, Side.VICTIM

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    wish = models.CharField(_("what she wishes"), max_length=20, choices=Wish.choices)
    words = EncryptedTextField(_("how, and whom to tell for her"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("wish to be told of a release")
        verbose_name_plural = _("wishes to be told of a release")
        ordering = ["-at", "-id"]


class ReleaseAlert(UUIDModel):
    """Somebody has to tell her of a release. It names no author: who entered the release may read nothing of it.

    What she is to be told is copied here (when; planned or not), since who tells her may not read judicial records.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="release_alerts")
    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="+")
    planned = models.BooleanField()
    released_at = models.DateTimeField()
    due_at = models.DateTimeField()
    opened_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("release alert")
        verbose_name_plural = _("release alerts")
        ordering = ["-opened_at", "-id"]
        indexes = [models.Index(fields=["case", "-opened_at"], name="plans_alerts")]


class ReleaseAsk(UUIDModel):
    """Which service is asked to tell her, and why that one; who is asked is looked at again with every reminder."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    alert = models.ForeignKey(ReleaseAlert, on_delete=models.PROTECT, related_name="asks")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    asked_as = models.CharField(max_length=20, choices=AskedAs.choices)
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("service asked to tell of a release")
        verbose_name_plural = _("services asked to tell of a release")
        ordering = ["at", "id"]


class ReleaseTelling(UUIDModel):
    """Who was told of a release, or an attempt; without an agency where a newer release took its place."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    alert = models.ForeignKey(ReleaseAlert, on_delete=models.PROTECT, related_name="tellings")
    outcome = models.CharField(_("who was told"), max_length=20, choices=Told.choices)
    how = models.CharField(_("how she was told"), max_length=20, choices=TellingHow.choices, blank=True)
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT, null=True, related_name="+")
    number_verified = models.BooleanField(_("the number was checked again"), default=False)
    alone_asked = models.BooleanField(_("she was asked whether she is alone"), default=False)
    words = EncryptedTextField(_("to be known"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("telling of a release")
        verbose_name_plural = _("tellings of a release")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["alert"],
                condition=~Q(outcome="not_reached"),
                name="plans_alert_settled_once",
                violation_error_message=_("A colleague has confirmed this in the meantime."),
            ),
            models.CheckConstraint(
                condition=~Q(outcome="her", how="call")
                | Q(contact_point__isnull=False, number_verified=True, alone_asked=True),
                name="plans_told_on_a_number_checked",
                violation_error_message=_("Say on which number, that it was checked again, and that she was alone."),
            ),
        ]

    @property
    def settles(self) -> bool:
        """Whether nobody is asked any more after this."""
        return self.outcome in SETTLES

    def took(self, alert: ReleaseAlert) -> timedelta:
        """How long after the alert was opened."""
        return max(self.at - alert.opened_at, timedelta(0))
