from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Attachment, AttachmentRemoval, AttachmentScan, Report

        track(Report, shown=["recorded_at"])
        track(Attachment, shown=["state", "uploaded_at"])
        track(AttachmentScan, shown=["scanned_at"])
        track(AttachmentRemoval, shown=["removed_at"])
