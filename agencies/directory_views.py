"""The public service directory: no account, no cookie, nothing kept.

A search is a GET: a form that is sent would need a cookie to prove where it comes from, and cannot be opened again,
printed from a paper or sent to somebody. What stands in the address is harmless to whoever finds it: see
`agencies.directory`. Nothing is written: neither the search nor where it comes from, in the trail or in the logs.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from common.clock import local, now
from common.phones import display, normalise
from common.public_pages import language_of
from common.templatetags.ui import written
from common.texts import TRANSLATIONS

from . import help_numbers, offers, opening
from .directory import AUDIENCE_SIGNS, NEED_SIGNS, PAGE, Asked, Line, Way, read, search
from .directory_words import DirectoryWords, languages, words_in
from .models import Place, ServiceOffer
from .places import name_in
from .services import SHORT_NUMBER

FIRST_NUMBERS = 3
"""Numbers that stand open besides the urgent ones."""


@login_not_required
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Who helps, near a place: `?p=` place, `n` need, `a` for whom, `w` language spoken, `o` open now, `e` those that
    do not serve the place too, `f` first one shown, `l` language of the page.
    """
    language = language_of(request, languages()) or (get_language() or "fr").partition("-")[0]
    words = words_in(language)
    # also for a language the screens of the application do not speak
    with translation.override(language):
        response = render(request, "agencies/directory.html", _context(request, words))
    response["Content-Language"] = language
    return response


def _context(request: HttpRequest, words: DirectoryWords) -> dict[str, Any]:
    at = now()
    found = search(read(request.GET), at)
    asked = found.asked
    chosen_language = words.language if request.GET.get("l", "") in languages() else ""
    params = _params(asked, chosen_language)
    place_name = _place_name(found.place, words.language) if found.place else found.postal_code
    return {
        "words": words,
        "asked": asked,
        "found": found,
        "language": words.language,
        "page_language": params.get("l", ""),
        "pages_in": [
            {"code": code, "name": name, "query": urlencode(params | {"l": code}), "current": code == words.language}
            for code, name in languages().items()
        ],
        **_numbers(words, asked, found.postal_code),
        "needs": _choices(NEED_SIGNS, words.needs, asked.need),
        "audiences": _choices(AUDIENCE_SIGNS, words.audiences, asked.audience),
        "spoken": [(code, name, code == asked.language) for code, name in words.spoken_names.items()],
        "places": [_place_choice(place, params, words) for place in found.places],
        "near": [_place_choice(place, params, words) for place in found.near],
        "ways": [
            {
                "words": _way_words(asked, way, words),
                "count": way.count,
                "query": urlencode(_params(way.asked, chosen_language)),
            }
            for way in found.ways
        ],
        "lines": [_said(line, words, at) for line in found.lines],
        "elsewhere": [_said(line, words, at) for line in found.elsewhere],
        "count_words": words.count_one if found.count == 1 else words.count_many.format(count=found.count),
        "found_for": words.found_for.format(place=place_name),
        "code_unknown": words.code_unknown.format(place=found.postal_code),
        "earlier": urlencode(params | {"f": asked.first - PAGE}) if asked.first else "",
        "later": urlencode(params | {"f": asked.first + PAGE}) if asked.first + PAGE < found.count else "",
        "again": urlencode({"l": params["l"]}) if "l" in params else "",
    }


def _params(asked: Asked, language: str) -> dict[str, str]:
    """The search again, as an address holds it, from its first entry."""
    sign = {need: number for number, need in NEED_SIGNS.items()} | {
        who: number for number, who in AUDIENCE_SIGNS.items()
    }
    values = {
        "p": asked.typed,
        "n": sign.get(asked.need, ""),
        "a": sign.get(asked.audience, ""),
        "w": asked.language,
        "o": "1" if asked.open_now else "",
        "e": "1" if asked.everywhere else "",
        "l": language,
    }
    return {name: value for name, value in values.items() if value}


def _choices(signs: dict[str, Any], names: dict[Any, str], chosen: Any) -> list[tuple[str, str, bool]]:
    return [(sign, names[code], code == chosen) for sign, code in signs.items()]


def _numbers(words: DirectoryWords, asked: Asked, postal_code: str) -> dict[str, Any]:
    """Those of an emergency, the first ones, the others behind a click; of the place before those of everywhere."""
    shown = help_numbers.shown(words.language, audience=asked.audience, postal_code=postal_code)
    rows = [
        {
            "number": each.number,
            "href": each.href,
            "name": each.name,
            "note": each.note,
            "urgent": each.urgent,
            "checked": words.number_checked.format(date=written(each.verified_on)) if each.verified_on else "",
        }
        for each in sorted(shown, key=lambda each: (not each.urgent, not each.local))
    ]
    urgent = sum(row["urgent"] for row in rows)
    checked = [each.checked for each in shown]
    said = "" if all(checked) else words.numbers_some_checked if any(checked) else words.numbers_none_checked
    return {
        "numbers": rows[: urgent + FIRST_NUMBERS],
        "more_numbers": rows[urgent + FIRST_NUMBERS :],
        "numbers_checked": said,
    }


