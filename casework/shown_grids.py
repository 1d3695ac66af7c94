"""What a sharing decision would show of the grids, for its preview: answers, levels retained and why."""

from collections.abc import Iterator

from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.access import CaseAccess
from cases.enums import Category, Level, Side
from cases.models import Case
from common.templatetags.ui import local_when
from riskassessment.models import Assessment, Conclusion
from riskassessment.result import result
from riskassessment.services import definition_of
from sharing.preview import MOST, Line


def lines(case: Case, new: CaseAccess) -> Iterator[Line]:
    """The signed grids and the conclusions that `new` opens, the latest first."""
    if new.can(Category.RISK, Side.CASE):
        yield from _grids(case)
    if new.level:
        yield from _conclusions(case)


def _grids(case: Case) -> Iterator[Line]:
    language = get_language() or "fr"
    signed = Assessment.objects.filter(case=case, signed_at__isnull=False).select_related("grid_version__grid")
    for assessment in signed.order_by("-signed_at", "-pk")[:MOST]:
        grid = definition_of(assessment.grid_version)
        sections = result(grid, assessment, language)["sections"]
        words = tuple(
            (line["text"], " · ".join(filter(None, [str(line["answer"]), line["comment"]])))
            for section in sections
            for line in section["lines"]
        )
        title = _("%(grid)s, signed %(when)s") % {
            "grid": grid.title.translated(language),
            "when": local_when(assessment.signed_at, "on"),
        }
        yield Line(Category.RISK, Side.CASE, title, words)


def _conclusions(case: Case) -> Iterator[Line]:
    for conclusion in Conclusion.objects.filter(case=case).order_by("-signed_at", "-pk")[:MOST]:
        title = _("Level retained %(when)s: %(level)s") % {
            "when": local_when(conclusion.signed_at, "on"),
            "level": Level(conclusion.level).label,
        }
        yield Line(
            Category.LEVEL,
            Side.CASE,
            title,
            ((str(capfirst(Conclusion._meta.get_field("justification").verbose_name)), conclusion.justification),),
        )
