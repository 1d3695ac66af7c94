from django.apps import AppConfig


class RiskassessmentConfig(AppConfig):
    name = "riskassessment"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Assessment, Conclusion, Countersignature

        track(Assessment, shown=["version", "created_at", "saved_at", "signed_at"])
        track(Conclusion, shown=["signed_at"])
        track(Countersignature, shown=["signed_at"])
