"""Opposing reports: both addresses close to the other side at once, until somebody trained has looked at both."""

from itertools import product
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership
from audit.models import AuditEvent
from cases.access import for_case
from cases.enums import CODENAMES, EventCode, ParticipationSide, PersonRole, Side, codename
from cases.models import Case, CaseEvent, CasePerson, ContactPoint
from cases.perms import reads_children
from cases.services import add_contact_point
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from sharing import counter_complaints, links
from sharing.grants import CONTACTS, Opening, closed_by_opposing, permission_of, total
from sharing.models import CaseLink, CaseLinkEnd, CounterComplaintReview
from tests.casework.test_alike import HIM, OPPOSED, OTHER_CHILD, open_to, report
from tests.factories import World, make_agency, make_member, train
from tests.sharing.sums import drift

HERS, HIS, OTHERS = "contact:victim", "contact:perpetrator", "contact:case"
CHILD = "children:victim"
EVERYTHING = ["identity:victim", "identity:perpetrator", HERS, HIS, OTHERS, CHILD]
ON_HIS_SIDE = ["identity:victim", "identity:perpetrator", HIS]


# --- the table, pure ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("here", "there", "keeps"),
    [
        ("victim", "", {HERS}),
        ("perpetrator", "", {HIS}),
        ("neutral", "", {HERS}),
        ("victim", "perpetrator", {HERS}),
        ("perpetrator", "victim", {HIS}),
        ("neutral", "perpetrator", {HERS}),
        ("neutral", "victim", {HIS}),
        ("victim", "neutral", {HERS}),
        ("perpetrator", "neutral", {HIS}),
        ("victim", "victim", set()),
        ("perpetrator", "perpetrator", set()),
        ("neutral", "neutral", set()),
    ],
)
@pytest.mark.parametrize("kind", ["shelter", "court", "coordination", "eva_cell"])
def test_what_each_keeps(kind, here, there, keeps):
    closed = closed_by_opposing(kind=kind, here=here, there=there)
    assert CONTACTS - closed == keeps
    assert (CHILD not in closed) is (HERS in keeps), "where her child is leads to her"


def test_police_and_prosecutors_keep_both():
    for kind, here, there in product(
        ("police", "prosecutor"), ParticipationSide.values, ["", *ParticipationSide.values]
    ):
        assert not closed_by_opposing(kind=kind, here=here, there=there)


SIDES = st.sampled_from(["", *ParticipationSide.values])
PAIRS = st.lists(st.sampled_from([*CONTACTS, CHILD, "identity:victim", "facts:case", "health:perpetrator"]), max_size=6)


@given(
    kind=st.sampled_from(list(AgencyKind)), here=st.sampled_from(ParticipationSide.values), there=SIDES,
    grants=st.lists(PAIRS, max_size=3),
)  # fmt: skip
def test_nobody_keeps_both_and_nothing_else_closes(kind, here, there, grants):
    """The person of one side here is the person of the other side there: kept in both cases is one person at most."""
    closed = closed_by_opposing(kind=kind, here=here, there=there)
    openings = [Opening(tuple(each)) for each in grants]
    free, shut = total(openings, side=here), total(openings, side=here, closed=closed)
    assert set(free) - set(shut) == {permission_of(pair) for pair in closed} & set(free)
    if kind in (AgencyKind.POLICE, AgencyKind.PROSECUTOR):
        assert not closed
        return
    kept_here = CONTACTS - closed
    kept_there = CONTACTS - closed_by_opposing(kind=kind, here=there, there=here) if there else set()
    persons = {"x" if pair == HERS else "y" for pair in kept_here} | {
        "y" if pair == HERS else "x" for pair in kept_there
    }
    assert OTHERS not in kept_here | kept_there and len(persons) <= 1
    assert {pair.split(":")[0] for pair in closed} - {"children"} == {"contact"}


