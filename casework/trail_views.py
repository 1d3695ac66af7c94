"""Who has read and changed a case, on a page and on paper."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from audit import state
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.models import Case
from cases.page import open_page
from cases.timeline_page import by_day
from common import pdf
from common.pagination import page_or_first
from common.templatetags.ui import written
from sharing.law import to_confirm

from . import trail, trail_paper
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
    data = trail_paper.document(
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
            words = dict(field.choices).get(value, value) if hasattr(field, "choices") else written(value)
            said.append(_("%(filter)s: %(value)s") % {"filter": field.label, "value": words})
    return said
