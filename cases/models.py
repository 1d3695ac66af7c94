from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from agencies.models import Agency, Membership
from agencies.perms import may_see_cases
from common.clock import now
from common.fields import EncryptedTextField
from common.ids import uuid7
from common.models import UUIDModel

from .enums import (
    CATEGORY_CODENAMES,
    CONTRIBUTE,
    COORDINATE,
    VIEW_OWN_WORK,
    Category,
    ContactKind,
    EventCode,
    Level,
    Origin,
    ParticipationSide,
    PersonRole,
    RestrictionCode,
    Safe,
    Side,
    Stage,
)


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


class Case(UUIDModel):
    """One situation worked on together. The reference is all that is said of it outside."""

    reference = models.CharField(_("reference"), max_length=20, unique=True, editable=False)
    stage = models.CharField(_("stage"), max_length=20, choices=Stage.choices, default=Stage.OPENED)
    level = models.CharField(_("level of risk"), max_length=10, choices=Level.choices, blank=True)
    level_at = models.DateTimeField(null=True)
    level_provisional = models.BooleanField(default=False)
    reassess_by = models.DateTimeField(null=True)
    monitored_since = models.DateTimeField(null=True)
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
                "group", "permission", "sort_severity", models.F("sort_at").desc(), models.F("content_object").desc(),
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


class Person(UUIDModel):
    """A person of a case: victim, presumed perpetrator, child… Names are sorted by `sort_name`."""

    given_name = models.CharField(_("given name"), max_length=100, blank=True)
    family_name = models.CharField(_("family name"), max_length=100, blank=True)
    sort_name = models.CharField(max_length=220, editable=False)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True)
    interpreter_needed = models.BooleanField(_("needs an interpreter"), default=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        # equality alone: what an emergency search asks, under a policy that no other operator passes
        indexes = [
            models.Index(fields=["sort_name"], name="cases_person_name"),
            models.Index(fields=["birth_date"], name="cases_person_birth"),
        ]

    @property
    def full_name(self) -> str:
        """Given and family name; "" where neither is known."""
        return f"{self.given_name} {self.family_name}".strip()


class CasePerson(UUIDModel):
    """A person's place in a case. `side` follows the role."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="case_persons")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="case_persons")
    role = models.CharField(_("role"), max_length=30, choices=PersonRole.choices)
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    relationship = models.CharField(_("relationship"), max_length=100, blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("person of the case")
        verbose_name_plural = _("persons of the case")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "person"],
                name="cases_person_one_role",
                violation_error_message=_("The same person cannot be both victim and presumed perpetrator."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=["victim", "child"], side="victim")
                | Q(role__in=["presumed_perpetrator", "convicted"], side="perpetrator")
                | Q(role__in=["third_party", "witness"], side="case"),
                name="cases_person_side_follows_role",
            ),
        ]


class ContactPoint(UUIDModel):
    """A way to reach a person, with its rules. Superseded, never edited; the value is encrypted.

    The address of a refuge is not a contact point: nobody writes it down here.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="contact_points")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="contact_points")
    side = models.CharField(max_length=20, choices=Side.choices, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=ContactKind.choices)
    value = EncryptedTextField(_("number or address"), blank=True)
    safe = models.CharField(_("is it safe?"), max_length=10, choices=Safe.choices, default=Safe.UNKNOWN)
    hours = models.CharField(_("when"), max_length=100, blank=True)
    may_sms = models.BooleanField(_("text message allowed"), default=False)
    may_leave_message = models.BooleanField(_("voice message allowed"), default=False)
    say = EncryptedTextField(_("what to say"), blank=True)
    must_not_answer = EncryptedTextField(_("who must not answer"), blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PERSON, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    recorded_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        ordering = ["recorded_at"]


class MatchKey(UUIDModel):
    """One keyed digest under which a person of a case is found again: no name, and nothing to reverse without the key.

    Written and read by `cases.matching` alone, derived from the person: what changes is written anew.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="match_keys")
    case_person = models.ForeignKey(CasePerson, on_delete=models.CASCADE, related_name="match_keys")
    side = models.CharField(max_length=20, choices=Side.choices)
    kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=32)

    class Meta:
        indexes = [models.Index(fields=["digest"], name="cases_match_digest")]


class NameWord(models.Model):
    """A word of a name, from where it begins to the next space, for each agency that takes part in the case.

    Kept by triggers of the database from `Person.sort_name`; the application may neither read nor write it. What is
    found in it is asked of `cases_search`, which answers from the permissions that hold (see `cases/search.py`).
    """

    pk = models.CompositePrimaryKey("case_person_id", "group_id", "word")
    # DO_NOTHING: a trigger removes the rows, and Django could not look for them
    case_person = models.ForeignKey(CasePerson, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    group = models.ForeignKey(Group, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    word = models.TextField()
    opened_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["group", "word"],
                opclasses=["int4_ops", "text_pattern_ops"],
                include=["opened_at", "case_person"],
                name="cases_name_words",
            )
        ]

    def __str__(self) -> str:
        return "word of a name"


class Note(UUIDModel):
    """What a service writes: facts and statements apart from appreciation (law of 30 July 2018, art. 32)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    category = models.CharField(_("category"), max_length=20, choices=Category.choices)
    side = models.CharField(_("about"), max_length=20, choices=Side.choices)
    internal = models.BooleanField(_("internal to the agency"), default=False)
    facts = models.TextField(_("facts observed"), blank=True)
    statements = models.TextField(_("statements"), blank=True)
    appreciation = models.TextField(_("appreciation"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    written_at = models.DateTimeField(default=now, editable=False)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-written_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(facts="", statements="", appreciation=""),
                name="cases_note_not_empty",
                violation_error_message=_("Write at least facts, statements or an appreciation."),
            )
        ]


class CaseEvent(UUIDModel):
    """A line of the timeline: coded, filtered by category × side like everything else, says whose move is next.

    `payload` holds identifiers and codes, never a name or a free text.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(default=now)
    code = models.CharField(max_length=40, choices=EventCode.choices)
    category = models.CharField(max_length=20, choices=Category.choices)
    side = models.CharField(max_length=20, choices=Side.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    payload = models.JSONField(default=dict)
    next_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", null=True)
    next_act = models.CharField(max_length=40, blank=True)
    next_due_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index("case", models.F("at").desc(), models.F("id").desc(), name="cases_timeline")]
