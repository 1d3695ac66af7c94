"""The public directory: whoever looks for help finds it near her, and leaves nothing behind."""

import json
import re
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies import directory, places
from agencies.directory_words import FOLDER, languages, words_in
from agencies.enums import AgencyKind, Audience, Need
from agencies.models import HelpNumber, Place, ServiceOffer
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, now, travel
from tests.factories import make_agency

pytestmark = pytest.mark.django_db
HERE = "/directory/"
TUESDAY = datetime(2026, 3, 10, 10, 0, tzinfo=BRUSSELS)


def make_offer(agency=None, **values) -> ServiceOffer:
    agency = agency or make_agency(AgencyKind.VICTIM_SUPPORT)
    details = {
        "agency": agency,
        "name": "Permanence",
        "description": {"fr": "Écoute et conseils."},
        "needs": [Need.PSYCHOSOCIAL],
        "audiences": [Audience.VICTIM],
        "languages": ["fr"],
        "phone": "0470 12 34 56",
        "confirmed_at": now(),
    } | values
    with system_context(SystemContext.REFERENCE):
        return ServiceOffer.objects.create(**details)


def ask(client, headers=None, **params):
    response = client.get(HERE, params, headers=headers or {})
    assert response.status_code == 200
    return response


def names(response) -> list[str]:
    return [line["name"] for line in response.context["lines"]]


# --- what she finds ---------------------------------------------------------------------------------------
def test_the_nearest_come_first_and_those_who_do_not_serve_her_place_are_left_out(client):
    make_offer(name="Uccle", postal_code="1180", address="Rue Longue 1")
    make_offer(name="Schaerbeek", postal_code="1030", address="Rue Courte 1", territory=["1030", "1210"])
    make_offer(name="Partout")
    make_offer(name="Liège seulement", postal_code="4000", address="Rue Haute 1", territory=["4000"])
    make_offer(name="De sa commune, au téléphone", territory=["1210"])
    response = ask(client, p="1210")
    assert names(response) == ["Schaerbeek", "Uccle", "De sa commune, au téléphone", "Partout"]
    page = response.content.decode()
    assert "Services pour 1210 Saint-Josse-ten-Noode" in page and "pour tout le pays" in page
    assert "à environ 6 km" in page
    assert 'href="tel:+32470123456"' in page and "Liège seulement" not in page


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("1030", "1030"),
        ("B-1030 Schaerbeek", "1030"),
        ("schaarbeek", "1030"),
        ("  SCHAERBEEK ", "1030"),
        ("st gilles", "1060"),
        ("Saint-Gilles", "1060"),
        ("Sint-Gillis", "1060"),
        ("molenbeek", "1080"),
        ("Etterbeck", "1040"),
        ("elsene", "1050"),
        ("chenee", "4032"),
    ],
)
def test_a_place_is_found_as_people_write_it(client, typed, code):
    assert ask(client, p=typed).context["found"].postal_code == code


@pytest.mark.parametrize("typed", ["Bruxelles", "brussel", "Brussels"])
def test_a_name_that_several_places_bear_is_asked_about(client, typed):
    make_offer(name="Partout")
    response = ask(client, p=typed, n="2", l="fr")
    assert {place.postal_code for place in response.context["found"].places} == {"1000", "1020", "1120", "1130"}
    assert names(response) == []
    assert 'href="?p=1020&amp;n=2&amp;l=fr#found"' in response.content.decode()
    assert names(ask(client, p="1020", n="2")) == ["Partout"]


@pytest.mark.parametrize("typed", ["Zanzibarville", "12", "?", "x" * 10_000, "💔", "\u202eezirf\u0000"])
def test_words_that_name_no_place_are_answered_with_what_to_write(client, typed):
    make_offer(name="Partout")
    response = ask(client, p=typed)
    assert names(response) == [] and "Écrivez le code postal" in response.content.decode()


def test_a_code_the_list_of_places_does_not_hold_still_finds_who_serves_it(client):
    make_offer(name="Là-bas", territory=["9990"])
    response = ask(client, p="9990")
    assert names(response) == ["Là-bas"] and "Nous ne savons pas où se trouve 9990" in response.content.decode()


def test_need_audience_and_language_narrow_the_search(client):
    make_offer(name="Logement", needs=[Need.HOUSING], languages=["fr"])
    make_offer(name="Pour lui", audiences=[Audience.PERPETRATOR], languages=["nl"])
    make_offer(name="En arabe", languages=["ar"])
    make_offer(name="Avec interprète", interpretation=True)
    assert names(ask(client, p="1210", n="9")) == ["Logement"]
    assert names(ask(client, p="1210", a="2")) == ["Pour lui"]
    assert names(ask(client, p="1210", w="ar")) == ["Avec interprète", "En arabe"]
    unknown = ask(client, p="1210", n="99", a="x", w="klingon", o="yes", f="-3")
    assert len(names(unknown)) == 4, "what is not understood asks for nothing"


