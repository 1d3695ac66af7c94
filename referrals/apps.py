from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Referral

        track(
            Referral,
            shown=["state", "basis", "grants", "contributes", "sent_at", "answer_due_at", "received_at", "answered_at"],
        )
