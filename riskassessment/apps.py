from django.apps import AppConfig


class RiskassessmentConfig(AppConfig):
    name = "riskassessment"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import (
            Assessment,
            AssessmentReview,
            Conclusion,
            Consultation,
            CoordinationRequest,
            Countersignature,
            GridDuty,
            GridRetirement,
            TurningPoint,
        )

        track(Assessment, shown=["version", "created_at", "saved_at", "signed_at"])
        track(Conclusion, shown=["signed_at"])
        track(Countersignature, shown=["signed_at"])
        track(AssessmentReview, shown=["verdict", "at"])
        track(GridDuty, shown=["at"])
        track(GridRetirement, shown=["retired_at"])
        track(TurningPoint, shown=["at"])
        track(Consultation, shown=["version", "created_at", "saved_at", "scored_at", "expires_at"])
        track(
            CoordinationRequest,
            shown=["state", "sent_at", "expires_at", "answered_at", "joined_at", "plan_due_at"],
        )
