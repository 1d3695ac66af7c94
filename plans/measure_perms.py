"""Who asks for a protection measure, writes its steps, reads what of it. Pure predicates."""

from agencies.enums import INVESTIGATORS, AgencyKind
from agencies.models import Agency, Membership
from agencies.perms import may_see_cases
from cases.access import CaseAccess
from cases.enums import Category, ParticipationSide, Side

from .measure_states import KNOWN_TO_HIM
from .models import DeclaredAddress, MeasureAct, MeasureBreach, MeasureStep, MeasureTold, ProtectionMeasure, ToldWhom

JUSTICE = frozenset({AgencyKind.POLICE, AgencyKind.PROSECUTOR, AgencyKind.COURT, AgencyKind.JUSTICE_HOUSE})
"""Services that ask for measures and write what becomes of them. The police write what an authority said by phone."""


def on_his_side(access: CaseAccess) -> bool:
    """Whether the acting agency works with him in this case."""
    return access.side == ParticipationSide.PERPETRATOR


def reads_measures(access: CaseAccess) -> bool:
    """Whether the measures of the case are open, on his side those he was notified of."""
    return access.can(Category.JUDICIAL, Side.CASE)


def reads_measure(access: CaseAccess, measure: ProtectionMeasure, *, notified: bool) -> bool:
    """Whether one of them is."""
    if on_his_side(access) and (measure.hers or not notified):
        return False
    return access.shows(measure)


def may_write_measures(access: CaseAccess, agency: Agency) -> bool:
    """Ask for a measure and write its steps: police and justice that add to the case and read its judicial part; never
    who works with him.
    """
    justice = agency.kind in JUSTICE
    return access.contribute and justice and reads_measures(access) and not on_his_side(access)


def may_tell(access: CaseAccess, whom: str) -> bool:
    """Write down that somebody was told: who adds to the case; on his side, that he was."""
    return access.contribute and (not on_his_side(access) or whom == ToldWhom.PERPETRATOR)


def may_note_breach(access: CaseAccess) -> bool:
    """Write down that a measure one reads was not respected: whoever adds to the case, on his side too."""
    return access.contribute


def may_write_address(access: CaseAccess, agency: Agency) -> bool:
    """Write down the address a removed person gave: police and justice, those that work with him too."""
    return access.contribute and agency.kind in JUSTICE


def reads_row(access: CaseAccess, row: MeasureStep | MeasureTold | MeasureBreach | DeclaredAddress) -> bool:
    """Whether what hangs on a measure that is read may be read at all: what others write is judicial too. Who asked for
    the measure and reads nothing judicial any more reads its own rows: not where the ban is now, nor where she is.
    """
    return reads_measures(access) or row.agency_id == access.agency_id


def reads_step(access: CaseAccess, step: MeasureStep) -> bool:
    """Whether a step of a measure that is read is read too."""
    return reads_row(access, step) and (not on_his_side(access) or MeasureAct(step.act) in KNOWN_TO_HIM)


def reads_told(access: CaseAccess, told: MeasureTold) -> bool:
    """On his side, that he was told, and nothing of anybody else."""
    return reads_row(access, told) and (not on_his_side(access) or told.whom == ToldWhom.PERPETRATOR)


def reads_breach(access: CaseAccess, breach: MeasureBreach) -> bool:
    """On his side, what the agency itself wrote."""
    own = breach.agency_id == access.agency_id
    return own or (reads_row(access, breach) and not on_his_side(access))


def may_check_on_the_road(membership: Membership | None) -> bool:
    """Ask which measures bind a person, in the cases of every agency: any police zone and prosecutor."""
    return may_see_cases(membership) and membership.agency.kind in INVESTIGATORS
