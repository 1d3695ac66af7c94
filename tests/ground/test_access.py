"""Who may see what of a case, asked every way there is: list, detail, search, has_perm, many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, Permission
from django.db import ProgrammingError, connection, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import Role
from agencies.models import Membership
from agencies.services import add_member
from cases.access import (
    CaseAccess,
    for_case,
    get_case,
    grants_of,
    keep_own_work,
    participation_rows,
    permission_ids,
    with_access,
    write_grants,
)
from cases.access import row_access as access_of_row
from cases.enums import CODENAMES, CONTRIBUTE, VIEW_CASE, VIEW_OWN_WORK, Category, EventCode, Side, codename
from cases.models import (
    Case,
    CaseEvent,
    CaseExclusion,
    CaseGroupObjectPermission,
    CaseUserObjectPermission,
    ContactPoint,
    Note,
)
from cases.services import log_event, write_note
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused
from reports.models import Report
from sharing.models import Basis, SharingDecision, WayIn
from sharing.services import decide, recompute
from tests.factories import make_agency, make_member, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world) -> Case:
    return make_report(world.officer).case


def open_to(world, case: Case, member: Membership, *grants: str, side: str = "victim", **more) -> SharingDecision:
    with acting_as(world.officer):
        return decide(
            by=world.officer, case=case, recipient=member.agency, side=side, way_in=WayIn.REFERRAL,
            basis=Basis.GRAVE_DANGER, grants=grants, necessity="nécessaire", contributes=True, **more,
        )  # fmt: skip


def restrict(owner, case: Case, *named: Membership) -> None:
    """Nobody restricts a case from the screen yet: the rows are written as the services will."""
    with system_context(SystemContext.GRANTS):
        for member in named:
            CaseUserObjectPermission.objects.bulk_create(
                [
                    CaseUserObjectPermission(
                        content_object=case, user=member.user, permission_id=permission_ids()[VIEW_CASE]
                    )
                ]
            )
    case.restricted = True
    with acting_as(named[0]):
        case.save(update_fields=["restricted"])


def exclude(world, case: Case, member: Membership) -> None:
    with acting_as(world.officer):
        CaseExclusion.objects.create(case=case, user=member.user)


def ways_in(member: Membership, case: Case) -> dict[str, bool]:
    """Every way of asking whether this member may know the case exists; inside the acting context."""
    with acting_as(member):
        try:
            detail = get_case(case.pk, member)[0] == case
        except Http404:
            detail = False
        rows = list(with_access(participation_rows(member)))
        return {
            "list": any(row.content_object_id == case.pk for row in rows),
            "row": any(bool(access_of_row(row, member)) for row in rows if row.content_object_id == case.pk),
            "visible": Case.objects.visible_to(member).filter(pk=case.pk).exists(),
            "detail": detail,
            "access": bool(for_case(case, member)),
            "many": case.pk in grants_of([case.pk], member),
            "has_perm": member.user.has_perm("cases.view_case", case),
            "table": Case.objects.filter(pk=case.pk).exists(),
        }


def knows(member: Membership, case: Case) -> bool:
    """One answer, the same whichever way it is asked."""
    answers = ways_in(member, case)
    assert len(set(answers.values())) == 1, answers
    return answers["visible"]


# --- one answer everywhere ------------------------------------------------------------------------------------
def test_who_knows_the_case(world, case):
    takes_part = {"officer", "police_referent", "police_manager", "reader", "eva", "eva_referent", "eva_manager"}
    for name in vars(world):
        assert knows(getattr(world, name), case) is (name in takes_part), name


def test_expiry_needs_no_job(committed_world, owner):
    """The end is a column: once past, every way in is closed at the next question."""
    world = committed_world
    case = make_report(world.officer).case
    assert knows(world.eva, case)
    owner.execute(
        "UPDATE cases_casegroupobjectpermission SET expires_at = now() - interval '1 second' WHERE group_id = %s",
        [world.eva.agency.group_id],
    )
    assert not knows(world.eva, case)
    with acting_as(world.eva):
        assert not ContactPoint.objects.exists() and not Note.objects.exists()
        assert not world.eva.user.get_all_permissions(case)
        assert not world.eva.user.get_group_permissions(case)


def test_expiry_of_one_category(committed_world, owner):
    world = committed_world
    case = make_report(world.officer).case
    owner.execute(
        "UPDATE cases_casegroupobjectpermission SET expires_at = now() - interval '1 second'"
        " WHERE group_id = %s AND permission_id = %s",
        [world.eva.agency.group_id, permission_ids()["view_contact_victim"]],
    )
    with acting_as(world.eva):
        access = for_case(case, world.eva)
        assert access and access.can("identity", "victim") and not access.can("contact", "victim")
        assert grants_of([case.pk], world.eva)[case.pk] == access
        assert not ContactPoint.objects.exists()
    assert knows(world.eva, case)


def test_expiry_reads_the_clock_of_the_database(world, case):
    """A process that lives in the past does not reopen what has ended."""
    from common.clock import travel

    open_to(world, case, world.shelter, "identity:victim", ends_at=now() + timedelta(hours=1))
    assert knows(world.shelter, case)
    with travel(now() + timedelta(days=2)):
        assert knows(world.shelter, case)


def test_exclusion_hides_everywhere(world, case, client):
    exclude(world, case, world.police_referent)
    assert not knows(world.police_referent, case)
    assert knows(world.officer, case) and knows(world.police_manager, case)
    client.force_login(world.police_referent.user)
    assert client.get(reverse("cases:summary", args=[case.pk])).status_code == 404
    assert case.reference not in client.get(reverse("cases:list")).text
    answer = client.post(reverse("cases:search"), {"q": case.reference}, follow=True)
    assert reverse("cases:summary", args=[case.pk]) not in answer.text
    answer = client.post(reverse("cases:search"), {"q": "Diallo"}, follow=True)
    assert reverse("cases:summary", args=[case.pk]) not in answer.text
    with acting_as(world.police_referent):
        for model in (Report, CaseEvent, ContactPoint):
            assert not model.objects.exists(), model


def test_restricted_is_for_the_named(world, case, owner):
    restrict(owner, case, world.officer)
    assert knows(world.officer, case)
    for member in (world.police_referent, world.police_manager, world.reader, world.eva):
        assert not knows(member, case)


def test_being_named_opens_nothing_alone(world, case, owner):
    """A named person whose agency takes no part stays outside; an excluded one too."""
    restrict(owner, case, world.officer, world.stranger, world.police_manager)
    exclude(world, case, world.police_manager)
    assert not knows(world.stranger, case)
    assert not knows(world.police_manager, case)


def test_a_name_that_ended(world, case, owner):
    restrict(owner, case, world.officer, world.police_referent)
    assert knows(world.police_referent, case)
    with system_context(SystemContext.GRANTS):
        CaseUserObjectPermission.objects.filter(user=world.police_referent.user).update(
            expires_at=now() - timedelta(days=1)
        )
    assert not knows(world.police_referent, case)


@pytest.mark.parametrize("role", [Role.PLATFORM_ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER])
def test_roles_without_content(world, case, role):
    """Even inside an agency that takes part."""
    assert not knows(make_member(world.officer.agency, role), case)


def test_nobody_at_all(world, case):
    assert not for_case(case, None) and grants_of([case.pk], None) == {}
    assert not Case.objects.visible_to(None) and not participation_rows(None)
    with pytest.raises(Http404):
        get_case(case.pk, None)


def test_a_child_agency_does_not_open_to_its_parent(world, case):
    """What the EVA cell writes for itself is closed to the police zone above it, and a case of its own too."""
    open_to(world, case, world.eva, "psychosocial:victim")
    with acting_as(world.eva):
        access = for_case(case, world.eva)
        note = write_note(
            by=world.eva, case=case, access=access, category=Category.PSYCHOSOCIAL, side=Side.VICTIM, facts="besoin"
        )
    with acting_as(world.officer):
        assert not for_case(case, world.officer).shows(note)
        assert not Note.objects.exists()


# --- two hats -------------------------------------------------------------------------------------------------
def test_two_hats_never_mix(world, case):
    """The same person in the zone that recorded and in a service that takes no part: each hat its own files."""
    with system_context(SystemContext.REFERENCE):
        second = add_member(user=world.officer.user, agency=world.stranger.agency, role=Role.PRACTITIONER)
    assert knows(world.officer, case)
    assert not knows(second, case)
    with acting_as(second):
        # asked about the other hat while wearing this one: the second lock answers
        assert not for_case(case, world.officer) and not Case.objects.visible_to(world.officer)


def test_has_perm_is_for_who_acts(world, case):
    user = world.officer.user
    assert not user.has_perm("cases.view_case", case)  # outside any context
    with acting_as(world.eva):
        assert not user.has_perm("cases.view_case", case)  # for another person
    with acting_as(world.officer):
        assert user.has_perm("cases.view_case", case) and user.has_perm("view_facts_case", case)
        assert user.has_perms(["cases.view_case", "cases.contribute_case"], case)
        assert not user.has_perm("cases.coordinate_case", case)
        assert not user.has_perm("cases.view_health_victim", case)
        access = for_case(case, world.officer)
        assert user.get_all_permissions(case) == set(access.grants) == user.get_group_permissions(case)
        for unknown in ("cases.delete_case", "cases.change_case", "reports.view_case", "cases.", "", "view_everything"):
            assert not user.has_perm(unknown, case), unknown
        assert not user.has_perm("cases.view_case")
        assert not user.has_perm("cases.view_case", world.officer.agency)
        assert not user.has_perm("cases.view_case", Report.objects.get())


def test_being_superuser_opens_nothing(world, case):
    with acting_as(world.stranger):
        world.stranger.user.is_superuser = world.stranger.user.is_staff = True
        world.stranger.user.save()
    user = type(world.stranger.user).objects.get(pk=world.stranger.user_id)
    for context in (acting_as(world.stranger), transaction.atomic()):
        with context:
            assert not user.has_perm("cases.view_case", case)
            assert not user.has_perms(["cases.view_case"], case)
            assert not user.get_all_permissions(case)
    assert not knows(world.stranger, case)


@pytest.mark.django_db(transaction=True)
def test_being_superuser_opens_nothing_asynchronously(committed_world):
    case = make_report(committed_world.officer).case
    user = committed_world.stranger.user
    user.is_superuser = True

    def ask() -> tuple[bool, bool]:
        try:
            return (
                async_to_sync(user.ahas_perm)("cases.view_case", case),
                async_to_sync(user.ahas_perms)(["cases.view_case"], case),
            )
        finally:
            connection.close()

    # in a thread of its own: the main one may have the event loop of a browser test
    with ThreadPoolExecutor(max_workers=1) as thread:
        assert thread.submit(ask).result() == (False, False)


def test_a_closed_account_has_nothing(world, case):
    with acting_as(world.officer):
        world.officer.user.is_active = False
        assert not world.officer.user.has_perm("cases.view_case", case)


def test_no_group_holds_a_model_level_permission(world, case):
    """A permission on the whole model would open every case to who asks without an object."""
    assert not Group.permissions.through.objects.exists()
    assert not world.officer.user.user_permissions.through.objects.exists()


def test_even_a_model_level_permission_opens_no_object(world, case):
    world.stranger.agency.group.permissions.add(*Permission.objects.filter(content_type__app_label="cases"))
    user = type(world.stranger.user).objects.get(pk=world.stranger.user_id)
    with acting_as(world.stranger):
        assert not user.has_perm("cases.view_case", case)
        assert not user.get_all_permissions(case)
    assert not knows(world.stranger, case)


# --- writing --------------------------------------------------------------------------------------------------
def test_the_closed_list(world, case):
    assert set(permission_ids()) == set(CODENAMES)
    for wrong in ({"view_everything": None}, {"delete_case": None}, {VIEW_CASE: None, "": None}):
        with pytest.raises(ValueError, match="closed list"):
            write_grants(case=case, agency=world.shelter.agency, grants=wrong, side="victim")
    with pytest.raises(ValueError, match="closed list"):
        write_grants(case=case, agency=world.shelter.agency, grants={VIEW_CASE: None}, side="both")
    assert not knows(world.shelter, case)


def test_grants_are_exactly_what_is_written(world, case):
    end = now() + timedelta(days=3)
    agency = world.shelter.agency

    def held() -> dict:
        with acting_as(world.shelter):
            return dict(for_case(case, world.shelter).grants)

    write_grants(case=case, agency=agency, grants={VIEW_CASE: None, "view_contact_victim": end}, side="victim")
    assert held() == {VIEW_CASE: None, "view_contact_victim": end}
    write_grants(case=case, agency=agency, grants={VIEW_CASE: end, CONTRIBUTE: None}, side="neutral")
    assert held() == {VIEW_CASE: end, CONTRIBUTE: None}
    with acting_as(world.shelter):
        assert for_case(case, world.shelter).side == "neutral"
    write_grants(case=case, agency=agency, grants={}, side="neutral")
    assert held() == {} and not knows(world.shelter, case)
    # the others are untouched
    assert knows(world.officer, case) and knows(world.eva, case)


def test_only_access_writes_permissions(world, case):
    """The acting person's own hand on the table is refused by the database."""
    with acting_as(world.stranger):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            CaseGroupObjectPermission.objects.bulk_create(
                [
                    CaseGroupObjectPermission(
                        content_object=case, group=world.stranger.agency.group,
                        permission_id=permission_ids()[VIEW_CASE],
                    )
                ]
            )  # fmt: skip
    with acting_as(world.eva):
        assert CaseGroupObjectPermission.objects.filter(content_object=case).update(expires_at=None) == 0
        assert CaseGroupObjectPermission.objects.filter(content_object=case).delete()[0] == 0
    assert not knows(world.stranger, case)


