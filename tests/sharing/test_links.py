"""Links between cases: who says them, who sees them, and that they open nothing to anybody."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.http import Http404
from django.test import Client

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership
from cases.access import for_case
from cases.enums import ParticipationSide
from cases.models import Case, CaseExclusion
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from sharing import links
from sharing.models import Basis, CaseLink, CaseLinkEnd, WayIn
from sharing.services import decide
from tests.factories import World, make_agency, make_member, make_report
from tests.referrals_acts import accept, send


def open_to(by: Membership, case: Case, member: Membership, *, side: str = ParticipationSide.NEUTRAL) -> None:
    """The case opens to this agency by a text of law."""
    with acting_as(by):
        decide(
            by=by,
            case=case,
            recipient=member.agency,
            side=side,
            way_in=WayIn.COMPLAINT,
            basis=Basis.LEGAL_OBLIGATION,
            legal_text="Texte de loi, à confirmer",
            grants=["identity:victim"] if side != ParticipationSide.PERPETRATOR else ["identity:perpetrator"],
            contributes=True,
            necessity="Le dossier relève de ce service.",
        )


class Two:
    """Two cases of two zones, both open to the prosecutor; the coordinator sees both as well."""

    def __init__(self, world: World):
        self.world = world
        self.one = make_report(world.officer, j2_accepted="no").case
        self.other = make_report(world.other_officer, j2_accepted="no").case
        open_to(world.officer, self.one, world.prosecutor)
        open_to(world.other_officer, self.other, world.prosecutor)
        self.coordinator = make_member(make_agency(AgencyKind.COORDINATION), Role.COORDINATOR)
        open_to(world.officer, self.one, self.coordinator)
        open_to(world.other_officer, self.other, self.coordinator)

    def link(self, by: Membership | None = None, kind: str = "same_couple") -> CaseLink:
        by = by or self.world.prosecutor
        with acting_as(by):
            return links.link_cases(by=by, case=self.one, reference=self.other.reference, kind=kind)

    def seen_by(self, member: Membership, case: Case | None = None) -> list:
        with acting_as(member):
            return links.links_of(case or self.one, member)


@pytest.fixture
def two(world: World) -> Two:
    return Two(world)


def members(world: World) -> list[Membership]:
    return [value for value in vars(world).values() if isinstance(value, Membership)]


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["prosecutor", "coordinator"])
@pytest.mark.parametrize("kind", ["same_couple", "same_household", "counter_complaint", "same_person"])
def test_a_prosecutor_or_a_coordinator_links(two: Two, who, kind):
    by = two.coordinator if who == "coordinator" else two.world.prosecutor
    link = two.link(by, kind)
    assert (link.agency_id, link.made_by_id, link.kind) == (by.agency_id, by.user_id, kind)
    assert two.seen_by(by) == [(link, two.other)] and two.seen_by(by, two.other) == [(link, two.one)]
    assert two.link(by, kind) == link, "said twice"
    with acting_as(by):
        assert links.link_cases(by=by, case=two.other, reference=two.one.reference, kind=kind) == link, "the other way"


@pytest.mark.django_db
def test_only_who_sees_both_sees_it(two: Two):
    link = two.link()
    assert two.seen_by(two.coordinator) == [(link, two.other)]
    assert two.seen_by(two.world.officer) == [] == two.seen_by(two.world.other_officer, two.other)
    for member in (two.world.officer, two.world.other_officer, two.world.stranger, two.world.platform_admin):
        with acting_as(member), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sharing_caselink")
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT count(*) FROM audit_logentry WHERE object_pk = %s", [str(link.pk)])
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT count(*) FROM audit_auditevent WHERE object_id = %s", [link.pk])
            assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_no_trace_on_the_pages_of_who_sees_one(two: Two):
    two.link()
    client = Client()
    client.force_login(two.world.officer.user)
    for path in ("", "people/", "access/", "trail/", "links/"):
        text = client.get(f"/cases/{two.one.pk}/{path}").content.decode()
        assert two.other.reference not in text and str(two.other.pk) not in text, path
    assert 'id="links-title"' not in client.get(f"/cases/{two.one.pk}/people/").content.decode()
    client.force_login(two.world.prosecutor.user)
    assert two.other.reference in client.get(f"/cases/{two.one.pk}/people/").content.decode()


@pytest.mark.django_db
def test_access_never_becomes_the_union(two: Two):
    world = two.world
    everybody = [*members(world), two.coordinator]

    def accesses() -> list:
        found = []
        for member in everybody:
            with acting_as(member):
                found += [for_case(case, member) for case in (two.one, two.other)]
                found.append(sorted(Case.objects.visible_to(member).values_list("pk", flat=True)))
        return found

    with acting_as(world.officer):
        accept(world.shelter, send(world.officer, two.one, world.shelter))
    before = accesses()
    for kind in ("same_couple", "same_household", "counter_complaint", "same_person"):
        two.link(kind=kind)
    assert accesses() == before
    with acting_as(world.prosecutor):
        for link, _other in links.links_of(two.one, world.prosecutor):
            links.end_link(by=world.prosecutor, case=two.one, link_id=link.pk)
    assert accesses() == before


@pytest.mark.django_db
def test_not_for_who_works_with_him_in_one_and_with_her_in_the_other(two: Two):
    """The link would tell a service on his side which other case is hers."""
    world = two.world
    both = make_member(make_agency(AgencyKind.MENTAL_HEALTH))
    open_to(world.officer, two.one, both, side=ParticipationSide.PERPETRATOR)
    open_to(world.other_officer, two.other, both, side=ParticipationSide.VICTIM)
    two.link()
    assert two.seen_by(both) == []
    with acting_as(both):
        assert Case.objects.count() == 2 and not CaseLink.objects.exists()


@pytest.mark.django_db
def test_it_closes_with_the_case(two: Two):
    """An exclusion, or the end of the access to either case: the link is gone, not even a gap is left."""
    link = two.link()
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=two.other, user=two.coordinator.user)
    assert two.seen_by(two.coordinator) == []
    with acting_as(two.coordinator):
        assert not CaseLink.objects.exists()
    with system_context(SystemContext.GRANTS), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_casegroupobjectpermission SET expires_at = now() - interval '1 day'"
            " WHERE content_object_id = %s AND group_id = %s",
            [two.other.pk, two.world.prosecutor.agency.group_id],
        )
    assert two.seen_by(two.world.prosecutor) == []
    with acting_as(two.world.prosecutor), pytest.raises(Http404):
        links.end_link(by=two.world.prosecutor, case=two.one, link_id=link.pk)


@pytest.mark.django_db
def test_others_do_not_link(two: Two):
    world = two.world
    reader = make_member(world.prosecutor.agency, Role.READER)
    open_to(world.other_officer, two.other, world.officer)
    for member in (world.officer, reader):
        with acting_as(member), pytest.raises(Refused):
            links.link_cases(by=member, case=two.one, reference=two.other.reference, kind="same_couple")
    link = two.link()
    assert two.seen_by(world.officer) == [(link, two.other)], "the zone sees both: it sees the link"
    with acting_as(world.officer), pytest.raises(Refused):
        links.end_link(by=world.officer, case=two.one, link_id=link.pk)


@pytest.mark.django_db
def test_a_case_one_does_not_see_is_like_none(two: Two):
    third = make_report(two.world.officer, j2_accepted="no").case
    by = two.world.prosecutor
    words = set()
    for reference in (third.reference, "MOVE-2026-999999", "", "x\x00"):
        with acting_as(by), pytest.raises(RuleBroken) as broken:
            links.link_cases(by=by, case=two.one, reference=reference, kind="same_couple")
        assert set(broken.value.errors) == {"reference"}
        words.add(str(broken.value.errors["reference"]))
    assert len(words) == 1
    for reference, kind, fields in (
        (two.one.reference, "same_couple", {"reference"}),
        ("", "twins", {"reference", "kind"}),
    ):
        with acting_as(by), pytest.raises(RuleBroken) as broken:
            links.link_cases(by=by, case=two.one, reference=reference, kind=kind)
        assert set(broken.value.errors) == fields
    with acting_as(by):
        assert not CaseLink.objects.exists()


@pytest.mark.django_db
def test_a_link_ends_once(two: Two):
    link = two.link()
    with acting_as(two.coordinator):
        links.end_link(by=two.coordinator, case=two.other, link_id=link.pk)
        with pytest.raises(Http404):
            links.end_link(by=two.coordinator, case=two.other, link_id=link.pk)
        assert CaseLinkEnd.objects.get().agency_id == two.coordinator.agency_id
    assert two.seen_by(two.world.prosecutor) == []
    assert two.link() != link, "and is said again by another row"


@pytest.mark.django_db
def test_the_pages(two: Two):
    world = two.world
    client = Client()
    client.force_login(world.prosecutor.user)
    path = f"/cases/{two.one.pk}/links/"
    assert client.get(path).status_code == 200
    refused = client.post(path, {"reference": "MOVE-2026-999999", "kind": "same_couple"})
    assert refused.status_code == 422 and 'value="MOVE-2026-999999"' in refused.content.decode()
    assert client.post(path, {"reference": "x\x00", "kind": "x"}).status_code == 422
    made = client.post(path, {"reference": two.other.reference.lower(), "kind": "counter_complaint"})
    assert made.status_code == 302 and made.url == path
    page = client.get(path).content.decode()
    with acting_as(world.prosecutor):
        link = CaseLink.objects.get()
    assert two.other.reference in page and f"{path}{link.pk}/end/" in page
    assert client.get(f"{path}{link.pk}/end/").status_code == 302
    client.force_login(world.officer.user)
    assert client.post(path, {"reference": two.other.reference, "kind": "same_couple"}).status_code == 403
    assert client.post(f"{path}{link.pk}/end/").status_code == 404
    client.force_login(world.stranger.user)
    assert client.get(path).status_code == client.post(path).status_code == 404
    client.force_login(world.prosecutor.user)
    assert client.post(f"{path}{link.pk}/end/").status_code == 302
    assert two.other.reference not in client.get(path).content.decode()


@pytest.mark.django_db
def test_nobody_writes_a_link_by_hand(two: Two):
    """The second lock: a link needs both cases in sight, in one's own name."""
    world = two.world
    for member, agency in ((world.officer, world.officer.agency), (world.prosecutor, world.officer.agency)):
        with acting_as(member), pytest.raises(DatabaseError), transaction.atomic():
            CaseLink.objects.create(
                first=two.one, second=two.other, kind="same_couple", agency=agency, made_by=member.user
            )
    link = two.link()
    with acting_as(world.officer), pytest.raises(DatabaseError), transaction.atomic():
        CaseLinkEnd.objects.create(link=link, agency=world.officer.agency, ended_by=world.officer.user)
    with acting_as(world.prosecutor):
        end = links.end_link(by=world.prosecutor, case=two.one, link_id=link.pk)
    for row in (end, link):
        for act in (row.delete, row.save):
            with acting_as(world.prosecutor), pytest.raises((DatabaseError, ProtectedError)), transaction.atomic():
                act()
