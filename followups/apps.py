from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "followups"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import CallbackRequest, ContactAttempt, FollowUp

        track(
            FollowUp,
            shown=["kind", "due_at", "remind_at", "reminded_at", "step", "settled_at", "created_at"],
        )
        track(ContactAttempt, shown=["at"])
        track(
            CallbackRequest,
            shown=["asked_at", "due_at", "remind_at", "step", "taken_at", "handled_at", "outcome", "erased_at"],
        )
