"""Categories and sides as people read them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from .enums import Category, Side


def about(category: str, side: str) -> str:
    """A category and whom it is about: “contact (victim)”, “identity (other persons of the case)”, “level of risk”."""
    label = str(Category(category).label)
    if category in (Category.SUMMARY, Category.PERPETRATOR_WORK):
        return label
    if side != Side.CASE:
        return f"{label} ({Side(side).label})"
    if category in (Category.IDENTITY, Category.CONTACT):
        return _("%(what)s (other persons of the case)") % {"what": label}
    return label


def in_words(pairs: Iterable[str]) -> list[str]:
    """ "category:side" pairs, each as `about` says it."""
    return [about(*pair.split(":")) for pair in pairs]


def seen_by(category: str, side: str) -> str:
    """Who reads a line, in words, from its category."""
    if category == Category.SUMMARY:
        return _("all services of the case")
    return _("the services that see: %(what)s") % {"what": about(category, side)}
