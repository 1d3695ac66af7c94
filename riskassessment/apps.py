from django.apps import AppConfig


class RiskassessmentConfig(AppConfig):
    name = "riskassessment"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Assessment, Conclusion, Countersignature

        track(Assessment, masked=["answers", "outcome"])
        track(Conclusion, masked=["justification"])
        track(Countersignature)
