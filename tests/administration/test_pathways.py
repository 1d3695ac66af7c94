"""The editor of the pathway rules and its versions; the map of what is missing."""

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Place
from audit.models import AuditEvent
from cases.access import get_case
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken, StaleVersion
from referrals import pathway_rules
from referrals.models import PathwayRules
from referrals.proposals import note_gap
from tests.actors import as_
from tests.factories import make_agency, make_member
from tests.referrals_acts import make_case

pytestmark = pytest.mark.django_db

LIST = "administration:pathways"
NEW = {
    "code": "club",
    "needs": ["other"],
    "roles": ["child"],
    "propose_first": "leisure",
    "otherwise": ["community"],
    "why_fr": "Un lieu pour jouer.",
    "why_en": "A place to play.",
    "position": "1",
    "provenance": "Décision du comité de pilotage.",
    "after": "1",
}


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def add(world, **changes):
    return as_(world.platform_admin).post(reverse("administration:pathway_rule_new"), NEW | changes)


def rules() -> list[str]:
    return [rule.code for rule in pathway_rules.definition_of(pathway_rules.in_force()).rules]


def test_a_rule_added_is_the_next_version_and_the_one_before_stays(world):
    before = rules()
    assert add(world).status_code == 302
    assert rules() == ["club", *before]
    assert PathwayRules.objects.get(version=1).definition["rules"][0]["code"] == before[0]
    made = PathwayRules.objects.get(version=2)
    assert made.published_by_id == world.platform_admin.user_id and made.verified_on is None
    with acting_as(world.platform_admin):
        assert AuditEvent.objects.filter(action="decided", object_id=made.pk).exists()


def test_the_same_form_twice_is_one_version(world):
    add(world)
    again = add(world)
    assert again.status_code == 422
    assert PathwayRules.objects.count() == 2


def test_every_shipped_rule_opens_in_the_editor_and_comes_back_the_same(world):
    browser = as_(world.platform_admin)
    for code in rules():
        url = reverse("administration:pathway_rule", args=[code])
        form = browser.get(url).context["form"]
        held = {name: form[name].value() for name in form.fields}
        sent = {name: value for name, value in held.items() if value not in (None, "", [])}
        assert browser.post(url, sent).status_code == 302, code
    assert PathwayRules.objects.count() == 1, "nothing has changed: no version more"


def test_a_rule_is_changed_and_moved(world):
    browser, url = as_(world.platform_admin), reverse("administration:pathway_rule", args=["housing"])
    form = browser.get(url).context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", [])}
    assert browser.post(url, sent | {"position": "1", "why_en": "A roof."}).status_code == 302
    assert rules()[0] == "housing"
    changed = pathway_rules.definition_of(pathway_rules.in_force()).rule("housing")
    assert changed.why.en == "A roof."


def test_a_rule_is_removed_once(world):
    url = reverse("administration:pathway_rule_remove", args=["employment"])
    for _again in range(2):
        as_(world.platform_admin).post(url, {"after": "1"})
    assert "employment" not in rules()
    assert PathwayRules.objects.count() == 2


@pytest.mark.parametrize("after", ["9" * 5000, "", "x"])
def test_a_rule_is_not_removed_from_a_version_that_is_none(world, after):
    before = rules()
    url = reverse("administration:pathway_rule_remove", args=["employment"])
    assert as_(world.platform_admin).post(url, {"after": after}).status_code == 302
    assert rules() == before


def test_somebody_published_meanwhile(world):
    add(world)
    answer = add(world, code="club-2")
    assert answer.status_code == 422
    assert "meanwhile" in answer.content.decode() or "entre-temps" in answer.content.decode()
    assert answer.context["form"]["why_en"].value() == "A place to play."
    with acting_as(world.platform_admin), pytest.raises(StaleVersion):
        pathway_rules.remove_rule(by=world.platform_admin, code="social", after=1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "Une règle"}, "code"),
        ({"code": "social"}, "code"),
        ({"code": "a" * 61}, "code"),
        ({"needs": []}, "needs"),
        ({"needs": ["gold"]}, "needs"),
        ({"propose_first": ""}, "propose_first"),
        ({"otherwise": ["leisure"]}, "otherwise"),
        ({"why_en": ""}, "why_en"),
        ({"why_fr": "x" * 10_000}, "why_fr"),
        ({"why_fr": "a\x00b"}, "why_fr"),
        ({"warning_fr": "Attention."}, "warning_en"),
        ({"first_en": "First."}, "first_fr"),
        ({"areas": "Liège 🙂"}, "areas"),
        ({"position": "999"}, "position"),
        ({"provenance": ""}, "provenance"),
    ],
)
def test_what_cannot_be_a_rule_is_said_by_its_field_and_nothing_is_published(world, wrong, field):
    answer = add(world, **wrong)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert PathwayRules.objects.count() == 1


