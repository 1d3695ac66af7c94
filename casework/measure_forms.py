"""Fields of the pages on protection measures; the services decide."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.forms import INCOMPLETE, DayField, DayInput, KeyField, LastDayField, MomentField
from plans.measure_acts import LONGEST, LONGEST_NAME, Wanted
from plans.measure_checks import Wanted as AskedFor
from plans.measure_checks import Why
from plans.measure_rules import Typed
from plans.models import Authority, HowTold, MeasureAct, MeasureKind, ToldWhom
from reports.models import Section

OFF = {"autocomplete": "off", "spellcheck": "false"}

DO = {
    MeasureAct.REQUEST: pgettext_lazy("measure", "It is asked for"),
    MeasureAct.ORDER: pgettext_lazy("measure", "It is ordered"),
    MeasureAct.REFUSE: pgettext_lazy("measure", "It is refused"),
    MeasureAct.NOTIFY: pgettext_lazy("measure", "He was notified, or it was put in place"),
    MeasureAct.HEARING: pgettext_lazy("measure", "The hearing at the family court is fixed"),
    MeasureAct.EXTEND: pgettext_lazy("measure", "It is extended"),
    MeasureAct.LIFT: pgettext_lazy("measure", "It is lifted before its end"),
    MeasureAct.END: pgettext_lazy("measure", "It is over"),
}
"""What somebody writes, as a sentence."""


def _words(label: str, help_text: str = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea({"rows": rows, "autocomplete": "off", "autocapitalize": "sentences"}),
    )


def _sentences(values: Iterable[Any]) -> list[tuple[str, str]]:
    return [(value.value, capfirst(value.label)) for value in values]


def _authority() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Which authority"),
        required=False,
        choices=[("", _("Choose")), *_sentences(Authority)],
    )


class MeasureForm(forms.Form):
    """A new measure: asked for, or ordered already."""

    use_required_attribute = False

    request_key = KeyField()
    kind = forms.ChoiceField(
        label=_("Measure"), choices=_sentences(MeasureKind), widget=forms.RadioSelect, required=False
    )
    name = forms.CharField(
        label=_("Which one, where it is another measure"),
        required=False,
        max_length=LONGEST_NAME,
        widget=forms.TextInput(OFF),
    )
    hers = forms.BooleanField(
        label=_("It is something she holds: he must never learn of it"),
        help_text=_("A mobile alarm and an address kept secret are never read on his side."),
        required=False,
    )
    about = forms.ChoiceField(label=_("Whom it binds"), widget=forms.RadioSelect, required=False)
    protects = forms.MultipleChoiceField(
        label=_("Whom it protects"),
        help_text=_("Persons he may not contact or come near."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    places = _words(
        _("Places, as the order names them"),
        _("He reads this, and so does any police officer who checks him on the road."),
        rows=2,
    )
    his_to_know = forms.BooleanField(
        label=_("He knows this address: the home they shared"),
        help_text=_("It is then never shown on the road: the officer calls your zone."),
        required=False,
    )
    kept_places = _words(
        _("Places he must not learn"),
        _("Where she is, works or sleeps now. Never on a paper for him, never on his side."),
        rows=2,
    )
    conditions = _words(_("Conditions"), _("As the order says them. He reads this."))
    reasons = _words(_("Why it is asked for"), _("For the authority that decides. Never read on his side."), rows=4)
    act = forms.ChoiceField(
        label=_("Where it stands"),
        choices=[(act.value, DO[act]) for act in (MeasureAct.REQUEST, MeasureAct.ORDER)],
        widget=forms.RadioSelect,
        initial=MeasureAct.REQUEST,
        required=False,
    )
    at = MomentField(label=_("When it was asked for or ordered"), required=False)
    authority = _authority()
    until = LastDayField(
        label=_("Last day, where the order says one"),
        help_text=_("Not for a residence ban: it is counted from when he is notified."),
        required=False,
    )

    def __init__(self, *args: Any, bound: Mapping[UUID, str], protected: Mapping[UUID, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["about"].choices = [(str(pk), name) for pk, name in bound.items()]
        self.fields["protects"].choices = [(str(pk), name) for pk, name in protected.items()]

    def wanted(self) -> Wanted:
        """The measure as it was typed."""
        given = self.cleaned_data
        return Wanted(
            kind=given.get("kind", ""),
            hers=given.get("hers", False),
            name=given.get("name", ""),
            about=UUID(given["about"]) if given.get("about") else None,
            protects=tuple(UUID(each) for each in given.get("protects", ())),
            places=given.get("places", ""),
            kept_places=given.get("kept_places", ""),
            conditions=given.get("conditions", ""),
            reasons=given.get("reasons", ""),
            his_to_know=given.get("his_to_know", False),
        )

    def typed(self) -> Typed:
        """Its first step as it was typed."""
        given = self.cleaned_data
        ordered = given.get("act") == MeasureAct.ORDER
        return Typed(
            act=given.get("act", ""),
            at=given.get("at"),
            authority=given.get("authority", "") if ordered else "",
            until=given.get("until") if ordered else None,
        )


FIELDS_OF = {
    MeasureAct.ORDER: ("at", "authority", "until", "text"),
    MeasureAct.REFUSE: ("at", "authority", "text"),
    MeasureAct.NOTIFY: ("at", "until_at", "hearing_at", "text"),
    MeasureAct.HEARING: ("hearing_at", "text"),
    MeasureAct.EXTEND: ("authority", "judged_on", "until", "text"),
    MeasureAct.LIFT: ("at", "authority", "text"),
    MeasureAct.END: ("at", "text"),
}


class StepForm(forms.Form):
    """One step; only the fields this act asks for. `shown` is where the page showed the measure to stand."""

    use_required_attribute = False

    request_key = KeyField()
    shown = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE})
    at = MomentField(label=_("When"), required=False)
    authority = _authority()
    judged_on = DayField(
        label=_("Day of the judgment"), help_text=_("The extension is counted from it."), required=False
    )
    until = LastDayField(label=_("Last day"), required=False)
    until_at = MomentField(
        label=_("Until"), help_text=_("Empty: 14 days from the notification for a residence ban."), required=False
    )
    hearing_at = MomentField(
        label=_("Hearing at the family court"), help_text=_("While the ban lasts."), required=False
    )
    text = _words(_("In words"), _("The reason, or what a colleague has to know. Never read on his side."))

    def __init__(self, *args: Any, act: MeasureAct, kind: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.act = act
        wanted = set(FIELDS_OF[act])
        if kind == MeasureKind.RESIDENCE_BAN:
            wanted -= {"until"} if act == MeasureAct.ORDER else set()
        else:
            wanted -= {"hearing_at"}
            self.fields["until_at"].help_text = _("Empty: as the order says, or until further notice.")
        for name in list(self.fields):
            if name not in wanted | {"request_key", "shown"}:
                del self.fields[name]

    def typed(self) -> Typed:
        """The step as it was typed."""
        given = self.cleaned_data
        return Typed(
            act=self.act,
            at=given.get("at"),
            authority=given.get("authority", ""),
            until=given.get("until_at") or given.get("until"),
            hearing_at=given.get("hearing_at"),
            judged_on=given.get("judged_on"),
            text=given.get("text", ""),
        )


class ToldForm(forms.Form):
    use_required_attribute = False

    request_key = KeyField()
    whom = forms.ChoiceField(label=_("Who was told"), widget=forms.RadioSelect, required=False)
    how = forms.ChoiceField(label=_("How"), choices=_sentences(HowTold), widget=forms.RadioSelect, required=False)
    at = MomentField(label=_("When"), required=False)
    words = _words(_("By whom, and what was said"), _("Where it was somebody else than you."), rows=2)

    def __init__(self, *args: Any, whom: Iterable[ToldWhom], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["whom"].choices = _sentences(whom)


class BreachForm(forms.Form):
    use_required_attribute = False

    request_key = KeyField()
    report = forms.ChoiceField(label=_("Report that says it"), required=False)
    at = MomentField(label=_("When"), help_text=_("Empty: when the report says that it happened."), required=False)
    words = _words(_("What happened"), _("Needed where no report says it yet."))

    def __init__(self, *args: Any, reports: Iterable[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["report"].choices = [("", _("No report yet")), *reports]

    def report_id(self) -> UUID | None:
        """The report chosen, or None."""
        chosen = self.cleaned_data.get("report")
        return UUID(chosen) if chosen else None


class AddressForm(forms.Form):
    use_required_attribute = False

    request_key = KeyField()
    address = forms.CharField(
        label=_("Where he can be reached"),
        required=False,
        max_length=300,
        widget=forms.TextInput(OFF),
    )
    given_at = MomentField(label=_("When he said it"), required=False)


class SheetForm(forms.Form):
    """Which sections of the report stand on the request."""

    sections = forms.MultipleChoiceField(
        label=_("What of the report stands on it"),
        help_text=_("The authority that decides reads it. Leave out what it does not need."),
        choices=[(each.value, each.label) for each in Section],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class RoadForm(forms.Form):
    """Whom somebody asks about on the road, and why."""

    use_required_attribute = False

    why = forms.ChoiceField(label=_("Why you ask"), choices=Why.choices, widget=forms.RadioSelect, required=False)
    family_name = forms.CharField(
        label=_("Family name"), required=False, max_length=100, widget=forms.TextInput({**OFF, "enterkeyhint": "next"})
    )
    given_name = forms.CharField(
        label=_("Given name"), required=False, max_length=100, widget=forms.TextInput({**OFF, "enterkeyhint": "next"})
    )
    birth_date = DayField(
        label=_("Birth date"),
        help_text=_("As on the identity document. Several persons may bear one name."),
        required=False,
        widget=DayInput({"autocomplete": "off"}),
    )

    def wanted(self) -> AskedFor:
        """Whom to look for, as it was typed."""
        given = self.cleaned_data
        return AskedFor(
            family_name=given.get("family_name", ""),
            given_name=given.get("given_name", ""),
            birth_date=given.get("birth_date"),
            why=given.get("why", ""),
        )
