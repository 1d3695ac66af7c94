"""Guides: what ships is sound and in two languages, what is said fits what is known, a page says where it is from."""

import pytest
from django.template import Context, Template
from django.utils import translation
from pydantic import ValidationError

from cases import guides
from cases.guides import When
from cases.models import Guide

KEYS = {"approach", "orient", "migrant", "call", "hospital", "child_notes"}


def test_the_files_hold_six_short_guides_nobody_has_verified_yet():
    files = guides.shipped()
    assert {file.key for file in files} == KEYS
    for file in files:
        assert 4 <= len(file.lines) <= 8, file.key
        assert file.verified_on is None
        assert all(len(line.text.fr) < 260 for line in file.lines), file.key


@pytest.mark.parametrize("key", ["call", "hospital"])
def test_whoever_calls_or_cares_first_asks_whether_she_is_alone_and_free_to_speak(key):
    first = next(file for file in guides.shipped() if file.key == key).lines[0].text
    assert "seule" in first.fr and "librement" in first.fr
    assert "alone" in first.en and "freely" in first.en and "If not" in first.en


def test_a_child_of_each_age_has_lines_of_its_own():
    notes = next(file for file in guides.shipped() if file.key == "child_notes")
    ages = {(line.when.age_from, line.when.age_to) for line in notes.lines if line.when.gender is None}
    assert ages == {(None, None), (0, 2), (3, 5), (6, 11), (12, 17)}
    for age in range(18):
        assert sum(line.when.fits(age=age) and line.when.age_from is not None for line in notes.lines) >= 1, age


@pytest.mark.parametrize(
    ("when", "known", "said"),
    [
        ({}, {}, True),
        ({"age_from": 3, "age_to": 5}, {"age": 3}, True),
        ({"age_from": 3, "age_to": 5}, {"age": 5}, True),
        ({"age_from": 3, "age_to": 5}, {"age": 2}, False),
        ({"age_from": 3, "age_to": 5}, {"age": 6}, False),
        ({"age_to": 2}, {"age": 0}, True),
        ({"age_from": 12}, {"age": 90}, True),
        ({"age_from": 12}, {"age": 11}, False),
        ({"age_from": 3, "age_to": 5}, {"gender": "female"}, True),  # of unknown age
        ({"gender": "female"}, {"age": 4}, True),  # of unknown gender
        ({"gender": "female"}, {"gender": "female"}, True),
        ({"gender": "female"}, {"gender": "male"}, False),
        ({"gender": "female"}, {"gender": "other"}, False),
    ],
)
def test_a_line_is_said_where_nothing_known_speaks_against_it(when, known, said):
    assert When.model_validate(when).fits(**known) is said


def test_ages_stand_in_order():
    with pytest.raises(ValidationError, match="first age"):
        When(age_from=6, age_to=5)


@pytest.mark.django_db
def test_shipped_guides_are_published_once():
    assert guides.load_guides() == 0
    assert set(Guide.objects.values_list("key", flat=True)) == KEYS


@pytest.mark.django_db
def test_lines_come_in_the_language_of_the_reader_for_the_child_at_hand():
    with translation.override("en"):
        baby, girl, boy = (guides.lines("child_notes", age=age, gender=gender) for age, gender in
                           [(1, ""), (13, "female"), (13, "male")])  # fmt: skip
        assert guides.lines("call")[0].startswith("“Are you alone?")
    assert any(line.startswith("0 to 2 years") for line in baby)
    assert not any(line.startswith(("3 to 5", "12 to 17")) for line in baby)
    assert any(line.startswith("A girl may keep silent") for line in girl)
    assert not any(line.startswith("A boy") for line in girl)
    assert any(line.startswith("A boy") for line in boy) and not any(line.startswith("A girl") for line in boy)
    with translation.override("fr"):
        assert guides.lines("call")[0].startswith("«\u00a0Êtes-vous seule\u00a0?")


@pytest.mark.django_db
def test_the_latest_version_is_in_force_and_an_unknown_key_says_nothing():
    before = guides.guide("call")
    words = {"fr": "Nouveau", "en": "New"}
    Guide.objects.create(
        key="call", version=2, content={"title": words, "lines": [{"text": words}]}, provenance=before.provenance
    )
    with translation.override("en"):
        assert guides.lines("call") == ["New"]
        assert guides.lines("nothing") == [] and guides.shown("nothing") is None


@pytest.mark.django_db
def test_a_page_shows_the_lines_where_they_come_from_and_that_nobody_verified_them():
    template = Template("{% load guides %}{% guide 'approach' %}{% guide 'nothing' %}")
    with translation.override("en"):
        page = template.render(Context())
        expected = guides.shown("approach")
    assert page.count("<details") == 1
    assert expected.title in page and expected.provenance in page and "to be verified" in page
    assert page.count("<li>") == len(expected.lines)
