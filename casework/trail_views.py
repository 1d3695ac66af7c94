"""Who has read and changed a case, on a page and on paper, with what proves that nobody altered it."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from audit import state
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.models import Case
from cases.page import open_page
from cases.views import by_day
from common import pdf
from common.clock import local, now
from common.pagination import page_or_first
from sharing.law import to_confirm

from . import trail
from .trail_forms import TrailForm


@require_GET
def who_has_read(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Who has read and changed this case. The reading of this page is one of its lines."""
    case, access, context = open_page(request, case_id, tab="trail", fields=("summary:case",))
    form, wanted = _wanted(request, case, access)
    page = page_or_first(
        lambda cursor: trail.page_of(case, access, request.membership, cursor, wanted), request.GET.get("cursor")
    )
    # on a later page of the list one reads on: who has read stands on the first
    first = page.previous_cursor is None
    readers, more = trail.readers(case, access, request.membership, wanted) if first else ([], False)
    context |= {
        "form": form,
        "filtered": bool(wanted),
        "page": page,
        "days": by_day(trail.lines(page.items)),
        "readers": readers,
        "more_readers": more,
        "to_confirm": to_confirm(),
        "sees_all": trail.sees_all(access),
        "proof": state.proof(),
    }
    return render(request, "casework/trail.html", context)


@require_GET
def printed(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The same list to hand over, filtered as the page is, with the state of the seals. The copy is on record."""
    case, access = get_case(case_id, request.membership)
    record(
        action=Action.EXPORTED,
        case_id=case.pk,
        object_kind="cases.trail",
        object_id=case.pk,
        fields=("summary:case",),
    )
    form, wanted = _wanted(request, case, access)
    page = trail.page_of(case, access, request.membership, None, wanted, per_page=trail.ON_PAPER)
    readers, more = trail.readers(case, access, request.membership, wanted)
    data = _on_paper(
        case,
        lines=trail.lines(page.items),
        cut=page.next_cursor is not None,
        readers=readers,
        more_readers=more,
        intro=[_whose(access), *_filters(form)],
        printer=f"{request.user.full_name}, {request.membership.agency.name}",
    )
    return pdf.answer(pdf.render("case_trail.typ", data), name="readings.pdf")


def _wanted(request: HttpRequest, case: Case, access: CaseAccess) -> tuple[TrailForm, trail.Wanted]:
    """The filters of the address; one that means nothing is told at its field and filters nothing."""
    names = trail.names(case, access, request.membership)
    form = TrailForm(request.GET, agencies=names.agencies, people=names.people)
    form.is_valid()
    given = {name: value for name, value in form.cleaned_data.items() if value}
    return form, trail.Wanted(**given)


def _whose(access: CaseAccess) -> str:
    if trail.sees_all(access):
        return _("Every reading and every change by every service.")
    return _("The readings and changes of one service only: those of the others are not open to it in this case.")


def _filters(form: TrailForm) -> list[str]:
    """What was asked for, in words."""
    said = []
    for name, value in form.cleaned_data.items():
        if value:
            field = form.fields[name]
            words = dict(field.choices).get(value, value) if hasattr(field, "choices") else _day(value)
            said.append(_("%(filter)s: %(value)s") % {"filter": field.label, "value": words})
    return said


def _day(day: Any) -> str:
    return date_format(day, "j F Y")


def _moment(at: Any) -> str:
    return date_format(local(at), "j F Y, H:i:s")


def _on_paper(
    case: Case,
    *,
    lines: list[dict[str, Any]],
    cut: bool,
    readers: list[trail.ReaderLine],
    more_readers: bool,
    intro: list[str],
    printer: str,
) -> dict[str, Any]:
    """The document as its template takes it: text and lists of text."""
    printed_at = _moment(now())
    many = _("Only the latest %(rows)d rows stand here. Choose a period for the earlier ones.") % {
        "rows": trail.ON_PAPER
    }
    few = _("Only the latest %(readers)d readers stand here.") % {"readers": trail.MOST_READERS}
    return {
        "title": _("Who has read and changed the case %(reference)s") % {"reference": case.reference},
        "foot": _("MOVE, %(reference)s: readings and changes") % {"reference": case.reference},
        "intro": [_("Printed on %(when)s by %(who)s.") % {"when": printed_at, "who": printer}, *intro],
        "readers_title": _("Who has read"),
        "readers_heads": [_("Who"), _("From when to when"), _("What"), _("On which basis")],
        "readers": [
            [
                [one.who, one.agency],
                [_moment(one.first), _moment(one.last) if one.last != one.first else "", times(one)],
                [", ".join(one.pages), ", ".join(one.fields)],
                one.bases or ["–"],
            ]
            for one in readers
        ],
        "no_readers": _("Nobody, of what was asked for."),
        "readers_cut": few if more_readers else "",
        "to_confirm": to_confirm(),
        "lines_title": _("One by one"),
        "lines_heads": [_("When"), _("Who"), _("What"), _("Basis")],
        "lines": [
            [
                [_moment(line["at"])],
                [line["who"], line["agency"]],
                [
                    _("%(what)s: %(objects)s") % {"what": line["what"], "objects": ", ".join(line["objects"])}
                    + _repeated(line["count"]),
                    ", ".join(line["fields"]),
                ],
                [line["basis"]],
            ]
            for line in lines
        ],
        "lines_cut": many % {"rows": trail.ON_PAPER} if cut else "",
        "proof_title": _("Has this list been altered?"),
        "proof": proof_in_words(),
    }


def _repeated(count: int) -> str:
    return f" ×{count}" if count > 1 else ""


def times(one: trail.ReaderLine) -> str:
    """How often, and how many copies were taken out."""
    said = ngettext("%(count)d time", "%(count)d times", one.times) % {"count": one.times}
    if one.copies:
        copies = ngettext("%(count)d copy taken out", "%(count)d copies taken out", one.copies) % {"count": one.copies}
        said = f"{said}, {copies}"
    return said


def proof_in_words() -> list[str]:
    """The state of the seals in sentences, for paper."""
    found = state.proof()
    said = [
        _(
            "Each row is written with its time and its transaction by the database and can neither be changed nor"
            " removed by the application. Each minute the new rows are sealed together: their digests give a root,"
            " chained to the one before, and the roots leave the database, so that a row changed, removed or inserted"
            " afterwards no longer fits. Keep this paper: the root below can be compared later with those that were"
            " sent away."
        )
    ]
    if found.seal is None:
        return [*said, _("Nothing has been sealed yet.")]
    said.append(_("Everything written before %(when)s is sealed.") % {"when": _moment(found.sealed_until)})
    said.append(
        _("Last seal: number %(number)d, %(when)s. Root: %(root)s")
        % {"number": found.seal.number, "when": _moment(found.seal.taken_at), "root": found.root}
    )
    said.append(_result(found))
    return said


def _result(proof: state.Proof) -> str:
    checked = proof.checked
    if checked is None:
        return _("The seals have never been checked yet.")
    values = {
        "when": _moment(checked.finished_at),
        "rows": checked.rows,
        "upto": checked.upto_number,
        "found": checked.found,
    }
    if checked.found:
        found = _(
            "Last check: %(when)s. Something is not in order (%(found)d); the data-protection officer follows it."
        )
        return found % values
    return _("Last check: %(when)s, %(rows)d rows up to seal %(upto)d. Nothing was altered.") % values
