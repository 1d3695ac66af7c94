from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import InterpretingChannel
from agencies.models import Agency, Interpreter
from cases.models import Case, CasePerson
from common.clock import now
from common.models import UUIDModel


class InterpretingState(models.TextChoices):
    SENT = "sent", pgettext_lazy("interpreting", "asked")
    PROPOSED = "proposed", pgettext_lazy("interpreting", "somebody is proposed")
    CONFIRMED = "confirmed", pgettext_lazy("interpreting", "confirmed")
    DECLINED = "declined", pgettext_lazy("interpreting", "nobody available")
    WITHDRAWN = "withdrawn", pgettext_lazy("interpreting", "withdrawn")
    DONE = "done", pgettext_lazy("interpreting", "held")


class InterpreterRequest(UUIDModel):
    """One agency asks an interpreter service for somebody. The service reads this row alone: no case, no name.

    `subject` is for the asking agency; the interpreter service reads language, channel, time and postal code.
    `answer_due_at` is by when whoever moves next answers: the service while `sent`, who asked while `proposed`, else
    nobody. `remind_at` and `step` as in followups.FollowUp.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20)
    from_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    to_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(_("language"), max_length=10)
    channel = models.CharField(_("how"), max_length=10, choices=InterpretingChannel.choices)
    gender = models.CharField(_("wished for"), max_length=10, blank=True)
    at = models.DateTimeField(_("when"))
    minutes = models.PositiveSmallIntegerField(_("duration (minutes)"), default=60)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    note = models.CharField(_("what the interpreter should know, without names"), max_length=300, blank=True)
    state = models.CharField(max_length=20, choices=InterpretingState.choices, default=InterpretingState.SENT)
    request_key = models.UUIDField(editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("request for an interpreter")
        verbose_name_plural = _("requests for interpreters")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["from_agency", "request_key"], name="referrals_interpreter_asked_once")
        ]
        indexes = [
            models.Index(
                fields=["to_agency", "at"], condition=Q(state__in=["sent", "proposed"]), name="referrals_interpreting"
            ),
            models.Index(
                fields=["remind_at"], condition=Q(state__in=["sent", "proposed"]), name="referrals_interpret_due"
            ),
        ]


class InterpreterProposal(UUIDModel):
    """Somebody proposed for a request, with what they declare about this one request; never edited.

    Certified and trained are copied from that day. Whoever is of the community comes only by an exception, which the
    asking agency reasons and the person concerned agrees to (`InterpreterException`).
    """

    request = models.ForeignKey(InterpreterRequest, on_delete=models.PROTECT, related_name="proposals")
    interpreter = models.ForeignKey(Interpreter, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(_("how"), max_length=10, choices=InterpretingChannel.choices)
    mediator = models.BooleanField()
    certified = models.BooleanField()
    trained = models.BooleanField()
    of_community = models.BooleanField(_("belongs to the community of the victim or of the presumed perpetrator"))
    knows_somebody = models.BooleanField(_("knows somebody of the situation"))
    out_of_area = models.BooleanField(_("lives and works outside the area"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("interpreter proposed")
        verbose_name_plural = _("interpreters proposed")
        ordering = ["-proposed_at"]


class InterpreterException(UUIDModel):
    """Why somebody not certified, or of the community, comes all the same. Insert-only."""

    proposal = models.OneToOneField(InterpreterProposal, on_delete=models.PROTECT, related_name="exception")
    reason = models.CharField(_("reason"), max_length=300)
    agreed = models.BooleanField(_("the person concerned agrees"))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("exception for an interpreter")
        verbose_name_plural = _("exceptions for interpreters")
