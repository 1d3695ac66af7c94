"""Imports: told line by line, saved whole or not at all, the same again changes nothing."""

from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from agencies import help_numbers, importing
from agencies.acting import acting_as
from agencies.enums import Role
from agencies.importing import import_help_numbers, import_places
from agencies.importing_services import import_services
from agencies.models import Agency, HelpNumber, Place, ServiceOffer
from common.errors import Refused, RuleBroken
from common.tables import LinesBroken
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db

PLACES = """code postal;nom;plaatsnaam;gemeente;lat;long
9991;Essaiville;Proefstad;Essaiville;50,85;4,37
9992;Autreville;;Essaiville;;
"""
TOLD = {"source": "Registre d’essai, novembre 2026", "licence": "CC0"}
NUMBERS = """code;number;name_fr;name_en;note_fr;urgent;audiences;territory;source;verified_on
essai;0800 11 22 33;Ligne d’essai;Trial line;le matin;non;victim, perpetrator;1030 1140;une affiche;15/10/2026
112;112;Danger immédiat;Immediate danger;;oui;;;une affiche;
"""
SERVICES = """service;kind;name;needs;audiences;languages;description_fr;phone;territory;monday;tuesday;interpretation
Maison d’essai;victim_support;Écoute;psychosocial|legal;victim;fr, nl;Une oreille.;02 555 11 22;1030 1140;9-12, 13-17;9-12;oui
Maison d’essai;victim_support;Permanence juridique;legal;victim;fr;Un juriste.;02 555 11 22;1030;;;non
Refuge d’essai;shelter;Hébergement;shelter;victim;fr;Un toit.;0800 11 223;;;;
"""  # noqa: E501


@pytest.fixture
def platform():
    return make_member(make_agency("coordination"), role=Role.PLATFORM_ADMINISTRATOR)


@pytest.fixture
def acting(platform):
    with acting_as(platform):
        yield platform


def counts(report):
    return report.added, report.changed, report.same


def problems(act):
    with pytest.raises(LinesBroken) as broken:
        act()
    return {(each.line, each.column) for each in broken.value.problems}


# --- places -----------------------------------------------------------------------------------------------
def test_places_are_added_then_left_then_changed(acting):
    def run(text, **given):
        return counts(import_places(by=acting, content=text.encode(), **TOLD | given))

    assert run(PLACES) == (2, 0, 0)
    assert run(PLACES) == (0, 0, 2)
    assert run(PLACES.replace("50,85", "50.86"), verified_on=date(2026, 10, 1)) == (0, 2, 0)
    place = Place.objects.get(postal_code="9991")
    assert (place.latitude, place.longitude, place.licence) == (50.86, 4.37, "CC0")
    assert place.names == {"fr": "Essaiville", "nl": "Proefstad"} and "proefstad" in place.search_key
    assert place.verified_on == date(2026, 10, 1) and Place.objects.get(postal_code="9992").latitude is None


def test_one_wrong_line_and_nothing_is_saved(acting):
    text = (
        "postal_code,name,latitude,longitude\n9991,Essaiville,50.85,4.37\n99,Trop court,,\n9992,,,\n"
        "9993,À l’envers,4.37,50.85\n9994,Une moitié,50.85,\n9991,Essaiville,,\n9995,Mots,nord,nan\n"
    )
    found = problems(lambda: import_places(by=acting, content=text.encode(), **TOLD))
    assert {(3, "postal_code"), (4, "name_fr"), (5, "latitude"), (5, "longitude"), (6, "latitude"), (7, "")} <= found
    assert {(8, "latitude"), (8, "longitude")} <= found and 2 not in {line for line, _column in found}
    assert not Place.objects.filter(postal_code__startswith="999").exists()


def test_to_check_saves_nothing(acting):
    assert counts(import_places(by=acting, content=PLACES.encode(), save=False, **TOLD)) == (2, 0, 0)
    assert not Place.objects.filter(postal_code="9991").exists()


@pytest.mark.parametrize(
    ("field", "value"), [("source", " "), ("licence", ""), ("source", "x" * 201), ("licence", "\x00")]
)
def test_a_file_without_its_source_or_licence_is_refused(acting, field, value):
    with pytest.raises(RuleBroken) as broken:
        import_places(by=acting, content=PLACES.encode(), **TOLD | {field: value})
    assert list(broken.value.errors) == [field]


