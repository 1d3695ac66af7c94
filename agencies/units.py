"""The sections of a prosecutor's office and the neighbourhoods of a cell: opened, changed, ended. They open nothing."""

from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Refused, RuleBroken

from .models import Agency, Membership, Unit
from .perms import may_keep_units
from .services import administered_agency, writers_of

FIELDS = ("name", "territory", "reference_person")


def divided_agency(by: Membership | None, agency_id: UUID) -> Agency:
    """An agency of a kind that is divided, which this member administers; Http404 otherwise."""
    agency = administered_agency(by, agency_id)
    if not may_keep_units(by, agency):
        raise Http404
    return agency


def units_of(agency: Agency) -> QuerySet[Unit]:
    """The live ones, by name, with who answers for each."""
    return Unit.objects.live().filter(agency=agency).select_related("reference_person")


def shared_codes(unit: Unit) -> dict[str, list[str]]:
    """{postal code that stands in other units of the agency too: the names of all these}, first the one it goes to."""
    units = list(units_of(unit.agency).filter(territory__overlap=unit.territory).order_by("name", "pk"))
    found = {code: [each.name for each in units if code in each.territory] for code in unit.territory}
    return {code: names for code, names in found.items() if len(names) > 1}


def may_answer(agency: Agency) -> list[Membership]:
    """Who may answer for a unit: who writes for the agency now, by name."""
    members = writers_of([agency]).order_by("user__family_name", "user__given_name", "pk")
    return list(members)


def create(*, by: Membership, agency_id: UUID, values: Mapping[str, object]) -> Unit:
    """A new one. `values` holds FIELDS: `territory` as codes, `reference_person` a user id or None.

    Raises Http404 out of sight, RuleBroken by field.
    """
    agency = divided_agency(by, agency_id)
    unit = Unit(agency=agency)
    return _save(unit, values, new=True)


def change(*, by: Membership, unit_id: UUID, values: Mapping[str, object]) -> Unit:
    """Another name, territory or reference person from now on. Raises Http404, Refused once ended, RuleBroken."""
    unit = lock(by=by, unit_id=unit_id)
    if unit.ended_at is not None:
        raise Refused(_("This section or neighbourhood has ended: open another one."))
    return _save(unit, values, new=False)


def end(*, by: Membership, unit_id: UUID) -> Unit:
    """It takes nothing more; what was given to it stays there. Ending it twice changes nothing. Raises Http404."""
    unit = lock(by=by, unit_id=unit_id)
    if unit.ended_at is None:
        unit.ended_at = now()
        unit.save(update_fields=["ended_at"])
    return unit


def lock(*, by: Membership, unit_id: UUID) -> Unit:
    """A unit of an agency this member administers, locked; Http404 otherwise."""
    found = Unit.objects.select_for_update(of=("self",)).select_related("agency").filter(pk=unit_id).first()
    if found is None:
        raise Http404
    divided_agency(by, found.agency_id)
    return found


def _save(unit: Unit, values: Mapping[str, object], *, new: bool) -> Unit:
    unit.name = str(values.get("name") or "").strip()
    unit.territory = list(values.get("territory") or [])
    unit.reference_person_id = values.get("reference_person") or None
    errors: dict[str, list] = {}
    try:
        # the person is asked below, among those who may; the name is asked of the database, in one go with the insert
        unit.full_clean(exclude=["agency", "reference_person"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors = dict(error.message_dict)
    live = {member.user_id for member in writers_of([unit.agency_id])}
    if unit.reference_person_id is not None and unit.reference_person_id not in live:
        errors["reference_person"] = [_("Choose somebody who works here now.")]
    if errors:
        raise RuleBroken(errors)
    try:
        with transaction.atomic():
            unit.save(force_insert=new, force_update=not new)
    except IntegrityError:
        message = next(each for each in Unit._meta.constraints if each.name == "agencies_unit_once")
        raise RuleBroken({"name": [message.violation_error_message]}) from None
    return unit
