"""What a service says of itself in the directory: written, confirmed and taken out by who administers it."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.languages import LANGUAGES
from common.texts import TRANSLATIONS

from . import opening
from .enums import AgencyKind, Audience, Need
from .models import Agency, Membership, ServiceOffer
from .services import POSTAL_CODE, administered_agency, number_problem

FIELDS = (
    "name", "description", "needs", "audiences", "languages", "interpretation", "territory", "address", "postal_code",
    "phone", "email", "url", "schedule", "schedule_note", "always_open", "fees", "accessible", "is_public", "source",
)  # fmt: skip
LONGEST = {"description": 1500, "schedule_note": 200, "fees": 200}
"""Characters in each language."""
MOST_CODES = 700
CONFIRMED_FOR = timedelta(days=183)
"""How long what a service has confirmed passes for true."""
ASKED_AGAIN_AFTER = timedelta(days=30)
STREET = re.compile(
    r"\b(rue|avenue|av\.|chaussée|boulevard|bd\.?|place|square|quai|clos|street|straat|laan|steenweg|plein|kaai)\b"
    r"\D{0,60}\d"
    r"|\w+(straat|laan|steenweg|plein)\s+\d",
    re.IGNORECASE,
)


# --- who sees and keeps which -----------------------------------------------------------------------------
def tells_no_address(kind: str, needs: Iterable[str]) -> bool:
    """Where somebody hides, nobody's directory says where: shelters, and whatever answers the need of one."""
    return kind == AgencyKind.SHELTER or Need.SHELTER in needs


def offers_of(agency: Agency) -> QuerySet[ServiceOffer]:
    """The live entries of an agency, public or not, by name."""
    return ServiceOffer.objects.filter(agency=agency, ended_at=None).select_related("confirmed_by").order_by("name")


def waits(offer: ServiceOffer, at: datetime) -> bool:
    """Whether this one must be confirmed."""
    return (offer.confirmed_at or offer.created_at) < at - CONFIRMED_FOR


def to_ask_about(at: datetime) -> QuerySet[ServiceOffer]:
    """Live entries that nobody has confirmed for too long nor was asked about lately, with their agency.

    One that was never confirmed counts from when it was written.
    """
    rows = ServiceOffer.objects.live().annotate(said_at=Coalesce("confirmed_at", "created_at"))
    rows = rows.filter(said_at__lt=at - CONFIRMED_FOR).exclude(asked_at__gte=at - ASKED_AGAIN_AFTER)
    return rows.select_related("agency").order_by("pk")


def note_asked(offers: Iterable[ServiceOffer], at: datetime) -> None:
    """These have been asked about."""
    ServiceOffer.objects.filter(pk__in=[offer.pk for offer in offers]).update(asked_at=at)


# --- acts -------------------------------------------------------------------------------------------------
def create(*, by: Membership, agency_id: UUID, values: Mapping[str, Any]) -> ServiceOffer:
    """A new entry, confirmed by who writes it. `values` holds FIELDS: texts by language, codes, a schedule as
    `agencies.opening` has it. Raises Http404 out of sight, Refused for a closed agency, RuleBroken by field.
    """
    agency = administered_agency(by, agency_id)
    if not agency.is_active:
        raise Refused(_("This agency is closed: open it again before writing in the directory."))
    return _save(ServiceOffer(agency=agency), by, values, new=True)


def change(*, by: Membership, offer_id: UUID, values: Mapping[str, Any]) -> ServiceOffer:
    """Other words from now on, which confirms the entry. Raises Http404, Refused once taken out, RuleBroken."""
    offer = _lock(by, offer_id)
    if offer.ended_at is not None:
        raise Refused(_("This entry has been taken out of the directory: write another one."))
    return _save(offer, by, values, new=False)


def confirm(*, by: Membership, offer_id: UUID) -> ServiceOffer:
    """All of it still holds today. Raises Http404, Refused once taken out."""
    offer = _lock(by, offer_id)
    if offer.ended_at is not None:
        raise Refused(_("This entry has been taken out of the directory: write another one."))
    offer.confirmed_at, offer.confirmed_by, offer.asked_at = now(), by.user, None
    offer.save(update_fields=["confirmed_at", "confirmed_by", "asked_at"])
    return offer


def end(*, by: Membership, offer_id: UUID) -> ServiceOffer:
    """Nobody finds it any more. Ending it twice changes nothing. Raises Http404."""
    offer = _lock(by, offer_id)
    if offer.ended_at is None:
        offer.ended_at = now()
        offer.save(update_fields=["ended_at"])
    return offer


def _lock(by: Membership, offer_id: UUID) -> ServiceOffer:
    found = ServiceOffer.objects.select_for_update(of=("self",)).select_related("agency").filter(pk=offer_id).first()
    if found is None:
        raise Http404
    administered_agency(by, found.agency_id)
    return found


