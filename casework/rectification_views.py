"""Correcting a wrong fact in a record, and what who received it reads of the correction."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, get_case
from cases.enums import Category, Side
from cases.models import Case
from cases.page import open_page
from cases.perms import may_rectify
from cases.services import NOT_AUTHOR
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7
from sharing import rectifying as rectifications
from sharing.models import Rectification, RectificationRecipient, RectifiedKind
from sharing.perms import may_acknowledge

from . import rectifying
from .rectification_forms import PersonForm, RectifyForm

SAYS_AUTHOR = frozenset({RectifiedKind.REPORT, RectifiedKind.ASSESSMENT})
"""Records whose page names the service that wrote them to whoever reads it."""


@require_http_methods(["GET", "POST"])
def rectify(request: HttpRequest, case_id: UUID, kind: str, object_id: UUID) -> HttpResponse:
    """Say what was wrong and what is right, for who wrote the record; to others, whom to tell."""
    _case, access = get_case(case_id, request.membership)
    shown = rectifying.resolve(_case, access, kind, object_id)
    wrong_record = shown.wrong_record
    case, access, context = open_page(
        request,
        case_id,
        tab=shown.tab,
        page="rectify",
        fields=(f"{wrong_record.category}:{wrong_record.side}",),
    )
    context |= {"shown": shown}
    if not may_rectify(access, wrong_record.agency.pk):
        if request.method == "POST" or wrong_record.agency.pk == access.agency_id:
            raise Refused(NOT_AUTHOR)
        known = access.can(Category.NETWORK, Side.VICTIM) or wrong_record.kind in SAYS_AUTHOR
        return render(request, "casework/rectify.html", context | {"author": wrong_record.agency if known else None})
    if request.method == "GET":
        return render(request, "casework/rectify.html", context | {"form": _form(shown, None)})
    form = _form(shown, request.POST)
    if form.is_valid():
        try:
            made = _save(request, case, access, shown, form.cleaned_data)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("Corrected. Who received the wrong fact is told."))
            return redirect("casework:rectification", made.pk)
    return render(request, "casework/rectify.html", context | {"form": form}, status=422)


def _form(shown: rectifying.Shown, post: Any) -> forms.Form:
    if shown.person is None:
        return RectifyForm(post, initial={"key": uuid7()})
    person = shown.person.person
    values = {name: getattr(person, name) for name in ("given_name", "family_name", "birth_date")}
    return PersonForm(post, initial={"key": uuid7()} | values)


def _save(
    request: HttpRequest, case: Case, access: CaseAccess, shown: rectifying.Shown, given: dict[str, Any]
) -> Rectification:
    if shown.person is not None:
        return rectifying.rectify_person(by=request.membership, case=case, access=access, shown=shown, **given)
    return rectifications.rectify(
        by=request.membership, case=case, access=access, wrong_record=shown.wrong_record, **given
    )


@require_GET
def rectification(request: HttpRequest, rectification_id: UUID) -> HttpResponse:
    """What was wrong and what is right; for the author who was told, for who was told the answer it gives."""
    made, told = rectifications.find(by=request.membership, rectification_id=rectification_id)
    record(
        action=Action.READ,
        case_id=made.case_id,
        object_kind="sharing.Rectification",
        object_id=made.pk,
        fields=[f"{made.category}:{made.side}"],
    )
    case = Case.objects.visible_to(request.membership).filter(pk=made.case_id).first()
    context: dict[str, Any] = {"made": made, "told": told, "case": case}
    if made.agency_id == request.membership.agency_id:
        _case, access = get_case(made.case_id, request.membership)
        context |= {"mine": True, "who": rectifications.told_of(made, _case, access)}
    else:
        context |= _for_recipient(request, made, told)
    return render(request, "casework/rectification.html", context)


def _for_recipient(request: HttpRequest, made: Rectification, told: RectificationRecipient) -> dict[str, Any]:
    known = rectifications.names_author(made, told, request.membership.agency)
    receipt = getattr(told, "receipt", None)
    return {
        "author": made.agency if known else None,
        "receipt": receipt,
        "may_acknowledge": receipt is None and may_acknowledge(request.membership, told),
    }


@require_POST
def acknowledge(request: HttpRequest, rectification_id: UUID) -> HttpResponse:
    """The service has corrected its own papers."""
    rectifications.acknowledge(by=request.membership, rectification_id=rectification_id)
    messages.success(request, _("Noted: your papers are corrected. The service that wrote it can see this."))
    return redirect("casework:rectification", rectification_id)
