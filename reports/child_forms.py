"""The rows of children in a form: those to name, and those the case names already. `reports.cleaning` checks them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases.enums import Gender
from cases.models import CasePerson
from common.clock import age

from .cleaning import CHILD, KNOWN_CHILD, MOST_CHILDREN
from .inputs import NAME, NOT_CHOSEN, day, line, one_line_break, text
from .models import Exposure

CHILD_GENDERS = [
    (Gender.FEMALE, pgettext_lazy("child", "girl")),
    (Gender.MALE, pgettext_lazy("child", "boy")),
    (Gender.OTHER, Gender.OTHER.label),
]


def _chosen(label: Any, choices: Iterable) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.Select(choices=[*NOT_CHOSEN, *choices]))


class _Lived(forms.Form):
    use_required_attribute = False

    exposure = _chosen(gettext_lazy("What the child lived through"), Exposure.choices)
    impact = text(gettext_lazy("Impact on this child"))

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["impact"].widget.attrs["rows"] = 2

    def summary_label(self, field: forms.BoundField) -> str:
        """Which child: for the summary of errors."""
        return label_of(field.html_name)


class ChildForm(_Lived):
    field_order = ["given_name", "family_name", "birth_date", "gender", "exposure", "impact"]

    given_name = line(gettext_lazy("Given name"), attrs=NAME)
    family_name = line(gettext_lazy("Family name"), attrs=NAME)
    birth_date = day(gettext_lazy("Birth date"))
    gender = _chosen(gettext_lazy("Girl or boy"), CHILD_GENDERS)


class KnownChildForm(_Lived):
    """A child the case names: only what it lived through. `name` and `age` (years, None where unknown) say who."""

    name = ""
    age: int | None = None

    def summary_label(self, field: forms.BoundField) -> str:
        """Which child, by name: for the summary of errors."""
        return f"{self.name} · {str(field.label).lower()}"


ChildFormSet = forms.formset_factory(ChildForm, extra=0, max_num=MOST_CHILDREN, absolute_max=100)


def collect(post: QueryDict) -> dict[str, str]:
    """What was typed of children, empty answers left out, those to name numbered from 0 without gaps."""
    data: dict[str, str] = {}
    new: dict[int, dict[str, str]] = {}
    for name in post:
        if not (value := one_line_break(post.get(name, ""))):
            continue
        if match := CHILD.fullmatch(name):
            new.setdefault(int(match[1]), {})[match[2]] = value
        elif KNOWN_CHILD.fullmatch(name):
            data[name] = value
    for number, index in enumerate(sorted(new)):
        data |= {f"children-{number}-{name}": value for name, value in new[index].items()}
    return data


def bind(
    data: Mapping[str, Any], *, errors: Mapping[str, Iterable[Any]] | None = None, blank: int = 0
) -> forms.BaseFormSet:
    """The rows of children to name, showing `data` and `errors` by field name; `blank` more of them to fill in."""
    indexes = [int(match[1]) for name in [*data, *(errors or {})] if (match := CHILD.fullmatch(name))]
    total = min(max(indexes, default=-1) + 1 + blank, MOST_CHILDREN + 1)
    counted = {**data, "children-TOTAL_FORMS": str(total), "children-INITIAL_FORMS": "0"}
    children = ChildFormSet(counted, prefix="children")
    for name, messages in (errors or {}).items():
        if (match := CHILD.fullmatch(name)) and int(match[1]) < total:
            for message in messages:
                children.forms[int(match[1])].add_error(match[2], message)
    return children


def bind_known(
    known: Sequence[CasePerson], data: Mapping[str, Any], *, errors: Mapping[str, Iterable[Any]] | None = None
) -> list[KnownChildForm]:
    """A row for each child the case names, showing `data` and `errors` by field name."""
    rows = []
    for number, case_person in enumerate(known, start=1):
        row = KnownChildForm(data, prefix=f"known-{case_person.pk}")
        person = case_person.person
        row.name = person.full_name or _("Child %(number)d") % {"number": number}
        row.age = age(person.birth_date)
        for field in row.fields:
            for message in (errors or {}).get(f"{row.prefix}-{field}", ()):
                row.add_error(field, message)
        rows.append(row)
    return rows


def is_of_a_child(name: str) -> bool:
    """Whether this is a field of one of these rows."""
    return bool(CHILD.fullmatch(name) or KNOWN_CHILD.fullmatch(name))


def label_of(name: str) -> str:
    """The words of a field of a row; "" for any other name."""
    if match := CHILD.fullmatch(name):
        what = str(ChildForm.base_fields[match[2]].label).lower()
        return _("Child %(number)d: %(what)s") % {"number": int(match[1]) + 1, "what": what}
    if match := KNOWN_CHILD.fullmatch(name):
        what = str(KnownChildForm.base_fields[match[2]].label).lower()
        return _("A child of the case: %(what)s") % {"what": what}
    return ""


def field_of(name: str) -> forms.Field | None:
    """The field of a row of this name, for the words of its answers."""
    return ChildForm.base_fields.get(name.rpartition("-")[2]) if is_of_a_child(name) else None
