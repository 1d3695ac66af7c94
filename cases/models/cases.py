"""Cases, and who may work on them."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from agencies.models import Agency, Membership
from agencies.perms import may_see_cases
from cases.enums import (
    CATEGORY_CODENAMES,
    CONTRIBUTE,
    COORDINATE,
    VIEW_OWN_WORK,
    Level,
    ParticipationSide,
    RestrictionCode,
    Stage,
)
from common.clock import now
from common.fields import EncryptedTextField
from common.ids import uuid7
from common.models import UUIDModel


class CaseQuerySet(models.QuerySet):
    def visible_to(self, membership: Membership | None) -> "CaseQuerySet":
        """Cases this member may know to exist, for the agency they act for. One query; nobody sees nothing.

        Honours the end of each permission with the database's clock, personal exclusions and restricted cases.
        """
        if not may_see_cases(membership):
            return self.none()
        granted = CaseGroupObjectPermission.objects.live().filter(
            content_object=OuterRef("pk"), group=membership.agency.group_id, permission__codename="view_case"
        )
        named = CaseUserObjectPermission.objects.live().filter(
            content_object=OuterRef("pk"), user=membership.user_id, permission__codename="view_case"
        )
        excluded = CaseExclusion.objects.filter(case=OuterRef("pk"), user=membership.user_id)
        return self.filter(Exists(granted), Q(restricted=False) | Exists(named)).exclude(Exists(excluded))

    def led_by(self, membership: Membership | None) -> "CaseQuerySet":
        """Those this member sees, whose lead is their agency and does not stand on his side: what is told to a lead of
        her is told there.
        """
        if not may_see_cases(membership):
            return self.none()
        his = CaseGroupObjectPermission.objects.live().filter(
            content_object=OuterRef("pk"), group=membership.agency.group_id, side=ParticipationSide.PERPETRATOR
        )
        return self.visible_to(membership).filter(lead_agency=membership.agency_id).exclude(Exists(his))


class Case(UUIDModel):
    """One situation worked on together. The reference is all that is said of it outside."""

    reference = models.CharField(_("reference"), max_length=20, unique=True, editable=False)
    stage = models.CharField(_("stage"), max_length=20, choices=Stage.choices, default=Stage.OPENED)
    level = models.CharField(_("level of risk"), max_length=10, choices=Level.choices, blank=True)
    level_at = models.DateTimeField(null=True)
    level_provisional = models.BooleanField(default=False)
    reassess_by = models.DateTimeField(null=True)
    monitored_since = models.DateTimeField(null=True)
    opposing_since = models.DateTimeField(_("addresses closed because of opposing reports"), null=True)
    classification = models.CharField(_("classification"), max_length=20, blank=True)
    lead_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="led_cases")
    reference_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("reference person"),
    )
    restricted = models.BooleanField(_("restricted to named persons"), default=False)
    opened_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    supervised_until = models.DateTimeField(_("under supervision until"), null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        default_permissions = ()
        permissions = [
            ("view_case", "know the case and its summary"),
            (VIEW_OWN_WORK, "keep one's own work, read-only"),
            (CONTRIBUTE, "add to the case"),
            (COORDINATE, "coordinate the case"),
            *((name, name.replace("_", " ")) for name in CATEGORY_CODENAMES),
        ]

    def __str__(self) -> str:
        return self.reference


class PermissionQuerySet(models.QuerySet):
    def live(self):
        """Rows whose end has not come, by the database's clock."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()))


class CaseGroupObjectPermission(GroupObjectPermissionBase):
    """guardian's direct table: what an agency may see of a case now, the sum of its live sharing decisions.

    The `view_case` row is the agency's participation: it carries its side and the sort keys **as that agency may know
    them**, kept by triggers, so that any agency's list is one index range. Written by `cases.access` alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)
    expires_at = models.DateTimeField(null=True)
    side = models.CharField(max_length=20, choices=ParticipationSide.choices, blank=True)
    sort_severity = models.SmallIntegerField(null=True, editable=False)
    sort_at = models.DateTimeField(null=True, editable=False)

    objects = PermissionQuerySet.as_manager()

    class Meta(GroupObjectPermissionBase.Meta):
        unique_together = ["group", "permission", "content_object"]
        indexes = [
            models.Index(
                "group", "permission", "sort_severity", F("sort_at").desc(), F("content_object").desc(),
                name="cases_list",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"permission {self.pk}"


class CaseUserObjectPermission(UserObjectPermissionBase):
    """guardian's direct table for single persons: restricted cases and agencies that name their workers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    content_object = models.ForeignKey(Case, on_delete=models.CASCADE)
    expires_at = models.DateTimeField(null=True)

    objects = PermissionQuerySet.as_manager()

    class Meta(UserObjectPermissionBase.Meta):
        unique_together = ["user", "permission", "content_object"]

    def __str__(self) -> str:
        return f"permission {self.pk}"


class CaseExclusion(UUIDModel):
    """A conflict of interest that holds now: this person never learns that the case exists.

    Like the permission rows, what holds and nothing else, written by `cases.access` alone: who decided it, why, and its
    end are `RestrictionAct`s, which the excluded person can read in no way.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exclusions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="cases_exclusion_once")]


class RestrictionAct(UUIDModel):
    """Who decided who may work on a case, and why. Insert-only: what no longer holds ends by an act of its own.

    `user` is the person named, taken off, excluded or let in again, `user_agency` the service they were chosen in; both
    empty for the restriction of the case itself and its end. The reason is encrypted.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="restriction_acts")
    code = models.CharField(max_length=20, choices=RestrictionCode.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    user_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, related_name="+")
    reason = EncryptedTextField(_("reason"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("decision on who may work on the case")
        verbose_name_plural = _("decisions on who may work on the case")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__in=["restricted", "lifted"], user=None, user_agency=None)
                | Q(code__in=["named", "taken_off", "excluded", "let_in"], user__isnull=False),
                name="cases_restriction_act_whom",
            )
        ]
