"""What is exported, as it is asked for: fields and widgets only."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from common.clock import BRUSSELS

from .export_rows import Wanted
from .models import GridVersion
from .versions import definition_of

MONTH = re.compile(r"([1-9][0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)
LAST_YEAR = 9998


class MonthInput(forms.TextInput):
    """The browser's own way to choose a month; a line to type it in where it has none."""

    input_type = "month"


class MonthField(forms.CharField):
    """A month, "2026-11": the moment it begins in Belgium."""

    widget = MonthInput(attrs={"placeholder": "2026-11", "pattern": "[0-9]{4}-[0-9]{2}"})

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        found = MONTH.fullmatch(text)
        if found is None or int(found[1]) > LAST_YEAR:
            raise forms.ValidationError(_("Write the month as 2026-11."), code="invalid")
        return datetime(int(found[1]), int(found[2]), 1, tzinfo=BRUSSELS)


class ExportForm(forms.Form):
    """A grid, those of its versions that are wanted (all where none is named), and the months of signature."""

    grid = forms.ChoiceField(label=_("Grid"))
    version = forms.MultipleChoiceField(
        label=_("Versions"),
        required=False,
        help_text=_("Without a choice, all of them."),
        widget=forms.CheckboxSelectMultiple,
    )
    since = MonthField(label=_("Signed from this month on"), required=False, help_text=_("Empty: from the first."))
    until = MonthField(label=_("Until this month, included"), required=False, help_text=_("Empty: to the last."))

    def __init__(self, data: QueryDict | None, *, versions: Sequence[GridVersion]):
        """`versions` are those that may be exported, by slug and number."""
        by_grid: dict[str, list[GridVersion]] = {}
        for version in versions:
            by_grid.setdefault(version.grid.slug, []).append(version)
        slug = data.get("grid", "") if data else next(iter(by_grid)) if len(by_grid) == 1 else ""
        self.versions = by_grid.get(slug, [])
        numbers = [str(version.number) for version in self.versions]
        if data:
            # what was ticked under another grid is no choice of this one
            data = data.copy()
            data.setlist("version", [number for number in data.getlist("version") if number in numbers])
        super().__init__(data, initial={"grid": slug})
        language = get_language() or "fr"
        self.fields["grid"].choices = [
            ("", _("Choose a grid")),
            *((each, definition_of(found[-1]).title.translated(language)) for each, found in by_grid.items()),
        ]
        self.fields["version"].choices = [(number, _("version %(number)s") % {"number": number}) for number in numbers]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("since") and given.get("until") and given["since"] > given["until"]:
            self.add_error("until", _("The end is before the beginning."))
        return given

    def wanted(self) -> Wanted:
        """What was asked for, once the form is valid."""
        given = self.cleaned_data
        chosen = [each for each in self.versions if not given["version"] or str(each.number) in given["version"]]
        until = given["until"]
        return Wanted(tuple(chosen), given["since"], _next_month(until) if until else None)


def _next_month(month: datetime) -> datetime:
    years, months = divmod(month.month, 12)
    return month.replace(year=month.year + years, month=months + 1)
