"""What a sharing decision would show of needs and migration backgrounds, for its preview."""

from collections.abc import Iterator

from django.utils.text import capfirst

from cases.access import CaseAccess
from cases.enums import Category
from cases.models import Case
from common.templatetags.ui import local_when
from plans import needs, needs_perms
from plans.models import Domain, MigrationBackground, NeedLine
from sharing.preview import MOST, Line, rows


def lines(case: Case, new: CaseAccess) -> Iterator[Line]:
    """The needs that hold and the backgrounds, of the categories that `new` opens, never across; the latest first."""
    sides = [side for side in needs_perms.ASSESSED if needs_perms.reads_side(new, side)]
    held = NeedLine.objects.filter(rows(new), case=case, side__in=sides, assessment__superseded_by=None)
    for line in held.select_related("assessment").order_by("-assessment__written_at", "pk")[:MOST]:
        title = f"{capfirst(Domain(line.domain).label)} · {local_when(line.assessment.written_at)}"
        yield Line(line.category, line.side, title, ((capfirst(line.get_state_display()), line.words),))
    open_sides = [side for side in sides if new.can(Category.MIGRATION, side)]
    ways = MigrationBackground.objects.filter(case=case, side__in=open_sides, superseded_by=None, withdrawn=False)
    for row in ways.order_by("-written_at", "-pk")[:MOST]:
        said = [capfirst(row._meta.get_field(name).verbose_name) for name in needs.BACKGROUND if getattr(row, name)]
        yield Line(Category.MIGRATION, row.side, " · ".join(said), (("", row.why),))
