"""What a page shows of a report, for who may read it."""

from typing import Any

from django.utils.translation import gettext as _

from cases import naming
from cases.access import CaseAccess
from cases.enums import Category, Side
from common.languages import names as language_names

from .exposures import NO_VICTIM
from .forms import SECTION_FIELDS
from .models import ChildExposure, ImmediateMeasure, Presence, Report, Right, Section, ViolenceType
from .perms import HERS, is_classified, reads_her_part


def sections_of(report: Report, access: CaseAccess) -> list[dict[str, Any]]:
    """The sections with what was written, as far as it may be read: [{"key", "title", "unknown", "answers": [(label,
    text)]}]. One of which nothing is to be read is left out.
    """
    shown = []
    closed = frozenset() if reads_her_part(access, report) else HERS
    for section, fields in SECTION_FIELDS.items():
        names = [name for name in fields if name not in closed]
        if not names:
            continue
        answers = [
            # the field that gives its name to the section needs no second label
            ("" if name == section else Report._meta.get_field(name).verbose_name, _answer(report, name))
            for name in names
            if getattr(report, name)
        ]
        shown.append(
            {
                "key": section.value,
                "title": Section(section).label,
                "unknown": section in report.unknown_sections,
                "answers": answers,
            }
        )
    return shown


def _answer(report: Report, name: str) -> str:
    value = getattr(report, name)
    if name == "children_present":
        return str(Presence(value).label)
    if name == "measure":
        return str(ImmediateMeasure(value).label)
    return value


def children_lines(access: CaseAccess, exposures: list[ChildExposure]) -> list[dict[str, Any]]:
    """What each child lived through: {"name", "exposure", "impact", "victim"}, the name where it may be read."""
    named = access.can(Category.IDENTITY, Side.VICTIM)
    lines = []
    for number, row in enumerate(exposures, start=1):
        name = row.case_person.person.full_name if named or row.agency_id == access.agency_id else ""
        lines.append(
            {
                "name": name or _("Child %(number)d") % {"number": number},
                "exposure": row.get_exposure_display(),
                "impact": row.impact,
                "victim": row.exposure not in NO_VICTIM,
            }
        )
    return lines


def violence(report: Report) -> list[str]:
    """The kinds of violence in words."""
    labels = dict(ViolenceType.choices)
    return [str(labels.get(code, code)) for code in report.violence_types]


def her_part(access: CaseAccess, report: Report) -> dict[str, Any] | None:
    """Her rights, her declaration and her hearing, as a complaint says them; None where they are not to be read."""
    if not is_classified(report) or not reads_her_part(access, report):
        return None
    labels = dict(Right.choices)
    hearing = [
        (Report._meta.get_field(name).verbose_name, getattr(report, f"get_{name}_display")())
        for name in ("accompaniment", "childcare")
        if getattr(report, name)
    ]
    if report.accompanied_by:
        hearing.insert(1, (Report._meta.get_field("accompanied_by").verbose_name, report.accompanied_by))
    return {
        "rights": [str(labels.get(code, code)) for code in report.rights_explained],
        "language": language_names([report.rights_language]) if report.rights_language else "",
        "later": report.rights_later,
        "declaration": report.get_declaration_display(),
        "words": report.declaration_words,
        "hearing": hearing,
    }


def classified_as(vif: bool | None, vc: bool | None) -> str:
    """A classification in words."""
    if vif is None:
        return _("not classified")
    if vc:
        return _("violence between partners (VIF and VC)")
    return _("violence within the family, not between partners (VIF)") if vif else _("neither VIF nor VC")


def classification(access: CaseAccess, report: Report) -> dict[str, Any] | None:
    """How a complaint is classified, and each verification, the latest first; None for a report of another kind.

    Remarks are for the service that recorded it.
    """
    if not is_classified(report):
        return None
    own = report.agency_id == access.agency_id
    verifications = [
        {
            "words": classified_as(each.vif, each.vc),
            "by": naming.author(access, each, each.verified_by, with_service=False),
            "at": each.verified_at,
            "remarks": each.remarks if own else "",
            "corrected": (each.vif, each.vc) != (report.vif, report.vc),
        }
        for each in report.verifications.select_related("verified_by")
    ]
    return {
        "recorded": classified_as(report.vif, report.vc),
        "holds": verifications[0] if verifications else None,
        "earlier": verifications[1:],
    }
