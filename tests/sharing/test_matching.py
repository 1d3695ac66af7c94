"""Hit, no hit: who is told that another service works with the same person, and that nothing else is told."""

from contextlib import contextmanager

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from cases import matching as index
from cases.access import for_case, permission_ids
from cases.enums import ContactKind, PersonRole, Stage
from cases.matching import digest
from cases.models import Case, CaseExclusion, CasePerson, CaseUserObjectPermission, ContactPoint, MatchKey
from cases.services import add_contact_point, add_person, advance, change_contact
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from notifications.models import Notice, NoticeKind
from notifications.tasks import deliver_mail
from sharing import matching, telling
from sharing.models import MatchAct, MatchedPersons, MatchMove, MatchNotice
from tests.factories import World, make_agency, make_member, make_report
from tests.referrals_acts import accept, send

HER = {"victim_given_name": "Fatou", "victim_family_name": "Diallo-Test", "victim_birth_date": "1991-04-12"}
SPELT = {"victim_given_name": "Fatou", "victim_family_name": "DIALLO TEST"}
SOMEBODY = {
    "victim_given_name": "Greet",
    "victim_family_name": "Maes",
    "victim_birth_date": "1980-02-03",
    "victim_phone": "0479 98 76 54",
    "perpetrator_given_name": "Wout",
    "perpetrator_family_name": "Claes",
    "children-0-given_name": "Stan",
    "children-0-birth_date": "2012-01-05",
}
"""A report about nobody of the other one."""


def told_to(member) -> list[MatchNotice]:
    with acting_as(member):
        return list(MatchNotice.objects.told_to(member).select_related("new_agency", "holder"))


def notices_of(member) -> list[str]:
    with acting_as(member):
        return list(
            Notice.objects.filter(recipient=member.user, kind__startswith="match").values_list("kind", flat=True)
        )


def every(model, *columns: str) -> list[tuple]:
    """All rows there are, whoever may know of them."""
    with system_context(SystemContext.MATCHING):
        return list(model.objects.values_list(*columns))


@contextmanager
def granting():
    with system_context(SystemContext.GRANTS):
        yield


# --- the rules, pure ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("new", "holder", "told"),
    [
        ("police", "police", (True, True)),
        ("police", "prosecutor", (True, True)),
        ("prosecutor", "police", (True, True)),
        ("police", "shelter", (False, True)),
        ("prosecutor", "hospital", (False, True)),
        ("police", "eva_cell", (False, True)),
        ("police", "sapv", (False, True)),
        ("police", "perpetrator_programme", (False, True)),
        ("shelter", "police", (False, False)),
        ("shelter", "victim_support", (False, False)),
        ("eva_cell", "police", (False, False)),
    ],
)
def test_who_may_be_told(new, holder, told):
    found = telling.told(new_kind=new, holder_kind=holder)
    assert (found.new, found.holder) == told and bool(found) == any(told)


def test_every_kind_has_an_answer():
    open_ones = {kind for kind in AgencyKind if telling.told(new_kind=AgencyKind.POLICE, holder_kind=kind).new}
    assert open_ones == {AgencyKind.POLICE, AgencyKind.PROSECUTOR}
    assert all(telling.told(new_kind=AgencyKind.POLICE, holder_kind=kind).holder for kind in AgencyKind)


def test_never_on_the_basis_of_the_other_side():
    assert telling.concerns(works_with="neutral", person_side="victim")
    assert telling.concerns(works_with="victim", person_side="victim")
    assert telling.concerns(works_with="perpetrator", person_side="perpetrator")
    assert not telling.concerns(works_with="perpetrator", person_side="victim")
    assert not telling.concerns(works_with="victim", person_side="perpetrator")
    assert not telling.concerns(works_with="", person_side="victim")


