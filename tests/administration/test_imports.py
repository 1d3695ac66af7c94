"""Imports on their page: what was checked is saved by one press, whole, by whoever checked it."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from administration import checked_files
from agencies.enums import Role
from agencies.models import Place
from tests.actors import as_
from tests.agencies.test_importing import PLACES
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def cache_of_its_own(settings):
    """Other workers empty the one they share."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "imports"}}


@pytest.fixture
def platform():
    return make_member(make_agency("coordination"), role=Role.PLATFORM_ADMINISTRATOR)


def page(kind: str = "places") -> str:
    return reverse("administration:import_table", args=[kind])


def check(by, content: str = PLACES):
    sent = SimpleUploadedFile("places.csv", content.encode(), content_type="text/csv")
    told = {"source": "Registre d\u2019essai", "licence": "CC0", "verified_on": "2026-11-02"}
    return as_(by).post(page(), told | {"check": "1", "file": sent})


def saved() -> list[str]:
    return sorted(Place.objects.filter(postal_code__startswith="999").values_list("postal_code", flat=True))


def test_what_was_checked_is_saved_by_one_press_with_what_was_said_of_it(platform):
    answer = check(platform)
    assert answer.status_code == 200 and saved() == []
    key = answer.context["checked"]
    assert f'value="{key}"' in answer.content.decode()
    for _pressed_twice in range(2):
        done = as_(platform).post(page(), {"checked": key})
        assert done.status_code == 302 and key not in done["Location"]
    assert saved() == ["9991", "9992"]
    place = Place.objects.get(postal_code="9991")
    assert (place.source, place.licence, str(place.verified_on)) == ("Registre d\u2019essai", "CC0", "2026-11-02")


def test_it_lies_encrypted_and_for_who_checked_it_alone(platform):
    key = check(platform).context["checked"]
    stored, _given = cache.get(f"checked-file:{platform.pk}:places:{key}")
    assert b"Essaiville" not in stored
    other = make_member(platform.agency, role=Role.PLATFORM_ADMINISTRATOR)
    for by, kind in ((other, "places"), (platform, "services")):
        refused = as_(by).post(page(kind), {"checked": key})
        assert refused.status_code == 422 and "file" in refused.context["form"].errors
    assert saved() == []


@pytest.mark.parametrize("key", ["", "x", "../" * 30, "a" * 10_000, "\x00", "é" * 32, "A" * 32])
def test_what_is_not_kept_is_asked_for_again(platform, key):
    refused = as_(platform).post(page(), {"checked": key})
    assert refused.status_code == 422 and list(refused.context["form"].errors) == ["file"]


def test_it_is_checked_again_when_it_is_saved(platform):
    key = checked_files.keep(
        by=platform, kind="places", content=b"code postal;nom\n9991;Essaiville\n99;Faux\n",
        given={"source": "x", "licence": "y", "verified_on": None},
    )  # fmt: skip
    answer = as_(platform).post(page(), {"checked": key})
    assert answer.status_code == 422 and [problem.line for problem in answer.context["problems"]] == [3]
    assert saved() == []


def test_a_file_that_is_wrong_is_not_kept(platform):
    answer = check(platform, "code postal;nom\n99;Faux\n")
    assert answer.status_code == 422 and answer.context["checked"] == ""
