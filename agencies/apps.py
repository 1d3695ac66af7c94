from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "agencies"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import (
            Agency,
            HelpNumber,
            Interpreter,
            Invitation,
            LoadHandover,
            Membership,
            Partnership,
            PartnershipMember,
            Poster,
            Protocol,
            ReferencePerson,
            ServiceOffer,
            TrainingCourse,
            TrainingEnrolment,
            TrainingRecord,
            TrainingSession,
            TrainingWithdrawal,
            Unit,
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
        track(Unit, shown=["name", "territory", "created_at", "ended_at"])
        # the directory is public; of people only that they are named
        track(ServiceOffer, shown=[field.name for field in ServiceOffer._meta.concrete_fields])
        track(HelpNumber, shown=[field.name for field in HelpNumber._meta.concrete_fields])
        track(Protocol, shown=[field.name for field in Protocol._meta.concrete_fields])
        track(ReferencePerson, shown=["theme", "starts_at", "ended_at"])
        track(LoadHandover, shown=["moved", "handed_at"])
        track(Interpreter, shown=["languages", "certified", "trained", "channels", "created_at", "ended_at"])
        track(Poster, shown=["place", "postal_code", "created_at", "ended_at"])
        track(TrainingSession, shown=[field.name for field in TrainingSession._meta.concrete_fields])
        track(TrainingEnrolment, shown=["enrolled_at", "left_at", "attended"])
