"""Nonsense and mismatched addresses get an answer, never a crash, and change nothing."""

import json
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import for_case
from cases.models import Case, CasePerson, ContactPoint
from cases.services import check
from common.errors import RuleBroken
from common.uploads import Received
from followups.models import FollowUp
from notifications.models import Notice
from reports.files import add_file
from reports.services import start_draft
from riskassessment import services as assessments
from riskassessment.models import Assessment
from sharing.models import Consent, SharingDecision, WayIn
from tests.factories import World, make_report
from tests.ground.test_consistency import ours, routes
from tests.referrals_acts import send
from tests.test_permissions import Story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unlogged")]

GARBAGE = [
    "",
    "\x00",
    "a\x00b",
    "é" * 30_000,
    "9" * 4_000,
    "-1",
    "1e999",
    "NaN",
    "0001-01-01",
    "9999-12-31T23:59",
    "2026-02-30T25:61",
    "' OR 1=1 --",
    "%(x)s {0} {{ y }} %s",
    "../../etc/passwd",
    "https://elsewhere.example/",
    "[]",
    '{"a": [{}]}',
    "\u202e\ufffe\U0001f600",
    "[](javascript:alert(1))<script>",
    str(uuid4()),
]


def story(world: World) -> dict[str, object]:
    """A case with one of everything an address names."""
    report = make_report(world.officer, kind="police_complaint")
    case = report.case
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        grid = assessments.start(
            by=world.officer,
            case=case,
            access=access,
            grid_slug="police-demonstration",
            report=report,
            presence="alone",
        )
        found = {
            "case_id": case.pk,
            "report_id": report.pk,
            "assessment_id": grid.pk,
            "draft_id": start_draft(by=world.officer, kind="police_dispute_report").pk,
            "case_person_id": CasePerson.objects.get(case=case, role="victim").pk,
            "point_id": ContactPoint.objects.get(case=case).pk,
            "decision_id": SharingDecision.objects.get(case=case, way_in=WayIn.J2_CONTACT).pk,
            "consent_id": Consent.objects.get(case=case).pk,
            "file_id": add_file(
                by=world.officer,
                case=case,
                access=access,
                sent=Received("a.txt", b"-"),
                category="facts",
                side="case",
            ).pk,
            "number": 1,
            "follow_up_id": FollowUp.objects.get(case=case, kind="j2_contact").pk,
        }
    found["referral_id"] = send(world.officer, case, world.shelter).pk
    with acting_as(world.shelter):
        found["notice_id"] = Notice.objects.filter(recipient=world.shelter.user).latest("created_at").pk
    return found | {
        "agency_id": world.shelter.agency_id,
        "member_id": world.shelter.pk,
        "invitation_id": uuid4(),
        "token": "nothing",
    }


def everything(story: Story) -> dict[str, object]:
    """A case with one of everything an address names, as the table of answers tells it."""
    return story.names | {"user_id": story.world.reader.user_id}


def addresses(names: dict[str, object], *, with_: str = "") -> list[str]:
    """Every address of ours, filled in; those that name `with_` only, when given."""
    found = []
    for route, callback in routes():
        wanted = re.findall(r"<\w+:(\w+)>", route)
        if (ours(callback) or hasattr(callback, "cls")) and with_ in ("", *wanted) and not route.startswith("health"):
            filled = route
            for name in wanted:
                filled = re.sub(rf"<\w+:{name}>", str(names.get(name) or uuid4()), filled)
            found.append("/" + filled)
    return found


