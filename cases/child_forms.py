"""Fields of the pages about a child. What is accepted is decided by the services."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .enums import ArrangementSource, ChildContactKind, Gender, LivesWith

OFF = {"autocomplete": "off"}
KNOWS = [("yes", _("yes")), ("no", _("no")), ("", pgettext_lazy("child contact", "not known"))]


def _text(label: Any, rows: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, help_text=help_text, widget=forms.Textarea({**OFF, "rows": rows})
    )


class ContactForm(forms.Form):
    """Who else knows a child."""

    use_required_attribute = False

    kind = forms.CharField(
        label=_("What it is"), required=False, widget=forms.RadioSelect(choices=ChildContactKind.choices)
    )
    name = forms.CharField(label=_("Name"), required=False, widget=forms.TextInput({**OFF, "spellcheck": "false"}))
    contact = _text(_("Whom to speak to, and how"), 2, _("Never the address of a refuge."))
    knows = forms.CharField(
        label=_("Have they been told of the situation?"), required=False, widget=forms.RadioSelect(choices=KNOWS)
    )
    instructions = _text(_("What may be said there, and what not"), 3)

    def knows_value(self) -> bool | None:
        """Whether they have been told; None where it is not known."""
        return {"yes": True, "no": False}.get(self.cleaned_data["knows"])


class ArrangementForm(forms.Form):
    """With whom a child is when, and who may fetch the child."""

    use_required_attribute = False

    replaces = forms.CharField(required=False, widget=forms.HiddenInput)
    lives_with = forms.CharField(
        label=_("With whom does the child live?"),
        required=False,
        widget=forms.RadioSelect(choices=LivesWith.choices),
    )
    source = forms.CharField(
        label=_("What does this rest on?"),
        required=False,
        help_text=_("Say what is; neither parent is judged here."),
        widget=forms.RadioSelect(choices=ArrangementSource.choices),
    )
    schedule = _text(
        _("Who has the child when"), 3, _("Days, hours, holidays; the date of the judgment, if there is one.")
    )
    handover = _text(
        _("Where and how one hands the child over"),
        3,
        _("A public place, a third person, school. Never write a refuge’s address, nor what would lead there."),
    )
    may_fetch = _text(_("Who may fetch the child at school"), 2, _("Names as the school knows them. This is printed."))
    must_not_fetch = _text(
        _("Who must not fetch the child"),
        2,
        _("Only what a judgment or whoever cares for the child says. This is printed."),
    )

    def replaces_value(self) -> UUID | None:
        """The arrangement that was read before writing; one that nobody has written where the page was altered."""
        given = self.cleaned_data["replaces"].strip()
        try:
            return UUID(given) if given else None
        except ValueError:
            return UUID(int=0)


class GenderForm(forms.Form):
    use_required_attribute = False

    gender = forms.CharField(label=_("Gender"), required=False, widget=forms.RadioSelect(choices=Gender.choices))