# --- between police zones and prosecutors ----------------------------------------------------------------------
@pytest.mark.django_db
def test_two_zones_both_learn_that_the_other_holds_a_case(world: World):
    first = make_report(world.officer, j2_accepted="no", **HER)
    assert told_to(world.officer) == []
    second = make_report(world.other_officer, j2_accepted="no", **SPELT)
    (notice,) = told_to(world.officer)
    assert told_to(world.other_officer) == [notice] == told_to(world.police_referent)
    assert (notice.new_case_id, notice.held_case_id) == (second.case_id, first.case_id)
    assert (notice.tells_new, notice.tells_holder) == (True, True)
    assert notice.other(world.officer.agency_id) == world.other_officer.agency
    assert notices_of(world.police_referent) == [NoticeKind.MATCH_OPEN], "the reference person of the holder"
    assert notices_of(world.officer) == notices_of(world.reader) == [], "not the whole team"
    assert notices_of(world.other_officer) == [NoticeKind.MATCH_OPEN]
    for member, case in ((world.officer, second.case_id), (world.other_officer, first.case_id)):
        with acting_as(member):
            assert not Case.objects.filter(pk=case).exists(), "told of, not opened"
    for nobody in (world.eva, world.prosecutor, world.shelter, world.programme, world.stranger, world.platform_admin):
        assert told_to(nobody) == [] and notices_of(nobody) == []


@pytest.mark.django_db
def test_the_persons_are_those_of_one_side(world: World):
    make_report(world.officer, **HER)
    make_report(world.other_officer, **HER)
    with acting_as(world.officer):
        rows = list(MatchedPersons.objects.all())
        assert {(row.side, row.verdict) for row in rows} == {("victim", "same"), ("perpetrator", "maybe")}
        assert len(rows) == 2, "a child's given name and birth date are those of many"
        assert all(reason in ("phone", "birth_date", "name") for row in rows for reason in row.reasons)


@pytest.mark.django_db
def test_nobody_alike_nobody_told(world: World):
    make_report(world.officer, **HER)
    make_report(world.other_officer, **SOMEBODY)
    assert every(MatchNotice) == [] and told_to(world.other_officer) == []


@pytest.mark.django_db
def test_the_same_person_again_is_told_once(world: World):
    make_report(world.officer, j2_accepted="no", **HER)
    second = make_report(world.other_officer, j2_accepted="no", **HER)
    with acting_as(world.other_officer):
        matching.look_for(case=second.case, by=world.other_officer)
    with acting_as(world.officer):
        notice = MatchNotice.objects.get()
        first = Case.objects.get(pk=notice.held_case_id)
        add_person(by=world.officer, case=first, role=PersonRole.CHILD, given_name="Noé", family_name="Morel-Test")
        matching.look_for(case=first, by=world.officer)
        assert list(MatchNotice.objects.all()) == [notice], "whichever of the two comes second"
    assert notices_of(world.police_referent) == [NoticeKind.MATCH_OPEN]


@pytest.mark.django_db
def test_a_phone_alone_finds_a_name_that_is_missing(world: World):
    make_report(world.officer, j2_accepted="no", victim_birth_date="", **SPELT)
    changed = SOMEBODY | {"victim_given_name": "", "victim_family_name": "Diallo Test", "victim_birth_date": ""}
    make_report(world.other_officer, **changed | {"victim_phone": "+32 470 12 34 42"})
    assert every(MatchedPersons, "verdict", "reasons") == [("maybe", ["phone"])]


@pytest.mark.django_db
def test_what_is_told_may_be_narrowed(world: World, settings):
    settings.MATCHING_TELLS_MAYBE = False
    make_report(world.officer, **SOMEBODY | {"perpetrator_given_name": "Yvan", "perpetrator_family_name": "Morel"})
    make_report(world.other_officer, perpetrator_family_name="Morel")
    assert every(MatchNotice) == []
    settings.MATCHING_TELLS_MAYBE = True
    make_report(world.other_officer, perpetrator_family_name="Morel")
    assert len(every(MatchNotice)) == 1


# --- where the holder is bound by professional secrecy ---------------------------------------------------------
def with_the_shelter(world: World):
    """A case of zone A that the shelter works on; zone A's own part of it is over."""
    report = make_report(world.officer, j2_accepted="no", **HER)
    accept(world.shelter, send(world.officer, report.case, world.shelter))
    return report