def signed_in(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


# --- a child under the wrong parent ---------------------------------------------------------------------------
CHILDREN = ["report_id", "file_id", "assessment_id", "case_person_id", "point_id", "decision_id", "consent_id"]


@pytest.mark.parametrize("child", CHILDREN)
def test_a_child_is_looked_up_through_its_parent(world, child):
    """Both cases are the officer's own; the address still has to be true."""
    one, other = story(world), story(world)
    client = signed_in(world.officer)
    asked = addresses(one | {"case_id": other["case_id"]}, with_=child)
    assert asked
    for address in asked:
        answers = {
            client.get(address).status_code,
            client.post(address, {"version": "0"}).status_code,
            client.put(address, {"version": 0, "answers": {}}, content_type="application/json").status_code,
        }
        assert answers <= {404, 405} and 404 in answers, address


@pytest.mark.parametrize("child", CHILDREN)
def test_a_visible_case_is_no_key_to_a_child_of_another(world, child):
    """The other zone puts the identifiers of zone A's records under a case of its own."""
    theirs, own = story(world), make_report(world.other_officer).case
    client = signed_in(world.other_officer)
    for address in addresses(theirs | {"case_id": own.pk}, with_=child):
        answers = {
            client.get(address).status_code,
            client.post(address, {"version": "0"}).status_code,
            client.put(address, {"version": 0, "answers": {}}, content_type="application/json").status_code,
        }
        assert answers <= {404, 405} and 404 in answers, address


def test_a_stranger_learns_nothing_from_any_address(whole_story):
    """With every identifier in hand: the same answer as for identifiers that do not exist."""
    names, world = everything(whole_story), whole_story.world
    plain = ("token", "number", "way_in", "kind", "uidb36", "key")
    nothing = {name: value if name in plain else uuid4() for name, value in names.items()}
    client = signed_in(world.stranger)
    children = (
        "case_id", "draft_id", "follow_up_id", "referral_id", "notice_id", "member_id", "request_id", "incident_id",
        "emergency_id", "match_id", "rectification_id", "authorisation_id",
    )  # fmt: skip
    for child in children:
        for true, false in zip(addresses(names, with_=child), addresses(nothing, with_=child), strict=True):
            for method in ("get", "post"):
                answer, other = getattr(client, method)(true), getattr(client, method)(false)
                assert answer.status_code == other.status_code, (method, true)
                # a redirection says nothing either: nothing was looked up
                assert answer.status_code in (302, 403, 404, 405), (method, true)


# --- nonsense -------------------------------------------------------------------------------------------------
def names_of_fields(client: Client, pages: list[str]) -> list[str]:
    """Every name a form of ours sends, read off the pages."""
    found = {"next", "q", "cursor", "resume", "version", "membership", "since", "child", "request_key", "kind", "level"}
    for page in pages:
        answer = client.get(page)
        if answer.status_code == 200 and "html" in answer["Content-Type"]:
            found |= set(re.findall(r'\bname="([^"]+)"', answer.text))
    return sorted(found - {"csrfmiddlewaretoken", "viewport"})


def send_nonsense(member: Membership, names: dict[str, object], step: int) -> None:
    """Each field of each form gets another nonsense, `len(GARBAGE) / step` times, in the address and in the body."""
    client = signed_in(member)
    pages = addresses(names)
    fields = names_of_fields(client, pages)
    assert len(fields) > 15
    for shift in range(0, len(GARBAGE), step):
        typed = {name: GARBAGE[(shift + number) % len(GARBAGE)] for number, name in enumerate(fields)}
        for page in pages:
            query = {name: value[:500] for name, value in typed.items()}
            assert client.get(page, query).status_code < 500, (page, shift)
            assert client.post(page, typed).status_code < 500, (page, shift)


@pytest.mark.long
@pytest.mark.parametrize(("who", "step"), [("officer", 4), ("shelter", 10), ("platform_admin", 10), ("stranger", 10)])
def test_no_page_crashes_on_nonsense(whole_story, who, step):
    send_nonsense(getattr(whole_story.world, who), everything(whole_story), step=step)


ELSEWHERE = ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"]


def test_no_page_redirects_elsewhere(world, client):
    for address in (reverse("account_login"), reverse("choose_acting"), reverse("account_logout")):
        for target in (
            "https://elsewhere.example/",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "javascript:alert(1)",
        ):
            signed = signed_in(world.officer)
            for answer in (
                signed.get(address, {"next": target}),
                signed.post(f"{address}?next={target}", {"next": target, "membership": str(world.officer.pk)}),
            ):
                assert "elsewhere" not in answer.get("Location", "") and "javascript" not in answer.get("Location", "")


BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"1",
    b'"x"',
    b"\xff\xfe",
    b'{"a":' * 500 + b"1" + b"}" * 500,
    b"[" * 5000,
    b'{"kind": null}',
    b'{"kind": {"$ne": 1}, "data": []}',
    b'{"kind": "police_complaint", "data": {"met_at": 1e400}}',
    b'{"met_at": "\\u0000", "children": [null, 1, {"x": "\\ud800"}]}',
]


@pytest.mark.parametrize("body", BODIES)
def test_the_api_answers_400(world, body):
    client = signed_in(world.officer)
    before = Case.objects.count()
    for address in addresses(dict.fromkeys(story(world), uuid4())):
        if address.startswith("/api/"):
            answer = client.post(address, body, content_type="application/json")
            assert 400 <= answer.status_code < 500, (address, answer.status_code)
            assert answer.status_code in (404, 405) or json.loads(answer.content), address
    assert Case.objects.count() == before


def test_a_nul_is_said_by_its_field(world):
    """PostgreSQL's text cannot hold it: any record says so before asking the database anything."""
    names = story(world)
    client = signed_in(world.officer)
    address = reverse("sharing:revoke", args=[names["case_id"], names["decision_id"]])
    assert client.post(address, {"reason": "a\x00b"}).status_code == 422
    with acting_as(world.officer), pytest.raises(RuleBroken) as broken:
        check(CasePerson.objects.model(case_id=names["case_id"], role="child", relationship="\x00"))
    assert list(broken.value.errors) == ["relationship"]


def test_a_nul_in_a_code_is_no_accident(world):
    """Where no form reads it: what was sent is said not to be readable, and nothing is saved."""
    case = make_report(world.officer).case
    client = signed_in(world.officer)
    before = Assessment.objects.count()
    answer = client.post(reverse("riskassessment:start", args=[case.pk]), {"grid": "a\x00b"})
    assert answer.status_code == 400 and "text/html" in answer["Content-Type"]
    assert client.get(reverse("agencies:handout", args=["card"]), {"language": "\x00"}).status_code == 200
    assert Assessment.objects.count() == before


ODD = ["/%00", "/cases/%ff/", "/cases/not-a-uuid/", "//", f"/cases/{'x' * 5000}", "/?%ff=%00", f"/cases/?{'a=&' * 50}"]


@pytest.mark.parametrize("who", [None, "officer"])
def test_odd_requests(world, who):
    """Addresses, headers, cookies and encodings nobody means."""
    client = signed_in(getattr(world, who)) if who else Client()
    for address in ODD:
        assert client.get(address).status_code < 500, address
    assert client.get("/", HTTP_ACCEPT_LANGUAGE="\x00,xx-" + "y" * 5000).status_code < 500
    assert client.get("/", HTTP_HOST="bad host").status_code == 400
    for body, kind in [
        (b"\xff\xfe\x00", "multipart/form-data; boundary=x"),
        (b"\xff\xfe\x00", "multipart/form-data"),
        (b"q=%ff%00", "application/x-www-form-urlencoded"),
        (b"q=x", "application/json"),
    ]:
        assert client.post("/cases/search/", body, content_type=kind).status_code < 500, kind
    client.cookies["sessionid"] = "\x7f" * 100
    assert client.get("/").status_code < 500
