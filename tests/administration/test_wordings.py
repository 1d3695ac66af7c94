"""Lists of wordings and guides: edited as rows, published as the next version, by the platform administrator alone."""

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from audit.models import Action, AuditEvent
from cases import guides
from cases.models import Guide
from common.errors import Refused, RuleBroken, StaleVersion
from reports import hints
from reports.models import HintList

pytestmark = pytest.mark.django_db
ROW = {"avoid": ["dispute"], "why": "Le mot cache qui agit.", "prefer": "dire qui fait quoi", "alone": False}
LINE = {"fr": "Écouter.", "en": "Listen.", "age_from": None, "age_to": None, "gender": ""}


@pytest.fixture(autouse=True)
def english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with translation.override("en"):
        yield


def publish_hints(by, rows, *, after=1, **changes):
    given = {"language": "fr", "provenance": "Groupe de travail.", "verified_on": None} | changes
    with acting_as(by):
        return hints.publish(by=by, hints=rows, after=after, **given)


def publish_guide(by, lines, *, after=1, **changes):
    given = {
        "title": {"fr": "Au téléphone", "en": "On the phone"},
        "provenance": "Groupe.",
        "verified_on": None,
    } | changes
    with acting_as(by):
        return guides.publish(by=by, key="call", lines=lines, after=after, **given)


def posted(page, **changes):
    """The form of an edit page as a browser would send it back, with `changes`."""
    head, rows = page.context["form"], page.context["rows"]
    data = {name: value for name in head.fields if (value := head[name].value()) not in (None, "")}
    data |= {"rows-TOTAL_FORMS": len(rows.forms), "rows-INITIAL_FORMS": rows.initial_form_count()}
    for row in rows.forms:
        for field in row.visible_fields():
            if (value := field.value()) not in (None, "") and value is not False:
                data[field.html_name] = value
    return data | changes


# --- services ---------------------------------------------------------------------------------------------------------
def test_a_published_list_is_the_next_version_and_the_former_stays(world):
    made = publish_hints(world.platform_admin, [ROW])
    assert (made.version, made.published_by, made.hints) == (2, world.platform_admin.user, [ROW])
    assert hints.latest("fr") == made and HintList.objects.get(language="fr", version=1).hints != [ROW]
    with acting_as(world.platform_admin):
        event = AuditEvent.objects.filter(action=Action.DECIDED, object_id=made.pk).get()
    assert event.object_kind == "reports.HintList"


def test_who_edited_a_version_that_is_no_longer_the_last_is_told(world):
    publish_hints(world.platform_admin, [ROW])
    publish_guide(world.platform_admin, [LINE])
    with pytest.raises(StaleVersion):
        publish_hints(world.platform_admin, [ROW])
    with pytest.raises(StaleVersion):
        publish_guide(world.platform_admin, [LINE])
    assert HintList.objects.filter(language="fr").count() == 2


@pytest.mark.parametrize("who", ["officer", "agency_admin", "police_manager"])
def test_nobody_else_publishes(world, who):
    with pytest.raises(Refused):
        publish_hints(getattr(world, who), [ROW])
    with pytest.raises(Refused):
        publish_guide(getattr(world, who), [LINE])


@pytest.mark.parametrize(
    ("rows", "changes", "wrong"),
    [
        ([], {}, {"hints"}),
        ([ROW] * 201, {}, {"hints"}),
        ([ROW | {"avoid": []}], {}, {"0.avoid"}),
        ([ROW | {"avoid": ["x"]}], {}, {"0.avoid"}),
        ([ROW | {"avoid": ["…", "dispute !"]}], {}, {"0.avoid"}),
        ([ROW | {"avoid": ["a\x00b"]}], {}, {"0.avoid"}),
        ([ROW | {"avoid": ["x" * 81]}], {}, {"0.avoid"}),
        ([ROW | {"avoid": [f"mot {number}" for number in range(41)]}], {}, {"0.avoid"}),
        ([ROW, ROW | {"avoid": ["DISPUTE"]}], {}, {"1.avoid"}),
        ([ROW | {"why": " "}, ROW | {"avoid": ["autre"], "prefer": ""}], {}, {"0.why", "1.prefer"}),
        ([ROW | {"why": "\x00"}], {}, {"0.why"}),
        ([ROW | {"prefer": "x" * 10_000}], {}, {"0.prefer"}),
        ([ROW], {"provenance": ""}, {"provenance"}),
        ([ROW], {"language": "xx"}, {"language"}),
    ],
)
def test_what_is_wrong_is_said_by_row(world, rows, changes, wrong):
    with pytest.raises(RuleBroken) as broken:
        publish_hints(world.platform_admin, rows, **changes)
    assert wrong <= set(broken.value.errors) and (len(rows) == 201 or set(broken.value.errors) == wrong)