def test_a_place_is_known_by_any_of_its_names(acting):
    import_places(by=acting, content=PLACES.encode(), source="un autre", licence="à confirmer")
    text = "postcode,plaatsnaam,naam nl\n"
    with pytest.raises(RuleBroken):
        import_places(by=acting, content=text.encode(), **TOLD)
    assert counts(import_places(by=acting, content=b"postcode,plaatsnaam\n9991,PROEFSTAD\n", **TOLD)) == (0, 1, 0)
    place = Place.objects.get(postal_code="9991")
    assert (place.licence, place.names) == ("CC0", {"nl": "PROEFSTAD"})


# --- help numbers -----------------------------------------------------------------------------------------
def test_numbers_are_versions(acting):
    assert counts(import_help_numbers(by=acting, content=NUMBERS.encode())) == (1, 1, 0)
    assert counts(import_help_numbers(by=acting, content=NUMBERS.encode())) == (0, 0, 2)
    row = HelpNumber.objects.get(code="essai")
    assert row.territory == ["1030", "1140"] and row.audiences == ["victim", "perpetrator"]
    assert row.verified_on == date(2026, 10, 15) and row.published_by == acting.user
    assert HelpNumber.objects.filter(code="112").count() == 2


def test_wrong_numbers_are_named_and_nothing_is_saved(acting):
    text = NUMBERS + "Deux Mots;abc;;;;peut-être;martians;xx;;32/13/2026\nessai;0800 11 22 33;a;b;;;;;c;\n"
    found = problems(lambda: import_help_numbers(by=acting, content=text.encode()))
    named = ("code", "number", "name_fr", "name_en", "urgent", "audiences", "territory", "source", "verified_on")
    assert found == {(4, column) for column in named} | {(5, "code")}
    assert not HelpNumber.objects.filter(code="essai").exists()


def test_a_file_cannot_take_the_last_number_for_an_emergency_away(acting):
    help_numbers.end(by=acting, number_id=HelpNumber.objects.get(code="101", ended_at=None).pk)
    with pytest.raises(RuleBroken):
        import_help_numbers(by=acting, content=NUMBERS.replace(";oui;", ";non;").encode())
    assert HelpNumber.objects.live().filter(code="112", urgent=True).exists()


# --- services ---------------------------------------------------------------------------------------------
def services(by, text, **given):
    return import_services(by=by, content=text.encode(), **{"source": "Liste d’essai"} | given)


def test_services_are_opened_without_an_account_and_found_again(acting):
    assert counts(services(acting, SERVICES)) == (3, 0, 0)
    assert counts(services(acting, SERVICES)) == (0, 0, 3)
    assert counts(services(acting, SERVICES.replace("Un toit.", "Un toit, tout de suite."))) == (0, 1, 2)
    house = Agency.objects.get(name="Maison d’essai")
    assert house.without_account and house.kind == "victim_support" and house.territory == ["1030", "1140"]
    assert house.languages == ["fr", "nl"] and Agency.objects.get(name="Refuge d’essai").territory == []
    heard = ServiceOffer.objects.get(agency=house, name="Écoute")
    assert heard.needs == ["psychosocial", "legal"] and heard.interpretation and heard.source == "Liste d’essai"
    assert {"days": [1], "opens": "13:00", "closes": "17:00"} in heard.schedule and heard.confirmed_at is None


def test_words_of_the_screens_stand_for_codes(acting):
    text = SERVICES.replace("victim_support", "Aide aux victimes").replace(";shelter;Héb", ";hébergement;Héb")
    assert counts(services(acting, text)) == (3, 0, 0)


def test_a_service_with_an_account_keeps_its_own_entries(acting):
    make_agency("victim_support", name="Maison d’essai")
    assert problems(lambda: services(acting, SERVICES)) == {(2, "service"), (3, "service")}
    assert not ServiceOffer.objects.filter(name="Hébergement").exists()


