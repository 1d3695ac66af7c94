from .appointments import Appointment, AppointmentEnd
from .cases import (
    Case,
    CaseExclusion,
    CaseGroupObjectPermission,
    CaseQuerySet,
    CaseUserObjectPermission,
    PermissionQuerySet,
    RestrictionAct,
)
from .children import ChildArrangement, ChildContact
from .events import CaseEvent, Note
from .guides import Guide
from .people import CasePerson, ContactPoint, MatchKey, NameWord, Person
from .proceedings import Proceeding, ProceedingReader, ProceedingStep
from .same_person import SamePerson, SamePersonEnd

__all__ = [
    "Appointment",
    "AppointmentEnd",
    "Case",
    "CaseEvent",
    "CaseExclusion",
    "CaseGroupObjectPermission",
    "CasePerson",
    "CaseQuerySet",
    "CaseUserObjectPermission",
    "ChildArrangement",
    "ChildContact",
    "ContactPoint",
    "Guide",
    "MatchKey",
    "NameWord",
    "Note",
    "PermissionQuerySet",
    "Person",
    "Proceeding",
    "ProceedingReader",
    "ProceedingStep",
    "RestrictionAct",
    "SamePerson",
    "SamePersonEnd",
]
