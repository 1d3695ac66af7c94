"""Emergency access: opened on a searched case and a written reason, ended by the clock or before, judged afterwards.

The access is the agency's, as every other one: the permission rows say what an agency may see, and a second kind of
rows that say it of one person would have to be asked for everywhere. It opens the safety categories for some hours,
makes nobody a participant and leaves nothing behind. Each reading says who read.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.enums import Role
from agencies.models import Membership
from agencies.perms import SENIORS, may_oversee
from agencies.services import writers_of
from audit.models import Action
from audit.services import record
from cases import access as case_access
from cases.answering import on_his_side
from cases.enums import Category, EventCode, ParticipationSide, Side, network_side
from cases.likeness import Verdict as Likeness
from cases.likeness import compare
from cases.matching import known
from cases.models import Case, CaseEvent, CaseGroupObjectPermission, CasePerson
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from notifications.models import NoticeKind
from notifications.services import notify

from . import oversight
from .emergency_search import reachable, read_token
from .grants import EMERGENCY, permission_of, refused_to
from .models import Basis, BreakGlass, BreakGlassReview, SharingDecision, SharingRevocation, Verdict, WayIn
from .perms import may_end_emergency, may_review_emergency, may_search_in_emergency
from .services import decide, end_decision, proposed_side, recompute, side_with

REVIEW_WITHIN = timedelta(days=3)
LONGEST_COMMENT = 1000
MOST_COMPARED = 50
"""Persons of other cases looked at, for each presumed perpetrator."""


# --- opening and ending ---------------------------------------------------------------------------------------
def open_emergency(*, by: Membership, token: str) -> BreakGlass:
    """Open the safety categories of the case a search has found, for BREAK_GLASS_HOURS; tell who answers for it.

    While an emergency access of the agency to this case is live, the same one. Raises Refused for who may not or a
    token that is not theirs, RuleBroken when it is too old, used up, or the case has been closed in between.
    """
    if not may_search_in_emergency(by):
        raise Refused(_("Your role does not open cases in an emergency."))
    ticket = read_token(by=by, token=token)
    with system_context(SystemContext.MATCHING):
        case = Case.objects.filter(reachable(by), pk=ticket.case).first()
    if case is None:
        raise RuleBroken(_("This case can no longer be opened in an emergency. Search again."))
    case_access.lock_grants(case=case, agency=by.agency)
    with system_context(SystemContext.GRANTS):
        if (live := BreakGlass.objects.live().filter(case=case, agency=by.agency).first()) is not None:
            return live
        of_this_search = SharingDecision.objects.filter(source_id=ticket.search, way_in=WayIn.BREAK_GLASS)
        if of_this_search.filter(case=case).exists():
            raise RuleBroken(_("What this search opened has ended. Search again."))
    side = side_with(case=case, agency=by.agency, proposed=proposed_side(by.agency))
    opened_at = now()
    ends_at = opened_at + timedelta(hours=settings.BREAK_GLASS_HOURS)
    decision = decide(
        by=by,
        case=case,
        recipient=by.agency,
        side=side,
        way_in=WayIn.BREAK_GLASS,
        basis=Basis.GRAVE_DANGER,
        grants=opens(ParticipationSide.PERPETRATOR if works_with_him_elsewhere(by, case) else side),
        necessity=_("Grave danger. The reason is kept with the emergency access, for its review."),
        source_id=ticket.search,
        ends_at=ends_at,
    )
    emergency = BreakGlass.objects.create(
        case=case,
        decision=decision,
        reason=ticket.reason,
        agency=by.agency,
        user=by.user,
        opened_at=opened_at,
        ends_at=ends_at,
    )
    record(
        action=Action.DECIDED,
        case_id=case.pk,
        object_kind="sharing.BreakGlass",
        object_id=emergency.pk,
        fields=decision.grants,
        reason=decision.basis,
    )
    _write_event(by, emergency, EventCode.BREAK_GLASS_OPENED, side)
    _alert(case, emergency)
    return emergency


def works_with_him_elsewhere(by: Membership, case: Case) -> bool:
    """Whether the agency stands on his side in another case of who may be the presumed perpetrator of this one.

    Its side here is not touched: only how to reach her stays closed, and the page says whom to call instead.
    """
    with system_context(SystemContext.GRANTS):
        cases = list(
            CaseGroupObjectPermission.objects.filter(
                group=by.agency.group_id, side=ParticipationSide.PERPETRATOR
            ).values_list("content_object", flat=True)
        )
    if not cases:
        return False
    with system_context(SystemContext.MATCHING):
        persons = CasePerson.objects.filter(side=Side.PERPETRATOR).select_related("person")
        for one in persons.filter(case=case):
            alike = Q(person__sort_name=one.person.sort_name) & ~Q(person__sort_name="")
            if one.person.birth_date:
                alike |= Q(person__birth_date=one.person.birth_date)
            others = persons.filter(alike, case__in=cases)[:MOST_COMPARED]
            if any(compare(known(one), known(other)).verdict != Likeness.DIFFERENT for other in others):
                return True
    return False


def opens(side: str) -> list[str]:
    """The "category:side" pairs an emergency opens to an agency on this side; never how to reach her to his."""
    return sorted(item for item in EMERGENCY if permission_of(item) not in refused_to(side))


def end_emergency(*, by: Membership, emergency_id: UUID) -> BreakGlass:
    """End it before its time; once it has ended, nothing more. Raises Http404, Refused."""
    told = get(by=by, emergency_id=emergency_id)
    if not may_end_emergency(by, told.emergency, leads=told.leads):
        raise Refused(_("Only who opened it, the agency that leads the case or the data-protection officer ends it."))
    _end(by, told.emergency, _("Ended before its time."))
    return told.emergency


def _end(by: Membership, emergency: BreakGlass, reason: str) -> None:
    """Close what is still open. Who ends it may see neither the decision nor the case."""
    case = Case(pk=emergency.case_id)
    case_access.lock_grants(case=case, agency=emergency.agency)
    with system_context(SystemContext.GRANTS):
        if not BreakGlass.objects.live().filter(pk=emergency.pk).exists():
            return
        decision = SharingDecision.objects.get(pk=emergency.decision_id)
        end_decision(by=by, decision=decision, reason=reason)
    recompute(case=case, agency=emergency.agency)
    _write_event(by, emergency, EventCode.BREAK_GLASS_ENDED, decision.side)


def _write_event(by: Membership, emergency: BreakGlass, code: EventCode, side: str) -> None:
    """A line for who may know which services take part on that side. No work of the agency's own: nothing stays
    readable to it for having opened a case in an emergency.
    """
    CaseEvent.objects.create(
        case_id=emergency.case_id,
        code=code,
        category=Category.NETWORK,
        side=network_side(side),
        agency=by.agency,
        user=by.user,
        payload={"emergency": str(emergency.pk)},
    )


# --- who is told ----------------------------------------------------------------------------------------------
def path_of(emergency: BreakGlass) -> str:
    """Where an emergency access is read and judged."""
    return reverse("casework:emergency_review", args=[emergency.pk])


def _alert(case: Case, emergency: BreakGlass) -> None:
    """At once: who answers for the agency that leads the case, its whole team where nobody does, and every
    data-protection officer; the officers alone where the lead stands on his side.
    """
    leading = [] if case.lead_agency.group_id in on_his_side(case.pk) else [case.lead_agency_id]
    team = case_access.participants([case]).among(case, writers_of(leading))
    answering = [member for member in team if member.role in SENIORS] or team
    officers = Membership.objects.live().filter(role=Role.DATA_PROTECTION_OFFICER)
    for recipients, case_id in ((answering, case.pk), (officers.select_related("user"), None)):
        notify(
            recipients=[member for member in recipients if member.user_id != emergency.user_id],
            kind=NoticeKind.BREAK_GLASS_OPENED,
            path=path_of(emergency),
            dedupe_key=f"break-glass:{emergency.pk}",
            case_id=case_id,
        )


# --- reading and judging --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Told:
    """An emergency access as one person may know of it. `reference` is empty where they do not see the case."""

    emergency: BreakGlass
    live: bool
    ended_at: datetime
    reference: str = ""
    leads: bool = False

    @property
    def review(self) -> BreakGlassReview | None:
        return getattr(self.emergency, "review", None)

    @property
    def overdue(self) -> bool:
        """Whether it has waited too long for its review."""
        return self.review is None and self.emergency.opened_at < now() - REVIEW_WITHIN


def emergencies(by: Membership) -> list[Told]:
    """The latest ones this person may know of: all of them for the data-protection officer. Four queries at most."""
    if may_oversee(by):
        return _told(by, oversight.emergencies(by))
    rows = BreakGlass.objects.known_to(by).select_related(*oversight.SHOWN)
    return _told(by, list(rows[: oversight.FEW]))


def get(*, by: Membership, emergency_id: UUID) -> Told:
    """One of them. Raises Http404 for who may not know of it."""
    if may_oversee(by):
        found = oversight.emergency(by, emergency_id)
    else:
        found = BreakGlass.objects.known_to(by).select_related(*oversight.SHOWN).filter(pk=emergency_id).first()
    if found is None:
        raise Http404
    return _told(by, [found])[0]


def _told(by: Membership, rows: list[BreakGlass]) -> list[Told]:
    cases = {row.case_id for row in rows}
    visible = {case.pk: case for case in Case.objects.visible_to(by).filter(pk__in=cases)} if cases else {}
    led = set(Case.objects.led_by(by).filter(pk__in=cases).values_list("pk", flat=True)) if cases else set()
    with system_context(SystemContext.GRANTS):
        # the decision may be closed to who reads this; of it, only whether and when it ended is told
        ended = dict(
            SharingRevocation.objects.filter(decision__in=[row.decision_id for row in rows]).values_list(
                "decision", "revoked_at"
            )
        )
        running = set(
            BreakGlass.objects.filter(pk__in=[row.pk for row in rows], ends_at__gt=Now()).values_list("pk", flat=True)
        )
    return [
        Told(
            emergency=row,
            live=row.pk in running and row.decision_id not in ended,
            ended_at=min(ended.get(row.decision_id, row.ends_at), row.ends_at),
            reference=visible[row.case_id].reference if row.case_id in visible else "",
            leads=row.case_id in led,
        )
        for row in rows
    ]


def opened_by(emergency: BreakGlass) -> list[str]:
    """The "category:side" pairs it opened: what the decision said, whoever asks."""
    with system_context(SystemContext.GRANTS):
        return list(SharingDecision.objects.values_list("grants", flat=True).get(pk=emergency.decision_id))


READ_COLUMNS = (
    "at", "id", "agency_id", "action", "reason", "system", "user_id", "object_kind", "fields", "request_id"
)  # fmt: skip


def reads_during(by: Membership, told: Told) -> list[dict]:
    """What the agency that opened it read in the case while it was open: rows of the trail, the latest first."""
    if may_oversee(by):
        return oversight.reads_during(by, told.emergency, until=told.ended_at, columns=READ_COLUMNS)
    return list(oversight.reads_of(told.emergency, until=told.ended_at).values(*READ_COLUMNS)[: oversight.FEW])


def review(*, by: Membership, emergency_id: UUID, verdict: str, comment: str) -> BreakGlassReview:
    """Judge an emergency access, once; one that is not justified and still open ends with this.

    Raises Http404, Refused for who opened it or is of the same agency, RuleBroken by field.
    """
    told = get(by=by, emergency_id=emergency_id)
    emergency = told.emergency
    if not may_review_emergency(by, emergency, leads=told.leads):
        raise Refused(_("Somebody else, of another agency, judges an emergency access."))
    errors = {}
    comment = comment.replace("\x00", "").strip()
    if verdict not in Verdict.values:
        errors["verdict"] = [_("Choose one of the two.")]
    if problem := text_problem(comment, most=LONGEST_COMMENT, missing=_("Say why.")):
        errors["comment"] = [problem]
    if errors:
        raise RuleBroken(errors)
    case_access.lock_grants(case=Case(pk=emergency.case_id), agency=emergency.agency)
    if get(by=by, emergency_id=emergency_id).review is not None:
        raise RuleBroken(_("This emergency access has been judged in the meantime. A judgement is not changed."))
    judged = BreakGlassReview.objects.create(
        case_id=emergency.case_id,
        break_glass=emergency,
        verdict=verdict,
        comment=comment,
        agency=by.agency,
        reviewer=by.user,
        reviewed_at=now(),
    )
    record(
        action=Action.DECIDED,
        case_id=emergency.case_id,
        object_kind="sharing.BreakGlassReview",
        object_id=emergency.pk,
        reason=verdict,
    )
    if verdict == Verdict.NOT_JUSTIFIED:
        _end(by, emergency, _("Judged not justified."))
    _tell_opener(emergency)
    return judged


def _tell_opener(emergency: BreakGlass) -> None:
    """Who opened it, and the managers of their agency."""
    team = Membership.objects.live().filter(agency=emergency.agency_id).select_related("user")
    told = [member for member in team if member.user_id == emergency.user_id or member.role == Role.MANAGER]
    case = Case(pk=emergency.case_id)
    notify(
        recipients=case_access.participants([case]).among(case, told),
        kind=NoticeKind.BREAK_GLASS_REVIEWED,
        path=path_of(emergency),
        dedupe_key=f"break-glass-reviewed:{emergency.pk}",
        case_id=emergency.case_id,
    )
