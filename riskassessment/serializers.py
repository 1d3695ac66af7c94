"""Grids and assessments as the API answers them and takes them in: answers to who reads the grid, levels to who
receives the level. Rules are in the services: here are shapes and types only.
"""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.access import CaseAccess
from cases.enums import Category, Level, Side
from cases.serializers import AgencyBriefSerializer, PageSerializer, agency
from common.errors import RuleBroken, StaleVersion

from . import levels, perms, services
from .answers import MAX_COMMENT, SOURCES
from .models import Assessment, FearedEvent, GridVersion, Presence, Verdict
from .scoring import INSUFFICIENT, JUDGEMENT
from .versions import definition_of, is_retired

INDICATIVE = [*Level.choices, (INSUFFICIENT, "insufficient information"), (JUDGEMENT, "a person's judgement")]
VALUE = {
    "description": "yes_no: yes or no; single: the id of an option; multi: a list of such ids; scale, number: a whole"
    " number; date: a day (2026-11-22); text: words. All but text: also unknown and not_asked.",
    "oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "array", "items": {"type": "string"}}],
}


# --- grids --------------------------------------------------------------------------------------------------------
class GridSerializer(serializers.Serializer):
    """The version of a grid that a new assessment uses; `demonstration` grids are not validated."""

    slug = serializers.CharField()
    number = serializers.IntegerField()
    content_hash = serializers.CharField()
    title = serializers.DictField(child=serializers.CharField(), help_text="by language: fr, nl, en")
    kind = serializers.ChoiceField(choices=["scored", "checklist", "unscored"])
    demonstration = serializers.BooleanField()
    category = serializers.ChoiceField(choices=Category.choices)
    side = serializers.ChoiceField(choices=Side.choices)
    asked_of = serializers.ChoiceField(choices=["victim", "perpetrator", "professional"])
    training = serializers.CharField(
        allow_null=True, help_text="code of the course one needs to have followed to sign it"
    )


class GridListSerializer(serializers.Serializer):
    results = GridSerializer(many=True)


class GridDetailSerializer(GridSerializer):
    """One version with its definition, as docs/grid-schema.json describes it."""

    retired = serializers.BooleanField(help_text="whether no new assessment uses this version")
    definition = serializers.DictField()


def grid(version: GridVersion) -> dict[str, Any]:
    """What `GridSerializer` shows."""
    found = definition_of(version)
    return {
        "slug": version.grid.slug,
        "number": version.number,
        "content_hash": version.content_hash,
        "title": found.title.model_dump(exclude_none=True),
        "kind": found.kind,
        "demonstration": found.demonstration,
        "category": found.category,
        "side": found.side,
        "asked_of": found.asked_of,
        "training": found.training,
    }


def grid_detail(version: GridVersion) -> dict[str, Any]:
    """What `GridDetailSerializer` shows."""
    return grid(version) | {"retired": is_retired(version), "definition": version.definition}


# --- assessments answered -----------------------------------------------------------------------------------------
class GridBriefSerializer(serializers.Serializer):
    """The version of the grid that was answered; `demonstration` grids are not validated."""

    slug = serializers.CharField()
    number = serializers.IntegerField()
    content_hash = serializers.CharField()
    demonstration = serializers.BooleanField()


@extend_schema_field(VALUE)
class ValueField(serializers.JSONField):
    """The value of an answer, whatever the type of its question."""


class AnswerSerializer(serializers.Serializer):
    """An answer with a comment, from whom it is known and since which day."""

    value = ValueField()
    comment = serializers.CharField()
    source = serializers.ChoiceField(choices=SOURCES[1:], allow_blank=True)
    on = serializers.DateField(allow_null=True)


class ConclusionSerializer(serializers.Serializer):
    """The level a person retained; a lowered one holds once countersigned."""

    level = serializers.ChoiceField(choices=Level.choices)
    justification = serializers.CharField()
    feared_events = serializers.ListField(child=serializers.ChoiceField(choices=FearedEvent.choices))
    signed_at = serializers.DateTimeField()
    lowers = serializers.BooleanField()
    countersigned_at = serializers.DateTimeField(allow_null=True)


class LevelsSerializer(serializers.Serializer):
    indicative = serializers.ChoiceField(choices=INDICATIVE)
    conclusion = ConclusionSerializer(allow_null=True)
    in_force = serializers.ChoiceField(choices=Level.choices, allow_blank=True)


