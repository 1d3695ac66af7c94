"""Fields of the pages about a service's entries in the directory and its free places; `agencies.offers` and
`agencies.capacity` decide.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.languages import LANGUAGES
from common.texts import TRANSLATIONS

from .enums import Audience, Need
from .models import ServiceOffer
from .offers import LONGEST
from .opening import DAYS, WrongHours, hours_by_day, read_day, schedule_of

DAY_NAMES = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
IN_WORDS = {"fr": _("in French"), "nl": _("in Dutch"), "en": _("in English")}
WRONG_HOURS = _("Write the hours as in this example: 9:00-12:00, 13:30-17:00.")


class OfferForm(forms.Form):
    """An entry; `territory` is text, read by `services.parse_codes`; the hours of each day are a text of their own.

    Texts by language are `description_fr`, `description_nl`…; hours `day_1` (Monday) to `day_7`.
    """

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        help_text=_("As the public knows it: the name of the service or of the counter."),
    )
    needs = forms.MultipleChoiceField(
        label=_("What it helps with"), choices=Need.choices, widget=forms.CheckboxSelectMultiple
    )
    audiences = forms.MultipleChoiceField(
        label=_("For whom"), choices=Audience.choices, widget=forms.CheckboxSelectMultiple
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages spoken"), choices=list(LANGUAGES.items()), widget=forms.CheckboxSelectMultiple
    )
    interpretation = forms.BooleanField(label=_("With an interpreter on request"), required=False)
    territory = forms.CharField(
        label=_("Area served"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Postal codes, separated by spaces or commas. Empty: everywhere."),
    )
    address = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=200,
        help_text=_("Where people may come. Never the address of a shelter: it is refused."),
    )
    postal_code = forms.CharField(label=_("Postal code"), required=False, max_length=10)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=40)
    email = forms.CharField(label=_("E-mail"), required=False, max_length=254)
    url = forms.CharField(label=_("Web site"), required=False, max_length=200)
    always_open = forms.BooleanField(label=_("Day and night"), required=False)
    accessible = forms.TypedChoiceField(
        label=_("Accessible with a wheelchair"),
        required=False,
        choices=[("", _("Not said")), ("yes", _("Yes")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    is_public = forms.BooleanField(
        label=_("In the public directory"),
        required=False,
        help_text=_("Otherwise only professionals who look for a service find it."),
    )

    def __init__(self, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)
        for language in TRANSLATIONS:
            told = {"language": IN_WORDS[language]}
            self.fields[f"description_{language}"] = forms.CharField(
                label=_("What is offered, %(language)s") % told,
                required=False,
                max_length=LONGEST["description"],
                widget=forms.Textarea(attrs={"rows": 3, "lang": language}),
            )
            self.fields[f"schedule_note_{language}"] = forms.CharField(
                label=_("About the hours, %(language)s") % told,
                required=False,
                max_length=LONGEST["schedule_note"],
                widget=forms.TextInput(attrs={"lang": language}),
            )
            self.fields[f"fees_{language}"] = forms.CharField(
                label=_("What it costs, %(language)s") % told,
                required=False,
                max_length=LONGEST["fees"],
                widget=forms.TextInput(attrs={"lang": language}),
            )
        for day in DAYS:
            self.fields[f"day_{day}"] = forms.CharField(
                label=DAY_NAMES[day - 1], required=False, max_length=80, widget=forms.TextInput(attrs={"size": 24})
            )

    @property
    def days(self) -> list[forms.BoundField]:
        """The hours, Monday first."""
        return [self[f"day_{day}"] for day in DAYS]

    def parts(self, *, address: bool) -> list[dict[str, Any]]:
        """What may be written besides what every entry needs: {"code", "title", "fields", "days", "written" (labels of
        what is filled in), "open"}. Open are those with an error, or where something needed is missing.
        """
        first, *others = TRANSLATIONS
        where = ["address", "postal_code"] if address else []
        groups: tuple[tuple[str, Any, list[str]], ...] = (
            ("reach", _("Other ways to reach it, and where"), ["email", "url", *where, "accessible"]),
            ("hours", _("Opening hours and cost"), ["always_open", f"schedule_note_{first}", f"fees_{first}"]),
            ("area", _("Area served and languages spoken"), ["territory", "languages", "interpretation"]),
            ("words", _("In Dutch and in English"), [f"{name}_{each}" for each in others for name in LONGEST]),
        )
        parts = []
        for code, title, names in groups:
            days = self.days if code == "hours" else []
            fields = [self[name] for name in names]
            filled = [field for field in fields if field.value()]
            missing = any(field.field.required and not field.value() for field in fields)
            hours = [_("hours of each day")] if any(day.value() for day in days) else []
            parts.append(
                {
                    "code": code,
                    "title": title,
                    "fields": fields,
                    "days": days,
                    "written": [*hours, *(field.label for field in filled)],
                    "open": missing or any(field.errors for field in (*fields, *days)),
                }
            )
        return parts

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        days = {}
        for day in DAYS:
            try:
                days[day] = read_day(cleaned.get(f"day_{day}") or "")
            except WrongHours:
                self.add_error(f"day_{day}", WRONG_HOURS)
        cleaned["schedule"] = schedule_of(days)
        for name in LONGEST:
            cleaned[name] = {each: cleaned.get(f"{name}_{each}") or "" for each in TRANSLATIONS}
        return cleaned


def initial_of(offer: ServiceOffer) -> Mapping[str, Any]:
    """An entry as its form shows it."""
    plain = (
        "name", "needs", "audiences", "languages", "interpretation", "address", "postal_code", "phone", "email", "url",
        "always_open", "is_public",
    )  # fmt: skip
    values: dict[str, Any] = {name: getattr(offer, name) for name in plain}
    values["territory"] = " ".join(offer.territory)
    values["accessible"] = "" if offer.accessible is None else "yes" if offer.accessible else "no"
    for name in LONGEST:
        values |= {f"{name}_{language}": text for language, text in getattr(offer, name).items()}
    for day, hours in hours_by_day(offer.schedule).items():
        values[f"day_{day}"] = ", ".join(f"{opens}-{closes}" for opens, closes in hours)
    return values


class CapacityForm(forms.Form):
    """How many places are free and how long one waits; empty: not said."""

    free_places = forms.IntegerField(
        label=_("Free places"), required=False, help_text=_("0: full. Empty: we do not say.")
    )
    waiting_days = forms.IntegerField(
        label=_("Waiting time (days)"), required=False, help_text=_("Empty: we do not say.")
    )
