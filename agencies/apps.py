from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Agency, Invitation, Membership

        track(Agency)
        track(Membership)
        track(Invitation, masked=["email", "given_name", "family_name", "secret_hash"])
