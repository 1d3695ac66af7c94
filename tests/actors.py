"""People nobody should forget when asking who sees what: gone, ended, kept out, on his side, with two hats."""

from datetime import datetime, timedelta

from django.db import connection
from django.test import Client

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Membership
from agencies.services import add_member
from cases.access import get_case, write_grants
from cases.enums import Category, ParticipationSide, Side
from cases.models import Case
from casework.restricting import exclude, restrict
from common.acting import SystemContext, system_context
from common.clock import now
from move.resume import MEMBERSHIP_KEY
from sharing.grants import Opening, permission_of, refused_to, total
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide
from tests.factories import World, make_agency, make_member, make_report

PAIRS = tuple(f"{category}:{side}" for category in Category if category != Category.SUMMARY for side in Side)


def as_(membership: Membership) -> Client:
    """A browser of this person, acting for this agency: the hat is chosen where there are several."""
    client = Client(raise_request_exception=False)
    client.force_login(membership.user)
    session = client.session
    session[MEMBERSHIP_KEY] = str(membership.pk)
    session.save()
    return client


def database_now() -> datetime:
    """What the database's `now()` says in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def former_member(world: World) -> Membership:
    """Of the officer's zone until yesterday."""
    member = make_member(world.officer.agency)
    with system_context(SystemContext.REFERENCE):
        Membership.objects.filter(pk=member.pk).update(
            starts_at=now() - timedelta(days=30), ends_at=database_now() - timedelta(days=1)
        )
    member.refresh_from_db()
    return member


def excluded_colleague(world: World, case: Case) -> Membership:
    """Of the officer's zone, and never to learn that the case exists."""
    member = make_member(world.officer.agency)
    manager = world.police_manager
    with acting_as(manager):
        found, access = get_case(case.pk, manager)
        exclude(by=manager, case=found, access=access, user_id=member.user_id, reason="his brother")
    return member


def restricted_case(world: World) -> Case:
    """A case of the officer's zone for its reference person alone; of the other services nobody but theirs."""
    case = make_report(world.officer).case
    referent = world.police_referent
    with acting_as(referent):
        found, access = get_case(case.pk, referent)
        restrict(by=referent, case=found, access=access, named=(), reason="a colleague")
    return case


def just_expired(world: World, case: Case) -> Membership:
    """Of a service that saw all of her until a second ago: decision and permission rows are there, past their end."""
    member = make_member(make_agency(AgencyKind.VICTIM_SUPPORT, "Aide aux victimes Sud", side=AgencySide.VICTIM))
    end = database_now() - timedelta(seconds=1)
    grants = [pair for pair in PAIRS if pair.endswith(":victim")]
    with acting_as(world.officer):
        decision = SharingDecision.objects.create(
            case=case,
            recipient=member.agency,
            side=ParticipationSide.VICTIM,
            way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET,
            grants=grants,
            contributes=True,
            necessity="Pour l'accompagner.",
            accurate_on=end.date(),
            decided_by=world.officer.user,
            agency=world.officer.agency,
            starts_at=end - timedelta(days=30),
            ends_at=end,
        )
        held = total([decision.opening()], side=ParticipationSide.VICTIM)
        assert set(held.values()) == {end}
        write_grants(case=case, agency=member.agency, grants=held, side=ParticipationSide.VICTIM)
    return member


def all_of_his_side(world: World, case: Case) -> Membership:
    """Of a justice house that works with him: every pair his side may hold is decided and held, police content too."""
    member = make_member(make_agency(AgencyKind.JUSTICE_HOUSE, "Maison de justice", side=AgencySide.PERPETRATOR))
    closed = refused_to(ParticipationSide.PERPETRATOR)
    with acting_as(world.officer):
        decide(
            by=world.officer,
            case=case,
            recipient=member.agency,
            side=ParticipationSide.PERPETRATOR,
            way_in=WayIn.REFERRAL,
            basis=Basis.LEGAL_OBLIGATION,
            legal_text="Mandat fictif du tribunal",
            grants=[pair for pair in PAIRS if permission_of(pair) not in closed],
            necessity="Pour suivre les conditions qui lui sont imposées.",
            contributes=True,
        )
    return member


def everything_of(opening_side: str) -> dict[str, datetime | None]:
    """Every permission an agency on this side may hold, without an end."""
    return total([Opening(PAIRS, True)], side=opening_side)


def two_hats(world: World, first: Membership, second: Membership) -> tuple[Membership, Membership]:
    """One person in the agencies of both, as a practitioner: (acting for the first, acting for the second)."""
    one = make_member(first.agency)
    with acting_as(world.platform_admin):
        other = add_member(user=one.user, agency=second.agency, role="practitioner")
    return one, other