def test_the_ban_on_guardians_shortcuts_holds():
    from tests.ground.test_acting import SOURCES

    assert not [path for path in SOURCES if "guardian.shortcuts" in path.read_text()]


# --- what an access says --------------------------------------------------------------------------------------
def test_one_query_per_case(world, case, django_assert_num_queries):
    permission_ids()
    with acting_as(world.officer):
        with django_assert_num_queries(1):
            for_case(case, world.officer)
        with django_assert_num_queries(1):
            grants_of([case.pk], world.officer)
        with django_assert_num_queries(1):
            list(Case.objects.visible_to(world.officer))


def test_many_at_once_says_the_same(world):
    cases = [make_report(world.officer).case for _ in range(3)]
    open_to(world, cases[0], world.shelter, "identity:victim", ends_at=now() + timedelta(days=1))
    exclude(world, cases[1], world.reader)
    for name in vars(world):
        member = getattr(world, name)
        with acting_as(member):
            many = grants_of([case.pk for case in cases], member)
            for case in cases:
                assert many.get(case.pk, CaseAccess(case.pk, member.agency_id)) == for_case(case, member), name
            rows = {row.content_object_id: row for row in with_access(participation_rows(member))}
            assert set(rows) == set(many)
            for pk, row in rows.items():
                light = access_of_row(row, member)
                assert (set(light.grants), light.side, light.may_write) == (
                    set(many[pk].grants), many[pk].side, many[pk].may_write,
                )  # fmt: skip


