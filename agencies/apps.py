from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import (
            Agency,
            Invitation,
            Membership,
            Partnership,
            PartnershipMember,
            TrainingCourse,
            TrainingRecord,
            TrainingWithdrawal,
        )

        # services and roles, not the people of a case
        track(Agency, shown=[field.name for field in Agency._meta.concrete_fields])
        track(Membership, shown=["role", "profession", "starts_at", "ends_at"])
        track(Partnership, shown=[field.name for field in Partnership._meta.concrete_fields])
        track(PartnershipMember, shown=["coordinates", "starts_at", "ends_at"])
        track(TrainingCourse, shown=["verified_on"])
        track(TrainingRecord, shown=["followed_on", "valid_until", "recorded_at"])
        track(TrainingWithdrawal, shown=["withdrawn_at"])
        track(Invitation, shown=["role", "created_at", "expires_at", "used_at", "revoked_at"])
