"""Who knows a child, and with whom the child is."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.enums import ArrangementSource, ChildContactKind, LivesWith
from common.clock import now
from common.fields import EncryptedTextField
from common.models import UUIDModel

from .cases import Case
from .people import CasePerson


class ChildContact(UUIDModel):
    """Who else knows a child: school, childcare, child protection. Superseded, never edited.

    Category `children` of the victim's side, and never read on his side: it leads to the child.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="child_contacts")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="child_contacts")
    kind = models.CharField(_("what it is"), max_length=20, choices=ChildContactKind.choices)
    name = EncryptedTextField(_("name"))
    contact = EncryptedTextField(_("whom to speak to, and how"), blank=True)
    knows = models.BooleanField(_("has been told of the situation"), null=True, blank=True)
    instructions = EncryptedTextField(_("what may be said there, and what not"), blank=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    recorded_at = models.DateTimeField(default=now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("contact of a child")
        verbose_name_plural = _("contacts of children")
        ordering = ["recorded_at"]


class ChildArrangement(UUIDModel):
    """With whom a child is when, where one hands the child over, who may fetch at school. The latest row holds.

    Category `children` of the victim's side, and never read on his side.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="child_arrangements")
    case_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="child_arrangements")
    lives_with = models.CharField(_("lives"), max_length=20, choices=LivesWith.choices)
    source = models.CharField(_("this rests on"), max_length=20, choices=ArrangementSource.choices)
    schedule = EncryptedTextField(_("who has the child when"), blank=True)
    handover = EncryptedTextField(_("where and how one hands the child over"), blank=True)
    may_fetch = EncryptedTextField(_("who may fetch the child at school"), blank=True)
    must_not_fetch = EncryptedTextField(_("who must not fetch the child"), blank=True)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    recorded_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("arrangement for a child")
        verbose_name_plural = _("arrangements for children")
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_person"], condition=Q(supersedes=None), name="cases_first_arrangement_once"
            )
        ]
