"""The rules of the pathways, as data: who is proposed to whom, why, and what is missing. No database."""

import pytest
from pydantic import ValidationError

from referrals.pathway_rules import shipped
from referrals.pathways import Caution, Definition, Facts, Lack, Offer, Rule, Service, fitting, suggest

RULES = shipped().definition
HIM = {"role": "presumed_perpetrator"}


def facts(sender: str, need: str, phase: int = 1, **known) -> Facts:
    return Facts(sender_kind=sender, sender_phase=phase, need=need, **known)


def service(kind: str, key: str = "", **known) -> Service:
    return Service(key=key or kind, name=key or kind, kind=kind, phase=known.pop("phase", 2), **known)


EVERYBODY = [
    service(kind)
    for kind in (
        "police", "prosecutor", "perpetrator_programme", "migrant_service", "mental_health", "hospital", "legal_aid",
        "child_protection", "cpas", "social_cohesion", "shelter", "victim_support", "one", "family_support",
    )
]  # fmt: skip


def proposed(known: Facts, services=EVERYBODY) -> list[str]:
    return [each.service.kind for each in suggest(RULES, known, services).proposed]


def without(*kinds: str) -> list[Service]:
    return [each for each in EVERYBODY if each.kind not in kinds]


@pytest.mark.parametrize("sender", ["police", "prosecutor", "court", "justice_house"])
def test_justice_sends_him_to_the_programme_with_a_warning_not_a_refusal(sender):
    first = suggest(RULES, facts(sender, "perpetrator_work", **HIM), EVERYBODY).proposed[0]
    assert first.service.kind == "perpetrator_programme"
    assert "inquiry" in first.warning.en and "mandated" in first.warning.en


@pytest.mark.parametrize("asked_by", ["person", "victim", "service"])
def test_entry_is_voluntary_whoever_asks_for_it(asked_by):
    known = facts("cpas", "perpetrator_work", asked_by=asked_by, **HIM)
    assert proposed(known)[0] == "perpetrator_programme"


@pytest.mark.parametrize(("sender", "asked_by"), [("cpas", "person"), ("hospital", "victim"), ("shelter", "person")])
def test_a_voluntary_entry_says_that_it_is_one(sender, asked_by):
    found = suggest(RULES, facts(sender, "perpetrator_work", asked_by=asked_by, **HIM), EVERYBODY)
    assert found.proposed[0].rule == "voluntary-entry"
    assert "of his own" in found.proposed[0].why.en
    assert not found.firsts, "what is detected is assessed together; who comes of his own is received"


def test_a_programme_may_ask_another_one():
    assert proposed(facts("perpetrator_programme", "perpetrator_work", asked_by="service", **HIM)) == [
        "perpetrator_programme"
    ]


@pytest.mark.parametrize("need", ["language", "residence"])
def test_the_programme_sends_an_expressed_need_to_services_for_migrants(need):
    assert proposed(facts("perpetrator_programme", need, phase=3, **HIM))[0] == "migrant_service"


@pytest.mark.parametrize("need", ["language", "residence"])
def test_where_there_is_none_mental_health_and_the_hospital_stand_in_and_say_for_whom(need):
    found = suggest(RULES, facts("perpetrator_programme", need, phase=3, **HIM), without("migrant_service"))
    first, second = found.proposed[:2]
    assert [first.service.kind, second.service.kind] == ["mental_health", "hospital"]
    assert {first.instead_of, second.instead_of} == {"migrant_service"}
    assert first.lack == Lack.NONE
    assert [(gap.kind, gap.rule) for gap in found.gaps] == [("migrant_service", "in-another-language")]


def test_nobody_is_sent_to_services_for_migrants_without_a_need_that_asks_for_it():
    for need in ("psychosocial", "mental_health", "health", "social", "perpetrator_work", "legal", "housing"):
        for sender in ("perpetrator_programme", "police", "cpas", "shelter"):
            for role in ("presumed_perpetrator", "victim"):
                assert "migrant_service" not in proposed(facts(sender, need, role=role)), (sender, need, role)


