"""Family and youth proceedings: read by who wrote them and by those they name, and not there for anybody else."""

from datetime import timedelta
from uuid import uuid4

import pytest

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from audit.models import Action, AuditEvent
from cases import proceedings
from cases.access import for_case
from cases.models import Case, CaseEvent, Proceeding, ProceedingReader, ProceedingStep
from common.clock import now
from common.errors import Refused, RuleBroken
from sharing.break_glass import open_emergency
from sharing.models import SharingDecision
from sharing.services import revoke
from tests.actors import all_of_his_side, excluded_colleague, former_member, just_expired
from tests.factories import make_agency, make_member, make_report
from tests.sharing.test_break_glass import look

from .helpers import Queries, as_, bring_in, text, url

pytestmark = pytest.mark.django_db
COURT = "Tribunal de la famille de Bruxelles 🧸"
WORDS = "Hébergement de Noé, \u202eעברית\u202c"
STEP = "Renvoyé au mois de mars."
PAIRS = ["identity:victim", "children:victim", "network:victim"]


@pytest.fixture
def case(world):
    return make_report(world.officer).case


@pytest.fixture
def saj(world, case):
    member = make_member(make_agency(AgencyKind.CHILD_PROTECTION, "SAJ du Parc", side=AgencySide.VICTIM))
    bring_in(case, world.officer, member, PAIRS, side="victim")
    return member


@pytest.fixture
def shelter(world, case):
    bring_in(case, world.officer, world.shelter, PAIRS, side="victim")
    return world.shelter


@pytest.fixture
def his(world, case):
    bring_in(case, world.officer, world.programme, ["identity:perpetrator", "children:victim"], side="perpetrator")
    return world.programme


def write(member, case, **changes) -> Proceeding:
    given = {"key": uuid4(), "kind": "family", "court": COURT, "reference": "26/123/A", "subject": WORDS} | changes
    with acting_as(member):
        return proceedings.open_proceeding(by=member, case=case, access=for_case(case, member), **given)


@pytest.fixture
def found(case, saj) -> Proceeding:
    written = write(saj, case)
    with acting_as(saj):
        proceedings.add_step(
            by=saj, access=for_case(case, saj), proceeding=written, key=uuid4(), text=STEP,
            next_hearing_at=now() + timedelta(days=20),
        )  # fmt: skip
    return written


def name_reader(by, case, found, to, reason="Elle prépare l'audience.") -> ProceedingReader:
    with acting_as(by):
        access = for_case(case, by)
        return proceedings.add_reader(
            by=by, case=case, access=access, proceeding=found, agency_id=to.agency_id, reason=reason
        )


def reads(member, case, found) -> bool:
    """Whether the page, the list, the queryset and the database all show it; they never disagree."""
    with acting_as(member):
        rows = [model.objects.exists() for model in (Proceeding, ProceedingStep)]
        listed = proceedings.readable(for_case(case, member)).filter(pk=found.pk).exists()
    client = as_(member)
    page = client.get(url("cases:proceeding", case, found.pk))
    assert page.status_code in (200, 302, 404)
    shown = page.status_code == 200
    assert rows == [shown, shown] and listed == shown
    people = client.get(url("cases:people", case))
    assert (COURT in text(people)) == shown
    if shown:
        assert WORDS in text(page) and STEP in text(page)
    return shown


def test_who_wrote_it_reads_it_and_nobody_else_is_told(world, case, saj, shelter, his, found):
    his_all = all_of_his_side(world, case)
    unaware = (
        world.officer, world.police_manager, world.reader, world.eva, world.prosecutor, world.stranger, shelter, his,
        his_all, world.other_officer, world.platform_admin, former_member(world), just_expired(world, case),
        excluded_colleague(world, case),
    )  # fmt: skip
    assert reads(saj, case, found)
    for member in unaware:
        assert not reads(member, case, found), member.agency
    for member in (world.officer, shelter, his):
        client = as_(member)
        assert client.get(url("cases:proceeding", case, found.pk)).status_code == 404
        for act in ("add_proceeding_step", "add_proceeding_reader"):
            assert client.post(url(f"cases:{act}", case, found.pk), {"key": uuid4()}).status_code == 404
        assert client.post(url("cases:end_proceeding_reader", case, found.pk, uuid4())).status_code == 404
        for page in ("cases:summary", "cases:timeline", "casework:trail", "cases:people"):
            seen = text(client.get(url(page, case)))
            assert str(found.pk) not in seen and COURT not in seen and STEP not in seen, page
        # the trail of the case says nothing of it: neither what was written, nor who has opened it
        seen = text(client.get(url("casework:trail", case))).lower()
        assert "ajouté : procédure" not in seen and "étape d’une procédure" not in seen
        assert "une procédure familiale ou de la jeunesse" not in seen
    with acting_as(world.officer):
        assert not CaseEvent.objects.filter(agency=saj.agency).exists()
    own = text(as_(saj).get(url("casework:trail", case))).lower()
    assert "procédure" in own


