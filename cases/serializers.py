"""What the API answers about a case: closed parts are null, and `sees` says what is open."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from agencies.models import Agency
from common.phones import masked

from .access import CaseAccess
from .enums import Category, ContactKind, Level, PersonRole, Safe, Side, Stage
from .models import Case, CasePerson, ContactPoint
from .perms import in_doubt, stage_told

CURSOR = OpenApiParameter("cursor", str, description="Position of the page, as given by `next` or `previous`.")


class PageSerializer(serializers.Serializer):
    """A page of a list: walk it by its links; there is no count."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class AgencyBriefSerializer(serializers.Serializer):
    """A service, as colleagues call it."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class RiskSerializer(serializers.Serializer):
    """The level a case is known by; an empty level means that nothing was assessed."""

    level = serializers.ChoiceField(choices=Level.choices, allow_blank=True)
    provisional = serializers.BooleanField()
    assessed_at = serializers.DateTimeField(allow_null=True)


class CaseLineSerializer(serializers.Serializer):
    """A case in the list of the acting agency."""

    id = serializers.UUIDField()
    reference = serializers.CharField()
    stage = serializers.ChoiceField(choices=Stage.choices)
    opened_at = serializers.DateTimeField()
    risk = RiskSerializer(allow_null=True, help_text="null where the level is not given to the acting agency")
    last_act_at = serializers.DateTimeField(allow_null=True, help_text="the last act this agency may see")


class CasePageSerializer(PageSerializer):
    results = CaseLineSerializer(many=True)


class PersonSerializer(serializers.Serializer):
    """A person of the case whose identity is open."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=PersonRole.choices)
    side = serializers.ChoiceField(choices=Side.choices)
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    languages = serializers.ListField(child=serializers.CharField())
    interpreter_needed = serializers.BooleanField()
    relationship = serializers.CharField()


class ContactSerializer(serializers.Serializer):
    """A way to reach a person, its rule first; the whole number is opened on the page, after the rule."""

    id = serializers.UUIDField()
    person = serializers.UUIDField()
    side = serializers.ChoiceField(choices=Side.choices)
    kind = serializers.ChoiceField(choices=ContactKind.choices)
    safe = serializers.ChoiceField(choices=Safe.choices)
    masked_value = serializers.CharField()
    hours = serializers.CharField()
    may_sms = serializers.BooleanField()
    may_leave_message = serializers.BooleanField()
    say = serializers.CharField()
    must_not_answer = serializers.CharField()


class CaseSerializer(CaseLineSerializer):
    """A case as far as the acting agency may read it."""

    sees = serializers.ListField(
        child=serializers.CharField(), help_text='what is open to the acting agency, as "category:side"'
    )
    may_add = serializers.BooleanField()
    lead_agency = AgencyBriefSerializer(allow_null=True)
    persons = PersonSerializer(many=True)
    contacts = ContactSerializer(many=True)


def agency(found: Agency | None, access: CaseAccess | None = None) -> dict[str, Any] | None:
    """A service, or null where the acting agency may not know that it takes part."""
    if found is None:
        return None
    if access is not None and found.pk != access.agency_id and not access.can(Category.NETWORK, Side.VICTIM):
        return None
    return {"id": found.pk, "name": found.short_name}


def line(case: Case, access: CaseAccess, last_act_at: Any) -> dict[str, Any]:
    """What `CaseLineSerializer` shows."""
    risk = {"level": case.level, "provisional": case.level_provisional, "assessed_at": case.level_at}
    return {
        "id": case.pk,
        "reference": case.reference,
        "stage": stage_told(case, access.side),
        "opened_at": case.opened_at,
        "risk": risk if access.level else None,
        "last_act_at": last_act_at,
    }


def person(found: CasePerson) -> dict[str, Any]:
    """What `PersonSerializer` shows."""
    return {
        "id": found.pk,
        "role": found.role,
        "side": found.side,
        "given_name": found.person.given_name,
        "family_name": found.person.family_name,
        "birth_date": found.person.birth_date,
        "languages": found.person.languages,
        "interpreter_needed": found.person.interpreter_needed,
        "relationship": found.relationship,
    }


def contact(point: ContactPoint) -> dict[str, Any]:
    """What `ContactSerializer` shows of a row of `with_last_call`; never the whole value, safe only if not in doubt."""
    return {
        "id": point.pk,
        "person": point.case_person_id,
        "side": point.side,
        "kind": point.kind,
        "safe": Safe.UNKNOWN if in_doubt(point) and point.safe == Safe.YES else point.safe,
        "masked_value": masked(point.value) if point.kind == ContactKind.PHONE else "",
        "hours": point.hours,
        "may_sms": point.may_sms,
        "may_leave_message": point.may_leave_message,
        "say": point.say,
        "must_not_answer": point.must_not_answer,
    }
