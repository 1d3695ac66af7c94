"""The children a report or a situation speaks of: those the case names, and those to be named."""

from collections.abc import Iterable
from uuid import UUID

from agencies.models import Membership
from cases.access import CaseAccess
from cases.enums import PersonRole
from cases.models import Case, CasePerson
from cases.services import add_person
from common.names import sort_key

from .cleaning import ChildInput, KnownChildInput
from .exposures import ExposureInput, readable, record_exposures
from .models import ChildExposure, Report, Situation


def write_children(
    *,
    by: Membership,
    case: Case,
    known: Iterable[CasePerson],
    children: Iterable[ChildInput],
    said: Iterable[KnownChildInput],
    report: Report | None = None,
    situation: Situation | None = None,
) -> int:
    """Name the children that are not among `known`, the case's, and write what each lived through. Returns how many
    are new: a child typed again is the one the case names. Raises as `record_exposures`.
    """
    named = list(known)
    by_id = {child.pk: child for child in named}
    rows = [ExposureInput(by_id[one.case_person_id], one.exposure, one.impact, one.prefix) for one in said]
    added = 0
    for child in children:
        found = next((each for each in named if _same(each, child)), None)
        if found is None:
            found = add_person(
                by=by,
                case=case,
                role=PersonRole.CHILD,
                given_name=child.given_name,
                family_name=child.family_name,
                birth_date=child.birth_date,
                gender=child.gender,
            )
            named.append(found)
            added += 1
        rows.append(ExposureInput(found, child.exposure, child.impact, child.prefix))
    record_exposures(by=by, case=case, report=report, situation=situation, rows=rows)
    return added


def of_reports(access: CaseAccess, reports: Iterable[Report]) -> dict[UUID, list[ChildExposure]]:
    """What may be read of the children of these reports of one case, by report, in the order of the children: of each
    child what was said last.
    """
    found: dict[UUID, dict[UUID, ChildExposure]] = {}
    rows = readable(access).filter(report__in=reports).select_related("case_person__person")
    for row in rows.order_by("case_person__created_at", "case_person_id", "at", "pk"):
        found.setdefault(row.report_id, {})[row.case_person_id] = row
    return {report_id: list(rows.values()) for report_id, rows in found.items()}


def _same(known: CasePerson, child: ChildInput) -> bool:
    """The same given name, and neither family names nor birth dates that differ."""
    person = known.person
    given, families = sort_key(child.given_name), {sort_key(child.family_name), sort_key(person.family_name)} - {""}
    births = {child.birth_date, person.birth_date} - {None}
    return bool(given) and given == sort_key(person.given_name) and len(families) < 2 and len(births) < 2
