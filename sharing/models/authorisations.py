from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from agencies.enums import AgencyKind
from agencies.models import Agency
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from common.clock import now
from common.models import UUIDModel


class AuthorisationQuerySet(models.QuerySet):
    def live(self) -> "AuthorisationQuerySet":
        """Neither past their end nor taken back, by the database's clock."""
        return self.filter(
            Q(valid_until=None) | Q(valid_until__gt=Now()),
            ~Exists(AuthorisationEnd.objects.filter(authorisation=OuterRef("pk"))),
        )

    def of_case(self, access: CaseAccess) -> "AuthorisationQuerySet":
        """Those of a case this access may know of: the agency's own, or to it; all of them where it reads judicial
        content and may know which services follow her, since each names one.
        """
        if not access:
            return self.none()
        own = access.agency_id
        known = Q(agency=own) | Q(recipient=own) | Q(prosecutor=own)
        if access.can(Category.JUDICIAL, Side.CASE) and access.can(Category.NETWORK, Side.VICTIM):
            known = Q()
        return self.filter(known, case=access.case_id)

    def covering(self, *, case: Case, recipient: Agency) -> "AuthorisationQuerySet":
        """Those that may serve this recipient in this case: standing ones and those of the case itself."""
        return self.filter(
            Q(case=None) | Q(case=case),
            Q(recipient=recipient) | Q(recipient=None, recipient_kinds__contains=[recipient.kind]),
        )


class ProsecutorAuthorisation(UUIDModel):
    """A prosecutor allows records of police or justice to reach a service: once for a case, or standing (no case).

    Insert-only; it names one service, or kinds of services.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")
    prosecutor = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    magistrate = models.CharField(_("magistrate"), max_length=150)
    reference = models.CharField(_("reference of the authorisation"), max_length=100)
    recipient = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    recipient_kinds = ArrayField(models.CharField(max_length=40, choices=AgencyKind.choices), default=list, blank=True)
    categories = ArrayField(models.CharField(max_length=20, choices=Category.choices))
    given_on = models.DateField(_("given on"))
    valid_until = models.DateTimeField(_("until"), null=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    objects = AuthorisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("prosecutor's authorisation")
        verbose_name_plural = _("prosecutor's authorisations")
        ordering = ["-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(recipient__isnull=False) | ~Q(recipient_kinds=[]),
                name="sharing_authorisation_for_whom",
                violation_error_message=_("Say to which service, or to which kinds of services."),
            )
        ]

    @property
    def standing(self) -> bool:
        """Whether it serves every case, not one."""
        return self.case_id is None


class AuthorisationEnd(UUIDModel):
    """The prosecutor takes it back: a row of its own. What rested on it ends with it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")
    authorisation = models.OneToOneField(ProsecutorAuthorisation, on_delete=models.PROTECT, related_name="taken_back")
    reason = models.CharField(max_length=300)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(default=now)
