"""Days as they are typed."""

from datetime import datetime

from django import forms

from common.clock import BRUSSELS
from common.forms import LastDayField


class UntilForm(forms.Form):
    until = LastDayField(required=False)


def test_the_last_day_is_given_as_its_end():
    form = UntilForm({"until": "2026-03-14"})
    assert form.is_valid() and form.cleaned_data["until"] == datetime(2026, 3, 15, tzinfo=BRUSSELS)
    assert 'type="date"' in str(form["until"]) and 'value="2026-03-14"' in str(form["until"])


def test_no_day_is_no_end_and_nonsense_is_refused():
    assert UntilForm({"until": ""}).is_valid() and UntilForm({}).is_valid()
    for text in ("14/03/2026", "2026-02-30", "9999-12-31", "\x00"):
        assert not UntilForm({"until": text}).is_valid(), text
