"""A note is put right by a new version: what stood there stays, for who read it; two people never overwrite another."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.urls import reverse

from agencies.acting import acting_as
from cases import notes
from cases.access import for_case
from cases.models import Case, CaseEvent, Note
from cases.services import write_note
from casework.rectifying import resolve
from common.clock import now
from common.errors import Refused, RuleBroken, StaleVersion
from followups.calling import record_attempt
from sharing.models import RectificationRecipient, SharingDecision
from sharing.rectifying import rectify
from sharing.services import revoke
from tests.factories import make_member, make_report
from tests.followups.helpers import the_follow_up

from .helpers import Queries, as_, bring_in, text, url

pytestmark = pytest.mark.django_db

OLD, NEW = "La voiture rouge était là.", "La voiture bleue était là."


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def access_of(by, case):
    return for_case(Case.objects.get(pk=case.pk), by)


def written(by, case, **more):
    given = {"category": "facts", "side": "case", "facts": OLD} | more
    with acting_as(by):
        return write_note(by=by, case=case, access=access_of(by, case), **given)


def corrected(by, case, note, *, version=None, key=None, **words):
    with acting_as(by):
        return notes.correct_note(
            by=by, case=case, access=access_of(by, case), note=note, version=version or note.pk, key=key or uuid4(),
            **({"facts": NEW} | words),
        )  # fmt: skip


def address(case, note):
    return url("cases:correct_note", case, note.pk)


def form_of(page: str) -> dict[str, str]:
    found = {name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)[1] for name in ("key", "version")}
    return found | {"facts": NEW, "statements": "", "appreciation": ""}


# --- what is shown ----------------------------------------------------------------------------------------------
def test_the_latest_words_stand_there_and_what_they_replaced_is_folded_under_them(world, case):
    note, client = written(world.officer, case), as_(world.officer)
    page = text(client.get(address(case, note)))
    assert OLD in page and reverse("casework:rectify", args=[case.pk, "note", note.pk]) in page
    answer = client.post(address(case, note), form_of(page), follow=True)
    seen = text(answer)
    assert answer.redirect_chain[-1][0].endswith(f"#entry-{entry_of(world.officer, note).pk}")
    assert seen.index(NEW) < seen.index("voir ce qu’elle disait avant") < seen.index(OLD)
    assert "Corrigée" in seen and "par Marc Delvaux" in seen and seen.count(NEW) == 1
    with acting_as(world.officer):
        event = CaseEvent.objects.get(code="note_corrected")
        assert (event.category, event.side, event.payload) == ("facts", "case", {"corrects": str(note.pk)})
        assert Note.objects.count() == 2, "nothing is taken away"
    assert url("cases:timeline_entry", case, note.pk) in seen, "the line of the correction leads to the note"


def entry_of(by, note):
    with acting_as(by):
        return CaseEvent.objects.get(code="note_written", payload__note=str(note.pk))


def test_a_note_corrected_again_and_again_shows_every_version_to_who_wrote_it(world, case):
    note = written(world.officer, case)
    version = note
    for number in range(3):
        version = corrected(world.officer, case, note, version=version.pk, facts=f"Version {number}.")
    seen = text(as_(world.officer).get(url("cases:timeline", case)))
    order = [seen.index(words) for words in ("Version 2.", "Version 1.", "Version 0.", OLD)]
    assert order == sorted(order)
    with acting_as(world.officer):
        access = access_of(world.officer, case)
        every = notes.versions(case, access, Note.objects.get(pk=version.pk))
        assert [each.pk for each in every][0] == note.pk and len(every) == 4


HERS = {"category": "psychosocial", "side": "victim", "internal": False}


def test_what_it_said_before_is_read_by_who_read_it_and_by_nobody_who_comes_later(world, case):
    note = written(world.eva, case, **HERS)
    bring_in(case, world.eva, world.shelter, ["psychosocial:victim"], side="victim")
    assert OLD in text(as_(world.shelter).get(url("cases:summary", case)))
    corrected(world.eva, case, note)
    bring_in(case, world.eva, world.stranger, ["psychosocial:victim"], side="victim")
    was_there = text(as_(world.shelter).get(url("cases:timeline", case)))
    assert NEW in was_there and OLD in was_there and "entry-new" in was_there, "and is told that it was corrected"
    for _each in range(2):  # its own readings came after the correction
        came_later = text(as_(world.stranger).get(url("cases:timeline", case)))
        assert NEW in came_later and OLD not in came_later and "Corrigée" in came_later
    for member in (world.officer, world.prosecutor):
        assert NEW not in text(as_(member).get(url("cases:timeline", case)))


def test_an_internal_note_is_corrected_inside(world, case):
    note = written(world.officer, case, internal=True)
    bring_in(case, world.officer, world.prosecutor, ["facts:case"], side="neutral")
    made = corrected(world.officer, case, note)
    assert made.internal and made.category == note.category and made.side == note.side
    with acting_as(world.officer):
        assert not CaseEvent.objects.filter(code="note_corrected").exists()
    seen = text(as_(world.officer).get(url("cases:timeline", case)))
    assert NEW in seen and OLD in seen and seen.count("Note interne") == seen.count("Note interne · faits") >= 1
    assert seen.count(NEW) == 1, "the later version is no line of its own"
    assert NEW not in text(as_(world.prosecutor).get(url("cases:timeline", case)))
    with acting_as(world.prosecutor):
        assert not Note.objects.exists()


# --- who, and what cannot be ------------------------------------------------------------------------------------
def test_only_the_service_that_wrote_it_and_takes_part_corrects_it(world, case):
    note = written(world.officer, case)
    bring_in(case, world.officer, world.prosecutor, ["facts:case"], side="neutral")
    colleague = make_member(world.officer.agency)
    assert corrected(colleague, case, note).author_id == colleague.user_id
    for member, status in ((world.prosecutor, 403), (world.reader, 403), (world.eva, 404), (world.stranger, 404)):
        assert as_(member).get(address(case, note)).status_code == status
        assert as_(member).post(address(case, note), {"facts": NEW}).status_code == status
    for member in (world.prosecutor, world.reader):
        with pytest.raises(Refused):
            corrected(member, case, note)
    assert url("cases:correct_note", case, note.pk) not in text(as_(world.prosecutor).get(url("cases:timeline", case)))


def test_who_takes_part_no_more_reads_its_work_and_corrects_it_no_more(world, case):
    bring_in(case, world.eva, world.shelter, ["psychosocial:victim"], side="victim")
    note = written(world.shelter, case, **HERS)
    with acting_as(world.eva):
        decision = SharingDecision.objects.get(case=case, recipient=world.shelter.agency)
        revoke(by=world.eva, decision=decision, reason="x")
    client = as_(world.shelter)
    page = text(client.get(url("cases:timeline", case)))
    assert OLD in page and address(case, note) not in page
    assert client.post(address(case, note), {"facts": NEW}).status_code == 403
    assert reverse("casework:rectify", args=[case.pk, "note", note.pk]) in page, "a wrong fact is still told"


@pytest.mark.parametrize(
    "words",
    [
        {"facts": ""},
        {"facts": " \n "},
        {"facts": OLD},
        {"facts": "a\x00b"},
        {"facts": "x" * 20_001},
    ],
)
def test_what_cannot_be_kept_is_said_and_what_was_typed_stays(world, case, words):
    note, client = written(world.officer, case), as_(world.officer)
    typed = form_of(text(client.get(address(case, note)))) | words
    answer = client.post(address(case, note), typed)
    assert answer.status_code == 422 and "data-error-summary" in text(answer)
    with acting_as(world.officer):
        assert Note.objects.count() == 1
    if len(words["facts"]) > 20_000:
        assert words["facts"] in text(answer)


@pytest.mark.parametrize("words", ["x" * 10_000, "🙂 \u202eעברית\u202c العربية", "<b>gras</b> & {{ x }}"])
def test_what_was_typed_is_kept_exactly(world, case, words):
    note = written(world.officer, case)
    client = as_(world.officer)
    typed = form_of(text(client.get(address(case, note)))) | {"facts": words}
    assert client.post(address(case, note), typed).status_code == 302
    with acting_as(world.officer):
        assert Note.objects.get(supersedes=note.pk).facts == words


@pytest.mark.parametrize("version", ["", "nonsense", "00000000-0000-7000-8000-000000000000"])
def test_a_form_that_names_no_version_of_the_note_changes_nothing(world, case, version):
    note = written(world.officer, case)
    answer = as_(world.officer).post(address(case, note), {"facts": NEW, "key": str(uuid4()), "version": version})
    assert answer.status_code == 422 and NEW in text(answer)
    with acting_as(world.officer):
        assert Note.objects.count() == 1


def test_the_form_chooses_no_other_readers(world, case):
    note, client = written(world.officer, case, internal=True), as_(world.officer)
    typed = form_of(text(client.get(address(case, note))))
    client.post(address(case, note), typed | {"about": "psychosocial:victim", "internal": "", "category": "health"})
    with acting_as(world.officer):
        made = Note.objects.get(supersedes=note.pk)
        assert (made.category, made.side, made.internal) == ("facts", "case", True)


# --- two people at once -----------------------------------------------------------------------------------------
def test_a_colleague_corrected_it_meanwhile_both_texts_are_there(world, case):
    note, client = written(world.officer, case), as_(world.officer)
    typed = form_of(text(client.get(address(case, note)))) | {"facts": "Ce que j’ai tapé."}
    colleague = make_member(world.officer.agency)
    theirs = corrected(colleague, case, note, facts="Ce que ma collègue a mis.")
    answer = client.post(address(case, note), typed)
    page = text(answer)
    assert answer.status_code == 409 and "Ce que j’ai tapé." in page and "Ce que ma collègue a mis." in page
    again = form_of(page) | {"facts": "Ce que j’ai tapé."}
    assert UUID(again["version"]) == theirs.pk
    assert client.post(address(case, note), again).status_code == 302
    with acting_as(world.officer):
        assert Note.objects.get(supersedes=theirs.pk).facts == "Ce que j’ai tapé."
    with pytest.raises(StaleVersion) as stale:
        corrected(world.officer, case, note, facts="encore")
    assert stale.value.conflicts == [{"field": "facts", "theirs": "Ce que j’ai tapé.", "yours": "encore"}]


def test_the_same_form_twice_is_one_correction(world, case):
    note, key = written(world.officer, case), uuid4()
    first = corrected(world.officer, case, note, key=key)
    assert corrected(world.officer, case, note, key=key) == first
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(code="note_corrected").count() == 1
    with pytest.raises(RuleBroken):
        corrected(world.officer, case, note, key=note.pk, version=first.pk, facts="autre"), "a key that is taken"


@pytest.mark.django_db(transaction=True)
def test_two_people_at_the_same_moment_leave_one_and_lose_nothing(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    note = written(world.officer, case)
    people = [world.officer, *(make_member(world.officer.agency) for _each in range(3))]

    def send(member):
        try:
            typed = {"key": str(uuid4()), "version": str(note.pk), "facts": f"Selon {member.pk}."}
            answer = as_(member).post(address(case, note), typed)
            return answer.status_code, typed["facts"] in text(answer)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, people))
    assert sorted(status for status, _kept in answers) == [302, 409, 409, 409]
    assert all(kept for status, kept in answers if status == 409)
    with acting_as(world.officer):
        assert Note.objects.filter(supersedes=note.pk).count() == 1


# --- beside a wrong fact ----------------------------------------------------------------------------------------
def test_a_wrong_fact_is_told_to_who_received_any_version_of_the_note(world, case):
    note = written(world.officer, case)
    bring_in(case, world.officer, world.prosecutor, ["facts:case"], side="neutral")
    with acting_as(world.officer):
        decision = SharingDecision.objects.get(case=case, recipient=world.prosecutor.agency)
        revoke(by=world.officer, decision=decision, reason="x")
    latest = corrected(world.officer, case, note)
    with acting_as(world.officer):
        access = access_of(world.officer, case)
        found = resolve(case, access, "note", latest.pk)
        assert found.wrong_record.object_id == note.pk and found.wrong_record.since == note.written_at
        made = rectify(
            by=world.officer, case=case, access=access, wrong_record=found.wrong_record, wrong="Bleue.",
            right="Elle était verte.", key=uuid4(),
        )  # fmt: skip
        assert RectificationRecipient.objects.filter(rectification=made, agency=world.prosecutor.agency).exists()
    client = as_(world.officer)
    page = text(client.get(reverse("casework:rectify", args=[case.pk, "note", latest.pk])))
    assert NEW in page and OLD not in page and address(case, note) in page, "each of the two leads to the other"
    assert "Elle était verte." in text(client.get(url("cases:timeline", case)))


def test_the_page_of_a_call_shows_the_latest_words(world, case):
    call, client = the_follow_up(), as_(world.eva)
    with acting_as(world.eva):
        record_attempt(
            by=world.eva, follow_up_id=call.pk, outcome="no_answer", note="Elle a dit oui.", request_key=uuid4(),
            next_at=now() + timedelta(days=1),
        )  # fmt: skip
        note = Note.objects.get(statements="Elle a dit oui.")
    assert "Elle a dit oui." in text(client.get(reverse("followups:detail", args=[call.pk])))
    corrected(world.eva, case, note, facts="", statements="Elle a dit peut-être.")
    page = text(client.get(reverse("followups:detail", args=[call.pk])))
    assert "Elle a dit peut-être." in page and "Elle a dit oui." not in page


def test_the_timeline_costs_the_same_however_often_its_notes_were_corrected(world, case):
    client = as_(world.officer)

    def cost():
        client.get(url("cases:timeline", case))
        with Queries() as queries:
            client.get(url("cases:timeline", case))
        return queries

    first = written(world.officer, case)
    corrected(world.officer, case, first)
    few = cost()
    for _each in range(4):
        other = written(world.officer, case)
        version = corrected(world.officer, case, other)
        corrected(world.officer, case, other, version=version.pk, facts="Encore autre chose.")
    many = cost()
    assert few.count == many.count <= 18, "\n\n".join(many.statements)