def test_a_service_that_is_closed_is_not_written_to(acting):
    services(acting, SERVICES)
    Agency.objects.filter(name="Refuge d’essai").update(is_active=False)
    assert problems(lambda: services(acting, SERVICES)) == {(4, "service")}


def test_what_somebody_else_wrote_at_the_same_moment_is_told(acting, monkeypatch):
    def taken(_rows):
        raise IntegrityError

    monkeypatch.setattr(importing, "_write_places", taken)
    with pytest.raises(RuleBroken) as broken:
        import_places(by=acting, content=PLACES.encode(), **TOLD)
    assert list(broken.value.errors) == ["file"]


def test_a_shelter_tells_no_address(acting):
    text = (
        "service;kind;name;needs;audiences;languages;description_fr;phone;address;postal_code\n"
        "Refuge d’essai;shelter;Hébergement;shelter;victim;fr;Un toit.;0800 11 223;rue Haute 1;1000\n"
        "Autre;shelter;Hébergement;shelter;victim;fr;Rue Haute 12, deuxième étage.;0800 11 223;;\n"
    )
    assert problems(lambda: services(acting, text)) == {(2, "address"), (2, "postal_code"), (3, "description_fr")}
    assert not Agency.objects.filter(name="Refuge d’essai").exists()


def test_wrong_services_are_named_line_by_line(acting):
    text = (
        "service;kind;name;needs;audiences;languages;description_fr;phone;territory;monday;professional_phone\n"
        ";victim_support;a;legal;victim;fr;b;02 555 11 22;;;\n"
        "Un;castle;a;legal;victim;fr;b;02 555 11 22;;;\n"
        "Deux;victim_support;;flying;victim;fr;b;02 555 11 22;Gand;tôt;12\n"
        "Trois;victim_support;a;legal;victim;fr;b;02 555 11 22;;;02\n"
        "Trois;shelter;a;legal;victim;fr;b;02 555 11 22;;;\n"
        "Trois;victim_support;A;legal;victim;fr;b;;;;\n"
        f"{'x' * 151};victim_support;a;legal;victim;fr;b;02 555 11 22;;;\n"
    )
    found = problems(lambda: services(acting, text))
    assert {(2, "service"), (3, "kind"), (4, "name"), (4, "needs"), (4, "territory"), (4, "monday")} <= found
    assert {(5, "professional_phone"), (6, "kind"), (7, "name"), (7, "phone"), (8, "service")} <= found
    assert not Agency.objects.filter(name__in=["Deux", "Trois"]).exists()


def test_services_say_where_they_come_from(acting):
    with pytest.raises(RuleBroken) as broken:
        services(acting, SERVICES, source="")
    assert list(broken.value.errors) == ["source"]


# --- who, and by a command --------------------------------------------------------------------------------
def test_nobody_else_imports():
    other = make_member(make_agency("coordination"), role=Role.COORDINATOR)
    with acting_as(other):
        for act in (
            lambda: services(other, SERVICES),
            lambda: import_places(by=other, content=PLACES.encode(), **TOLD),
            lambda: import_help_numbers(by=other, content=NUMBERS.encode()),
            lambda: import_help_numbers(by=None, content=NUMBERS.encode()),
        ):
            with pytest.raises(Refused):
                act()


def test_commands_import_the_same_files(tmp_path: Path, capsys):
    def stored(name, text):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    options = {"source": "Registre d’essai", "licence": "CC0"}
    call_command("import_places", stored("places.csv", PLACES), check=True, **options)
    assert not Place.objects.filter(postal_code="9991").exists()
    call_command("import_places", stored("places.csv", PLACES), **options)
    call_command("import_services", stored("services.csv", SERVICES), source="Liste d’essai")
    call_command("import_help_numbers", stored("numbers.csv", NUMBERS))
    assert Place.objects.filter(postal_code="9991").exists() and Agency.objects.filter(name="Maison d’essai").exists()
    assert HelpNumber.objects.get(code="essai").published_by is None
    with pytest.raises(CommandError, match="line 2"):
        call_command("import_places", stored("wrong.csv", "postal_code,name\n1,x\n"), **options)
    with pytest.raises(CommandError, match="no_such"):
        call_command("import_help_numbers", str(tmp_path / "no_such.csv"))
