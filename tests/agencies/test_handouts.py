"""Hand-outs: words in three languages, what is near, papers one can read, versions that never change, posters."""

import re
from datetime import date

import pypdfium2
import pytest
from django.urls import reverse
from pydantic import ValidationError

from agencies import handout_content as contents
from agencies import handouts, posters, qr
from agencies.acting import acting_as
from agencies.enums import AgencyKind, Audience, Need, Role
from agencies.handout_content import SHAPES
from agencies.help_numbers import shown as numbers_shown
from agencies.models import HandOut, HelpNumber, Poster, ServiceOffer
from audit.models import Action, AuditEvent
from common.acting import SystemContext, system_context
from common.errors import RuleBroken, StaleVersion
from common.ids import uuid7
from tests.actors import as_
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db
LANGUAGES = ("fr", "nl", "en")
PRINTED = [key for key in SHAPES if key != handouts.POSTER]
TELLING = ("violen", "geweld", "danger", "gevaar", "police", "politie", "victim", "seule", "alone", "0800", "1712")


def pages(document: bytes) -> list[str]:
    opened = pypdfium2.PdfDocument(document)
    found = [opened[number].get_textpage().get_text_range() for number in range(len(opened))]
    opened.close()
    return found


def offer(agency, name, needs, audiences=(Audience.VICTIM,), **more) -> ServiceOffer:
    with system_context(SystemContext.REFERENCE):
        return ServiceOffer.objects.create(
            agency=agency, name=name, needs=list(needs), audiences=list(audiences), **more
        )


# --- the words --------------------------------------------------------------------------------------------------------
def test_what_ships_is_whole_in_three_languages_and_nobody_has_verified_it():
    files = handouts.shipped()
    assert {file.key for file in files} == set(SHAPES)
    for file in files:
        assert set(file.languages) == set(LANGUAGES) and file.verified_on is None
        sizes = {
            (len(each.intro), tuple(len(section.lines) for section in each.sections))
            for each in file.languages.values()
        }
        assert len(sizes) == 1, f"{file.key} says more in one language than in another"
        assert all(getattr(file.provenance, language) for language in LANGUAGES)


def test_the_flyer_has_four_steps_and_the_checklist_the_five_questions():
    by_key = {file.key: file.languages["fr"] for file in handouts.shipped()}
    steps = [section.title for section in by_key["pathway"].sections]
    assert steps == ["Un accueil au calme", "Une trace", "Des soins", "La suite"]
    questions = " ".join(section.title for section in by_key["checklist"].sections).lower()
    for word in ("enfants", "armes", "souvent", "isolée", "surveillée"):
        assert word in questions


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("pathway", {"sections": []}),
        ("checklist", {"labels": {}}),
        ("poster", {"title": ""}),
        ("card", {"intro": ["x\x00"]}),
        ("card", {"more": 1}),
    ],
)
def test_content_that_does_not_fit_is_refused(key, change):
    content = next(file for file in handouts.shipped() if file.key == key).languages["fr"].model_dump()
    with pytest.raises((ValidationError, ValueError)):
        contents.read(key, content | change)


def test_shipped_words_are_published_once():
    assert handouts.load_handouts() == 0
    assert HandOut.objects.count() == len(SHAPES) * len(LANGUAGES)


# --- the papers -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", PRINTED)
def test_each_paper_prints_in_each_language_as_pdf_and_page(world, key, language):
    asked = {"language": language, "postal_code": "1210"}
    answer = as_(world.shelter).get(reverse("agencies:handout_pdf", args=[key]), asked)
    content = handouts.words(key, language)[1]
    assert answer["Content-Type"] == "application/pdf" and 'filename="info.pdf"' in answer["Content-Disposition"]
    assert b"/Lang" in answer.content or b"pdfuaid" in answer.content
    printed = " ".join(" ".join(pages(answer.content)).split())
    assert content.title in printed
    page = as_(world.shelter).get(reverse("agencies:handout", args=[key]), asked).content.decode()
    assert '<main class="sheet' in page and f'lang="{language}"' in page and "MOVE" not in page
    with acting_as(world.shelter):
        taken = AuditEvent.objects.filter(action=Action.EXPORTED, object_kind="agencies.HandOut")
        assert [event.fields for event in taken] == [[key, language]]


