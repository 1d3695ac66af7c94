"""The people of a case, how to reach them, how they are found."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import ContactKind, Gender, Origin, PersonRole, Safe, Side
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .cases import Case


class Person(UUIDModel):
    """A person of a case: victim, presumed perpetrator, child… Names are sorted by `sort_name`."""

    given_name = models.CharField(_("given name"), max_length=100, blank=True)
    family_name = models.CharField(_("family name"), max_length=100, blank=True)
    sort_name = models.CharField(max_length=220, editable=False)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=10, choices=Gender.choices, blank=True)
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