def test_no_rule_has_a_word_for_origin():
    rule = RULES.rules[0].model_dump()
    for word in ("origin", "nationality", "residence_status", "community"):
        with pytest.raises(ValidationError):
            Rule.model_validate(rule | {"when": rule["when"] | {word: ["x"]}})
    with pytest.raises(ValidationError):
        Rule.model_validate(rule | {"when": rule["when"] | {"needs": []}})


def test_help_in_another_language_goes_to_services_for_migrants_first_then_to_the_others():
    found = proposed(facts("perpetrator_programme", "psychosocial", phase=3, language="ps", **HIM))
    assert found[:3] == ["migrant_service", "mental_health", "hospital"]


def test_a_legal_need_goes_to_legal_help_and_in_another_language_to_that_of_migrants():
    assert proposed(facts("perpetrator_programme", "legal", **HIM)) == ["legal_aid"]
    in_pashto = facts("perpetrator_programme", "legal", language="ps", **HIM)
    assert proposed(in_pashto) == ["migrant_service", "legal_aid"]
    assert suggest(RULES, in_pashto, without("migrant_service")).proposed[0].instead_of == "migrant_service"


@pytest.mark.parametrize("role", ["presumed_perpetrator", "victim", "child"])
def test_concern_for_a_child_goes_to_child_protection(role):
    first = suggest(RULES, facts("perpetrator_programme", "child_protection", role=role), EVERYBODY).proposed[0]
    assert first.service.kind == "child_protection"
    assert "call the police" in first.warning.en


def test_social_services_that_detect_assess_together_and_send_him_for_a_therapeutic_plan():
    found = suggest(RULES, facts("migrant_service", "perpetrator_work", **HIM), EVERYBODY)
    assert found.proposed[0].service.kind == "perpetrator_programme"
    assert "therapeutic plan" in found.proposed[0].why.en
    assert [first.act for first in found.firsts] == ["assess"]


def test_victim_support_reports_to_justice_first():
    found = suggest(RULES, facts("victim_support", "perpetrator_work", asked_by="service", **HIM), EVERYBODY)
    assert [each.service.kind for each in found.proposed] == ["prosecutor", "police"]
    assert [first.act for first in found.firsts] == ["justice"]


def test_on_the_prosecutors_order_victim_support_sends_him_to_the_programme_or_the_front_line():
    known = facts("shelter", "perpetrator_work", asked_by="authority", mandated=True, **HIM)
    assert proposed(known) == ["perpetrator_programme", "cpas", "social_cohesion"]
    in_turkish = facts("shelter", "perpetrator_work", asked_by="authority", mandated=True, language="tr", **HIM)
    assert proposed(in_turkish)[:2] == ["perpetrator_programme", "migrant_service"]


@pytest.mark.parametrize("phases", [(1, 2), (1, 3), (2, 3), (3, 2)])
def test_the_directory_follows_the_phases_one_way_and_the_other(phases):
    start, to = phases
    club = service("leisure", phase=to, offers=(Offer(needs=frozenset({"other"})),))
    (found,) = suggest(RULES, facts("cpas", "other", phase=start, role="victim"), [club]).proposed
    assert found.rule == ""
    assert found.why is not None


def one_case_of(rule: Rule) -> Facts:
    """Facts for which a rule counts, as plain as it allows."""
    when = rule.when
    return facts(
        (when.senders or ("housing",))[0],
        when.needs[0],
        phase=int((when.phases or (1,))[0]),
        role=(when.roles or ("victim",))[0],
        level=(when.levels or ("",))[0],
        asked_by=(when.asked_by or ("",))[0],
        mandated=bool(when.mandated),
        language="tr" if when.language else "",
        postal_code="1030",
    )


def test_every_rule_says_why_and_what_stands_in_says_which_service_was_missing():
    for rule in RULES.rules:
        known, wanted = one_case_of(rule), set(rule.propose) | set(rule.otherwise)
        assert rule in fitting(RULES, known), rule.code
        alone = Definition(paths=(), rules=(rule,))
        there = suggest(alone, known, [service(kind) for kind in wanted])
        assert {each.service.kind for each in there.proposed} == set(rule.propose), rule.code
        assert all(each.why == rule.why and not each.instead_of for each in there.proposed) and not there.gaps
        without_it = suggest(alone, known, [service(kind) for kind in rule.otherwise])
        assert {each.service.kind for each in without_it.proposed} == set(rule.otherwise), rule.code
        assert {(each.instead_of, each.why) for each in without_it.proposed} <= {(rule.propose[0], rule.why)}
        own = known.sender_kind in rule.propose
        assert [gap.kind for gap in without_it.gaps] == ([] if own else [rule.propose[0]]), rule.code