@pytest.mark.parametrize("key", ["pathway", "violence", "perpetrator", "advice", "checklist"])
def test_a_paper_fits_two_sides(world, key):
    area = make_agency(AgencyKind.LEGAL_AID, "Permanence")
    for number in range(handouts.MOST_SERVICES + 4):
        offer(
            area, f"Permanence numéro {number}", SHAPES[key].needs or [Need.LEGAL], list(Audience), phone="02 555 11 11"
        )
    for language in LANGUAGES:
        paper = handouts.paper(key, language=language, postal_code="1210", agency=world.officer.agency)
        assert len(pages(handouts.document(paper))) <= 2, language


def test_numbers_and_services_of_the_place_stand_on_it_and_no_others(world, django_assert_num_queries):
    legal = make_agency(AgencyKind.LEGAL_AID, "Maison du droit")
    offer(
        legal, "Permanence de Saint-Josse", [Need.LEGAL], territory=["1210"], phone="02 555 11 22", address="Rue Une 1"
    )
    offer(legal, "Permanence de Liège", [Need.LEGAL], territory=["4000"])
    offer(legal, "Groupe pour lui", [Need.PERPETRATOR_WORK], [Audience.PERPETRATOR])
    offer(legal, "Hors de l’annuaire", [Need.LEGAL], is_public=False)
    offer(legal, "Cours de langue", [Need.LANGUAGE])
    offer(world.shelter.agency, "Hébergement", [Need.SHELTER], address="Rue Cachée 9", phone="02 555 11 33")
    paper = handouts.paper("pathway", language="fr", postal_code="1210")
    assert [each.name for each in paper.services] == ["Permanence de Saint-Josse", "Hébergement"]
    assert paper.services[1].where == "" and paper.services[0].where == "Rue Une 1"
    assert paper.numbers[0].local and "PolBruNo" in paper.numbers[0].name
    printed = " ".join(pages(handouts.document(paper)))
    assert "Cachée" not in printed and "Liège" not in printed and "02 555 11 22" in printed
    with django_assert_num_queries(3):
        other = handouts.paper("pathway", language="fr", postal_code="4000")
    assert [each.name for each in other.services] == ["Permanence de Liège", "Hébergement"]
    assert not [one for one in other.numbers if one.local]
    his = handouts.paper("perpetrator", language="fr", postal_code="1210")
    assert [each.name for each in his.services] == ["Groupe pour lui"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_tells_nothing_to_who_finds_it(world, language):
    hospital = make_member(make_agency(AgencyKind.HOSPITAL, "Clinique Nord", public_duty_phone="02 555 44 33"))
    for member, phone in ((hospital, True), (world.eva, False), (world.shelter, False)):
        answer = as_(member).get(reverse("agencies:handout_pdf", args=["card"]), {"language": language})
        sides = pages(answer.content)
        printed = " ".join(sides).lower()
        assert len(sides) == 2 and "112" in printed and "107" in printed
        assert not [word for word in TELLING if word in printed]
        assert ("02 555 44 33" in printed) is phone
        page = as_(member).get(reverse("agencies:handout", args=["card"]), {"language": language}).content.decode()
        sheet = page.partition("<main")[2].lower()
        assert not [word for word in TELLING if word in sheet]


def test_what_was_not_checked_is_said_on_the_paper(world):
    """Once for all the numbers; the day under those that were called."""
    paper = handouts.paper("pathway", language="fr")
    printed = " ".join(" ".join(pages(handouts.document(paper))).split())
    assert paper.draft and printed.count("Un numéro sans date") == 1 and "vérifié le" not in printed
    assert all(not one.checked for one in numbers_shown("fr"))
    HelpNumber.objects.live().filter(code="tele-accueil").update(verified_on=date(2026, 3, 2))
    paper = handouts.paper("pathway", language="nl")
    printed = " ".join(" ".join(pages(handouts.document(paper))).split())
    assert "nagekeken op 2 maart 2026" in printed and printed.count("Een nummer zonder datum") == 1
    page = as_(world.eva).get(reverse("agencies:handout", args=["pathway"]), {"language": "fr"}).content.decode()
    assert page.count("vérifié le 2 mars 2026") == 1 and page.count("Un numéro sans date") == 1
    HelpNumber.objects.live().update(verified_on=date(2026, 3, 2))
    assert handouts.paper("pathway", language="fr").check == ""


@pytest.mark.parametrize(
    "asked", [{"language": "xx"}, {"language": "<b>"}, {"postal_code": "9" * 500}, {"postal_code": "12\x00"}]
)
def test_a_language_or_a_place_that_is_none_prints_in_french_without_a_place(world, asked):
    for name in ("handout", "handout_pdf"):
        assert as_(world.eva).get(reverse(f"agencies:{name}", args=["pathway"]), asked).status_code == 200


def test_what_is_no_paper(world):
    for key in ("poster", "other"):
        assert as_(world.eva).get(reverse("agencies:handout", args=[key])).status_code == 404
        assert as_(world.eva).get(reverse("agencies:handout_pdf", args=[key])).status_code == 404


def test_the_list_finds_a_place_by_code_or_name_and_says_when_it_does_not(world):
    found = as_(world.eva).get(reverse("agencies:handouts"), {"place": "1210", "language": "nl"})
    text = found.content.decode()
    assert found.status_code == 200 and "postal_code=1210" in text
    assert text.count("?language=nl&amp;postal_code=1210") == 12, (
        "each paper, on a page and as a PDF, in the language chosen"
    )
    assert (
        "postal_code=1210"
        in as_(world.eva).get(reverse("agencies:handouts"), {"place": "saint josse"}).content.decode()
    )
    lost = as_(world.eva).get(reverse("agencies:handouts"), {"place": "Nullepart-sur-Rien"})
    assert lost.status_code == 422 and "Nullepart-sur-Rien" in lost.content.decode()
    for place in ("x" * 10_000, "‮🌙", "0000"):
        assert as_(world.eva).get(reverse("agencies:handouts"), {"place": place}).status_code == 422


# --- new versions -----------------------------------------------------------------------------------------------------
def given(key="card", language="fr", **changes):
    row = handouts.latest(key, language)
    return {
        "key": key,
        "language": language,
        "content": row.content | changes,
        "provenance": "Relu en équipe",
        "verified_on": None,
        "after": row.version,
    }


def test_a_new_version_is_printed_from_now_on_and_the_old_one_stays(world):
    with acting_as(world.platform_admin):
        handouts.publish(by=world.platform_admin, **given(title="Mémo"))
        with pytest.raises(StaleVersion):
            handouts.publish(by=world.platform_admin, **given() | {"after": 1})
    assert handouts.paper("card", language="fr").content.title == "Mémo"
    assert HandOut.objects.get(key="card", language="fr", version=1).content["title"] == "Numéros utiles"
    assert handouts.paper("card", language="nl").content.title == "Nuttige nummers"
    assert handouts.load_handouts() == 0


def test_a_language_of_its_own_may_begin(world):
    with acting_as(world.platform_admin):
        handouts.publish(by=world.platform_admin, **given(title="Faydalı numaralar") | {"language": "tr", "after": 0})
    assert ("tr", "Türkçe") in handouts.languages_of("card")
    assert "Faydalı numaralar" in " ".join(pages(handouts.document(handouts.paper("card", language="tr"))))


def test_wrong_content_is_told_by_field(world):
    wrong = given("pathway", sections=[{"title": "", "lines": ["x" * 500]}] * 4)
    with acting_as(world.platform_admin), pytest.raises(RuleBroken) as broken:
        handouts.publish(by=world.platform_admin, **wrong)
    assert {"0.title", "0.lines", "3.lines"} <= set(broken.value.errors)
    with acting_as(world.platform_admin), pytest.raises(RuleBroken) as broken:
        handouts.publish(by=world.platform_admin, **given("pathway", sections=[]) | {"provenance": " "})
    assert set(broken.value.errors) == {"sections", "provenance"}


# --- posters ----------------------------------------------------------------------------------------------------------
def hang(member, **more) -> Poster:
    with acting_as(member):
        return posters.hang(by=member, **{"poster_id": uuid7(), "place": "Salle d’attente"} | more)


def test_a_poster_shows_the_duty_number_and_a_code_that_opens_its_page(world, settings):
    settings.SITE_URL = "https://move.example.org"
    poster = hang(world.eva)
    assert posters.address(poster) == f"https://move.example.org/p/{poster.code}/"
    for language in LANGUAGES:
        (printed,) = pages(posters.document(poster, language))
        assert "02 555 02 12" in printed and f"move.example.org/p/{poster.code}" in printed and "112" in printed
        assert poster.place not in printed
    page = as_(world.eva).get(reverse("agencies:poster", args=[poster.pk])).content.decode()
    assert "data:image/svg+xml;base64," in page and "<style" not in page


def test_the_code_can_be_read_back():
    drawn = qr.svg("https://move.example.org/p/abcd2345/")
    size = int(re.search(r'viewBox="0 0 (\d+)', drawn)[1])
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn)}
    assert not [square for square in dark if min(square) < qr.MARGIN or max(square) >= size - qr.MARGIN]
    corners = [(qr.MARGIN, qr.MARGIN), (size - qr.MARGIN - 7, qr.MARGIN), (qr.MARGIN, size - qr.MARGIN - 7)]
    for x, y in corners:  # the three squares a scanner looks for
        ring = {(x + step, y) for step in range(7)} | {(x, y + step) for step in range(7)}
        assert ring <= dark and (x + 1, y + 1) not in dark and (x + 3, y + 3) in dark


