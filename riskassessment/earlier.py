"""What was answered last time with the same grid: proposed again, question by question, and never copied unseen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases import naming
from cases.access import CaseAccess
from cases.models import Case

from .answers import Answer, check_answers, known
from .definition import GridDefinition
from .items import MultiItem, Question, SingleItem
from .models import Assessment, Grid
from .versions import definition_of


@dataclass(frozen=True)
class Proposal:
    """The answer of an earlier assessment to one question, with the day and the service that signed it."""

    answer: Answer
    signed_at: datetime
    agency: str


def may_begin_from(earlier: Assessment, *, case: Case, grid: Grid, access: CaseAccess) -> bool:
    """Whether a new assessment may take up this one: signed, of this case and grid, and open to who begins."""
    return (
        earlier.signed_at is not None
        and earlier.case_id == case.pk
        and earlier.grid_version.grid_id == grid.pk
        and access.shows(earlier)
    )


def proposals(assessment: Assessment, access: CaseAccess) -> dict[str, Proposal]:
    """What may be confirmed in this draft, by question: answers of the one it begins from that say something, where the
    question still is of the same type with the same options. Nothing once the earlier one may no longer be read.
    """
    if assessment.based_on_id is None:
        return {}
    before = (
        Assessment.objects.filter(pk=assessment.based_on_id)
        .filter(access.readable())
        .select_related("grid_version", "agency")
        .first()
    )
    if before is None or before.signed_at is None:
        return {}
    old, new = definition_of(before.grid_version), definition_of(assessment.grid_version)
    return {
        item_id: Proposal(answer, before.signed_at, naming.service(access, before))
        for item_id, answer in still_answers(old, new, before.answers).items()
    }


def still_answers(
    old: GridDefinition, new: GridDefinition, answers: Mapping[str, Mapping[str, Any]]
) -> dict[str, Answer]:
    """The stored answers to a version that say something and still answer the same question of another one."""
    same = {
        item_id: given for item_id, given in answers.items() if _same(old.by_id.get(item_id), new.by_id.get(item_id))
    }
    checked, _errors = check_answers(new, same)
    return {item_id: answer for item_id, answer in checked.items() if known(new.by_id[item_id], answer)}


def _same(old: Question | None, new: Question | None) -> bool:
    if old is None or new is None or type(old) is not type(new):
        return False
    if isinstance(old, (SingleItem, MultiItem)):
        return {option.id for option in old.options} == {option.id for option in new.options}
    return True