def test_shows_and_readable_are_one_rule(world, case):
    """The two ways the same rule is written: on a row in hand, and as a filter."""
    open_to(world, case, world.shelter, "identity:victim", "contact:victim")
    open_to(world, case, world.programme, "identity:perpetrator", side="perpetrator")
    with acting_as(world.officer):
        for category in Category:
            for side in Side:
                log_event(by=world.officer, case=case, code=EventCode.NOTE_WRITTEN, category=category, side=side)
        events = list(CaseEvent.objects.filter(case=case))
    for member in (world.officer, world.eva, world.shelter, world.programme, world.stranger):
        with acting_as(member):
            access = for_case(case, member)
        with acting_as(world.officer):  # who sees all rows: only the filter decides
            readable = set(CaseEvent.objects.filter(case=case).filter(access.readable()).values_list("pk", flat=True))
        with acting_as(member):
            by_the_database = set(CaseEvent.objects.values_list("pk", flat=True))
        shown = {event.pk for event in events if access.shows(event)}
        assert readable == shown, member
        assert by_the_database == shown, member


def test_categories_and_sides(world, case):
    with acting_as(world.eva):
        access = for_case(case, world.eva)
    assert set(access.categories) == {
        ("identity", "victim"), ("contact", "victim"), ("network", "victim"), ("network", "perpetrator"),
    }  # fmt: skip
    assert access.can("summary", "case") and not access.can("facts", "case") and not access.can("nonsense", "case")
    assert not access.level and access.contribute and not access.own_work_only
    assert codename(Category.SUMMARY, Side.CASE) == VIEW_CASE
    empty = CaseAccess(case.pk, world.stranger.agency_id)
    assert not empty and not empty.contribute and not empty.categories and not empty.own_work_only
    assert not empty.shows(CaseEvent(agency_id=world.stranger.agency_id, category="summary", side="case"))


