"""Fields of the pages of consultations and of requests to the coordination; every refusal is the services'."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies.models import PartnershipMember
from common.forms import DayField, show_errors
from riskassessment.consulting import CONFIRM, LONGEST_SITUATION, Typed, soft_words
from riskassessment.definition import GridDefinition
from riskassessment.forms import AnswersForm, answer_name, typed
from riskassessment.models import FearedEvent

from .coordinating import LONGEST_REASON, LONGEST_WHY, Asked
from .joining import Names


class Confirms:
    """A form whose texts are checked for names: the box to confirm stands in it only once something was found."""

    confirm_shown = False

    def _add_confirming(self) -> None:
        self.fields[CONFIRM] = forms.BooleanField(
            label=_("I have read the words shown: they name nobody."), required=False
        )
        self.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)

    def confirmed(self) -> frozenset[str]:
        """The words that were shown and are confirmed now; others are shown first."""
        if not self.data.get(CONFIRM):
            return frozenset()
        return frozenset(filter(None, (self.data.get("seen") or "").splitlines()))

    def ask_to_confirm(self, errors: Mapping[str, Iterable[Any]], texts: Iterable[str]) -> None:
        """Show the refusal; where words may be confirmed, the box with the words it is about."""
        if CONFIRM in errors:
            self.confirm_shown = True
            self.data = self.data.copy()
            self.data["seen"] = "\n".join(sorted(soft_words(texts)))
            self.data.pop(CONFIRM, None)
        show_errors(self, errors)


class ConsultationForm(Confirms, AnswersForm):
    """The situation without names, and every question of the grid."""

    def __init__(self, grid: GridDefinition, language: str, data: Mapping[str, Any] | None = None, **extra: Any):
        super().__init__(grid, language, data, **extra)
        self.fields["situation"] = forms.CharField(
            label=_("The situation, without names"),
            help_text=_(
                "What worries you, since when, what has changed. No name, address, phone number, date of birth or"
                " reference of a file: “the victim”, “he”, “a child of 6”."
            ),
            required=False,
            strip=False,
            widget=forms.Textarea(attrs={"rows": 5, "maxlength": LONGEST_SITUATION, "autocomplete": "off"}),
        )
        self.fields["area"] = forms.CharField(
            label=_("Postal code of the area"),
            help_text=_("Four digits, or nothing."),
            required=False,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 4, "autocomplete": "off"}),
        )
        self.fields["key"] = forms.UUIDField(required=False, widget=forms.HiddenInput)
        self._add_confirming()

    def sent(self) -> Typed:
        """What was typed, as the service takes it."""
        return Typed(
            situation=self.data.get("situation", ""),
            area=self.data.get("area", ""),
            answers=typed(self.grid, self.data),
            confirmed=self.confirmed(),
        )

    def refuse(self, errors: Mapping[str, Iterable[Any]]) -> None:
        """Show a refusal beside the fields and questions it is about."""
        named = {(answer_name(name) if name in self.grid.by_id else name): told for name, told in errors.items()}
        given = typed(self.grid, self.data).values()
        texts = [part for one in given for part in (one["comment"], one["value"]) if isinstance(part, str)]
        self.ask_to_confirm(named, [self.data.get("situation", ""), *texts])


class AskForm(Confirms, forms.Form):
    """A request to the coordination; `with_names` where it comes from a case whose names the service sees."""

    place = forms.UUIDField(label=_("Which coordination"), required=False, widget=forms.RadioSelect)
    with_identity = forms.BooleanField(
        label=_("With the names: the coordination reads who they are until it has answered"), required=False
    )
    feared_events = forms.MultipleChoiceField(
        label=_("What is feared"),
        choices=FearedEvent.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    why = forms.CharField(
        label=_("Why the coordination is asked"),
        help_text=_("Without names, also where they go along: they are read in the case."),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": LONGEST_WHY, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, places: Iterable[PartnershipMember], with_names: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [(str(each.pk), f"{each.agency.name} ({each.partnership.name})") for each in places]
        self.fields["place"].widget.choices = choices
        if len(choices) == 1:
            self.initial.setdefault("place", choices[0][0])
        if not with_names:
            del self.fields["with_identity"]
        self._add_confirming()

    def asked(self) -> Asked:
        """What was typed, as the service takes it."""
        self.is_valid()
        place: UUID | None = self.cleaned_data.get("place")
        return Asked(
            place_id=place,
            why=self.cleaned_data.get("why", ""),
            feared_events=tuple(self.cleaned_data.get("feared_events", ())),
            with_identity=bool(self.cleaned_data.get("with_identity")),
            confirmed=self.confirmed(),
        )

    def refuse(self, errors: Mapping[str, Iterable[Any]]) -> None:
        """Show a refusal beside the fields it is about."""
        self.ask_to_confirm(errors, [self.data.get("why", "")])


class RedirectForm(forms.Form):
    reason = forms.CharField(
        label=_("Why, and where the service may turn"),
        help_text=_("The service that asked reads these words. Without names."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": LONGEST_REASON, "autocomplete": "off"}),
    )


class IdentityForm(forms.Form):
    """A case of the service, or who a new one is about."""

    reference = forms.CharField(
        label=_("Reference of the case"),
        help_text=_("Where your service follows it already: MOVE-2026-000123."),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    victim_given_name = forms.CharField(label=_("Given name"), required=False, max_length=100)
    victim_family_name = forms.CharField(label=_("Family name"), required=False, max_length=100)
    victim_birth_date = DayField(label=_("Date of birth"), required=False)
    perpetrator_given_name = forms.CharField(label=_("Given name"), required=False, max_length=100)
    perpetrator_family_name = forms.CharField(label=_("Family name"), required=False, max_length=100)

    def names(self) -> Names:
        """Who was typed."""
        return Names(**{name: value for name, value in self.cleaned_data.items() if name != "reference"})
