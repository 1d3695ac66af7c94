"""Whether a complaint is violence within the family, and between partners: as it was recorded, then as it is verified.

Who verifies has followed the training and did not record it. Each verification stands; the latest holds.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from agencies.models import Membership
from agencies.services import writers_of
from agencies.training import PARTNER_VIOLENCE, is_trained, title_by_code, trained_among
from cases.access import CaseAccess, for_case, participants
from cases.enums import Category, EventCode, Side
from cases.models import Case
from cases.services import log_event, set_classification
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem

from . import perms
from .models import Report, ReportVerification

LONGEST_REMARKS = 8000


def latest_of(verifications: Iterable[ReportVerification]) -> ReportVerification | None:
    """The one that holds; None while nobody has verified."""
    return max(verifications, key=lambda each: (each.verified_at, each.pk), default=None)


def code_of(vif: bool | None, vc: bool | None) -> str:
    """What a case is called by: "vc", "vif" or ""."""
    return "vc" if vc else "vif" if vif else ""


def verify(
    *, by: Membership, report: Report, vif: bool | None, vc: bool | None, remarks: str = ""
) -> ReportVerification:
    """Confirm or correct the classification of a complaint. Sending the same again returns what stands.

    Raises Refused for who may not, RuleBroken by field.
    """
    case = Case.objects.select_for_update(of=("self",)).get(pk=report.case_id)
    access = for_case(case, by)
    remarks = remarks.replace("\r\n", "\n").strip()
    if reason := why_not(by, access, report):
        raise Refused(reason)
    errors: dict[str, list[str]] = {}
    if vif is None:
        errors["vif"] = [_("Say whether this is violence within the family.")]
    if vif is False and vc:
        errors["vc"] = [_("Violence between partners is violence within the family: correct one of the two.")]
    elif vif is not False and vc is None:
        errors["vc"] = [_("Say whether this is violence between partners.")]
    if problem := text_problem(remarks, most=LONGEST_REMARKS):
        errors["remarks"] = [problem]
    if errors:
        raise RuleBroken(errors)
    vc = bool(vc)
    standing = report.verifications.first()
    if standing is not None:
        said = (standing.verified_by_id, standing.vif, standing.vc, standing.remarks)
        if said == (by.user_id, vif, vc, remarks):
            return standing
    found = ReportVerification.objects.create(
        case=case,
        report=report,
        vif=vif,
        vc=vc,
        remarks=remarks,
        agency=by.agency,
        verified_by=by.user,
        verified_at=now(),
    )
    log_event(
        by=by,
        case=case,
        code=EventCode.CLASSIFICATION_VERIFIED,
        category=Category.FACTS,
        side=Side.CASE,
        payload={"report": str(report.pk), "corrected": corrects(report, found)},
    )
    set_classification(case=case, code=_of_case(case))
    return found


def corrects(report: Report, verification: ReportVerification) -> bool:
    """Whether it says something else than what was recorded."""
    return (report.vif, report.vc) != (verification.vif, verification.vc)


def _of_case(case: Case) -> str:
    """The gravest of what holds in the complaints of a case that were verified."""
    latest: dict = {}
    for each in ReportVerification.objects.filter(case=case).order_by("verified_at", "pk"):
        latest[each.report_id] = each
    codes = {code_of(each.vif, each.vc) for each in latest.values()}
    return next((code for code in ("vc", "vif") if code in codes), "")


# --- who verifies -----------------------------------------------------------------------------------------------
def why_not(by: Membership, access: CaseAccess, report: Report) -> str:
    """Why this person may not verify this classification, in words; "" where they may."""
    if not access.contribute or not perms.is_classified(report):
        return _("You can read this case but not add to it.")
    if report.agency_id != by.agency_id:
        return _("A colleague of the service that recorded the complaint verifies its classification.")
    if report.author_id == by.user_id:
        return _("Somebody else has to verify what you recorded yourself.")
    if not is_trained(by.user, PARTNER_VIOLENCE):
        return _("Who verifies a classification has followed this training: %(title)s.") % {
            "title": title_by_code(PARTNER_VIOLENCE)
        }
    return ""


def verifiers_of(report: Report) -> list[Membership]:
    """Who may verify the classification of this report now, in a constant number of queries."""
    working = participants([report.case])
    colleagues = working.among(report.case, writers_of([report.agency]))
    others = [member for member in colleagues if member.user_id != report.author_id]
    trained = trained_among([member.user for member in others], PARTNER_VIOLENCE)
    return [member for member in others if member.user_id in trained]
