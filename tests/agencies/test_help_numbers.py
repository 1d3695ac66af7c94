"""Whom to call: as it was published, in the reader's language, where it serves, never as if it had been checked."""

import json
from datetime import timedelta

import pytest

from agencies import help_numbers
from agencies.acting import acting_as
from agencies.enums import Audience, Role
from agencies.help_numbers import shown
from agencies.models import HelpNumber
from common.clock import local, now
from common.errors import Refused, RuleBroken
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db

SHIPPED = json.loads(help_numbers.REFERENCE.read_text())["numbers"]


@pytest.fixture
def platform():
    return make_member(make_agency("coordination"), role=Role.PLATFORM_ADMINISTRATOR)


def values(**changed):
    return {
        "number": "0800  11 22 33",
        "name_fr": "Ligne d’essai",
        "name_en": "Trial line",
        "note_fr": "le matin",
        "note_en": "in the morning",
        "urgent": False,
        "audiences": [],
        "territory": "",
        "position": 300,
        "source": "une affiche",
        "verified_on": None,
    } | changed


def of(code):
    return {one.code: one for one in shown("fr", postal_code="5000") + shown("fr", postal_code="1030")}[code]


def test_what_is_shipped_is_shown_and_said_to_be_unchecked():
    national = [each for each in SHIPPED if not each["territory"]]
    listed = shown("fr")
    assert [one.code for one in listed] == [each["code"] for each in national] and listed[0].number == "112"
    assert not any(one.checked for one in listed), "nobody has called them yet"
    assert shown("nl-be")[0].note == "dag en nacht" and shown("de")[0].note == "24 h sur 24"


def test_a_local_number_is_shown_where_it_serves_and_nowhere_else():
    here = {one.code for one in shown("fr", postal_code="5000")}
    assert "espace-vif-namur" in here and "eva-polbruno" not in here and "112" in here
    assert "espace-vif-namur" not in {one.code for one in shown("fr")}
    assert {one.code for one in shown("fr", postal_code="x'; --")} == {one.code for one in shown("fr")}


def test_for_whom_a_number_is():
    children = {one.code for one in shown("fr", audience=Audience.CHILD)}
    perpetrators = {one.code for one in shown("fr", audience=Audience.PERPETRATOR)}
    assert "ecoute-enfants" in children and "sos-viol" not in children | perpetrators
    assert {"112", "101"} <= children & perpetrators and "ecoute-violences-conjugales" in perpetrators


def test_publishing_again_what_is_shipped_adds_nothing():
    assert help_numbers.load_help_numbers() == 0


def test_a_change_is_a_new_version_and_the_same_again_is_none(platform):
    with acting_as(platform):
        first = help_numbers.publish(by=platform, code="essai", values=values())
        again = help_numbers.publish(by=platform, code="essai", values=values())
        second = help_numbers.publish(by=platform, code="essai", values=values(number="+32 800 11 22 33"))
    first.refresh_from_db()
    assert again.pk == first.pk and first.number == "0800 11 22 33" and first.ended_at is not None
    assert of("essai").number == "+32 800 11 22 33" and of("essai").href == "tel:+32800112233"
    assert second.published_by == platform.user and HelpNumber.objects.filter(code="essai").count() == 2


def test_verified_today_says_by_whom_and_keeps_what_was_before(platform):
    standing = HelpNumber.objects.get(code="sos-viol", ended_at=None)
    with acting_as(platform):
        checked = help_numbers.verified_today(by=platform, number_id=standing.pk)
        twice = help_numbers.verified_today(by=platform, number_id=checked.pk)
    assert twice.pk == checked.pk and checked.published_by == platform.user
    assert of("sos-viol").verified_on == local(now()).date() and of("sos-viol").checked
    standing.refresh_from_db()
    assert standing.verified_on is None and standing.ended_at is not None


def test_an_ended_number_is_not_shown_but_the_last_urgent_one_stays(platform):
    with acting_as(platform):
        help_numbers.end(by=platform, number_id=HelpNumber.objects.get(code="101", ended_at=None).pk)
        with pytest.raises(RuleBroken):
            help_numbers.end(by=platform, number_id=HelpNumber.objects.get(code="112", ended_at=None).pk)
    assert [one.code for one in shown("fr") if one.urgent] == ["112"]


def test_nobody_else_keeps_them():
    other = make_member(make_agency("coordination"), role=Role.COORDINATOR)
    with acting_as(other), pytest.raises(Refused):
        help_numbers.publish(by=other, code="essai", values=values())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "appelez-moi"),
        ("number", ""),
        ("number", "1" * 40),
        ("name_fr", ""),
        ("name_en", "x" * 201),
        ("name_nl", "a\x00b"),
        ("audiences", ["everybody"]),
        ("territory", "Bruxelles"),
        ("source", " "),
        ("source", "🙂" * 10_000),
        ("position", -1),
        ("position", 10_000),
        ("position", None),
        ("verified_on", local(now()).date() + timedelta(days=2)),
    ],
)
def test_what_is_refused_is_said_by_its_field(platform, field, value):
    with acting_as(platform), pytest.raises(RuleBroken) as broken:
        help_numbers.publish(by=platform, code="essai", values=values(**{field: value}))
    assert field in broken.value.errors


@pytest.mark.parametrize("code", ["", "Code", "deux mots", "x" * 41, "é"])
def test_a_code_that_is_none(platform, code):
    with acting_as(platform), pytest.raises(RuleBroken) as broken:
        help_numbers.publish(by=platform, code=code, values=values())
    assert "code" in broken.value.errors


def test_a_note_may_be_empty(platform):
    with acting_as(platform):
        help_numbers.publish(by=platform, code="essai", values=values(note_fr="", note_en=""))
    assert of("essai").note == ""
