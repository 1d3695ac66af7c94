from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Report

        track(Report, shown=["recorded_at"])