@pytest.mark.django_db
def test_only_the_holder_learns_where_it_is_bound_by_secrecy(world: World):
    with_the_shelter(world)
    second = make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.shelter)
    assert (notice.tells_new, notice.tells_holder) == (
        False,
        True,
    ) and notice.new_agency_id == second.case.lead_agency_id
    assert notices_of(world.shelter) == [NoticeKind.MATCH_HELD]
    assert notice not in told_to(world.other_officer)
    assert {each.holder_id for each in told_to(world.other_officer)} == {world.officer.agency_id}
    with acting_as(world.other_officer), connection.cursor() as cursor:
        for query in (
            "SELECT count(*) FROM sharing_matchnotice WHERE holder_id = %s",
            "SELECT count(*) FROM sharing_matchedpersons p JOIN sharing_matchnotice n ON n.id = p.notice_id"
            " WHERE n.holder_id = %s",
        ):
            cursor.execute(query, [world.shelter.agency_id])
            assert cursor.fetchone() == (0,)
        # nothing of it on the record of the agency whose act led to it either
        for table in ("audit_auditevent", "audit_logentry"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{notice.pk}%"])
            assert cursor.fetchone() == (0,), table
    # what the holder does about it is told to nobody
    with acting_as(world.shelter):
        matching.move(by=world.shelter, notice_id=notice.pk, act=MatchAct.CONTACTED)
        with pytest.raises(RuleBroken):
            matching.move(by=world.shelter, notice_id=notice.pk, act=MatchAct.ASKED)
    assert notices_of(world.other_officer) == [NoticeKind.MATCH_OPEN], "of zone A, and no answer of the shelter"
    with acting_as(world.other_officer):
        assert not MatchMove.objects.exists()


@pytest.mark.django_db
def test_a_service_bound_by_secrecy_that_opens_a_case_is_told_of_to_nobody(world: World):
    make_report(world.officer, j2_accepted="no", **HER)
    second = make_report(world.other_officer, j2_accepted="no", **SOMEBODY)
    accept(world.shelter, send(world.other_officer, second.case, world.shelter))
    with acting_as(world.shelter):
        case = Case.objects.get(pk=second.case_id)
        add_person(by=world.shelter, case=case, role=PersonRole.CHILD, given_name="Noé", family_name="Diallo-Test")
        add_person(by=world.shelter, case=case, role=PersonRole.VICTIM, given_name="Fatou", family_name="Diallo-Test")
        matching.look_for(case=case, by=world.shelter)
    assert every(MatchNotice) == []


# --- never across sides ----------------------------------------------------------------------------------------
TURNED = {
    "victim_given_name": "Yvan",
    "victim_family_name": "Morel-Test",
    "victim_birth_date": "1988-07-01",
    "perpetrator_given_name": "Fatou",
    "perpetrator_family_name": "Diallo-Test",
    "victim_phone": "0479 98 76 54",
    "children-0-given_name": "Stan",
    "children-0-birth_date": "2012-01-05",
}


@pytest.mark.django_db
def test_a_victim_here_and_a_perpetrator_there_is_no_hit(world: World):
    make_report(world.officer, **HER)
    make_report(world.other_officer, **TURNED)
    assert every(MatchNotice) == []
    with system_context(SystemContext.MATCHING):
        hers, his = (
            set(MatchKey.objects.filter(side=side).values_list("digest", flat=True))
            for side in ("victim", "perpetrator")
        )
    assert hers and his and not hers & his, "the side is in the digest: the index itself finds nothing"


@pytest.mark.django_db
def test_a_service_on_his_side_hears_nothing_of_her(world: World):
    report = make_report(world.officer, j2_accepted="no", **HER)
    accept(
        world.programme, send(world.officer, report.case, world.programme, role="presumed_perpetrator", need="other")
    )
    her_alone = SOMEBODY | HER
    make_report(world.other_officer, j2_accepted="no", **her_alone)
    assert told_to(world.programme) == [] and notices_of(world.programme) == []
    him = SOMEBODY | {"perpetrator_given_name": "Yvan", "perpetrator_family_name": "Morel-Test"}
    make_report(world.other_officer, j2_accepted="no", **him)
    (notice,) = told_to(world.programme)
    assert (notice.tells_new, notice.tells_holder) == (False, True)
    with acting_as(world.programme):
        assert {row.side for row in MatchedPersons.objects.all()} == {"perpetrator"}


@pytest.mark.django_db
def test_a_service_on_her_side_hears_nothing_of_him(world: World):
    with_the_shelter(world)
    him = SOMEBODY | {"perpetrator_given_name": "Yvan", "perpetrator_family_name": "Morel-Test"}
    make_report(world.other_officer, j2_accepted="no", **him)
    assert told_to(world.shelter) == [] and notices_of(world.shelter) == []
    assert len(told_to(world.officer)) == 1, "the zone, which works with both, is told"


@pytest.mark.django_db
def test_who_works_on_both_cases_is_told_nothing(world: World):
    make_report(world.officer, j2_accepted="yes", **HER)
    make_report(world.officer, j2_accepted="yes", **HER)
    for member in (world.officer, world.eva):
        assert told_to(member) == []


@pytest.mark.django_db
def test_witnesses_are_not_looked_for(world: World):
    report = make_report(world.officer, **HER)
    with acting_as(world.officer):
        person = add_person(
            by=world.officer, case=report.case, role=PersonRole.WITNESS, given_name="Ada", family_name="Voisin"
        )
    assert person.pk not in {pk for (pk,) in every(MatchKey, "case_person_id")}


# --- closed, restricted, excluded, ended ------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_closed_case_does_not_hit(world: World):
    first = make_report(world.officer, **HER)
    with acting_as(world.officer):
        advance(case=first.case, stage=Stage.CLOSED)
    make_report(world.other_officer, **HER)
    assert told_to(world.other_officer) == told_to(world.officer) == []


@pytest.mark.django_db
def test_the_excluded_is_told_nothing(world: World):
    """Excluded from either of the two cases: of hers because they know her, of the other's because they know him."""
    first = make_report(world.officer, j2_accepted="no", **HER)
    with granting():
        CaseExclusion.objects.create(case=first.case, user=world.police_referent.user)
    second = make_report(world.other_officer, j2_accepted="no", **HER)
    assert told_to(world.police_referent) == [] and notices_of(world.police_referent) == []
    assert notices_of(world.police_manager) == [NoticeKind.MATCH_OPEN], "the next one up"
    (notice,) = told_to(world.officer)
    with granting():
        CaseExclusion.objects.create(case=second.case, user=world.officer.user)
    assert told_to(world.officer) == []
    with acting_as(world.officer), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sharing_matchnotice")
        assert cursor.fetchone() == (0,)
    client = Client()
    client.force_login(world.officer.user)
    assert client.get(f"/matches/{notice.pk}/").status_code == 404


@pytest.mark.django_db
def test_a_restricted_case_is_told_to_its_named_persons_alone(world: World):
    first = make_report(world.officer, j2_accepted="no", **HER)
    with acting_as(world.officer), granting():
        CaseUserObjectPermission.objects.create(
            content_object=first.case, user=world.police_manager.user, permission_id=permission_ids()["view_case"]
        )
    with acting_as(world.police_manager):
        Case.objects.filter(pk=first.case_id).update(restricted=True)
    make_report(world.other_officer, j2_accepted="no", **HER)
    assert told_to(world.other_officer) == [] and notices_of(world.other_officer) == []
    assert told_to(world.officer) == told_to(world.police_referent) == []
    assert len(told_to(world.police_manager)) == 1 and notices_of(world.police_manager) == [NoticeKind.MATCH_OPEN]


@pytest.mark.django_db
def test_a_service_whose_part_is_over_is_told_nothing(world: World):
    first = with_the_shelter(world)
    with granting(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_casegroupobjectpermission SET expires_at = now() - interval '1 day'"
            " WHERE content_object_id = %s AND group_id = %s",
            [first.case_id, world.shelter.agency.group_id],
        )
    make_report(world.other_officer, j2_accepted="no", **HER)
    assert told_to(world.shelter) == [] and notices_of(world.shelter) == []
    assert {row[0] for row in every(MatchNotice, "holder_id")} == {world.officer.agency_id}


# --- switched off -----------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_switched_off_nothing_is_written_read_or_told(world: World, settings):
    settings.MATCHING_ENABLED = False
    make_report(world.officer, **HER)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        make_report(world.other_officer, **HER)
    assert not [
        query
        for query in queries.captured_queries
        if "cases_matchkey" in query["sql"] or "sharing_match" in query["sql"]
    ]
    assert every(MatchKey) == [] and every(MatchNotice) == []
    settings.MATCHING_ENABLED = True
    make_report(world.other_officer, **HER)
    assert told_to(world.officer) == [], "what was recorded before is not in the index"
    call_command("rebuild_match_keys")
    make_report(world.other_officer, **HER)
    (notice,) = told_to(world.officer)
    settings.MATCHING_ENABLED = False
    assert told_to(world.officer) == []
    client = Client()
    client.force_login(world.officer.user)
    assert client.get(f"/matches/{notice.pk}/").status_code == 404
    call_command("rebuild_match_keys")
    assert every(MatchKey) == []


# --- the index --------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_index_holds_no_name_and_is_closed(world: World):
    make_report(world.officer, **HER)
    rows = str(every(MatchKey))
    for word in ("Fatou", "fatou", "Diallo", "diallo", "1991", "0470", "+32470"):
        assert word not in rows
    for member in (world.officer, world.eva, world.stranger, world.platform_admin):
        with acting_as(member):
            assert not MatchKey.objects.exists()
            assert MatchKey.objects.all().delete()[0] == 0 and MatchKey.objects.update(digest="x") == 0
    with system_context(SystemContext.GRANTS):
        assert not MatchKey.objects.exists()
    with system_context(SystemContext.MATCHING):
        assert MatchKey.objects.exists()


def test_the_digest_depends_on_key_side_and_kind(settings):
    settings.MATCHING_KEY = "one"
    one = digest("victim", "phone", "+32470123442")
    assert one == digest("victim", "phone", "+32470123442") and len(one) == 32
    assert len({one, digest("perpetrator", "phone", "+32470123442"), digest("victim", "name", "+32470123442")}) == 3
    settings.MATCHING_KEY = "two"
    assert digest("victim", "phone", "+32470123442") != one
    settings.MATCHING_KEY = ""
    derived = digest("victim", "phone", "+32470123442")
    settings.SECRET_KEY = "another"
    assert digest("victim", "phone", "+32470123442") != derived


@pytest.mark.django_db
def test_a_number_that_is_replaced_is_forgotten(world: World):
    report = make_report(world.officer, j2_accepted="no", **HER)

    def known(number: str) -> bool:
        with system_context(SystemContext.MATCHING):
            return MatchKey.objects.filter(digest=digest("victim", "phone", number)).exists()

    assert known("+32470123442")
    with acting_as(world.officer):
        point = ContactPoint.objects.get(case=report.case)
        rules = {"kind": ContactKind.PHONE, "value": "0479 98 76 54", "safe": "yes"}
        access = for_case(report.case, world.officer)
        change_contact(by=world.officer, access=access, case_person=point.case_person, replaces=point, **rules)
    assert known("+32479987654") and not known("+32470123442")


@pytest.mark.django_db
def test_keys_are_written_again_when_a_person_changes(world: World):
    report = make_report(world.officer, j2_accepted="no", **HER)
    with acting_as(world.officer):
        her = CasePerson.objects.select_related("person").get(case=report.case, role="victim")
        before = index.rewrite_keys([her])
        her.person.family_name = "Ndiaye"
        her.person.save()
        index.rewrite_keys([her])
    with system_context(SystemContext.MATCHING):
        kinds = list(MatchKey.objects.filter(case_person=her).values_list("kind", flat=True))
    assert before >= 4 and kinds.count("phone") == 1
    make_report(world.other_officer, **SOMEBODY | HER | {"victim_family_name": "N'Diaye"})
    assert len(told_to(world.officer)) == 1


@pytest.mark.django_db
def test_a_rebuild_gives_the_same_index(world: World):
    make_report(world.officer, **HER)
    make_report(world.other_officer, **SOMEBODY)
    columns = ("case_person_id", "side", "kind", "digest")
    before = sorted(every(MatchKey, *columns))
    call_command("rebuild_match_keys")
    assert sorted(every(MatchKey, *columns)) == before and before


# --- few queries, whatever the number of cases -------------------------------------------------------------------
@pytest.mark.django_db
def test_a_search_that_finds_nothing_costs_little(world: World):
    report = make_report(world.officer, **HER)
    with acting_as(world.officer), CaptureQueriesContext(connection) as queries:
        matching.look_for(case=report.case, by=world.officer)
    mine = [query["sql"] for query in queries.captured_queries]
    assert len([sql for sql in mine if sql.startswith("SELECT") and "cases_matchkey" in sql]) == 2
    assert len(mine) <= 7, mine  # the lock, a savepoint and its end, who acts twice, two reads


@pytest.mark.django_db
def test_the_number_of_queries_does_not_follow_the_number_of_hits(world: World):
    def cost() -> int:
        report = make_report(world.other_officer, j2_accepted="no", **SOMEBODY | HER)
        with acting_as(world.other_officer), CaptureQueriesContext(connection) as queries:
            index.hits(report.case)
        return len(queries)

    make_report(world.officer, j2_accepted="no", **HER)
    few = cost()
    for _each in range(4):
        make_report(world.officer, j2_accepted="no", **HER)
    assert cost() == few


@pytest.mark.django_db
def test_the_index_is_read_by_its_digests(world: World):
    report = make_report(world.officer, **HER)
    with acting_as(world.officer):
        person = CasePerson.objects.filter(case=report.case).first()
    with system_context(SystemContext.MATCHING), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_matchkey (id, case_id, case_person_id, side, kind, digest)"
            " SELECT gen_random_uuid(), %s, %s, 'victim', 'name', md5(n::text) FROM generate_series(1, 40000) n",
            [report.case_id, person.pk],
        )
        cursor.execute(
            "EXPLAIN " + str(MatchKey.objects.filter(digest="x" * 32).query).replace("x" * 32, f"'{'x' * 32}'")
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "cases_match_digest" in plan and "Seq Scan" not in plan


# --- what is done about it --------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_one_asks_the_other_answers(world: World):
    make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.officer)

    def waits(member) -> bool:
        with acting_as(member):
            return MatchNotice.objects.told_to(member).waiting_for(member.agency_id).exists()

    assert waits(world.officer) and waits(world.other_officer)
    with acting_as(world.other_officer):
        asked = matching.move(by=world.other_officer, notice_id=notice.pk, act=MatchAct.ASKED)
        assert matching.move(by=world.other_officer, notice_id=notice.pk, act=MatchAct.ASKED) == asked, "sent twice"
    assert not waits(world.other_officer) and waits(world.officer)
    assert notices_of(world.police_referent) == [NoticeKind.MATCH_ASKED, NoticeKind.MATCH_OPEN]
    with acting_as(world.officer):
        moves = list(MatchMove.objects.all())
        assert moves == [asked], "the question is seen by who is asked"
        assert MatchAct.ASKED not in matching.acts_open(notice, world.officer.agency_id, moves)
        matching.move(by=world.officer, notice_id=notice.pk, act=MatchAct.CONTACTED)
    assert not waits(world.officer)
    assert notices_of(world.other_officer) == [NoticeKind.MATCH_ANSWERED, NoticeKind.MATCH_OPEN]


