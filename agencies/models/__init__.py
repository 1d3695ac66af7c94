from .agency import LISTED, Agency, AgencyQuerySet, Invitation, Membership, MembershipQuerySet
from .directory import HelpNumber, Place, ServiceOffer
from .handouts import HandOut, Poster
from .interpreters import Interpreter
from .partnerships import Partnership, PartnershipKind, PartnershipMember
from .protocols import Protocol, ProtocolParty
from .reference_persons import LoadHandover, ReferencePerson
from .training import TrainingCourse, TrainingEnrolment, TrainingRecord, TrainingSession, TrainingWithdrawal
from .units import Unit

__all__ = [
    "LISTED",
    "Agency",
    "AgencyQuerySet",
    "HandOut",
    "HelpNumber",
    "Interpreter",
    "Invitation",
    "LoadHandover",
    "Membership",
    "MembershipQuerySet",
    "Partnership",
    "PartnershipKind",
    "PartnershipMember",
    "Place",
    "Poster",
    "Protocol",
    "ProtocolParty",
    "ReferencePerson",
    "ServiceOffer",
    "TrainingCourse",
    "TrainingEnrolment",
    "TrainingRecord",
    "TrainingSession",
    "TrainingWithdrawal",
    "Unit",
]
