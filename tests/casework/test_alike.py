"""Cases that look alike: who is proposed what, for which reasons, and that nothing unseen counts."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership
from audit.models import AuditEvent
from cases import same_reasons
from cases.enums import ParticipationSide
from cases.likeness import Known
from cases.models import Case, SamePerson
from casework.alike import Alike, alike_cases, words
from casework.grouping import group
from common.errors import RuleBroken
from sharing import links
from sharing.models import Basis, CaseLink, LinkKind, WayIn
from sharing.services import decide
from tests.factories import World, make_agency, make_member, make_report

BOTH = ["identity:victim", "identity:perpetrator"]
HIM = {"perpetrator_birth_date": "1985-11-30"}
OTHER_HER = {
    "victim_given_name": "Greet",
    "victim_family_name": "Maes",
    "victim_birth_date": "1980-02-03",
    "victim_phone": "0479 98 76 54",
}
OTHER_HIM = {
    "perpetrator_given_name": "Wout",
    "perpetrator_family_name": "Claes",
    "perpetrator_birth_date": "1979-01-09",
}
OTHER_CHILD = {"children-0-given_name": "Stan", "children-0-birth_date": "2012-01-05"}
OPPOSED = {
    "victim_given_name": "Yvan",
    "victim_family_name": "Morel Test",
    "victim_birth_date": "1985-11-30",
    "victim_phone": "0479 98 76 54",
    "perpetrator_given_name": "Fatou",
    "perpetrator_family_name": "Diallo-Test",
    "perpetrator_birth_date": "1991-04-12",
}


def open_to(by: Membership, case: Case, member: Membership, grants=BOTH, side=ParticipationSide.NEUTRAL) -> None:
    """The case opens to this agency by a text of law."""
    with acting_as(by):
        decide(
            by=by, case=case, recipient=member.agency, side=side, way_in=WayIn.COMPLAINT,
            basis=Basis.LEGAL_OBLIGATION, legal_text="Texte de loi, à confirmer", grants=grants, contributes=True,
            necessity="Le dossier relève de ce service.",
        )  # fmt: skip


def report(by: Membership, **changes) -> Case:
    return make_report(by, j2_accepted="no", **(HIM | changes)).case


def found(by: Membership, *cases: Case) -> list[list[Alike]]:
    with acting_as(by):
        answer = alike_cases(by=by, cases=cases)
        return [answer.get(case.pk, []) for case in cases]


@pytest.fixture
def coordinator(world: World) -> Membership:
    return make_member(make_agency(AgencyKind.COORDINATION), Role.COORDINATOR)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "kind", "who"),
    [
        ({}, LinkKind.SAME_COUPLE, {"victim", "perpetrator", "child"}),
        (OTHER_CHILD, LinkKind.SAME_COUPLE, {"victim", "perpetrator"}),
        (OTHER_HIM, LinkKind.SAME_HOUSEHOLD, {"victim", "child"}),
        (OTHER_HER | OTHER_HIM, LinkKind.SAME_HOUSEHOLD, {"child"}),
        (OTHER_HIM | OTHER_CHILD, LinkKind.SAME_PERSON, {"victim"}),
        (OTHER_HER | OTHER_CHILD, LinkKind.SAME_PERSON, {"perpetrator"}),
        (OPPOSED | OTHER_CHILD, LinkKind.COUNTER_COMPLAINT, {"hers_his", "his_hers"}),
        (OTHER_HER | OTHER_HIM | OTHER_CHILD, None, set()),
    ],
)
def test_what_police_are_proposed(world: World, changes, kind, who):
    one = report(world.officer, **{"children-0-family_name": "Diallo-Test"})
    other = report(world.officer, **({"children-0-family_name": "Diallo-Test"} | changes))
    (here, there) = found(world.officer, one, other)
    if kind is None:
        assert here == there == []
        return
    (proposal,) = here
    assert (proposal.case, proposal.kind) == (other, kind)
    assert {reason.partition(":")[0] for reason in proposal.reasons} == who
    assert [each.case for each in there] == [one] and there[0].kind == kind
    assert found(world.officer, one) == [here], "asked alone or together"


# --- who is told, and of what ---------------------------------------------------------------------------------
def couples(world: World, *also: Membership) -> tuple[Case, Case]:
    """Two cases of two zones about one couple, open to the prosecutor and to `also`."""
    cases = report(world.officer), report(world.other_officer)
    for by, case in zip((world.officer, world.other_officer), cases, strict=True):
        for member in (world.prosecutor, *also):
            open_to(by, case, member)
    return cases


@pytest.mark.django_db
def test_nothing_of_a_case_one_does_not_see_counts(world: World):
    one, other = couples(world)
    assert found(world.officer, one) == [[]] == found(world.other_officer, other)
    assert found(world.prosecutor, one)[0][0].case == other
    for _number in range(3):
        report(world.other_officer)  # more of the same that the prosecutor does not see
    (proposals,) = found(world.prosecutor, one)
    assert [each.case for each in proposals] == [other]


@pytest.mark.django_db
def test_identity_is_asked_of_both_and_a_phone_of_contact(world: World, coordinator):
    one, other = report(world.officer), report(world.other_officer)
    open_to(world.officer, one, coordinator)
    open_to(world.other_officer, other, coordinator, grants=["identity:perpetrator"])
    assert found(coordinator, one) == [[]], "he alone is the same: not for a coordinator, and she is not open in both"
    open_to(world.other_officer, other, coordinator, grants=["identity:victim"])
    (proposal,) = found(coordinator, one)[0]
    assert proposal.kind == LinkKind.SAME_COUPLE
    assert not any("phone" in reason for reason in proposal.reasons), "how to reach her is not open"
    for by, case in ((world.officer, one), (world.other_officer, other)):
        open_to(by, case, coordinator, grants=["contact:victim"])
    assert "victim:phone" in found(coordinator, one)[0][0].reasons


@pytest.mark.django_db
def test_others_are_proposed_nothing(world: World):
    one, other = couples(world, world.shelter, world.stranger)
    for by, case in ((world.officer, one), (world.other_officer, other)):
        open_to(by, case, world.programme, side=ParticipationSide.PERPETRATOR)
    for member in (world.shelter, world.stranger, world.programme, world.platform_admin):
        assert found(member, one, other) == [[], []]
        client = Client()
        client.force_login(member.user)
        assert client.get(f"/cases/{one.pk}/group/").status_code == 404
        assert client.post(f"/cases/{one.pk}/group/").status_code == 404


@pytest.mark.django_db
def test_a_suspect_alone_is_for_police_and_prosecutors(world: World, coordinator):
    one, other = report(world.officer), report(world.officer, **(OTHER_HER | OTHER_CHILD))
    for case in (one, other):
        open_to(world.officer, case, coordinator)
        open_to(world.officer, case, world.prosecutor)
    assert found(coordinator, one) == [[]]
    (proposal,) = found(world.prosecutor, one)[0]
    assert proposal.his_alone and [each.case for each in found(world.officer, one)[0]] == [other]
    say(world.prosecutor, one, other, LinkKind.SAME_PERSON, "link")
    with acting_as(world.prosecutor):
        assert not CaseLink.objects.exists(), "a link of cases would be read by who works with him"
        assert SamePerson.objects.get().side == "perpetrator"
    assert found(world.prosecutor, one, other) == [[], []] == found(world.officer, one, other)


@pytest.mark.django_db
def test_not_for_who_works_with_him_in_one_and_with_her_in_the_other(world: World):
    both = make_member(make_agency(AgencyKind.COORDINATION), Role.COORDINATOR)
    one, other = report(world.officer), report(world.other_officer)
    open_to(world.officer, one, both, side=ParticipationSide.PERPETRATOR)
    open_to(world.other_officer, other, both, side=ParticipationSide.VICTIM)
    assert found(both, one, other) == [[], []]


@pytest.mark.django_db
def test_a_page_of_cases_costs_the_same_whatever_is_alike(world: World):
    cases = [report(world.officer, **OTHER_CHILD)]
    counts = []
    for _round in range(2):
        cases += [report(world.officer), report(world.officer, **OPPOSED)]
        with (
            acting_as(world.officer),
            CaptureQueriesContext(
                connection,
            ) as asked,
        ):
            alike_cases(by=world.officer, cases=cases)
        counts.append(
            len([query for query in asked if "set_config" not in query["sql"] and "SAVEPOINT" not in query["sql"]])
        )
    assert counts[0] == counts[1] <= 18, counts


@pytest.mark.django_db
def test_switched_off_nothing_is_compared(world: World, settings):
    one, other = couples(world)
    settings.MATCHING_ENABLED = False
    assert found(world.prosecutor, one, other) == [[], []]


# --- deciding -------------------------------------------------------------------------------------------------
def say(by: Membership, case: Case, other: Case, kind: str, act: str) -> Alike:
    with acting_as(by):
        return group(by=by, case=case, other_id=other.pk, kind=kind, act=act)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["prosecutor", "coordinator"])
def test_linked_they_are_proposed_no_more(world: World, coordinator, who):
    one, other = couples(world, coordinator)
    by = {"prosecutor": world.prosecutor, "coordinator": coordinator}[who]
    say(by, one, other, LinkKind.SAME_COUPLE, "link")
    with acting_as(by):
        link = CaseLink.objects.get()
        assert link.kind == LinkKind.SAME_COUPLE
    assert found(world.prosecutor, one, other) == [[], []] == found(coordinator, one, other)
    with (
        translation.override("en"),
        pytest.raises(RuleBroken, match="has linked these two cases meanwhile: same couple"),
    ):
        say(world.prosecutor, one, other, LinkKind.SAME_COUPLE, "different")
    with acting_as(by):
        links.end_link(by=by, case=one, link_id=link.pk)
    assert found(world.prosecutor, one)[0], "what has ended is proposed again"


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["prosecutor", "coordinator"])
def test_different_people_are_proposed_no_more(world: World, coordinator, who):
    one, other = couples(world, coordinator)
    by = {"prosecutor": world.prosecutor, "coordinator": coordinator}[who]
    say(by, one, other, LinkKind.SAME_COUPLE, "different")
    assert found(coordinator, one, other) == [[], []]
    assert found(by, one, other) == [[], []]
    with translation.override("en"), pytest.raises(RuleBroken, match="different people|no longer proposed"):
        say(coordinator, one, other, LinkKind.SAME_COUPLE, "link")
    with acting_as(by):
        assert not CaseLink.objects.exists()


@pytest.mark.django_db
def test_opposing_reports_told_apart(world: World):
    one, other = report(world.officer), report(world.officer, **(OPPOSED | OTHER_CHILD))
    for case in (one, other):
        open_to(world.officer, case, world.prosecutor)
    assert [each.kind for each in found(world.prosecutor, one)[0]] == [LinkKind.COUNTER_COMPLAINT]
    say(world.prosecutor, one, other, LinkKind.COUNTER_COMPLAINT, "different")
    assert found(world.prosecutor, one, other) == [[], []] == found(world.officer, one, other)


@pytest.mark.django_db
def test_the_page(world: World):
    one, other = couples(world)
    path = f"/cases/{one.pk}/group/"
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.prosecutor.user)
    text = client.get(path).content.decode()
    assert other.reference in text and "the victim: same birth date; same family name; same given name" in text
    with acting_as(world.prosecutor):
        read = AuditEvent.objects.filter(case_id=other.pk, object_kind="cases.group")
        assert read.get().fields == ["identity:perpetrator", "identity:victim"], "read there too"
    good = {"other": other.pk, "kind": "same_couple", "act": "link"}
    for changes, status in (
        ({"other": uuid4()}, 404),
        ({"other": one.pk}, 404),
        ({"other": report(world.officer, **OTHER_HER).pk}, 404),
        ({"other": "x" * 10_000}, 422),
        ({"other": "\x00"}, 422),
        ({"kind": "twins"}, 422),
        ({"kind": "same_household"}, 422),
        ({"act": "merge"}, 422),
        ({"act": ""}, 422),
    ):
        assert client.post(path, good | changes).status_code == status, changes
    officer = Client()
    officer.force_login(world.officer.user)
    assert officer.get(path).status_code == 200 and officer.post(path, good).status_code == 403
    assert client.post(path, good).status_code == 302
    again = client.post(path, good)
    assert again.status_code == 422 and "has linked these two cases meanwhile" in again.content.decode()
    assert f'href="{path}"' in client.get(f"/cases/{one.pk}/people/").content.decode()


# --- words ----------------------------------------------------------------------------------------------------
def test_reasons_in_words():
    with translation.override("en"):
        assert words(["victim:birth_date", "victim:family_name=0.94", "hers_his:given_name=1.00", "odd:phone"]) == [
            "the victim: same birth date; family name alike (0.94)",
            "the victim here, the presumed perpetrator there: same given name",
        ]
        assert same_reasons.words("phone") == "same phone number" and same_reasons.words("odd") == ""


@pytest.mark.parametrize(
    ("one", "other", "codes"),
    [
        (Known("Fatou", "Diallo"), Known("Fatou", "Diallo"), ("family_name=1.00", "given_name=1.00")),
        (Known("Diallo", "Fatou"), Known("Fatou", "Diallo"), ("turned_names", "family_name=1.00", "given_name=1.00")),
        (
            Known("Fatou", "", date(1991, 4, 12)),
            Known("Fatou", "X", date(1991, 12, 4)),
            ("other_birth_date", "given_name=1.00"),
        ),
        (Known(phones=frozenset("1")), Known(phones=frozenset("12")), ("phone",)),
        (Known(), Known(), ()),
    ],
)  # fmt: skip
def test_reasons(one, other, codes):
    assert same_reasons.reasons(one, other) == codes
