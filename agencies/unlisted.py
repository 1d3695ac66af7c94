"""Services that are not in the list, entered by who refers to them: a doctor, a lawyer, an association.

Such a service works without an account: it gets a letter, and nothing of a case opens to it. The agency that entered it
refers to it at once; nobody else is told of it until a platform administrator has confirmed it.
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.names import sort_key
from common.phones import normalise

from .enums import JUDICIAL_KINDS, VICTIM_CELLS, AgencyKind, AgencySide
from .models import LISTED, Agency, Membership
from .perms import may_administer_platform, may_write
from .services import POSTAL_CODE, check_agency, create_agency, number_problem, set_agency_active

ENTERED = ("name", "kind", "postal_code", "professional_phone")
KEPT_BY_ADMINISTRATORS = JUDICIAL_KINDS | {
    *VICTIM_CELLS,
    AgencyKind.PROSECUTOR_VICTIM_RECEPTION,
    AgencyKind.CHILD_PROTECTION,
    AgencyKind.INTERPRETER_SERVICE,
    AgencyKind.COORDINATION,
}
"""What the law or the way people work gives a role of its own: nobody enters one on the way to a referral."""
NAME_LENGTH = 150
MOST_LOOKED_AT = 200
MOST_SHOWN = 5
MOST_WAITING = 50
"""Services of one agency that may wait for an administrator at once."""
EVERYDAY = frozenset(
    {"the", "and", "van", "der", "des", "les", "aux", "sur", "pour", "avec", "centre", "service", "cabinet", "maison"}
)
"""Words that make no two services alike."""


def kinds_to_enter() -> list[tuple[str, str]]:
    """The kinds a sender may name, as choices."""
    return [(value, str(label)) for value, label in AgencyKind.choices if value not in KEPT_BY_ADMINISTRATORS]


def problems(values: Mapping[str, str]) -> dict[str, list[str]]:
    """Why what was typed cannot be entered, by field; `values` holds ENTERED."""
    errors: dict[str, list[str]] = {}
    if problem := text_problem(values["name"], most=NAME_LENGTH, missing=_("Write the name of the service.")):
        errors["name"] = [problem]
    elif len(sort_key(values["name"])) < 3:
        errors["name"] = [_("Write the name of the service.")]
    if values["kind"] not in dict(kinds_to_enter()):
        errors["kind"] = [_("Choose what kind of service it is.")]
    if not POSTAL_CODE.fullmatch(values["postal_code"]):
        errors["postal_code"] = [_("Write a postal code, such as 1210.")]
    if not values["professional_phone"]:
        errors["professional_phone"] = [_("Write the phone of the service: the code of the letter is said by phone.")]
    elif problem := number_problem(values["professional_phone"]):
        errors["professional_phone"] = [problem]
    return errors


def alike(*, by: Membership, values: Mapping[str, str]) -> list[Agency]:
    """The services this agency may refer to that are likely the one it means: the same phone, or words of the name in
    common. At most MOST_SHOWN, the likeliest first. One query.
    """
    words = _words(values["name"])
    number = _number(values["professional_phone"])
    near = Q(postal_code=values["postal_code"])
    for word in words | {part for part in values["name"].split() if len(part) > 2}:
        near |= Q(name__icontains=word) | Q(short_name__icontains=word)
    if len(number) > 6:
        near |= Q(professional_phone__regex=r"[^0-9]*".join(number[-8:].strip("+")))
    rows = Agency.objects.to_refer_to(by.agency_id).exclude(pk=by.agency_id).filter(near).order_by("name", "pk")
    scored = []
    for agency in rows[:MOST_LOOKED_AT]:
        shared = words & (_words(agency.name) | _words(agency.short_name))
        same_number = bool(number) and number == _number(agency.professional_phone)
        whole = sort_key(agency.name) == sort_key(values["name"])
        score = 4 * whole + 3 * same_number + 2 * len(shared) / max(len(words), 1)
        if same_number or whole or (shared and len(shared) * 2 >= len(words)):
            scored.append((-score, agency.name, agency))
    return [agency for _score, _name, agency in sorted(scored, key=lambda each: each[:2])[:MOST_SHOWN]]


def _words(name: str) -> set[str]:
    parts = "".join(sign if sign.isalnum() else " " for sign in sort_key(name)).split()
    return {part for part in parts if len(part) > 2 and part not in EVERYDAY}


def _number(written: str) -> str:
    try:
        return normalise(written)
    except ValueError:
        return "".join(sign for sign in written if sign.isdigit())


def enter(*, by: Membership, values: Mapping[str, str]) -> Agency:
    """Open a service without an account for the acting agency; the same one entered twice is one.

    `values` holds ENTERED, as text. Raises Refused for who does not refer, RuleBroken by field.
    """
    if not may_write(by):
        raise Refused(_("Your role reads referrals but does not write any."))
    values = {name: values[name].strip() for name in ENTERED}
    if errors := problems(values):
        raise RuleBroken(errors)
    mine = Agency.objects.to_check().filter(entered_by=by.agency_id)
    if already := mine.filter(**values).first():
        return already
    if mine.count() >= MOST_WAITING:
        raise RuleBroken(
            _("Many services you entered wait for an administrator already. Ask for them to be confirmed.")
        )
    his = values["kind"] == AgencyKind.PERPETRATOR_PROGRAMME
    details = values | {
        "short_name": values["name"][:60].strip(),
        "side": AgencySide.PERPETRATOR if his else AgencySide.NEUTRAL,
        "without_account": True,
        "entered_by": by.agency,
    }
    check_agency(Agency(**details))
    try:
        with transaction.atomic():
            return create_agency(**details)
    except IntegrityError:
        if already := mine.filter(**values).first():
            return already
        raise RuleBroken({"name": [_("You have entered this service already.")]}) from None


# --- confirmed, or closed ---------------------------------------------------------------------------------------
def to_check(by: Membership | None) -> QuerySet[Agency]:
    """What waits for a platform administrator; nothing for anybody else."""
    if not may_administer_platform(by):
        return Agency.objects.none()
    return Agency.objects.to_check().select_related("entered_by")


def check(*, by: Membership, agency_id: UUID, known: bool) -> Agency:
    """Confirm a service a sender entered, so that everybody may refer to it, or close it. Saying so twice changes
    nothing. Raises Refused, Http404, RuleBroken where the list holds this name already.
    """
    if not may_administer_platform(by):
        raise Refused(_("Only a platform administrator confirms a service."))
    agency = Agency.objects.select_for_update(of=("self",)).exclude(entered_by=None).filter(pk=agency_id).first()
    if agency is None:
        raise Http404
    if not known:
        return set_agency_active(by=by, agency_id=agency.pk, active=False)
    if not agency.to_be_checked:
        return agency
    taken = RuleBroken(_("The list holds a service of this name already: close this one, or change its name first."))
    if Agency.objects.filter(LISTED, name=agency.name).exists():
        raise taken
    agency.checked_at = now()
    try:
        with transaction.atomic():
            agency.save(update_fields=["checked_at"])
    except IntegrityError:
        raise taken from None
    return agency
