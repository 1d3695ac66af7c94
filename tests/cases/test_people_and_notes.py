"""People by side, the rule before the number, contact rules that are replaced, notes written once."""

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from agencies.acting import acting_as
from audit.models import AuditEvent
from cases.access import for_case
from cases.models import Case, CaseEvent, CasePerson, ContactPoint, Note
from cases.perms import may_write_note, note_subjects
from cases.services import change_contact, write_note
from common.errors import Refused, RuleBroken
from tests.factories import make_report

from .helpers import Queries, as_, bring_in, bring_in_programme, text, url

pytestmark = pytest.mark.django_db
NUMBER = "0470 12 34 42"
RULES = {"kind": "phone", "value": "0471 98 76 54", "safe": "yes", "hours": "le soir", "say": "le dentiste"}


@pytest.fixture
def case(world):
    return make_report(world.officer, victim_languages=["ff"], victim_interpreter_needed="on").case


def the(model, by, **filters):
    with acting_as(by):
        return model.objects.get(**filters)


def point_of(world) -> ContactPoint:
    return the(ContactPoint, world.officer, ended_at=None)


# --- people ---------------------------------------------------------------------------------------------------------
def test_people_by_side_with_the_rule_and_no_number(world, case):
    seen = text(as_(world.officer).get(url("cases:people", case)))
    for words in (
        "Fatou Diallo-Test",
        "Yvan Morel-Test",
        "Noé",
        "peul",
        "interprète",
        "la bibliothèque",
        "son compagnon",
    ):
        assert words in seen
    assert NUMBER not in seen and "+32470123442" not in seen and "tel:" not in seen


def test_the_cell_sees_her_and_the_child_not_him(world, case):
    seen = text(as_(world.eva).get(url("cases:people", case)))
    assert "Fatou" in seen and "Noé" in seen and "Yvan" not in seen and "Morel" not in seen


def test_who_sees_no_identity_reads_no_name(world, case):
    bring_in(case, world.officer, world.shelter, [], side="victim")
    seen = text(as_(world.shelter).get(url("cases:people", case)))
    assert "Fatou" not in seen and "Yvan" not in seen and "bibliothèque" not in seen


def test_the_rule_is_read_before_the_number_and_both_are_on_record(world, case):
    client, point = as_(world.eva), point_of(world)
    address = url("cases:contact", case, point.pk)
    before = text(client.get(address))
    assert "la bibliothèque" in before and NUMBER not in before and "tel:" not in before
    with acting_as(world.eva):
        assert not AuditEvent.objects.filter(object_kind="cases.contact").exists()
    after = text(client.post(address))
    assert NUMBER in after and "tel:+32470123442" in after and after.index("la bibliothèque") < after.index(NUMBER)
    with acting_as(world.eva):
        event = AuditEvent.objects.get(object_kind="cases.contact")
        assert (event.fields, event.object_id, event.user_id) == (["contact:victim"], point.pk, world.eva.user_id)


def test_an_unsafe_number_is_never_one_click_away(world):
    case = make_report(world.officer, victim_phone_safe="no", j2_accepted="no").case
    point = point_of(world)
    shown = text(as_(world.officer).post(url("cases:contact", case, point.pk)))
    assert "tel:" not in shown and "Ne jamais utiliser" in shown


def test_her_number_stays_closed_to_everybody_else(world, case):
    point = point_of(world)
    bring_in_programme(case, world.officer, world.programme)
    bring_in(case, world.officer, world.shelter, ["identity:victim"], side="victim")
    for who in ("stranger", "programme", "shelter", "other_officer"):
        client = as_(getattr(world, who))
        for name in ("cases:contact", "cases:replace_contact"):
            assert client.get(url(name, case, point.pk)).status_code == 404
            assert client.post(url(name, case, point.pk), RULES).status_code == 404
        victim = the(CasePerson, world.officer, role="victim")
        assert client.get(url("cases:new_contact", case, victim.pk)).status_code == 404


