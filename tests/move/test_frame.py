"""The navigation: which place each page stands under, and who finds what there."""

import pytest
from django.test import RequestFactory
from django.urls import get_resolver, resolve
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import Role
from move.context_processors import CASE_PAGES, INCIDENTS, PLACES, frame, place
from tests.factories import make_member


@pytest.mark.parametrize(
    ("view_name", "expected"),
    [
        ("casework:request", CASE_PAGES),
        ("casework:restriction", CASE_PAGES),
        ("reports:file", CASE_PAGES),
        ("sharing:case_access", CASE_PAGES),
        ("sharing:new_incident_in_case", CASE_PAGES),
        ("sharing:incident", INCIDENTS),
        ("sharing:new_incident", INCIDENTS),
        ("reports:new", None),
        ("", None),
    ],
)
def test_each_page_stands_in_one_place(view_name, expected):
    assert place(view_name) is expected


def test_every_place_names_pages_that_exist():
    names = {
        f"{space}:{name}"
        for space, (_prefix, sub) in get_resolver().namespace_dict.items()
        for name in sub.reverse_dict
        if isinstance(name, str)
    }
    for each in PLACES:
        assert [prefix for prefix in each if not any(name.startswith(prefix) for name in names)] == []


def shown(membership, path: str) -> list[tuple[str, bool, bool]]:
    request = RequestFactory().get(path)
    request.user, request.membership, request.memberships = membership.user, membership, [membership]
    request.resolver_match = resolve(path)
    with translation.override("en"), acting_as(membership):
        return [(item["label"], item["current"], item["secondary"]) for item in frame(request)["nav_items"]]


@pytest.mark.django_db
def test_incidents_and_emergencies_are_found_by_who_uses_them(world):
    officer = [label for label, _current, _second in shown(world.officer, "/")]
    assert officer[:4] == ["My work", "Cases", "Referrals", "Due dates"]  # a phone shows the first three
    assert officer[4:] == [
        "Prosecutor", "Shift sheet", "Road check", "Emergency accesses", "May I speak?", "Service directory",
        "Papers to hand over", "Incidents", "Trainings",
    ]  # fmt: skip
    oversight = make_member(world.platform_admin.agency, Role.DATA_PROTECTION_OFFICER)
    found = shown(oversight, "/incidents/")
    assert ("Incidents", True, False) in found
    assert [label for label, current, _second in found if current] == ["Incidents"]


@pytest.mark.django_db
def test_who_administers_finds_it_first(world):
    found = shown(world.platform_admin, "/administration/")
    assert found[0] == ("Administration", True, False)
    assert [label for label, _current, second in found if second] == ["Papers to hand over", "Incidents", "Trainings"]
