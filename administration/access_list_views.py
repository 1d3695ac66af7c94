"""The list functions × categories of data, on a page and on paper, for the authority."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import require_GET

from agencies.enums import AgencyKind
from audit.models import Action
from audit.services import record
from cases.enums import Category, Side
from cases.words import about
from common import pdf
from common.clock import local, now
from common.templatetags.ui import written
from sharing.defaults import words
from sharing.law import Article, article

from . import access_list
from .access_list import NATURES, PAIRS, Installation, Nature
from .guards import access_list_readers_only

NATURES_NOTE = gettext_lazy(
    "Which categories are health or criminal data is this product’s reading: to be confirmed by a jurist."
)
COLUMNS_NOTE = gettext_lazy(
    "Her: the victim and her children. Him: the presumed perpetrator. Case: the case itself and the other persons."
    " Functions that reach the same data share a line; beside each, its number of members."
)
NOTES = (
    gettext_lazy(
        "A letter says that data may be open in a case, never that they are open in every case: each case is open to"
        " the services that take part in it, and to no other of the same kind."
    ),
    gettext_lazy(
        "A restricted case is open to named persons of these functions only; an excluded person finds no trace of it."
    ),
    gettext_lazy("A record marked internal never leaves the service that wrote it."),
    gettext_lazy(
        "The data-protection officer reads emergency accesses and safety incidents with their reasons, and the platform"
        " administrator which kinds of services hold what; neither reads the content of a case."
    ),
    gettext_lazy(
        "Told by right, without the category being open: whoever is asked to tell her of a release reads when it is;"
        " whoever is asked whether he is still detained reads that detention; the one service an alert of his"
        " programme goes to reads that alert, and the service it is passed on to reads what it was told, nothing else"
        " of his programme. Whoever takes part in the case reads that a danger for professionals is flagged."
    ),
    gettext_lazy("Fewer than three members are not told from none."),
)
CHANGED = gettext_lazy("Changed since the version before")
ARTICLES = {Nature.HEALTH: "health_data", Nature.CRIMINAL: "criminal_data"}


@require_GET
@access_list_readers_only
def page(request: HttpRequest) -> HttpResponse:
    """The whole table, or one kind of agency in words."""
    found = access_list.installation()
    kind = _kind(request, found)
    context = _document(found, kind) | {"kind": kind, "kinds": access_list.kinds(found)}
    if kind is not None:
        context["lines"] = _in_words(found, kind)
    return render(request, "administration/access_list.html", context)


@require_GET
@access_list_readers_only
def printed(request: HttpRequest) -> HttpResponse:
    """The same table to hand over; that it was taken out is on record."""
    found = access_list.installation()
    kind = _kind(request, found)
    record(action=Action.EXPORTED, object_kind="administration.access_list", reason=kind or "")
    return pdf.answer(pdf.render("access_list.typ", _on_paper(_document(found, kind))), name="access-list.pdf")


def _kind(request: HttpRequest, found: Installation) -> AgencyKind | None:
    """The kind asked for; none where no agency is of it."""
    wanted = request.GET.get("kind", "")
    return next((kind for kind in access_list.kinds(found) if kind == wanted), None)


def _document(found: Installation, kind: AgencyKind | None) -> dict[str, Any]:
    """What page and paper say, for one kind of agency or all of them."""
    today = local(now()).date()
    kinds = [kind] if kind else access_list.kinds(found)
    rows = {each: access_list.lines(found, each) for each in kinds}
    return {
        "today": today,
        "natures_note": NATURES_NOTE,
        "columns_note": COLUMNS_NOTE,
        "legend": list(access_list.legend().values()),
        "tables": [_table(found, nature, rows) for nature in Nature],
        "frames": [_law(article(key, today)) for key in ARTICLES.values()],
        "secrecy": article("secrecy", today),
        "defaults": [_default(each) for each in access_list.defaults_in_force(found, kinds)],
        "notes": [
            _("These functions read and add nothing: %(roles)s.")
            % {"roles": ", ".join(str(role.label) for role in access_list.reading_only())},
            _on_the_road(),
            *NOTES,
        ],
    }


def _on_the_road() -> str:
    who = [
        f"{capfirst(kind.label)} ({', '.join(str(role.label) for role in roles)})"
        for kind, roles in access_list.asking_on_the_road().items()
    ]
    words = _(
        "Asked on the road, at any hour, without taking part in the case: %(who)s. Of a person whose whole name they"
        " type, they read which protection measures hold now, in the cases of every service, restricted cases too: what"
        " is forbidden and until when, the initials of whom it protects, the dangers flagged, and which service to"
        " call; never her address. At most %(number)d questions an hour each, and every answer is on record in the"
        " case it came from, with its reason."
    )
    return words % {"who": "; ".join(who), "number": settings.MEASURE_CHECKS}


def _on_paper(document: dict[str, Any]) -> dict[str, Any]:
    """The document as its template takes it: text, numbers and lists."""
    secrecy: Article = document["secrecy"]
    day = written(document["today"])
    return {
        "title": _("List of access to data"),
        "foot": _("MOVE: list of access to data, %(day)s") % {"day": day},
        "lead": _("Which functions may reach which categories of data, and by which way, on %(day)s. Nobody is named.")
        % {"day": day},
        "law": _("What the law asks"),
        "frames": [f"{each['label']}. {each['summary']} ({each['verified']})" for each in document["frames"]],
        "secrecy": f"{_('Everybody on this list')} "
        + _("is bound by confidentiality: %(article)s.") % {"article": secrecy.label}
        + f" {secrecy.summary} ({secrecy.verified}) {secrecy.to_confirm}",
        "natures": NATURES_NOTE,
        "reading": _("How to read the tables"),
        "legend": [[sign.letter, sign.words] for sign in document["legend"]],
        "columns": COLUMNS_NOTE,
        "function": _("Agency and function"),
        "tables": [
            {
                "title": f"{table['nature'].label} ({table['article']})" if table["article"] else table["nature"].label,
                "categories": [
                    {"label": str(capfirst(each["label"])), "sides": [side["short"] for side in each["sides"]]}
                    for each in table["categories"]
                ],
                "rows": [
                    {
                        "kind": str(capfirst(group["kind"].label)),
                        "functions": line["functions"],
                        "cells": [cell["letters"] for cell in line["cells"]],
                    }
                    for group in table["groups"]
                    for line in group["lines"]
                ],
            }
            for table in document["tables"]
        ],
        "defaults": _("Defaults in force"),
        "heads": [_("Way in"), pgettext("kinds of agencies", "For"), _("Version"), _("Opens"), CHANGED],
        "versions": [_default_on_paper(each) for each in document["defaults"]],
        "besides": _("What holds besides"),
        "notes": document["notes"],
    }


def _default_on_paper(row: dict[str, Any]) -> list[str]:
    published = _("%(number)d, published on %(day)s") % {
        "number": row["version"], "day": written(row["published_on"]),
    }  # fmt: skip
    verified = (
        _("verified on %(day)s") % {"day": written(row["verified_on"])}
        if row["verified_on"]
        else _("to be confirmed by a jurist")
    )
    return [
        row["way_in"],
        row["kind"],
        _then(published, verified),
        _then(", ".join(row["opens"]), row["lasts"]),
        row["changed"],
    ]


def _table(found: Installation, nature: Nature, rows: dict[AgencyKind, list[access_list.Line]]) -> dict[str, Any]:
    """One table: the categories of a legal nature, each with its sides, for every function."""
    pairs = [pair for pair in PAIRS if pair[0] in NATURES[nature]]
    letters = access_list.legend()
    return {
        "nature": nature,
        "article": article(ARTICLES[nature], local(now()).date()).label if nature in ARTICLES else "",
        "categories": [
            {"label": str(category.label), "sides": [_side(side) for each, side in pairs if each == category]}
            for category in Category
            if category in NATURES[nature]
        ],
        "groups": [
            {
                "kind": kind,
                "lines": [
                    {
                        "functions": _functions(line),
                        "cells": [_cell(found, kind, line.ways[pair], letters) for pair in pairs],
                    }
                    for line in lines
                ],
            }
            for kind, lines in rows.items()
        ],
    }


def _then(*said: Any) -> str:
    """One thing and then the next, as the language writes it."""
    return pgettext("between two things said", "; ").join(map(str, said))


def _cell(found: Installation, kind: AgencyKind, answer: access_list.Ways, letters: dict) -> dict[str, Any]:
    return {
        "letters": " ".join(letters[key].letter for key in access_list.signs(answer)),
        "words": _then(*access_list.in_words(found, kind, answer)),
        "open": bool(answer),
    }


def _in_words(found: Installation, kind: AgencyKind) -> list[dict[str, Any]]:
    """For each line of functions: what it may reach of each legal nature, pair by pair."""
    return [
        {
            "functions": _functions(line),
            "open": any(line.ways.values()),
            "natures": [
                {
                    "nature": nature,
                    "pairs": [
                        {
                            "what": str(capfirst(pair_words(pair))),
                            "ways": access_list.in_words(found, kind, line.ways[pair]),
                            "open": bool(line.ways[pair]),
                        }
                        for pair in PAIRS
                        if pair[0] in NATURES[nature]
                    ],
                }
                for nature in Nature
            ],
        }
        for line in access_list.lines(found, kind)
    ]


def pair_words(pair: access_list.Pair) -> str:
    """A category and whom it is about, the case said too where the other sides are listed beside it."""
    category, side = pair
    said = about(category, side)
    return said if said != category.label or category == Category.SUMMARY else f"{said} ({Side(side).label})"


def _side(side: Side) -> dict[str, str]:
    """A side as the head of a narrow column, and whole."""
    short = {
        Side.VICTIM: pgettext("whom data are about", "her"),
        Side.PERPETRATOR: pgettext("whom data are about", "him"),
        Side.CASE: pgettext("whom data are about", "case"),
    }
    return {"short": short[side], "label": str(side.label)}


def _functions(line: access_list.Line) -> list[str]:
    """Each function with its number of members."""
    return [
        _("%(role)s (%(number)s)") % {"role": capfirst(each.role.label), "number": each.members}
        for each in line.functions
    ]


def _law(found: Article) -> dict[str, str]:
    return {"label": str(capfirst(found.label)), "summary": found.summary, "verified": found.verified}


def _default(published: access_list.Published) -> dict[str, Any]:
    row = published.default
    return {
        "way_in": str(capfirst(row.get_way_in_display())),
        "kind": str(row.get_agency_kind_display()) if row.agency_kind else _("every other kind of agency"),
        "version": row.version,
        "published_on": local(published.published_at).date(),
        "verified_on": row.verified_on,
        "opens": [words(pair) for pair in row.grants],
        "lasts": ngettext("%(days)d day", "%(days)d days", row.valid_days) % {"days": row.valid_days}
        if row.valid_days
        else _("no end by default"),
        "changed": _changed(published),
    }


def _changed(published: access_list.Published) -> str:
    """What this version opened and closed beside the one before."""
    if published.previous is None:
        return _("first version")
    said = [
        label % {"what": ", ".join(words(pair) for pair in pairs)}
        for label, pairs in ((_("opened: %(what)s"), published.opened), (_("closed: %(what)s"), published.closed))
        if pairs
    ]
    return _then(*said) or _("nothing opened or closed")