def test_every_need_and_audience_can_be_asked_for():
    assert set(directory.NEED_SIGNS.values()) == set(Need) and set(directory.AUDIENCE_SIGNS.values()) == set(Audience)


def test_open_now_is_open_at_this_hour(client):
    weekdays = [{"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "17:00"}]
    make_offer(name="De jour", schedule=weekdays)
    make_offer(name="Toujours", always_open=True)
    make_offer(name="On ne sait pas")
    with travel(TUESDAY):
        response = ask(client, p="1210", o="1")
        assert names(response) == ["De jour", "Toujours"]
        assert "Ouvert jusqu’à 17:00" in response.content.decode()
        assert "Lundi – vendredi 09:00–17:00" in response.content.decode()
    with travel(TUESDAY.replace(hour=20)):
        assert names(ask(client, p="1210", o="1")) == ["Toujours"]
        page = ask(client, p="1210").content.decode()
        assert "Fermé. Ouvre demain à 09:00" in page and "Heures non indiquées" in page


def test_nobody_here_leads_to_the_nearest_elsewhere_and_to_the_numbers(client):
    make_offer(name="Liège", postal_code="4000", address="Rue Haute 1", territory=["4000"])
    make_offer(name="Namur", postal_code="5000", address="Rue Basse 1", territory=["5000"])
    response = ask(client, p="4020")
    assert names(response) == [] and "Nous n’avons rien trouvé" in response.content.decode()
    assert [line["name"] for line in response.context["elsewhere"]] == ["Liège", "Namur"]


def test_without_a_place_everything_is_shown_by_name_and_the_place_is_asked(client):
    make_offer(name="B")
    make_offer(name="A", territory=["4000"])
    response = ask(client, n="2")
    assert sorted(names(response)) == ["A", "B"] and "Écrivez votre code postal" in response.content.decode()


def test_a_long_list_is_shown_by_pages(client):
    agency = make_agency(AgencyKind.VICTIM_SUPPORT)
    for number in range(45):
        make_offer(agency, name=f"Service {number:02}")
    seen = []
    for first in ("", "20", "40"):
        response = ask(client, p="1210", f=first)
        assert response.context["count_words"] == "45 services trouvés"
        seen += names(response)
    assert seen == [f"Service {number:02}" for number in range(45)]
    last = ask(client, p="1210", f="40").context
    assert "f=20" in last["earlier"] and not last["later"]
    past = ask(client, p="1210", f="999")
    assert names(past) == seen[:20] and not past.context["earlier"], "past the last one: from the first one"


def test_a_page_costs_the_same_whatever_it_shows(client):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            ask(client, p="1210")
        return len(captured)

    make_offer(name="Un")
    few = queries()
    for number in range(15):
        make_offer(name=f"Autre {number}", postal_code="1180", address="Rue Longue 1")
    assert queries() == few


# --- who is not found -------------------------------------------------------------------------------------
def test_closed_hidden_and_ended_entries_are_not_shown(client):
    closed = make_agency(AgencyKind.VICTIM_SUPPORT, is_active=False)
    make_offer(closed, name="Fermé")
    make_offer(name="Interne", is_public=False)
    make_offer(name="Fini", ended_at=now())
    assert names(ask(client, p="1210")) == []


@pytest.mark.parametrize(
    ("kind", "needs"), [(AgencyKind.SHELTER, [Need.HOUSING]), (AgencyKind.CPAS, [Need.SHELTER, Need.SOCIAL])]
)
def test_nobody_is_told_where_a_shelter_is_even_if_its_address_was_written(client, kind, needs):
    make_offer(make_agency(kind), name="Les Glycines", needs=needs, address="Rue Cachée 12", postal_code="1030")
    response = ask(client, p="1210")
    page = response.content.decode()
    assert names(response) == ["Les Glycines"] and "Donnée par téléphone seulement" in page
    assert "Cachée" not in page and "1030" not in re.sub(r"[^>]*Schaerbeek[^<]*", "", page)
    assert not response.context["lines"][0]["distance"].startswith("à")


def test_what_was_not_confirmed_for_long_is_said_so(client):
    make_offer(name="Frais")
    make_offer(name="Vieux", confirmed_at=now() - timedelta(days=200))
    make_offer(name="Importé", confirmed_at=None)
    lines = {line["name"]: line["confirmed"] for line in ask(client, p="1210").context["lines"]}
    assert lines["Frais"].startswith("Le service a confirmé") and "plus de six mois" in lines["Vieux"]
    assert "pas encore confirmé" in lines["Importé"]


# --- nothing kept -----------------------------------------------------------------------------------------
def test_no_cookie_no_trail_nothing_cached_and_a_title_that_says_nothing(client):
    make_offer(name="Partout", url="https://example.org/")
    with CaptureQueriesContext(connection) as captured:
        response = ask(client, p="1210", n="2", a="1")
    assert not response.cookies and response["Cache-Control"] == "no-store"
    written = [query["sql"] for query in captured if re.match(r"\s*(INSERT|UPDATE|DELETE)", query["sql"])]
    assert written == [] and len(captured) > 3
    page = response.content.decode()
    assert re.search(r"<title>(.*?)</title>", page)[1] == "Adresses utiles"
    assert "csrf" not in page and "<script>" not in page and 'rel="noopener noreferrer"' in page
    assert response["Referrer-Policy"] == "same-origin"


def test_a_page_that_does_not_exist_keeps_nothing_either(client):
    response = client.get("/directory/elsewhere/")
    assert response.status_code == 404 and not response.cookies


def test_the_address_of_the_visitor_is_written_nowhere(client, caplog):
    make_offer(name="Partout")
    client.get(HERE, {"p": "1210", "n": "5"}, REMOTE_ADDR="198.51.100.77")
    assert "198.51.100.77" not in caplog.text and "1210" not in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone()[0] == 0


def test_what_stands_in_the_address_names_no_need_and_nobody(client):
    make_offer(name="Partout")
    page = ask(client, p="1210", n="5", a="1", w="ar", o="1").content.decode()
    addresses = re.findall(r'href="\?([^"#]*)', page) + re.findall(r'name="(\w+)"', page)
    text = " ".join(addresses)
    for code in (*Need.values, *Audience.values):
        assert code not in text
    assert 'autocomplete="off"' in page


def test_the_way_out_stands_first_and_is_a_link(client):
    body = ask(client).content.decode().partition("<body")[2]
    first, second = re.findall(r"<a [^>]*>", body)[:2]
    assert "skip" in first and "quick-exit" in second and 'href="https://www.meteo.be/"' in second


def test_help_numbers_stand_above_and_one_sentence_says_what_was_checked(client):
    none, some = words_in("fr").numbers_none_checked, words_in("fr").numbers_some_checked
    page = ask(client).content.decode()
    assert page.index('href="tel:112"') < page.index('name="p"')
    assert page.count(none) == 1 and page.count("vérifié") == none.count("vérifié") and some not in page
    called = date(2026, 3, 2)
    HelpNumber.objects.live().filter(code="tele-accueil").update(verified_on=called)
    page = ask(client).content.decode()
    assert page.count(some) == 1 and none not in page and page.count("numéro vérifié le 2 mars 2026") == 1
    HelpNumber.objects.live().update(verified_on=called)
    page = ask(client).content.decode()
    assert some not in page and none not in page


# --- nothing found: ways on -------------------------------------------------------------------------------
def ways(response) -> dict[str, tuple[str, int]]:
    return {way["words"]: (way["query"], way["count"]) for way in response.context["ways"]}


def test_from_an_empty_list_buttons_lead_to_wider_searches_that_find_something(client):
    make_offer(name="Ici", territory=["1210"], languages=["fr"])
    make_offer(name="Là-bas", territory=["4000"], postal_code="4000", languages=["ar"])
    response = ask(client, p="1210", n="2", w="ar", l="fr")
    assert names(response) == []
    assert ways(response) == {
        "Sans «\u00a0arabe\u00a0»": ("p=1210&n=2&l=fr", 1),
        "Tout ce qui existe pour cet endroit": ("p=1210&l=fr", 1),
        "Aussi plus loin, le plus proche d’abord": ("p=1210&n=2&w=ar&e=1&l=fr", 1),
    }
    page = response.content.decode()
    assert 'href="?p=1210&amp;n=2&amp;w=ar&amp;e=1&amp;l=fr#found"' in page and 'href="#numbers"' in page
    assert 'id="numbers"' in page
    for query, count in ways(response).values():
        assert len(names(client.get(f"{HERE}?{query}"))) == count
    assert ways(ask(client, p="1210", n="2")) == {}, "where something is found nothing leads away"
    wide = ask(client, p="1210", n="2", e="1")
    assert names(wide) == ["Ici", "Là-bas"] or names(wide) == ["Là-bas", "Ici"]
    assert words_in("fr").not_all_here in wide.content.decode()


def test_a_filter_of_the_same_code_in_two_lists_is_called_by_its_own_name(client):
    make_offer(name="Ici")
    assert list(ways(ask(client, n="17"))) == ["Sans «\u00a0autre chose\u00a0»"]
    assert list(ways(ask(client, w="other"))) == ["Sans «\u00a0autre langue\u00a0»"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("Scharbrouck", "1030"), ("9999 Schaerbeek", "1030"), ("1031", "1030"), ("B-4021", "4020")],
)
def test_an_unknown_place_is_answered_with_places_like_it(client, typed, offered):
    make_offer(name="Partout")
    response = ask(client, p=typed, n="2")
    assert offered in {each["query"].split("&")[0].removeprefix("p=") for each in response.context["near"]}
    assert len(response.context["near"]) <= places.MOST_NEAR
    assert f'href="?p={offered}&amp;n=2#found"' in response.content.decode()


def test_a_name_like_no_place_leads_to_everything_and_to_the_numbers(client):
    make_offer(name="Partout")
    response = ask(client, p="Zzyzx")
    assert response.context["near"] == [] and ways(response) == {"Partout, sans indiquer d’endroit": ("e=1", 1)}
    assert names(client.get(f"{HERE}?e=1")) == ["Partout"] and 'href="#numbers"' in response.content.decode()


def test_its_head_alone_may_be_asked_for_and_nothing_may_be_sent(client):
    """Whoever checks a link gets an answer, without a cookie."""
    head = client.head(HERE, {"p": "1210"})
    assert head.status_code == 200 and head.content == b"" and not head.cookies
    for method in (client.post, client.put, client.options, client.delete):
        refused = method(HERE)
        assert refused.status_code == 405 and not refused.cookies


# --- languages --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("params", "header", "language"),
    [
        ({}, "", "fr"),
        ({"l": "nl"}, "fr", "nl"),
        ({}, "nl-BE,nl;q=0.9,en;q=0.5", "nl"),
        ({}, "de,en;q=0.5", "en"),
        ({}, "nl;q=0,en;q=0.5", "en"),
        ({}, "nl;q=x," + "en," * 2_000, "fr"),
        ({"l": "xx"}, "", "fr"),
        ({"l": "../fr"}, "", "fr"),
    ],
)
def test_the_page_speaks_three_languages(client, params, header, language):
    make_offer(name="Partout", description={"fr": "Écoute."})
    response = ask(client, headers={"Accept-Language": header} if header else {}, p="1030", **params)
    words = words_in(language)
    page = response.content.decode()
    assert f'<html lang="{language}"' in page and response["Content-Language"] == language
    assert words.title in page and words.skip in page and words.leave_hint in page and words.search in page
    assert ('lang="fr">Écoute.' in page) == (language != "fr")
    for other in set(languages()) - {language}:
        assert words_in(other).intro not in page


