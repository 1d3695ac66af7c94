"""Who must know whether the audit was altered is told: at once when a check finds something, each day with the root."""

from datetime import timedelta
from enum import StrEnum

from django.db.models import Max, Sum
from django.urls import reverse

from agencies.enums import Role
from agencies.models import Membership
from audit import anchors, probe, state
from audit.findings import Finding, FindingKind
from audit.models import Anchor, Channel, Seal, Verification
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.locks import lock
from notifications.models import NoticeKind, OutgoingMail
from notifications.services import notify

ROOT_MAIL = "audit_root"
TOLD_FOR = timedelta(days=1)
UPKEEP = frozenset({FindingKind.LATE, FindingKind.NOT_SENT, FindingKind.FILE_MISSING, FindingKind.UNKNOWN_KEY})
"""Findings that say of no row, and of no root, that it was altered."""


class Status(StrEnum):
    """What a check comes to, at a glance."""

    NEVER = "never"
    GOOD = "good"
    UPKEEP = "upkeep"
    ALTERED = "altered"


def status_of(checked: Verification | None) -> Status:
    """What this check says: altered, or only something that must be put right, or nothing."""
    if checked is None:
        return Status.NEVER
    if not checked.found:
        return Status.GOOD
    # those that are not listed one by one may be of any kind
    kinds = {Finding.from_json(one).kind for one in checked.findings}
    all_listed = len(checked.findings) == checked.found
    return Status.UPKEEP if all_listed and kinds <= UPKEEP else Status.ALTERED


def tell_of_trouble() -> None:
    """Tell data-protection officers and platform administrators: of each check that found something, once; that sealing
    is late, once a day.
    """
    kinds = [(NoticeKind.AUDIT_FINDINGS, f"audit:{check}") for check in state.found_since(now() - TOLD_FOR)]
    if probe.late():
        kinds.append((NoticeKind.AUDIT_LATE, f"audit-late:{local(now()).date()}"))
    if not kinds:
        return
    readers = list(_readers(Role.DATA_PROTECTION_OFFICER, Role.PLATFORM_ADMINISTRATOR))
    for kind, key in kinds:
        notify(recipients=readers, kind=kind, path=reverse("administration:proof"), dedupe_key=key)


def mail_last_root() -> int:
    """Send the last root to the data-protection officers, once a day and only where there are new seals.

    Returns how many mails were put in the outbox.
    """
    with system_context(SystemContext.SEALING):
        lock("audit_root_mail")
        before = Anchor.objects.filter(channel=Channel.MAIL).aggregate(upto=Max("upto_id"), at=Max("sent_at"))
        if before["at"] and local(before["at"]).date() >= local(now()).date():
            return 0
        new = Seal.objects.filter(number__gt=before["upto"] or 0)
        last = new.defer("manifest").order_by("-number").first()
        # one mail for each person, whatever hats they wear
        officers = {officer.user_id: officer.user for officer in _readers(Role.DATA_PROTECTION_OFFICER)}.values()
        if last is None or not officers:
            return 0
        root = anchors.line_of(last) | {
            "rows": new.aggregate(rows=Sum("rows"))["rows"],
            "root": state.grouped(bytes(last.root)),
            "chain": state.grouped(bytes(last.chain)),
            "path": reverse("administration:proof"),
        }
        OutgoingMail.objects.bulk_create(
            OutgoingMail(to=officer.email, language=officer.language, template=ROOT_MAIL, context=root)
            for officer in officers
        )
        anchors.sent(Channel.MAIL, last)
        return len(officers)


def _readers(*roles: Role):
    return Membership.objects.live().filter(role__in=roles).select_related("user")