def test_posters_are_kept_by_the_cell_alone(world):
    poster = hang(world.eva)
    admin = make_member(world.eva.agency, Role.AGENCY_ADMINISTRATOR)
    reader = make_member(world.eva.agency, Role.READER)
    other = make_member(make_agency(AgencyKind.SAPV, "SAPV B", public_duty_phone="02 555 03 03"))
    assert as_(admin).get(reverse("agencies:poster", args=[poster.pk])).status_code == 200
    for member in (reader, other, world.officer, world.platform_admin):
        for name in ("poster", "poster_pdf"):
            assert as_(member).get(reverse(f"agencies:{name}", args=[poster.pk])).status_code == 404
        assert as_(member).post(reverse("agencies:poster_end", args=[poster.pk])).status_code == 404
    assert poster.place not in as_(other).get(reverse("agencies:posters")).content.decode()


def test_the_form_hangs_one_poster_however_often_it_is_sent(world):
    key = uuid7()
    for _turn in range(2):
        sent = as_(world.eva).post(
            reverse("agencies:posters"), {"key": key, "place": "CPAS, accueil", "postal_code": "1210"}
        )
        assert sent.status_code == 302
    assert Poster.objects.filter(agency=world.eva.agency).count() == 1
    for wrong in ({"place": ""}, {"place": "x" * 10_000}, {"place": "a\x00"}, {"place": "ici", "postal_code": "12"}):
        refused = as_(world.eva).post(reverse("agencies:posters"), {"key": uuid7(), "postal_code": "1210"} | wrong)
        assert refused.status_code == 422, wrong
    ended = as_(world.eva).post(reverse("agencies:poster_end", args=[key]))
    assert ended.status_code == 302 and Poster.objects.get(pk=key).ended_at
    as_(world.eva).post(reverse("agencies:poster_end", args=[key]))


