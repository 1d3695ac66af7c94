"""A family dispute that turns into a complaint: what was written is carried over, nothing is typed twice."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.locks import lock

from .models import ChildExposure, Declaration, Report, ReportDraft, ReportKind
from .payload import TEXTS
from .perms import may_continue

SAME = (*TEXTS, "pv_number", "place", "postal_code", "police_code", "children_present", "measure")
"""What stands in a complaint under the same name as in the dispute."""
LISTS = ("violence_types", "unknown_sections")


def complaint_of(report: Report) -> Report | None:
    """The complaint that continues a dispute; None where there is none."""
    return Report.objects.filter(continues=report).select_related("agency", "author").first()


def begin(*, by: Membership, access: CaseAccess, report: Report) -> ReportDraft:
    """The draft of the complaint that continues this dispute, holding all that was written in it; begun again, it is
    the same draft. Raises Refused for who may not, RuleBroken once a complaint follows it.
    """
    if not may_continue(by, access, report):
        raise Refused(_("Only the service that recorded a family dispute turns it into a complaint."))
    _hold(report)
    if complaint_of(report) is not None:
        raise RuleBroken(_("A complaint follows this report already."))
    drafts = ReportDraft.objects.filter(continues=report, agency=by.agency, client_key=None)
    begun = drafts.filter(discarded_at=None, report=None).first()
    return begun or ReportDraft.objects.create(
        kind=ReportKind.POLICE_COMPLAINT,
        agency=by.agency,
        author=by.user,
        joins_case_id=report.case_id,
        continues=report,
        data=carried_over(report, report.exposures.order_by("at", "pk")),
    )


def refuse_second(draft: ReportDraft) -> None:
    """Raise RuleBroken where the dispute that this draft continues has become a complaint already."""
    _hold(draft.continues)
    if complaint_of(draft.continues) is not None:
        raise RuleBroken(_("A complaint follows this report already."))


def _hold(report: Report) -> None:
    """Nobody else turns this dispute into a complaint before this transaction ends."""
    lock(f"reports.continue:{report.pk}")


def carried_over(report: Report, exposures: Iterable[ChildExposure]) -> dict[str, Any]:
    """What a dispute holds, as the form of a complaint holds it. She is met now; all the rest is as it was written."""
    data: dict[str, Any] = {name: getattr(report, name) for name in SAME}
    data |= {name: sorted(getattr(report, name)) for name in LISTS}
    data["met_at"] = local(now()).strftime("%Y-%m-%dT%H:%M")
    if report.occurred_at:
        data["occurred_at"] = local(report.occurred_at).strftime("%Y-%m-%dT%H:%M")
    data["j2_accepted"] = "yes" if report.j2_accepted else "no"
    data["declaration"] = Declaration.MADE.value
    for exposure in exposures:
        prefix = f"known-{exposure.case_person_id}-"
        data |= {f"{prefix}exposure": exposure.exposure, f"{prefix}impact": exposure.impact}
    return {name: value for name, value in data.items() if value}
