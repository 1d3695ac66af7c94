"""Reports as the API answers them and takes them in. Rules are in `reports.payload`: here are shapes and types only."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from cases.access import CaseAccess
from cases.enums import Arranged, Gender, Safe
from cases.serializers import AgencyBriefSerializer, PageSerializer, agency
from common.api import DayText, MomentText
from common.languages import LANGUAGES

from .classifying import latest_of
from .cleaning import KNOWN_CHILD, LONGEST_LINE, LONGEST_TEXT, MOST_CHILDREN
from .models import (
    ChildExposure,
    Declaration,
    Exposure,
    ImmediateMeasure,
    Presence,
    Report,
    ReportKind,
    Right,
    Section,
    ViolenceType,
)
from .perms import reads_her_part


# --- answered -------------------------------------------------------------------------------------------------
class FactsSerializer(serializers.Serializer):
    context = serializers.CharField()
    words = serializers.CharField()
    gestures = serializers.CharField()
    means = serializers.CharField()


class ExposureSerializer(serializers.Serializer):
    """What one child lived through; a child who was exposed is a victim."""

    person = serializers.UUIDField(help_text="the child, as a person of the case")
    exposure = serializers.ChoiceField(choices=Exposure.choices)
    impact = serializers.CharField()


class VerificationSerializer(serializers.Serializer):
    """The classification as a trained person verified it."""

    vif = serializers.BooleanField()
    vc = serializers.BooleanField()
    verified_at = serializers.DateTimeField()


class ComplaintSerializer(serializers.Serializer):
    """What a complaint says besides. What is of her alone is null where it is not open to the acting agency."""

    vif = serializers.BooleanField(allow_null=True)
    vc = serializers.BooleanField(allow_null=True)
    verified = VerificationSerializer(allow_null=True)
    declaration = serializers.ChoiceField(choices=Declaration.choices, allow_blank=True, allow_null=True)
    declaration_words = serializers.CharField(allow_null=True)
    rights_explained = serializers.ListField(child=serializers.ChoiceField(choices=Right.choices), allow_null=True)
    rights_language = serializers.CharField(allow_null=True)
    rights_later = serializers.CharField(allow_null=True)
    childcare = serializers.ChoiceField(choices=Arranged.choices, allow_blank=True, allow_null=True)
    accompaniment = serializers.ChoiceField(choices=Arranged.choices, allow_blank=True, allow_null=True)
    accompanied_by = serializers.CharField(allow_null=True)


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
    postal_code = serializers.CharField()
    police_code = serializers.CharField()
    continues = serializers.UUIDField(allow_null=True, help_text="the family dispute that this complaint continues")
    violence_types = serializers.ListField(child=serializers.ChoiceField(choices=ViolenceType.choices))
    facts = FactsSerializer()
    children_present = serializers.ChoiceField(choices=Presence.choices, allow_blank=True)
    children_impact = serializers.CharField()
    children = ExposureSerializer(many=True)
    risk = RisksSerializer()
    measure = serializers.ChoiceField(choices=ImmediateMeasure.choices, allow_blank=True)
    measure_detail = serializers.CharField()
    orientation = serializers.CharField()
    unknown_sections = serializers.ListField(child=serializers.ChoiceField(choices=Section.choices))
    j2_accepted = serializers.BooleanField(allow_null=True, help_text="null where it is not yours to read")
    complaint = ComplaintSerializer(allow_null=True)


class ReportPageSerializer(PageSerializer):
    results = ReportSerializer(many=True)


HER_PART = (
    "declaration",
    "declaration_words",
    "rights_explained",
    "rights_language",
    "rights_later",
    "childcare",
    "accompaniment",
    "accompanied_by",
)


def report(found: Report, access: CaseAccess, exposures: Iterable[ChildExposure]) -> dict[str, Any]:
    """What `ReportSerializer` shows; `exposures` are those of this report that this access reads."""
    hers = reads_her_part(access, found)
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
        "postal_code": found.postal_code,
        "police_code": found.police_code,
        "continues": found.continues_id,
        "violence_types": found.violence_types,
        "facts": {
            "context": found.facts_context,
            "words": found.facts_words,
            "gestures": found.facts_gestures,
            "means": found.means,
        },
        "children_present": found.children_present,
        "children_impact": found.children_impact if hers else "",
        "children": [
            {"person": row.case_person_id, "exposure": row.exposure, "impact": row.impact} for row in exposures
        ],
        "risk": {
            "weapons": found.risk_weapons,
            "threats": found.risk_threats,
            "antecedents": found.risk_antecedents,
        },
        "measure": found.measure,
        "measure_detail": found.measure_detail,
        "orientation": found.orientation if hers else "",
        "unknown_sections": found.unknown_sections,
        "j2_accepted": found.j2_accepted if hers else None,
        "complaint": _complaint(found, access) if found.kind == ReportKind.POLICE_COMPLAINT else None,
    }


def _complaint(found: Report, access: CaseAccess) -> dict[str, Any]:
    verified = latest_of(found.verifications.all())
    hers = reads_her_part(access, found)
    return {
        "vif": found.vif,
        "vc": found.vc,
        "verified": verified and {"vif": verified.vif, "vc": verified.vc, "verified_at": verified.verified_at},
    } | {name: getattr(found, name) if hers else None for name in HER_PART}


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
    gender = serializers.ChoiceField(choices=Gender.choices, required=False, allow_blank=True)
    exposure = serializers.ChoiceField(choices=Exposure.choices, required=False, allow_blank=True)
    impact = _text(LONGEST_TEXT)


class KnownChildInputSerializer(serializers.Serializer):
    """What is said of a child that the case joined names already."""

    person = serializers.UUIDField(help_text="the child, as a person of the case")
    exposure = serializers.ChoiceField(choices=Exposure.choices)
    impact = _text(LONGEST_TEXT)


class PersonInputSerializer(serializers.Serializer):
    given_name = _text(100)
    family_name = _text(100)
    birth_date = _day()
    languages = _languages()
    interpreter_needed = serializers.BooleanField(required=False)
    relationship = _text(100)


class VictimInputSerializer(PersonInputSerializer):
    contact = ContactInputSerializer(required=False, allow_null=True)


class FactsInputSerializer(serializers.Serializer):
    context = _text(LONGEST_TEXT)
    words = _text(LONGEST_TEXT)
    gestures = _text(LONGEST_TEXT)
    means = _text(LONGEST_TEXT)


class ComplaintInputSerializer(serializers.Serializer):
    """What a complaint asks besides; left aside in a report of another kind."""

    vif = serializers.BooleanField(required=False, allow_null=True, default=None)
    vc = serializers.BooleanField(required=False, allow_null=True, default=None)
    declaration = serializers.ChoiceField(choices=Declaration.choices, required=False, allow_blank=True)
    declaration_words = _text(LONGEST_TEXT)
    rights_explained = serializers.ListField(
        child=serializers.ChoiceField(choices=Right.choices), required=False, max_length=len(Right)
    )
    rights_language = serializers.CharField(
        required=False, allow_blank=True, max_length=10, help_text="a code, as for the languages of a person"
    )
    rights_later = _text()
    childcare = serializers.ChoiceField(choices=Arranged.choices, required=False, allow_blank=True)
    accompaniment = serializers.ChoiceField(choices=Arranged.choices, required=False, allow_blank=True)
    accompanied_by = _text(100)


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
    postal_code = _text(10)
    police_code = _text(20)
    continues = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="the family dispute that a complaint continues, in whose case it stands; nothing is copied from it",
    )
    violence_types = serializers.ListField(
        child=serializers.ChoiceField(choices=ViolenceType.choices), required=False, max_length=len(ViolenceType)
    )
    victim = VictimInputSerializer(required=False, allow_null=True)
    perpetrator = PersonInputSerializer(required=False, allow_null=True)
    children = ChildInputSerializer(many=True, required=False, max_length=MOST_CHILDREN)
    known_children = KnownChildInputSerializer(many=True, required=False, max_length=MOST_CHILDREN)
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
    complaint = ComplaintInputSerializer(required=False, allow_null=True)


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
    | {("facts", "means"): "means"}
    | {("complaint", name): name for name in ("vif", "vc", *HER_PART)}
    | {("risk", name): f"risk_{name}" for name in ("weapons", "threats", "antecedents")}
)
"""Where each nested value of the API stands among the flat names of `reports.payload`."""
SAME = (
    "pv_number",
    "met_at",
    "occurred_at",
    "place",
    "postal_code",
    "police_code",
    "violence_types",
    "children_present",
    "children_impact",
    "measure",
    "measure_detail",
    "orientation",
    "unknown_sections",
)


YES_NO = ("j2_accepted", "vif", "vc")


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
    for child in given.get("known_children") or []:
        flat |= {f"known-{child['person']}-{name}": child.get(name) for name in ("exposure", "impact")}
    flat["j2_accepted"] = given.get("j2_accepted")
    for name in YES_NO:
        flat[name] = None if flat[name] is None else "yes" if flat[name] else "no"
    return {name: value for name, value in flat.items() if value not in (None, "", [])}


def nest(errors: Mapping[str, list]) -> dict[str, Any]:
    """Errors by flat name, as errors at the places of the nested input."""
    places = {name: path for path, name in FLAT.items()}
    nested: dict[str, Any] = {}
    for name, messages in errors.items():
        path = places.get(name) or _place_of(name)
        place = nested
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = [str(message) for message in messages]
    return nested


def _place_of(name: str) -> list[str]:
    """Where an error by the flat name of a row stands: `children.0.exposure`, `known_children.<person>.exposure`."""
    if match := KNOWN_CHILD.fullmatch(name):
        return ["known_children", match[1], match[2]]
    return name.split("-") if name.startswith("children-") else [name or "non_field_errors"]