@pytest.mark.parametrize(
    ("lines", "changes", "wrong"),
    [
        ([], {}, {"lines"}),
        ([LINE] * 21, {}, {"lines"}),
        ([LINE | {"en": ""}], {}, {"0.en"}),
        ([LINE, LINE | {"fr": "\x00"}], {}, {"1.fr"}),
        ([LINE | {"age_from": 5, "age_to": 3}], {}, {"0.age_to"}),
        ([LINE | {"age_from": -1, "age_to": 121}], {}, {"0.age_from", "0.age_to"}),
        ([LINE | {"gender": "none"}], {}, {"0.gender"}),
        ([LINE], {"title": {"fr": "", "en": "x"}}, {"title_fr"}),
        ([LINE], {"provenance": " "}, {"provenance"}),
    ],
)
def test_what_is_wrong_with_a_guide_is_said_by_line(world, lines, changes, wrong):
    with pytest.raises(RuleBroken) as broken:
        publish_guide(world.platform_admin, lines, **changes)
    assert set(broken.value.errors) == wrong


def test_a_guide_published_says_its_lines_by_age(world):
    made = publish_guide(world.platform_admin, [LINE, LINE | {"en": "Small.", "age_to": 5, "gender": "female"}])
    assert made.content["lines"][1]["when"] == {"age_to": 5, "gender": "female"}
    assert guides.lines("call", age=4) == ["Listen.", "Small."] and guides.lines("call", age=9) == ["Listen."]
    assert Guide.objects.get(key="call", version=1).content != made.content


# --- pages ------------------------------------------------------------------------------------------------------------
def test_the_list_is_edited_as_rows_a_row_added_one_taken_away_and_published(world, client):
    client.force_login(world.platform_admin.user)
    address = reverse("administration:hints_edit", args=["fr"])
    page = client.get(address)
    count = len(hints.latest("fr").hints)
    assert len(page.context["rows"].forms) == count
    more = client.post(address, posted(page, add="1"))
    assert more.status_code == 200 and len(more.context["rows"].forms) == count + 1
    assert HintList.objects.filter(language="fr").count() == 1
    new = {f"rows-{count}-avoid": "au fond\nbof", f"rows-{count}-why": "Vague.", f"rows-{count}-prefer": "précisément"}
    sent = client.post(address, posted(more, **new, **{"rows-0-DELETE": "on", f"rows-{count}-alone": "on"}))
    assert sent.status_code == 302 and sent.url == reverse("administration:hints")
    made = hints.latest("fr")
    assert len(made.hints) == count
    assert made.hints[-1] == {"avoid": ["au fond", "bof"], "why": "Vague.", "prefer": "précisément", "alone": True}
    assert made.hints[0] == HintList.objects.get(language="fr", version=1).hints[1]
    listed = client.get(reverse("administration:hints")).content.decode()
    for version in (1, 2):
        assert reverse("administration:hints_version", args=["fr", version]) in listed
    assert "bof" in client.get(reverse("administration:hints_version", args=["fr", 2])).content.decode()


def test_an_error_stands_beside_its_row_and_nothing_typed_is_lost(world, client):
    client.force_login(world.platform_admin.user)
    address = reverse("administration:hints_edit", args=["fr"])
    answer = client.post(address, posted(client.get(address), **{"rows-3-why": "", "rows-4-prefer": "Tapé ici"}))
    assert answer.status_code == 422
    rows = answer.context["rows"].forms
    assert rows[3].errors == {"why": ["Say why."]} and rows[4]["prefer"].value() == "Tapé ici"
    assert 'href="#id_rows-3-why"' in answer.content.decode()
    assert HintList.objects.filter(language="fr").count() == 1


def test_two_administrators_at_once_lose_nothing(world, client):
    client.force_login(world.platform_admin.user)
    address = reverse("administration:hints_edit", args=["fr"])
    page = client.get(address)
    publish_hints(world.platform_admin, [ROW])
    answer = client.post(address, posted(page))
    assert answer.status_code == 422 and "Somebody else has published" in answer.content.decode()
    assert len(answer.context["rows"].forms) == len(page.context["rows"].forms)


def test_a_language_without_a_list_begins_one(world, client):
    client.force_login(world.platform_admin.user)
    address = reverse("administration:hints_edit", args=["en"])
    page = client.get(address)
    row = {"rows-0-avoid": "incident", "rows-0-why": "Vague.", "rows-0-prefer": "name the act"}
    assert client.post(address, posted(page, provenance="Group.", **row)).status_code == 302
    assert hints.latest("en").version == 1
    assert client.get(reverse("administration:hints_edit", args=["xx"])).status_code == 404


def test_a_guide_is_edited_as_lines_and_published(world, client):
    client.force_login(world.platform_admin.user)
    address = reverse("administration:guide_edit", args=["child_notes"])
    page = client.get(address)
    sent = client.post(address, posted(page, **{"rows-0-en": "Assume nothing at all."}))
    assert sent.status_code == 302
    made, before = guides.guide("child_notes"), Guide.objects.get(key="child_notes", version=1)
    assert made.version == 2 and made.content["lines"][0]["text"]["en"] == "Assume nothing at all."
    assert made.content["lines"][1:] == before.content["lines"][1:], "ages and genders are kept"
    shown = client.get(reverse("administration:guide_version", args=["child_notes", 2])).content.decode()
    assert "Assume nothing at all." in shown and "ages 0 to 2" in shown and "girl or woman" in shown
    assert client.get(reverse("administration:guide_edit", args=["nothing"])).status_code == 404
    wrong = client.post(address, posted(client.get(address), **{"rows-1-age_from": "99"}))
    assert wrong.status_code == 422 and "age_to" in wrong.context["rows"].forms[1].errors