def test_words_in_any_script_are_kept(world):
    assert add(world, why_fr="‮ مكان 🙂", why_en="‮ مكان 🙂").status_code == 302


def test_the_rules_are_tried_without_being_changed(world):
    facts = {"sender": "police", "phase": "1", "role": "presumed_perpetrator", "need": "perpetrator_work",
             "try_asked_by": "authority"}  # fmt: skip
    page = as_(world.platform_admin).get(reverse(LIST), facts)
    assert [rule["code"] for rule in page.context["tried"]] == ["justice-to-programme"]
    assert PathwayRules.objects.count() == 1


def test_a_version_is_read_as_it_was_published(world):
    add(world)
    page = as_(world.platform_admin).get(reverse("administration:pathway_version", args=[1]))
    assert "club" not in [rule["code"] for rule in page.context["rules"]]
    assert as_(world.platform_admin).get(reverse("administration:pathway_version", args=[99])).status_code == 404
    assert as_(world.platform_admin).get(reverse("administration:pathway_rule", args=["none"])).status_code == 404


def test_only_the_platform_administrator_publishes(world):
    with acting_as(world.police_manager), pytest.raises(Refused):
        pathway_rules.remove_rule(by=world.police_manager, code="social", after=1)


# --- the paths between the phases --------------------------------------------------------------------------------
PATHS = "administration:pathway_paths"


def typed_paths(world, **changes) -> dict[str, str]:
    """The form of the paths as it stands, changed; None takes a field out."""
    form = as_(world.platform_admin).get(reverse(PATHS)).context["form"]
    held = {name: form[name].value() for name in form.fields} | changes
    return {name: "on" if value is True else value for name, value in held.items() if value not in (None, "", False)}


def ways() -> list[tuple[int, int]]:
    return [(path.start, path.to) for path in pathway_rules.definition_of(pathway_rules.in_force()).paths]


def test_the_paths_as_they_stand_are_no_new_version(world):
    assert as_(world.platform_admin).post(reverse(PATHS), typed_paths(world)).status_code == 302
    assert PathwayRules.objects.count() == 1


def test_a_path_is_closed_another_opened_and_both_are_said_in_the_versions(world):
    before = ways()
    assert before == [(1, 2), (1, 3), (2, 3), (3, 2)]
    new = {"open_2_1": True, "why_2_1_fr": "Retour.", "why_2_1_en": "Back.", "open_1_3": None}
    assert as_(world.platform_admin).post(reverse(PATHS), typed_paths(world, **new)).status_code == 302
    assert ways() == [(1, 2), (2, 3), (3, 2), (2, 1)]
    assert PathwayRules.objects.get(version=2).verified_on is None
    pages = [as_(world.platform_admin).get(reverse("administration:pathway_version", args=[each])) for each in (1, 2)]
    said = [[path["why"] for path in page.context["paths"]] for page in pages]
    assert len(said[0]) == 4 and not {"Retour.", "Back."} & set(said[0])
    assert {"Retour.", "Back."} & set(said[1]) and said[0][1] not in said[1]
    with acting_as(world.platform_admin):
        assert AuditEvent.objects.filter(action="decided", object_kind="referrals.PathwayRules").exists()


def test_the_paths_are_tried_and_nothing_is_published(world):
    sent = typed_paths(world, open_1_3=None, why_1_2_en="Otherwise.") | {"try": "1"}
    page = as_(world.platform_admin).post(reverse(PATHS), sent)
    assert page.status_code == 200
    assert [path["changed"] for path in page.context["tried"]] == [True, True, False, False, False, False]
    assert page.context["tried"][1]["why"] == ""
    assert PathwayRules.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"open_3_1": True}, "why_3_1_fr"),
        ({"why_1_2_en": None}, "why_1_2_en"),
        ({"why_1_2_fr": "x" * 10_000}, "why_1_2_fr"),
        ({"why_1_2_fr": "a\x00b"}, "why_1_2_fr"),
        ({"provenance": " "}, "provenance"),
        ({"after": "9"}, "__all__"),
    ],
)
def test_what_cannot_be_a_path_is_said_by_its_field_and_nothing_is_published(world, wrong, field):
    answer = as_(world.platform_admin).post(reverse(PATHS), typed_paths(world, **wrong))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert PathwayRules.objects.count() == 1


