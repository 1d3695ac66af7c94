"""A rule and its figures in words; and the words of pages and categories, which another room lends."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.ui import local_date, written

from .models import Rule, UnusualReading

_page: list[Callable[[str], str]] = []
_categories: list[Callable[[Iterable[str]], list[str]]] = []


def register(*, page: Callable[[str], str], categories: Callable[[Iterable[str]], list[str]]) -> None:
    """Say how a page of the trail and its categories are called; there is one such answer."""
    _page[:], _categories[:] = [page], [categories]


def pages_read(reading: UnusualReading) -> list[dict[str, Any]]:
    """Which pages, and how often, the most read first; pages that are called alike are one line."""
    told: dict[str, int] = {}
    for kind, count in reading.pages.items():
        name = _page[0](kind.replace(":", "."))
        told[name] = told.get(name, 0) + count
    return [{"name": name, "count": count} for name, count in sorted(told.items(), key=lambda each: -each[1])]


def categories_read(reading: UnusualReading) -> list[str]:
    """Which categories of whom, in words."""
    return _categories[0](reading.categories)


def day(reading: UnusualReading) -> str:
    """The day, or the night from that day to the next."""
    if reading.rule != Rule.NIGHT:
        return local_date(reading.day)
    nights = {"first": written(reading.day), "second": written(reading.day + timedelta(days=1))}
    return _("night of %(first)s to %(second)s") % nights


def figure(reading: UnusualReading) -> str:
    """What was counted, in one sentence."""
    count, figures = reading.count, reading.figures
    limits = figures.get("limits", {})
    match reading.rule:
        case Rule.MANY:
            within = ngettext(
                "%(count)d within one hour", "%(count)d within one hour", figures.get("in_an_hour", 0)
            ) % {"count": figures.get("in_an_hour", 0)}
            return ngettext("%(count)d case opened, %(within)s.", "%(count)d cases opened, %(within)s.", count) % {
                "count": count,
                "within": within,
            }
        case Rule.NIGHT:
            return ngettext(
                "%(count)d case opened at night, by a service of a kind that does not work at night.",
                "%(count)d cases opened at night, by a service of a kind that does not work at night.",
                count,
            ) % {"count": count}
        case Rule.OWN_NAME:
            return ngettext(
                "%(count)d case opened in which a person bears the reader's own family name.",
                "%(count)d cases opened in which a person bears the reader's own family name.",
                count,
            ) % {"count": count}
        case Rule.COLLEAGUE:
            return ngettext(
                "%(count)d case opened in which a person bears the given name and family name of a colleague.",
                "%(count)d cases opened in which a person bears the given name and family name of a colleague.",
                count,
            ) % {"count": count}
        case _:
            return _("%(count)d different addresses refused within %(minutes)d minutes.") % {
                "count": count,
                "minutes": limits.get("refusal_minutes", 0),
            }


def usual(reading: UnusualReading) -> str:
    """This person's own usual day, where the rule asks for it."""
    if reading.rule != Rule.MANY:
        return ""
    if reading.figures.get("usual") is None:
        return _("This person has read on too few days lately to say what is usual.")
    return _("Usual for this person: %(usual)s cases a day (median of %(days)d days with a reading).") % {
        "usual": _number(reading.figures["usual"]),
        "days": reading.figures.get("usual_days", 0),
    }


def threshold(reading: UnusualReading) -> str:
    """From where the rule notes, with the limits as they were."""
    limits: Mapping[str, Any] = reading.figures.get("limits", {})
    match reading.rule:
        case Rule.MANY:
            return _(
                "Noted above %(hour)d cases within one hour or %(day)d in a day, when that is also more than %(times)s"
                " times this person's usual day."
            ) % {
                "hour": limits.get("in_an_hour", 0),
                "day": limits.get("in_a_day", 0),
                "times": _number(limits.get("times_usual", 0)),
            }
        case Rule.NIGHT:
            words = (
                _("Noted above %(count)d cases between %(first)d:00 and %(last)d:00, Belgian time.")
                if limits.get("at_night")
                else _("Noted from the first case between %(first)d:00 and %(last)d:00, Belgian time.")
            )
            return words % {
                "count": limits.get("at_night", 0),
                "first": limits.get("night_from", 0),
                "last": limits.get("night_until", 0),
            }
        case Rule.OWN_NAME | Rule.COLLEAGUE:
            return _(
                "Noted from the first case; the same case again after %(days)d days. Accents and capitals do not count."
                " Many people bear the same name."
            ) % {"days": limits.get("name_again_days", 0)}
        case _:
            return _("Noted above %(count)d within %(minutes)d minutes.") % {
                "count": limits.get("refusals", 0),
                "minutes": limits.get("refusal_minutes", 0),
            }


def _number(value: float) -> str:
    return number_format(value, decimal_pos=None if value % 1 else 0)
