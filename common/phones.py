"""Phone numbers: one stored form (E.164), one shown form, one masked form."""

import re

import phonenumbers
from django.utils.translation import gettext_lazy as _

REGION = "BE"

# What people type between digits; letters are refused because "02 123 45 67 ext. 3" would lose its extension.
_ALLOWED = re.compile(r"\+?[\d\s().\-/\u2010\u2011\u2013\u00b7]{1,40}")


def normalise(raw: str) -> str:
    """E.164 ("+32470123456") of a number as people write it; without a prefix it is Belgian.

    Raises ValueError with a sentence to show by the field: not a phone number, an emergency or short number.
    """
    text = raw.strip()
    if not _ALLOWED.fullmatch(text):
        raise ValueError(_("Enter one phone number, for example 0470 12 34 56 or +32 470 12 34 56."))
    digits = re.sub(r"\D", "", text)
    if phonenumbers.is_emergency_number(digits, REGION) or len(digits) <= 6:
        raise ValueError(_("This is a short or emergency number. Enter the person’s own number."))
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValueError(_("This phone number does not exist. Check the digits, and the country prefix if any."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def display(e164: str) -> str:
    """As dialled from Belgium: "0470 12 34 56", or "+33 6 12 34 56 78". Anything else comes back as is."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    belgian = phonenumbers.region_code_for_number(number) == REGION
    forms = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, forms.NATIONAL if belgian else forms.INTERNATIONAL)


def dialled(written: str) -> str:
    """What a telephone is given of a number that is only shown: "02/555.20.20" → "025552020"."""
    return re.sub(r"[^\d+]", "", written)


def masked(e164: str) -> str:
    """The last two digits only, enough to tell two numbers apart: "… 56" (with a no-break space)."""
    return f"…\u00a0{e164[-2:]}" if len(e164) > 6 else "…"
