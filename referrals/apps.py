from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Referral

        track(Referral, masked=["reason", "necessity", "answer_note"])
