from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Agency, Invitation, Membership, Partnership, PartnershipMember

        # services and roles, not the people of a case
        track(Agency, shown=[field.name for field in Agency._meta.concrete_fields])
        track(Membership, shown=["role", "profession", "starts_at", "ends_at"])
        track(Partnership, shown=[field.name for field in Partnership._meta.concrete_fields])
        track(PartnershipMember, shown=["coordinates", "starts_at", "ends_at"])
        track(Invitation, shown=["role", "created_at", "expires_at", "used_at", "revoked_at"])
