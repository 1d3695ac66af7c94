from .external import ExternalAnswer, ExternalLetter
from .interpreting import InterpreterException, InterpreterProposal, InterpreterRequest, InterpretingState
from .pathways import PathwayRules, ServiceGap
from .referral import (
    GOING_ON,
    OPEN,
    TAKEN,
    WAITING,
    AskedBy,
    DeclineReason,
    FeedbackBasis,
    Referral,
    ReferralDraft,
    ReferralFeedback,
    ReferralQuerySet,
    ReferralState,
    Result,
    Urgency,
)

__all__ = [
    "AskedBy",
    "DeclineReason",
    "ExternalAnswer",
    "ExternalLetter",
    "FeedbackBasis",
    "GOING_ON",
    "InterpreterException",
    "InterpreterProposal",
    "InterpreterRequest",
    "InterpretingState",
    "OPEN",
    "PathwayRules",
    "Referral",
    "ReferralDraft",
    "ReferralFeedback",
    "ReferralQuerySet",
    "ReferralState",
    "Result",
    "ServiceGap",
    "TAKEN",
    "Urgency",
    "WAITING",
]
