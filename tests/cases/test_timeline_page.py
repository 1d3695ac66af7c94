"""The whole timeline: what is asked of it, what is new, the address of each entry, and what others never see there."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import translation

from agencies.acting import acting_as
from cases import timeline, timeline_page
from cases.access import for_case
from cases.enums import Category, EventCode, Side
from cases.models import Case, CaseEvent
from cases.services import log_event, write_note
from cases.timeline import FAMILY_CODES, Family
from common.clock import local, now, travel
from tests.factories import make_member, make_report

from .helpers import Queries, as_, bring_in, bring_in_programme, text, url

pytestmark = pytest.mark.django_db

SUMMARY = {"category": Category.SUMMARY, "side": Side.CASE}
FACTS = {"category": Category.FACTS, "side": Side.CASE}


@pytest.fixture
def case(world):
    return make_report(world.officer).case


@pytest.fixture
def client(world):
    return as_(world.officer)


def note(by, case, category="facts", side="case", **words):
    with acting_as(by):
        access = for_case(Case.objects.get(pk=case.pk), by)
        return write_note(by=by, case=case, access=access, category=category, side=side, **words)


def event(by, case, code, about=SUMMARY, **more):
    with acting_as(by):
        return log_event(by=by, case=case, code=code, **about, **more)


def shown(client, case, **query):
    answer = client.get(url("cases:timeline", case), query)
    assert answer.status_code == 200
    return answer


def titles(answer) -> list[str]:
    """The entries of a page, in their order."""
    found = []
    for _day, items in answer.context["days"]:
        for item in items:
            found += [entry["title"] for entry in item.get("run", [item.get("entry")])]
    return found


# --- the words ------------------------------------------------------------------------------------------------
def test_every_code_stands_in_one_family():
    found = [code for codes in FAMILY_CODES.values() for code in codes]
    assert sorted(found) == sorted(EventCode), "each once, none forgotten"
    assert set(FAMILY_CODES) == set(Family) and 6 <= len(Family) <= 8


# --- filters ----------------------------------------------------------------------------------------------------
def test_each_filter_leaves_what_it_asks_for(world, case, client):
    bring_in(case, world.officer, world.prosecutor, ["facts:case"], side="neutral")
    note(world.officer, case, facts="Une note.")
    note(world.officer, case, facts="Pour nous.", internal=True)
    event(world.officer, case, EventCode.SENT_TO_PROSECUTOR)
    event(world.prosecutor, case, EventCode.APPOINTMENT_MADE)
    with translation.override("fr"):
        words = {code: timeline.title(code, {}) for code in EventCode.values}
    sent, made = words["sent_to_prosecutor"], words["appointment_made"]

    everything = titles(shown(client, case))
    assert sent in everything and made in everything and any("interne" in title for title in everything)
    machinery = titles(shown(client, case, acts="system"))
    assert sent in machinery and made not in machinery and not any("interne" in title for title in machinery)
    people = titles(shown(client, case, acts="people"))
    assert sent not in people and made in people and any("interne" in title for title in people)
    assert titles(shown(client, case, family="appointments")) == [made]
    notes = titles(shown(client, case, family="notes"))
    assert len(notes) == 2 and any("interne" in title for title in notes)
    theirs = titles(shown(client, case, agency=str(world.prosecutor.agency_id)))
    assert theirs == [made], "what the prosecutor's office did, and nobody else"
    mine = titles(shown(client, case, agency=str(world.officer.agency_id), family="notes"))
    assert mine == notes


def test_days_are_belgian_and_both_included(world, case, client):
    long_ago = now() - timedelta(days=400)
    with travel(long_ago):
        event(world.officer, case, EventCode.TURNING_POINT)
    day = local(long_ago).date()
    for first, last, count in ((day, day, 1), (day + timedelta(days=1), None, 0), (None, day - timedelta(days=1), 0)):
        query = {"first_day": first.isoformat()} if first else {}
        query |= {"last_day": last.isoformat()} if last else {}
        assert len(titles(shown(client, case, family="assessments", **query))) == count


@pytest.mark.parametrize(
    "query",
    [
        {"first_day": "2026-13-45"},
        {"first_day": "hier"},
        {"last_day": "9999-12-31"},
        {"first_day": "2026-11-02", "last_day": "2026-11-01"},
        {"agency": "x"},
        {"agency": str(uuid4())},
        {"family": "nonsense"},
        {"acts": "a\x00b"},
    ],
)
def test_a_filter_that_means_nothing_is_told_and_filters_nothing(world, case, client, query):
    whole = titles(shown(client, case))
    answer = shown(client, case, **query)
    assert answer.context["form"].errors
    assert titles(answer) == whole or "first_day" in query and "last_day" in query


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "nonsense"},
        {"cursor": "x" * 5000},
        {"since": "hier"},
        {"since": "2999-01-01T00:00:00Z"},
        {"since": "2026-11-21T10:00:00"},
        {"since": "x\x00" * 50},
        {"entry": "nonsense"},
        {"entry": str(uuid4())},
        {"first_day": "0001-01-01"},
        {"new": "on"},
        {"unknown": "🙂\u202e"},
    ],
)
def test_nonsense_in_the_address_is_no_error_and_hides_nothing(world, case, client, query):
    whole = titles(shown(client, case))
    assert titles(shown(client, case, **query)) == whole or "new" in query


def test_an_empty_result_says_so_and_offers_to_clear(world, case, client):
    page = text(shown(client, case, family="children"))
    assert "ne répond à ces filtres" in page and f'href="{url("cases:timeline", case)}"' in page


def test_the_services_to_choose_from_are_those_one_may_know(world, case):
    event(world.eva, case, EventCode.NOTE_WRITTEN)
    bring_in_programme(case, world.officer, world.programme)

    def offered(member):
        form = shown(as_(member), case).context["form"]
        return {str(value) for value, _label in form.fields["agency"].choices if value}

    assert str(world.eva.agency_id) in offered(world.officer)
    assert offered(world.programme) == {str(world.programme.agency_id)}
    hidden = shown(as_(world.programme), case, agency=str(world.eva.agency_id))
    nonsense = shown(as_(world.programme), case, agency=str(uuid4()))
    assert titles(hidden) == titles(nonsense) and "EVA" not in text(hidden)


def test_pages_hold_every_entry_once_with_the_filters(world, case, client, monkeypatch):
    monkeypatch.setattr("cases.timeline_page.LENGTH", 3)
    for number in range(8):
        note(world.officer, case, facts=f"Fait numéro {number}.", internal=number % 2 == 0)
        event(world.officer, case, EventCode.SENT_TO_PROSECUTOR)
    seen, cursor = [], None
    while True:
        answer = shown(client, case, family="notes", **({"cursor": cursor} if cursor else {}))
        assert len(titles(answer)) <= 3
        seen.append(text(answer))
        cursor = answer.context["page"].next_cursor
        if cursor is None:
            break
        assert "family=notes" in text(answer)
    whole = "".join(seen)
    assert len(seen) == 3 and all(whole.count(f"Fait numéro {number}.") == 1 for number in range(8))


def test_lines_of_the_system_are_folded_into_one_run(world, case, client):
    note(world.officer, case, facts="Avant.")
    for _each in range(3):
        event(world.officer, case, EventCode.SENT_TO_PROSECUTOR)
    note(world.officer, case, facts="Après.")
    items = shown(client, case).context["days"][0][1]
    runs = [item for item in items if len(item.get("run", ())) == 3]
    assert len(runs) == 1 and not runs[0]["open"]
    assert text(shown(client, case)).count('<details class="run"') >= 1


# --- what is new ------------------------------------------------------------------------------------------------
def test_new_entries_are_counted_marked_and_shown_alone(world, case, client):
    first = shown(client, case)
    assert first.context["count"] is None and "new-since" not in text(first), "a first visit marks nothing"
    event(world.prosecutor, case, EventCode.APPOINTMENT_MADE)
    note(world.officer, case, facts="à moi")
    event(world.prosecutor, case, EventCode.REMINDER_SENT)
    answer = shown(client, case)
    page = text(answer)
    assert str(answer.context["count"]) == "1" and page.count('id="new-since"') == 1
    assert page.index('id="new-since"') < page.index("entry-new") < page.index("landmark-seen")
    since = answer.context["since_stamp"]
    again = shown(client, case, since=since)
    assert text(again).count("entry-new") == 1, "the moment travels in the address: asked again, it says the same"
    alone = shown(client, case, since=since, new="on")
    assert len(titles(alone)) == 3 and alone.context["only_new"]
    assert shown(client, case).context["count"].value == 0


def test_what_is_new_stays_new_on_the_second_page(world, case, client, monkeypatch):
    monkeypatch.setattr("cases.timeline_page.LENGTH", 3)
    shown(client, case)
    for _each in range(5):
        event(world.prosecutor, case, EventCode.APPOINTMENT_MADE)
    first = shown(client, case)
    assert text(first).count("entry-new") == 3 and first.context["count"].value == 5
    second = shown(client, case, cursor=first.context["page"].next_cursor, since=first.context["since_stamp"])
    assert text(second).count("entry-new") == 2 and text(second).count('id="new-since"') == 1
    assert f"since={first.context['since_stamp'].replace(':', '%3A')}" in text(first)


def test_reading_either_page_is_a_visit_here_and_in_my_work(world, case, client):
    for visited in ("cases:summary", "cases:timeline"):
        client.get(url(visited, case))
        event(world.prosecutor, case, EventCode.APPOINTMENT_MADE)
        work = text(client.get("/"))
        assert f"{url('cases:timeline', case)}?new=on&amp;since=" in work
        other = "cases:timeline" if visited == "cases:summary" else "cases:summary"
        assert text(client.get(url(other, case))).count("entry-new") == 1
        assert f"{url('cases:timeline', case)}?new=on&amp;since=" not in text(client.get("/"))


def test_my_work_and_the_timeline_call_the_same_lines_new(world, case, client):
    client.get(url("cases:timeline", case))
    event(world.prosecutor, case, EventCode.REMINDER_SENT)
    assert f"{url('cases:timeline', case)}?new=on" not in text(client.get("/"))
    assert shown(client, case).context["count"].value == 0


# --- permanent addresses ------------------------------------------------------------------------------------------
def test_each_entry_has_an_address_that_leads_to_it_wherever_it_stands(world, case, client, monkeypatch):
    monkeypatch.setattr("cases.timeline_page.LENGTH", 4)
    written = [note(world.officer, case, facts=f"Fait {n}.", internal=n % 3 == 0) for n in range(12)]
    for number, each in enumerate(written):
        answer = client.get(url("cases:timeline_entry", case, each.pk), follow=True)
        page, entry = text(answer), answer.redirect_chain[0][0].split("#entry-")[1]
        assert f"Fait {number}." in page and f'id="entry-{entry}" tabindex="-1" aria-current="true"' in page
        assert url("cases:timeline_entry", case, entry) in page, "the time of the entry is its address"
        assert page.count('aria-current="true"') == 1
    with acting_as(world.officer):
        event_id = CaseEvent.objects.filter(case=case).earliest("at").pk
    assert f"entry-{event_id}" in client.get(url("cases:timeline_entry", case, event_id))["Location"]


def test_a_line_of_the_system_that_an_address_names_is_unfolded(world, case, client):
    lines = [event(world.officer, case, EventCode.SENT_TO_PROSECUTOR) for _each in range(3)]
    page = text(client.get(url("cases:timeline_entry", case, lines[1].pk), follow=True))
    assert '<details class="run" open>' in page and 'aria-current="true"' in page


def test_who_may_not_read_an_entry_does_not_learn_that_it_is_there(world, case):
    facts = note(world.officer, case, facts="Vu.")
    own = note(world.officer, case, facts="Pour nous.", internal=True)
    for each in (facts, own):
        assert as_(world.eva).get(url("cases:timeline_entry", case, each.pk)).status_code == 404
    bring_in(case, world.officer, world.prosecutor, ["facts:case"], side="neutral")
    assert as_(world.prosecutor).get(url("cases:timeline_entry", case, facts.pk)).status_code == 302
    assert as_(world.prosecutor).get(url("cases:timeline_entry", case, own.pk)).status_code == 404
    assert as_(world.stranger).get(url("cases:timeline_entry", case, facts.pk)).status_code == 404
    assert as_(world.officer).get(url("cases:timeline_entry", case, uuid4())).status_code == 404
    other = make_report(make_member(world.other_officer.agency)).case
    assert as_(world.officer).get(url("cases:timeline_entry", other, facts.pk)).status_code == 404
    hidden = event(world.officer, case, EventCode.LEVELS_DISAGREE)
    bring_in_programme(case, world.officer, world.programme)
    assert as_(world.programme).get(url("cases:timeline_entry", case, hidden.pk)).status_code == 404


# --- who will read it -------------------------------------------------------------------------------------------
def test_who_will_read_stands_beside_the_button_on_each_page_that_writes(world, case):
    for name in ("cases:summary", "cases:timeline", "cases:write_note"):
        page = text(as_(world.officer).get(url(name, case)))
        assert "data-compose" in page and 'aria-live="polite"' in page
        assert page.count("Lu par") > 2, "without a script, every choice says who reads it"
        assert "data-compose" not in text(as_(world.reader).get(url("cases:summary", case)))


def test_a_note_refused_from_the_timeline_keeps_what_was_typed(world, case, client):
    typed = {"about": "", "facts": "🙂 \u202eabc", "key": str(uuid4())}
    answer = client.post(url("cases:write_note", case), typed)
    assert answer.status_code == 422 and typed["facts"] in text(answer)


# --- cost -------------------------------------------------------------------------------------------------------
def test_the_page_costs_as_many_queries_however_much_happened(world, case, client):
    def cost(**query):
        with Queries() as queries:
            shown(client, case, **query)
        return queries

    note(world.officer, case, facts="un")
    shown(client, case)
    few, few_filtered = cost(), cost(family="notes", acts="people")
    for number in range(10):
        note(world.officer, case, facts=f"{number}", internal=number % 2 == 0)
        event(world.prosecutor, case, EventCode.SENT_TO_PROSECUTOR)
        event(world.prosecutor, case, EventCode.APPOINTMENT_MADE)
    many, many_filtered = cost(), cost(family="notes", acts="people")
    assert few.count == many.count <= 17, "\n\n".join(many.statements)
    assert few_filtered.count == many_filtered.count <= 17


def test_the_order_is_read_from_the_index_of_the_timeline(world, case, client):
    with Queries() as queries:
        shown(client, case, family="notes")
    [listed] = [sql for sql in queries.statements if "cases_caseevent" in sql and "LIMIT 31" in sql]
    assert 'ORDER BY "cases_caseevent"."at" DESC, "cases_caseevent"."id" DESC' in listed


def test_a_stamp_comes_back_as_it_left():
    at = now()
    assert timeline_page.moment(timeline_page.stamp(at)) == at
    assert timeline_page.moment(timeline_page.stamp(at + timedelta(days=1))) is None, "no visit lies in the future"
