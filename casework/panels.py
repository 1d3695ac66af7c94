"""What the rooms put together on a summary and in the case list: next step, moves, services, risk."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, Expression, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.utils.translation import gettext as _

from agencies.enums import Need
from agencies.models import Membership
from cases.access import CaseAccess
from cases.models import Case
from cases.who_sees import who_sees
from followups.models import FollowUp, FollowUpKind
from referrals.models import Referral
from reports.perms import may_record
from riskassessment.models import Assessment

from .chart import chart
from .disagreeing import alert
from .over_time import curve

FEW = 30


def verb(kind: str) -> str:
    """What there is to do, for a kind of follow-up."""
    return {
        FollowUpKind.J2_CONTACT: _("J+2 contact"),
        FollowUpKind.REASSESSMENT: _("Reassess the risk"),
        FollowUpKind.REFERRAL_ANSWER: _("Answer the referral"),
        FollowUpKind.REQUEST_ANSWER: _("Answer the information request"),
        FollowUpKind.WITHDRAWAL_CHECK: _("Ask safely about the withdrawn consent"),
        FollowUpKind.VERIFICATION: _("Verify an assessment"),
        FollowUpKind.CLASSIFICATION: _("Verify a classification"),
        FollowUpKind.COORDINATED_PLAN: _("Agree on a coordinated plan"),
        FollowUpKind.PROSECUTOR_DECISION: _("Decide on what was received"),
        FollowUpKind.APPOINTMENT: _("Say what became of an appointment"),
        FollowUpKind.DETENTION: _("Say whether he is still detained"),
        FollowUpKind.RELEASE: _("Tell her of a release, and confirm it"),
        FollowUpKind.LEAD_HANDOVER: _("Say whether your service takes over the lead"),
        FollowUpKind.SUPERVISION: _("Close or extend the supervision"),
        FollowUpKind.ACTION: _("Say what became of an action of the plan"),
        FollowUpKind.MONITORING: _("Look again at a case under close monitoring"),
        FollowUpKind.MEASURE_END: _("Say what becomes of a protection measure"),
        FollowUpKind.PROGRAMME_ALERT: _("Look at a worry about him and pass it on"),
    }.get(FollowUpKind(kind), FollowUpKind(kind).label)


# --- the case list --------------------------------------------------------------------------------------------
def next_of(membership: Membership) -> Expression:
    """The first open follow-up of the agency in the case at `OuterRef("content_object")`: {"kind", "due_at"}."""
    owed = FollowUp.objects.filter(case=OuterRef("content_object"), agency=membership.agency_id, settled_at=None)
    return Subquery(owed.order_by("due_at", "pk").values(data=JSONObject(kind="kind", due_at="due_at"))[:1])


def cases_to_act_in(membership: Membership) -> QuerySet:
    """Ids of the cases where the agency owes something."""
    return FollowUp.objects.filter(agency=membership.agency_id, settled_at=None).values("case")


def reads_assessment(access: CaseAccess, assessment: Expression) -> Exists:
    """Whether the assessment whose id is this expression is signed and open to this access."""
    return Exists(Assessment.objects.filter(access.readable(), pk=assessment, signed_at__isnull=False))


# --- the summary ----------------------------------------------------------------------------------------------
def report_again(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """Police record another report in a case they work on."""
    return {"case": case} if access.takes_part and may_record(request.membership) else None


def moves_and_services(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any]:
    """Whose move is next, and who takes part, as far as this agency may know them."""
    waiting = list(
        Referral.objects.of_case(access).waiting().select_related("to_agency").order_by("answer_due_at")[:FEW]
    )
    owed = (
        FollowUp.objects.visible_to(request.membership)
        .filter(case=case, settled_at=None)
        .exclude(kind=FollowUpKind.REFERRAL_ANSWER)
        .select_related("agency")
        .order_by("due_at")[:FEW]
    )
    moves = [
        {
            "who": each.agency.short_name,
            "what": verb(each.kind),
            "due": each.due_at,
            "mine": each.agency_id == access.agency_id,
        }
        for each in owed
    ]
    moves += [
        {
            "who": each.to_agency.short_name,
            "what": _("answer the referral: %(need)s") % {"need": Need(each.need).label},
            "due": each.answer_due_at,
            "mine": each.to_agency_id == access.agency_id,
        }
        for each in waiting
    ]
    moves.sort(key=lambda move: move["due"])
    return {"case": case, "moves": moves, "services": services_of(case, access, waiting)}


def services_of(case: Case, access: CaseAccess, waiting: Iterable[Referral] = ()) -> list[dict[str, Any]]:
    """The agencies that take part now, the lead first, then those whose answer is awaited."""
    services = [
        {
            "name": reader.agency.short_name,
            "kind": reader.agency.get_kind_display(),
            "lead": reader.agency.pk == case.lead_agency_id,
            "mine": reader.agency.pk == access.agency_id,
            "waiting": False,
        }
        for reader in who_sees(case, access).readers
        if not reader.access.own_work_only
    ]
    services.sort(key=lambda service: (not service["lead"], service["name"]))
    known = {reader.agency.pk for reader in who_sees(case, access).readers if not reader.access.own_work_only}
    for referral in waiting:
        if referral.to_agency_id not in known:
            known.add(referral.to_agency_id)
            agency = referral.to_agency
            services.append({"name": agency.short_name, "kind": agency.get_kind_display(), "waiting": True})
    return services


def risk(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """How the level of the case has moved, where it is given to this agency."""
    points = curve(case) if access.level else []
    return {"case": case, "points": points, "chart": chart(points)} if points else None


def disagreement(request: HttpRequest, case: Case, access: CaseAccess) -> dict[str, Any] | None:
    """That two grids disagree, where the level is given to this agency."""
    return alert(case, access)
