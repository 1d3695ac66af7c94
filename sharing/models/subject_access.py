"""“Who had access to my data”: the request, the safety check, what was answered. Each is a row of its own."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency, Membership
from agencies.perms import SENIORS
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case, CasePerson
from common.clock import now
from common.fields import EncryptedJSONField, EncryptedTextField
from common.models import UUIDModel


class AskedBy(models.TextChoices):
    SUBJECT = "subject", pgettext_lazy("subject request", "the person")
    REPRESENTATIVE = "representative", pgettext_lazy("subject request", "a legal representative")
    LAWYER = "lawyer", pgettext_lazy("subject request", "a lawyer with a mandate")


class Verified(models.TextChoices):
    """How the service made sure who asks."""

    DOCUMENT = "document", _("identity document seen")
    KNOWN = "known", _("known to the service, and there in person")
    MANDATE = "mandate", _("mandate or judgment seen, and identity document of who asks")


class CheckConclusion(models.TextChoices):
    ANSWER = "answer", pgettext_lazy("safety check", "answer")
    LATER = "later", pgettext_lazy("safety check", "answer later")
    REFUSE = "refuse", pgettext_lazy("safety check", "refuse")


class Outcome(models.TextChoices):
    GIVEN = "given", pgettext_lazy("subject request", "answered")
    REFUSED = "refused", pgettext_lazy("subject request", "refused")


class RefusedBecause(models.TextChoices):
    """What the person is told, word for word: a closed list, so that no reason betrays anything."""

    IDENTITY = "identity", _("who you are could not be verified")
    MANDATE = "mandate", _("who asks for you has not shown that they may")
    UNFOUNDED = "unfounded", _("the request is manifestly unfounded or excessive, for instance because it is repeated")
    OTHERS = "others", _("the answer would affect the rights and freedoms of others")


class SubjectRequestQuerySet(models.QuerySet):
    def of_case(self, access: CaseAccess) -> "SubjectRequestQuerySet":
        """Those of a case this access may know of: recorded by the agency, or of a side whose names and services it
        sees. His side reads none of hers, its own included: the answer names who follows her."""
        if not access:
            return self.none()
        known = Q(agency=access.agency_id)
        for side in (Side.VICTIM, Side.PERPETRATOR):
            if access.can(Category.IDENTITY, side) and access.can(Category.NETWORK, side):
                known |= Q(side=side)
        if access.side == ParticipationSide.PERPETRATOR:
            known &= Q(side=Side.PERPETRATOR)
        return self.filter(known, case=access.case_id)

    def open_for(self, membership: Membership | None) -> "SubjectRequestQuerySet":
        """Those without an answer that the acting agency wrote down, or in the cases it leads: for its seniors."""
        if membership is None or membership.role not in SENIORS:
            return self.none()
        mine = Q(agency=membership.agency_id) | Q(case__lead_agency=membership.agency_id)
        return self.filter(mine, answer=None, case__in=Case.objects.visible_to(membership))


class SubjectRequest(UUIDModel):
    """Somebody asks who had access to their data. Insert-only: the check, the answer, the refusal stand beside it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="subject_requests")
    subject = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    asked_by = models.CharField(_("who asks"), max_length=20, choices=AskedBy.choices)
    representative = models.ForeignKey(CasePerson, on_delete=models.PROTECT, null=True, related_name="+")
    asker_name = EncryptedTextField(_("name of who asks for the person"), blank=True)
    received_on = models.DateField(_("received on"))
    verified = models.CharField(_("how identity was verified"), max_length=20, choices=Verified.choices)
    verified_note = EncryptedTextField(_("what else was seen"), blank=True)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    recorded_at = models.DateTimeField(default=now, editable=False)

    objects = SubjectRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request “who had access to my data”")
        verbose_name_plural = _("requests “who had access to my data”")
        ordering = ["-received_on", "-id"]


class SubjectCheck(UUIDModel):
    """A second person looked at the safety of an answer, and concluded. What they wrote is apart: see the words.

    `covers` is a digest of the list that was looked at: where the list changed since, it is looked at again.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="checks")
    conclusion = models.CharField(max_length=10, choices=CheckConclusion.choices)
    not_before = models.DateField(_("not before"), null=True)
    covers = models.CharField(max_length=64)
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("safety check of a request")
        verbose_name_plural = _("safety checks of requests")
        ordering = ["-checked_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(conclusion="later", not_before__isnull=False)
                | Q(~Q(conclusion="later"), not_before__isnull=True),
                name="sharing_check_until_when",
                violation_error_message=_("Say from which day it may be answered."),
            )
        ]


class SubjectCheckWords(UUIDModel):
    """What the check rests on, for who may know the services of the victim: never the subject, never his side.

    `findings` maps each question of `subject_access.QUESTIONS` to yes, no or unknown.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    check_made = models.OneToOneField(SubjectCheck, on_delete=models.PROTECT, related_name="words")
    findings = EncryptedJSONField()
    reasons = EncryptedTextField(_("what the conclusion rests on"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("reasons of a safety check")
        verbose_name_plural = _("reasons of safety checks")


class SubjectAnswer(UUIDModel):
    """What was answered, once. `document` is all that the paper says, word for word: the same PDF is made of it again,
    and `digest` (SHA-256 of the file) proves it. `lines` is how many services it names.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    request = models.OneToOneField(SubjectRequest, on_delete=models.PROTECT, related_name="answer")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    because = models.CharField(_("why it is refused"), max_length=20, choices=RefusedBecause.choices, blank=True)
    document = EncryptedJSONField()
    lines = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("answer to “who had access to my data”")
        verbose_name_plural = _("answers to “who had access to my data”")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="given", because="") | Q(Q(outcome="refused"), ~Q(because="")),
                name="sharing_refused_because",
                violation_error_message=_("Say why it is refused."),
            )
        ]
