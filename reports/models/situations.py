"""What services notice, and what children lived through."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.enums import Category, Origin, Side
from cases.models import Case, CasePerson
from common.clock import now
from common.models import UUIDModel

from .reports import Presence, Report, ReportDraft


class Exposure(models.TextChoices):
    """What a child lived through; a child who was exposed is a victim (law of 13 July 2023, art. 8)."""

    HURT = "hurt", _("hurt or threatened")
    SAW = "saw", _("saw it")
    HEARD = "heard", _("heard it")
    NEARBY = "nearby", _("was in the home, in another room")
    AFTERWARDS = "afterwards", _("lived the hours after")
    ABSENT = "absent", _("was not there")
    UNKNOWN = "unknown", pgettext_lazy("exposure", "not known")


class Source(models.TextChoices):
    """How a service came to know of a situation."""

    SHE_TOLD = "she_told", _("she spoke of it")
    NOTICED = "noticed", _("we noticed signs")
    TOLD = "told", _("somebody else told us")
    HE_TOLD = "he_told", _("he spoke of it")


class Sign(models.TextChoices):
    """What somebody may notice without asking; wording of our own, not validated."""

    INJURIES = "injuries", _("injuries, or an explanation that does not fit them")
    FEAR = "fear", _("fear: she startles, checks the time, lowers her voice")
    PARTNER_SPEAKS = "partner_speaks", _("somebody always comes along and answers for her")
    CONTROLLED_PHONE = "controlled_phone", _("her telephone, her outings or her visits are watched")
    NO_MONEY = "no_money", _("she has no money, no papers or no card of her own")
    ABSENCES = "absences", _("absences, appointments missed without a word")
    WITHDRAWN = "withdrawn", _("she withdraws, sees nobody any more")
    DISTRESS = "distress", _("does not sleep, cries, no longer copes")
    CHILD_SIGNS = "child_signs", _("a child is afraid, aggressive, or draws and says worrying things")
    DEPENDENT_STAY = "dependent_stay", _("her right to stay depends on him, or he says so")
    PREGNANCY = "pregnancy", _("she is pregnant, or has a very young child")


class Situation(UUIDModel):
    """What a service noticed or heard, without any report to the police; never edited. Her own side's, a service's."""

    category = models.CharField(max_length=20, default=Category.PSYCHOSOCIAL, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.VICTIM, choices=Side.choices, editable=False)
    origin = models.CharField(max_length=10, default=Origin.SERVICE, choices=Origin.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="situations")
    draft = models.OneToOneField(
        ReportDraft, on_delete=models.PROTECT, related_name="situation", null=True, editable=False
    )
    source = models.CharField(_("how we know"), max_length=20, choices=Source.choices)
    met_at = models.DateTimeField(_("when"))
    signs = ArrayField(
        models.CharField(max_length=20, choices=Sign.choices), verbose_name=_("signs"), default=list, blank=True
    )
    signs_seen = models.TextField(_("what was observed"), blank=True)
    words_heard = models.TextField(_("words heard"), blank=True)
    alone = models.CharField(_("is she alone now?"), max_length=10, choices=Presence.choices)
    may_contact = models.CharField(_("may we contact her?"), max_length=10, choices=Presence.choices)
    children_present = models.CharField(_("children present"), max_length=10, choices=Presence.choices, blank=True)
    children_impact = models.TextField(_("impact on the children"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("situation")
        verbose_name_plural = _("situations")
        ordering = ["-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(met_at__lte=F("recorded_at")),
                name="reports_situation_not_in_future",
                violation_error_message=_("The meeting cannot be in the future."),
            ),
            models.CheckConstraint(
                condition=~Q(signs=[], signs_seen="", words_heard=""),
                name="reports_situation_not_empty",
                violation_error_message=_("Say at least what was observed or heard."),
            ),
        ]


class ChildExposure(UUIDModel):
    """What one child lived through, as one report or one situation says. Insert-only."""

    category = models.CharField(max_length=20, default=Category.CHILDREN, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, default=Side.VICTIM, choices=Side.choices, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exposures")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="exposures")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="exposures")
    situation = models.ForeignKey(Situation, on_delete=models.PROTECT, null=True, related_name="exposures")
    exposure = models.CharField(_("what the child lived through"), max_length=20, choices=Exposure.choices)
    impact = models.TextField(_("impact on the child"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("exposure of a child")
        verbose_name_plural = _("exposures of children")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(report=None, situation__isnull=False) | Q(report__isnull=False, situation=None),
                name="reports_exposure_said_once",
            )
        ]
