"""One assessment found through its case, and what its pages have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.enums import Category, Side
from cases.models import Case
from cases.page import frame

from . import perms, services
from .definition import GridDefinition
from .models import Assessment
from .versions import definition_of
from .wording import titled

TAB = "assessments"
LEVEL = f"{Category.LEVEL}:{Side.CASE}"


@dataclass(frozen=True)
class Found:
    """An assessment this person may read, through its case."""

    case: Case
    access: CaseAccess
    assessment: Assessment

    @property
    def grid(self) -> GridDefinition:
        return definition_of(self.assessment.grid_version)

    @property
    def fields(self) -> tuple[str, ...]:
        """The categories its pages show, for the trail."""
        shown = (f"{self.assessment.category}:{self.assessment.side}",)
        return (*shown, LEVEL) if perms.knows_level(self.assessment, self.access) else shown


def listed(assessments: Iterable[Assessment], access: CaseAccess) -> tuple[str, ...]:
    """The categories a list of these shows, for the trail: those of their grids, and the level where it is told."""
    shown = dict.fromkeys(f"{each.category}:{each.side}" for each in assessments)
    return (*shown, LEVEL) if access.level else tuple(shown)


def find(request: HttpRequest, case_id: UUID, assessment_id: UUID) -> Found:
    """The assessment of this case, or Http404 wherever this person may not know it exists."""
    case, access = get_case(case_id, request.membership)
    assessment = services.assessments_of(case, access).filter(pk=assessment_id).first()
    if assessment is None:
        raise Http404
    return Found(case, access, assessment)


def page_context(request: HttpRequest, found: Found) -> dict[str, Any]:
    """What the pages of one assessment share; its reading is recorded."""
    record(
        action=Action.READ,
        case_id=found.case.pk,
        object_kind=f"cases.{TAB}",
        object_id=found.assessment.pk,
        fields=found.fields,
    )
    return frame(found.case, found.access, tab=TAB) | {"assessment": found.assessment, "grid": titled(found.grid)}
