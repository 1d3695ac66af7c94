"""What endangers the professionals who meet him, or who come to a place: said to every service that takes part."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.models import Case, CasePerson
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .needs import _authored


class DangerAbout(models.TextChoices):
    PERSON = "person", pgettext_lazy("danger", "a person")
    PLACE = "place", pgettext_lazy("danger", "a place")
    ANIMAL = "animal", pgettext_lazy("danger", "an animal")


class DangerKind(models.TextChoices):
    WEAPON = "weapon", pgettext_lazy("danger", "weapon")
    VIOLENCE = "violence", pgettext_lazy("danger", "violence against professionals")
    THREATS = "threats", pgettext_lazy("danger", "threats against professionals")
    SUBSTANCES = "substances", pgettext_lazy("danger", "unpredictable under alcohol or drugs")
    ANIMAL = "animal", pgettext_lazy("danger", "dangerous animal")
    PREMISES = "premises", pgettext_lazy("danger", "dangerous place")
    OTHER = "other", pgettext_lazy("danger", "another danger")


class DangerSource(models.TextChoices):
    """Where it is known from; never told on his side."""

    SEEN = "seen", pgettext_lazy("source of a danger", "our service saw or lived it")
    OFFICIAL = "official", pgettext_lazy("source of a danger", "police or justice")
    VICTIM = "victim", pgettext_lazy("source of a danger", "the victim says so")
    HIMSELF = "himself", pgettext_lazy("source of a danger", "he says so himself")
    OTHER = "other", pgettext_lazy("source of a danger", "somebody else says so")


class DangerOver(models.TextChoices):
    """Why a danger is flagged no longer."""

    GONE = "gone", pgettext_lazy("danger over", "the danger is over")
    AWAY = "away", pgettext_lazy("danger over", "nobody meets it there any more")
    MISTAKEN = "mistaken", pgettext_lazy("danger over", "it was a mistake")


class StaffDanger(UUIDModel):
    """A danger for whoever meets him, until a day: prolonged by a new row, ended by a row of its own.

    Every service that takes part reads this row, his side included: what it says in words is what may be read there
    (`said_on_his_side`). What was seen, what to do and who says so stand in `StaffDangerWords`.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(_("what is dangerous"), max_length=20, choices=DangerAbout.choices)
    case_person = models.ForeignKey(
        CasePerson, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("who")
    )
    kind = models.CharField(_("danger"), max_length=20, choices=DangerKind.choices)
    said_on_his_side = EncryptedTextField(_("what may be read on his side"), blank=True)
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"))
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(**_authored(Agency))
    author = models.ForeignKey(**_authored(settings.AUTH_USER_MODEL))
    written_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("danger for professionals")
        verbose_name_plural = _("dangers for professionals")
        ordering = ["-written_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__gte=F("from_on")),
                name="plans_danger_in_order",
                violation_error_message=_("The end comes before the beginning."),
            ),
            models.CheckConstraint(
                condition=Q(until_on__lte=F("from_on") + timedelta(days=184)),
                name="plans_danger_six_months",
                violation_error_message=_("A danger is flagged for six months at most; then it is looked at again."),
            ),
            models.CheckConstraint(
                condition=Q(about="person", case_person__isnull=False)
                | Q(about__in=["place", "animal"], case_person=None),
                name="plans_danger_about",
            ),
        ]
        indexes = [models.Index(fields=["case", "until_on"], name="plans_danger_of_case")]


class StaffDangerWords(UUIDModel):
    """What was seen, what to do, and where it is known from. Never read on his side but by who wrote it."""

    danger = models.OneToOneField(StaffDanger, on_delete=models.PROTECT, related_name="words")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    what = EncryptedTextField(_("what is known"))
    precautions = EncryptedTextField(_("what to do"))
    source = models.CharField(_("where it is known from"), max_length=20, choices=DangerSource.choices)
    agency = models.ForeignKey(**_authored(Agency))

    class Meta:
        verbose_name = _("what is known of a danger")
        verbose_name_plural = _("what is known of dangers")


class StaffDangerEnd(UUIDModel):
    """The danger is no longer flagged: by whom, since when, and why."""

    danger = models.OneToOneField(StaffDanger, on_delete=models.PROTECT, related_name="end")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("why"), max_length=20, choices=DangerOver.choices)
    agency = models.ForeignKey(**_authored(Agency))
    ended_by = models.ForeignKey(**_authored(settings.AUTH_USER_MODEL))
    ended_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("end of a danger for professionals")
        verbose_name_plural = _("ends of dangers for professionals")
