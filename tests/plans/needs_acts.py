"""Needs, backgrounds and dangers as somebody writes them, and services brought into a case for tests."""

from datetime import timedelta
from uuid import UUID

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Membership
from cases.access import get_case
from cases.enums import ParticipationSide, Side
from cases.models import Case, CasePerson
from common.clock import local, now
from common.ids import uuid7
from plans import dangers, needs
from plans.models import MigrationBackground, NeedsAssessment, StaffDanger
from plans.needs import Need
from sharing.models import Basis, WayIn
from sharing.services import decide
from tests.actors import PAIRS
from tests.factories import World, make_agency, make_member


def person_in(case: Case, role: str = "victim") -> CasePerson:
    return CasePerson.objects.filter(case=case, role=role).select_related("person").first()


def write_needs(
    by: Membership, case: Case, role: str = "victim", *, key: UUID | None = None, **more
) -> NeedsAssessment:
    """Housing is needed, in the words of the person, unless `needs` says otherwise."""
    with acting_as(by):
        found, access = get_case(case.pk, by)
        values = {
            "needs": {"housing": Need("needed", "Elle dort chez une amie.", "person")},
            "request_key": key or uuid7(),
        }
        return needs.write(by=by, case=found, access=access, case_person=person_in(case, role), **values | more)


def write_background(by: Membership, case: Case, role: str = "victim", **more) -> MigrationBackground:
    with acting_as(by):
        found, access = get_case(case.pk, by)
        values = {"migrated": True, "why": "Son titre de séjour dépend de lui.", "request_key": uuid7()}
        return needs.write_background(
            by=by, case=found, access=access, case_person=person_in(case, role), **values | more
        )


def danger_wanted(**changes) -> dangers.Wanted:
    """A knife, known from the victim, for a month."""
    today = local(now()).date()
    values = {
        "about": "animal",
        "kind": "weapon",
        "what": "Elle dit qu’il garde un couteau dans l’entrée.",
        "precautions": "Y aller à deux.",
        "source": "victim",
        "said_on_his_side": "",
        "from_on": today,
        "until_on": today + timedelta(days=30),
    }
    return dangers.Wanted(**values | changes)


def flag(by: Membership, case: Case, *, key: UUID | None = None, **changes) -> StaffDanger:
    with acting_as(by):
        found, access = get_case(case.pk, by)
        wanted = danger_wanted(**changes)
        return dangers.flag(by=by, case=found, access=access, wanted=wanted, request_key=key or uuid7())


def all_of_her_side(world: World, case: Case) -> Membership:
    """Of a service that works with her: all but police content is decided and held, about him too."""
    member = make_member(make_agency(AgencyKind.VICTIM_SUPPORT, side=AgencySide.VICTIM))
    judicial = ("facts:", "judicial:", "level:", "risk:")
    bring_in(world, case, member, ParticipationSide.VICTIM, [pair for pair in PAIRS if not pair.startswith(judicial)])
    return member


def bring_in(world: World, case: Case, member: Membership, side: str, pairs: list[str]) -> None:
    """The officer shares these pairs with the service of `member`, which takes part on this side."""
    with acting_as(world.officer):
        decide(
            by=world.officer,
            case=case,
            recipient=member.agency,
            side=side,
            way_in=WayIn.REFERRAL,
            basis=Basis.LEGAL_OBLIGATION,
            legal_text="Mandat fictif",
            grants=pairs,
            necessity="Pour suivre la situation.",
            contributes=True,
        )


HIS_IDENTITY = [f"identity:{Side.PERPETRATOR}", f"network:{Side.PERPETRATOR}"]
"""What a programme needs to know whom it works with, and nothing more."""