def test_readers_read(world, case):
    with acting_as(world.reader):
        assert not for_case(case, world.reader).contribute
    with acting_as(world.officer):
        assert for_case(case, world.officer).contribute


# --- own work -------------------------------------------------------------------------------------------------
def test_own_work_stays_when_the_reason_ends(world, case):
    decision = open_to(world, case, world.shelter, "identity:victim", "contact:victim")
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        own = write_note(
            by=world.shelter, case=case, access=access, category=Category.HEALTH, side=Side.VICTIM, facts="soins"
        )
        assert ContactPoint.objects.exists()
    from sharing.services import revoke

    with acting_as(world.officer):
        revoke(by=world.officer, decision=decision, reason="fin")
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        assert set(access.grants) == {VIEW_CASE, VIEW_OWN_WORK} and access.own_work_only
        assert list(Note.objects.all()) == [own] and access.shows(own)
        assert not ContactPoint.objects.exists() and not Report.objects.exists()
        assert not access.contribute
        with pytest.raises(Refused):
            write_note(
                by=world.shelter, case=case, access=access, category=Category.HEALTH, side=Side.VICTIM, facts="x"
            )
    assert knows(world.shelter, case)


def test_without_own_work_nothing_stays(world, case):
    from sharing.services import revoke

    decision = open_to(world, case, world.shelter, "identity:victim")
    with acting_as(world.officer):
        revoke(by=world.officer, decision=decision, reason="fin")
    assert not knows(world.shelter, case)


