"""Fields of one rule of the pathways, and of the paths between the phases, as they are published. What is accepted is
decided by the service.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from agencies.enums import AgencyKind, Need, Phase
from cases.enums import Level
from common.forms import DayField
from common.languages import LANGUAGES
from referrals.models import AskedBy
from referrals.pathways import AUDIENCES, WAYS, Act, Path, Rule

OFF = {"autocomplete": "off", "spellcheck": "false"}
EITHER = ("", pgettext_lazy("condition of a rule", "no matter"))
ROLES = [(role.value, role.label) for role in AUDIENCES]
ACTS = [
    ("", pgettext_lazy("before referring", "nothing to open")),
    (Act.ASSESS.value, _("the assessments of the case")),
    (Act.JUSTICE.value, _("the page to share with justice")),
]
LISTS = ("senders", "phases", "roles", "needs", "levels", "asked_by")
WORDS = ("why", "warning", "first")


def _many(label: Any, choices: Iterable[tuple[Any, Any]], help_text: Any = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, choices=choices, help_text=help_text, widget=forms.CheckboxSelectMultiple
    )


def _text(label: Any, language: str, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea({"rows": 2, "autocomplete": "off", "lang": language})
    return forms.CharField(label=label, required=False, widget=widget, help_text=help_text)


def _yes_no(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[EITHER, ("yes", pgettext_lazy("condition", "yes")), ("no", pgettext_lazy("condition", "no"))],
    )


class VersionForm(forms.Form):
    """Of the version that will be published. Nothing is required: every refusal is a sentence of the service."""

    use_required_attribute = False

    provenance = forms.CharField(
        label=_("Where the rules come from"),
        required=False,
        help_text=_("Of this version as a whole: the text or decision, and who took it."),
        widget=forms.Textarea({"rows": 3, "autocomplete": "off"}),
    )
    verified_on = DayField(
        label=_("Verified by a jurist on"), required=False, help_text=_("Empty: shown as to be confirmed by a jurist.")
    )
    after = forms.IntegerField(required=False, widget=forms.HiddenInput)


class PathwayRuleForm(VersionForm):
    """One rule."""

    code = forms.CharField(
        label=_("Code of the rule"),
        required=False,
        max_length=60,
        help_text=_("Small letters, figures and hyphens. It stands with the referrals it has led to."),
        widget=forms.TextInput(OFF),
    )
    position = forms.IntegerField(
        label=_("Place in the list"),
        required=False,
        help_text=_("From 1 on: the services of the first rules are proposed first. Empty: at the end."),
        widget=forms.NumberInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    needs = _many(
        _("Needs"), Need.choices, _("What the person says they need. A rule never asks where somebody comes from.")
    )
    roles = _many(_("About whom"), ROLES, _("None: whoever it is."))
    senders = _many(_("Who refers"), AgencyKind.choices, _("None: any service."))
    phases = _many(_("Phase of who refers"), Phase.choices, _("None: any phase."))
    levels = _many(
        _("Level of risk"),
        Level.choices,
        _("None: whatever the level. Where the level is not given, a rule that asks for one does not count."),
    )
    asked_by = _many(_("Who asks for it"), AskedBy.choices, _("None: whoever asks."))
    mandated = _yes_no(_("Ordered by a judicial authority"))
    language = _yes_no(_("Help in another language is asked for"))
    areas = forms.CharField(
        label=_("Area"),
        required=False,
        max_length=1000,
        help_text=_("Postal codes or their beginnings, for example 1030 12. Empty: everywhere."),
        widget=forms.TextInput(OFF),
    )
    propose_first = forms.ChoiceField(
        label=_("Which service is proposed"),
        required=False,
        help_text=_("Where nobody offers it, it is the one that counts as missing."),
    )
    propose_also = _many(_("And with it"), AgencyKind.choices)
    otherwise = _many(
        _("In its place"), AgencyKind.choices, _("Where there is none, or none that takes anybody at the moment.")
    )
    why_fr = _text(_("Why, in French"), "fr")
    why_en = _text(_("Why, in English"), "en")
    warning_fr = _text(_("What to know first, in French"), "fr", _("It warns and refuses nothing."))
    warning_en = _text(_("What to know first, in English"), "en")
    first_fr = _text(_("What to do before referring, in French"), "fr")
    first_en = _text(_("What to do before referring, in English"), "en")
    first_act = forms.ChoiceField(label=_("It opens"), required=False, choices=ACTS)

    def __init__(self, *args: Any, held: Rule | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.held = held
        self.fields["propose_first"].choices = [("", _("Choose a service")), *AgencyKind.choices]

    @staticmethod
    def initial_of(rule: Rule) -> dict[str, Any]:
        """What the fields hold for a rule."""
        when = rule.when
        held: dict[str, Any] = {name: [str(value) for value in getattr(when, name)] for name in LISTS}
        for name in ("mandated", "language"):
            value = getattr(when, name)
            held[name] = "" if value is None else "yes" if value else "no"
        texts = {"why": rule.why, "warning": rule.warning, "first": rule.first and rule.first.text}
        for name, text in texts.items():
            if text is not None:
                held |= {f"{name}_fr": text.fr, f"{name}_en": text.en}
        return held | {
            "code": rule.code,
            "areas": " ".join(when.areas),
            "propose_first": rule.propose[0],
            "propose_also": list(rule.propose[1:]),
            "otherwise": list(rule.otherwise),
            "first_act": (rule.first and rule.first.act) or "",
        }

    def rule(self) -> dict[str, Any]:
        """What was typed, as `referrals.pathway_rules.save_rule` takes it."""
        given = self.cleaned_data
        when = {name: [int(value) for value in given[name]] if name == "phases" else given[name] for name in LISTS}
        when |= {name: {"yes": True, "no": False}.get(given[name]) for name in ("mandated", "language")}
        when["areas"] = given["areas"].replace(",", " ").replace(";", " ").split()
        rule = {
            "code": given["code"],
            "when": when,
            "propose": [
                given["propose_first"],
                *self._kept("propose", given["propose_also"], but=given["propose_first"]),
            ],
            "otherwise": self._kept("otherwise", given["otherwise"]),
            "why": self._words("why"),
        }
        if any(self._words("warning").values()):
            rule["warning"] = self._words("warning")
        if any(self._words("first").values()):
            rule["first"] = {"text": self._words("first"), "act": given["first_act"] or None}
        return rule

    def _words(self, name: str) -> dict[str, str]:
        typed = {code: self.cleaned_data[f"{name}_{code}"].strip() for code in ("fr", "en")}
        held = getattr(self.held, name, None)
        text = getattr(held, "text", held)
        same = text is not None and (typed["fr"], typed["en"]) == (text.fr, text.en)
        return typed | {"nl": text.nl} if same and text.nl else typed

    def _kept(self, name: str, chosen: list[str], *, but: str = "") -> list[str]:
        """The services in the order the rule had them, then those that are new."""
        before = [str(kind) for kind in getattr(self.held, name, ())]
        ordered = [kind for kind in before if kind in chosen] + [kind for kind in chosen if kind not in before]
        return [kind for kind in ordered if kind != but]


class PathsForm(VersionForm):
    """Every way from one phase to another: whether it is open, and why one goes it."""

    def __init__(self, *args: Any, held: Iterable[Path], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.held = {(path.start, path.to): path for path in held}
        for start, to in WAYS:
            path, name = self.held.get((start, to)), f"{start:d}_{to:d}"
            self.fields[f"open_{name}"] = forms.BooleanField(
                label=_("A service may be proposed this way"), required=False, initial=path is not None
            )
            for language, label in (("fr", _("Why, in French")), ("en", _("Why, in English"))):
                field = _text(label, language)
                field.initial = getattr(path.why, language) if path else ""
                self.fields[f"why_{name}_{language}"] = field

    def ways(self) -> list[dict[str, Any]]:
        """The fields of each way, for the page."""
        return [
            {
                "start": start.label,
                "to": to.label,
                "number": f"{start:d}_{to:d}",
                "open": self[f"open_{start:d}_{to:d}"],
                "words": [self[f"why_{start:d}_{to:d}_{language}"] for language in ("fr", "en")],
            }
            for start, to in WAYS
        ]

    def paths(self) -> list[dict[str, Any]]:
        """What was typed, as `referrals.pathway_rules.save_paths` takes it."""
        open_ways = [way for way in WAYS if self.cleaned_data[f"open_{way[0]:d}_{way[1]:d}"]]
        order = {way: number for number, way in enumerate(self.held)}
        open_ways.sort(key=lambda way: order.get(way, len(order)))
        return [{"start": int(start), "to": int(to), "why": self._words(start, to)} for start, to in open_ways]

    def _words(self, start: Phase, to: Phase) -> dict[str, str]:
        typed = {code: self.cleaned_data[f"why_{start:d}_{to:d}_{code}"].strip() for code in ("fr", "en")}
        path = self.held.get((start, to))
        same = path is not None and (typed["fr"], typed["en"]) == (path.why.fr, path.why.en)
        return typed | {"nl": path.why.nl} if same and path.why.nl else typed


class TryForm(forms.Form):
    """Some facts, to see which rules they lead to. Nothing is kept."""

    use_required_attribute = False

    sender = forms.ChoiceField(label=_("Who refers"), choices=AgencyKind.choices)
    phase = forms.TypedChoiceField(label=_("Phase of who refers"), choices=Phase.choices, coerce=int)
    role = forms.ChoiceField(label=_("About whom"), choices=ROLES)
    need = forms.ChoiceField(label=_("Need"), choices=Need.choices)
    try_asked_by = forms.ChoiceField(label=_("Who asks for it"), choices=AskedBy.choices)
    try_level = forms.ChoiceField(
        label=_("Level of risk"),
        required=False,
        choices=[("", _("not given")), *Level.choices],
    )
    try_postal_code = forms.CharField(
        label=_("Postal code"),
        required=False,
        max_length=10,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )
    try_language = forms.ChoiceField(
        label=_("Help in another language is asked for"),
        required=False,
        choices=[("", _("no")), *((code, name) for code, name in LANGUAGES.items() if code not in ("fr", "nl", "de"))],
    )
