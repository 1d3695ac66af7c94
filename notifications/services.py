"""Notices to people: written with the act, exactly once, without case content."""

from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import Http404

from agencies.models import Membership
from common.acting import SystemContext, system_context
from common.clock import now
from common.pagination import bounded_count

from .models import Notice, NoticeKind, OutgoingMail

MAIL_TEMPLATE = "task_waiting"

Hides = Callable[[str], Q | Combinable]

_hides: list[Hides] = []


def register_hides(hides: Hides) -> None:
    """Say which notices their reader may no longer know of, as a condition on rows that reach the notice by a prefix;
    there is one such answer, and the room of cases has it.
    """
    _hides[:] = [hides]


def hidden(prefix: str = "") -> Q:
    """Notices about a case that has since been closed to their reader."""
    about_case = Q(**{f"{prefix}case_id__isnull": False})
    return about_case & Q(_hides[0](prefix)) if _hides else Q(pk__in=[])


def notify(
    *,
    recipients: Iterable[Membership],
    kind: NoticeKind,
    path: str,
    dedupe_key: str,
    case_id: UUID | None = None,
    unless_unread: bool = False,
) -> None:
    """Tell these members, in the transaction of the act: one notice each, and the neutral mail that says one waits.

    A second call with the same `dedupe_key` writes nothing for whoever has it already, even at the same moment; with
    `unless_unread`, neither for whoever has not yet read another one of this kind. `path` is where the notice leads.
    """
    notices = compose(recipients=recipients, kind=kind, path=path, dedupe_key=dedupe_key, case_id=case_id)
    deliver(notices, unless_unread=unless_unread)


def compose(
    *,
    recipients: Iterable[Membership],
    kind: NoticeKind,
    path: str,
    dedupe_key: str,
    case_id: UUID | None = None,
) -> list[Notice]:
    """The notices of `notify`, not yet written: for who delivers those of many acts at once."""
    people = {member.user_id: member for member in recipients}
    return [
        Notice(
            recipient=member.user,
            agency_id=member.agency_id,
            kind=kind,
            path=path,
            case_id=case_id,
            dedupe_key=dedupe_key,
        )
        for member in people.values()
    ]


def deliver(notices: Sequence[Notice], *, unless_unread: bool = False) -> None:
    """Write these notices and their mails, each once; `unless_unread` as in `notify`, for notices of one kind."""
    if not notices:
        return
    composed = {notice.pk: notice for notice in notices}
    # Who acts may write to others but reads only their own notices: the rows just written are looked up as the system.
    with system_context(SystemContext.NOTICES):
        if unless_unread:
            people = [notice.recipient_id for notice in notices]
            unread = Notice.objects.filter(recipient__in=people, kind=notices[0].kind, read_at=None)
            told = set(unread.values_list("recipient", flat=True))
            notices = [notice for notice in notices if notice.recipient_id not in told]
        Notice.objects.bulk_create(notices, ignore_conflicts=True)
        written = Notice.objects.filter(pk__in=composed).values_list("pk", flat=True)
        OutgoingMail.objects.bulk_create(
            OutgoingMail(
                notice_id=pk,
                to=composed[pk].recipient.email,
                language=composed[pk].recipient.language,
                template=MAIL_TEMPLATE,
            )
            for pk in written
        )


def unread_count(membership: Membership) -> int:
    """How many notices this person has not read as a member of this agency, at most 100."""
    return bounded_count(notices_of(membership).select_related(None).filter(read_at=None), limit=100).value


def notices_of(membership: Membership) -> QuerySet[Notice]:
    """The notices of this person as a member of this agency; none of a case they may no longer know of."""
    own = Notice.objects.filter(recipient=membership.user_id, agency=membership.agency_id)
    return own.exclude(hidden()).select_related("agency")


def mark_read(*, by: Membership, notice_id: UUID | None = None) -> None:
    """Mark one notice as read, or all of them. Raises Http404 for one that is somebody else's."""
    own = notices_of(by)
    if notice_id is not None:
        own = own.filter(pk=notice_id)
        if not own.exists():
            raise Http404
    own.filter(read_at=None).update(read_at=now())
