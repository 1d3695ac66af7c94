from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from agencies.enums import AgencyKind, AgencySide, Phase, Role
from common.clock import now
from common.models import UUIDModel

LISTED = Q(entered_by=None) | Q(checked_at__isnull=False)
"""Opened by an administrator, or entered by who refers and confirmed since."""


class AgencyQuerySet(models.QuerySet):
    def active(self) -> "AgencyQuerySet":
        """Those of the list: what a sender entered is none until an administrator has confirmed it."""
        return self.filter(LISTED, is_active=True)

    def to_refer_to(self, agency_id: object) -> "AgencyQuerySet":
        """Those, and what this agency entered itself."""
        return self.filter(LISTED | Q(entered_by=agency_id), is_active=True)

    def to_check(self) -> "AgencyQuerySet":
        """Entered by who refers, neither confirmed nor closed."""
        return self.filter(~LISTED, is_active=True)


class Agency(UUIDModel):
    """A service that takes part. Its Django group is what permission rows are granted to.

    `entered_by` is the agency that named it because it was not in the list: it alone refers to it while `checked_at` is
    empty.
    """

    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="agency", editable=False)
    name = models.CharField(_("name"), max_length=150)
    short_name = models.CharField(_("short name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=40, choices=AgencyKind.choices)
    phase = models.PositiveSmallIntegerField(
        _("phase of intervention"), choices=Phase.choices, default=Phase.FIRST_LINE
    )
    side = models.CharField(_("usual side"), max_length=20, choices=AgencySide.choices, default=AgencySide.NEUTRAL)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent agency"),
        help_text=_("The parent never inherits what this agency may see."),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True)
    territory = ArrayField(
        models.CharField(max_length=10), verbose_name=_("territory (postal codes)"), default=list, blank=True
    )
    public_contact = models.CharField(_("public contact"), max_length=200, blank=True)
    professional_phone = models.CharField(_("phone for professionals"), max_length=40, blank=True)
    professional_email = models.EmailField(_("e-mail for professionals"), blank=True)
    duty_phone = models.CharField(
        _("duty phone"),
        max_length=40,
        blank=True,
        help_text=_("Shown to colleagues when a follow-up stays unanswered."),
    )
    public_duty_phone = models.CharField(
        _("public duty phone"),
        max_length=40,
        blank=True,
        help_text=_("Printed on posters and papers that anybody may read."),
    )
    accepts_referrals = models.BooleanField(_("accepts referrals"), default=True)
    capacity = models.PositiveIntegerField(_("capacity"), null=True, blank=True)
    free_places = models.PositiveIntegerField(
        _("free places"), null=True, blank=True, help_text=_("Nothing: not said. 0: full, no referral is taken.")
    )
    waiting_days = models.PositiveSmallIntegerField(_("waiting time (days)"), null=True, blank=True)
    capacity_told_at = models.DateTimeField(null=True, editable=False)
    answer_hours = models.PositiveSmallIntegerField(_("usual answer time (hours)"), default=48)
    without_account = models.BooleanField(
        _("works without an account"),
        default=False,
        help_text=_("Referrals reach it by letter and a one-time page; nothing of a case is opened to it."),
    )
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True, db_default="", default="")
    entered_by = models.ForeignKey(
        "self", verbose_name=_("entered by"), on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )
    checked_at = models.DateTimeField(_("confirmed on"), null=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="agencies_agency_not_its_own_parent",
                violation_error_message=_("An agency cannot be its own parent."),
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=LISTED,
                name="agencies_agency_name_once",
                violation_error_code="name_taken",
                violation_error_message=_("An agency already has this name."),
            ),
            models.UniqueConstraint(
                fields=["entered_by", "name"],
                condition=Q(checked_at=None),
                name="agencies_agency_entered_once",
                violation_error_code="name_taken",
                violation_error_message=_("You have entered this service already."),
            ),
        ]

    def __str__(self) -> str:
        return self.short_name

    @property
    def to_be_checked(self) -> bool:
        """Whether no administrator has confirmed what a sender entered."""
        return self.entered_by_id is not None and self.checked_at is None


class MembershipQuerySet(models.QuerySet):
    def live(self) -> "MembershipQuerySet":
        """Memberships that hold now, by the database's clock."""
        return self.filter(
            Q(ends_at=None) | Q(ends_at__gt=Now()),
            starts_at__lte=Now(),
            user__is_active=True,
            agency__is_active=True,
        )


class Membership(UUIDModel):
    """A person's role in an agency. Two hats are two memberships; one of them acts at a time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=30, choices=Role.choices)
    profession = models.CharField(_("profession"), max_length=80, blank=True)
    starts_at = models.DateTimeField(_("from"), default=now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "agency"],
                condition=Q(ends_at=None),
                name="agencies_membership_once",
                violation_error_message=_("This person already belongs to this agency."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="agencies_membership_dates",
                violation_error_message=_("The end is before the beginning."),
            ),
        ]


class Invitation(UUIDModel):
    """A single-use way in for one person, tied to an agency and a role. Only a hash of the secret is kept."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    given_name = models.CharField(_("given name"), max_length=100)
    family_name = models.CharField(_("family name"), max_length=100)
    role = models.CharField(_("role"), max_length=30, choices=Role.choices)
    profession = models.CharField(_("profession"), max_length=80, blank=True)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at"]
