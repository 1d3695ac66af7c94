from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "followups"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import ContactAttempt, FollowUp

        track(
            FollowUp,
            shown=["kind", "due_at", "remind_at", "reminded_at", "step", "settled_at", "created_at"],
        )
        track(ContactAttempt, shown=["at"])
