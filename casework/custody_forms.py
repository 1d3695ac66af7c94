"""Fields of the pages of detention and release. What is accepted is decided by `plans.custody_writing`."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency
from cases.appointment_forms import named
from cases.models import CasePerson
from common.forms import DayField, KeyField, MomentField
from plans.custody_writing import MOST_PLACE, MOST_WORDS
from plans.models import DetentionKind, ReleaseKind, StillDetained, TellingHow, Told, Wish
from plans.release_telling import CHOICES

OFF = {"autocomplete": "off"}


def _sentences(choices: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(value, capfirst(label)) for value, label in choices]


def _people(form: forms.Form, persons: Iterable[CasePerson]) -> None:
    form.fields["case_person"].widget.choices = [(str(each.pk), named(each)) for each in persons]


def _next_day() -> DayField:
    return DayField(
        label=_("Next judicial date"),
        required=False,
        help_text=_(
            "Council chamber, hearing, end of sentence… Empty where it is not known: the question comes sooner."
        ),
    )


class DetainForm(forms.Form):
    """Who, how, since when, where, until which date, and who is asked whether it still holds."""

    use_required_attribute = False

    case_person = forms.UUIDField(label=_("Who is detained?"), required=False, widget=forms.RadioSelect)
    kind = forms.CharField(label=_("What kind of detention?"), required=False, widget=forms.RadioSelect)
    since = MomentField(label=_("Since when?"), required=False)
    place = forms.CharField(
        label=_("Where?"), required=False, max_length=MOST_PLACE, widget=forms.TextInput(OFF),
        help_text=_("As far as it is known. Empty where it is not."),
    )  # fmt: skip
    next_judicial_on = _next_day()
    owner = forms.UUIDField(
        label=_("Which service is asked whether he is still detained?"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("It is reminded until it answers. If it leaves the case, another one is asked."),
    )
    request_key = KeyField()

    def __init__(self, *args: Any, persons: Iterable[CasePerson], owners: Iterable[Agency], **kwargs: Any):
        super().__init__(*args, **kwargs)
        _people(self, persons)
        self.fields["kind"].widget.choices = _sentences(DetentionKind.choices)
        self.fields["owner"].widget.choices = [(str(each.pk), each.short_name) for each in owners]


class AnswerForm(forms.Form):
    """Still detained?"""

    use_required_attribute = False

    answer = forms.CharField(
        label=_("Is he still detained?"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Nobody knowing is an answer: it is shown as it is, and asked again tomorrow."),
    )
    place = forms.CharField(
        label=_("Transferred: where is he now?"), required=False, max_length=MOST_PLACE, widget=forms.TextInput(OFF)
    )
    next_judicial_on = _next_day()
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)
    request_key = KeyField()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["answer"].widget.choices = _sentences(StillDetained.choices)


class ReleaseForm(forms.Form):
    """He is out, or will be."""

    use_required_attribute = False

    case_person = forms.UUIDField(label=_("Who is released?"), required=False, widget=forms.RadioSelect)
    kind = forms.CharField(label=_("What do you know?"), required=False, widget=forms.RadioSelect)
    released_at = MomentField(
        label=_("When?"), required=False, help_text=_("About is enough: better an hour too early than too late.")
    )
    words = forms.CharField(
        label=_("Conditions, and how it is known"),
        required=False,
        max_length=MOST_WORDS,
        help_text=_("Facts only. Nothing about her: not where she is, nor who helps her."),
        widget=forms.Textarea({**OFF, "rows": 3}),
    )
    request_key = KeyField()

    def __init__(self, *args: Any, persons: Iterable[CasePerson], planned: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        _people(self, persons)
        kinds = [
            (ReleaseKind.HAPPENED, _("He is out")),
            (ReleaseKind.PLANNED, _("His release is planned")),
        ]
        if planned:
            kinds.append((ReleaseKind.CANCELLED, _("The release that was planned does not take place")))
        self.fields["kind"].widget.choices = kinds


class WishForm(forms.Form):
    """What she wishes to know of a release."""

    use_required_attribute = False

    case_person = forms.UUIDField(label=_("Who was asked?"), required=False, widget=forms.RadioSelect)
    wish = forms.CharField(
        label=_("What does she wish?"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("She may change her mind as often as she wants: the last answer holds."),
    )
    words = forms.CharField(
        label=_("How she is to be told, and whom to tell for her"),
        required=False,
        max_length=MOST_WORDS,
        help_text=_("At night too? Who tells her if she does not answer? Never an address."),
        widget=forms.Textarea({**OFF, "rows": 3}),
    )
    request_key = KeyField()

    def __init__(self, *args: Any, persons: Iterable[CasePerson], **kwargs: Any):
        super().__init__(*args, **kwargs)
        _people(self, persons)
        self.fields["wish"].widget.choices = _sentences(Wish.choices)


TOLD_WORDS = {
    Told.HER: _("She was told"),
    Told.TRUSTED: _("A person of her trust was told"),
    Told.NOT_REACHED: _("She could not be reached safely: we go on trying"),
    Told.NOT_WISHED: _("She does not wish to be told"),
}


class TellForm(forms.Form):
    """Who was told, and how."""

    use_required_attribute = False

    outcome = forms.CharField(label=_("Who was told?"), required=False, widget=forms.RadioSelect)
    how = forms.CharField(label=_("If she was told: how?"), required=False, widget=forms.RadioSelect)
    contact_point = forms.UUIDField(label=_("On which number?"), required=False, widget=forms.RadioSelect)
    number_verified = forms.BooleanField(
        label=_("I checked that this number is still hers alone"),
        required=False,
        help_text=_("With who follows her, or with a question only she can answer."),
    )
    alone_asked = forms.BooleanField(label=_("I asked whether she is alone, and she is"), required=False)
    words = forms.CharField(
        label=_("To be known by the others"),
        required=False,
        max_length=MOST_WORDS,
        help_text=_("A person of her trust: who, for her. What she asks for. Never an address."),
        widget=forms.Textarea({**OFF, "rows": 3}),
    )
    request_key = KeyField()

    def __init__(self, *args: Any, numbers: Iterable[tuple[str, str]], not_wished: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        offered = [each for each in CHOICES if each != Told.NOT_WISHED or not_wished]
        self.fields["outcome"].widget.choices = [(each.value, TOLD_WORDS[each]) for each in offered]
        self.fields["how"].widget.choices = _sentences(TellingHow.choices)
        numbers = list(numbers)
        if numbers:
            self.fields["contact_point"].widget.choices = numbers
        else:
            # said in person, or to somebody else: no number here is safe
            for name in ("contact_point", "number_verified", "alone_asked"):
                del self.fields[name]
            self.fields["how"].widget.choices = [(TellingHow.IN_PERSON.value, capfirst(TellingHow.IN_PERSON.label))]
