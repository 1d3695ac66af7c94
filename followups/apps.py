from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "followups"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import ContactAttempt, FollowUp

        track(FollowUp)
        track(ContactAttempt, masked=["note"])
