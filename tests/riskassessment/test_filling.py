"""Filling in: how it begins, every type of question, conditions, the answers of last time, the signature."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from html import unescape

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.access import for_case
from casework.assessing import sign_assessment
from common.clock import local, now
from common.errors import RuleBroken
from riskassessment import forms, services, signing, wording
from riskassessment.definition import load
from riskassessment.models import Assessment, Presence
from riskassessment.versions import definition_of
from tests.factories import make_report, train
from tests.sharing.test_together import at_once

from . import every_type
from .every_type import SLUG, publish, raw
from .test_pages import as_, fetch, url
from .test_services import CHECKLIST, GRID, answers, signed, start

pytestmark = pytest.mark.django_db
ANSWERS = {
    "weapon": {"value": "yes", "comment": "Un couteau.", "source": "victim", "on": "2026-01-05"},
    "which": {"value": ["knife"]},
    "home": {"value": "leaving"},
    "fear": {"value": 4},
    "times": {"value": 3},
    "last_seen": {"value": "2026-01-02"},
    "network": {"value": "yes"},
    "own_words": {"value": "Il revient toujours."},
}


@pytest.fixture
def complaint(world):
    return make_report(world.officer, "police_complaint")


@pytest.fixture
def grid(world):
    publish(raw())


@pytest.fixture
def draft(world, complaint, grid):
    return start(world.officer, complaint, SLUG)


def sent(version=0, **values) -> dict:
    """What the browser sends: `weapon="yes"` is `a-weapon`, `c_weapon="…"` its comment, and so on."""
    named = {(f"{name[0]}-{name[2:]}" if name[1:2] == "_" else f"a-{name}"): value for name, value in values.items()}
    return named | {"version": version}


def page_of(member, assessment) -> str:
    page = as_(member).get(url("riskassessment:detail", assessment)).content.decode()
    return unescape(page).replace("\u00a0", " ").split("<dialog")[0]


def held(member, assessment) -> Assessment:
    with acting_as(member):
        return Assessment.objects.select_related("grid_version", "signed_by").get(pk=assessment.pk)


# --- how it begins --------------------------------------------------------------------------------------------
def test_a_grid_for_her_begins_once_it_is_said_whether_she_is_alone(world, complaint):
    client = as_(world.officer)
    address = reverse("riskassessment:start", args=[complaint.case_id])
    for presence in ({}, {"presence": "both"}):
        refused = client.post(address, {"grid": GRID, "report": complaint.pk} | presence)
        page = refused.content.decode()
        assert refused.status_code == 422 and "data-error-summary" in page and "112" in page
    with acting_as(world.officer):
        assert not Assessment.objects.exists()
    assert client.post(address, {"grid": GRID, "presence": "without_her"}).status_code == 302
    with acting_as(world.officer):
        found = Assessment.objects.get()
    assert found.presence == Presence.WITHOUT_HER and "Sans elle" in page_of(world.officer, found)
    # one that was begun opens again without asking
    assert client.post(address, {"grid": GRID})["Location"] == url("riskassessment:detail", found)


def test_he_is_never_beside_her_is_said_while_she_answers(world, draft):
    assert "S’il entre" in page_of(world.officer, draft)
    assert "S’il entre" not in page_of(world.reader, draft)


@pytest.mark.parametrize("asked_of", ["perpetrator", "professional"])
def test_a_grid_that_is_not_put_to_her_does_not_ask(world, complaint, asked_of):
    publish(raw(asked_of=asked_of))
    with acting_as(world.officer):
        access = for_case(complaint.case, world.officer)
        begun = services.start(by=world.officer, case=complaint.case, access=access, grid_slug=SLUG, presence="alone")
    assert begun.presence == ""


# --- every type -----------------------------------------------------------------------------------------------
def test_every_type_is_kept_as_it_is_answered_and_comes_back(world, draft):
    client = as_(world.officer)
    data = sent(
        weapon="yes", c_weapon="Un couteau.", s_weapon="victim", d_weapon="2026-01-05", which=["knife"], home="leaving",
        fear="4", times="3", last_seen="2026-01-02", network="yes", own_words=" Il revient\r\ntoujours. ",
    )  # fmt: skip
    assert fetch(client, url("riskassessment:save", draft), data).status_code == 200
    kept = held(world.officer, draft).answers
    assert kept["weapon"] == ANSWERS["weapon"]
    assert {item: answer["value"] for item, answer in kept.items()} == {
        item: answer["value"] for item, answer in ANSWERS.items()
    } | {"own_words": "Il revient\ntoujours."}

    page = page_of(world.officer, draft)
    for control in (
        'name="a-weapon" value="yes" id="id_a-weapon_0" checked',
        'name="a-which" value="knife" id="id_a-which_1" checked',
        'name="a-home" value="leaving" id="id_a-home_1" checked',
        'name="a-fear" value="4" id="id_a-fear_4" checked',
        'name="a-times" id="id_a-times_input" value="3"',
        'name="a-last_seen" id="id_a-last_seen_input" value="2026-01-02"',
        '<option value="victim" selected>',
        'name="d-weapon" id="id_d-weapon" value="2026-01-05"',
        "toujours.</textarea>",
    ):
        assert control in page, control
    assert page.count("checked") == 5 and "8 sur 9" in page
    # the same page sent again changes nothing
    assert fetch(client, url("riskassessment:save", draft), data | {"version": 1}).json()["version"] == 1


@pytest.mark.parametrize("value", ["unknown", "not_asked"])
def test_every_type_but_a_text_can_be_unknown_or_not_asked(world, draft, value):
    grid = load(raw())
    items = [item.id for item in grid.questions if item.type != "text"]
    page = page_of(world.officer, draft)
    assert all(f'name="a-{item}" value="{value}"' in page for item in items)
    assert f'name="a-own_words" value="{value}"' not in page
    client = as_(world.officer)
    assert fetch(client, url("riskassessment:save", draft), sent(**dict.fromkeys(items, value))).status_code == 200
    assert {answer["value"] for answer in held(world.officer, draft).answers.values()} == {value}
    assert page_of(world.officer, draft).count("checked") == len(items)


@pytest.mark.parametrize(
    ("item", "given", "words"),
    [
        ("which", ["none", "gun"], "exclut"),
        ("which", ["gun", "unknown"], "exclut"),
        ("times", ["3", "unknown"], "exclut"),
        ("which", ["bomb"], "réponses possibles"),
        ("home", "castle", "réponses possibles"),
        ("fear", "6", "valeur"),
        ("times", "-1", "valeur"),
        ("times", "beaucoup", "réponses possibles"),
        ("last_seen", "2026-02-30", "date"),
        ("own_words", "x" * 10_000, "4000"),
        ("weapon", ["yes", "no"], "réponses possibles"),
    ],
)
def test_what_is_no_answer_is_refused_by_its_question_and_stays_on_the_page(world, draft, item, given, words):
    client = as_(world.officer)
    data = sent(**{item: given}, c_home="Gardé à l’écran.")
    said = fetch(client, url("riskassessment:save", draft), data)
    assert said.status_code == 400 and list(said.json()["errors"]) == [item]
    refused = client.post(url("riskassessment:save", draft), data)
    page = unescape(refused.content.decode())
    assert refused.status_code == 422 and f'href="#id_a-{item}"' in page and "Gardé à l’écran." in page
    assert words in page.split("data-error-summary")[1].split("</ul>")[0]
    if item not in ("which", "home", "weapon"):
        assert (given if isinstance(given, str) else given[0]) in page
    assert f'data-question="{item}" data-off' not in page, "what is refused is never hidden"
    assert held(world.officer, draft).answers == {}


def test_an_answer_is_not_known_from_a_day_to_come(world, draft):
    tomorrow = (local(now()).date() + timedelta(days=1)).isoformat()
    today = local(now()).date().isoformat()
    client = as_(world.officer)
    refused = fetch(client, url("riskassessment:save", draft), sent(weapon="yes", d_weapon=tomorrow))
    assert refused.status_code == 400 and list(refused.json()["errors"]) == ["weapon"]
    # a day that is the answer itself may lie ahead: a hearing, a release
    assert fetch(
        client, url("riskassessment:save", draft), sent(weapon="yes", d_weapon=today, last_seen=tomorrow)
    ).status_code == 200  # fmt: skip
    with acting_as(world.officer), pytest.raises(RuleBroken) as broken:
        services.save_answers(
            by=world.officer, assessment_id=draft.pk, version=1, answers={"fear": {"value": 1, "on": tomorrow}}
        )
    assert list(broken.value.errors) == ["fear"]


def test_two_people_see_both_sources_and_lists(world, draft):
    mine, theirs = as_(world.officer), as_(world.police_referent)
    fetch(mine, url("riskassessment:save", draft), sent(weapon="yes", s_weapon="victim", which=["gun", "knife"]))
    late = sent(weapon="yes", s_weapon="observed", which=["knife"])
    found = {one["field"]: one for one in fetch(theirs, url("riskassessment:save", draft), late).json()["conflicts"]}
    assert set(found) == {"s-weapon", "a-which"}
    assert (found["a-which"]["theirs"], found["a-which"]["yours"]) == (["gun", "knife"], ["knife"])
    page = unescape(theirs.post(url("riskassessment:save", draft), late).content.decode())
    assert "Une arme à feu, Un couteau" in page and "la victime le dit" in page


# --- conditions -----------------------------------------------------------------------------------------------
def test_a_question_is_shown_when_its_condition_holds_and_always_once_answered(world, draft):
    client = as_(world.officer)

    def off(item):
        tag = page_of(world.officer, draft).split(f'data-question="{item}"')[1].split(">")[0]
        assert "data-when" in tag
        return "data-off" in tag

    assert off("which") and off("last_seen") and off("close")
    assert "0 sur 6" in page_of(world.officer, draft)
    fetch(client, url("riskassessment:save", draft), sent(weapon="unknown", times="1", network="yes"))
    assert not off("which") and not off("last_seen") and not off("close")
    fetch(client, url("riskassessment:save", draft), sent(1, weapon="no", which=["gun"]))
    assert not off("which") and off("last_seen")
    assert "2 sur 7" in page_of(world.officer, draft)


def test_without_a_script_a_conditional_question_says_when_it_is_asked(world, draft):
    page = page_of(world.officer, draft)
    assert "À remplir seulement si « Y a-t-il une arme ? » : Oui ou Ne sait pas." in page
    assert "« Combien d’interventions ? » : 1 fois ou plus" in page


def test_a_condition_in_words():
    grid = load(raw())
    some = [{"op": "is", "item": "weapon", "values": ["yes"]}, {"op": "from", "item": "fear", "value": 5}]

    def said(tree):
        items = [dict(item) for item in raw()["items"]]
        items[-1]["visible_if"] = tree
        asked = load(raw(items=items)).question("own_words").visible_if
        with translation.override("en"):
            return wording.condition_words(grid, asked, "en")

    arm, fear = "“Y a-t-il une arme ? (en)”: Yes", "“Sa peur, de 0 à 5 (en)”: 5 · elle craint pour sa vie (en) or more"
    assert said({"op": "all", "of": some}) == f"{arm} and {fear}"
    assert said({"op": "any", "of": some}) == f"{arm} or {fear}"
    assert said({"op": "not", "of": some[0]}) == f"not ({arm})"
    assert said({"op": "some", "count": 2, "of": some}) == f"at least 2 of: {arm}; {fear}"
    assert said({"op": "all", "of": some[:1]}) == arm


# --- the answers of last time ---------------------------------------------------------------------------------
@pytest.fixture
def again(world, complaint, grid):
    """A draft that begins from a signed one with every answer."""
    first = start(world.officer, complaint, SLUG)
    with acting_as(world.officer):
        sign_assessment(by=world.officer, assessment_id=first.pk, answers=ANSWERS)
    begun = as_(world.officer).post(
        reverse("riskassessment:start", args=[complaint.case_id]),
        {"grid": SLUG, "again": [CHECKLIST, SLUG], "presence": "alone"},
    )
    with acting_as(world.officer):
        found = Assessment.objects.get(signed_at=None)
        assert found.based_on_id == first.pk and begun["Location"] == url("riskassessment:detail", found)
    return found


def test_last_times_answers_are_proposed_and_none_is_copied(world, again):
    assert held(world.officer, again).answers == {}
    page = page_of(world.officer, again)
    assert page.count('name="k-') == len(ANSWERS) and "Un couteau." in page and "0 sur 6" in page
    assert "Elle est en train de partir" in page.split('data-question="home"')[1].split("question-answer")[0]
    with acting_as(world.officer), pytest.raises(RuleBroken):
        sign_assessment(by=world.officer, assessment_id=again.pk, answers={})


def test_what_is_confirmed_becomes_an_answer_and_what_is_typed_holds(world, again):
    client = as_(world.officer)
    data = sent(k_weapon="1", k_which="1", k_fear="1", fear="2", k_times="1", c_times="Dit la voisine.")
    assert fetch(client, url("riskassessment:save", again), data).status_code == 200
    assert held(world.officer, again).answers == {
        "weapon": ANSWERS["weapon"],
        "which": {"value": ["knife"], "comment": ""},
        "fear": {"value": 2, "comment": ""},
        "times": {"value": 3, "comment": "Dit la voisine."},
    }
    page = page_of(world.officer, again)
    assert "Redemandé" in page and "4 sur 8" in page
    # a refused page keeps what was ticked
    refused = client.post(url("riskassessment:save", again), sent(1, k_home="1", times="-5"))
    assert refused.status_code == 422 and 'id="id_k-home" value="1" checked' in refused.content.decode()
    done = client.post(url("casework:sign_assessment", again), sent(1, k_weapon="1", k_which="1", k_home="1"))
    assert done.status_code == 302
    kept = held(world.officer, again)
    assert set(kept.answers) == {"weapon", "which", "home"} and kept.signed_at


def test_only_questions_that_still_ask_the_same_are_proposed(world, complaint, grid):
    first = start(world.officer, complaint, SLUG)
    with acting_as(world.officer):
        given = ANSWERS | {"network": {"value": "unknown"}}
        first = sign_assessment(by=world.officer, assessment_id=first.pk, answers=given)
    items = [dict(item) for item in raw()["items"] if item["id"] != "own_words"]
    items[3]["options"] = [*items[3]["options"], {"id": "other", "text": {"fr": "Autrement"}}]
    items[5] = items[5] | {"max": 2, "bands": [{"from": 1, "weight": 1}]}
    items[6] = {key: value for key, value in items[6].items() if key != "visible_if"} | {"type": "text"}
    publish(raw(items=items))
    with acting_as(world.officer):
        access = for_case(complaint.case, world.officer)
        begun = services.start(
            by=world.officer, case=complaint.case, access=access, grid_slug=SLUG, presence="alone", based_on=first
        )
    page = page_of(world.officer, begun)
    proposed = {part.split('"')[0] for part in page.split('name="k-')[1:]}
    assert proposed == {"weapon", "which", "fear"}


def test_an_assessment_is_taken_up_in_its_own_case_and_grid_once_signed(world, complaint, grid):
    other = signed(world.officer, make_report(world.officer), CHECKLIST)
    unsigned = start(world.officer, complaint, CHECKLIST)
    elsewhere = signed(world.officer, complaint, GRID)
    with acting_as(world.officer):
        access = for_case(complaint.case, world.officer)
        for wrong in (other, unsigned, elsewhere):
            with pytest.raises(RuleBroken) as broken:
                services.start(
                    by=world.officer, case=complaint.case, access=access, grid_slug=CHECKLIST, presence="alone",
                    based_on=wrong,
                )  # fmt: skip
            assert list(broken.value.errors) == ["based_on"]


def test_answers_that_are_no_longer_open_are_not_proposed(world, again):
    from riskassessment.earlier import proposals

    with acting_as(world.officer):
        access = for_case(again.case, world.officer)
        assert set(proposals(again, access)) == set(ANSWERS)
        stranger = replace(access, agency_id=world.shelter.agency_id, grants={"view_case": None})
        assert proposals(again, stranger) == {}


# --- who signs, what a signature holds ------------------------------------------------------------------------
def test_only_somebody_trained_signs_and_the_page_says_who(world, complaint):
    publish(raw(training="partner-violence"))
    draft = start(world.officer, complaint, SLUG)
    client = as_(world.officer)
    assert fetch(client, url("riskassessment:save", draft), sent(weapon="no")).status_code == 200, "anybody fills in"
    page = page_of(world.officer, draft)
    assert "enregistré comme formé" in page and 'class="btn btn-primary" type="submit"' not in page
    train(world.police_referent)
    name = world.police_referent.user.full_name
    assert name in page_of(world.officer, draft)
    refused = client.post(url("casework:sign_assessment", draft), sent(1, weapon="no"))
    assert refused.status_code == 422 and name in unescape(refused.content.decode())
    assert held(world.officer, draft).signed_at is None
    done = as_(world.police_referent).post(url("casework:sign_assessment", draft), sent(1, weapon="no"))
    assert done.status_code == 302 and held(world.officer, draft).signed_by == world.police_referent.user


def test_the_hash_covers_everything_that_was_signed(world, draft):
    with acting_as(world.officer):
        sign_assessment(by=world.officer, assessment_id=draft.pk, answers=ANSWERS)
    found = held(world.officer, draft)
    assert len(found.content_hash) == 64 and signing.intact(found)
    found.signed_at = found.signed_at.astimezone(local(now()).tzinfo)
    assert signing.intact(found), "the same moment in another time zone"
    for name, value in (
        ("answers", found.answers | {"fear": {"value": 0, "comment": ""}}),
        ("outcome", found.outcome | {"level": "low"}),
        ("signed_at", found.signed_at + timedelta(microseconds=1)),
        ("signed_by_id", world.reader.user_id),
        ("case_id", draft.pk),
        ("content_hash", "0" * 64),
    ):
        changed = held(world.officer, draft)
        setattr(changed, name, value)
        assert signing.intact(changed) is False, name
    found.content_hash = ""
    assert signing.intact(found) is None


def test_a_list_that_counts_nothing_is_signed_without_a_level(world, complaint):
    items = [{"type": "text", "id": "story", "section": "facts", "text": {"fr": "Racontez"}}]
    publish(
        {key: value for key, value in raw(kind="unscored", items=items, sections=raw()["sections"][:1]).items()
         if key not in ("scoring", "coverage", "reassess_after_hours")}
    )  # fmt: skip
    draft = start(world.officer, complaint, SLUG)
    client = as_(world.officer)
    assert client.post(url("casework:sign_assessment", draft), sent(story=" ")).status_code == 422
    assert client.post(url("casework:sign_assessment", draft), sent(story="Elle raconte.")).status_code == 302
    found = held(world.officer, draft)
    assert found.signed_at and found.indicative_level == "" and found.outcome["level"] is None


@pytest.mark.django_db(transaction=True)
def test_two_people_sign_at_once_one_wins_and_the_other_is_told(committed_world):
    world = committed_world
    report = make_report(world.officer, "police_complaint")
    for _time in range(3):
        draft = start(world.officer, report, CHECKLIST)
        grid = definition_of(draft.grid_version)
        given = {f"a-{item}": value for item, value in answers(grid).items()} | {"version": 0}
        clients = {who: as_(who) for who in (world.officer, world.police_referent)}
        act = partial(Client.post, path=url("casework:sign_assessment", draft), data=given, follow=True)
        results = at_once(*(partial(act, client) for client in clients.values()))
        assert [one.status_code for one in results] == [200, 200]
        winner = held(world.officer, draft).signed_by
        for who, page in zip(clients, results, strict=True):
            told = winner.full_name in unescape(page.content.decode().split("data-notices")[1].split("<h2")[0])
            assert told == (who.user != winner)
        with acting_as(world.officer):
            assert Assessment.objects.filter(pk=draft.pk, signed_at__isnull=False).count() == 1


# --- the page -------------------------------------------------------------------------------------------------
def test_a_reader_reads_every_type_and_changes_nothing(world, draft):
    fetch(as_(world.officer), url("riskassessment:save", draft), sent(weapon="yes", times="3", own_words="Ses mots."))
    page = page_of(world.reader, draft)
    assert page.count('<fieldset class="field question') == page.count(" disabled") == 9
    assert "Ses mots.</textarea>" in page and 'type="submit"' not in page.split("data-grid")[1].split("</form>")[0]


def test_five_hundred_questions_cost_as_many_queries_as_nine(world, complaint, draft):
    def cost(assessment):
        client = as_(world.officer)
        client.get(url("riskassessment:detail", assessment))
        with CaptureQueriesContext(connection) as found:
            assert client.get(url("riskassessment:detail", assessment)).status_code == 200
        return len(found)

    few = cost(draft)
    one = {"type": "yes_no", "section": "facts", "weight": 1, "critical": True}
    items = [one | {"id": f"q{number}", "text": {"fr": f"Question {number} ?"}} for number in range(500)]
    publish(raw(slug="five-hundred", items=items, sections=raw()["sections"][:1]))
    many = start(world.officer, complaint, "five-hundred")
    assert cost(many) == few <= 20
    # and the whole of it is sent and kept
    filled = {f"a-q{number}": "no" for number in range(500)} | {f"c-q{number}": "dit" for number in range(500)}
    filled |= {f"{part}-q{number}": "" for number in range(500) for part in "sd"}
    assert fetch(as_(world.officer), url("riskassessment:save", many), filled | {"version": 0}).status_code == 200
    assert len(held(world.officer, many).answers) == 500


def test_the_form_is_made_of_a_definition_alone():
    """The editor previews a grid that was never published."""
    grid = load(raw())
    form = forms.AnswersForm(grid, "fr")
    assert [section["title"] for section in form.by_section()] == ["Les faits", "Le contexte"]
    assert form.progress()["total"] == 6 and form.progress()["next"] == "id_a-weapon"
    sent_back = forms.AnswersForm(grid, "fr", QueryDict("a-weapon=yes&a-which=gun&a-which=knife&a-times=x"))
    assert sent_back.answers["which"].value == ["gun", "knife"] and set(sent_back.unreadable) == {"times"}
    assert json.loads(sent_back.by_section()[0]["rows"][2].when)["op"] == "is"
    assert every_type.SLUG == grid.slug
