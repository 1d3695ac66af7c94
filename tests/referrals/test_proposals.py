"""The pathway rules over the services of the place: who is offered, with which words, at what cost."""

import pytest
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Phase
from agencies.models import Agency, Place, ServiceOffer
from agencies.places import load_places
from cases.access import get_case
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from referrals.models import PathwayRules, ServiceGap
from referrals.pathway_rules import in_force, load_pathways, save_paths
from referrals.proposals import alternatives, facts_for, note_gap, outlook
from tests.factories import make_agency
from tests.referrals_acts import make_case

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def entry(agency: Agency, *needs: str, **values) -> ServiceOffer:
    with system_context(SystemContext.REFERENCE):
        return ServiceOffer.objects.create(
            agency=agency, name=f"{agency.name} {len(needs)}", needs=list(needs), **values
        )


def test_what_ships_is_in_force_and_is_published_once(world):
    assert PathwayRules.objects.count() == 1
    with system_context(SystemContext.REFERENCE):
        assert load_pathways() == 0


def test_the_directory_alone_says_why_by_the_path_in_force_or_by_its_entry(world):
    club = make_agency(AgencyKind.LEISURE, "Le Préau", phase=Phase.SECOND_LINE)
    entry(club, "other")

    def why() -> str:
        with acting_as(world.officer):
            found = outlook(by=world.officer, facts=facts_for(world.officer, need="other", role="victim"))
        (suggestion,) = found.suggestions
        return suggestion.why

    assert world.officer.agency.phase == Phase.FIRST_LINE and "From the first line to the second" in why()
    for paths, said in (
        ([{"start": 1, "to": 2, "why": {"fr": "Ensuite.", "en": "What follows."}}], "What follows."),
        ([], "Its entry in the directory names this need."),
    ):
        with acting_as(world.platform_admin):
            save_paths(by=world.platform_admin, paths=paths, provenance="Comité.", after=in_force().version)
        assert why() == said


def test_an_alternative_says_why_and_what_it_stands_in_for(world):
    clinic = make_agency(AgencyKind.MENTAL_HEALTH, "Centre de santé mentale", territory=["1030"])
    make_agency(AgencyKind.MIGRANT_SERVICE, "Rivages de Liège", territory=["4000"])
    with acting_as(world.programme):
        (found,) = alternatives(by=world.programme, need="language", postal_code="1030", role="presumed_perpetrator")
    assert found.agency == clinic
    assert found.instead_of == "migrant_service"
    assert "No service of this kind serves this place: migrant service." in found.why
    assert found.rule == "in-another-language"


def test_alternatives_leave_out_who_is_out_full_or_closed(world):
    asked, full, closed, open_ = (
        make_agency(AgencyKind.CPAS, f"CPAS {number}", free_places=places, accepts_referrals=takes)
        for number, (places, takes) in enumerate([(None, True), (0, True), (None, False), (3, True)])
    )
    Agency.objects.filter(kind=AgencyKind.CPAS).exclude(
        pk__in=[agency.pk for agency in (asked, full, closed, open_)]
    ).update(is_active=False)
    with acting_as(world.officer):
        found = alternatives(by=world.officer, need="social", role="victim", excluding=[asked.pk])
    assert [each.agency for each in found] == [open_]


def test_what_stands_in_is_proposed_once_the_only_one_has_said_no(world):
    Agency.objects.filter(kind=AgencyKind.CPAS).update(is_active=False)
    asked = make_agency(AgencyKind.CPAS, "CPAS")
    other = make_agency(AgencyKind.SOCIAL_COHESION, "Cohésion")
    with acting_as(world.officer):
        (found,) = alternatives(by=world.officer, need="social", role="victim", excluding=[asked.pk])
    assert (found.agency, found.instead_of) == (other, "cpas")
    assert "No service of this kind takes anybody at the moment" in found.why


def test_one_is_never_proposed_to_oneself(world):
    with acting_as(world.shelter):
        found = outlook(by=world.shelter, facts=facts_for(world.shelter, need="shelter", role="victim"))
    assert world.shelter.agency not in [each.agency for each in found.suggestions]
    assert not found.missing, "the sender is a shelter itself"


def test_the_nearest_comes_first_and_how_far_a_shelter_lies_is_not_told(world):
    with system_context(SystemContext.REFERENCE):
        load_places()
    assert Place.objects.filter(postal_code="1000").exists()
    far, near = (make_agency(AgencyKind.MENTAL_HEALTH, name) for name in ("Far", "Near"))
    entry(far, "mental_health", postal_code="4000")
    entry(near, "mental_health", postal_code="1000")
    entry(world.shelter.agency, "mental_health", postal_code="1000")
    with acting_as(world.officer):
        facts = facts_for(world.officer, need="mental_health", role="victim", postal_code="1030")
        found = {each.agency: each for each in outlook(by=world.officer, facts=facts).suggestions}
    order = list(found)
    assert order.index(near) < order.index(far)
    assert found[near].distance_km < 10 < 60 < found[far].distance_km
    assert found[world.shelter.agency].distance_km is None


def test_a_service_of_hers_that_takes_him_says_on_which_side_it_would_be(world):
    make_agency(AgencyKind.MIGRANT_SERVICE, "Rivages", side=AgencySide.VICTIM)
    with acting_as(world.programme):
        (found,) = alternatives(by=world.programme, need="language", role="presumed_perpetrator")
    assert any("side" in warning for warning in found.warnings)


def test_waiting_and_language_are_told(world):
    make_agency(AgencyKind.ADDICTION, "Le Pas", waiting_days=21, languages=["fr"])
    with acting_as(world.officer):
        facts = facts_for(world.officer, need="addiction", role="presumed_perpetrator", language="tr")
        (found,) = outlook(by=world.officer, facts=facts).suggestions
    assert "About 21 days of waiting." in found.warnings
    assert any("interpreter" in warning for warning in found.warnings)


def test_a_constant_number_of_queries(world, django_assert_max_num_queries):
    for number in range(30):
        entry(make_agency(AgencyKind.CPAS, f"CPAS {number}", phase=Phase.SECOND_LINE), "social", postal_code="1030")
    with acting_as(world.officer):
        with django_assert_max_num_queries(5):
            found = outlook(by=world.officer, facts=facts_for(world.officer, need="social", postal_code="1030"))
    assert len(found.suggestions) == 20


@pytest.mark.parametrize("code", ["", "   ", "\x00", "🙂", "1" * 10_000, "‮1030", "'; --"])
def test_a_postal_code_that_is_none_is_not_said(world, code):
    assert facts_for(world.officer, need="social", postal_code=code).postal_code == ""


def gap(by, case, **changes) -> bool:
    values = {"kind": "migrant_service", "need": "language", "role": "victim", "rule": "language"} | changes
    with acting_as(by):
        _case, access = get_case(case.pk, by)
        return note_gap(by=by, case=case, access=access, **values)


def test_a_gap_is_counted_once(world):
    case = make_case(world.officer)
    assert gap(world.officer, case, postal_code="1030")
    assert not gap(world.officer, case, postal_code="1030")
    assert gap(world.officer, case, need="residence")
    with acting_as(world.officer):
        assert ServiceGap.objects.filter(case=case).count() == 2


def test_a_gap_is_a_kind_a_need_and_a_rule_noted_by_who_adds_to_the_case(world):
    case = make_case(world.officer)
    for wrong in ({"kind": "bakery"}, {"need": "sun"}, {"rule": ""}, {"role": "witness"}):
        with pytest.raises(RuleBroken):
            gap(world.officer, case, **wrong)
    with pytest.raises(Refused):
        gap(world.reader, case)
