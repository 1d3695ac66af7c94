"""Writing a note, and putting right what one's own service wrote."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.errors import Refused, RuleBroken, StaleVersion
from common.forms import show_errors
from common.ids import uuid7

from . import forms, notes, panels, services
from .access import CaseAccess, get_case
from .models import Case, Note
from .page import open_page
from .perms import internal_by_default, may_correct_note, may_rectify, note_subjects


def compose(request: HttpRequest, case: Case, access: CaseAccess, *, beside: bool = True) -> dict[str, Any] | None:
    """The context of templates/cases/_compose.html: an empty note, with who will read it; None for who only reads.

    `beside` says whether what other rooms put beside the words is asked for: on the summary it is not.
    """
    if not note_subjects(access):
        return None
    return {
        "form": forms.NoteForm(
            initial={"key": uuid7(), "internal": internal_by_default(request.membership.agency)},
            access=access,
            readers=panels.readers(case, access),
            closed=internal_by_default(request.membership.agency),
        ),
        "beside": panels.panels(request, case, access, "compose") if beside else [],
    }


@require_http_methods(["GET", "POST"])
def write_note(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A note, after having read who will read it."""
    case, access, context = open_page(request, case_id, tab="summary", page="write_note")
    box = compose(request, case, access)
    if box is None:
        raise Refused(_("You can read this case but not add to it."))
    status = 200
    if request.method == "POST":
        form = box["form"] = forms.NoteForm(
            request.POST,
            access=access,
            readers=panels.readers(case, access),
            closed=internal_by_default(request.membership.agency),
        )
        if form.is_valid():
            given = form.cleaned_data
            category, _separator, side = given["about"].partition(":")
            try:
                services.write_note(
                    by=request.membership,
                    case=case,
                    access=access,
                    category=category,
                    side=side,
                    internal=given["internal"],
                    key=form.key_value(),
                    **{name: given[name] for name in notes.WORDS},
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            else:
                messages.success(request, _("Your note is in the case."))
                return redirect("cases:summary", case.pk)
        status = 422
    context |= box | {"back": reverse("cases:summary", args=[case.pk])}
    return render(request, "cases/write_note.html", context, status=status)


@require_http_methods(["GET", "POST"])
def correct_note(request: HttpRequest, case_id: UUID, note_id: UUID) -> HttpResponse:
    """Other words in the place of those of a note; what was written stays under them."""
    case, access = get_case(case_id, request.membership)
    note = Note.objects.filter(case=case, pk=note_id).select_related("agency", "author").first()
    if note is None or not access.shows(note):
        raise Http404
    case, access, context = open_page(
        request, case_id, tab="summary", page="correct_note", fields=(f"{note.category}:{note.side}",)
    )
    if not may_correct_note(access, note.agency_id):
        raise Refused(services.NOT_AUTHOR)
    first, *_later = every = notes.versions(case, access, note)
    entry = reverse("cases:timeline_entry", args=[case.pk, first.pk])
    status, theirs = 200, None
    if request.method == "POST":
        form = forms.CorrectionForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                notes.correct_note(
                    by=request.membership,
                    case=case,
                    access=access,
                    note=note,
                    version=form.version_value(),
                    key=form.key_value() or uuid7(),
                    **{name: form.cleaned_data[name] for name in notes.WORDS},
                )
            except RuleBroken as broken:
                show_errors(form, broken.errors)
            except StaleVersion as stale:
                theirs = notes.versions(case, access, note)[-1]
                form = _again(request, theirs)
                form.add_error(None, str(stale))
                status = 409
            else:
                messages.success(request, _("The note is corrected. What it said before stays under it."))
                return redirect(entry)
    else:
        latest = every[-1]
        words = {name: getattr(latest, name) for name in notes.WORDS}
        form = forms.CorrectionForm(initial=words | {"key": uuid7(), "version": latest.pk})
    context |= {
        "form": form,
        "note": first,
        "theirs": theirs,
        "their_words": notes.words(theirs) if theirs else [],
        "rectify_url": ""
        if first.internal or not may_rectify(access, first.agency_id)
        else reverse("casework:rectify", args=[case.pk, "note", first.pk]),
        "back": entry,
    }
    return render(request, "cases/correct_note.html", context, status=status)


def _again(request: HttpRequest, theirs: Note) -> forms.CorrectionForm:
    """What was typed, to be sent once more in the place of the version that stands now."""
    typed = request.POST.copy()
    typed["version"] = str(theirs.pk)
    form = forms.CorrectionForm(typed)
    form.is_valid()
    return form
