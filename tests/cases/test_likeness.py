"""Which two records may be of one person: written otherwise, or of somebody else who is almost called so."""

from datetime import date

import pytest

from cases.likeness import Known, Reason, Thresholds, Verdict, blocking_keys, compare, skeleton, words

BORN = date(1991, 4, 12)
OTHER_DAY = date(1987, 11, 3)

SPELT_OTHERWISE = [
    # given, family — given, family
    (("Greet", "Van den Broeck"), ("Greet", "Vandenbroucke")),
    (("Greet", "Van den Broeck"), ("Greet", "Vandenbroeck")),
    (("Greet", "Van Den Broek"), ("Greet", "vandenbroeke")),
    (("Greet", "Van den Broeck"), ("Greet", "Broeck")),
    (("Nadia", "El Idrissi"), ("Nadia", "Elidrissi")),
    (("Nadia", "El Idrissi"), ("Nadia", "Idrissi")),
    (("Nadia", "El-Idrissi"), ("Nadia", "IDRISSI EL")),
    (("Samir", "Aït Ben Haddou"), ("Samir", "Benhaddou")),
    (("Samir", "Ben Ali"), ("Samir", "Benali")),
    (("Aleksandr", "Kovalenko"), ("Oleksandr", "Kowalenko")),
    (("Alexandre", "Petrov"), ("Aleksandr", "Petroff")),
    (("Olena", "Shevchenko"), ("Elena", "Chevtchenko")),
    (("Mykola", "Ivanov"), ("Nikolai", "Ivanow")),
    (("Mohammed", "Khalil"), ("Muhammad", "Halil")),
    (("Youssef", "Chaoui"), ("Yusuf", "Shaoui")),
    (("Philippe", "Lecocq"), ("Filippe", "Lecoq")),
    (("Karim", "Oumar"), ("Karim", "Umar")),
    (("Jan", "De Bruyne"), ("Jan", "Debruyne")),
    (("Jan", "De Bruyn"), ("Jan", "De Bruijn")),
    (("Jan", "D’Hoest"), ("Jan", "Dhoest")),
    (("Élise", "D’Hœst"), ("Elise", "D'Hoest")),
    (("Fatima Zahra", "Alaoui"), ("Fatima", "Alaoui")),
    (("Fatima-Zahra", "Alaoui"), ("Fatimazahra", "Alaoui")),
    (("Ana", "Garcia Lopez"), ("Ana", "Garcia")),
    (("Ana", "Garcia-Lopez"), ("Ana", "López García")),
    (("Diallo", "Fatou"), ("Fatou", "Diallo")),
    (("Sara", "Jansen"), ("Sarah", "Janssen")),
    (("Marie", "Lefèvre"), ("Marie", "Lefebvre")),
    (("Ayşe", "Yılmaz"), ("Ayse", "Yilmaz")),
    (("Łukasz", "Wiśniewski"), ("Lukasz", "Vichnievski")),
]


@pytest.mark.parametrize(("one", "other"), SPELT_OTHERWISE)
def test_the_same_person_spelt_otherwise(one, other):
    found = compare(Known(*one, BORN), Known(*other, BORN))
    assert found.verdict == Verdict.SAME and found.reasons == (Reason.BIRTH_DATE, Reason.NAME)
    assert blocking_keys(Known(*one, BORN)) & blocking_keys(Known(*other, BORN)), "and each is found from the other"


SOMEBODY_ELSE = [
    ("Martin and Marin, born another day", Known("Luc", "Martin", BORN), Known("Luc", "Marin", OTHER_DAY)),
    ("one name, two birth dates", Known("Marie", "Dupont", BORN), Known("Marie", "Dupont", OTHER_DAY)),
    ("father and son of one name", Known("Jean", "Dupont", date(1955, 2, 1)), Known("Jean", "Dupont", OTHER_DAY)),
    ("father and son", Known("Jean", "Dupont"), Known("Luc", "Dupont")),
    ("twins", Known("Lina", "Haddad", BORN), Known("Yasmine", "Haddad", BORN)),
    ("twins almost alike", Known("Lina", "Haddad", BORN), Known("Lena", "Haddad", BORN)),
    ("brother and sister", Known("Louis", "Peeters", BORN), Known("Louise", "Peeters", BORN)),
    ("brother and sister", Known("Amin", "Haddad", BORN), Known("Amina", "Haddad", BORN)),
    ("brother and sister", Known("Julien", "Lambert", BORN), Known("Julie", "Lambert", BORN)),
    ("sisters", Known("Marie", "Lambert", BORN), Known("Marine", "Lambert", BORN)),
    ("brothers", Known("Hassan", "Amrani", BORN), Known("Hussein", "Amrani", BORN)),
    ("Delvaux and Delvaux", Known("Marc", "Delvaux"), Known("Éric", "Delvaux")),
    ("Delvaux and Delvigne", Known("Marc", "Delvaux", BORN), Known("Marc", "Delvigne", BORN)),
    ("born the same day", Known("Sarah", "Peeters", BORN), Known("Sarah", "Benali", BORN)),
    ("Albert and Bert", Known("Luc", "Albert", BORN), Known("Luc", "Bert", BORN)),
    ("almost the name, and nothing else", Known("Luc", "Martin"), Known("Luc", "Marin")),
    ("a family name alone", Known("", "Peeters"), Known("", "Peeters")),
    ("a given name alone", Known("Fatou", ""), Known("Fatou", "")),
    ("two children called so, born that day", Known("Noé", "", BORN), Known("Noé", "Maes", BORN)),
    ("nothing", Known(), Known()),
    ("nothing but signs", Known("-", "'"), Known("-", "'")),
    ("mother and daughter, one phone", Known("Rita", "Maes", phones=frozenset({"+32470123456"})),
     Known("Els", "Maes", phones=frozenset({"+32470123456"}))),
    ("one phone, born another day", Known("Rita", "Maes", BORN, frozenset({"+32470123456"})),
     Known("Rita", "Maes", OTHER_DAY, frozenset({"+32470123456"}))),
]  # fmt: skip