def test_the_number_of_colleagues_stands_on_nothing_that_is_printed(world):
    """The number of the duty is told to colleagues: what anybody reads shows the public ones alone."""
    hospital = make_agency(AgencyKind.HOSPITAL, "Clinique Sud", duty_phone="02 555 66 01")
    for key in ("pathway", "card"):
        paper = handouts.paper(key, language="fr", agency=hospital)
        assert paper.here is None and paper.number == ""
    assert posters.duty_number(hospital) == ""
    for contact, shown in (("02 555 66 02", "02 555 66 02"), ("Rue Une 1, 02 555 66 02", ""), ("1712", "1712")):
        hospital.public_contact = contact
        assert posters.duty_number(hospital) == shown
    hospital.public_duty_phone = "02 555 66 03"
    assert posters.duty_number(hospital) == "02 555 66 03"


def test_without_a_public_number_no_poster(world):
    member = make_member(make_agency(AgencyKind.SAPV, "SAPV C", duty_phone="02 555 77 77"))
    page = as_(member).get(reverse("agencies:posters")).content.decode()
    assert "numéro de garde public" in page and "555 77 77" not in page and 'name="place"' not in page
    refused = as_(member).post(reverse("agencies:posters"), {"key": uuid7(), "place": "ici"})
    assert refused.status_code == 422 and not Poster.objects.filter(agency=member.agency).exists()
