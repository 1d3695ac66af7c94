"""What a sharing decision would show of the grids, for its preview: answers, levels retained and why."""

from collections.abc import Iterator
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.access import CaseAccess
from cases.enums import Level
from cases.models import Case
from common.templatetags.ui import local_date, local_when
from riskassessment.models import Assessment, Conclusion
from riskassessment.result import result
from riskassessment.versions import definition_of
from sharing.preview import MOST, Line, rows


def lines(case: Case, new: CaseAccess) -> Iterator[Line]:
    """The signed grids and the conclusions of the categories that `new` opens, the latest first."""
    yield from _grids(case, new)
    yield from _conclusions(case, new)


def _grids(case: Case, new: CaseAccess) -> Iterator[Line]:
    language = get_language() or "fr"
    signed = Assessment.objects.filter(rows(new), case=case, signed_at__isnull=False)
    for assessment in signed.select_related("grid_version__grid").order_by("-signed_at", "-pk")[:MOST]:
        grid = definition_of(assessment.grid_version)
        sections = result(grid, assessment, language)["sections"]
        words = tuple(_answered(row) for section in sections for row in section["rows"] if "heading" not in row)
        title = _("%(grid)s, signed %(when)s") % {
            "grid": grid.title.translated(language),
            "when": local_when(assessment.signed_at, "on"),
        }
        yield Line(assessment.category, assessment.side, title, words)


def _answered(row: dict[str, Any]) -> tuple[str, str]:
    """A question, and its answer with what stands beside it."""
    answer = local_date(row["date"]) if row["date"] else str(row["answer"])
    known = " ".join(filter(None, [row["source"], local_date(row["on"], "on") if row["on"] else ""]))
    return row["text"], " · ".join(filter(None, [answer, known, row["comment"]]))


def _conclusions(case: Case, new: CaseAccess) -> Iterator[Line]:
    for conclusion in Conclusion.objects.filter(rows(new), case=case).order_by("-signed_at", "-pk")[:MOST]:
        title = _("Level retained %(when)s: %(level)s") % {
            "when": local_when(conclusion.signed_at, "on"),
            "level": Level(conclusion.level).label,
        }
        why = str(capfirst(Conclusion._meta.get_field("justification").verbose_name))
        yield Line(conclusion.category, conclusion.side, title, ((why, conclusion.justification),))
