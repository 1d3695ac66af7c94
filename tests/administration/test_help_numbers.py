"""The pages of the help numbers and of the imports, for the platform administrator alone."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from agencies.enums import Role
from agencies.models import HelpNumber, Place
from tests.actors import as_
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db

GIVEN = {
    "code": "essai",
    "number": "0800 11 22 33",
    "name_fr": "Ligne d’essai",
    "name_en": "Trial line",
    "position": "300",
    "source": "une affiche",
}


@pytest.fixture
def site():
    return as_(make_member(make_agency("coordination"), role=Role.PLATFORM_ADMINISTRATOR))


def standing(code):
    return HelpNumber.objects.get(code=code, ended_at=None)


def page_of(response):
    return response.content.decode()


def test_numbers_are_published_verified_changed_and_taken_off(site):
    listed = reverse("administration:help_numbers")
    assert site.get(listed).context["unchecked"] == HelpNumber.objects.live().count()
    answered = site.post(reverse("administration:help_number_new"), GIVEN)
    assert answered.status_code == 302 and standing("essai").verified_on is None
    site.post(reverse("administration:help_number_verified", args=[standing("essai").pk]))
    assert standing("essai").verified_on is not None and "Camille" in page_of(site.get(listed))
    edit = reverse("administration:help_number_edit", args=[standing("essai").pk])
    assert 'value="Ligne d’essai"' in page_of(site.get(edit))
    assert site.post(edit, GIVEN | {"name_fr": "Autre nom"}).status_code == 302
    assert standing("essai").name["fr"] == "Autre nom" and site.get(edit).status_code == 404
    site.post(reverse("administration:help_number_end", args=[standing("essai").pk]))
    assert not HelpNumber.objects.filter(code="essai", ended_at=None).exists()
    assert HelpNumber.objects.filter(code="essai").count() == 3


def test_a_code_that_is_taken_is_no_new_number(site):
    answered = site.post(reverse("administration:help_number_new"), GIVEN | {"code": "112"})
    assert answered.status_code == 422 and standing("112").number == "112"


def test_what_was_typed_stays_where_it_is_refused(site):
    answered = site.post(reverse("administration:help_number_new"), GIVEN | {"number": "appelez", "name_nl": "Lijn"})
    page = page_of(answered)
    assert answered.status_code == 422 and 'value="appelez"' in page and 'value="Lijn"' in page


def test_the_last_number_for_an_emergency_stays(site):
    for code in ("101", "112"):
        site.post(reverse("administration:help_number_end", args=[standing(code).pk]))
    assert [row.code for row in HelpNumber.objects.live().filter(urgent=True)] == ["112"]


def send(site, text, **given):
    sent = SimpleUploadedFile("lieux.csv", text.encode(), content_type="text/csv")
    told = {"source": "Registre", "licence": "CC0"} | given
    return site.post(reverse("administration:import_table", args=["places"]), told | {"file": sent})


def test_a_file_is_checked_then_saved(site):
    text = "postal_code,name,remarque\n9991,Essaiville,x\n"
    checked = send(site, text, check="1")
    assert checked.status_code == 200 and not Place.objects.filter(postal_code="9991").exists()
    assert "remarque" in page_of(checked) and 'value="Registre"' in page_of(checked)
    assert send(site, text).status_code == 302 and Place.objects.filter(postal_code="9991").exists()


def test_what_is_wrong_is_told_by_line_and_column(site):
    with translation.override("en"):
        answered = send(site, "postal_code,name\n9991,Essaiville\n<b>,\n", licence="")
        assert answered.status_code == 422 and "licence" in answered.context["form"].errors
        answered = send(site, "postal_code,name\n9991,Essaiville\n<b>,\n")
    assert answered.status_code == 422 and not Place.objects.filter(postal_code="9991").exists()
    assert {(each.line, each.column) for each in answered.context["problems"]} == {(3, "postal_code"), (3, "name_fr")}
    assert "<b>" not in page_of(answered).partition("<table")[2].partition("</table>")[0]


def test_many_problems_are_counted(site):
    answered = send(site, "postal_code,name\n" + "1,x\n" * 500)
    assert answered.status_code == 422 and len(answered.context["problems"]) == 200 and answered.context["more"] == 300


def test_a_file_is_asked_for_and_an_unknown_kind_is_none(site):
    address = reverse("administration:import_table", args=["places"])
    assert site.post(address, {"source": "a", "licence": "b"}).status_code == 422
    assert site.get(reverse("administration:import_table", args=["people"])).status_code == 404
    for kind in ("places", "services", "help-numbers"):
        assert site.get(reverse("administration:import_table", args=[kind])).status_code == 200
    assert site.get(reverse("administration:imports")).status_code == 200