@pytest.mark.django_db
def test_nothing_to_do_then_a_question(world: World):
    make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.officer)
    with acting_as(world.officer):
        matching.move(by=world.officer, notice_id=notice.pk, act=MatchAct.NOTHING)
    assert notices_of(world.other_officer) == [NoticeKind.MATCH_OPEN], "nothing was asked"
    with acting_as(world.other_officer):
        matching.move(by=world.other_officer, notice_id=notice.pk, act=MatchAct.ASKED)
    with acting_as(world.officer):
        waiting = MatchNotice.objects.told_to(world.officer).waiting_for(world.officer.agency_id)
        assert list(waiting) == [notice], "a question waits even where one had nothing to do"


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["", "invented", "ASKED", "shared", "asked\x00"])
def test_an_act_that_does_not_exist_is_refused(world: World, act):
    make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.officer)
    client = Client()
    client.force_login(world.officer.user)
    assert client.post(f"/matches/{notice.pk}/act/", {"act": act}).status_code == 422
    with acting_as(world.officer):
        assert not MatchMove.objects.exists()


@pytest.mark.django_db
def test_a_reader_reads_and_does_nothing(world: World):
    make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.reader)
    with acting_as(world.reader), pytest.raises(Refused):
        matching.move(by=world.reader, notice_id=notice.pk, act=MatchAct.ASKED)
    client = Client()
    client.force_login(world.reader.user)
    page = client.get(f"/matches/{notice.pk}/")
    assert page.status_code == 200 and b'name="act"' not in page.content
    assert client.post(f"/matches/{notice.pk}/act/", {"act": "asked"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_what_is_written_stays(committed_world: World, owner):
    world = committed_world
    make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.officer)
    with acting_as(world.officer):
        matching.move(by=world.officer, notice_id=notice.pk, act=MatchAct.NOTHING)
    for table in ("sharing_matchnotice", "sharing_matchedpersons", "sharing_matchmove"):
        for sql in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
            with pytest.raises(Exception, match="append-only|insert-only|may not|refuse|permission"):
                owner.execute(sql)


# --- pages, notices and mails: no content ------------------------------------------------------------------------
CONTENT = (
    "Fatou", "Diallo", "Yvan", "Morel", "Noé", "gorge", "MOVE-", "1991", "0470 12 34 42", "bibliothèque", "BR.43",
)  # fmt: skip


@pytest.mark.django_db
def test_pages_show_nothing_of_the_other_case(world: World):
    world.officer.agency.professional_phone = "02 555 11 22"
    with system_context(SystemContext.REFERENCE):
        world.officer.agency.save()
    first = make_report(world.officer, j2_accepted="no", **HER, victim_phone_say="la pharmacie du Lion")
    second = make_report(world.other_officer, j2_accepted="no", **SPELT | {"perpetrator_given_name": "Ivan"})
    (notice,) = told_to(world.other_officer)
    client = Client()
    client.force_login(world.other_officer.user)
    with translation.override("en"):
        pages = [
            client.get(path, headers={"accept-language": "en"}) for path in ("/matches/", f"/matches/{notice.pk}/", "/")
        ]
    for page in pages:
        assert page.status_code == 200
        text = page.content.decode()
        assert world.officer.agency.name in text
        for word in (first.case.reference, "Diallo-Test", "Yvan", "pharmacie du Lion", str(first.case_id)):
            assert word not in text, word
    match = pages[1].content.decode()
    assert "02 555 11 22" in match and second.case.reference in match and "DIALLO TEST" in match, (
        "one's own case is named"
    )
    title = match.partition("<title>")[2].partition("</title>")[0]
    assert not any(word in title for word in ("DIALLO", "MOVE-20", "Zone"))


@pytest.mark.django_db
def test_the_holder_is_told_whom_it_may_call(world: World):
    with_the_shelter(world)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.shelter)
    client = Client()
    client.force_login(world.shelter.user)
    text = client.get(f"/matches/{notice.pk}/", headers={"accept-language": "fr"}).content.decode()
    assert world.other_officer.agency.name in text and "secret professionnel" in text
    assert 'value="asked"' not in text and 'value="contacted"' in text
    client.force_login(world.other_officer.user)
    assert client.get(f"/matches/{notice.pk}/").status_code == 404
    for path in ("/", "/matches/"):
        assert world.shelter.agency.name not in client.get(path).content.decode()


