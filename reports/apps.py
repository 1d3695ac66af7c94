from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Report

        track(
            Report,
            masked=[
                "pv_number",
                "place",
                "facts_context",
                "facts_words",
                "facts_gestures",
                "children_impact",
                "risk_weapons",
                "risk_threats",
                "risk_antecedents",
                "measure_detail",
                "orientation",
            ],
        )
