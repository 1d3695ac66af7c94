from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Now
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel

from .enums import AgencyKind, AgencySide, Phase, Role


class AgencyQuerySet(models.QuerySet):
    def active(self) -> "AgencyQuerySet":
        return self.filter(is_active=True)


class Agency(UUIDModel):
    """A service that takes part. Its Django group is what permission rows are granted to."""

    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="agency", editable=False)
    name = models.CharField(_("name"), max_length=150, unique=True)
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
    accepts_referrals = models.BooleanField(_("accepts referrals"), default=True)
    capacity = models.PositiveIntegerField(_("capacity"), null=True, blank=True)
    answer_hours = models.PositiveSmallIntegerField(_("usual answer time (hours)"), default=48)
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
        ]

    def __str__(self) -> str:
        return self.short_name


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


class PartnershipKind(models.TextChoices):
    DISPOSITIF = "dispositif", _("concertation scheme")
    PLATFORM = "platform", _("local platform")


class PartnershipQuerySet(models.QuerySet):
    def live(self) -> "PartnershipQuerySet":
        """Those that have begun and not ended, by the database's clock."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=Now()), starts_at__lte=Now())


class Partnership(UUIDModel):
    """Agencies that meet under one act, which says at least who may take part, for what purpose and how."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=PartnershipKind.choices)
    territory = ArrayField(
        models.CharField(max_length=10), verbose_name=_("territory (postal codes)"), default=list, blank=True
    )
    act = models.CharField(
        _("authorising act"),
        max_length=300,
        help_text=_("The text of law, or the prosecutor's motivated authorisation, with its date."),
    )
    purpose = models.TextField(_("purpose"))
    who_takes_part = models.TextField(_("who may take part"))
    modalities = models.TextField(_("modalities"))
    starts_at = models.DateTimeField(_("from"), default=now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("partnership")
        verbose_name_plural = _("partnerships")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="agencies_partnership_dates",
                violation_error_message=_("The end is before the beginning."),
            )
        ]


class PartnershipMemberQuerySet(models.QuerySet):
    def live(self) -> "PartnershipMemberQuerySet":
        """Agencies that take part now in a partnership that holds now."""
        return self.filter(
            Q(ends_at=None) | Q(ends_at__gt=Now()),
            Q(partnership__ends_at=None) | Q(partnership__ends_at__gt=Now()),
            starts_at__lte=Now(),
            partnership__starts_at__lte=Now(),
        )


class PartnershipMember(UUIDModel):
    """An agency's part in a partnership, from and until; one may coordinate."""

    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="members")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="partnerships")
    coordinates = models.BooleanField(_("coordinates"), default=False)
    starts_at = models.DateTimeField(_("from"), default=now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = PartnershipMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a partnership")
        verbose_name_plural = _("members of partnerships")
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "agency"], condition=Q(ends_at=None), name="agencies_partner_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="agencies_partner_dates"
            ),
        ]


# --- training ---------------------------------------------------------------------------------------------
class TrainingCourse(UUIDModel):
    """A training that an act asks for, by its code. Reference data: the titles by language, {"fr", "en"[, "nl"]}."""

    code = models.SlugField(max_length=60, unique=True)
    title = models.JSONField()
    provenance = models.JSONField()  # the same words by language
    verified_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
        ordering = ["code"]


class TrainingRecordQuerySet(models.QuerySet):
    def live(self) -> "TrainingRecordQuerySet":
        """Not run out and not taken back, by the database's clock."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gte=Cast(Now(), models.DateField())), withdrawal=None)


class TrainingRecord(UUIDModel):
    """Somebody has followed a training, as their service says. Insert-only; taken back by a row of its own."""

    course = models.ForeignKey(TrainingCourse, on_delete=models.PROTECT, related_name="records")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trainings")
    followed_on = models.DateField(_("followed on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    evidence = models.CharField(_("certificate, or who confirms it"), max_length=200)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=now)

    objects = TrainingRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("training followed")
        verbose_name_plural = _("trainings followed")
        ordering = ["-followed_on", "-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("followed_on")),
                name="agencies_training_dates",
                violation_error_message=_("The end is before the beginning."),
            )
        ]


class TrainingWithdrawal(UUIDModel):
    """A training record that does not hold: written by mistake, or no longer valid."""

    record = models.OneToOneField(TrainingRecord, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(_("reason"), max_length=200)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("training record taken back")
        verbose_name_plural = _("training records taken back")
