"""“May I speak?”: every way ends soon, on an article that exists; the pages ask for nothing and keep nothing."""

import json
import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import translation
from pydantic import ValidationError

from agencies.acting import acting_as
from audit.models import AuditEvent
from sharing.law import article, law
from sharing.may_i_speak import MOST, REFERENCE, NoSuchWay, Tree, tree, walk
from sharing.models import Basis
from tests.referrals_acts import make_case

URL = "/may-i-speak/"


def ways(way: str = "") -> Iterator[str]:
    """Every way to an end, following the answers offered."""
    found = walk(way)
    if found.question is None:
        yield way
    else:
        for answer in found.question.answers:
            yield from ways(way + answer.code)


def end_of(way: str) -> str:
    return walk(way).outcome.id


# --- the questions ----------------------------------------------------------------------------------------------------
def test_every_way_ends_after_six_questions_at_most():
    lengths = {len(way) for way in ways()}
    assert max(lengths) == MOST and min(lengths) == 2
    assert {end_of(way) for way in ways()} == {outcome.id for outcome in tree().outcomes}, "each end is reached"


def test_every_end_names_articles_that_exist_and_a_basis_that_can_be_decided():
    keys = {entry.key for entry in law().articles}
    for way in ways():
        outcome = walk(way).outcome
        assert set(outcome.articles) <= keys
        if outcome.kind == "basis":
            assert outcome.basis in Basis.values and outcome.articles and outcome.write_down
            assert article(outcome.articles[0], date(2026, 11, 1)).key == outcome.basis
        else:
            assert outcome.basis is None and outcome.still, "who may not speak is told what to do instead"
    assert {walk(way).outcome.basis for way in ways()} == {None, *Basis.values} - {Basis.OWN_RECORD}


def test_a_doctor_a_psychologist_and_a_teacher():
    for profession in "dpsx":
        assert end_of(f"{profession}y") == "consent"
        assert end_of(f"{profession}nn") == "grave_danger"
        assert end_of(f"{profession}niny") == end_of(f"{profession}nony") == "report_to_prosecutor"
        assert end_of(f"{profession}ninn") == "grave_danger", "the right to inform is for listed persons only"
        assert end_of(f"{profession}nonn") == "anonymous"
        assert end_of(f"{profession}nxy") == "consultation"
        assert end_of(f"{profession}nxns") == "shared_secret" and end_of(f"{profession}nxnl") == "legal_obligation"
        assert end_of(f"{profession}nxnn") == "not_now"
        assert end_of(f"{profession}nunn") == end_of(f"{profession}niynn") == "anonymous", "worried: with others"
    assert end_of("ty") == "consent" and end_of("tnin") == "alert_school"
    assert end_of("tnun") == "anonymous" and end_of("tnxn") == "not_now_school"


def test_police_and_justice_need_the_prosecutor_and_a_lawyer_keeps_what_incriminates():
    assert end_of("op") == "police_to_prosecutor" and end_of("ooy") == "consent_police"
    assert end_of("oony") == end_of("jny") == "prosecutor_authorisation"
    assert end_of("oonnn") == end_of("jnnn") == "not_now_judicial"
    assert end_of("ly") == "not_lawyer" and end_of("lny") == "consent_lawyer" and end_of("lnnx") == "dean"
    assert end_of("lnniny") == "report_to_prosecutor"


def test_only_who_cannot_protect_may_inform_the_prosecutor():
    for way in ways():
        if end_of(way) == "report_to_prosecutor":
            said = {step.question.id: step.answer.code for step in walk(way).steps}
            assert said["danger"] in "io" and said["avert"] == "n" and said["listed"] == "y" and said["agree"] == "n"


def test_each_step_leads_back_to_its_question():
    found = walk("dniny")
    assert [step.before for step in found.steps] == ["", "d", "dn", "dni", "dnin"]
    assert [walk(step.before).question for step in found.steps] == [step.question for step in found.steps]


@pytest.mark.parametrize("way", ["z", "dz", "dyy", "D", "d ", "é", "dn" * 5000, "\x00", "<script>"])
def test_letters_that_lead_nowhere(way):
    with pytest.raises(NoSuchWay):
        walk(way)


def _break(raw: dict, path: str) -> None:
    """One thing wrong at a time."""
    nodes = {node["id"]: node for node in raw["nodes"]}
    match path:
        case "first":
            raw["first"] = "nowhere"
        case "target":
            nodes["agree"]["next"]["y"] = "nowhere"
        case "answer":
            del nodes["agree"]["next"]["y"]
        case "loop":
            nodes["other"]["next"]["n"] = "agree"
        case "long":
            raw["nodes"] += [{"id": "again", "question": "agree", "next": {"y": "consent", "n": "danger"}}]
            nodes["agree"]["next"]["n"] = "again"
        case "unreached":
            nodes["whom"]["next"]["p"] = "consent"
        case "unasked":
            raw["questions"] += [raw["questions"][0] | {"id": "never"}]
        case "twice":
            raw["nodes"] += [raw["nodes"][0]]
        case "article":
            raw["outcomes"][0]["articles"] = ["because"]
        case "basis":
            raw["outcomes"][0]["basis"] = None
        case "french":
            del raw["questions"][0]["text"]["fr"]
        case "empty":
            raw["outcomes"][0]["write_down"] = []
        case "still":
            next(outcome for outcome in raw["outcomes"] if outcome["kind"] == "no")["still"] = []


