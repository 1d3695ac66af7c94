"""What the paper “who had access to my data” says, word for word. No database: what is told was sorted out before.

Plain words first. Nothing here looks at what was held back, so that no paper betrays that anything was. Addresses and
numbers of authorities are not given: none of them is verified.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.discreet import phone
from agencies.enums import AgencyKind
from agencies.models import Agency
from cases.enums import Category, Side
from cases.words import about
from common.clock import local, now
from common.names import sort_key
from common.templatetags.ui import written

from .law import article, to_confirm, with_article
from .models import Basis, RefusedBecause, SubjectRequest
from .subject_lines import Line

NAME = "acces-aux-donnees.pdf"
PLAIN = frozenset({Basis.CONSENT, Basis.OWN_RECORD})
"""Said without an article: what somebody agreed to needs none."""


def given(request: SubjectRequest, lines: Sequence[Line], *, contact: Agency | None) -> dict[str, Any]:
    """The paper with its list, in the active language; `contact` is the service it names for questions, or None."""
    notes = []
    if any(article(basis, day).entry.name is None for line in lines for basis, day in line.bases if basis not in PLAIN):
        notes.append(to_confirm())
    return _head(request) | {
        "intro": [
            _("You asked which services had access to information about you. This page answers you."),
            _(
                "Each line is a service. It says what kind of information about you the service could read, since when,"
                " until when and why, and on which days somebody there really read it."
            ),
            _(
                "The names of the people who work in these services are not listed: as a rule they are not given. Each"
                " service answers for what its people read."
            ),
        ],
        "list_title": _("The services"),
        "columns": [_("Service"), _("What about you"), _("When and why"), _("Really read")],
        "rows": [_row(line) for line in lines],
        "none": "" if lines else _("There is no service to list."),
        "notes": [
            *notes,
            _(
                "A service keeps what it wrote itself, also after its access has ended. The law sets limits to what"
                " such a list may contain; this sentence stands on every list."
            ),
        ],
        "sections": [_rights(), _questions(contact)],
    }


def refused(request: SubjectRequest, because: RefusedBecause, *, contact: Agency | None) -> dict[str, Any]:
    """The letter that says no, why, and where the person may turn."""
    return _head(request) | {
        "intro": [
            _("You asked which services had access to information about you."),
            _("Your request cannot be answered: %(why)s.") % {"why": because.label},
        ],
        "list_title": "",
        "columns": [],
        "rows": [],
        "none": "",
        "notes": [],
        "sections": [_rights(), _questions(contact)],
    }


def _head(request: SubjectRequest) -> dict[str, Any]:
    return {
        "title": _("Access to your data"),
        "for_whom": request.subject.person.full_name,
        "dated": _("Made on %(day)s. Your request was received on %(received)s.")
        % {"day": written(local(now()).date()), "received": written(request.received_on)},
        "foot": _("Access to your data"),
    }


def _rights() -> dict[str, Any]:
    return {
        "title": _("Your rights"),
        "lines": [
            _("Is something wrong? You may ask the service that wrote it to correct it."),
            _(
                "Are you not satisfied with this answer? You may complain to the data protection authority (Autorité de"
                " protection des données), or go to court."
            ),
        ],
    }


def _questions(contact: Agency | None) -> dict[str, Any]:
    if contact is None:
        return {"title": _("Questions?"), "lines": [_("Ask the service that gave you this page.")]}
    number = phone(contact)
    where = f"{contact.name}, {number}" if number else contact.name
    return {
        "title": _("Questions?"),
        "lines": [_("Ask the service that gave you this page."), _("It is: %(service)s.") % {"service": where}],
    }


def _row(line: Line) -> list[list[str]]:
    """Four cells, each a list of sentences."""
    when = [period(first, last) for first, last in line.periods]
    when += [_("Told aloud on %(day)s.") % {"day": written(day)} for day in sorted(line.said_on)]
    return [
        [line.name, capfirst(str(AgencyKind(line.kind).label))],
        categories(line.pairs),
        [*when, *reasons(line)],
        [really_read(line)],
    ]


def categories(pairs: Iterable[str]) -> list[str]:
    """What is told of, once each, in the order of the enumeration. Whose it is needs no word: it is the reader's."""
    found = {pair.split(":")[0] for pair in pairs}
    # said to himself, the work with him has no other name
    words = {Category.PERPETRATOR_WORK: _("the work done with you")}
    return [capfirst(str(words.get(category, category.label))) for category in Category if category in found]


def in_full(pairs: Iterable[str]) -> list[str]:
    """The same with whose it is, for the handler."""
    order = [f"{category}:{side}" for category in Category for side in Side]
    return [about(*pair.split(":")) for pair in sorted(pairs, key=order.index)]


def reasons(line: Line) -> list[str]:
    """Each basis once, with the article as numbered on the day of the decision."""
    words = {
        str(Basis(basis).label) if basis in PLAIN else with_article(str(Basis(basis).label), basis, day)
        for basis, day in line.bases
    }
    return [_("Reason: %(why)s.") % {"why": why} for why in sorted(words, key=sort_key)]


def period(first: date, last: date | None) -> str:
    """“Since 3 March 2026.”, “On 3 March 2026.”, “From 3 March 2026 to 5 May 2026.”, and with an end to come “Since 3
    March 2026, until 5 May 2026 at the latest.”
    """
    if last is None:
        return _("Since %(day)s.") % {"day": written(first)}
    words = {"first": written(first), "last": written(last)}
    if first == last:
        return _("On %(day)s.") % {"day": written(first)}
    if last > local(now()).date():
        return _("Since %(first)s, until %(last)s at the latest.") % words
    return _("From %(first)s to %(last)s.") % words


def really_read(line: Line) -> str:
    """On how many days, the first and the last."""
    if not line.reads:
        return _("Not read.")
    count, first, last = len(line.reads), written(line.reads[0]), written(line.reads[-1])
    if count == 1:
        return _("On %(day)s.") % {"day": first}
    return ngettext(
        "On %(count)d day, between %(first)s and %(last)s.", "On %(count)d days, between %(first)s and %(last)s.", count
    ) % {"count": count, "first": first, "last": last}
