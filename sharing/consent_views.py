"""A consent written down, and the sheet the person reads."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.discreet import discreet_phone
from cases.access import CaseAccess
from cases.page import open_page
from common.errors import Refused, RuleBroken
from common.forms import show_errors
from common.ids import uuid7

from . import consents, overview, sheet
from .consent_forms import ConsentForm, renewed
from .models import Consent
from .perms import may_hand_sheet


@require_http_methods(["GET", "POST"])
def new_consent(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write down what a person agrees to share. `?renews=<id>` starts from a consent that ends."""
    case, access, context = open_page(request, case_id, tab="access", page="new_consent")
    subjects = consents.subjects(access)
    if not subjects:
        raise Refused(_("Only a service that works with the person writes their consent down."))
    offered: dict[str, Any] = {"access": access, "subjects": subjects}
    if request.method == "GET":
        form = ConsentForm(initial=_start(request, access) | {"request_key": uuid7()}, **offered)
        return render(request, "sharing/consent_new.html", context | {"form": form})
    form = ConsentForm(request.POST, **offered)
    if not form.is_valid():
        return render(request, "sharing/consent_new.html", context | {"form": form}, status=422)
    try:
        consent, _new = consents.write_consent(
            by=request.membership,
            case=case,
            access=access,
            given=form.given(),
            request_key=form.cleaned_data["request_key"],
        )
    except RuleBroken as broken:
        show_errors(form, broken.errors)
        return render(request, "sharing/consent_new.html", context | {"form": form}, status=422)
    messages.success(
        request,
        _("The consent is recorded. It opens nothing by itself: open now to each service what it may see, below."),
    )
    return redirect(f"{overview.address(case)}#consent-{consent.pk}")


def _start(request: HttpRequest, access: CaseAccess) -> dict[str, Any]:
    """What a renewal fills in; nothing for an address that names no consent this agency could renew."""
    try:
        wanted = UUID(request.GET.get("renews", ""))
    except ValueError:
        return {}
    consent = Consent.objects.of_case(access).filter(pk=wanted).first()
    if consent is None or not may_hand_sheet(access, consent):
        return {}
    return renewed(consent, consent.recipients.all())


@require_GET
def consent_sheet(request: HttpRequest, case_id: UUID, consent_id: UUID) -> HttpResponse:
    """The paper in the person's language: `?language=`, `?form=discreet` for the one that says nothing."""
    case, access, _context = open_page(request, case_id, tab="access", page="consent_sheet")
    consent = Consent.objects.of_case(access).filter(pk=consent_id).select_related("agency", "partnership").first()
    if consent is None or not may_hand_sheet(access, consent):
        raise Http404
    printable = sheet.forms_of(consent)
    asked = request.GET.get("form")
    form = asked if asked in ("whole", "discreet") else "whole"
    found = sheet.sheet(consent, access, request.GET.get("language") or consent.language)
    context = {
        "case": case,
        "consent": consent,
        "sheet": found,
        "words": found.words,
        "form": form,
        "prints": form in printable,
        "printable": printable,
        "languages": sheet.languages(),
        "discreet_phone": discreet_phone(consent.agency),
    }
    if form == "discreet":
        return render(request, "sharing/consent_sheet_discreet.html", context)
    return render(request, "sharing/consent_sheet.html", context)
