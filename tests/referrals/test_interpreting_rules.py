"""Who may interpret, pure."""

from itertools import product

import pytest

from referrals.interpreting_rules import (
    EXCEPTIONS,
    REFUSALS,
    AtHand,
    Declared,
    Never,
    OnlyWith,
    order,
    refused_at_hand,
    verdict,
)

GOOD = {
    "channel": "on_site",
    "mediator": False,
    "certified": True,
    "trained": True,
    "of_community": False,
    "knows_somebody": False,
    "out_of_area": False,
}
ALL = [Declared(channel, *rest) for channel, *rest in product(["on_site", "phone", "video"], *[[True, False]] * 6)]


def test_certified_stranger_comes_without_an_exception():
    assert verdict(Declared(**GOOD)).never is None and verdict(Declared(**GOOD)).only_with == ()


@pytest.mark.parametrize("declared", ALL)
def test_every_declaration(declared):
    found = verdict(declared)
    if declared.knows_somebody:
        assert found.never == Never.KNOWS_SOMEBODY
    elif declared.mediator and declared.of_community:
        assert found.never == Never.MEDIATOR_OF_COMMUNITY, "by phone or from elsewhere too"
    else:
        assert found.never is None
        near = declared.of_community and declared.channel == "on_site" and not declared.out_of_area
        assert (OnlyWith.COMMUNITY in found.only_with) == near == found.asks_agreement
        assert (OnlyWith.NOT_CERTIFIED in found.only_with) == (not declared.certified)
    if found.never:
        assert found.only_with == (), "what is refused has no exception"


def test_whoever_is_at_hand_never_interprets():
    assert refused_at_hand(AtHand.SERVICE) is None
    assert {refused_at_hand(who) for who in AtHand.values if who != AtHand.SERVICE} == {
        Never.CHILD,
        Never.RELATIVE,
        Never.NEIGHBOUR,
    }


def test_each_refusal_and_each_exception_has_its_words():
    assert set(REFUSALS) == set(Never) and set(EXCEPTIONS) == set(OnlyWith)


def test_certified_and_trained_first():
    people = [(False, False), (False, True), (True, False), (True, True)]
    ordered = sorted(people, key=lambda each: order(certified=each[0], trained=each[1]))
    assert ordered == [(True, True), (True, False), (False, True), (False, False)]
