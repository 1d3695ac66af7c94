"""What the page that proposes asks: of whom, which need, and what else is known. Choices only."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.enums import Need
from agencies.services import POSTAL_CODE
from cases.enums import PersonRole
from cases.models import CasePerson
from common.languages import LANGUAGES

from .forms import named
from .models import AskedBy

USUAL = ("fr", "nl", "de")
"""What services work in anyway; asking for another language changes who is proposed."""


class NextForm(forms.Form):
    """Nothing here is kept: it is asked again each time."""

    use_required_attribute = False

    subject = forms.ChoiceField(
        label=_("About whom"), widget=forms.RadioSelect, error_messages={"required": _("Choose whom this is about.")}
    )
    need = forms.ChoiceField(
        label=_("What the person says they need"),
        help_text=_("One need at a time, as it was expressed; ask again for the next one."),
        error_messages={"required": _("Choose what is needed.")},
    )
    postal_code = forms.CharField(
        label=_("Postal code where help is needed"),
        help_text=_("Without it, nobody can say what is missing there."),
        max_length=10,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )
    asked_by = forms.ChoiceField(
        label=_("Who asks for it"),
        required=False,
        choices=AskedBy.choices,
        help_text=_("An authority that orders it opens other ways than a service that proposes it."),
    )
    language = forms.ChoiceField(
        label=_("Help is asked for in another language"),
        required=False,
        help_text=_("Only when the person asks for it. Where somebody comes from is never a reason."),
    )

    def __init__(self, *args: Any, subjects: list[CasePerson], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["subject"].choices = [(str(person.pk), named(person)) for person in subjects]
        self.fields["need"].choices = [("", _("Choose what is needed")), *Need.choices]
        self.fields["language"].choices = [
            ("", _("no")),
            *((code, name) for code, name in LANGUAGES.items() if code not in USUAL),
        ]
        if not self.is_bound:
            self.initial.setdefault("asked_by", AskedBy.SERVICE)
            # most often it is about her; nothing is sent from here
            victims = [person for person in subjects if person.role == PersonRole.VICTIM]
            if len(sole := victims or subjects) == 1:
                self.initial.setdefault("subject", str(sole[0].pk))

    def clean_postal_code(self) -> str:
        code = self.cleaned_data["postal_code"]
        if code and not POSTAL_CODE.fullmatch(code):
            raise forms.ValidationError(_("This is not a postal code."))
        return code
