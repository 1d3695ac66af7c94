"""Which number of a service may stand on a paper that the wrong person might find."""

from .enums import AgencyKind, AgencySide
from .models import Agency

SAYS_NOTHING = frozenset(
    {
        AgencyKind.CPAS,
        AgencyKind.HOSPITAL,
        AgencyKind.GENERAL_PRACTICE,
        AgencyKind.PHARMACY,
        AgencyKind.SCHOOL,
        AgencyKind.HOUSING,
        AgencyKind.EMPLOYMENT,
        AgencyKind.LEISURE,
        AgencyKind.COMMUNITY,
        AgencyKind.SOCIAL_COHESION,
    }
)
"""Kinds whose number may stand on a paper he might find: who answers there may be anybody's service."""
TELLING = ("viol", "victim", "slachtoffer", "auteur", "dader", "refuge", "femme", "vrouw", "poli", "parquet", "justice")
"""Parts of a name that say too much, whatever the kind."""


def phone(agency: Agency) -> str:
    """The number the person may call: the public one, else the public one of the duty. Never the duty’s own."""
    return agency.public_contact or agency.public_duty_phone


def discreet_phone(agency: Agency) -> str:
    """The number that may stand on a discreet paper: of a service whose name and kind say nothing. Else ""."""
    name = f"{agency.name} {agency.short_name}".lower()
    safe = (
        agency.kind in SAYS_NOTHING and agency.side == AgencySide.NEUTRAL and not any(each in name for each in TELLING)
    )
    return agency.public_duty_phone if safe else ""
