"""Signed assessments as the API answers them: answers to who reads the grid, levels to who receives the level."""

from typing import Any

from rest_framework import serializers

from cases.access import CaseAccess
from cases.enums import Level
from cases.serializers import AgencyBriefSerializer, PageSerializer, agency

from . import perms, services
from .models import Assessment


class GridBriefSerializer(serializers.Serializer):
    """The version of the grid that was answered; `demonstration` grids are not validated."""

    slug = serializers.CharField()
    version = serializers.IntegerField()
    demonstration = serializers.BooleanField()


class AnswerSerializer(serializers.Serializer):
    value = serializers.ChoiceField(choices=["yes", "no", "unknown", "not_asked"])
    comment = serializers.CharField()


class ConclusionSerializer(serializers.Serializer):
    """The level a person retained; a lowered one holds once countersigned."""

    level = serializers.ChoiceField(choices=Level.choices)
    justification = serializers.CharField()
    signed_at = serializers.DateTimeField()
    lowers = serializers.BooleanField()
    countersigned_at = serializers.DateTimeField(allow_null=True)


class LevelsSerializer(serializers.Serializer):
    indicative = serializers.ChoiceField(choices=Level.choices)
    conclusion = ConclusionSerializer(allow_null=True)
    in_force = serializers.ChoiceField(choices=Level.choices, allow_blank=True)


class AssessmentSerializer(serializers.Serializer):
    """A signed assessment; it never changes."""

    id = serializers.UUIDField()
    case = serializers.UUIDField()
    report = serializers.UUIDField(allow_null=True)
    grid = GridBriefSerializer()
    agency = AgencyBriefSerializer(allow_null=True)
    signed_at = serializers.DateTimeField()
    answers = serializers.DictField(child=AnswerSerializer())
    levels = LevelsSerializer(
        allow_null=True, help_text="null for a checklist, and where the level is not given to the acting agency"
    )


class AssessmentPageSerializer(PageSerializer):
    results = AssessmentSerializer(many=True)


def assessment(found: Assessment, access: CaseAccess) -> dict[str, Any]:
    """What `AssessmentSerializer` shows."""
    grid = services.definition_of(found.grid_version)
    return {
        "id": found.pk,
        "case": found.case_id,
        "report": found.report_id,
        "grid": {"slug": grid.slug, "version": found.grid_version.number, "demonstration": grid.demonstration},
        "agency": agency(found.agency, access),
        "signed_at": found.signed_at,
        "answers": found.answers,
        "levels": _levels(found) if found.indicative_level and perms.knows_level(found, access) else None,
    }


def _levels(found: Assessment) -> dict[str, Any]:
    conclusion = services.conclusion_of(found)
    countersignature = services.countersignature_of(conclusion)
    return {
        "indicative": found.indicative_level,
        "in_force": services.effective_level(found).level,
        "conclusion": conclusion
        and {
            "level": conclusion.level,
            "justification": conclusion.justification,
            "signed_at": conclusion.signed_at,
            "lowers": conclusion.lowers,
            "countersigned_at": countersignature.signed_at if countersignature else None,
        },
    }
