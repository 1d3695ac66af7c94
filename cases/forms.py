"""Fields and widgets of this room's pages. What is accepted is decided by the services."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.forms import DayField
from common.ids import uuid_of

from .access import CaseAccess
from .enums import ContactKind, Level, Safe, Stage
from .perms import note_subjects
from .timeline import MACHINERY, PEOPLE, Family
from .words import about, seen_by

OFF = {"autocomplete": "off"}
NEXT = {**OFF, "enterkeyhint": "next"}


class FilterForm(forms.Form):
    """Filters of the case list. What is not understood is ignored."""

    use_required_attribute = False

    stage = forms.ChoiceField(
        label=_("Stage"), required=False, choices=[("", pgettext_lazy("filter", "All")), *Stage.choices]
    )
    level = forms.ChoiceField(
        label=_("Level"),
        required=False,
        choices=[("", pgettext_lazy("filter of levels", "All")), *reversed(Level.choices)],
    )
    mine = forms.BooleanField(label=_("Mine to act"), required=False)


class SearchForm(forms.Form):
    q = forms.CharField(
        label=_("Reference or name"),
        required=False,
        max_length=100,
        help_text=_("For example 131, MOVE-2026-000131, or the beginning of a name."),
        widget=forms.TextInput({**OFF, "type": "search", "enterkeyhint": "search", "spellcheck": "false"}),
    )


class ContactForm(forms.Form):
    """A way to reach a person, and its rules."""

    use_required_attribute = False

    kind = forms.CharField(label=_("Kind"), required=False, widget=forms.RadioSelect(choices=ContactKind.choices))
    value = forms.CharField(
        label=_("Number or address"),
        required=False,
        help_text=_("Never the address of a shelter."),
        widget=forms.TextInput({**NEXT, "spellcheck": "false"}),
    )
    safe = forms.CharField(label=_("Is it safe?"), required=False, widget=forms.RadioSelect(choices=Safe.choices))
    hours = forms.CharField(label=_("When"), required=False, max_length=100, widget=forms.TextInput(NEXT))
    may_sms = forms.BooleanField(label=_("A text message may be sent"), required=False)
    may_leave_message = forms.BooleanField(label=_("A voice message may be left"), required=False)
    say = forms.CharField(
        label=_("What to say when calling"), required=False, max_length=200, widget=forms.TextInput(NEXT)
    )
    must_not_answer = forms.CharField(
        label=_("Who must not answer"),
        required=False,
        max_length=200,
        help_text=_("If this person answers, the caller hangs up."),
        widget=forms.TextInput(NEXT),
    )


class WordsForm(forms.Form):
    """The words of a note: what is seen and said apart from what is thought."""

    use_required_attribute = False
    LONGEST = 20_000

    facts = forms.CharField(
        label=_("Facts observed"),
        required=False,
        max_length=LONGEST,
        help_text=_("Who did what, when, where; what you saw yourself."),
        widget=forms.Textarea({**OFF, "rows": 4}),
    )
    statements = forms.CharField(
        label=_("Statements"),
        required=False,
        max_length=LONGEST,
        help_text=_("Quote, and say who is speaking."),
        widget=forms.Textarea({**OFF, "rows": 4}),
    )
    appreciation = forms.CharField(
        label=_("Appreciation"),
        required=False,
        max_length=LONGEST,
        help_text=_("What you make of it, apart from the facts."),
        widget=forms.Textarea({**OFF, "rows": 3}),
    )
    key = forms.CharField(required=False, widget=forms.HiddenInput)

    def key_value(self) -> UUID | None:
        """The identifier the page was given, so that sending it twice writes one note."""
        return uuid_of(self.data.get("key"))


class NoteForm(WordsForm):
    """A new note: its words, what it is about and whether it stays inside."""

    field_order = ("about", "internal", "facts", "statements", "appreciation")

    about = forms.CharField(label=_("What is this note about?"), required=False)
    internal = forms.BooleanField(
        label=_("Keep it inside my agency"),
        required=False,
        help_text=_("Nobody else reads it, whatever is shared later."),
    )

    def __init__(
        self,
        *args: Any,
        access: CaseAccess,
        readers: Mapping[str, Sequence[str]],
        closed: bool = False,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.subjects = subjects(access, readers)
        if closed:
            self.fields["internal"].help_text = _(
                "Ticked beforehand in a cell that calls victims. If you untick it, the services named under the subject"
                " read the note, police and prosecutor among them where they see that subject."
            )
        self.own = ", ".join(readers.get("", ()))
        self.fields["about"].widget = forms.RadioSelect(choices=[(s["value"], s["label"]) for s in self.subjects])


class CorrectionForm(WordsForm):
    """Other words for a note, and the version they take the place of."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def version_value(self) -> UUID | None:
        """The version the writer has read."""
        return uuid_of(self.data.get("version"))


class TimelineForm(forms.Form):
    """What of the timeline is asked for; every field may stay empty. Identifiers, codes and days alone."""

    use_required_attribute = False

    acts = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[
            ("", pgettext_lazy("filter", "Everything")),
            (PEOPLE, pgettext_lazy("filter", "What somebody did")),
            (MACHINERY, pgettext_lazy("filter", "What the system noted")),
        ],
    )
    family = forms.ChoiceField(
        label=_("About"), required=False, choices=[("", pgettext_lazy("filter", "All")), *Family.choices]
    )
    agency = forms.TypedChoiceField(label=_("Service"), required=False, coerce=UUID, empty_value=None)
    first_day = DayField(label=pgettext_lazy("filter", "From"), required=False)
    last_day = DayField(label=pgettext_lazy("filter", "Until"), required=False)
    new = forms.BooleanField(label=_("Only what is new to me"), required=False)

    def __init__(self, *args: Any, agencies: Iterable[tuple[UUID, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [("", pgettext_lazy("filter", "All")), *agencies]

    def clean_last_day(self) -> date | None:
        """A day that does not come before the first one, and that has an end."""
        last, first = self.cleaned_data["last_day"], self.cleaned_data.get("first_day")
        if first and last and last < first:
            raise forms.ValidationError(_("This day comes before the first one."))
        if last == date.max:
            raise forms.ValidationError(self.fields["last_day"].error_messages["invalid"])
        return last


def subjects(access: CaseAccess, readers: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The subjects of a note with who will read each: [{"value", "label", "seen_by", "agencies"}]."""
    return [
        {
            "value": f"{category}:{side}",
            "label": about(category, side),
            "seen_by": seen_by(category, side),
            "agencies": ", ".join(readers.get(f"{category}:{side}") or readers.get("", ())),
        }
        for category, side in note_subjects(access)
    ]