def test_a_reader_is_named_with_a_reason_reads_and_is_ended(world, case, saj, shelter, found):
    client = as_(saj)
    assert "Maison du Tilleul" in text(client.get(url("cases:proceeding", case, found.pk)))
    readers = url("cases:add_proceeding_reader", case, found.pk)
    without = client.post(readers, {"agency": shelter.agency_id, "reason": " "})
    assert without.status_code == 422 and not reads(shelter, case, found)
    given = {"agency": shelter.agency_id, "reason": "Elle prépare l'audience."}
    for _twice in range(2):
        assert client.post(readers, given).status_code == 302
    assert reads(shelter, case, found) and reads(saj, case, found)
    with acting_as(saj):
        (row,) = ProceedingReader.objects.all()
    # a reader reads: it neither adds to it nor names others, nor is it told of them
    other = as_(shelter)
    for act in ("add_proceeding_step", "add_proceeding_reader"):
        assert other.post(url(f"cases:{act}", case, found.pk), {"key": uuid4(), "text": "x"}).status_code == 403
    assert other.post(url("cases:end_proceeding_reader", case, found.pk, row.pk)).status_code == 403
    end = url("cases:end_proceeding_reader", case, found.pk, row.pk)
    for _twice in range(2):
        assert client.post(end).status_code == 302
    assert not reads(shelter, case, found) and reads(saj, case, found)
    assert "Elle prépare l&#x27;audience." in text(client.get(url("cases:proceeding", case, found.pk)))
    with acting_as(saj):
        decided = AuditEvent.objects.filter(action=Action.DECIDED, object_kind="cases.ProceedingReader")
        assert sorted(event.fields for event in decided) == [["added"], ["ended"]]
        assert {event.object_id for event in decided} == {row.pk}


def test_no_reader_on_his_side_nor_one_that_takes_no_part_or_may_not_be_known(world, case, saj, shelter, his, found):
    shown = text(as_(saj).get(url("cases:proceeding", case, found.pk)))
    assert "Programme Passerelle" not in shown and "CPAS Est" not in shown
    for member in (his, world.stranger, saj):
        with pytest.raises(RuleBroken):
            name_reader(saj, case, found, member)
    with acting_as(saj), pytest.raises(RuleBroken):
        proceedings.add_reader(
            by=saj, case=case, access=for_case(case, saj), proceeding=found, agency_id=None, reason="x"
        )  # fmt: skip
    with acting_as(his), pytest.raises(Refused):
        given = {"key": uuid4(), "kind": "family", "court": "x", "reference": "", "subject": "x"}
        proceedings.open_proceeding(by=his, case=case, access=for_case(case, his), **given)
    assert as_(his).get(url("cases:new_proceeding", case)).status_code == 404
    assert as_(world.reader).get(url("cases:new_proceeding", case)).status_code == 403


def test_a_reader_whose_part_in_the_case_ends_or_turns_to_his_side_reads_no_more(world, case, saj, shelter, found):
    name_reader(saj, case, found, shelter)
    written = write(shelter, case, court="Juge de paix")
    with acting_as(world.officer):
        revoke(
            by=world.officer, reason="Plus concernée.",
            decision=SharingDecision.objects.get(case=case, recipient=shelter.agency),
        )  # fmt: skip
    assert as_(shelter).get(url("cases:proceeding", case, found.pk)).status_code == 404
    assert as_(shelter).get(url("cases:proceeding", case, written.pk)).status_code == 200, "own work stays"
    assert as_(shelter).post(url("cases:add_proceeding_step", case, written.pk), {"key": uuid4()}).status_code == 403
    bring_in(case, world.officer, shelter, PAIRS[:2], side="perpetrator")
    for each in (found, written):
        assert as_(shelter).get(url("cases:proceeding", case, each.pk)).status_code == 404
    with acting_as(shelter):
        assert not Proceeding.objects.exists()


