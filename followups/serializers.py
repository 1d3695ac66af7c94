"""What is due, as the agency that owes it reads it, and as the one that planned it does."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from cases.access import CaseAccess
from cases.serializers import AgencyBriefSerializer, PageSerializer, agency

from .models import FollowUp, FollowUpKind
from .perms import knows_report


class FollowUpSerializer(serializers.Serializer):
    """A deadline. `report_reference` travels with the J+2 consent, to the agency that calls."""

    id = serializers.UUIDField()
    case = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=FollowUpKind.choices)
    agency = AgencyBriefSerializer(help_text="who owes it")
    mine = serializers.BooleanField()
    assigned_to_me = serializers.BooleanField()
    report_reference = serializers.CharField()
    due_at = serializers.DateTimeField()
    reminded_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()


class FollowUpPageSerializer(PageSerializer):
    results = FollowUpSerializer(many=True)


def follow_up(found: FollowUp, access: CaseAccess, *, user_id: UUID) -> dict[str, Any]:
    """What `FollowUpSerializer` shows to a member of one of the two agencies."""
    mine = found.agency_id == access.agency_id
    return {
        "id": found.pk,
        "case": found.case_id,
        "kind": found.kind,
        "agency": agency(found.agency),
        "mine": mine,
        "assigned_to_me": found.assigned_to_id == user_id,
        "report_reference": found.report_reference if mine and knows_report(access, found) else "",
        "due_at": found.due_at,
        "reminded_at": found.reminded_at,
        "settled_at": found.settled_at,
        "outcome": found.outcome,
    }
