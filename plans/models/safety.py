"""The safety plan written with her, and what was answered before it was printed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.models import Case, CasePerson
from common.clock import now
from common.fields import EncryptedJSONField
from common.models import UUIDModel


class Carry(models.TextChoices):
    """Whether it is safe that she has the paper with her, as she answered."""

    YES = "yes", pgettext_lazy("safety plan", "yes, she has a place for it")
    NO = "no", pgettext_lazy("safety plan", "no: nothing is printed")


class SafetyPlan(UUIDModel):
    """How she keeps safe, in her words, by section. A new version replaces the former, which stays.

    Read like a way to reach her (category `contact`, her side): never on his side.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    sections = EncryptedJSONField(_("sections"))
    content_version = models.PositiveSmallIntegerField(editable=False)
    written_on = models.DateField(_("written with her on"))
    read_back = models.BooleanField(_("read back to her"), default=False)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("safety plan")
        verbose_name_plural = _("safety plans")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_person"],
                condition=models.Q(replaces=None),
                name="plans_one_first_safety_plan",
            )
        ]


class SafetyPaper(UUIDModel):
    """The safety plan was asked for on paper: what she answered about having it with her."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(SafetyPlan, on_delete=models.PROTECT, related_name="papers")
    carry = models.CharField(_("Is it safe that she has it with her?"), max_length=10, choices=Carry.choices)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("paper of a safety plan")
        verbose_name_plural = _("papers of safety plans")
        ordering = ["-at", "-id"]