def _place_choice(place: Place, params: dict[str, str], words: DirectoryWords) -> dict[str, str]:
    return {"name": _place_name(place, words.language), "query": urlencode(params | {"p": place.postal_code})}


def _way_words(asked: Asked, way: Way, words: DirectoryWords) -> str:
    if way.dropped == ("typed",):
        return words.without_place
    if not way.dropped:
        return words.everywhere_too
    if len(way.dropped) > 1:
        return words.without_filters
    names = {
        "need": words.needs.get(asked.need),
        "audience": words.audiences.get(asked.audience),
        "language": words.spoken_names.get(asked.language),
        "open_now": words.open_now,
    }
    return words.without_filter.format(filter=names[way.dropped[0]])


def _place_name(place: Place, language: str) -> str:
    return f"{place.postal_code} {name_in(place, language)}"


# --- an entry in words ------------------------------------------------------------------------------------
def _said(line: Line, words: DirectoryWords, at: datetime) -> dict[str, Any]:
    offer = line.offer
    hidden = offers.tells_no_address(offer.agency.kind, offer.needs)
    return {
        "id": offer.pk,
        "name": offer.name,
        "agency": "" if offer.agency.name == offer.name else offer.agency.name,
        "description": _text(offer.description, words),
        "distance": _distance(line, words, hidden),
        "is_open": line.opening.is_open,
        "opening": _opening(line.opening, offer, words, at),
        "hours": [] if offer.always_open else _hours(offer, words),
        "note": _text(offer.schedule_note, words),
        "fees": _text(offer.fees, words),
        "phone": _phone(offer.phone),
        "email": offer.email,
        "url": offer.url,
        "address": "" if hidden or not offer.address else ", ".join(filter(None, (offer.address, offer.postal_code))),
        "hidden": hidden,
        "needs": ", ".join(words.needs[need] for need in offer.needs if need in words.needs),
        "audiences": ", ".join(words.audiences[each] for each in offer.audiences if each in words.audiences),
        "speaks": ", ".join(
            [words.spoken_names[code] for code in offer.languages if code in words.spoken_names]
            + ([words.interpreter] if offer.interpretation else [])
        ),
        "wheelchair": "" if offer.accessible is None else words.yes if offer.accessible else words.no,
        "confirmed": _confirmed(offer, words, at),
    }


def _text(texts: dict[str, str], words: DirectoryWords) -> dict[str, str] | None:
    """{"text", "language"}: in the reader's language, else in the first there is; the page marks which."""
    for code in (words.language, *TRANSLATIONS):
        if texts.get(code):
            return {"text": texts[code], "language": "" if code == words.language else code}
    return None


def _distance(line: Line, words: DirectoryWords, hidden: bool) -> str:
    if line.km is not None and not hidden:
        return words.close if line.km < 1 else words.kilometres.format(km=round(line.km))
    return "" if line.offer.territory else words.everywhere


def _opening(state: opening.Opening, offer: ServiceOffer, words: DirectoryWords, at: datetime) -> str:
    if state.is_open is None:
        return words.hours_unknown
    if offer.always_open:
        return words.always_open
    if state.until is not None:
        if state.until - at < timedelta(hours=16):
            return words.open_until.format(time=_time(state.until))
        return words.open_until_day.format(day=_day(state.until, words, at), time=_time(state.until))
    if state.opens is None:
        return words.closed
    return words.opens.format(day=_day(state.opens, words, at), time=_time(state.opens))


def _hours(offer: ServiceOffer, words: DirectoryWords) -> list[dict[str, str]]:
    rows = []
    for first, last, hours in opening.spans(offer.schedule):
        name = words.days[first - 1] if first == last else f"{words.days[first - 1]} – {words.days[last - 1]}"
        whole = hours == [("00:00", "00:00")]
        rows.append(
            {
                "days": name,
                "hours": words.day_and_night if whole else ", ".join(f"{start}–{end}" for start, end in hours),
            }
        )
    return rows


def _confirmed(offer: ServiceOffer, words: DirectoryWords, at: datetime) -> str:
    if offer.confirmed_at is None:
        return words.never_confirmed
    if offers.waits(offer, at):
        return words.not_confirmed
    return words.confirmed.format(date=written(local(offer.confirmed_at).date()))


def _phone(number: str) -> dict[str, str] | None:
    """{"shown", "href"}; a short number is dialled as it is."""
    if not number:
        return None
    if SHORT_NUMBER.fullmatch(number):
        return {"shown": number, "href": f"tel:{number}"}
    try:
        dialled = normalise(number)
    except ValueError:  # a number that came before the rules: shown, not dialled
        return {"shown": number, "href": ""}
    return {"shown": display(dialled), "href": f"tel:{dialled}"}


def _time(moment: datetime) -> str:
    return f"{local(moment):%H:%M}"


def _day(moment: datetime, words: DirectoryWords, at: datetime) -> str:
    ahead = (local(moment).date() - local(at).date()).days
    if ahead in (0, 1):
        return words.tomorrow if ahead else words.today
    day = local(moment).date()
    return words.days[day.isoweekday() - 1] if ahead < 7 else written(day)