@pytest.mark.parametrize(("why", "one", "other"), SOMEBODY_ELSE)
def test_somebody_else(why, one, other):
    assert compare(one, other).verdict == Verdict.DIFFERENT, why


PERHAPS = [
    ("the name, exactly, and nothing else", Known("Yvan", "Morel"), Known("Ivan", "Morel"), (Reason.NAME,)),
    ("one birth date missing", Known("Yvan", "Morel", BORN), Known("Yvan", "Morel"), (Reason.NAME,)),
    ("day and month turned round", Known("Ana", "Silva", date(1991, 4, 12)), Known("Ana", "Silva", date(1991, 12, 4)),
     (Reason.NAME,)),
    ("a digit off", Known("Ana", "Silva", date(1991, 4, 12)), Known("Ana", "Silva", date(1991, 4, 13)),
     (Reason.NAME,)),
    ("only the year known", Known("Ana", "Silva", date(1991, 1, 1)), Known("Ana", "Silva", date(1991, 4, 13)),
     (Reason.NAME,)),
    ("only the year known, twice", Known("Ana", "Silva", date(1991, 1, 1)), Known("Ana", "Silva", date(1991, 1, 1)),
     (Reason.BIRTH_DATE, Reason.NAME)),
    ("no family name, one phone", Known("Ana", phones=frozenset({"+32470123456"})),
     Known("Ana", "Silva", phones=frozenset({"+32470123456"})), (Reason.PHONE,)),
    ("no given name, born that day", Known("", "Silva", BORN), Known("Ana", "Silva", BORN), (Reason.BIRTH_DATE,)),
    ("married since, one phone", Known("Ana", "Silva", BORN, frozenset({"+32470123456"})),
     Known("Ana", "Peeters", BORN, frozenset({"+32470123456"})), (Reason.PHONE, Reason.BIRTH_DATE)),
]  # fmt: skip


@pytest.mark.parametrize(("why", "one", "other", "reasons"), PERHAPS)
def test_perhaps(why, one, other, reasons):
    found = compare(one, other)
    assert (found.verdict, found.reasons) == (Verdict.MAYBE, reasons), why
    assert blocking_keys(one) & blocking_keys(other) or why in ("day and month turned round", "a digit off")


def test_a_phone_settles_a_name():
    phone = frozenset({"+32470123456"})
    found = compare(Known("Ana", "Silva", phones=phone), Known("Anna", "Sylva", phones=phone))
    assert found == compare(Known("Anna", "Sylva", phones=phone), Known("Ana", "Silva", phones=phone))
    assert (found.verdict, found.reasons) == (Verdict.SAME, (Reason.PHONE, Reason.NAME))


@pytest.mark.parametrize(("one", "other"), [pair[1:3] for pair in (*SOMEBODY_ELSE, *PERHAPS)])
def test_the_order_does_not_matter(one, other):
    assert compare(one, other) == compare(other, one)
    assert compare(one, one).verdict != Verdict.SAME or one.birth_date or one.phones


def test_thresholds_are_the_caller_s():
    one, other = Known("Luc", "Martin", BORN), Known("Luc", "Marin", BORN)
    assert compare(one, other).verdict == Verdict.SAME
    assert compare(one, other, thresholds=Thresholds(family=0.99)).verdict == Verdict.DIFFERENT


def test_keys_are_short_and_few():
    person = Known(
        "Fatima Zahra", "El Idrissi Van den Broeck-Garcia y Lopez de la Cruz", BORN, frozenset({"+32470123456"})
    )
    keys = blocking_keys(person)
    assert len(keys) <= 24 and all(len(value) <= 24 for _kind, value in keys)
    assert blocking_keys(Known()) == frozenset() and blocking_keys(Known("-", "…")) == frozenset()


def test_words_and_skeletons():
    assert words(" Élise  van D’Hœst-Müller_") == ["elise", "van", "d", "hoest", "muller"]
    assert skeleton("vandenbroeck") == skeleton("vandenbroucke")[:6]
    assert skeleton("oleksandr") == skeleton("aleksandr") == skeleton("alexandre")
    assert skeleton("") == ""
