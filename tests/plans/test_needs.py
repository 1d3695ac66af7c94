"""Needs and migration background: who writes, who reads, what is superseded, what is refused."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Role
from cases.access import CaseAccess, get_case
from cases.enums import EventCode, ParticipationSide, Side
from cases.models import Case, CaseEvent
from cases.timeline import is_kept_from_his_side
from casework import shown_needs
from common.errors import Refused, RuleBroken, StaleVersion
from common.ids import uuid7
from plans import needs
from plans.models import Domain, MigrationBackground, NeedLine, NeedsAssessment, NeedsPartner
from plans.needs import Need
from tests.actors import all_of_his_side, as_, excluded_colleague, just_expired
from tests.factories import World, make_agency, make_member, make_report

from .needs_acts import HIS_IDENTITY, all_of_her_side, bring_in, person_in, write_background, write_needs

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world: World) -> Case:
    return make_report(world.officer).case


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def page(name: str, case: Case, *rest) -> str:
    return reverse(f"plans:{name}", args=[case.pk, *rest])


def typed(held: str = "", **changes) -> dict[str, str]:
    data = {"request_key": str(uuid7()), "replaces": held}
    for domain in Domain:
        data |= {f"{domain}-state": "not_asked", f"{domain}-source": "person", f"{domain}-words": ""}
    return data | {"housing-state": "needed", "housing-words": "Elle dort chez une amie."} | changes


def text(answer) -> str:
    return answer.content.decode()


# --- written ----------------------------------------------------------------------------------------------------
def test_needs_typed_are_read_by_domain_and_leave_a_line(world, case):
    with acting_as(world.officer):
        her = person_in(case)
    answer = as_(world.officer).post(
        page("write_needs", case, her.pk),
        typed(**{"health-state": "met", "residence-state": "none", "childcare-state": "being_met"}),
    )
    assert answer.status_code == 302
    with acting_as(world.officer):
        lines = {line.domain: (line.state, line.category, line.side) for line in NeedLine.objects.all()}
        event = CaseEvent.objects.get(code=EventCode.NEEDS_ASSESSED)
    assert lines == {
        "housing": ("needed", "psychosocial", "victim"),
        "health": ("met", "health", "victim"),
        "residence": ("none", "migration", "victim"),
        "childcare": ("being_met", "children", "victim"),
    }
    assert (event.category, event.side) == ("psychosocial", "victim")
    assert "amie" not in str(event.payload)
    shown = text(as_(world.officer).get(page("needs", case)))
    assert "Elle dort chez une amie." in shown
    assert f"{reverse('referrals:new', args=[case.pk])}?subject={her.pk}&amp;need=housing" in shown


def test_a_child_is_on_her_side_and_words_are_encrypted(world, case):
    written = write_needs(world.officer, case, "child")
    with connection.cursor() as cursor, acting_as(world.officer):
        cursor.execute("SELECT words FROM plans_needline WHERE assessment_id = %s", [written.pk])
        assert "amie" not in cursor.fetchone()[0]
    assert written.side == Side.VICTIM


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"housing": Need("burning", "", "person")}, "housing-state"),
        ({"housing": Need("needed", "", "")}, "housing-source"),
        ({"housing": Need("not_asked", "Elle dort dehors.", "")}, "housing-state"),
        ({"housing": Need("needed", "é" * 10_000, "person")}, "housing-words"),
        ({"housing": Need("needed", "a\x00b", "person")}, "housing-words"),
        ({"housing": Need()}, ""),
        ({}, ""),
    ],
)
def test_what_breaks_a_rule_is_said_by_field_and_nothing_is_written(world, case, changes, field):
    with pytest.raises(RuleBroken) as broken:
        write_needs(world.officer, case, needs=changes)
    assert list(broken.value.errors) == [field]
    with acting_as(world.officer):
        assert not NeedsAssessment.objects.exists()


def test_a_wrong_form_keeps_what_was_typed(world, case):
    with acting_as(world.officer):
        her = person_in(case)
    answer = as_(world.officer).post(
        page("write_needs", case, her.pk), typed(**{"housing-state": "", "housing-words": "Un mot 🏠 gardé"})
    )
    assert answer.status_code == 422
    assert "Un mot 🏠 gardé" in text(answer)


def test_the_same_page_sent_twice_writes_once(world, case):
    key = uuid7()
    assert write_needs(world.officer, case, key=key) == write_needs(world.officer, case, key=key)
    with acting_as(world.officer):
        assert NeedsAssessment.objects.count() == 1


def test_a_new_assessment_takes_the_place_of_the_former_which_stays(world, case):
    first = write_needs(world.officer, case)
    second = write_needs(
        world.officer, case, needs={"housing": Need("met", "Un studio 🏠.", "person")}, replaces=first.pk
    )
    with acting_as(world.officer):
        _case, access = get_case(case.pk, world.officer)
        assert list(needs.holding(access)) == [second]
        assert second.supersedes_id == first.pk
    shown = text(as_(world.officer).get(page("needs", case)))
    assert "Un studio 🏠." in shown
    assert "Elle dort chez une amie." in shown  # what was found before


def test_what_was_asked_once_is_answered_again(world, case):
    """Else who reads that domain alone would go on reading an answer that no longer holds."""
    first = write_needs(world.officer, case)
    with pytest.raises(RuleBroken) as broken:
        write_needs(world.officer, case, needs={"health": Need("met", "", "person")}, replaces=first.pk)
    assert list(broken.value.errors) == ["housing-state"]


def test_whoever_writes_second_is_told_who_wrote_and_loses_nothing(world, case):
    with acting_as(world.officer):
        her = person_in(case)
    colleague = make_member(world.officer.agency)
    write_needs(world.officer, case)
    with pytest.raises(StaleVersion):
        write_needs(colleague, case)
    answer = as_(colleague).post(page("write_needs", case, her.pk), typed(**{"housing-words": "Mes mots à moi"}))
    shown = text(answer)
    assert answer.status_code == 409
    assert "Marc Delvaux" in shown
    assert "Mes mots à moi" in shown and "Elle dort chez une amie." in shown
    with acting_as(world.officer):
        held = NeedsAssessment.objects.get()
    assert f'value="{held.pk}"' in shown  # sent again, it takes the place of the other


def test_two_services_hold_their_own(world, case):
    hers = all_of_her_side(world, case)
    write_needs(world.officer, case)
    write_needs(hers, case, needs={"housing": Need("being_met", "", "observed")})
    with acting_as(hers):
        _case, access = get_case(case.pk, hers)
        assert needs.holding(access).count() == 2


# --- together ---------------------------------------------------------------------------------------------------
def test_together_with_services_of_the_case_alone_never_of_the_other_side(world, case):
    hers, his = all_of_her_side(world, case), all_of_his_side(world, case)
    write_needs(world.officer, case, partners=[hers.agency_id])
    with acting_as(world.officer):
        assert NeedsPartner.objects.get().partner_id == hers.agency_id
    for stranger in (his.agency_id, world.stranger.agency_id):
        with pytest.raises(RuleBroken) as broken:
            write_needs(hers, case, partners=[stranger])
        assert list(broken.value.errors) == ["partners"]
    with pytest.raises(RuleBroken):
        write_needs(hers, case, partners=[hers.agency_id])  # itself


def test_who_took_part_is_told_to_who_may_know_it(world, case):
    """On his side nobody learns that police or prosecutor assessed his needs, alone or with others."""
    his = all_of_his_side(world, case)
    programme = world.programme
    bring_in(world, case, programme, ParticipationSide.PERPETRATOR, HIS_IDENTITY)
    write_needs(world.officer, case, "presumed_perpetrator", partners=[programme.agency_id])
    write_needs(programme, case, "presumed_perpetrator", partners=[his.agency_id])
    assert programme.agency.short_name in text(as_(world.officer).get(page("needs", case)))
    shown = text(as_(his).get(page("needs", case)))
    assert "Elle dort chez une amie." in shown and programme.agency.short_name in shown
    assert world.officer.agency.short_name not in shown
    with acting_as(world.shelter):
        assert not NeedsPartner.objects.exists()


# --- who reads --------------------------------------------------------------------------------------------------
def test_his_side_reads_nothing_of_her_needs_whatever_was_granted(world, case):
    his = all_of_his_side(world, case)
    write_needs(world.officer, case)
    write_background(world.officer, case)
    with acting_as(world.officer):
        her = person_in(case)
        event = CaseEvent.objects.get(code=EventCode.NEEDS_ASSESSED)
    assert is_kept_from_his_side(event.code, event.payload)
    shown = text(as_(his).get(page("needs", case)))
    assert "amie" not in shown and "Fatou" not in shown and "titre de séjour dépend de lui" not in shown
    for name in ("write_needs", "migration"):
        assert as_(his).get(page(name, case, her.pk)).status_code == 404
        assert as_(his).post(page(name, case, her.pk), typed()).status_code == 404
    with acting_as(his):
        for model in (NeedsAssessment, NeedLine, NeedsPartner, MigrationBackground):
            assert not model.objects.exists()


def test_her_side_reads_nothing_of_his_needs_whatever_was_granted(world, case):
    hers, his = all_of_her_side(world, case), all_of_his_side(world, case)
    write_needs(his, case, "presumed_perpetrator", needs={"income": Need("needed", "Il a perdu son emploi.", "person")})
    with acting_as(world.officer):
        him = person_in(case, "presumed_perpetrator")
    assert "Il a perdu son emploi." in text(as_(his).get(page("needs", case)))
    assert "Il a perdu son emploi." not in text(as_(hers).get(page("needs", case)))
    assert as_(hers).get(page("write_needs", case, him.pk)).status_code == 404
    with acting_as(hers):
        assert not NeedLine.objects.exists()


def test_a_domain_is_read_by_who_sees_its_category(world, case):
    narrow = make_member(make_agency(AgencyKind.CPAS))
    bring_in(world, case, narrow, ParticipationSide.VICTIM, ["identity:victim", "health:victim"])
    write_needs(
        world.officer,
        case,
        needs={
            "health": Need("needed", "Une côte fêlée.", "document"),
            "housing": Need("needed", "Elle dort dehors.", "person"),
        },
    )
    shown = text(as_(narrow).get(page("needs", case)))
    assert "Une côte fêlée." in shown
    assert "Elle dort dehors." not in shown
    with translation.override("fr"):
        assert gettext("closed to your service") in shown
    with acting_as(narrow):
        assert [line.domain for line in NeedLine.objects.all()] == ["health"]


def test_strangers_the_excluded_and_the_expired_know_nothing(world, case):
    excluded, expired = excluded_colleague(world, case), just_expired(world, case)
    write_needs(world.officer, case)
    with acting_as(world.officer):
        her = person_in(case)
    for member in (world.stranger, world.other_officer, excluded, expired, world.platform_admin):
        assert as_(member).get(page("needs", case)).status_code == 404
        assert as_(member).post(page("write_needs", case, her.pk), typed()).status_code == 404
        with acting_as(member):
            assert not NeedLine.objects.exists()


def test_a_reader_reads_and_does_not_write(world, case):
    write_needs(world.officer, case)
    with acting_as(world.officer):
        her = person_in(case)
    assert "Elle dort chez une amie." in text(as_(world.reader).get(page("needs", case)))
    assert as_(world.reader).post(page("write_needs", case, her.pk), typed()).status_code == 403
    with pytest.raises(Refused):
        write_needs(world.reader, case)


def test_a_person_of_another_case_is_not_found(world, case):
    other = make_report(world.officer).case
    with acting_as(world.officer):
        theirs = person_in(other)
    assert as_(world.officer).get(page("write_needs", case, theirs.pk)).status_code == 404
    assert as_(world.officer).get(page("migration", case, theirs.pk)).status_code == 404


def test_as_many_queries_whatever_was_found(world, case):
    hers = all_of_her_side(world, case)
    write_needs(world.officer, case)
    client = as_(world.officer)
    client.get(page("needs", case))

    def count() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(page("needs", case)).status_code == 200
        return len(found)

    few = count()
    write_needs(hers, case, partners=[world.officer.agency_id])
    write_needs(world.officer, case, "child")
    write_background(world.officer, case)
    write_background(hers, case)
    assert count() == few


# --- migration background ---------------------------------------------------------------------------------------
def test_a_background_says_why_it_is_useful(world, case):
    with pytest.raises(RuleBroken) as broken:
        write_background(world.officer, case, why=" ")
    assert list(broken.value.errors) == ["why"]
    with pytest.raises(RuleBroken) as broken:
        write_background(world.officer, case, migrated=False)
    assert list(broken.value.errors) == ["migrated"]
    row = write_background(world.officer, case)
    assert (row.migrated, row.other_nationality, row.parent_migrated, row.side) == (True, False, False, "victim")
    assert "Son titre de séjour dépend de lui." in text(as_(world.officer).get(page("needs", case)))


def test_a_background_is_read_under_migration_alone(world, case):
    narrow = make_member(make_agency(AgencyKind.CPAS))
    bring_in(world, case, narrow, ParticipationSide.VICTIM, ["identity:victim", "psychosocial:victim"])
    reader = make_member(narrow.agency, Role.READER)
    write_background(world.officer, case)
    with acting_as(world.officer):
        her = person_in(case)
    assert "titre de séjour dépend de lui" not in text(as_(narrow).get(page("needs", case)))
    assert "titre de séjour dépend de lui" not in text(
        as_(narrow).get(page("migration", case, her.pk))
    )  # to write its own
    assert as_(reader).get(page("migration", case, her.pk)).status_code == 404
    with acting_as(narrow):
        assert not MigrationBackground.objects.exists()


def test_a_background_is_taken_back_with_a_reason_and_stays_on_record(world, case):
    held = write_background(world.officer, case)
    with acting_as(world.officer):
        her = person_in(case)
    data = {"request_key": str(uuid7()), "replaces": str(held.pk), "why": "Elle ne le souhaite plus.", "withdraw": "1"}
    assert as_(world.officer).post(page("migration", case, her.pk), data).status_code == 302
    with acting_as(world.officer):
        assert list(MigrationBackground.objects.filter(superseded_by=None).values_list("withdrawn", flat=True)) == [
            True
        ]
    assert "titre de séjour dépend de lui" not in text(as_(world.officer).get(page("needs", case)))
    assert "titre de séjour dépend de lui" in text(as_(world.officer).get(page("migration", case, her.pk)))
    again = data | {"request_key": str(uuid7()), "replaces": ""}
    assert as_(world.officer).post(page("migration", case, her.pk), again).status_code == 409


def test_his_side_writes_of_him(world, case):
    programme = world.programme
    bring_in(world, case, programme, ParticipationSide.PERPETRATOR, HIS_IDENTITY)
    row = write_background(programme, case, "presumed_perpetrator", why="Un interprète pour ses séances.")
    assert row.side == Side.PERPETRATOR
    assert "Un interprète pour ses séances." in text(as_(programme).get(page("needs", case)))
    shelter = make_member(make_agency(AgencyKind.SHELTER, side=AgencySide.VICTIM))
    bring_in(world, case, shelter, ParticipationSide.VICTIM, ["identity:perpetrator", "migration:perpetrator"])
    assert "Un interprète" not in text(as_(shelter).get(page("needs", case)))


# --- before it is shared ----------------------------------------------------------------------------------------
def test_the_preview_of_a_sharing_shows_the_needs_it_would_open_and_none_across(world, case):
    write_needs(world.officer, case, needs={"health": Need("needed", "Une côte fêlée.", "document")})
    write_needs(
        world.officer, case, "presumed_perpetrator", needs={"health": Need("met", "Il voit son médecin.", "person")}
    )
    with acting_as(world.officer):
        found = get_case(case.pk, world.officer)[0]

        def shown(side: str) -> str:
            grants = {name: None for name in ("view_case", "view_health_victim", "view_health_perpetrator")}
            new = CaseAccess(case.pk, world.shelter.agency_id, grants, side)
            return str([line.words for line in shown_needs.lines(found, new)])

        assert "côte fêlée" in shown(ParticipationSide.VICTIM) and "médecin" not in shown(ParticipationSide.VICTIM)
        assert "médecin" in shown(ParticipationSide.PERPETRATOR)
        assert "côte fêlée" not in shown(ParticipationSide.PERPETRATOR)