# --- through the services -------------------------------------------------------------------------------------
class Opposed:
    """Two cases: the victim of each is the presumed perpetrator of the other. Everybody has a number."""

    def __init__(self, world: World):
        self.world = world
        self.one = report(world.officer)
        self.other = report(world.officer, **(OPPOSED | OTHER_CHILD))
        self.coordinator = make_member(make_agency(AgencyKind.COORDINATION), Role.COORDINATOR)
        self.services = {
            (here, there): make_member(make_agency(AgencyKind.MENTAL_HEALTH))
            for here, there in product(["", *ParticipationSide.values], repeat=2)
            if here or there
        }
        for case, place in ((self.one, 0), (self.other, 1)):
            for member in (world.prosecutor, self.coordinator):
                open_to(world.officer, case, member, grants=EVERYTHING)
            for sides, member in self.services.items():
                if side := sides[place]:
                    grants = ON_HIS_SIDE if side == "perpetrator" else EVERYTHING
                    open_to(world.officer, case, member, grants=grants, side=side)
            with acting_as(world.officer):
                him = CasePerson.objects.get(case=case, role=PersonRole.PRESUMED_PERPETRATOR)
                add_contact_point(by=world.officer, case_person=him, kind="phone", value="0472 11 22 33", safe="yes")

    def link(self, by: Membership | None = None) -> CaseLink:
        by = by or self.world.prosecutor
        with acting_as(by):
            return links.link_cases(by=by, case=self.one, reference=self.other.reference, kind="counter_complaint")

    def contacts(self, member: Membership, case: Case) -> set[str]:
        """What this member reads of how to reach people; what the second lock shows must say the same."""
        with acting_as(member):
            access = for_case(case, member)
            rows = set(ContactPoint.objects.filter(case=case).values_list("side", flat=True))
            held = {pair for pair in CONTACTS if access.can(*pair.split(":"))}
            assert {f"contact:{side}" for side in rows} == held - {OTHERS}
            if access.side != ParticipationSide.PERPETRATOR:
                assert reads_children(access) is (HERS in held), "where her child is closes with how to reach her"
            return held

    def all_contacts(self) -> dict:
        members = {**self.services, "police": self.world.officer, "prosecutor": self.world.prosecutor,
                   "coordinator": self.coordinator}  # fmt: skip
        return {
            name: [self.contacts(member, case) for case in (self.one, self.other)] for name, member in members.items()
        }


@pytest.fixture
def opposed(world: World) -> Opposed:
    return Opposed(world)


def review(by: Membership, link: CaseLink, opens: bool | None = True, reasons: str = "Vu les deux dossiers."):
    with acting_as(by):
        return counter_complaints.review(by=by, link_id=link.pk, opens=opens, reasons=reasons)


@pytest.mark.django_db
def test_addresses_close_both_ways_in_the_same_transaction(opposed: Opposed):
    before = opposed.all_contacts()
    link = opposed.link()
    after = opposed.all_contacts()
    keeps = {
        ("victim", ""): [{HERS}, set()], ("", "victim"): [set(), {HERS}],
        ("perpetrator", ""): [{HIS}, set()], ("", "perpetrator"): [set(), {HIS}],
        ("neutral", ""): [{HERS}, set()], ("", "neutral"): [set(), {HERS}],
        ("victim", "perpetrator"): [{HERS}, {HIS}], ("perpetrator", "victim"): [{HIS}, {HERS}],
        ("victim", "neutral"): [{HERS}, {HIS}], ("neutral", "victim"): [{HIS}, {HERS}],
        ("perpetrator", "neutral"): [{HIS}, {HERS}], ("neutral", "perpetrator"): [{HERS}, {HIS}],
        ("victim", "victim"): [set(), set()], ("perpetrator", "perpetrator"): [set(), set()],
        ("neutral", "neutral"): [set(), set()], "coordinator": [set(), set()],
        "police": before["police"], "prosecutor": [CONTACTS, CONTACTS],
    }  # fmt: skip
    assert after == keeps and before["coordinator"] == [CONTACTS, CONTACTS]
    assert drift() == []
    with acting_as(opposed.world.prosecutor):
        links.end_link(by=opposed.world.prosecutor, case=opposed.other, link_id=link.pk)
    assert opposed.all_contacts() == before, "ended, what it had closed is open again"
    assert drift() == []


@pytest.mark.django_db
def test_nothing_but_what_leads_to_somebody_closes(opposed: Opposed):
    def held() -> list:
        found = []
        for member in (*opposed.services.values(), opposed.world.officer, opposed.world.prosecutor):
            with acting_as(member):
                found += [set(for_case(case, member).grants) for case in (opposed.one, opposed.other)]
        return found

    contact = {*(codename("contact", side) for side in Side), codename("children", "victim")}
    before = held()
    opposed.link()
    assert [names - contact for names in held()] == [names - contact for names in before]
    assert contact < set(CODENAMES)


