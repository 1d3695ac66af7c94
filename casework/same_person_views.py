"""One person in several records: what looks alike, what was decided, and deciding it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from cases import same_person
from cases.enums import SameVerdict
from cases.page import open_page
from cases.perms import may_say_same
from common.errors import Refused, RuleBroken
from common.forms import show_errors

from .same_person_forms import SamePersonForm, UndoForm

DONE = {
    SameVerdict.SAME: _("It is written down that this is one person. Both records stay as they are."),
    SameVerdict.MERGED: _("Both records are shown as one. Nothing was moved: they can be shown as two again."),
    SameVerdict.DIFFERENT: _("It is written down that these are two persons: they are not proposed again."),
}


@require_http_methods(["GET", "POST"])
def same_person_page(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """What looks alike of the persons of the case, with reasons; what was decided; and the form to say it by hand."""
    case, access, context = open_page(request, case_id, tab="people", page="same_person")
    by = request.membership
    persons, points = same_person.people_of(access)
    records = [person for person in persons if may_say_same(by, access, access, person.side)]
    form, status = SamePersonForm(records=records), 200
    if request.method == "POST":
        if not records:
            raise Refused(same_person.NOT_YOURS)
        form, status = SamePersonForm(request.POST, records=records), 422
        if form.is_valid():
            first, second, verdict = (form.cleaned_data[name] for name in ("first", "second", "verdict"))
            if not {first, second} & {person.pk for person in persons}:
                raise Http404
            try:
                same_person.decide(by=by, first_id=first, second_id=second, verdict=verdict)
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, DONE[SameVerdict(verdict)])
                return redirect("casework:same_person", case.pk)
    seen = same_person.seen(by=by, access=access, persons=persons, phones=same_person.phones_of(points))
    same_person.record_reading(seen, case)
    context |= {
        "form": form,
        "by_hand": len(records) > 1,
        "suspected": seen.suspected,
        "said": same_person.said_of(seen),
        "apart": seen.apart,
    }
    return render(request, "casework/same_person.html", context, status=status)


@require_http_methods(["GET", "POST"])
def end_same_person(request: HttpRequest, case_id: UUID, decision_id: UUID) -> HttpResponse:
    """Undo what was decided of two records, with a reason."""
    case, _access, context = open_page(request, case_id, tab="people", page="same_person")
    decision, may = same_person.get(by=request.membership, decision_id=decision_id)
    if case.pk not in (decision.first_case_id, decision.second_case_id):
        raise Http404
    if not may:
        raise Refused(same_person.NOT_YOURS)
    form, status = UndoForm(), 200
    if request.method == "POST":
        form, status = UndoForm(request.POST), 422
        if form.is_valid():
            try:
                same_person.undo(by=request.membership, decision_id=decision.pk, reason=form.cleaned_data["reason"])
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Undone: the two records stand as they were."))
                return redirect("casework:same_person", case.pk)
    context |= {"form": form, "decision": decision, "ended": getattr(decision, "end", None)}
    return render(request, "casework/same_person_undo.html", context, status=status)
