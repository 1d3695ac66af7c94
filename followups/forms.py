"""Fields and widgets of the follow-up pages; `followups.calling` decides."""

from django import forms
from django.db.models import Choices
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.forms import KeyField, MomentField

from .models import ContactAttempt, FollowUpKind, Outcome, WithdrawalAnswer


def _sentences(choices: type[Choices]) -> list[tuple[str, str]]:
    """The choices, each beginning with a capital."""
    return [(value, capfirst(label)) for value, label in choices.choices]


def _step(label: str, help_text: str) -> forms.BooleanField:
    return forms.BooleanField(label=label, help_text=help_text, required=False)


def _next_at() -> MomentField:
    return MomentField(
        label=_("Next attempt"),
        help_text=_("When she was not reached: within the hours that are safe for her. You will be reminded then."),
        required=False,
    )


class AttemptForm(forms.Form):
    """The script of a J+2 call, ticked as it goes, and how the call went."""

    alone_asked = _step(
        _("Is she alone, can she speak freely?"),
        _(
            "Ask this before anything else, so that yes or no is enough. If she cannot speak, say the words agreed with"
            " her, hang up, and try again another time."
        ),
    )
    frame_explained = _step(
        _("Who calls and why"),
        _(
            "Use the name agreed with her. She accepted this call; she may end it, and change her mind about what is"
            " shared, at any time. Nothing obliges her to lodge a complaint."
        ),
    )
    hearing_prepared = _step(
        _("The hearing, if there is one"),
        _(
            "How long it may last, where and with whom; that she may ask for a break, an interpreter, somebody to mind"
            " the children; which papers or messages to keep."
        ),
    )
    accompaniment_offered = _step(
        _("Somebody by her side"),
        _("Who may come with her: a person she trusts, a lawyer, victim assistance. Offer to arrange it."),
    )
    housing_checked = _step(
        _("Where she sleeps"),
        _(
            "Where she and the children are tonight and this week, who holds the keys, what she would do if he came"
            " back."
        ),
    )
    income_checked = _step(
        _("What she lives on"),
        _(
            "Whether she has money, a bank card and papers of her own until the end of the month; who could help at"
            " once."
        ),
    )
    outcome = forms.ChoiceField(
        label=_("How it went"), choices=_sentences(Outcome), widget=forms.RadioSelect, required=False
    )
    note = forms.CharField(
        label=_("What she said and what comes next"),
        help_text=_("Facts and her own words. Who planned this contact sees how it went, not this text."),
        required=False,
        max_length=8000,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off", "autocapitalize": "sentences"}),
    )
    next_at = _next_at()
    request_key = KeyField()
    revealed = forms.BooleanField(required=False, widget=forms.HiddenInput)

    @property
    def steps(self) -> list[forms.BoundField]:
        """The ticks of the script, in the order of the call."""
        return [self[name] for name in ContactAttempt.TALKED_ABOUT]


class WithdrawalForm(forms.Form):
    """What she said when she was asked about a consent she withdrew."""

    answer = forms.ChoiceField(
        label=_("What she answered"), choices=_sentences(WithdrawalAnswer), widget=forms.RadioSelect, required=False
    )
    note = forms.CharField(
        label=_("What she said and what comes next"),
        help_text=_("Facts and her own words."),
        required=False,
        max_length=8000,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off", "autocapitalize": "sentences"}),
    )
    next_at = _next_at()
    revealed = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ClaimForm(forms.Form):
    """Whom the page showed as holding the follow-up."""

    held_by = forms.UUIDField(required=False, widget=forms.HiddenInput)


class FilterForm(forms.Form):
    """What the list shows; anything else than these choices shows everything."""

    state = forms.ChoiceField(
        label=pgettext_lazy("follow-ups", "State"),
        required=False,
        choices=[("", pgettext_lazy("follow-ups", "To do")), ("settled", pgettext_lazy("follow-ups", "Settled"))],
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("follow-ups", "What"),
        required=False,
        choices=[("", pgettext_lazy("follow-ups", "Everything")), *_sentences(FollowUpKind)],
    )
    mine = forms.BooleanField(label=_("Only what I took on"), required=False)
