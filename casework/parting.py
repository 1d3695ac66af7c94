"""A service ends its own follow-up in a case, or takes it up again. Its work stays; what it owes is settled or handed.

Ending the part is not ending the sharing: what the service sees stays as it was decided, unless it gives that up too.
"""

from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, agencies_holding, get_case, keep_own_work, participants
from cases.enums import Category, EventCode, ParticipationSide, Side, codename, network_side
from cases.models import Case, Note
from cases.services import check, log_event, write_note
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once
from followups.holding import open_of
from followups.models import FollowUp, FollowUpKind
from notifications.models import NoticeKind
from notifications.services import notify
from plans.closing import LONGEST, ended_parts
from plans.models import AgencyFollowUp, PartCode, PartReason
from sharing.models import SharingDecision
from sharing.services import end_decision, recompute

from .handing import hand_over

HANDED = frozenset({FollowUpKind.REASSESSMENT})
"""What goes to the service that leads; everything else is done, or answered, before the part ends."""


def may_end(access: CaseAccess) -> bool:
    """End one's own part, or take it up again: who adds to the case."""
    return access.contribute


def has_ended(case: Case, agency_id: UUID) -> bool:
    """Whether this agency has ended its part."""
    return agency_id in ended_parts(case)


def owed_first(case: Case, access: CaseAccess) -> list[FollowUp]:
    """What the acting agency has to do before its part ends: not what goes to the service that leads."""
    return [each for each in open_of(case=case, agency_id=access.agency_id) if each.kind not in HANDED]


def handed(case: Case, access: CaseAccess) -> list[FollowUp]:
    """What would go to the service that leads."""
    return [each for each in open_of(case=case, agency_id=access.agency_id) if each.kind in HANDED]


def end_part(
    *,
    by: Membership,
    case_id: UUID,
    reason: str,
    words: str = "",
    give_up: bool = False,
    request_key: UUID,
) -> AgencyFollowUp:
    """End the acting agency's follow-up; with `give_up`, what was shared with it ends too and its own work stays.

    `words` stay in the service. Sent twice with the same `request_key`, one row. Raises Http404, Refused, RuleBroken
    by field.
    """
    case, access = get_case(case_id, by)
    if not may_end(access):
        raise Refused(_("You can read this case but not add to it."))
    with transaction.atomic():
        lock(f"part {case.pk} {by.agency_id}")
        mine = AgencyFollowUp.objects.filter(request_key=request_key, agency=by.agency_id)
        if (already := mine.first()) is not None:
            return already
        errors: dict[str, list[str]] = {}
        if case.lead_agency_id == by.agency_id:
            errors[""] = [_("Your service leads this case: hand the lead over first, or close the case.")]
        elif has_ended(case, by.agency_id):
            errors[""] = [_("Your service has ended its follow-up already.")]
        elif first := owed_first(case, access):
            errors[""] = [
                _("Your service still owes something in this case (%(count)d): do it, or answer it, first.")
                % {"count": len(first)}
            ]
        if reason not in PartReason.values:
            errors["reason"] = [_("Say why.")]
        missing = _("Say it in a few words.") if reason == PartReason.OTHER else ""
        if problem := text_problem(words, most=LONGEST, missing=missing):
            errors["words"] = [problem]
        if errors:
            raise RuleBroken(errors)
        for follow_up in handed(case, access):
            _hand_to_lead(by, case, access, follow_up)
        note = _note(by, case, access, words)
        row, new = insert_once(_row(by, case, access, PartCode.ENDED, request_key, reason=reason, note=note), mine=mine)
        if new:
            _told(by, case, access, row)
            if give_up:
                _give_up(by, case)
    return row


def resume_part(*, by: Membership, case_id: UUID, request_key: UUID) -> AgencyFollowUp:
    """Take the acting agency's follow-up up again. Raises Http404, Refused, RuleBroken."""
    case, access = get_case(case_id, by)
    if not may_end(access):
        raise Refused(_("You can read this case but not add to it."))
    with transaction.atomic():
        lock(f"part {case.pk} {by.agency_id}")
        mine = AgencyFollowUp.objects.filter(request_key=request_key, agency=by.agency_id)
        if (already := mine.first()) is not None:
            return already
        if not has_ended(case, by.agency_id):
            raise RuleBroken(_("Your service has not ended its follow-up."))
        row, new = insert_once(_row(by, case, access, PartCode.RESUMED, request_key), mine=mine)
        if new:
            _told(by, case, access, row)
    return row


def _row(
    by: Membership,
    case: Case,
    access: CaseAccess,
    code: str,
    request_key: UUID,
    *,
    reason: str = "",
    note: Note | None = None,
) -> AgencyFollowUp:
    row = AgencyFollowUp(
        case=case,
        side=access.side,
        code=code,
        reason=reason,
        note=note,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
        at=now(),
    )
    check(row)
    return row


def _note(by: Membership, case: Case, access: CaseAccess, words: str) -> Note | None:
    """What the service wishes to keep about its end: an internal note, of its own side."""
    if not words.strip():
        return None
    side = Side.PERPETRATOR if access.side == ParticipationSide.PERPETRATOR else Side.VICTIM
    return write_note(
        by=by,
        case=case,
        access=access,
        category=Category.PSYCHOSOCIAL,
        side=side,
        appreciation=words,
        internal=True,
    )


def _hand_to_lead(by: Membership, case: Case, access: CaseAccess, follow_up: FollowUp) -> None:
    try:
        hand_over(by=by, case=case, access=access, grid_id=follow_up.grid_id, agency_id=case.lead_agency_id)
    except (RuleBroken, Refused):
        raise RuleBroken(
            _(
                "Your service still has to assess again, and the service that leads cannot do it in its place: hand"
                " that over to another service under “Assessments”, or assess."
            )
        ) from None


def _told(by: Membership, case: Case, access: CaseAccess, row: AgencyFollowUp) -> None:
    """In the timeline under the side of the service; the service that leads is told where it may know that side."""
    keep_own_work(case=case, agency=by.agency)
    side = network_side(access.side)
    code = EventCode.PART_ENDED if row.code == PartCode.ENDED else EventCode.PART_RESUMED
    log_event(by=by, case=case, code=code, category=Category.NETWORK, side=side, payload={"part": str(row.pk)})
    record(
        action=Action.DECIDED,
        case_id=case.pk,
        object_kind="plans.AgencyFollowUp",
        object_id=row.pk,
        reason=row.code,
    )
    knowing = agencies_holding(case.pk, [codename(Category.NETWORK, side)])
    if row.code != PartCode.ENDED or case.lead_agency.group_id not in knowing:
        return
    notify(
        recipients=participants([case]).among(case, writers_of([case.lead_agency])),
        kind=NoticeKind.PART_ENDED,
        path=reverse("casework:closing", args=[case.pk]),
        dedupe_key=f"part:{row.pk}",
        case_id=case.pk,
    )


def _give_up(by: Membership, case: Case) -> None:
    end_access(
        by=by, case=case, agency=by.agency, reason=_("The service has ended its follow-up and gives up its access.")
    )


def end_access(*, by: Membership, case: Case, agency: Agency, reason: str) -> None:
    """End every sharing with an agency, which keeps its own work; who calls has asked whether `by` may."""
    keep_own_work(case=case, agency=agency)
    with system_context(SystemContext.GRANTS):
        for decision in SharingDecision.objects.live().filter(case=case, recipient=agency).order_by("pk"):
            end_decision(by=by, decision=decision, reason=reason)
    recompute(case=case, agency=agency)