@pytest.mark.django_db(transaction=True)
def test_notices_and_mails_say_nothing(committed_world: World, owner):
    world = committed_world
    make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    deliver_mail()
    rows = owner.execute("SELECT kind, path, dedupe_key FROM notifications_notice WHERE kind LIKE 'match%'").fetchall()
    assert rows
    for row in [*map(str, rows), *(f"{message.subject}\n{message.body}" for message in mail.outbox)]:
        assert not any(word in row for word in (*CONTENT, "Zone de police", "violence"))


@pytest.mark.django_db(transaction=True)
def test_made_shown_and_answered_is_audited(committed_world: World, owner):
    world = committed_world
    make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.officer)
    client = Client()
    client.force_login(world.officer.user)
    client.get(f"/matches/{notice.pk}/")
    client.post(f"/matches/{notice.pk}/act/", {"act": "contacted"})
    events = owner.execute(
        "SELECT action, system, user_id, agency_id, case_id, fields::text FROM audit_auditevent WHERE object_id = %s"
        " ORDER BY at, id",
        [notice.pk],
    ).fetchall()
    assert [event[:5] for event in events] == [
        ("searched", "matching", None, None, None),
        ("read", "", world.officer.user_id, world.officer.agency_id, None),
        ("decided", "", world.officer.user_id, world.officer.agency_id, None),
    ]
    assert str(notice.new_case_id) in events[0][5] and events[2][5] == '["contacted"]'
    assert not any(word in str(events) for word in CONTENT)


