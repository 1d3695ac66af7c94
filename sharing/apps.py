from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Consent, ConsentWithdrawal, SharingDecision, SharingRevocation

        track(Consent, masked=["explained", "purpose"])
        track(ConsentWithdrawal)
        track(SharingDecision, masked=["necessity"])
        track(SharingRevocation, masked=["reason"])
