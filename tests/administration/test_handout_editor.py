"""Hand-outs: read by version, edited as rows and lines, published by the platform administrator alone."""

import pytest
from django.urls import reverse

from agencies import handouts
from agencies.handout_content import SHAPES
from agencies.models import HandOut
from tests.actors import as_
from tests.administration.test_wordings import posted

pytestmark = pytest.mark.django_db


def address(key: str, language: str = "fr") -> str:
    return reverse("administration:handout_edit", args=[key, language])


def edit_page(member, key, language="fr"):
    return as_(member).get(address(key, language))


def test_every_hand_out_is_listed_with_its_languages(world):
    page = as_(world.platform_admin).get(reverse("administration:handouts")).content.decode()
    for key in SHAPES:
        assert address(key) in page and address(key, "nl") in page and address(key, "tr") in page
    assert "Votre parcours en 4 étapes" in page and "Uw weg in 4 stappen" not in page.partition("<main")[0]


@pytest.mark.parametrize("key", SHAPES)
def test_what_is_shown_can_be_published_as_it_is(world, key):
    page = edit_page(world.platform_admin, key)
    assert page.status_code == 200
    sent = as_(world.platform_admin).post(address(key), posted(page))
    assert sent.status_code == 302, sent.context and sent.context["form"].errors
    first, second = HandOut.objects.filter(key=key, language="fr").order_by("version")
    assert first.content == second.content and second.published_by == world.platform_admin.user
    assert second.verified_on is None, "nobody has read the new version over yet"
    shown = as_(world.platform_admin).get(reverse("administration:handout_version", args=[key, "fr", first.version]))
    assert first.content["title"] in shown.content.decode()


def test_a_new_language_begins_with_the_french_words(world):
    page = edit_page(world.platform_admin, "card", "tr")
    assert page.context["form"]["title"].value() == "Numéros utiles"
    sent = as_(world.platform_admin).post(address("card", "tr"), posted(page, title="Faydalı numaralar"))
    assert sent.status_code == 302 and handouts.paper("card", language="tr").content.title == "Faydalı numaralar"


def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(world):
    page = edit_page(world.platform_admin, "pathway")
    wrong = posted(page, **{"title": "", "label_foot": "x" * 401, "rows-0-title": "", "rows-1-lines": "a\n" * 9})
    answer = as_(world.platform_admin).post(address("pathway"), wrong)
    assert answer.status_code == 422 and HandOut.objects.filter(key="pathway", language="fr").count() == 1
    assert {"title", "label_foot"} <= set(answer.context["form"].errors)
    rows = answer.context["rows"].forms
    assert "title" in rows[0].errors and "lines" in rows[1].errors
    assert "a\na\n" in answer.content.decode().replace("\r", "")
    fewer = posted(page, **{"rows-3-DELETE": "on"})
    answer = as_(world.platform_admin).post(address("pathway"), fewer)
    assert answer.status_code == 422 and "4" in str(answer.context["form"].non_field_errors())


def test_somebody_was_faster(world):
    page = edit_page(world.platform_admin, "card")
    assert as_(world.platform_admin).post(address("card"), posted(page)).status_code == 302
    assert as_(world.platform_admin).post(address("card"), posted(page)).status_code == 422


def test_a_row_more_without_a_script(world):
    page = edit_page(world.platform_admin, "violence")
    more = as_(world.platform_admin).post(address("violence"), posted(page, add="1"))
    assert more.status_code == 200 and len(more.context["rows"].forms) == len(page.context["rows"].forms) + 1


def test_what_is_none_and_who_may_not(world):
    for key, language in (("other", "fr"), ("card", "xx")):
        assert as_(world.platform_admin).get(address(key, language)).status_code == 404
    assert as_(world.platform_admin).get("/administration/handouts/card/fr/9/").status_code == 404
    assert as_(world.eva).post(address("card"), {"title": "x"}).status_code == 403


def test_an_older_version_says_what_each_label_is_for(world):
    page = as_(world.platform_admin).get("/administration/handouts/pathway/nl/2/").content.decode()
    assert "Au-dessus des numéros d’urgence" in page and '<dd lang="nl">Nu in gevaar: bel</dd>' in page
