from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from audit.tracking import track

        from . import models
        from .models import Attachment, AttachmentRemoval, AttachmentScan, Report

        track(Report, shown=["recorded_at"])
        track(Attachment, shown=["state", "uploaded_at"])
        track(AttachmentScan, shown=["scanned_at"])
        track(AttachmentRemoval, shown=["removed_at"])
        track(models.ReportVerification, shown=["verified_at"])
        track(models.Situation, shown=["recorded_at"])
        track(models.ChildExposure, shown=["at"])
        track(models.Tracking, shown=["received_at", "decide_by"], masked=["police", "sender"])
        track(models.TrackingAct, shown=["at"], masked=["unit"])
        track(models.ProsecutorDecision, shown=["decided_at"])
