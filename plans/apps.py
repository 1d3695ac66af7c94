from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"

    def ready(self) -> None:
        """Every table whose changes are kept on the trail."""
        from audit.tracking import track

        from . import models

        track(models.Detention, shown=["at"], masked=["case_person"])
        track(models.DetentionAsk, shown=["due_at", "at"])
        track(models.DetentionAnswer, shown=["at"])
        track(models.Release, shown=["at"], masked=["case_person"])
        track(models.ReleaseWish, shown=["at"], masked=["case_person"])
        track(models.ReleaseAlert, shown=["opened_at"])
        track(models.ReleaseAsk, shown=["asked_as", "at"])
        track(models.ReleaseTelling, shown=["at"], masked=["contact_point"])
        track(models.Action, shown=["strand", "due_at", "at"])
        track(models.ActionOwner, shown=["way", "at"], masked=["owner"])
        track(models.ActionStep, shown=["outcome", "at"])
        track(models.ActionReferral, shown=["at"])
        track(models.PlanAgreement, shown=["agreed_on", "at"])
        track(models.AgreedAction)
        track(models.AgreedAgency, masked=["partner"])
        track(models.SafetyPlan, shown=["at"])
        track(models.SafetyPaper, shown=["at"])
        track(models.MonitoringPeriod, shown=["starts_at", "planned_until", "at"])
        track(models.MonitoringAct, shown=["code", "until", "at"])
        track(models.NeedsAssessment, shown=["written_at"])
        track(models.MigrationBackground, shown=["written_at"])
        track(models.StaffDanger, shown=["until_on", "written_at"])
        track(models.StaffDangerEnd, shown=["reason", "ended_at"])
