"""What each way in opens by default to each kind of agency: drafted, checked, published as a version. Never edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from agencies.enums import AgencyKind, AgencySide
from agencies.models import Membership
from agencies.perms import may_administer_platform
from audit.models import Action
from audit.services import record
from cases.enums import Category, ParticipationSide, Side
from cases.services import check
from cases.words import about
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock

from .grants import of_judicial_origin, permission_of, refused_to, usual_side
from .models import SharingDefault, SharingDefaultDraft, WayIn

SUBJECT = "subject"
"""Stands for the side of the person referred."""
LONGEST_DAYS = 3653
EDITABLE = (WayIn.RECORDING, WayIn.J2_CONTACT, WayIn.COMPLAINT, WayIn.REFERRAL, WayIn.DECISION, WayIn.COORDINATION)
ABOUT_SOMEBODY = frozenset({WayIn.REFERRAL})
"""Ways in that begin with a person, whose side decides."""


@dataclass(frozen=True)
class Change:
    """What a draft would change of the version in force: pairs opened and closed from then on."""

    opened: tuple[str, ...]
    closed: tuple[str, ...]


def pairs(way_in: str) -> list[str]:
    """Every "category:side" this way in may open."""
    sides = (SUBJECT, Side.CASE) if way_in in ABOUT_SOMEBODY else tuple(Side)
    return [
        f"{category}:{side}"
        for category in Category
        if category not in (Category.SUMMARY, Category.NETWORK)
        for side in sides
    ]


def never(way_in: str, kind: str) -> dict[str, str]:
    """Of `pairs`, those that can be opened to this kind by no default, with the reason: the hard refusals."""
    refused: dict[str, str] = {}
    if way_in != WayIn.RECORDING:  # an agency's own record opens to itself
        # the row of every other kind reaches services outside justice, a CPAS for one
        for item in of_judicial_origin(pairs(way_in), recipient_kind=kind or AgencyKind.CPAS):
            refused[item] = _("of judicial origin: only on a prosecutor's authorisation")
    if usual_side(kind=kind, side=_side_of(kind)) == ParticipationSide.PERPETRATOR:
        closed = refused_to(ParticipationSide.PERPETRATOR)
        for item in pairs(way_in):
            if not item.endswith(f":{SUBJECT}") and permission_of(item) in closed:
                refused[item] = _("never opened to who works with the presumed perpetrator")
    return refused


def _side_of(kind: str) -> str:
    his = {AgencyKind.PERPETRATOR_PROGRAMME, AgencyKind.PRISON_AID}
    return AgencySide.PERPETRATOR if kind in his else AgencySide.NEUTRAL


def in_force(way_in: str, kind: str) -> SharingDefault | None:
    """The latest version for exactly this kind (empty: every kind without a row of its own)."""
    return SharingDefault.objects.filter(way_in=way_in, agency_kind=kind).order_by("-version").first()


def served(way_in: str, kind: str) -> SharingDefault:
    """What serves this kind today: its own version, else that of every other kind, else nothing."""
    return in_force(way_in, kind) or in_force(way_in, "") or SharingDefault(grants=[])


def versions(way_in: str, kind: str) -> list[SharingDefault]:
    """All versions ever published, the latest first."""
    return list(SharingDefault.objects.filter(way_in=way_in, agency_kind=kind).order_by("-version"))


def save_draft(
    *,
    by: Membership,
    way_in: str,
    kind: str,
    grants: Sequence[str],
    contributes: bool,
    valid_days: int | None,
    reason: str,
    verified_on: date | None = None,
) -> SharingDefaultDraft:
    """Write the draft of a default; nothing changes for anybody. Raises Refused, RuleBroken by field."""
    _check_may(by)
    errors: dict[str, list[str]] = {}
    if way_in not in EDITABLE or (kind and kind not in AgencyKind.values):
        errors["grants"] = [_("This default cannot be changed here.")]
    elif unknown := set(grants) - set(pairs(way_in)):
        errors["grants"] = [_("Choose among the categories listed.")] if unknown else []
    elif closed := set(never(way_in, kind)) & set(grants):
        errors["grants"] = [
            _("Never opened by default: %(what)s.")
            % {"what": ", ".join(f"{words(item)} ({never(way_in, kind)[item]})" for item in sorted(closed))}
        ]
    if problem := text_problem(reason, most=300, missing=_("Say why it changes, and on whose decision.")):
        errors["reason"] = [problem]
    if valid_days is not None and not 1 <= valid_days <= LONGEST_DAYS:
        errors["valid_days"] = [_("Between 1 and %(days)d days, or empty for no end.") % {"days": LONGEST_DAYS}]
    if verified_on is not None and verified_on > local(now()).date():
        errors["verified_on"] = [_("The date of the verification cannot be in the future.")]
    if errors:
        raise RuleBroken(errors)
    _lock(way_in, kind)
    draft = SharingDefaultDraft.objects.filter(way_in=way_in, agency_kind=kind).first()
    draft = draft or SharingDefaultDraft(way_in=way_in, agency_kind=kind)
    draft.grants = sorted(set(grants))
    draft.contributes = contributes
    draft.valid_days = valid_days
    draft.reason = reason.strip()
    draft.verified_on = verified_on
    draft.edited_by = by.user
    draft.edited_at = now()
    check(draft)
    draft.save()
    return draft


def discard(*, by: Membership, draft: SharingDefaultDraft) -> None:
    """Throw a draft away. Raises Refused."""
    _check_may(by)
    draft.delete()


def publish(*, by: Membership, draft: SharingDefaultDraft) -> SharingDefault:
    """Put the draft in force from now on as a version of its own; what was decided before stays as it was.

    Raises Refused, RuleBroken when the draft changes nothing, is gone, or would open what is never opened.
    """
    _check_may(by)
    _lock(draft.way_in, draft.agency_kind)
    current = SharingDefaultDraft.objects.filter(pk=draft.pk).first()
    if current is None or current.edited_at != draft.edited_at:
        raise RuleBroken(_("A colleague has changed this draft in the meantime. Look at it again first."))
    if set(never(current.way_in, current.agency_kind)) & set(current.grants):
        raise RuleBroken(_("This draft opens what is never opened by default."))
    before = in_force(current.way_in, current.agency_kind)
    if before is not None and _same(before, current):
        raise RuleBroken(_("This draft changes nothing."))
    published = SharingDefault.objects.create(
        way_in=current.way_in,
        agency_kind=current.agency_kind,
        grants=current.grants,
        contributes=current.contributes,
        valid_days=current.valid_days,
        provenance={"fr": current.reason, "en": current.reason},
        verified_on=current.verified_on,
        version=before.version + 1 if before else 1,
    )
    current.delete()
    record(
        action=Action.DECIDED,
        object_kind="sharing.SharingDefault",
        object_id=published.pk,
        fields=published.grants,
        reason=f"{published.way_in} {published.agency_kind} v{published.version}".strip(),
    )
    return published


def change_of(draft: SharingDefaultDraft) -> Change:
    """What publishing this draft would open and close."""
    held = set(served(draft.way_in, draft.agency_kind).grants)
    return Change(tuple(sorted(set(draft.grants) - held)), tuple(sorted(held - set(draft.grants))))


def _same(one: SharingDefault, other: SharingDefaultDraft) -> bool:
    return (sorted(one.grants), one.contributes, one.valid_days, one.verified_on) == (
        sorted(other.grants), other.contributes, other.valid_days, other.verified_on,
    )  # fmt: skip


def words(item: str) -> str:
    """A "category:side" pair as administrators read it."""
    category, _separator, side = item.partition(":")
    return f"{Category(category).label} ({_('person referred')})" if side == SUBJECT else about(category, side)


def _lock(way_in: str, kind: str) -> None:
    lock(f"default {way_in} {kind}")


def _check_may(by: Membership) -> None:
    if not may_administer_platform(by):
        raise Refused(_("Only platform administrators change the defaults."))
