"""Why two records of persons may be one person: short codes to keep, and their words. Pure."""

from collections.abc import Iterable

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .likeness import Known, family_likeness, given_likeness, names_likeness

PHONE = "phone"
BIRTH_DATE = "birth_date"
OTHER_BIRTH_DATE = "other_birth_date"
TURNED_NAMES = "turned_names"
FAMILY_NAME = "family_name"
GIVEN_NAME = "given_name"

ALIKE = 0.75
"""From which likeness a name is given as a reason; below, something else speaks."""


def reasons(one: Known, other: Known) -> tuple[str, ...]:
    """Codes of what two records share, the telling ones first: "phone", "birth_date", "family_name=0.94"…

    A birth date that is nearly the same (a digit, day and month the wrong way round) is said too: it may be a slip.
    """
    found = []
    if one.phones & other.phones:
        found.append(PHONE)
    if one.birth_date and other.birth_date:
        found.append(BIRTH_DATE if one.birth_date == other.birth_date else OTHER_BIRTH_DATE)
    family, given = names_likeness(one, other)
    straight = family_likeness(one.family_name, other.family_name), given_likeness(one.given_name, other.given_name)
    if (family, given) != straight:
        found.append(TURNED_NAMES)
    for code, likeness in ((FAMILY_NAME, family), (GIVEN_NAME, given)):
        if likeness >= ALIKE:
            found.append(f"{code}={likeness:.2f}")
    return tuple(found)


def words(code: str) -> str:
    """One reason in words; "" for a code that has none."""
    name, _separator, value = code.partition("=")
    if name in (FAMILY_NAME, GIVEN_NAME):
        if value == "1.00":
            return _("same family name") if name == FAMILY_NAME else _("same given name")
        told = {"likeness": number_format(value, 2)}
        if name == FAMILY_NAME:
            return _("family name alike (%(likeness)s)") % told
        return _("given name alike (%(likeness)s)") % told
    return {
        PHONE: _("same phone number"),
        BIRTH_DATE: _("same birth date"),
        OTHER_BIRTH_DATE: _("birth dates nearly the same"),
        TURNED_NAMES: _("given and family name the other way round"),
    }.get(name, "")


def sentence(codes: Iterable[str]) -> str:
    """Several reasons in one line: "same birth date; family name alike (0.94)"."""
    return pgettext("between reasons", "; ").join(found for code in codes if (found := words(code)))