def test_the_words_of_each_language_hold_the_same_places_to_fill():
    def holes(words) -> dict:
        return {name: sorted(re.findall(r"{(\w+)}", text)) for name, text in words.items() if isinstance(text, str)}

    files = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    assert set(files) == {"fr", "nl", "en"} == set(languages()) and next(iter(languages())) == "fr"
    for code, words in files.items():
        assert words["language"] == code and holes(words) == holes(files["fr"])


def test_french_words_keep_signs_with_their_word():
    text = (FOLDER / "fr.json").read_text()
    assert not re.search(r"\w [:;?!](?=[\s\"])", text) and "'" not in text


# --- places -----------------------------------------------------------------------------------------------
def test_places_say_where_they_come_from_and_lie_in_belgium():
    rows = list(Place.objects.all())
    assert len(rows) >= 30 and {code for code in ("1000", "1210", "4000", "5000")} <= {row.postal_code for row in rows}
    for row in rows:
        assert row.source and row.licence and row.verified_on is None
        assert 49.4 < row.latitude < 51.6 and 2.5 < row.longitude < 6.5
        assert row.search_key == places.key_of(row.names, row.commune)


def test_places_are_loaded_once():
    with system_context(SystemContext.REFERENCE):
        assert places.load_places() == 0


def test_distances():
    points = places.points(["1000", "4000", "0000"])
    assert set(points) == {"1000", "4000"}
    assert places.km_between(points["1000"], points["4000"]) == pytest.approx(88, abs=3)
    assert places.km_between(points["1000"], points["1000"]) == 0


def test_a_key_holds_whole_names_and_fits_its_column():
    key = places.key_of({"fr": "a" * 200, "nl": "b" * 200}, "Ste-Ode")
    assert len(key) <= 300 and key == f"|{'a' * 200}|sainte ode|"


def test_a_service_that_a_sender_entered_is_found_once_it_is_confirmed(world, client):
    """Whoever administers the platform may write its entry before."""
    lawyer = make_agency(AgencyKind.LEGAL_AID, "Maître Aubépine", without_account=True, entered_by=world.shelter.agency)
    make_offer(lawyer, name="Maître Aubépine", needs=[Need.LEGAL], territory=["5600"])
    assert "Aubépine" not in ask(client, p="5600").content.decode() and not ServiceOffer.objects.live().exists()
    with system_context(SystemContext.REFERENCE):
        type(lawyer).objects.filter(pk=lawyer.pk).update(checked_at=now())
    assert "Aubépine" in ask(client, p="5600").content.decode()