def test_a_path_leads_to_another_phase_and_stands_once(world):
    words = {"fr": "Oui.", "en": "Yes."}
    with acting_as(world.platform_admin):
        for wrong in ([(1, 1)], [(1, 2), (1, 2)], [(1, 4)]):
            paths = [{"start": start, "to": to, "why": words} for start, to in wrong]
            with pytest.raises(RuleBroken):
                pathway_rules.save_paths(by=world.platform_admin, paths=paths, provenance="Oui.", after=1)
    with acting_as(world.police_manager), pytest.raises(Refused):
        pathway_rules.save_paths(by=world.police_manager, paths=[], provenance="Oui.", after=1)


def test_a_rule_of_an_area_is_tried_there_and_elsewhere(world):
    facts = {"sender": "school", "phase": "1", "role": "child", "need": "other", "try_asked_by": "service", "try": "1"}
    for code, counts in (("1030", True), ("4000", False), ("", False)):
        page = add(world, areas="10", **facts | {"try_postal_code": code})
        assert [rule["code"] for rule in page.context["tried"]] == (["club"] if counts else []), code


def test_a_rule_is_tried_before_it_is_published(world):
    facts = {"sender": "school", "phase": "1", "role": "child", "need": "other", "try_asked_by": "service"}
    page = add(world, **facts, **{"try": "1"})
    assert page.status_code == 200
    assert [rule["code"] for rule in page.context["tried"]] == ["club"]
    assert page.context["form"]["why_en"].value() == "A place to play."
    other = add(world, **facts | {"need": "social"}, **{"try": "1"})
    assert "club" not in [rule["code"] for rule in other.context["tried"]]
    assert add(world, **facts, **{"try": "1", "why_en": ""}).status_code == 422
    assert PathwayRules.objects.count() == 1


# --- the map of what is missing ---------------------------------------------------------------------------------


def note(by, number: int = 1, **changes) -> None:
    for _each in range(number):
        case = make_case(by)
        values = {"kind": "migrant_service", "need": "language", "role": "victim", "rule": "language"} | changes
        with acting_as(by):
            note_gap(by=by, case=case, access=get_case(case.pk, by)[1], **values)


def test_what_is_missing_is_counted_over_every_agency_by_kind_need_and_place(world):
    with system_context(SystemContext.REFERENCE):
        Place.objects.get_or_create(
            postal_code="1030",
            defaults={"names": {"fr": "Schaerbeek"}, "commune": "Schaerbeek", "search_key": "|schaerbeek|",
                      "source": "test", "licence": "test"},
        )  # fmt: skip
    note(world.officer, 2, postal_code="1030")
    note(world.other_officer, postal_code="1030")
    note(world.officer, kind="shelter", need="shelter")
    found = as_(world.platform_admin).get(reverse("administration:gaps")).context["found"]
    migrant, shelter = (line.kind for line in found.lines)
    assert migrant != shelter
    assert [(line.postal_code, line.place, line.number) for line in found.lines] == [
        ("1030", "Schaerbeek", 3),
        ("", "", 1),
    ]
    assert found.by_kind == [(migrant, 3), (shelter, 1)]


def test_the_table_that_is_taken_away_tells_no_small_count_and_is_on_the_trail(world):
    note(world.officer, 5, postal_code="1030")
    note(world.officer, kind="shelter", need="shelter", postal_code="1210")
    answer = as_(world.platform_admin).get(reverse("administration:gaps_file"))
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[1].endswith(";5")
    assert lines[2].rpartition(";")[2] not in ("1", "")
    with acting_as(world.platform_admin):
        assert AuditEvent.objects.filter(action="exported", object_kind="referrals.ServiceGap").exists()


@pytest.mark.parametrize("year", ["", "x", "1", "99999", "3000", "²⁰²⁶", "-1", "0000"])
def test_any_year_is_a_year(world, year):
    assert as_(world.platform_admin).get(reverse("administration:gaps"), {"year": year}).status_code == 200


def test_coordinators_read_it_and_nobody_else(world):
    coordinator = make_member(make_agency(AgencyKind.COORDINATION), Role.COORDINATOR)
    url = reverse("administration:gaps")
    assert as_(coordinator).get(url).status_code == 200
    for other in (world.officer, world.police_manager, world.agency_admin):
        assert as_(other).get(url).status_code == 403