@pytest.mark.django_db
def test_no_trace_of_a_match_in_the_case(world: World):
    """Neither in the timeline, nor on the page of who has read: other services of the case look there."""
    first = make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.officer)
    client = Client()
    client.force_login(world.officer.user)
    client.get(f"/matches/{notice.pk}/")
    for tab in ("", "trail/"):
        text = client.get(f"/cases/{first.case_id}/{tab}").content.decode()
        assert str(notice.pk) not in text and "Zone de police B" not in text


@pytest.mark.django_db
def test_a_stranger_and_who_sees_no_case(world: World):
    make_report(world.officer, j2_accepted="no", **HER)
    make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.officer)
    other = make_member(make_agency(AgencyKind.POLICE), Role.MANAGER)
    for member, listed in ((world.stranger, 200), (other, 200), (world.prosecutor, 200), (world.platform_admin, 404)):
        client = Client()
        client.force_login(member.user)
        assert client.get("/matches/").status_code == listed
        assert client.get(f"/matches/{notice.pk}/").status_code == 404
        assert client.post(f"/matches/{notice.pk}/act/", {"act": "asked"}).status_code == 404
        with acting_as(member), connection.cursor() as cursor:
            for table in ("sharing_matchnotice", "sharing_matchedpersons", "sharing_matchmove", "cases_matchkey"):
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone() == (0,), table


