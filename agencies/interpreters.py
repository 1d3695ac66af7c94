"""The list an interpreter service keeps of its interpreters and mediators. Where somebody comes from is not kept."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.languages import LANGUAGES

from .enums import AgencyKind, InterpretingChannel
from .models import Agency, Interpreter, Membership
from .perms import may_administer_agency, may_administer_platform

FIELDS = ("name", "mediator", "languages", "certified", "trained", "channels", "territory")


def may_keep(by: Membership | None, agency: Agency) -> bool:
    """Who administers an interpreter service keeps its list: names of its people are read there alone."""
    return (
        agency.kind == AgencyKind.INTERPRETER_SERVICE
        and may_administer_agency(by, agency.pk)
        and not may_administer_platform(by)
    )


def service_of(by: Membership | None) -> Agency:
    """The interpreter service this member keeps the list of: the acting one; Http404 otherwise."""
    if by is None or not may_keep(by, by.agency):
        raise Http404
    return by.agency


def list_of(agency: Agency) -> QuerySet[Interpreter]:
    """Those who work for it now, by name."""
    return Interpreter.objects.live().filter(agency=agency).order_by("name", "pk")


def find(*, by: Membership | None, interpreter_id: UUID, locked: bool = False) -> Interpreter:
    """One of the acting service's list, also one who has left; Http404 otherwise."""
    rows = Interpreter.objects.filter(agency=service_of(by), pk=interpreter_id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise Http404
    return found


def add(*, by: Membership, values: Mapping[str, object], key: UUID) -> Interpreter:
    """Somebody new; the same `key` gives the same one. `values` holds FIELDS, `territory` as codes.

    Raises Http404, RuleBroken by field.
    """
    agency = service_of(by)
    if (already := Interpreter.objects.filter(pk=key, agency=agency).first()) is not None:
        return already
    return _save(Interpreter(pk=key, agency=agency), values, new=True)


def change(*, by: Membership, interpreter_id: UUID, values: Mapping[str, object]) -> Interpreter:
    """What is known of somebody from now on; what was proposed before keeps what was true that day.

    Call it in a transaction. Raises Http404, Refused for who has left, RuleBroken by field.
    """
    found = find(by=by, interpreter_id=interpreter_id, locked=True)
    if found.ended_at is not None:
        raise Refused(_("This person no longer works for the service: add them again."))
    return _save(found, values, new=False)


def end(*, by: Membership, interpreter_id: UUID) -> Interpreter:
    """They are proposed no more. Ending twice changes nothing. Call it in a transaction. Raises Http404."""
    found = find(by=by, interpreter_id=interpreter_id, locked=True)
    if found.ended_at is None:
        found.ended_at = now()
        found.save(update_fields=["ended_at"])
    return found


def _save(interpreter: Interpreter, values: Mapping[str, object], *, new: bool) -> Interpreter:
    name = str(values.get("name") or "")
    most = Interpreter._meta.get_field("name").max_length
    languages, channels = list(values.get("languages") or []), list(values.get("channels") or [])
    errors: dict[str, list[str]] = {}
    if problem := text_problem(name, most=most, missing=_("Write a name.")):
        errors["name"] = [problem]
    if not languages or set(languages) - set(LANGUAGES):
        errors["languages"] = [_("Choose at least one language.")]
    if not channels or set(channels) - set(InterpretingChannel.values):
        errors["channels"] = [_("Choose at least one way to work.")]
    if errors:
        raise RuleBroken(errors)
    interpreter.name = name.strip()
    interpreter.languages, interpreter.channels = languages, channels
    interpreter.territory = list(values.get("territory") or [])
    for field in ("mediator", "certified", "trained"):
        setattr(interpreter, field, bool(values.get(field)))
    interpreter.save(force_insert=new, force_update=not new)
    return interpreter
