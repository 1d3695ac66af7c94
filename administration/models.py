from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class Rule(models.TextChoices):
    """Why a reading is noted; the limits are in `administration.unusual_rules`."""

    MANY = "many", _("many cases opened")
    NIGHT = "night", _("cases opened at night")
    OWN_NAME = "own_name", _("a person with the reader's own family name")
    COLLEAGUE = "colleague", _("a person with the name of a colleague")
    REFUSED = "refused", _("many addresses refused")


class UnusualReadingQuerySet(models.QuerySet):
    def latest_figures(self) -> "UnusualReadingQuerySet":
        """Of each person, agency, rule and day the row with the largest figure: the others led to it."""
        larger = UnusualReading.objects.filter(
            user=OuterRef("user"), agency=OuterRef("agency"), rule=OuterRef("rule"), day=OuterRef("day"),
            count__gt=OuterRef("count"),
        )  # fmt: skip
        return self.filter(~Exists(larger))

    def with_conclusion(self) -> "UnusualReadingQuerySet":
        """With `conclusion`, the last one given on this row, or None."""
        given = UnusualReview.objects.filter(reading=OuterRef("pk")).order_by("-reviewed_at", "-pk")
        return self.annotate(conclusion=Subquery(given.values("conclusion")[:1]))


class UnusualReading(UUIDModel):
    """One person's readings of one day that a rule notes, with the figures of that moment. A sign, never a proof.

    Insert-only: a figure that grows is a further row of the same day. `count` is what grows (cases, or addresses
    refused), `figures` the other numbers and the limits as they were, `pages` how often each page was read. Which cases
    is kept for the rules of names alone, so that the same one is not told again each day; no page shows it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(_("rule"), max_length=20, choices=Rule.choices)
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField()
    figures = models.JSONField(default=dict)
    pages = models.JSONField(default=dict)
    categories = ArrayField(models.CharField(max_length=40), default=list)
    case_ids = ArrayField(models.UUIDField(), default=list)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    found_at = models.DateTimeField(default=now)

    objects = UnusualReadingQuerySet.as_manager()

    class Meta:
        verbose_name = _("unusual reading")
        verbose_name_plural = _("unusual readings")
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "agency", "rule", "day", "count"], name="administration_noted_once")
        ]
        indexes = [models.Index(F("found_at").desc(), F("id").desc(), name="administration_unusual_list")]


class Conclusion(models.TextChoices):
    EXPLAINED = "explained", _("explained: this person had a reason to read")
    ASKED = "asked", _("the agency was asked; its answer is awaited")
    PASSED_ON = "passed_on", _("passed on, as an incident or to the authority")


class UnusualReview(UUIDModel):
    """What a data-protection officer concludes of an unusual reading. Insert-only; the last one counts."""

    reading = models.ForeignKey(UnusualReading, on_delete=models.PROTECT, related_name="reviews")
    conclusion = models.CharField(_("conclusion"), max_length=20, choices=Conclusion.choices)
    words = EncryptedTextField(_("in your words"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("conclusion on an unusual reading")
        verbose_name_plural = _("conclusions on unusual readings")
        ordering = ["reviewed_at", "id"]


class UnusualSweep(UUIDModel):
    """Until when the trail has been looked through: one row, moved forward by each run."""

    until = models.DateTimeField()
