"""Fields of the pages about needs, migration background and dangers. What is accepted is decided by the services."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.forms import BoundField
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Agency
from cases.models import CasePerson
from common.forms import DayField, KeyField

from .dangers import Wanted
from .models import (
    DangerAbout,
    DangerKind,
    DangerOver,
    DangerSource,
    Domain,
    MigrationBackground,
    NeedsAssessment,
    NeedSource,
    NeedState,
)
from .needs import BACKGROUND, Need

OFF = {"autocomplete": "off"}


def _sentences(choices: Sequence[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(value, capfirst(label)) for value, label in choices]


def _radios(label: Any, choices: Sequence[tuple[str, Any]], **extra: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.RadioSelect(choices=_sentences(choices)), **extra)


def _text(label: Any, rows: int = 2, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, help_text=help_text, widget=forms.Textarea({**OFF, "rows": rows})
    )


class ReplacingForm(forms.Form):
    """What takes the place of a row that was read: its id goes along."""

    use_required_attribute = False

    request_key = KeyField()
    replaces = forms.CharField(required=False, widget=forms.HiddenInput)

    def replaces_value(self) -> UUID | None:
        """The row that was read before writing; one that nobody has written where the page was altered."""
        given = self.cleaned_data["replaces"].strip()
        try:
            return UUID(given) if given else None
        except ValueError:
            return UUID(int=0)


@dataclass(frozen=True)
class NeedFields:
    """The three fields of one domain."""

    domain: str
    label: str
    state: BoundField
    source: BoundField
    words: BoundField


class NeedsForm(ReplacingForm):
    """Each domain with what was found, and with whom."""

    partners = forms.TypedMultipleChoiceField(
        label=_("Assessed together with"),
        required=False,
        coerce=UUID,
        help_text=_("Services that were there. They read what is written here only where they see it already."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, partners: Sequence[Agency], held: NeedsAssessment | None, **kwargs: Any):
        self.held = held
        super().__init__(*args, initial={"replaces": held.pk if held else ""}, **kwargs)
        self.fields["partners"].choices = [(str(each.pk), each.short_name) for each in partners]
        found = {line.domain: line for line in held.shown} if held else {}
        for domain in Domain:
            line = found.get(domain)
            self._add(domain, "state", _radios(_("Is there a need?"), NeedState.choices), line, NeedState.NOT_ASKED)
            source = forms.CharField(
                label=_("Where this comes from"),
                required=False,
                widget=forms.Select(choices=_sentences(NeedSource.choices)),
            )
            self._add(domain, "source", source, line, NeedSource.PERSON)
            self._add(domain, "words", _text(_("In words")), line, "")

    def _add(self, domain: str, name: str, field: forms.Field, line: Any, otherwise: str) -> None:
        field.initial = getattr(line, name) if line else otherwise
        self.fields[f"{domain}-{name}"] = field

    def rows(self) -> Iterator[NeedFields]:
        """The fields, domain by domain."""
        for domain in Domain:
            state, source, words = (self[f"{domain}-{name}"] for name in ("state", "source", "words"))
            yield NeedFields(domain, capfirst(domain.label), state, source, words)

    def needs(self) -> dict[str, Need]:
        """What was typed, once it is valid."""
        return {
            domain: Need(*(self.cleaned_data[f"{domain}-{name}"] for name in ("state", "words", "source")))
            for domain in Domain
        }


class BackgroundForm(ReplacingForm):
    """The three ways of MOVE §2, and why one of them is useful to know."""

    migrated = forms.BooleanField(
        label=_("This person came to live in Belgium"),
        required=False,
    )
    other_nationality = forms.BooleanField(
        label=_("This person has, or had, another nationality than the Belgian one"), required=False
    )
    parent_migrated = forms.BooleanField(label=_("A parent of this person came to live in Belgium"), required=False)
    why = _text(
        _("Why this is useful to the person"),
        3,
        _(
            "For instance: an interpreter, a residence permit that depends on the partner, a service that knows the"
            " procedure. Never a country, an origin or a religion, and never an explanation of the violence."
        ),
    )

    def __init__(self, *args: Any, held: MigrationBackground | None, **kwargs: Any):
        initial: dict[str, Any] = {"replaces": held.pk if held else ""}
        if held is not None and not held.withdrawn:
            initial |= {name: getattr(held, name) for name in (*BACKGROUND, "why")}
        super().__init__(*args, initial=initial, **kwargs)

    def said(self) -> dict[str, Any]:
        """What was typed, once it is valid."""
        return {name: self.cleaned_data[name] for name in (*BACKGROUND, "why")}


class DangerForm(forms.Form):
    """What is dangerous, what to do, who says so, until when; and what may be read on his side."""

    use_required_attribute = False

    request_key = KeyField()
    about = _radios(_("What is dangerous?"), DangerAbout.choices)
    case_person_id = forms.UUIDField(label=_("Who?"), required=False, widget=forms.RadioSelect)
    kind = _radios(_("Which danger?"), DangerKind.choices)
    what = _text(_("What is known"), 3, _("Facts, and when. Never an address: say “at his home”, “on the landing”."))
    precautions = _text(_("What to do"), 3, _("For instance: go there with two, see him on the premises only."))
    source = _radios(_("Where is it known from?"), DangerSource.choices)
    from_on = DayField(label=_("From"), required=False)
    until_on = DayField(
        label=_("Until"), required=False, help_text=_("Six months at most. If it lasts, it is prolonged then.")
    )
    said_on_his_side = _text(
        _("What may be read on his side"),
        2,
        _(
            "The services that work with him read these words and nothing else of what you write here. Nothing that"
            " comes from her, or that only she could have said. Left empty, they read the kind of danger alone."
        ),
    )

    def __init__(self, *args: Any, persons: Sequence[CasePerson], **kwargs: Any):
        super().__init__(*args, **kwargs)
        names = [(str(each.pk), each.person.full_name or _("name not known")) for each in persons]
        self.fields["case_person_id"].widget.choices = names

    def wanted(self) -> Wanted:
        """What was typed, once it is valid."""
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if name != "request_key"})


class EndDangerForm(forms.Form):
    """Why a danger is flagged no longer."""

    use_required_attribute = False

    reason = _radios(pgettext_lazy("danger", "Why is it flagged no longer?"), DangerOver.choices)
