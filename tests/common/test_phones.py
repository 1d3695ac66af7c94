import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from common.phones import display, masked, normalise


@pytest.fixture(autouse=True, scope="module")
def in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("0470 12 34 56", "+32470123456"),
        ("0470/12.34.56", "+32470123456"),
        (" +32 470 12 34 56 ", "+32470123456"),
        ("0032 470 12 34 56", "+32470123456"),
        ("+32 (0)470 12 34 56", "+32470123456"),
        ("0470\u00a012\u201134\u201156", "+32470123456"),
        ("02 505 12 34", "+3225051234"),
        ("04 222 12 34", "+3242221234"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("٠٤٧٠١٢٣٤٥٦", "+32470123456"),
    ],
)
def test_what_people_type_becomes_one_form(raw, e164):
    assert normalise(raw) == e164
    assert normalise(e164) == e164


@pytest.mark.parametrize("raw", ["112", "101", "100", "1712", "107", "116 000", "+112", "103"])
def test_emergency_and_short_numbers_are_nobodys(raw):
    with pytest.raises(ValueError, match="short or emergency"):
        normalise(raw)


@pytest.mark.parametrize(
    "raw", ["", " ", "no phone", "02 505 12 34 ext. 3", "0470 12 34 56 or 57", "a@b.example", "+", "1" * 200]
)
def test_what_is_not_one_number_is_refused(raw):
    with pytest.raises(ValueError, match="one phone number|short or emergency"):
        normalise(raw)


@pytest.mark.parametrize("raw", ["0470 12 34", "0470 12 34 56 78 99", "+999 123 456 789", "00000000"])
def test_a_number_that_cannot_exist_is_refused(raw):
    with pytest.raises(ValueError, match="does not exist"):
        normalise(raw)


@given(st.text(max_size=60) | st.text(alphabet="0123456789+ ()-./", max_size=20))
def test_any_text_is_a_number_or_a_sentence(raw):
    try:
        e164 = normalise(raw)
    except ValueError as error:
        assert str(error).endswith(".")  # one of ours, to be read by a person
    else:
        assert e164.startswith("+") and normalise(e164) == e164


def test_display_is_national_in_belgium_and_international_elsewhere():
    assert display("+32470123456") == "0470 12 34 56"
    assert display("+33612345678") == "+33 6 12 34 56 78"
    assert display("not a number") == "not a number"


def test_masked_keeps_two_digits():
    assert masked("+32470123456") == "…\u00a056"
    assert masked("") == masked("112") == "…"


def test_the_sentence_comes_in_the_language_of_the_screen():
    with pytest.raises(ValueError, match=".") as caught:
        normalise("112")
    with translation.override("fr"):
        assert "d’urgence" in str(caught.value)
