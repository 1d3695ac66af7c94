"""One person, several records."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import SameVerdict, Side
from common.clock import now
from common.models import UUIDModel

from .cases import Case
from .people import CasePerson


class SamePerson(UUIDModel):
    """What a service decided of two records of persons, in one case or in two. Insert-only; undone by a row of its own.

    Nothing is moved or rewritten: two records shown as one (`merged`) are two rows still, and can be told apart again.
    The cases are `first_case` and `second_case`, never `case`: it stands on the trail of neither.
    """

    first = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    first_case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    second_case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    verdict = models.CharField(_("decision"), max_length=10, choices=SameVerdict.choices)
    reasons = ArrayField(models.CharField(max_length=40), default=list)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("decision on two records of persons")
        verbose_name_plural = _("decisions on two records of persons")
        ordering = ["-decided_at", "-id"]
        constraints = [models.CheckConstraint(condition=~Q(first=F("second")), name="cases_same_person_two_records")]


class SamePersonEnd(UUIDModel):
    """A decision on two records that was undone, and why."""

    decision = models.OneToOneField(SamePerson, on_delete=models.PROTECT, related_name="end")
    reason = models.CharField(_("reason"), max_length=200)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("end of a same-person decision")
        verbose_name_plural = _("ends of decisions on two records of persons")
