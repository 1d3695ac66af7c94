"""What of the trail of a case is asked for. Identifiers and days alone stand in the address."""

from collections.abc import Iterable
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .trail import Kind

DAY = forms.DateInput({"type": "date", "class": "form-control"}, format="%Y-%m-%d")


class TrailForm(forms.Form):
    """Filters of the list; every field may stay empty. The choices are those who stand in the trail."""

    use_required_attribute = False

    agency = forms.TypedChoiceField(label=_("Service"), required=False, coerce=UUID, empty_value=None)
    person = forms.TypedChoiceField(
        label=pgettext_lazy("filter", "Person"), required=False, coerce=UUID, empty_value=None
    )
    kind = forms.TypedChoiceField(
        label=_("What was done"),
        required=False,
        choices=[("", pgettext_lazy("filter", "Everything")), *Kind.choices],
        empty_value=None,
    )
    since = forms.DateField(label=pgettext_lazy("filter", "From"), required=False, widget=DAY)
    until = forms.DateField(label=pgettext_lazy("filter", "Until"), required=False, widget=DAY)

    def __init__(self, *args, agencies: Iterable[tuple[UUID, str]], people: Iterable[tuple[UUID, str]], **kwargs):
        super().__init__(*args, **kwargs)
        everybody = pgettext_lazy("filter", "All")
        self.fields["agency"].choices = [("", everybody), *agencies]
        self.fields["person"].choices = [("", everybody), *people]
