"""Fields of the board between prosecutor and police; `reports.tracking` decides."""

from collections.abc import Iterable

from django import forms
from django.db.models import TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.models import Unit
from common.forms import INCOMPLETE, KeyField, MomentField
from reports.models import Decision, TrackedKind
from reports.tracking import LONGEST, MEASURES, WHOM

WAITING, OVERDUE, DECIDED, ALL = "waiting", "overdue", "decided", "all"


def _sentences(values: Iterable[TextChoices]) -> list[tuple[str, str]]:
    return [(value.value, capfirst(value.label)) for value in values]


def _words(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3, "autocomplete": "off", "autocapitalize": "sentences"}),
    )


def _whom(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=_sentences(WHOM), widget=forms.RadioSelect, required=False)


class FilterForm(forms.Form):
    """What the board shows; anything else than these choices shows what it shows first."""

    state = forms.ChoiceField(label=pgettext_lazy("board", "State"), required=False)
    kind = forms.ChoiceField(
        label=pgettext_lazy("board", "Kind"),
        required=False,
        choices=[("", pgettext_lazy("board", "Everything")), *_sentences(TrackedKind)],
    )
    mine = forms.BooleanField(label=_("My section"), required=False)

    STATES = {
        WAITING: pgettext_lazy("board", "To be decided"),
        OVERDUE: pgettext_lazy("board", "Overdue"),
        DECIDED: pgettext_lazy("board", "Decided"),
        ALL: pgettext_lazy("board", "Sent, the latest first"),
    }

    def __init__(self, *args: object, decides: bool, **kwargs: object):
        """`decides`: for a prosecutor's office, which sees first what waits; the police see all they sent."""
        super().__init__(*args, **kwargs)
        first = WAITING if decides else ALL
        others = [each for each in self.STATES if each != first and (each != ALL or not decides)]
        self.fields["state"].choices = [("", self.STATES[first]), *((each, self.STATES[each]) for each in others)]
        if not decides:
            del self.fields["mine"]
            self.fields["kind"].choices = [c for c in self.fields["kind"].choices if c[0] != TrackedKind.ALERT]


class Act(forms.Form):
    """One act on the page: `act` says which, `request_key` makes it once."""

    request_key = KeyField()


class ReadForm(Act):
    """Nothing to fill in."""


class AssignForm(Act):
    unit = forms.UUIDField(
        label=_("Section"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose a section.")},
    )

    def __init__(self, *args: object, units: Iterable[Unit], **kwargs: object):
        super().__init__(*args, **kwargs)
        choices = [(str(unit.pk), _named(unit)) for unit in units]
        self.fields["unit"].widget.choices = [("", _("Choose a section")), *choices]


def _named(unit: Unit) -> str:
    return f"{unit.name} · {unit.reference_person.full_name}" if unit.reference_person else unit.name


class OrderForm(Act):
    step = forms.ChoiceField(
        label=_("Measure"),
        choices=[(each.value, capfirst(each.label)) for each in MEASURES],
        widget=forms.RadioSelect,
        required=False,
    )
    whom = _whom(_("About"))
    on = MomentField(label=pgettext_lazy("measure", "From"), required=False, help_text=_("Empty: from now on."))
    until = MomentField(label=_("Until"), required=False)
    text = _words(_("In words"), _("Places, persons, conditions, objects seized."))


class HearingForm(Act):
    whom = _whom(_("Who is to be heard"))
    on = MomentField(label=pgettext_lazy("hearing", "On"), required=False, help_text=_("Empty: as soon as possible."))
    text = _words(_("What it is to clear up"))


class HeardForm(Act):
    whom = _whom(_("Who was heard"))
    on = MomentField(label=pgettext_lazy("hearing", "When"), required=False)
    text = _words(_("What the prosecutor has to know of it"), _("The report itself goes its own way."))

    def only(self, whom: Iterable[str]) -> None:
        """Offer these alone: whoever a hearing is still asked of."""
        wanted = set(whom)
        self.fields["whom"].choices = [choice for choice in self.fields["whom"].choices if choice[0] in wanted]


class DecideForm(forms.Form):
    """`shown` is the decision that the page showed: who decides on an old page is told."""

    outcome = forms.ChoiceField(
        label=_("Decision"), choices=_sentences(Decision), widget=forms.RadioSelect, required=False
    )
    reasons = _words(_("Reasons"))
    shown = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages={"invalid": INCOMPLETE})

    def __init__(self, *args: object, police: bool, **kwargs: object):
        """`police`: the police sent it and read the reasons too; what a professional reports stays with the office."""
        super().__init__(*args, **kwargs)
        readers = _("Read by your office and by the police that sent it.") if police else _("Read by your office.")
        self.fields["reasons"].help_text = readers
