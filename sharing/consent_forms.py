"""Fields and widgets of a consent. What may be agreed to is decided by `consents.write_consent`."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Choices
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.access import CaseAccess
from cases.models import CasePerson
from common.clock import local
from common.forms import KeyField, LastDayField
from common.languages import LANGUAGES
from common.templatetags.ui import local_when

from . import consents
from .consents import Given
from .models import Consent, GivenBy, GivenHow, Purpose, SheetHanded

NONE = pgettext_lazy("choice", "None")


def _sentences(choices: type[Choices]) -> list[tuple[str, str]]:
    return [(value, capfirst(label)) for value, label in choices.choices]


class ConsentForm(forms.Form):
    """Nothing is required here, and nobody answers for the person: every refusal is a sentence of the service."""

    subject = forms.UUIDField(label=_("Who consents"), required=False, widget=forms.RadioSelect)
    given_by = forms.CharField(label=_("Given by"), required=False, widget=forms.RadioSelect)
    representative = forms.UUIDField(
        label=_("Legal representative, of the case"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Name the legal representative.")},
    )
    representative_name = forms.CharField(
        label=_("Or another legal representative"),
        help_text=_("Their name. Never the presumed perpetrator."),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    given_how = forms.CharField(label=_("How it was given"), required=False, widget=forms.RadioSelect)
    language = forms.CharField(label=_("In which language"), required=False, widget=forms.Select)
    explained = forms.CharField(
        label=_("What was explained"),
        help_text=_(
            "Who will see what, until when; that refusing changes nothing of the help; how to change one's mind. For"
            " somebody who was alone with you, in a language they understand."
        ),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
    )
    purposes = forms.MultipleChoiceField(
        label=_("For what"),
        choices=_sentences(Purpose),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose among the answers.")},
    )
    purpose = forms.CharField(
        label=_("For what, in their own words"),
        max_length=300,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    categories = forms.MultipleChoiceField(
        label=_("What may be shared"),
        help_text=_("Their own only. What police or justice wrote needs the prosecutor's authorisation."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose among the answers.")},
    )
    recipients = forms.MultipleChoiceField(
        label=_("With which services"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose the services from the list.")},
    )
    kinds = forms.MultipleChoiceField(
        label=_("Or every service of a kind"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose among the answers.")},
    )
    partnership = forms.UUIDField(
        label=_("Or the services of a partnership"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose a partnership from the list.")},
    )
    valid_until = LastDayField(
        label=_("Until when"),
        help_text=_("Two years at most. The person can end it at any time."),
        required=False,
        error_messages={"invalid": _("Write a date.")},
    )
    sheet = forms.CharField(
        label=_("The sheet, in their language"),
        help_text=_("Who may see what, until when, how to withdraw. It prints once this is recorded."),
        required=False,
        widget=forms.RadioSelect,
    )
    evidence = forms.UUIDField(
        label=_("Written proof"),
        help_text=_("A file your service has already put in the case, for example the signed paper."),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose a file that is about this person.")},
    )
    request_key = KeyField()

    def __init__(self, *args: Any, access: CaseAccess, subjects: list[CasePerson], **kwargs: Any):
        super().__init__(*args, **kwargs)
        fields = self.fields
        fields["subject"].widget.choices = [(str(person.pk), named(person)) for person in subjects]
        fields["given_by"].widget.choices = _sentences(GivenBy)
        people = [(str(person.pk), named(person)) for person in consents.representatives(access)]
        fields["representative"].widget.choices = [("", NONE), *people]
        fields["given_how"].widget.choices = _sentences(GivenHow)
        fields["language"].widget.choices = [("", _("Choose a language")), *LANGUAGES.items()]
        fields["categories"].choices = [
            (category.value, capfirst(category.label)) for category in consents.categories_of(subjects)
        ]
        self.services = consents.services(access)
        fields["recipients"].choices = [(str(agency.pk), agency.name) for agency in self.services]
        fields["kinds"].choices = [(kind.value, capfirst(kind.label)) for kind in consents.kinds(access)]
        fields["partnership"].widget.choices = [
            ("", NONE),
            *((str(each.pk), each.name) for each in consents.partnerships()),
        ]
        fields["sheet"].widget.choices = _sentences(SheetHanded)
        files = [(str(file.pk), _file_words(file)) for file in consents.evidence(access)]
        fields["evidence"].widget.choices = [("", NONE), *files]
        if not self.is_bound:
            self.initial.setdefault("valid_until", local(consents.usual_end()).date())
            if len(subjects) == 1:
                self.initial.setdefault("subject", str(subjects[0].pk))

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The services by kind, to fold: [{"label", "open", "chosen", "options"}]; open where something is chosen."""
        kinds = {str(agency.pk): agency for agency in self.services}
        found: dict[str, dict[str, Any]] = {}
        for option in self["recipients"].subwidgets:
            label = capfirst(_kind_of(kinds, str(option.data["value"])))
            group = found.setdefault(label, {"label": label, "chosen": 0, "options": []})
            group["options"].append(option)
            group["chosen"] += bool(option.data["selected"])
        return sorted(found.values(), key=lambda group: (not group["chosen"], group["label"]))

    def given(self) -> Given:
        """What was typed, for the service."""
        values = self.cleaned_data
        return Given(
            subject_id=values.get("subject"),
            representative_id=values.get("representative"),
            partnership_id=values.get("partnership"),
            evidence_id=values.get("evidence"),
            valid_until=values.get("valid_until"),
            recipients=tuple(UUID(each) for each in values.get("recipients", [])),
            **{name: tuple(values.get(name, [])) for name in ("purposes", "categories", "kinds")},
            **{
                name: values.get(name, "")
                for name in (
                    "given_by",
                    "representative_name",
                    "given_how",
                    "language",
                    "explained",
                    "purpose",
                    "sheet",
                )
            },
        )


def _kind_of(agencies: dict[str, Agency], value: str) -> str:
    return str(agencies[value].get_kind_display())


def _file_words(file: Any) -> str:
    return f"{file.description or file.name}, {local_when(file.uploaded_at)}"


def named(person: CasePerson) -> str:
    """A person as the form offers them: name and role."""
    name = person.person.full_name or str(_("name not known"))
    return f"{name} ({person.get_role_display()})"


def renewed(consent: Consent, recipients: Iterable[Agency]) -> dict[str, Any]:
    """What a renewal starts from. Who gives it, how, what was explained and the sheet are said again."""
    return {
        "subject": str(consent.subject_id),
        "language": consent.language,
        "purposes": consent.purposes,
        "purpose": "" if consent.purposes else consent.purpose,
        "categories": consent.categories,
        "recipients": [str(agency.pk) for agency in recipients],
        "kinds": consent.recipient_kinds,
        "partnership": str(consent.partnership_id or ""),
    }
