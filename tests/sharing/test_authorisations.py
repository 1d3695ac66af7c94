"""A prosecutor's authorisation: who records it, that judicial records open on it alone, and close the same second."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from cases.access import for_case
from cases.enums import EventCode
from cases.models import Case, CaseEvent
from common.clock import local, now
from common.errors import Refused, RuleBroken
from notifications.models import Notice
from sharing import authorisations
from sharing.models import AuthorisationEnd, Basis, ProsecutorAuthorisation, SharingDecision
from tests import actors
from tests.actors import as_
from tests.factories import make_agency, make_member, make_report
from tests.sharing.test_deciding import asked, decide, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    """A complaint: the prosecutor sees it once the grid is signed; here the police share it by hand."""
    case = make_report(world.officer).case
    decide(
        world.officer,
        case,
        asked(world.prosecutor, grants=("facts:case", "level:case"), side="neutral", contributes=True),
    )
    return case


def values(world, **changes) -> dict:
    given = {
        "prosecutor_id": world.prosecutor.agency_id,
        "magistrate": "A. Collin",
        "reference": "SA-12/2026",
        "recipient_id": world.shelter.agency_id,
        "recipient_kinds": [],
        "categories": ["facts", "level"],
        "given_on": local(now()).date(),
        "valid_until": None,
    }
    return given | changes


def authorise(world, by, case, **changes) -> ProsecutorAuthorisation:
    with acting_as(by):
        access = for_case(case, by) if case else None
        return authorisations.authorise(by=by, case=case, access=access, **values(world, **changes))


def share(world, case, authorisation, to=None, **changes) -> SharingDecision:
    to = to or world.shelter
    return decide(
        world.officer,
        case,
        asked(
            to,
            Basis.PROSECUTOR_AUTHORISATION,
            ("facts:case", "level:case"),
            authorisation_id=authorisation.pk,
            side="victim",
            **changes,
        ),
    )


def sees(member, case, category="facts", side="case") -> bool:
    with acting_as(member):
        return for_case(case, member).can(category, side)


def test_judicial_records_open_on_it_alone_and_close_the_same_second(world, case):
    assert "authorisation" in refusal(
        world.officer, case, asked(world.shelter, Basis.PROSECUTOR_AUTHORISATION, ("facts:case",))
    )
    for basis in (Basis.GRAVE_DANGER, Basis.SHARED_SECRET):
        assert "grants" in refusal(world.officer, case, asked(world.shelter, basis, ("facts:case",)))
    given = authorise(world, world.officer, case)
    assert not sees(world.shelter, case), "an authorisation opens nothing by itself"
    share(world, case, given)
    decide(world.officer, case, asked(world.shelter, grants=("identity:victim",)))
    assert sees(world.shelter, case) and sees(world.shelter, case, "level")
    with acting_as(world.prosecutor):
        authorisations.take_back(by=world.prosecutor, authorisation_id=given.pk, reason="Instruction close.", case=case)
    assert not sees(world.shelter, case) and not sees(world.shelter, case, "level")
    assert sees(world.shelter, case, "identity", "victim"), "another basis holds"
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(case=case, code=EventCode.SHARING_ENDED).count() == 1
    with acting_as(world.shelter):
        kinds = list(Notice.objects.filter(recipient=world.shelter.user).values_list("kind", flat=True))
        assert kinds.count("sharing_ended") == 1
    assert "authorisation" in refusal(
        world.officer,
        case,
        asked(world.shelter, Basis.PROSECUTOR_AUTHORISATION, ("facts:case",), authorisation_id=given.pk),
    )


def test_a_standing_one_taken_back_closes_every_case(world, case):
    other = make_report(world.officer).case
    given = authorise(world, world.prosecutor, None, recipient_id=None, recipient_kinds=["shelter"])
    for each in (case, other):
        share(world, each, given)
        assert sees(world.shelter, each)
    with acting_as(world.prosecutor):
        assert not Case.objects.filter(pk=other.pk).exists(), "the prosecutor does not see that case"
        first = authorisations.take_back(by=world.prosecutor, authorisation_id=given.pk, reason="Révisée.")
        again = authorisations.take_back(by=world.prosecutor, authorisation_id=given.pk, reason="Encore.")
        assert first == again and AuthorisationEnd.objects.count() == 1
    for each in (case, other):
        assert not sees(world.shelter, each)
        with acting_as(world.shelter):
            assert not for_case(each, world.shelter), "nothing else held"
    with acting_as(world.shelter):
        ended = Notice.objects.filter(recipient=world.shelter.user, kind="sharing_ended")
        assert [(notice.path, notice.case_id) for notice in ended] == [(reverse("cases:list"), None)] * 2


def test_its_own_end_ends_what_rests_on_it(world, case):
    given = authorise(world, world.officer, case, valid_until=now() + timedelta(days=3))
    decision = share(world, case, given, until=None)
    assert decision.end == given.valid_until
    with acting_as(world.shelter):
        assert for_case(case, world.shelter).grants["view_facts_case"] == given.valid_until


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"magistrate": " "}, "magistrate"),
        ({"reference": ""}, "reference"),
        ({"categories": []}, "categories"),
        ({"categories": ["identity"]}, "categories"),
        ({"categories": ["facts", "contact"]}, "categories"),
        ({"recipient_id": None}, "recipient"),
        ({"recipient_kinds": ["shelter"]}, "recipient_kinds"),
        ({"recipient_id": None, "recipient_kinds": ["police"]}, "recipient_kinds"),
        ({"given_on": None}, "given_on"),
        ({"given_on": timedelta(days=2)}, "given_on"),
        ({"valid_until": timedelta(days=-1)}, "valid_until"),
        ({"prosecutor_id": None}, "prosecutor"),
        ({"prosecutor_id": "shelter"}, "prosecutor"),
        ({"recipient_id": "prosecutor"}, "recipient"),
    ],
)
def test_what_is_missing_is_said_by_its_field(world, case, changes, field):
    for name, value in changes.items():
        if isinstance(value, timedelta):
            moment = now() + value
            changes = changes | {name: local(moment).date() if name == "given_on" else moment}
        elif value in ("shelter", "prosecutor"):
            changes = changes | {name: getattr(world, value).agency_id}
    with pytest.raises(RuleBroken) as broken:
        authorise(world, world.officer, case, **changes)
    assert field in broken.value.errors
    with acting_as(world.officer):
        assert not ProsecutorAuthorisation.objects.exists()


@pytest.mark.parametrize("who", ["eva", "reader", "shelter", "other_officer", "programme"])
def test_who_records_none(world, case, who):
    with pytest.raises(Refused):
        authorise(world, getattr(world, who), case)
    with pytest.raises(Refused):
        authorise(world, getattr(world, who), None)


def test_police_record_for_a_case_but_never_standing(world, case):
    given = authorise(world, world.officer, case)
    assert given.prosecutor == world.prosecutor.agency and given.agency == world.officer.agency
    with pytest.raises(Refused):
        authorise(world, world.officer, None)


def test_a_prosecutor_records_its_own(world, case):
    other = make_agency(AgencyKind.PROSECUTOR, "Parquet Nord")
    assert authorise(world, world.prosecutor, case, prosecutor_id=other.pk).prosecutor == world.prosecutor.agency


def test_who_takes_none_back(world, case):
    given, standing = authorise(world, world.officer, case), authorise(world, world.prosecutor, None)
    elsewhere = make_member(make_agency(AgencyKind.PROSECUTOR, "Parquet Nord"))
    for who, which, where, error in (
        (world.shelter, standing, None, Refused),
        (elsewhere, standing, None, Refused),
        (world.reader, given, case, Refused),
        (world.other_officer, given, case, Http404),
        (world.officer, given, None, Http404),
        (world.officer, standing, case, Http404),
    ):
        with acting_as(who), pytest.raises(error):
            authorisations.take_back(by=who, authorisation_id=which.pk, reason="x", case=where)
    with acting_as(world.officer), pytest.raises(RuleBroken, match="Say why"):
        authorisations.take_back(by=world.officer, authorisation_id=given.pk, reason=" ", case=case)


# --- the pages -----------------------------------------------------------------------------------------------------
def test_recorded_and_taken_back_from_the_pages(world, case):
    browser = as_(world.officer)
    data = {
        "prosecutor": str(world.prosecutor.agency_id),
        "magistrate": "A. Collin",
        "reference": "AI-7",
        "given_on": local(now()).date().isoformat(),
        "recipient": str(world.shelter.agency_id),
        "categories": ["facts"],
    }
    new = reverse("sharing:case_authorisation_new", args=[case.pk])
    assert browser.get(new).status_code == 200
    refused = browser.post(new, data | {"reference": ""})
    assert refused.status_code == 422 and "A. Collin" in refused.content.decode()
    assert browser.post(new, data).status_code == 302
    with acting_as(world.officer):
        given = ProsecutorAuthorisation.objects.get()
    listed = reverse("sharing:case_authorisations", args=[case.pk])
    assert "AI-7" in browser.get(listed).content.decode()
    end = reverse("sharing:case_authorisation_end", args=[case.pk, given.pk])
    assert browser.get(end).status_code == 302
    assert browser.post(end, {"reason": ""}).status_code == 422
    assert browser.post(end, {"reason": "Retirée."}).status_code == 302
    text = browser.get(listed).content.decode()
    assert "Retirée." in text and end not in text, "no button for what has ended"


def test_standing_ones_are_the_prosecutors(world):
    assert as_(world.officer).get(reverse("sharing:authorisations")).status_code == 404
    browser = as_(world.prosecutor)
    data = {
        "magistrate": "A. Collin",
        "reference": "SA-9",
        "given_on": local(now()).date().isoformat(),
        "recipient_kinds": ["shelter", "victim_support"],
        "categories": ["facts", "level"],
    }
    assert browser.post(reverse("sharing:authorisation_new"), data).status_code == 302
    with acting_as(world.prosecutor):
        given = ProsecutorAuthorisation.objects.get()
        assert given.standing and given.prosecutor == world.prosecutor.agency
    assert "SA-9" in browser.get(reverse("sharing:authorisations")).content.decode()
    end = reverse("sharing:authorisation_end", args=[given.pk])
    assert browser.post(end, {"reason": ""}).status_code == 422
    assert browser.post(end, {"reason": "Fin."}).status_code == 302
    assert "Fin." in browser.get(reverse("sharing:authorisations")).content.decode()


def test_his_side_reads_none_that_names_a_service_of_hers(world, case):
    """A justice house reads judicial content by default; who an authorisation is for would tell who follows her."""
    his = actors.all_of_his_side(world, case)
    authorise(world, world.officer, case, reference="HERS-1")
    authorise(world, world.officer, case, reference="HIS-1", recipient_id=world.programme.agency_id)
    decide(world.officer, case, asked(world.programme, grants=("identity:perpetrator",), side="perpetrator"))
    for member, known in ((his, []), (world.programme, ["HIS-1"])):
        with acting_as(member):
            access = for_case(case, member)
            assert [each.reference for each in authorisations.of_case(access)] == known
            assert ProsecutorAuthorisation.objects.count() == len(known), "the second lock says the same"
            assert not authorisations.covering(access=access, recipient=world.shelter.agency)
        page = as_(member).get(reverse("sharing:case_authorisations", args=[case.pk])).content.decode()
        assert "HERS-1" not in page and world.shelter.agency.name not in page
    with acting_as(his):
        assert for_case(case, his).can("judicial", "case")
    with acting_as(world.officer):
        assert authorisations.of_case(for_case(case, world.officer)).count() == 2
