"""Files of a case: put in, checked by the antivirus, read, taken back."""

import hashlib
import time
from functools import partial
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agencies.models import Membership
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, keep_own_work
from cases.enums import EventCode
from cases.models import Case, CaseEvent
from cases.services import check, log_event
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken, text_problem
from common.ids import uuid7
from common.uploads import Received

from . import antivirus, store
from .checking import checked
from .models import Attachment, AttachmentRemoval, AttachmentScan, FileState, Report
from .perms import may_add_file, may_open_file, may_remove_file

log = structlog.get_logger(__name__)

LONGEST_DESCRIPTION = 200
FAILURES = 3
"""Files in a row the antivirus may leave without an answer before it is left alone until the next tick."""
LEFT_OVER = 24 * 3600
"""Seconds after which bytes no row speaks of are destroyed: no act lasts that long."""


def add_file(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    sent: Received | None,
    category: str,
    side: str,
    description: str = "",
    internal: bool = False,
    report: Report | None = None,
    key: UUID | None = None,
) -> Attachment:
    """Put a file in the case. Sending the same `key` again gives the same file.

    With an antivirus it is kept aside until that has answered. Raises Refused when the member may not add to the case,
    RuleBroken when the file, its subject or its report cannot be; nothing is kept then.
    """
    if not access.contribute:
        raise Refused(_("You can read this case but not add to it."))
    key = key or uuid7()
    mine = Attachment.objects.filter(pk=key, case=case, uploaded_by=by.user)
    if (already := mine.first()) is not None:
        return already
    errors: dict[str, list[str]] = {}
    if not may_add_file(access, category, side):
        errors["about"] = [_("Choose what the file is about.")]
    if report is not None and (report.case_id != case.pk or not access.shows(report)):
        errors["report"] = [_("Choose one of the reports of this case.")]
    if problem := text_problem(description, most=LONGEST_DESCRIPTION):
        errors["description"] = [problem]
    try:
        found = checked(sent)
    except RuleBroken as broken:
        raise RuleBroken(errors | broken.errors) from None
    if errors:
        raise RuleBroken(errors)
    file = Attachment(
        pk=key,
        case=case,
        report=report,
        category=category,
        side=side,
        internal=internal,
        description=description.strip(),
        name=found.name,
        content_type=found.content_type,
        size=len(found.content),
        pages=found.pages,
        sha256=hashlib.sha256(found.content).hexdigest(),
        stored="-",
        state=FileState.QUARANTINED if antivirus.configured() else FileState.CLEAN,
        agency=by.agency,
        uploaded_by=by.user,
    )
    check(file)
    file.stored = store.write(found.content)
    try:
        with transaction.atomic():
            file.save(force_insert=True)
    except IntegrityError:  # the same file, sent twice at once
        store.delete(file.stored)
        if (already := mine.first()) is None:
            raise RuleBroken(_("This page is too old. Open a new one and choose the file again.")) from None
        return already
    except BaseException:
        store.delete(file.stored)
        raise
    keep_own_work(case=case, agency=by.agency)
    _tell(by, file, EventCode.FILE_ADDED)
    return file


def _tell(by: Membership, file: Attachment, code: EventCode) -> None:
    """The line of the timeline; none for what stays inside the agency."""
    if not file.internal:
        payload = {"file": str(file.pk)}
        log_event(by=by, case=file.case, code=code, category=file.category, side=file.side, payload=payload)


def read_file(*, access: CaseAccess, file: Attachment, action: Action = Action.READ) -> bytes:
    """The content, and that it was read on record. Raises Refused while it may not be opened, `store.Missing`."""
    if not may_open_file(access, file):
        raise Refused(_("This file cannot be opened."))
    content = store.read(file.stored)
    record(
        action=action,
        case_id=file.case_id,
        object_kind="reports.Attachment",
        object_id=file.pk,
        fields=(f"{file.category}:{file.side}",),
    )
    return content


def remove_file(*, by: Membership, access: CaseAccess, file: Attachment, reason: str) -> AttachmentRemoval:
    """Take a file back: its bytes and its words are destroyed, that it existed, who removed it and why stay.

    Destroyed, since what is taken back is most often what should not have left: her address, somebody else's paper.
    Raises Refused for another agency's file, RuleBroken without a reason or when a colleague was first.
    """
    if file.agency_id != access.agency_id or not access.contribute:
        raise Refused(_("Only the agency that added a file takes it back."))
    with system_context(SystemContext.FILES):
        locked = Attachment.objects.select_for_update(of=("self",)).select_related("removal").get(pk=file.pk)
        if not may_remove_file(access, locked):
            raise RuleBroken(_("This file has already been removed."))
        removal = AttachmentRemoval(
            case_id=file.case_id, attachment_id=file.pk, reason=reason.strip(), removed_by=by.user
        )
        if not removal.reason:
            raise RuleBroken({"reason": [_("Say why the file is removed.")]})
        check(removal)
        removal.save(force_insert=True)
        _forget_words(locked)
    transaction.on_commit(partial(store.delete, file.stored))
    _tell(by, file, EventCode.FILE_REMOVED)
    return removal


def _forget_words(file: Attachment) -> None:
    file.name = file.description = ""
    file.save(update_fields=["name", "description"])


# --- the worker -------------------------------------------------------------------------------------------------
def scan_waiting(*, seconds: float = 60) -> int:
    """Ask the antivirus about the files that wait; returns how many it answered for. Stops after `seconds`.

    Each row is locked while it is looked at and left as it was without an answer: a worker that dies, or an antivirus
    that is down, leaves it waiting. Without an antivirus what was set aside under one stays aside.
    """
    if not antivirus.configured():
        return 0
    until, answered, silent, left = time.monotonic() + seconds, 0, 0, []
    while time.monotonic() < until and silent < FAILURES:
        with system_context(SystemContext.FILES):
            file = (
                Attachment.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(state=FileState.QUARANTINED, removal=None)
                .exclude(pk__in=left)
                .order_by("uploaded_at")
                .first()
            )
            if file is None:
                break
            try:
                verdict = antivirus.scan(store.read(file.stored))
            except (antivirus.Unavailable, store.Missing) as error:
                log.warning("file_not_scanned", object_id=str(file.pk), exception=type(error).__name__)
                left.append(file.pk)
                silent += isinstance(error, antivirus.Unavailable)
            else:
                _conclude(file, verdict)
                answered += 1
    return answered


def _conclude(file: Attachment, verdict: antivirus.Verdict) -> None:
    AttachmentScan.objects.create(case_id=file.case_id, attachment=file, signature=verdict.signature)
    file.state = FileState.CLEAN if verdict.clean else FileState.REFUSED
    file.save(update_fields=["state"])
    if verdict.clean:
        return
    transaction.on_commit(partial(store.delete, file.stored))
    if not file.internal:
        CaseEvent.objects.create(
            case_id=file.case_id,
            code=EventCode.FILE_REFUSED,
            category=file.category,
            side=file.side,
            agency_id=file.agency_id,  # whose file it was reads it, whatever else it sees
            payload={"file": str(file.pk)},
        )


def destroy_left_over() -> int:
    """Destroy the bytes that no file speaks of: of an act that was undone, or removed while the disk was away.

    Returns how many.
    """
    destroyed = 0
    for names in store.batches(older_than=LEFT_OVER):
        with system_context(SystemContext.FILES):
            kept = Attachment.objects.filter(stored__in=names, removal=None).exclude(state=FileState.REFUSED)
            wanted = set(kept.values_list("stored", flat=True))
        for name in names:
            if name not in wanted:
                store.delete(name)
                destroyed += 1
    return destroyed
