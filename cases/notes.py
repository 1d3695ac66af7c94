"""A note that is put right: a new version in the place of the old one, and nothing taken away.

Two acts stand beside each other. Here the service that wrote a note corrects its own words: a slip, something to add,
something better said. The timeline then shows the latest words, and what they replaced is folded under them for the
services that read the case while they stood there; who comes later reads the latest only. Nobody is written to. A
fact that was wrong and that other services have received is another matter: it is corrected beside the note and every
one of them is told (`sharing.rectifying`), whatever version it stood in. Each page leads to the other.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from agencies.models import Membership
from audit.models import Action, AuditEvent
from common.errors import Refused, RuleBroken, StaleVersion

from .access import CaseAccess
from .enums import EventCode
from .models import Case, Note
from .perms import may_correct_note
from .services import NOT_AUTHOR, check, log_event

WORDS = ("facts", "statements", "appreciation")
VISITS = ("cases.summary", "cases.timeline")
"""Pages of a case where its notes are read, as the audit trail names them."""


class _Held(Func):
    """Whether an array of texts in JSON holds one."""

    function = "jsonb_exists"
    arity = 2
    output_field = BooleanField()


def words(note: Note | Mapping[str, str]) -> list[tuple[Any, str]]:
    """The parts of a note that were filled in: (label, text)."""
    given = note if isinstance(note, Mapping) else {name: getattr(note, name) for name in WORDS}
    return [(Note._meta.get_field(name).verbose_name, given[name]) for name in WORDS if given.get(name)]


def corrections(case: Case, access: CaseAccess) -> dict[UUID, list[Note]]:
    """The later versions of the notes of a case, the oldest first, by the id of the first version. One query.

    Each says in `was_read` whether the acting agency read the case while the words it replaced stood there, and what it
    read then held notes of that kind.
    """
    reads = AuditEvent.objects.filter(
        case_id=case.pk,
        agency_id=access.agency_id,
        action=Action.READ,
        object_kind__in=VISITS,
        at__gte=OuterRef("replaced_at"),
        at__lte=OuterRef("written_at"),
    ).filter(_Held("fields", Concat(OuterRef("category"), Value(":"), OuterRef("side"))))
    rows = (
        Note.objects.filter(case=case, supersedes__isnull=False)
        .annotate(replaced_at=F("supersedes__written_at"))
        .annotate(was_read=Exists(reads))
        .select_related("author")
    )
    after = {row.supersedes_id: row for row in rows}
    found: dict[UUID, list[Note]] = defaultdict(list)
    for first in after.keys() - {row.pk for row in after.values()}:
        version = after.get(first)
        while version is not None:
            found[first].append(version)
            version = after.get(version.pk)
    return dict(found)


def versions(case: Case, access: CaseAccess, note: Note) -> list[Note]:
    """Every version of the note that `note` is one of, the first one first. Two queries at most."""
    for first, later in corrections(case, access).items():
        if note.pk == first:
            return [note, *later]
        if any(note.pk == version.pk for version in later):
            return [Note.objects.select_related("agency", "author").get(pk=first), *later]
    return [note]


def correct_note(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    note: Note,
    version: UUID | None,
    facts: str = "",
    statements: str = "",
    appreciation: str = "",
    key: UUID,
) -> Note:
    """New words in the place of `version`, the one the writer has read, of the note that `note` is a version of.

    About the same, for the same readers: neither is chosen again. The same `key` gives the same version. Raises
    Refused, StaleVersion (its `conflicts` have the field, the words that stand now and those sent) when a colleague
    corrected it meanwhile, RuleBroken when nothing changes, nothing is left or `version` is none of the note.
    """
    if not may_correct_note(access, note.agency_id):
        raise Refused(NOT_AUTHOR)
    if (already := _sent_before(by, case, key)) is not None:
        return already
    given = {"facts": facts.strip(), "statements": statements.strip(), "appreciation": appreciation.strip()}
    *_replaced, current = every = versions(case, access, note)
    if version not in {each.pk for each in every}:
        raise RuleBroken(_("This page is too old. Open the form again."))
    if version != current.pk:
        raise _stale(current, given)
    if all(getattr(current, name) == text for name, text in given.items()):
        raise RuleBroken(_("This is what is written already."))
    same = {name: getattr(current, name) for name in ("category", "side", "internal")}
    made = Note(pk=key, case=case, agency=by.agency, author=by.user, supersedes_id=current.pk, **same, **given)
    check(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # the same form twice at once, a colleague at the same moment, or somebody else's key
        if (already := _sent_before(by, case, key)) is not None:
            return already
        if (latest := versions(case, access, note)[-1]).pk != current.pk:
            raise _stale(latest, given) from None
        raise RuleBroken(_("This page is too old. Open the form again.")) from None
    if not made.internal:
        log_event(
            by=by,
            case=case,
            code=EventCode.NOTE_CORRECTED,
            category=made.category,
            side=made.side,
            payload={"corrects": str(versions(case, access, note)[0].pk)},
        )
    return made


def _sent_before(by: Membership, case: Case, key: UUID) -> Note | None:
    return Note.objects.filter(pk=key, case=case, author=by.user, supersedes__isnull=False).first()


def _stale(current: Note, given: Mapping[str, str]) -> StaleVersion:
    conflicts = [
        {"field": name, "theirs": getattr(current, name), "yours": text}
        for name, text in given.items()
        if getattr(current, name) != text
    ]
    return StaleVersion(_("A colleague has corrected this note meanwhile. Nothing you typed is lost."), conflicts)
