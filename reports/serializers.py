"""Reports as the API answers them and takes them in. Rules are in `reports.payload`: here are shapes and types only."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from cases.access import CaseAccess
from cases.enums import Safe
from cases.serializers import AgencyBriefSerializer, PageSerializer, agency
from common.api import DayText, MomentText
from common.languages import LANGUAGES

from .models import ImmediateMeasure, Presence, Report, ReportKind, Section
from .payload import LONGEST_LINE, LONGEST_TEXT, MOST_CHILDREN


# --- answered -------------------------------------------------------------------------------------------------
class FactsSerializer(serializers.Serializer):
    context = serializers.CharField()
    words = serializers.CharField()
    gestures = serializers.CharField()


class RisksSerializer(serializers.Serializer):
    weapons = serializers.CharField()
    threats = serializers.CharField()
    antecedents = serializers.CharField()


class ReportSerializer(serializers.Serializer):
    """A report as it was recorded; it never changes."""

    id = serializers.UUIDField()
    case = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ReportKind.choices)
    pv_number = serializers.CharField()
    agency = AgencyBriefSerializer(allow_null=True)
    recorded_at = serializers.DateTimeField()
    met_at = serializers.DateTimeField()
    occurred_at = serializers.DateTimeField(allow_null=True)
    place = serializers.CharField()
    facts = FactsSerializer()
    children_present = serializers.ChoiceField(choices=Presence.choices, allow_blank=True)
    children_impact = serializers.CharField()
    risk = RisksSerializer()
    measure = serializers.ChoiceField(choices=ImmediateMeasure.choices, allow_blank=True)
    measure_detail = serializers.CharField()
    orientation = serializers.CharField()
    unknown_sections = serializers.ListField(child=serializers.ChoiceField(choices=Section.choices))
    j2_accepted = serializers.BooleanField()


class ReportPageSerializer(PageSerializer):
    results = ReportSerializer(many=True)


def report(found: Report, access: CaseAccess) -> dict[str, Any]:
    """What `ReportSerializer` shows."""
    return {
        "id": found.pk,
        "case": found.case_id,
        "kind": found.kind,
        "pv_number": found.pv_number,
        "agency": agency(found.agency, access),
        "recorded_at": found.recorded_at,
        "met_at": found.met_at,
        "occurred_at": found.occurred_at,
        "place": found.place,
        "facts": {"context": found.facts_context, "words": found.facts_words, "gestures": found.facts_gestures},
        "children_present": found.children_present,
        "children_impact": found.children_impact,
        "risk": {
            "weapons": found.risk_weapons,
            "threats": found.risk_threats,
            "antecedents": found.risk_antecedents,
        },
        "measure": found.measure,
        "measure_detail": found.measure_detail,
        "orientation": found.orientation,
        "unknown_sections": found.unknown_sections,
        "j2_accepted": found.j2_accepted,
    }


# --- taken in -------------------------------------------------------------------------------------------------
def _text(longest: int = LONGEST_LINE) -> serializers.CharField:
    return serializers.CharField(required=False, allow_blank=True, max_length=longest)


def _languages() -> serializers.ListField:
    child = serializers.ChoiceField(choices=list(LANGUAGES.items()))
    return serializers.ListField(child=child, required=False, max_length=5)


def _day() -> DayText:
    return DayText(required=False, allow_blank=True, allow_null=True, max_length=20)


def _moment() -> MomentText:
    return MomentText(required=False, allow_blank=True, allow_null=True, max_length=40)


class ContactInputSerializer(serializers.Serializer):
    phone = _text(40)
    safe = serializers.ChoiceField(choices=Safe.choices, required=False)
    hours = _text(100)
    may_sms = serializers.BooleanField(required=False)
    may_leave_message = serializers.BooleanField(required=False)
    say = _text()
    must_not_answer = _text()


class ChildInputSerializer(serializers.Serializer):
    given_name = _text(100)
    family_name = _text(100)
    birth_date = _day()


class PersonInputSerializer(ChildInputSerializer):
    languages = _languages()
    interpreter_needed = serializers.BooleanField(required=False)
    relationship = _text(100)


class VictimInputSerializer(PersonInputSerializer):
    contact = ContactInputSerializer(required=False, allow_null=True)


class FactsInputSerializer(serializers.Serializer):
    context = _text(LONGEST_TEXT)
    words = _text(LONGEST_TEXT)
    gestures = _text(LONGEST_TEXT)


class RisksInputSerializer(serializers.Serializer):
    weapons = _text(LONGEST_TEXT)
    threats = _text(LONGEST_TEXT)
    antecedents = _text(LONGEST_TEXT)


class ReportInputSerializer(serializers.Serializer):
    """A report to record. Whoever records it and for which agency is who is logged in, whatever else is sent."""

    kind = serializers.ChoiceField(choices=ReportKind.choices)
    case = serializers.UUIDField(
        required=False, allow_null=True, help_text="the case it joins; a new one opens when none is named"
    )
    version = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**31 - 1,
        help_text="of the draft, when one begun on the page is recorded",
    )
    pv_number = _text(40)
    met_at = _moment()
    occurred_at = _moment()
    place = _text()
    victim = VictimInputSerializer(required=False, allow_null=True)
    perpetrator = PersonInputSerializer(required=False, allow_null=True)
    children = ChildInputSerializer(many=True, required=False, max_length=MOST_CHILDREN)
    facts = FactsInputSerializer(required=False, allow_null=True)
    children_present = serializers.ChoiceField(choices=Presence.choices, required=False, allow_blank=True)
    children_impact = _text(LONGEST_TEXT)
    risk = RisksInputSerializer(required=False, allow_null=True)
    measure = serializers.ChoiceField(choices=ImmediateMeasure.choices, required=False, allow_blank=True)
    measure_detail = _text(LONGEST_TEXT)
    orientation = _text(LONGEST_TEXT)
    unknown_sections = serializers.ListField(
        child=serializers.ChoiceField(choices=Section.choices), required=False, max_length=len(Section)
    )
    j2_accepted = serializers.BooleanField(required=False, allow_null=True, default=None)


PERSON = ("given_name", "family_name", "birth_date", "languages", "interpreter_needed", "relationship")
CONTACT = {
    "phone": "victim_phone",
    "safe": "victim_phone_safe",
    "hours": "victim_phone_hours",
    "may_sms": "victim_may_sms",
    "may_leave_message": "victim_may_leave_message",
    "say": "victim_phone_say",
    "must_not_answer": "victim_phone_must_not_answer",
}
FLAT: dict[tuple[str, ...], str] = (
    {(who, name): f"{who}_{name}" for who in ("victim", "perpetrator") for name in PERSON}
    | {("victim", "contact", name): flat for name, flat in CONTACT.items()}
    | {("facts", name): f"facts_{name}" for name in ("context", "words", "gestures")}
    | {("risk", name): f"risk_{name}" for name in ("weapons", "threats", "antecedents")}
)
"""Where each nested value of the API stands among the flat names of `reports.payload`."""
SAME = (
    "pv_number",
    "met_at",
    "occurred_at",
    "place",
    "children_present",
    "children_impact",
    "measure",
    "measure_detail",
    "orientation",
    "unknown_sections",
)


def flatten(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `reports.payload.clean` takes, from checked nested input; what is absent or null is left out."""
    flat: dict[str, Any] = {}
    for path, name in FLAT.items():
        value: Any = given
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        flat[name] = value
    flat |= {name: given.get(name) for name in SAME}
    for number, child in enumerate(given.get("children") or []):
        flat |= {f"children-{number}-{name}": value for name, value in child.items()}
    accepted = given.get("j2_accepted")
    flat["j2_accepted"] = None if accepted is None else "yes" if accepted else "no"
    return {name: value for name, value in flat.items() if value not in (None, "", [])}


def nest(errors: Mapping[str, list]) -> dict[str, Any]:
    """Errors by flat name, as errors at the places of the nested input."""
    places = {name: path for path, name in FLAT.items()}
    nested: dict[str, Any] = {}
    for name, messages in errors.items():
        path = places.get(name) or (name.split("-") if name.startswith("children-") else [name or "non_field_errors"])
        place = nested
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = [str(message) for message in messages]
    return nested