@pytest.mark.django_db
def test_nobody_writes_a_match_by_hand(world: World):
    """The second lock: only the search writes matches, and an answer is one's own agency's, to a match it was told."""
    first = make_report(world.officer, j2_accepted="no", **HER)
    second = make_report(world.other_officer, j2_accepted="no", **HER)
    (notice,) = told_to(world.officer)
    forged = {
        "new_case": second.case, "new_agency": world.stranger.agency, "held_case": first.case,
        "holder": world.officer.agency, "tells_new": True, "tells_holder": True, "pair": "x",
    }  # fmt: skip
    with acting_as(world.stranger):
        with pytest.raises(DatabaseError), transaction.atomic():
            MatchNotice.objects.create(**forged)
        with pytest.raises(DatabaseError), transaction.atomic():
            MatchMove.objects.create(notice=notice, act="asked", agency=world.stranger.agency, by=world.stranger.user)
    with acting_as(world.officer), pytest.raises(DatabaseError), transaction.atomic():
        MatchMove.objects.create(notice=notice, act="asked", agency=world.other_officer.agency, by=world.officer.user)


@pytest.mark.django_db
def test_a_phone_recorded_later_is_looked_up_at_the_next_report(world: World):
    first = make_report(world.officer, j2_accepted="no", victim_birth_date="", victim_phone="", **SPELT)
    changed = SOMEBODY | {"victim_given_name": "", "victim_family_name": "Diallo Test", "victim_birth_date": ""}
    second = make_report(world.other_officer, **changed)
    assert told_to(world.officer) == []
    with acting_as(world.officer):
        her = CasePerson.objects.get(case=first.case, role="victim")
        add_contact_point(
            by=world.officer, case_person=her, kind=ContactKind.PHONE, value="0479 98 76 54", safe="unknown"
        )
        matching.look_for(case=first.case, by=world.officer)
    (notice,) = told_to(world.officer)
    assert notice.held_case_id == second.case_id
