from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self) -> None:
        from audit.tracking import track

        from . import models
        from .models import Consent, ConsentWithdrawal, SharingDecision, SharingRevocation

        track(Consent, shown=["given_at", "recorded_at"])
        track(ConsentWithdrawal, shown=["withdrawn_at"])
        track(
            SharingDecision,
            shown=["side", "way_in", "basis", "grants", "contributes", "decided_at", "starts_at", "ends_at"],
        )
        track(SharingRevocation, shown=["revoked_at"])
        track(models.ProsecutorAuthorisation, shown=["given_on", "recorded_at"])
        track(models.AuthorisationEnd, shown=["ended_at"])
        track(models.InformationRequest, shown=["grants", "granted", "state", "due_at", "asked_at", "answered_at"])
        track(models.MatchNotice, shown=["found_at"])
        track(models.MatchedPersons, shown=["found_at"])
        track(models.MatchMove, shown=["act", "at"])
        track(models.CaseLink, shown=["kind", "made_at"])
        track(models.CaseLinkEnd, shown=["ended_at"])
        track(models.CounterComplaintReview, shown=["reviewed_at"])
        track(models.OralDisclosure, shown=["said_at", "recorded_at"])
        track(models.BreakGlass, shown=["opened_at", "ends_at"])
        track(models.BreakGlassReview, shown=["verdict", "reviewed_at"])
        track(models.Rectification, shown=["kind", "made_at"])
        track(models.RectificationReceipt, shown=["at"])
        track(models.SubjectRequest, shown=["asked_by", "received_on", "verified", "recorded_at"])
        track(models.SubjectCheck, shown=["conclusion", "not_before", "checked_at"])
        track(models.SubjectAnswer, shown=["outcome", "lines", "digest", "answered_at"])
        track(models.SafetyIncident, shown=["discovered_at", "reported_at"])
        track(models.IncidentStep, shown=["kind", "at"])
        track(models.SafetyLesson, shown=["kind", "published_at"])
        track(models.SharingDefault, shown=["way_in", "agency_kind", "grants", "contributes", "valid_days", "version"])