@pytest.mark.django_db
def test_a_new_decision_does_not_open_them(opposed: Opposed):
    """By whatever way, in whichever case first: what is decided while they oppose each other stays closed."""
    world = opposed.world
    opposed.link()
    hers = opposed.services["victim", ""]
    open_to(world.officer, opposed.one, hers, grants=EVERYTHING, side="victim")
    assert opposed.contacts(hers, opposed.one) == {HERS}
    new = make_member(make_agency(AgencyKind.CPAS))
    open_to(world.officer, opposed.one, new, grants=EVERYTHING)
    assert opposed.contacts(new, opposed.one) == {HERS}
    open_to(world.officer, opposed.other, new, grants=EVERYTHING)
    assert opposed.contacts(new, opposed.one) == opposed.contacts(new, opposed.other) == set()
    later = opposed.services["victim", ""]
    open_to(world.officer, opposed.other, later, grants=EVERYTHING, side="victim")
    assert opposed.contacts(later, opposed.one) == opposed.contacts(later, opposed.other) == set()
    assert drift() == []


@pytest.mark.django_db
def test_reviewed_they_open_again_or_stay_closed(opposed: Opposed):
    world = opposed.world
    before = opposed.all_contacts()
    link = opposed.link()
    closed = opposed.all_contacts()
    train(world.officer, world.prosecutor, opposed.coordinator)
    review(opposed.coordinator, link, opens=False)
    assert opposed.all_contacts() == closed
    with translation.override("en"), pytest.raises(RuleBroken, match="has reviewed these reports meanwhile"):
        review(world.officer, link)
    with acting_as(world.prosecutor):
        links.end_link(by=world.prosecutor, case=opposed.one, link_id=link.pk)
    again = opposed.link()
    assert opposed.all_contacts() == closed
    review(world.officer, again)
    assert opposed.all_contacts() == before and drift() == []
    with acting_as(world.officer):
        for case in (opposed.one, opposed.other):
            case.refresh_from_db()
            assert case.opposing_since is None
            codes = CaseEvent.objects.filter(case=case, code__startswith="counter").order_by("at", "pk")
            assert list(codes.values_list("code", "category", "side", "agency", "payload")) == [
                (code, "facts", "case", None, {})
                for code in (EventCode.COUNTER_COMPLAINT_LINKED, EventCode.COUNTER_COMPLAINT_REVIEWED) * 2
            ]
    for member in (opposed.coordinator, world.officer):
        with acting_as(member):
            decided = AuditEvent.objects.filter(object_kind="sharing.CounterComplaintReview", action="decided")
            own = decided.filter(user_id=member.user_id)
            assert list(own.values_list("case_id", flat=True)) == [None], "on the trail of neither"
    with acting_as(world.prosecutor):
        with pytest.raises(DatabaseError), transaction.atomic():
            CounterComplaintReview.objects.filter(link=again).update(opens=False)


@pytest.mark.django_db
def test_two_links_close_until_both_are_reviewed(opposed: Opposed):
    """A case may be opposed by several: opening one of them opens nothing the other closes."""
    world, third = opposed.world, report(opposed.world.officer, **(OPPOSED | OTHER_CHILD))
    open_to(world.officer, third, world.prosecutor, grants=EVERYTHING)
    one = opposed.link()
    with acting_as(world.prosecutor):
        links.link_cases(by=world.prosecutor, case=third, reference=opposed.one.reference, kind="counter_complaint")
    train(world.prosecutor)
    review(world.prosecutor, one)
    shelter = opposed.services["victim", ""]
    assert opposed.contacts(shelter, opposed.one) == {HERS} and drift() == []
    with acting_as(world.prosecutor):
        opposed.one.refresh_from_db()
        assert opposed.one.opposing_since is not None


@pytest.mark.django_db
def test_who_reviews(opposed: Opposed):
    world = opposed.world
    link = opposed.link()
    train(world.reader, *opposed.services.values(), world.other_officer)
    for member in (*opposed.services.values(), world.other_officer, world.platform_admin, world.stranger):
        with pytest.raises(Http404):
            review(member, link)
    for member in (world.officer, world.prosecutor, opposed.coordinator, world.reader):
        with pytest.raises(Refused):
            review(member, link)
    train(world.prosecutor)
    for opens, reasons, fields in ((None, "x", {"opens"}), (True, "  ", {"reasons"}), (None, "", {"opens", "reasons"}),
                                   (True, "a\x00b", {"reasons"})):  # fmt: skip
        with pytest.raises(RuleBroken) as broken:
            review(world.prosecutor, link, opens, reasons)
        assert set(broken.value.errors) == fields
    with acting_as(world.prosecutor):
        assert not CounterComplaintReview.objects.exists()
        with pytest.raises(Http404):
            counter_complaints.review(by=world.prosecutor, link_id=uuid4(), opens=True, reasons="x")
        couple = links.link_cases(
            by=world.prosecutor, case=opposed.one, reference=opposed.other.reference, kind="same_household"
        )
    with pytest.raises(Http404):
        review(world.prosecutor, couple)
    long = "Vu 👀 \u202eles deux. " * 600
    assert review(world.prosecutor, link, False, long).reasons == long.strip(), "stored as written"