def test_a_path_that_is_closed_says_nothing_and_the_service_is_proposed_all_the_same():
    club = service("leisure", phase=1, offers=(Offer(needs=frozenset({"other"})),))
    (found,) = suggest(RULES, facts("cpas", "other", phase=3, role="victim"), [club]).proposed
    assert found.service is club and found.why is None


def test_a_level_that_is_not_known_assumes_nothing():
    assert "shelter" not in proposed(facts("cpas", "social", role="victim"))
    assert proposed(facts("cpas", "social", role="victim", level="critical"))[0] == "shelter"


def test_the_area_is_that_of_the_service_and_of_its_entries():
    here = service("cpas", "here", territory=frozenset({"1030"}))
    there = service("cpas", "there", territory=frozenset({"4000"}))
    entry = Offer(needs=frozenset({"social"}), territory=frozenset({"4000"}))
    elsewhere = service("cpas", "elsewhere", offers=(entry,))
    known = facts("police", "social", role="victim", postal_code="1030")
    assert [each.service.key for each in suggest(RULES, known, [here, there, elsewhere]).proposed] == ["here"]
    nowhere = suggest(RULES, known, [there])
    assert not nowhere.proposed
    assert [gap.kind for gap in nowhere.gaps] == ["cpas"]


def test_a_full_service_is_shown_last_and_another_kind_stands_in_but_nothing_is_missing():
    full = service("migrant_service", full=True)
    found = suggest(RULES, facts("perpetrator_programme", "language", **HIM), [full, service("mental_health")])
    first, last = found.proposed
    assert (first.service.kind, first.instead_of, first.lack) == ("mental_health", "migrant_service", Lack.FULL)
    assert last.service is full and last.cautions == (Caution.FULL,)
    assert not found.gaps


def test_the_language_then_the_distance_then_the_waiting_time():
    speaks = service("cpas", "speaks", languages=frozenset({"tr"}), distance_km=30)
    near = service("cpas", "near", distance_km=1)
    soon = service("cpas", "soon", distance_km=9, waiting_days=2)
    late = service("cpas", "late", distance_km=9, waiting_days=40)
    known = facts("police", "social", role="victim", language="tr")
    found = suggest(RULES, known, [late, soon, near, speaks, service("victim_support")]).proposed
    in_order = [each.service.key for each in found if each.service.kind == "cpas"]
    assert in_order == ["speaks", "near", "soon", "late"]
    by_name = {each.service.key: each.cautions for each in found}
    assert Caution.LANGUAGE in by_name["near"] and Caution.LANGUAGE not in by_name["speaks"]


def test_who_works_with_him_is_not_proposed_to_her_and_entries_say_for_whom():
    his = service("mental_health", "his", for_his_side=True)
    for_children = service("mental_health", "children", offers=(Offer(audiences=frozenset({"child"})),))
    known = facts("cpas", "mental_health", role="victim")
    assert [each.service.key for each in suggest(RULES, known, [his, for_children]).proposed] == []


def test_each_service_is_proposed_once_and_a_code_stands_once():
    found = suggest(RULES, facts("shelter", "residence", role="victim", language="ps"), [*EVERYBODY, *EVERYBODY])
    keys = [each.service.key for each in found.proposed]
    assert keys and len(keys) == len(set(keys))
    rules = RULES.model_dump(mode="json", exclude_none=True)
    with pytest.raises(ValidationError, match="stands twice"):
        Definition.model_validate(rules | {"rules": [rules["rules"][0], rules["rules"][0]]})


def test_every_need_of_every_person_finds_a_rule_except_another_need():
    for need in ("shelter", "psychosocial", "legal", "health", "sexual_violence", "mental_health", "addiction",
                 "social", "housing", "residence", "language", "employment", "education", "children",
                 "child_protection"):  # fmt: skip
        assert fitting(RULES, facts("police", need, role="victim")), need
    assert not fitting(RULES, facts("police", "other", role="victim"))
