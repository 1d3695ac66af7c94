"""What each person of a case needs, as each service has found it, and what their way here makes useful to know."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case, CasePerson
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel


class Domain(models.TextChoices):
    """What a need is about."""

    LEGAL = "legal", _("rights and procedures")
    HEALTH = "health", _("health")
    PSYCHOSOCIAL = "psychosocial", _("psychological and social support")
    EMPLOYMENT = "employment", _("work")
    EDUCATION = "education", _("school and training")
    HOUSING = "housing", _("housing")
    RESIDENCE = "residence", _("residence permit")
    LANGUAGE = "language", _("language")
    INCOME = "income", _("income")
    CHILDCARE = "childcare", _("someone to mind the children")


CATEGORY_OF = {
    Domain.HEALTH: Category.HEALTH,
    Domain.RESIDENCE: Category.MIGRATION,
    Domain.CHILDCARE: Category.CHILDREN,
}
"""Where a need is read, where that is not with what is psychosocial."""


def category_of(domain: str) -> Category:
    """The category of information under which a need of this domain is read."""
    return CATEGORY_OF.get(Domain(domain), Category.PSYCHOSOCIAL)


class NeedState(models.TextChoices):
    NOT_ASKED = "not_asked", pgettext_lazy("need", "not asked yet")
    NONE = "none", pgettext_lazy("need", "no need")
    NEEDED = "needed", pgettext_lazy("need", "help is needed")
    BEING_MET = "being_met", pgettext_lazy("need", "help is under way")
    MET = "met", pgettext_lazy("need", "met")


class NeedSource(models.TextChoices):
    """Where what is written of a need comes from."""

    PERSON = "person", pgettext_lazy("source of a need", "the person says so")
    OBSERVED = "observed", pgettext_lazy("source of a need", "we have observed it")
    DOCUMENT = "document", pgettext_lazy("source of a need", "a document")
    OTHER = "other", pgettext_lazy("source of a need", "somebody else says so")


def _authored(of: str) -> dict:
    """The columns of who wrote a row, and when it was written."""
    return {"on_delete": models.PROTECT, "related_name": "+", "editable": False, "to": of}


class NeedsAssessment(UUIDModel):
    """The needs of one person, as one service found them, alone or with others. Superseded, never edited.

    What was found stands in its lines, each read under its own category; who reads one of them reads of this row.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(**_authored(Agency))
    author = models.ForeignKey(**_authored(settings.AUTH_USER_MODEL))
    written_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("assessment of needs")
        verbose_name_plural = _("assessments of needs")
        ordering = ["-written_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_person", "agency"], condition=Q(supersedes=None), name="plans_first_needs_once"
            ),
            models.CheckConstraint(condition=Q(side__in=["victim", "perpetrator"]), name="plans_needs_side"),
        ]
        indexes = [models.Index(fields=["case", "-written_at"], name="plans_needs_of_case")]


class NeedLine(UUIDModel):
    """One need of an assessment; what was not asked has no line."""

    assessment = models.ForeignKey(NeedsAssessment, on_delete=models.PROTECT, related_name="lines")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    domain = models.CharField(_("domain"), max_length=20, choices=Domain.choices)
    state = models.CharField(_("need"), max_length=20, choices=NeedState.choices)
    words = EncryptedTextField(_("in words"), blank=True)
    source = models.CharField(_("where this comes from"), max_length=20, choices=NeedSource.choices)
    category = models.CharField(max_length=20, choices=Category.choices, editable=False)
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    agency = models.ForeignKey(**_authored(Agency))

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "domain"], name="plans_need_once"),
            models.CheckConstraint(
                condition=Q(state__in=["none", "needed", "being_met", "met"]), name="plans_need_was_asked"
            ),
            models.CheckConstraint(
                condition=Q(domain="health", category="health")
                | Q(domain="residence", category="migration")
                | Q(domain="childcare", category="children")
                | Q(category="psychosocial") & ~Q(domain__in=["health", "residence", "childcare"]),
                name="plans_need_category",
            ),
        ]


class NeedsPartner(UUIDModel):
    """A service that assessed the needs together with the one that wrote them down, and its place in the case."""

    assessment = models.ForeignKey(NeedsAssessment, on_delete=models.PROTECT, related_name="partners")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, choices=ParticipationSide.choices, editable=False)
    agency = models.ForeignKey(**_authored(Agency))

    class Meta:
        verbose_name = _("service that assessed needs as well")
        verbose_name_plural = _("services that assessed needs as well")
        constraints = [models.UniqueConstraint(fields=["assessment", "partner"], name="plans_needs_partner_once")]


class MigrationBackground(UUIDModel):
    """What of a person's way here is useful for the help they get, and why: the three ways of MOVE §2, no country.

    Never counted and never scored. The latest row of a service holds; a `withdrawn` one says that nothing does.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    migrated = models.BooleanField(_("came to live in Belgium themselves"), default=False)
    other_nationality = models.BooleanField(_("has or had another nationality"), default=False)
    parent_migrated = models.BooleanField(_("a parent came to live in Belgium"), default=False)
    withdrawn = models.BooleanField(default=False, editable=False)
    why = EncryptedTextField(_("why this is useful to the person"))
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    request_key = models.UUIDField(unique=True, editable=False)
    agency = models.ForeignKey(**_authored(Agency))
    author = models.ForeignKey(**_authored(settings.AUTH_USER_MODEL))
    written_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("migration background")
        verbose_name_plural = _("migration backgrounds")
        ordering = ["-written_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_person", "agency"], condition=Q(supersedes=None), name="plans_first_background_once"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn=True, migrated=False, other_nationality=False, parent_migrated=False)
                | Q(withdrawn=False) & (Q(migrated=True) | Q(other_nationality=True) | Q(parent_migrated=True)),
                name="plans_background_says_something",
                violation_error_message=_("Say which of the three it is."),
            ),
            models.CheckConstraint(condition=Q(side__in=["victim", "perpetrator"]), name="plans_background_side"),
        ]
        indexes = [models.Index(fields=["case", "-written_at"], name="plans_background_of_case")]
