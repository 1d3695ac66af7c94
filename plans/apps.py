from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"

    def ready(self) -> None:
        """Every table whose changes are kept on the trail."""
        from audit.tracking import track

        from . import models

        track(models.Detention, shown=["at"], masked=["case_person"])
        track(models.ProtectionMeasure, shown=["made_at"], masked=["about", "report", "board_act"])
        track(models.MeasureStep, shown=["recorded_at"])
        track(models.MeasureTold, shown=["recorded_at"])
        track(models.MeasureBreach, shown=["recorded_at"], masked=["report"])
        track(models.DeclaredAddress, shown=["recorded_at"])
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
        track(models.AgencyFollowUp, shown=["code", "at"])
        # that she was told, and how, is read like how to reach her
        track(models.ReturnTold)
        track(models.CaseClosing, shown=["kind", "until", "at"])
        track(models.CaseReopening, shown=["at"])
        track(models.LeadOffer, shown=["at"], masked=["to_agency"])
        track(models.LeadAnswer, shown=["state", "at"])
        track(models.Programme, shown=["entry", "at"])
        # which authority mandates him, and where an alert of his programme went, are nobody else's business
        track(models.Mandate, shown=["at"], masked=["issuer"])
        track(models.MandateEnd, shown=["at"])
        track(models.MandateReport, shown=["at"])
        track(models.ProgrammeSession, shown=["at"])
        track(models.SessionMark, shown=["at"])
        track(models.ProgrammeStep, shown=["at"])
        track(models.TherapeuticPlan, shown=["at"])
        track(models.ProgrammeAlert, shown=["at"])
        track(models.AlertRoute, masked=["to_agency"])
        track(models.AlertReceipt, shown=["at"])
        track(models.AlertTaken, shown=["at"])
        track(models.AlertAnswer, shown=["at"], masked=["to_agency"])
