"""Referrals as their two services read them; the case only where it is open."""

from typing import Any

from rest_framework import serializers

from agencies.enums import Need
from cases.enums import ParticipationSide, PersonRole
from cases.serializers import AgencyBriefSerializer, PageSerializer, agency
from sharing.models import Basis

from .models import DeclineReason, Referral, ReferralState, Result, Urgency


class ReferralSerializer(serializers.Serializer):
    """What one service asks of another. `grants` is what acceptance opens, or has opened, as "category:side".

    The postal code stays out: whoever works with it reads it on the page.
    """

    id = serializers.UUIDField()
    case = serializers.UUIDField(allow_null=True, help_text="null until the case is open to the acting agency")
    from_agency = AgencyBriefSerializer()
    to_agency = AgencyBriefSerializer()
    state = serializers.ChoiceField(choices=ReferralState.choices)
    need = serializers.ChoiceField(choices=Need.choices)
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    subject_role = serializers.ChoiceField(choices=PersonRole.choices)
    side = serializers.ChoiceField(choices=ParticipationSide.choices)
    reason = serializers.CharField()
    basis = serializers.ChoiceField(choices=Basis.choices)
    grants = serializers.ListField(child=serializers.CharField())
    sent_at = serializers.DateTimeField()
    answer_due_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    decline_reason = serializers.ChoiceField(choices=DeclineReason.choices, allow_blank=True)
    answer_note = serializers.CharField()
    interpreter_language = serializers.CharField(help_text="code of the language; empty when none is needed")
    childcare = serializers.BooleanField(help_text="somebody who minds the children is needed")
    accompaniment = serializers.BooleanField(help_text="a specialised person goes along")
    transport = serializers.BooleanField(help_text="transport is needed")
    first_appointment_at = serializers.DateTimeField(allow_null=True, help_text="null until the receiver has set it")
    result = serializers.ChoiceField(
        choices=Result.choices, allow_blank=True, help_text="what became of it; empty until it is completed"
    )


class ReferralPageSerializer(PageSerializer):
    results = ReferralSerializer(many=True)


def referral(found: Referral, *, case_open: bool) -> dict[str, Any]:
    """What `ReferralSerializer` shows to one of the two services."""
    same = (
        "id state need urgency subject_role side reason basis grants sent_at answer_due_at received_at answered_at"
        " decline_reason answer_note interpreter_language childcare accompaniment transport first_appointment_at result"
    )
    return {name: getattr(found, name) for name in same.split()} | {
        "case": found.case_id if case_open else None,
        "from_agency": agency(found.from_agency),
        "to_agency": agency(found.to_agency),
    }
