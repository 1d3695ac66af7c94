from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Membership
from cases.access import kept_out
from cases.enums import Side
from cases.models import Case, CasePerson
from common.clock import now
from common.models import UUIDModel


class MatchNoticeQuerySet(models.QuerySet):
    def told_to(self, membership: Membership | None) -> "MatchNoticeQuerySet":
        """Those this member may know of, acting for their agency: told to it, its own case visible, and the person kept
        out of neither case. Nothing where matching is switched off.
        """
        if membership is None or not settings.MATCHING_ENABLED:
            return self.none()
        visible = Case.objects.visible_to(membership)
        agency, user = membership.agency_id, membership.user_id
        as_new = self.filter(tells_new=True, new_agency=agency, new_case__in=visible)
        as_holder = self.filter(tells_holder=True, holder=agency, held_case__in=visible)
        return self.filter(
            Q(pk__in=as_new.exclude(kept_out(case="held_case_id", user=user)).values("pk"))
            | Q(pk__in=as_holder.exclude(kept_out(case="new_case_id", user=user)).values("pk"))
        )

    def waiting_for(self, agency_id: object) -> "MatchNoticeQuerySet":
        """Those the agency has done nothing about, or about which it has been asked since."""
        mine = MatchMove.objects.filter(notice=OuterRef("pk"), agency=agency_id)
        later = MatchMove.objects.filter(notice=OuterRef("notice"), agency=agency_id, at__gte=OuterRef("at"))
        asked = MatchMove.objects.filter(notice=OuterRef("pk"), act=MatchAct.ASKED).exclude(agency=agency_id)
        return self.filter(~Exists(mine) | Exists(asked.filter(~Exists(later))))


class MatchNotice(UUIDModel):
    """Two services work with persons who may be the same, in two cases. Insert-only; says who is told, and nothing of
    either case.

    The new agency is the one whose act made the match, the holder worked on the other case before. `pair` makes it once
    for two services and two cases, whichever comes second.
    """

    new_case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    new_agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    held_case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    tells_new = models.BooleanField()
    tells_holder = models.BooleanField()
    pair = models.CharField(max_length=64, unique=True)
    found_at = models.DateTimeField(default=now)

    objects = MatchNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("same person in two cases")
        verbose_name_plural = _("same persons in two cases")
        ordering = ["-found_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(tells_new=True) | Q(tells_holder=True), name="sharing_match_tells"),
            models.CheckConstraint(
                condition=~Q(new_case=F("held_case")) & ~Q(new_agency=F("holder")), name="sharing_match_two"
            ),
        ]

    @property
    def open_between(self) -> bool:
        """Whether each of the two knows of the other, so that one may ask and the other answer."""
        return self.tells_new and self.tells_holder

    def own_case_id(self, agency_id: object) -> object:
        """The case of this one of the two services."""
        return self.new_case_id if agency_id == self.new_agency_id else self.held_case_id

    def other(self, agency_id: object) -> Agency:
        """The other service."""
        return self.holder if agency_id == self.new_agency_id else self.new_agency


class MatchedPersons(UUIDModel):
    """Which persons of the two cases may be one. Insert-only; never shown to who may not see the person anyway."""

    notice = models.ForeignKey(MatchNotice, on_delete=models.PROTECT, related_name="persons")
    new_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    held_person = models.ForeignKey(CasePerson, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=20, choices=Side.choices)
    verdict = models.CharField(max_length=10)
    reasons = ArrayField(models.CharField(max_length=20))
    found_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "new_person", "held_person"], name="sharing_matched_once")
        ]


class MatchAct(models.TextChoices):
    ASKED = "asked", _("asked")
    CONTACTED = "contacted", _("got in touch")
    SHARING = "sharing", _("prepares a sharing decision")
    NOTHING = "nothing", _("nothing to do")


class MatchMove(UUIDModel):
    """What a service did about a match: a row of its own, insert-only."""

    notice = models.ForeignKey(MatchNotice, on_delete=models.PROTECT, related_name="moves")
    act = models.CharField(max_length=10, choices=MatchAct.choices)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["notice", "agency", "act"], name="sharing_match_move_once")]