def test_an_emergency_access_opens_no_proceeding_again(world, case, saj, shelter, found):
    """Named once, gone since: let in again by itself for some hours, it reads how to reach her and nothing of it."""
    name_reader(saj, case, found, shelter)
    assert reads(shelter, case, found)
    with acting_as(world.officer):
        revoke(
            by=world.officer, reason="Plus concernée.",
            decision=SharingDecision.objects.get(case=case, recipient=shelter.agency),
        )  # fmt: skip
    (hit,) = look(shelter).hits
    with acting_as(shelter):
        open_emergency(by=shelter, token=hit.token)
        access = for_case(Case(pk=case.pk), shelter)
        assert access.can("contact", "victim") and not access.own_work_only
    assert not reads(shelter, case, found) and reads(saj, case, found)
    bring_in(case, world.officer, shelter, PAIRS, side="victim")
    assert reads(shelter, case, found), "one of the services again: still named"


def test_it_is_written_once_and_kept_to_the_letter(case, saj):
    client, key = as_(saj), uuid4()
    given = {"key": key, "kind": "youth", "court": COURT, "reference": "", "subject": WORDS}
    for _twice in range(2):
        answer = client.post(url("cases:new_proceeding", case), given)
        assert answer.status_code == 302 and answer["Location"] == url("cases:proceeding", case, key)
    step = {"key": uuid4(), "text": STEP, "next_hearing_at": "2027-03-04T09:30"}
    for _twice in range(2):
        assert client.post(url("cases:add_proceeding_step", case, key), step).status_code == 302
    with acting_as(saj):
        assert Proceeding.objects.get().subject == WORDS and ProceedingStep.objects.get().text == STEP
    seen = text(client.get(url("cases:proceeding", case, key)))
    assert seen.count(STEP) == 1 and "Prochaine audience" in seen


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "criminal"}, {"court": ""}, {"court": "x" * 10_000}, {"subject": " "}, {"subject": "x" * 10_000},
        {"subject": "a\x00b"}, {"reference": "x" * 101}, {"key": "nonsense"}, {"key": ""},
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_told_and_nothing_is_lost(case, saj, wrong):
    given = {"key": uuid4(), "kind": "family", "court": COURT, "reference": "", "subject": WORDS} | wrong
    answer = as_(saj).post(url("cases:new_proceeding", case), given)
    assert answer.status_code == 422
    assert WORDS in text(answer) or COURT in text(answer)
    with acting_as(saj):
        assert not Proceeding.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"text": ""}, {"text": "x" * 10_000}, {"next_hearing_at": "soon"}, {"next_hearing_at": "9999-12-31T23:59"}],
)
def test_a_step_that_cannot_be_kept(case, saj, found, wrong):
    given = {"key": uuid4(), "text": "Une lettre.", "next_hearing_at": ""} | wrong
    answer = as_(saj).post(url("cases:add_proceeding_step", case, found.pk), given)
    assert answer.status_code == 422
    with acting_as(saj):
        assert ProceedingStep.objects.count() == 1


def test_ids_of_another_case_are_not_found(world, case, saj, found):
    other = make_report(world.officer, victim_family_name="Ngo-Test", perpetrator_family_name="Peeters-Test").case
    bring_in(other, world.officer, saj, PAIRS, side="victim")
    client = as_(saj)
    assert client.get(url("cases:proceeding", other, found.pk)).status_code == 404
    elsewhere = write(saj, other)
    row = name_reader(saj, case, found, world.officer)
    assert client.post(url("cases:end_proceeding_reader", other, elsewhere.pk, row.pk)).status_code == 404
    with acting_as(saj):
        assert ProceedingReader.objects.get().ended_at is None


def test_the_page_costs_the_same_whatever_is_written(world, case, saj, shelter, found):
    client, page = as_(saj), url("cases:proceeding", case, found.pk)
    client.get(page)
    counts = []
    for turn in range(2):
        with Queries() as queries:
            client.get(page)
        counts.append(queries.count)
        with acting_as(saj):
            for _step in range(3):
                proceedings.add_step(
                    by=saj, access=for_case(case, saj), proceeding=found, key=uuid4(), text=f"Lettre {turn}"
                )
        name_reader(saj, case, found, shelter)
        name_reader(saj, case, found, world.officer)
    assert counts[0] == counts[1]
