"""What is to be done in a case, by whom and by when; what its owners said of it; the plan the services agreed on."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.enums import Side
from cases.models import Case, CasePerson
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class Strand(models.TextChoices):
    """The four strands of risk management (MOVE §7.3)."""

    MONITORING = "monitoring", pgettext_lazy("strand", "monitoring")
    SUPPORT = "support", pgettext_lazy("strand", "support services")
    SUPERVISION = "supervision", pgettext_lazy("strand", "supervision")
    SAFETY = "safety", pgettext_lazy("strand", "safety planning")


class ActionOutcome(models.TextChoices):
    """What an owner said of an action; the last two say why."""

    DONE = "done", pgettext_lazy("action", "done")
    NOT_DONE = "not_done", pgettext_lazy("action", "not done")
    IMPOSSIBLE = "impossible", pgettext_lazy("action", "no longer possible")


class OwnerWay(models.TextChoices):
    """How a service came to own an action."""

    GIVEN = "given", pgettext_lazy("owner", "given by who planned it")
    REFERRAL = "referral", pgettext_lazy("owner", "took it over with a referral")
    LETTER = "letter", pgettext_lazy("owner", "said yes to a letter, without an account")


class Action(UUIDModel):
    """Something to do about a person of the case, or about the case (no person). Changed by a row of its own.

    Read like what services do in the case (category `network` of `side`): by those who may know which services take
    part there, so never on his side unless it is about him.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="actions")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, null=True, related_name="+")
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    strand = models.CharField(_("strand"), max_length=20, choices=Strand.choices)
    words = EncryptedTextField(_("what is to be done"))
    due_at = models.DateTimeField(_("by when"))
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(side__in=[Side.VICTIM, Side.PERPETRATOR]), name="plans_action_two_sides")
        ]


class ActionOwner(UUIDModel):
    """A service that does an action, alone or in a mixed team; `agency` is the one that planned it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="owners")
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    owner = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    way = models.CharField(max_length=20, choices=OwnerWay.choices, default=OwnerWay.GIVEN)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("owner of an action")
        verbose_name_plural = _("owners of actions")
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["action", "owner"], name="plans_owner_once")]


class ActionStep(UUIDModel):
    """What was said of an action in the name of one of its owners; the latest of each owner holds.

    `agency` said it: the owner, who planned it where the owner has no account, or who leads where it has left.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="steps")
    owner = models.ForeignKey(ActionOwner, on_delete=models.PROTECT, related_name="steps")
    outcome = models.CharField(_("what became of it"), max_length=20, choices=ActionOutcome.choices)
    why = EncryptedTextField(_("why"), blank=True)
    evidence = EncryptedTextField(_("what shows it"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("answer on an action")
        verbose_name_plural = _("answers on actions")
        ordering = ["at", "id"]


class ActionReferral(UUIDModel):
    """The referral an action waits for: the draft it began as, then a row for each referral that was sent of it.

    Bare identifiers: referrals are another room.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="referrals")
    draft_id = models.UUIDField()
    referral_id = models.UUIDField(null=True, unique=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("referral of an action")
        verbose_name_plural = _("referrals of actions")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["draft_id"], condition=Q(referral_id=None), name="plans_one_action_of_a_draft"
            )
        ]


class PlanAgreement(UUIDModel):
    """The services agreed on a plan: which actions it held then (`actions`), and who was there (`agencies`)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    agreed_on = models.DateField(_("agreed on"))
    words = EncryptedTextField(_("to be remembered"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("plan agreed on")
        verbose_name_plural = _("plans agreed on")
        ordering = ["-at", "-id"]


class AgreedAction(UUIDModel):
    """An action as the plan held it when it was agreed on."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(PlanAgreement, on_delete=models.PROTECT, related_name="actions")
    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("action of an agreed plan")
        verbose_name_plural = _("actions of agreed plans")
        constraints = [models.UniqueConstraint(fields=["agreement", "action"], name="plans_agreed_once")]


class AgreedAgency(UUIDModel):
    """A service that agreed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(PlanAgreement, on_delete=models.PROTECT, related_name="agencies")
    partner = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("service that agreed on a plan")
        verbose_name_plural = _("services that agreed on a plan")
        constraints = [models.UniqueConstraint(fields=["agreement", "partner"], name="plans_agreeing_once")]
