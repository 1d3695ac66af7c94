"""Fields of a decision on two records of persons. What may be decided is asked of `cases.same_person`."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.enums import SameVerdict
from cases.models import CasePerson


class SamePersonForm(forms.Form):
    """Two records and what is said of them. From a proposal the records are hidden fields of its own form."""

    first = forms.UUIDField(label=_("First record"), widget=forms.Select)
    second = forms.UUIDField(label=_("Second record"), widget=forms.Select)
    verdict = forms.ChoiceField(label=_("What do you say?"), choices=SameVerdict.choices, widget=forms.RadioSelect)

    def __init__(self, *args, records: Iterable[CasePerson] = (), **kwargs):
        super().__init__(*args, **kwargs)
        choices = [("", _("choose")), *((str(each.pk), _named(each)) for each in records)]
        for name in ("first", "second"):
            self.fields[name].widget.choices = choices


def _named(record: CasePerson) -> str:
    return f"{record.person.full_name or _('name not known')} · {record.get_role_display()}"


class UndoForm(forms.Form):
    """Why what was decided is undone; required, says the service."""

    reason = forms.CharField(
        label=_("Why is it undone?"), required=False, max_length=200, help_text=_("200 characters at most.")
    )
