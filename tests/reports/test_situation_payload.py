"""What a situation holds, field by field."""

from datetime import timedelta

import pytest

from common.clock import now
from common.errors import RuleBroken
from reports.situation_payload import Asked, clean
from tests.reports.situations import situation_data

HERS = Asked()
HIS = Asked(on_his_side=True, contact=False)


def cleaned(asked: Asked = HERS, **changes):
    return clean(situation_data(**changes), at=now(), asked=asked)


def errors(asked: Asked = HERS, **changes) -> dict:
    with pytest.raises(RuleBroken) as refused:
        cleaned(asked, **changes)
    return refused.value.errors


def test_the_least_is_a_source_a_sign_and_two_answers():
    given = clean(
        {"source": "noticed", "signs": ["fear"], "alone": "no", "may_contact": "unknown"}, at=now(), asked=HERS
    )
    assert (given.source, given.signs, given.alone, given.may_contact) == ("noticed", ("fear",), "no", "unknown")
    assert given.contact is None and given.perpetrator is None and not given.danger
    assert given.victim.given_name == given.victim.family_name == ""
    assert now() - given.met_at < timedelta(minutes=1), "now, where nothing else is said"


def test_what_is_missing_is_said_by_field():
    with pytest.raises(RuleBroken) as refused:
        clean({}, at=now(), asked=HERS)
    assert set(refused.value.errors) == {"source", "alone", "may_contact", "signs"}


@pytest.mark.parametrize("name", ["signs_seen", "words_heard"])
def test_one_sentence_is_enough(name):
    only = {"signs": None, "signs_seen": None, "words_heard": None, name: "Elle sursaute."}
    assert getattr(cleaned(**only), name) == "Elle sursaute."


@pytest.mark.parametrize("answer", ["no", "unknown"])
def test_no_number_is_kept_of_somebody_who_has_not_agreed(answer):
    assert "victim_phone" in errors(may_contact=answer)
    assert "victim_phone_say" in errors(may_contact=answer, victim_phone=None)
    assert cleaned(may_contact=answer, victim_phone=None, victim_phone_say=None).contact is None


def test_a_number_may_be_missing_where_she_agrees():
    assert cleaned(victim_phone=None).contact is None
    assert cleaned().contact.phone == "+32470556677"
    assert "victim_phone" in errors(victim_phone="12")


def test_who_works_with_him_gives_no_way_to_her():
    given = cleaned(HIS, source="he_told", perpetrator_given_name="Yvan", signs=None)
    assert (given.alone, given.may_contact, given.contact, given.children) == ("unknown", "unknown", None, ())
    assert "perpetrator_family_name" in errors(HIS)
    assert "words_heard" in errors(HIS, perpetrator_given_name="Yvan", words_heard=None, signs=None)


def test_an_agency_that_may_not_write_her_number_keeps_none():
    assert cleaned(Asked(contact=False, joins=True)).contact is None


def test_nobody_is_both():
    twice = {f"{who}_{name}": "Diallo" for who in ("victim", "perpetrator") for name in ("given_name", "family_name")}
    assert "perpetrator_family_name" in errors(**twice)
    assert cleaned(perpetrator_given_name="Amina").perpetrator.given_name == "Amina", "a given name proves nothing"


def test_who_hurts_her_is_named_only_where_something_is_known():
    assert cleaned().perpetrator is None
    assert cleaned(perpetrator_relationship="mari").perpetrator.relationship == "mari"


def test_bad_input_is_refused_by_field():
    assert "victim_given_name" in errors(victim_given_name="a" * 10_000)
    assert "words_heard" in errors(words_heard="a\x00b")
    assert "signs" in errors(signs=["fear", "something"])
    assert "met_at" in errors(met_at="2999-01-01T10:00")
    assert "alone" in errors(alone="perhaps")
    assert cleaned(victim_given_name="زينب 🌸").victim.given_name == "زينب 🌸"


def test_a_child_cannot_have_seen_it_where_none_was_there():
    child = {"children-0-given_name": "Noé", "children-0-exposure": "saw"}
    assert cleaned(children_present="yes", **child).children[0].exposure == "saw"
    assert "children-0-exposure" in errors(children_present="no", **child)