def test_a_contact_is_looked_up_through_its_case(world, case):
    other = make_report(world.officer).case
    with acting_as(world.officer):
        point = ContactPoint.objects.get(case=other)
        person = CasePerson.objects.get(case=other, role="victim")
    client = as_(world.officer)
    assert client.get(url("cases:contact", case, point.pk)).status_code == 404
    assert client.post(url("cases:replace_contact", case, point.pk), RULES).status_code == 404
    assert client.get(url("cases:new_contact", case, person.pk)).status_code == 404


# --- contact rules ------------------------------------------------------------------------------------------------
def test_rules_are_replaced_not_edited(world, case):
    old = point_of(world)
    client = as_(world.eva)
    assert NUMBER in text(client.get(url("cases:replace_contact", case, old.pk)))
    answer = client.post(url("cases:replace_contact", case, old.pk), {**RULES, "may_sms": "on"})
    assert answer["Location"] == url("cases:people", case)
    with acting_as(world.officer):
        before, after = ContactPoint.objects.order_by("recorded_at")
        assert before.ended_at and before.value == "+32470123442" and before.say == "la bibliothèque"
        assert (after.value, after.say, after.may_sms, after.ended_at) == ("+32471987654", "le dentiste", True, None)
        assert after.agency_id == world.eva.agency_id
        event = CaseEvent.objects.get(code="contact_changed")
        assert (event.category, event.side, event.payload) == ("contact", "victim", {"contact": str(after.pk)})
    seen = text(as_(world.officer).get(url("cases:people", case)))
    assert "le dentiste" in seen and "la bibliothèque" not in seen


def test_another_way_to_reach_him_is_added(world, case):
    him = the(CasePerson, world.officer, role="presumed_perpetrator")
    answer = as_(world.officer).post(url("cases:new_contact", case, him.pk), RULES)
    assert answer.status_code == 302
    with acting_as(world.officer):
        assert ContactPoint.objects.filter(case_person=him, side="perpetrator").count() == 1
        assert ContactPoint.objects.filter(ended_at=None).count() == 2


@pytest.mark.parametrize(
    ("field", "wrong"), [("value", "pas un numéro"), ("value", ""), ("safe", ""), ("safe", "maybe"), ("kind", "fax")]
)
def test_wrong_rules_are_refused_with_what_was_typed(world, case, field, wrong):
    old = point_of(world)
    answer = as_(world.officer).post(url("cases:replace_contact", case, old.pk), RULES | {field: wrong})
    assert answer.status_code == 422 and f'href="#id_{field}"' in text(answer) and "le dentiste" in text(answer)
    assert point_of(world).pk == old.pk, "nothing ended, nothing added"


def test_two_people_replacing_the_same_rules_are_told(world, case):
    old = point_of(world)
    as_(world.eva).post(url("cases:replace_contact", case, old.pk), RULES)
    late = as_(world.officer).post(url("cases:replace_contact", case, old.pk), RULES | {"say": "la crèche"})
    assert late.status_code == 422 and "la crèche" in text(late)
    with acting_as(world.officer):
        assert ContactPoint.objects.count() == 2


def test_the_service_refuses_who_may_not(world, case):
    person = the(CasePerson, world.officer, role="victim")
    bring_in_programme(case, world.officer, world.programme)
    for who in ("programme", "reader", "stranger"):
        by = getattr(world, who)
        with acting_as(by), pytest.raises(Refused):
            access = for_case(Case(pk=case.pk), by)
            change_contact(by=by, access=access, case_person=person, kind="phone", value="0471 98 76 54", safe="yes")


def test_a_reader_reads_and_changes_nothing(world, case):
    client, point = as_(world.reader), point_of(world)
    seen = text(client.get(url("cases:people", case)))
    assert "/replace/" not in seen and "contacts/new" not in seen
    assert client.get(url("cases:replace_contact", case, point.pk)).status_code == 403
    assert client.post(url("cases:replace_contact", case, point.pk), RULES).status_code == 403


