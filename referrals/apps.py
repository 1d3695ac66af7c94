from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import (
            ExternalLetter,
            InterpreterException,
            InterpreterProposal,
            InterpreterRequest,
            Referral,
            ReferralFeedback,
            ServiceGap,
        )

        track(
            Referral,
            shown=[
                "state",
                "basis",
                "grants",
                "contributes",
                "sent_at",
                "answer_due_at",
                "received_at",
                "answered_at",
                "expires_at",
                "began_at",
                "ended_at",
                "result",
                "rank",
                "in_order",
                "mandated",
            ],  # fmt: skip
        )
        track(ReferralFeedback, shown=["basis", "at"])
        track(ServiceGap, shown=["kind", "need", "noted_at"])
        track(ExternalLetter, shown=["tries", "made_at", "expires_at", "answered_at", "ended_at"])
        track(InterpreterRequest, shown=["state", "asked_at", "closed_at"])
        track(InterpreterProposal, shown=["proposed_at"])
        track(InterpreterException, shown=["decided_at"])
