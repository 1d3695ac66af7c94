"""Articles in both numberings, by a dated setting; what is certain says when it was read."""

import json
from datetime import date

import pytest
from django.utils import translation
from pydantic import ValidationError

from sharing import law
from sharing.law import REFERENCE, Law, article
from sharing.models import Basis

BEFORE, FIRST_DAY = date(2026, 4, 7), date(2026, 4, 8)
NUMBERS = {
    "secrecy": ("458", "352"),
    "report_to_prosecutor": ("458bis", "353 §1"),
    "consultation": ("458ter", "353 §2"),
    "grave_danger": ("422bis", "299"),
    "legal_obligation": ("458", "352"),
    "consent": ("458", "352"),
    "shared_secret": ("458", "352"),
}


@pytest.fixture(autouse=True)
def _english(settings):
    settings.NEW_PENAL_CODE_FROM = FIRST_DAY
    with translation.override("en"):
        yield


@pytest.mark.parametrize(("key", "old", "new"), [(key, *numbers) for key, numbers in NUMBERS.items()])
def test_the_number_that_applies_stands_first(settings, key, old, new):
    as_before = f"art. {old} of the Penal Code (future art. {new})"
    assert article(key, BEFORE).label == as_before
    assert article(key, FIRST_DAY).label == f"art. {new} of the Penal Code (formerly art. {old})"
    settings.NEW_PENAL_CODE_FROM = None
    assert article(key, date(2030, 1, 1)).label == as_before, "postponed: the old numbers stay"


def test_what_has_one_number_or_none():
    assert article("lawyer", FIRST_DAY).label == "art. 353 §3 of the Penal Code"
    assert article("lawyer", BEFORE).label == "future art. 353 §3 of the Penal Code"
    assert "art." not in article("own_record", FIRST_DAY).label.replace("article", "")
    assert article("prosecutor_authorisation", FIRST_DAY).label.startswith("authorisation of the public prosecutor")


def test_a_basis_is_called_with_its_article_where_it_has_one():
    said = law.with_article("grave danger", "grave_danger", FIRST_DAY)
    assert said == "grave danger, art. 299 of the Penal Code (formerly art. 422bis)"
    assert law.with_article("authorisation", "prosecutor_authorisation", FIRST_DAY) == "authorisation"


def test_no_label_of_a_basis_holds_a_number():
    assert not any(character.isdigit() for basis in Basis for character in str(basis.label))


def test_every_basis_has_its_article():
    for key in {*Basis.values, "prosecutor_authorisation"}:
        assert article(key, FIRST_DAY).summary
    with pytest.raises(KeyError):
        article("because", FIRST_DAY)


def test_only_what_was_read_says_when():
    certain = {entry.key for entry in law.law().articles if article(entry.key, BEFORE).certain}
    penal_code = {"secrecy", "report_to_prosecutor", "consultation", "grave_danger", "legal_obligation", "lawyer"}
    assert certain == penal_code | {"health_data", "criminal_data"}
    assert article("consultation", BEFORE).verified_on == date(2026, 11, 1)
    assert article("consultation", BEFORE).verified == "text read in November 2026"
    assert article("consent", BEFORE).verified_on is None
    assert article("consent", BEFORE).verified == "general knowledge, not verified in a text"
    assert (
        article("consultation", BEFORE).to_confirm
        == law.to_confirm()
        == "Numbering in force to be confirmed by a jurist."
    )
    assert article("own_record", BEFORE).to_confirm == "To be confirmed by a jurist."


def test_in_french():
    with translation.override("fr"):
        found = article("report_to_prosecutor", FIRST_DAY)
        assert found.label == "art. 353 §1 du Code pénal (ancien art. 458bis)"
        assert article("report_to_prosecutor", BEFORE).label == "art. 458bis du Code pénal (futur art. 353 §1)"
        assert "un droit, pas un devoir" in found.summary and found.verified == "texte lu en novembre 2026"
        assert "juriste" in law.to_confirm()


@pytest.mark.parametrize(
    "broken",
    [
        {"old": None, "new": None},
        {"name": {"fr": "un nom", "en": "a name"}},
        {"new": "353 §§1"},
        {"mark": "general_knowledge"},
        {"verified_on": None},
        {"verified_on": "2026-13"},
        {"key": "consultation"},
        {"more": 1},
    ],
)
def test_a_document_that_does_not_hold_is_refused(broken):
    raw = json.loads(REFERENCE.read_text())
    Law.model_validate(raw)
    raw["articles"][0] |= broken
    with pytest.raises(ValidationError):
        Law.model_validate(raw)
