import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.names import initials, sort_key


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Élise", "elise"),
        ("  Van  den\tBroeck ", "van den broeck"),
        ("Cœur", "coeur"),
        ("CŒUR", "coeur"),
        ("Æneas", "aeneas"),
        ("Weiß", "weiss"),
        ("WEIẞ", "weiss"),
        ("Łukasz Đurić", "lukasz duric"),
        ("Søren", "soren"),
        ("D’Hœst", "d'hoest"),
        ("Anne‑Marie", "anne-marie"),
        ("Ayşe Işık", "ayse isik"),
        ("Nguyễn", "nguyen"),
        ("E\u0301ric", "eric"),
        ("a\u00a0b", "a b"),
        ("a\u200bb\u200f", "ab"),
        ("ﬁona", "fiona"),
        ("فاطمة", "فاطمة"),
        ("", ""),
    ],
)
def test_sort_key(name, expected):
    assert sort_key(name) == expected


def test_accents_sort_among_their_letters():
    names = ["zoé", "Étienne", "fanny", "Éric", "Emile"]
    assert sorted(names, key=sort_key) == ["Emile", "Éric", "Étienne", "fanny", "zoé"]


@given(st.text())
def test_a_key_is_its_own_key_and_ignores_case_and_spaces(name):
    key = sort_key(name)
    assert sort_key(key) == key
    assert sort_key(f" {name}  ") == key


@given(st.text(alphabet="abcdéèêëïôœæßABCÉŒ -'", max_size=30))
def test_case_does_not_matter(name):
    assert sort_key(name.upper()) == sort_key(name)


@pytest.mark.parametrize(
    ("given_name", "family", "expected"),
    [
        ("Fatima", "Alaoui", "F. A."),
        ("élodie", "van den Broeck", "É. V."),
        ("", "d'Hondt", "D."),
        ("Ali", "", "A."),
        (" -", "(Noor)", "N."),
        ("", "", ""),
        ("123", "?", ""),
    ],
)
def test_initials(given_name, family, expected):
    assert initials(given_name, family) == expected