@pytest.mark.django_db
def test_the_second_lock(opposed: Opposed):
    """Nobody who does not see both cases writes a review, nor reads one; nobody in another's name."""
    world, link = opposed.world, opposed.link()
    row = {"link": link, "opens": True, "reasons": "x"}
    for member, agency in (
        (opposed.services["victim", ""], opposed.services["victim", ""].agency),
        (world.prosecutor, world.officer.agency),
    ):
        with acting_as(member), pytest.raises(DatabaseError), transaction.atomic():
            done = CounterComplaintReview.objects.create(agency=agency, reviewed_by=world.officer.user, **row)
            done.refresh_from_db()
    train(world.prosecutor)
    review(world.prosecutor, link)
    for member in (opposed.services["victim", ""], opposed.services["", "perpetrator"], world.stranger):
        with acting_as(member):
            assert not CounterComplaintReview.objects.exists() and not CaseLink.objects.exists()


def _get(member: Membership, path: str):
    client = Client(headers={"accept-language": "en"})
    client.force_login(member.user)
    return client.get(path)


CLOSED = "Addresses are closed while opposing reports are reviewed"


@pytest.mark.django_db
def test_what_the_pages_say(opposed: Opposed):
    world = opposed.world
    summary = f"/cases/{opposed.one.pk}/"
    no_contact = make_member(make_agency(AgencyKind.FAMILY_PLANNING))
    open_to(world.officer, opposed.one, no_contact, grants=["identity:victim"])
    assert CLOSED not in _get(world.prosecutor, summary).content.decode()
    link = opposed.link()
    path = f"/opposing/{link.pk}/"
    for sides in (("victim", ""), ("neutral", ""), ("neutral", "neutral")):
        text = _get(opposed.services[sides], summary).content.decode()
        assert CLOSED in text and path not in text
        if "" in sides:
            assert opposed.other.reference not in text and str(opposed.other.pk) not in text
        assert _get(opposed.services[sides], path).status_code == 404
    for member in (no_contact, opposed.services["perpetrator", ""]):
        assert CLOSED not in _get(member, summary).content.decode(), "nothing of its was closed"
    for member in (world.prosecutor, world.officer, opposed.coordinator):
        assert path in _get(member, summary).content.decode()
        page = _get(member, path)
        assert page.status_code == 200 and opposed.other.reference in page.content.decode()
        assert "<textarea" not in page.content.decode(), "nobody here is trained"
    train(world.prosecutor)
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.prosecutor.user)
    assert "<textarea" in client.get(path).content.decode()
    refused = client.post(path, {"opens": "", "reasons": "Elle se défendait."})
    assert refused.status_code == 422 and "Elle se défendait." in refused.content.decode()
    assert client.post(path, {"opens": "perhaps", "reasons": "x\x00"}).status_code == 422
    assert client.post(path, {"opens": "no", "reasons": "Elle se défendait."}).status_code == 302
    assert "Elle se défendait." in client.get(path).content.decode()
    meanwhile = client.post(path, {"opens": "yes", "reasons": "x"})
    assert meanwhile.status_code == 422 and "has reviewed these reports meanwhile" in meanwhile.content.decode()
    assert "See the review" in client.get(summary).content.decode()
    with acting_as(world.prosecutor):
        links.end_link(by=world.prosecutor, case=opposed.one, link_id=link.pk)
        assert CaseLinkEnd.objects.count() == 1
    assert client.get(path).status_code == 404 and CLOSED not in client.get(summary).content.decode()


@pytest.mark.django_db
def test_his_side_learns_no_more_than_that_addresses_are_closed(opposed: Opposed):
    """Neither the timeline, the trail, the accesses nor the list of links name the other case."""
    opposed.link()
    his = opposed.services["perpetrator", ""]
    for page in ("", "people/", "timeline/", "trail/", "access/", "links/"):
        text = _get(his, f"/cases/{opposed.one.pk}/{page}").content.decode()
        assert opposed.other.reference not in text and str(opposed.other.pk) not in text, page
        assert "counter" not in text.lower().replace("encounter", ""), page
    with acting_as(his):
        assert not CaseEvent.objects.filter(code__startswith="counter").exists()


@pytest.mark.django_db
def test_sums_are_kept_in_the_context_that_reads_them(opposed: Opposed):
    """An agency that sees neither link nor the other case still loses what they close."""
    opposed.link()
    with system_context(SystemContext.GRANTS):
        assert CaseLink.objects.count() == 1
    assert HIM and opposed.contacts(opposed.services["victim", ""], opposed.one) == {HERS}