@pytest.mark.parametrize(
    "path",
    ["first", "target", "answer", "loop", "long", "unreached", "unasked", "twice", "article", "basis", "french"]
    + ["empty", "still"],
)
def test_a_document_that_does_not_hold_is_refused(path):
    raw = json.loads(REFERENCE.read_text())
    Tree.model_validate(raw)
    _break(raw, path)
    with pytest.raises(ValidationError):
        Tree.model_validate(raw)


# --- the pages --------------------------------------------------------------------------------------------------------
@pytest.fixture
def case(world):
    return make_case(world.officer)


@pytest.mark.django_db
def test_every_way_is_a_page_for_anybody(client):
    with translation.override("en"):
        asked = {way[:length] for way in ways() for length in range(len(way) + 1)}
        for way in asked:
            response = client.get(URL, {"a": way}, headers={"accept-language": "en"})
            text = response.content.decode()
            found = walk(way)
            assert response.status_code == 200 and "call 112" in text and "data-quick-exit" in text
            assert "not legal advice" in text and "to be confirmed by a jurist" in text
            if found.question:
                assert re.findall(r'class="choice" href="\?a=([a-z]+)"', text) == [
                    way + answer.code for answer in found.question.answers
                ]
            else:
                for key in found.outcome.articles:
                    shown = article(key, date(2026, 11, 22))
                    label = shown.label[0].upper() + shown.label[1:]
                    assert label in text and shown.verified[1:] in text
            for step in found.steps:
                assert f'href="?a={step.before}"' in text
    assert not Session.objects.exists() and not client.cookies, "nothing is kept of who asks"


@pytest.mark.django_db
def test_the_number_that_applies_today_stands_first(client, settings):
    settings.NEW_PENAL_CODE_FROM = None
    text = client.get(URL, {"a": "dniny"}).content.decode()
    assert "Art. 458bis du Code pénal (futur art. 353 §1)" in text and "confirmer par un juriste" in text
    settings.NEW_PENAL_CODE_FROM = date(2020, 1, 1)
    text = client.get(URL, {"a": "dniny"}).content.decode()
    assert "Art. 353 §1 du Code pénal (ancien art. 458bis)" in text and "Texte lu en novembre 2026" in text
    assert "un droit, pas un devoir" in text


@pytest.mark.django_db
@pytest.mark.parametrize("nonsense", ["zzz", "dyy", "é\x00", "<script>alert(1)</script>", "d" * 3000])
def test_nonsense_starts_again_and_says_so(client, nonsense):
    response = client.get(URL, {"a": nonsense})
    text = response.content.decode()
    assert response.status_code == 200 and 'role="alert"' in text and "alert(1)" not in text
    assert 'href="?a=d"' in text, "the first question"
    assert 'role="alert"' not in client.get(URL).content.decode()


@pytest.mark.django_db
def test_beside_a_case_for_who_takes_part(world, client, case):
    url = reverse("sharing:case_may_i_speak", args=[case.pk])
    client.force_login(world.officer.user)
    assert url in client.get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    assert 'href="?a=o"' in client.get(url).content.decode()
    assert "112" in client.get(url, {"a": "ooy"}).content.decode()
    assert 'role="alert"' in client.get(url, {"a": "zz"}).content.decode()
    with acting_as(world.officer):
        assert AuditEvent.objects.filter(case_id=case.pk, object_kind="cases.access").exists()
    client.force_login(world.stranger.user)
    assert client.get(url).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["ooy", "oony", "dniny", "dnn", "dnxns"])
def test_a_yes_prepares_the_decision_with_its_basis_chosen(world, client, case, way):
    prepared = f"{reverse('sharing:new_decision', args=[case.pk])}?basis={walk(way).outcome.basis}"
    url = reverse("sharing:case_may_i_speak", args=[case.pk])
    client.force_login(world.officer.user)
    assert f'href="{prepared}"' in client.get(url, {"a": way}).content.decode()
    chosen = re.search(r"<input[^>]*checked[^>]*>", client.get(prepared).content.decode()).group()
    assert f'value="{walk(way).outcome.basis}"' in chosen
    client.force_login(world.reader.user)
    assert prepared not in client.get(url, {"a": way}).content.decode(), "no button for who may only read"


@pytest.mark.django_db
def test_a_no_prepares_nothing(world, client, case):
    address = reverse("sharing:new_decision", args=[case.pk])
    url = reverse("sharing:case_may_i_speak", args=[case.pk])
    client.force_login(world.officer.user)
    for way in ("", "o", "oonnn", "dnunn"):
        assert address not in client.get(url, {"a": way}).content.decode()
    assert "decisions/new" not in client.get(URL, {"a": "dy"}).content.decode(), "nor without a case"


@pytest.mark.django_db
def test_the_door_leads_there(client):
    assert f'href="{URL}"' in client.get(reverse("account_login")).content.decode()