def test_own_work_of_an_ended_access_survives_the_end(committed_world, owner):
    """The participation loses its end at the first own record; the categories keep theirs."""
    world = committed_world
    case = make_report(world.officer).case
    open_to(world, case, world.shelter, "identity:victim", ends_at=now() + timedelta(days=1))
    with acting_as(world.shelter):
        access = for_case(case, world.shelter)
        write_note(by=world.shelter, case=case, access=access, category="health", side="victim", facts="x")
        grants = for_case(case, world.shelter).grants
        assert grants[VIEW_CASE] is None and grants["view_identity_victim"] is not None
    owner.execute("UPDATE cases_casegroupobjectpermission SET expires_at = now() WHERE expires_at IS NOT NULL")
    with acting_as(world.shelter):
        assert for_case(case, world.shelter).own_work_only and Note.objects.count() == 1
    recompute(case=case, agency=world.shelter.agency)
    with acting_as(world.shelter):
        assert VIEW_OWN_WORK in for_case(case, world.shelter).grants


def test_own_work_of_a_stranger_is_nothing(world, case):
    keep_own_work(case=case, agency=world.stranger.agency)
    assert not knows(world.stranger, case)


# --- his side -------------------------------------------------------------------------------------------------
def test_his_side_reads_nothing_of_hers(world, case):
    open_to(
        world, case, world.programme, "identity:perpetrator", "contact:perpetrator", "perpetrator_work:perpetrator",
        side="perpetrator",
    )  # fmt: skip
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        assert access.side == "perpetrator"
        assert not access.can("contact", "victim") and not access.can("network", "victim")
        assert not ContactPoint.objects.exists() and not Report.objects.exists()
        assert set(case.case_persons.values_list("side", flat=True)) == {"perpetrator"}
        assert not SharingDecision.objects.exclude(recipient=world.programme.agency).exists()
        assert not CaseEvent.objects.exclude(agency=world.programme.agency).filter(side="victim").exists()


def test_the_hard_refusals_hold_whatever_is_written(world, case):
    for name in ("view_contact_victim", "view_network_victim"):
        with pytest.raises(ValueError, match="never opened"):
            write_grants(
                case=case, agency=world.programme.agency, grants={VIEW_CASE: None, name: None}, side="perpetrator"
            )


def test_an_agency_of_another_kind_is_another_agency(world, case):
    """Two agencies of one kind, or of one parent, share nothing."""
    sister = make_member(make_agency("eva_cell", parent=world.officer.agency))
    assert not knows(sister, case) and not knows(world.other_officer, case)


def test_the_page_asks_no_more_for_more_cases(world, client):
    """Rows grow, questions do not."""
    client.force_login(world.officer.user)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("cases:list")).status_code == 200
        return sum("set_config" not in query["sql"] and "SAVEPOINT" not in query["sql"] for query in queries)

    make_report(world.officer)
    asked()
    few = asked()
    for _ in range(6):
        make_report(world.officer)
    assert asked() == few
