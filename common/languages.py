"""Languages people speak with services: code → name. An order for the counter, not an inventory."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

LANGUAGES = {
    "fr": _("French"),
    "nl": _("Dutch"),
    "de": _("German"),
    "en": _("English"),
    "ar": _("Arabic"),
    "ary": _("Moroccan Arabic"),
    "ber": _("Berber"),
    "bg": _("Bulgarian"),
    "es": _("Spanish"),
    "fa": _("Persian, Dari"),
    "ff": _("Fula"),
    "it": _("Italian"),
    "ku": _("Kurdish"),
    "ln": _("Lingala"),
    "pl": _("Polish"),
    "ps": _("Pashto"),
    "pt": _("Portuguese"),
    "ro": _("Romanian"),
    "ru": _("Russian"),
    "so": _("Somali"),
    "sq": _("Albanian"),
    "sw": _("Swahili"),
    "ti": _("Tigrinya"),
    "tr": _("Turkish"),
    "uk": _("Ukrainian"),
    "ur": _("Urdu"),
    "sfb": _("French Belgian sign language"),
    "other": _("another language"),
}


def names(codes: Iterable[str]) -> str:
    """The languages in words; a code that is not listed is shown as it is."""
    return ", ".join(str(LANGUAGES.get(code, code)) for code in codes)
