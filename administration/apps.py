from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    name = "administration"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import UnusualReading, UnusualReview

        track(UnusualReading, shown=["rule", "day", "count", "found_at"])
        track(UnusualReview, shown=["conclusion", "reviewed_at"])