def _save(offer: ServiceOffer, by: Membership, values: Mapping[str, Any], *, new: bool) -> ServiceOffer:
    for name in FIELDS:
        if name in values:
            setattr(offer, name, values[name])
    if errors := problems(offer):
        raise RuleBroken(errors)
    offer.confirmed_at, offer.confirmed_by, offer.asked_at = now(), by.user, None
    try:
        with transaction.atomic():
            offer.save(force_insert=new, force_update=not new)
    except IntegrityError:
        message = next(each for each in ServiceOffer._meta.constraints if each.name == "agencies_offer_once")
        raise RuleBroken({"name": [message.violation_error_message]}) from None
    return offer


# --- what an entry must say -------------------------------------------------------------------------------
def problems(offer: ServiceOffer) -> dict[str, list[str]]:
    """What is wrong with an entry, by field; {} for one that may be published. Its words are trimmed in passing.

    For forms and for imports alike: the agency has to be set, nothing has to be saved.
    """
    errors: dict[str, list[str]] = {}

    def wrong(field: str, message: str) -> None:
        if message:
            errors.setdefault(field, []).append(message)

    for field in ("name", "address", "postal_code", "phone", "email", "url", "source"):
        text = str(getattr(offer, field) or "").strip()
        setattr(offer, field, text)
        most = ServiceOffer._meta.get_field(field).max_length
        wrong(field, text_problem(text, most=most, missing=_("Write a name.") if field == "name" else ""))
    for field, most in LONGEST.items():
        words = {
            each: str(text).strip() for each, text in (getattr(offer, field) or {}).items() if each in TRANSLATIONS
        }
        setattr(offer, field, {each: text for each, text in words.items() if text})
        for each, text in words.items():
            wrong(f"{field}_{each}", text_problem(text, most=most))
    if not offer.description and not any(name.startswith("description") for name in errors):
        wrong("description_fr", _("Say in a few sentences what is offered, in at least one language."))
    for field, known, missing in (
        ("needs", Need.values, _("Choose at least one need.")),
        ("audiences", Audience.values, _("Choose at least one.")),
        ("languages", LANGUAGES, _("Choose at least one language.")),
    ):
        chosen = [each for each in dict.fromkeys(getattr(offer, field) or ()) if each in known]
        setattr(offer, field, chosen)
        wrong(field, "" if chosen else missing)
    _check_reach(offer, errors, wrong)
    _check_place(offer, errors, wrong)
    _check_hours(offer, wrong)
    return errors


def _check_reach(offer: ServiceOffer, errors: Mapping[str, list[str]], wrong: Any) -> None:
    if not (offer.phone or offer.email or offer.url):
        wrong("phone", _("Give a way to reach the service: a phone number, an e-mail address or a web site."))
    if offer.phone and "phone" not in errors:
        wrong("phone", number_problem(offer.phone))
    for field, validate in (("email", validate_email), ("url", URLValidator(schemes=["http", "https"]))):
        if getattr(offer, field) and field not in errors:
            try:
                validate(getattr(offer, field))
            except ValidationError as error:
                wrong(field, str(error.messages[0]))


def _check_place(offer: ServiceOffer, errors: Mapping[str, list[str]], wrong: Any) -> None:
    offer.territory = sorted(set(offer.territory or ()))
    if not all(POSTAL_CODE.fullmatch(str(code)) for code in offer.territory):
        wrong("territory", _("Write Belgian postal codes, separated by spaces."))
    elif len(offer.territory) > MOST_CODES:
        wrong("territory", _("Leave it empty for an entry that serves everywhere."))
    if tells_no_address(offer.agency.kind, offer.needs):
        refused = _("A shelter has no address in the directory: whoever calls is told where to go.")
        wrong("address", refused if offer.address else "")
        wrong("postal_code", refused if offer.postal_code else "")
        for field in ("description", "schedule_note", "fees"):
            for language, words in getattr(offer, field).items():
                if STREET.search(words):
                    wrong(f"{field}_{language}", _("This looks like an address. Take it out: it must not be found."))
        if STREET.search(offer.name):
            wrong("name", _("This looks like an address. Take it out: it must not be found."))
        return
    if offer.postal_code and "postal_code" not in errors and not POSTAL_CODE.fullmatch(offer.postal_code):
        wrong("postal_code", _("Write a Belgian postal code: four digits."))
    elif offer.address and not offer.postal_code:
        wrong("postal_code", _("Write the postal code of this address."))


def _check_hours(offer: ServiceOffer, wrong: Any) -> None:
    if not opening.fits(offer.schedule):
        wrong("schedule", _("Write the hours as in this example: 9:00-12:00, 13:30-17:00."))
    elif offer.always_open and offer.schedule:
        wrong("always_open", _("Day and night: leave the hours of each day empty."))
