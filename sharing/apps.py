from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Consent, ConsentWithdrawal, SharingDecision, SharingRevocation

        track(Consent, shown=["given_at", "recorded_at"])
        track(ConsentWithdrawal, shown=["withdrawn_at"])
        track(
            SharingDecision,
            shown=["side", "way_in", "basis", "grants", "contributes", "decided_at", "starts_at", "ends_at"],
        )
        track(SharingRevocation, shown=["revoked_at"])
