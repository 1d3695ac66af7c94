"""A service's own entries in the directory: written, confirmed, taken out by who administers it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies import offers as services
from agencies.enums import AgencySide, Audience
from agencies.models import Agency, ServiceOffer
from agencies.offer_forms import OfferForm, initial_of
from agencies.services import administered_agency, is_number, parse_codes
from common.clock import now
from common.errors import RuleBroken
from common.forms import show_errors

from .guards import administrators_only

AUDIENCE_OF = {AgencySide.VICTIM: [Audience.VICTIM], AgencySide.PERPETRATOR: [Audience.PERPETRATOR]}
"""Whom a new entry of a service is for, before anybody says otherwise: who it works beside."""


@require_GET
@administrators_only
def offers(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """What the directory says of an agency, and what waits to be confirmed."""
    agency = administered_agency(request.membership, agency_id)
    at = now()
    lines = [{"offer": offer, "waits": services.waits(offer, at)} for offer in services.offers_of(agency)]
    return render(request, "administration/offers.html", {"agency": agency, "lines": lines})


@require_http_methods(["GET", "POST"])
@administrators_only
def offer_new(request: HttpRequest, agency_id: UUID) -> HttpResponse:
    """A new entry."""
    return _form(request, administered_agency(request.membership, agency_id), None)


@require_http_methods(["GET", "POST"])
@administrators_only
def offer_edit(request: HttpRequest, agency_id: UUID, offer_id: UUID) -> HttpResponse:
    """Other words, which confirms it."""
    agency = administered_agency(request.membership, agency_id)
    return _form(request, agency, _offer(agency, offer_id))


@require_POST
@administrators_only
def offer_confirm(request: HttpRequest, agency_id: UUID, offer_id: UUID) -> HttpResponse:
    """All of it still holds."""
    agency = administered_agency(request.membership, agency_id)
    services.confirm(by=request.membership, offer_id=_offer(agency, offer_id).pk)
    messages.success(request, _("Thank you: the directory says that this holds today."))
    return redirect("administration:offers", agency.pk)


@require_POST
@administrators_only
def offer_end(request: HttpRequest, agency_id: UUID, offer_id: UUID) -> HttpResponse:
    """Nobody finds it any more."""
    agency = administered_agency(request.membership, agency_id)
    services.end(by=request.membership, offer_id=_offer(agency, offer_id).pk)
    messages.success(request, _("It is taken out of the directory."))
    return redirect("administration:offers", agency.pk)


def _offer(agency: Agency, offer_id: UUID) -> ServiceOffer:
    offer = services.offers_of(agency).filter(pk=offer_id).first()
    if offer is None:
        raise Http404
    return offer


def _form(request: HttpRequest, agency: Agency, offer: ServiceOffer | None) -> HttpResponse:
    form = OfferForm(request.POST or None, initial=initial_of(offer) if offer else _beginning(agency))
    if request.method == "POST" and form.is_valid():
        try:
            values = {name: form.cleaned_data[name] for name in services.FIELDS if name in form.cleaned_data}
            values["territory"] = parse_codes(form.cleaned_data["territory"])
            if offer is None:
                services.create(by=request.membership, agency_id=agency.pk, values=values)
            else:
                services.change(by=request.membership, offer_id=offer.pk, values=values)
        except RuleBroken as broken:
            show_errors(form, broken.errors)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("administration:offers", agency.pk)
    without_address = services.tells_no_address(agency.kind, offer.needs if offer else ())
    typed_address = any(form[name].value() for name in ("address", "postal_code"))
    context = {
        "agency": agency,
        "offer": offer,
        "form": form,
        "without_address": without_address,
        "parts": form.parts(address=typed_address or not without_address),
    }
    return render(request, "administration/offer_form.html", context, status=422 if request.method == "POST" else 200)


def _beginning(agency: Agency) -> dict[str, Any]:
    """What is known of the agency already."""
    return {
        "name": agency.name[:150],
        "phone": agency.public_contact if is_number(agency.public_contact) else agency.public_duty_phone,
        "audiences": AUDIENCE_OF.get(agency.side, []),
        "languages": agency.languages,
        "territory": " ".join(agency.territory),
        "is_public": True,
    }