def test_the_people_page_does_not_cost_more_with_more_people(world, case):
    client = as_(world.officer)
    client.get(url("cases:people", case))
    with Queries() as few:
        client.get(url("cases:people", case))
    him = the(CasePerson, world.officer, role="presumed_perpetrator")
    for number in range(5):
        client.post(url("cases:new_contact", case, him.pk), RULES | {"value": f"0471 98 76 5{number}"})
    with Queries() as many:
        client.get(url("cases:people", case))
    assert few.count == many.count


# --- notes ----------------------------------------------------------------------------------------------------------
def key_of(page: str) -> str:
    return re.search(r'name="key"[^>]*value="([^"]+)"', page)[1]


def test_who_will_read_is_said_before_writing_and_a_note_is_written_once(world, case):
    client, address = as_(world.officer), url("cases:write_note", case)
    page = text(client.get(address))
    assert "Lu par" in page and "Zone de police A" in page
    data = {"about": "facts:case", "facts": "x" * 10_000, "appreciation": "À suivre.", "key": key_of(page)}
    assert client.post(address, data)["Location"] == url("cases:summary", case)
    assert client.post(address, data).status_code == 302, "back, and sent again"
    note = the(Note, world.officer)
    assert (note.category, note.side, note.internal) == ("facts", "case", False) and len(note.facts) == 10_000
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(code="note_written").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_note_sent_five_times_at_once_is_one(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    data = {"about": "facts:case", "facts": "une fois", "key": str(uuid4())}

    def send(_):
        try:
            return as_(world.officer).post(url("cases:write_note", case), data).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(send, range(5))) == {302}
    with acting_as(world.officer):
        assert Note.objects.count() == 1 and CaseEvent.objects.filter(code="note_written").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": ""},
        {"about": "contact:victim"},
        {"about": "network:victim"},
        {"about": "summary:case"},
        {"about": "nonsense"},
        {"facts": "", "statements": " ", "appreciation": ""},
        {"facts": "x" * 20_001},
    ],
)
def test_a_wrong_note_is_refused_and_kept_on_the_page(world, case, wrong):
    data = {"about": "facts:case", "facts": "des faits", "statements": "« non »", "key": str(uuid4())} | wrong
    answer = as_(world.officer).post(url("cases:write_note", case), data)
    assert answer.status_code == 422 and "data-error-summary" in text(answer)
    assert data["statements"].strip() in text(answer)
    with acting_as(world.officer):
        assert not Note.objects.exists()


def test_each_side_writes_of_its_own(world, case):
    bring_in_programme(case, world.officer, world.programme)

    def subjects(by):
        with acting_as(by):
            return {f"{category}:{side}" for category, side in note_subjects(for_case(Case(pk=case.pk), by))}

    assert "psychosocial:victim" in subjects(world.eva)
    assert not {item for item in subjects(world.eva) if item.endswith(":perpetrator")}
    assert "perpetrator_work:perpetrator" in subjects(world.programme)
    assert not {item for item in subjects(world.programme) if not item.endswith(":perpetrator")}
    assert subjects(world.reader) == set()
    answer = as_(world.programme).post(
        url("cases:write_note", case), {"about": "psychosocial:victim", "facts": "x", "key": str(uuid4())}
    )
    assert answer.status_code == 422
    assert "EVA" not in text(as_(world.programme).get(url("cases:write_note", case)))
    assert as_(world.reader).get(url("cases:write_note", case)).status_code == 403
    with acting_as(world.programme):
        access = for_case(Case(pk=case.pk), world.programme)
        assert not may_write_note(access, "psychosocial", "victim")
        with pytest.raises(RuleBroken):
            write_note(by=world.programme, case=case, access=access, category="health", side="victim", facts="x")


def test_somebody_elses_key_gives_nothing_of_theirs(world, case):
    key = str(uuid4())
    data = {"about": "facts:case", "facts": "le mien", "key": key}
    as_(world.officer).post(url("cases:write_note", case), data)
    taken = as_(world.eva).post(
        url("cases:write_note", case), {"about": "psychosocial:victim", "facts": "le sien", "key": key}
    )
    assert taken.status_code == 422 and "le sien" in text(taken) and "le mien" not in text(taken)