class ReviewSerializer(serializers.Serializer):
    """Somebody else, trained, verified the assessment."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    remarks = serializers.CharField()
    agency = AgencyBriefSerializer(allow_null=True)
    at = serializers.DateTimeField()


class AssessmentSerializer(serializers.Serializer):
    """An assessment: a draft of the acting agency until it is signed, which never changes afterwards."""

    id = serializers.UUIDField()
    case = serializers.UUIDField()
    report = serializers.UUIDField(allow_null=True)
    grid = GridBriefSerializer()
    category = serializers.ChoiceField(choices=Category.choices)
    side = serializers.ChoiceField(choices=Side.choices)
    presence = serializers.ChoiceField(choices=Presence.choices, allow_blank=True)
    agency = AgencyBriefSerializer(allow_null=True)
    version = serializers.IntegerField(help_text="of the answers: send it back with the next ones")
    signed_at = serializers.DateTimeField(allow_null=True)
    content_hash = serializers.CharField(
        allow_blank=True, help_text="SHA-256 of what was signed, empty for a draft and before signatures had one"
    )
    answers = serializers.DictField(child=AnswerSerializer(), help_text="by the id of the question")
    levels = LevelsSerializer(
        allow_null=True,
        help_text="null for a draft, for a grid without levels, and where the level is not given to the acting agency",
    )
    review = ReviewSerializer(allow_null=True)


class AssessmentPageSerializer(PageSerializer):
    results = AssessmentSerializer(many=True)


def assessment(found: Assessment, access: CaseAccess) -> dict[str, Any]:
    """What `AssessmentSerializer` shows."""
    definition = definition_of(found.grid_version)
    return {
        "id": found.pk,
        "case": found.case_id,
        "report": found.report_id,
        "grid": {
            "slug": definition.slug,
            "number": found.grid_version.number,
            "content_hash": found.grid_version.content_hash,
            "demonstration": definition.demonstration,
        },
        "category": found.category,
        "side": found.side,
        "presence": found.presence,
        "agency": agency(found.agency, access),
        "version": found.version,
        "signed_at": found.signed_at,
        "content_hash": found.content_hash,
        "answers": {item_id: {"source": "", "on": None} | answer for item_id, answer in found.answers.items()},
        "levels": _levels(found, access) if found.indicative_level and perms.knows_level(found, access) else None,
        "review": _review(found, access),
    }


def _levels(found: Assessment, access: CaseAccess) -> dict[str, Any]:
    conclusion = services.conclusion_of(found)
    countersignature = services.countersignature_of(conclusion)
    return {
        "indicative": found.indicative_level,
        "in_force": levels.of(found).level,
        "conclusion": {
            "level": conclusion.level,
            "justification": conclusion.justification,
            "feared_events": conclusion.feared_events,
            "signed_at": conclusion.signed_at,
            "lowers": conclusion.lowers,
            "countersigned_at": countersignature.signed_at if countersignature else None,
        }
        if conclusion is not None and access.shows(conclusion)
        else None,
    }


def _review(found: Assessment, access: CaseAccess) -> dict[str, Any] | None:
    review = getattr(found, "review", None)
    if review is None or not access.shows(review):
        return None
    return {
        "verdict": review.verdict,
        "remarks": review.remarks,
        "agency": agency(review.agency, access),
        "at": review.at,
    }


# --- taken in -----------------------------------------------------------------------------------------------------
@extend_schema_field(
    {
        "type": "object",
        "description": "By the id of the question: the bare value, or an object with its comment, source and day.",
        "additionalProperties": {
            "oneOf": [
                *VALUE["oneOf"],
                {
                    "type": "object",
                    "properties": {
                        "value": VALUE,
                        "comment": {"type": "string", "maxLength": MAX_COMMENT},
                        "source": {"type": "string", "enum": list(SOURCES)},
                        "on": {"type": "string", "format": "date", "nullable": True},
                    },
                },
            ]
        },
    }
)
class AnswersField(serializers.JSONField):
    """Answers as they are sent; `riskassessment.answers` checks them."""


def _version(**extra: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=2**31 - 1, **extra)


class AssessmentInputSerializer(serializers.Serializer):
    """An assessment to begin, with its answers. Who fills it in, for which agency, is who is logged in."""

    grid = serializers.SlugField(max_length=60)
    number = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=2**31 - 1,
        help_text="the version the answers were given to: refused (409) once there is a later one",
    )
    report = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="the event of this case it is about"
    )
    presence = serializers.ChoiceField(
        choices=Presence.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="asked for by a grid that is asked of the victim; never in the presence of the presumed perpetrator",
    )
    answers = AnswersField(required=False, default=dict)
    sign = serializers.BooleanField(required=False, default=False, help_text="sign at once; a draft otherwise")


class AnswersInputSerializer(serializers.Serializer):
    """Every answer of the draft, the whole grid each time, over the `version` that was read."""

    answers = AnswersField()
    version = _version()


class SignInputSerializer(serializers.Serializer):
    """Nothing, to sign the draft as it stands; or its last answers over the `version` that was read."""

    answers = AnswersField(required=False)
    version = _version(required=False)


class ConclusionInputSerializer(serializers.Serializer):
    """The level retained, with its reasons and what is feared."""

    level = serializers.ChoiceField(choices=Level.choices, required=False, allow_blank=True, default="")
    justification = serializers.CharField(required=False, allow_blank=True, default="")
    feared_events = serializers.ListField(
        child=serializers.ChoiceField(choices=FearedEvent.choices),
        required=False,
        default=list,
        max_length=len(FearedEvent),
    )


def by_question(broken: RuleBroken) -> dict[str, Any]:
    """Errors of the answers where the answers stood, those of the whole under `non_field_errors`."""
    said: Mapping[str, Any] = broken.as_dict()
    whole = {name: words for name, words in said.items() if name == "non_field_errors"}
    answers = {name: words for name, words in said.items() if name not in whole}
    return whole | ({"answers": answers} if answers else {})


def stale(error: StaleVersion) -> dict[str, Any]:
    """What a colleague saved meanwhile, each value named as the API names it: `answers.<question>.<part>`."""
    parts = {prefix: part for prefix, part, _label in services.PARTS}
    conflicts = []
    for conflict in error.conflicts:
        prefix, _dash, question = conflict["field"].partition("-")
        conflicts.append(conflict | {"field": f"answers.{question}.{parts[prefix]}"})
    return {"detail": str(error), "conflicts": conflicts, "version": error.version}
