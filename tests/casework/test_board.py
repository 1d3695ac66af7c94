"""The pages of the board: who finds what there, in which order, and what an old page does."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from audit.models import AuditEvent
from cases.access import for_case
from cases.models import Case
from casework import board, trail
from casework import tracking as acts
from casework.board_forms import DECIDED, OVERDUE, WAITING
from casework.restricting import exclude, restrict
from reports.models import ProsecutorDecision, TrackingAct
from sharing.links import link_cases
from sharing.models import Basis, WayIn
from sharing.services import decide as share
from tests.actors import as_
from tests.casework.test_tracking import alert, decide, order, sent
from tests.factories import make_agency, make_member

pytestmark = pytest.mark.django_db

BOARD = "casework:board"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def browser(member):
    """Of this person, who reads English."""
    client = as_(member)
    client.cookies["django_language"] = "en"
    return client


def page(member, tracking=None, **asked) -> str:
    address = reverse("casework:tracked", args=[tracking.pk]) if tracking else reverse(BOARD)
    response = browser(member).get(address, asked)
    assert response.status_code == 200
    return response.content.decode()


def listed(member, **asked) -> list:
    """The cases on the board, in its order."""
    return [line.tracking.case_id for line in browser(member).get(reverse(BOARD), asked).context["lines"]]


def post(member, tracking, act, **typed):
    address = reverse("casework:tracked", args=[tracking.pk])
    return browser(member).post(address, {"act": act} | {f"{act}-{name}": value for name, value in typed.items()})


def test_each_finds_their_own(world):
    complaint = sent(world)
    tracking, doctor, case = alert(world)
    assert set(listed(world.prosecutor)) == {complaint.case_id, case.pk}
    assert doctor.agency.short_name in page(world.prosecutor), "which services follow her is open to the office"
    assert listed(world.officer) == [complaint.case_id] and listed(world.other_officer) == []
    assert doctor.agency.short_name not in page(world.officer)
    for member in (world.officer, world.other_officer):
        assert as_(member).get(reverse("casework:tracked", args=[tracking.pk])).status_code == 404


def test_the_navigation_names_it_for_these_two_alone(world):
    def named(member) -> bool:
        return f'href="{reverse(BOARD)}"' in as_(member).get("/").content.decode()

    assert named(world.prosecutor) and named(world.officer) and named(world.reader)
    for member in (world.eva, world.shelter, world.programme, world.stranger, world.platform_admin):
        assert not named(member) and as_(member).get(reverse(BOARD)).status_code == 404
    for kind in (AgencyKind.COURT, AgencyKind.JUSTICE_HOUSE, AgencyKind.SAPV):
        assert as_(make_member(make_agency(kind))).get(reverse(BOARD)).status_code == 404, kind


def test_what_waits_is_shown_and_what_is_decided_on_demand(world):
    first, second = sent(world), sent(world)
    decide(world.prosecutor, first, "closed")
    with acting_as(world.prosecutor):
        found = {state: {each.pk for each in board.rows(world.prosecutor, state=state)} for state in (WAITING, DECIDED)}
        assert found == {WAITING: {second.pk}, DECIDED: {first.pk}}
        assert not board.rows(world.prosecutor, state=OVERDUE).exists()
        assert {each.pk for each in board.rows(world.prosecutor, kind="dispute")} == set()
        assert not board.rows(world.prosecutor, mine=True).exists()
    assert listed(world.prosecutor) == [second.case_id]
    assert listed(world.prosecutor, state=DECIDED) == [first.case_id]
    assert "Closed without further action" in page(world.prosecutor, state=DECIDED)
    assert listed(world.officer) == [second.case_id, first.case_id], "the police see all they sent"
    nothing = page(world.prosecutor, kind="dispute")
    assert "Nothing matches" in nothing
    assert page(world.prosecutor, state="x", kind="\x00", cursor="forged")


def test_a_page_costs_the_same_however_much_it_shows(world):
    def queries(member) -> int:
        with CaptureQueriesContext(connection) as caught:
            page(member)
        return len(caught)

    for _number in range(2):
        order(world.prosecutor, sent(world), "seizure")
    few = {member.pk: queries(member) for member in (world.prosecutor, world.officer)}
    few = {member.pk: queries(member) for member in (world.prosecutor, world.officer)}
    for number in range(3):
        tracking = sent(world, pv_number=f"BR.43.L1.00{number}/2026")
        order(world.prosecutor, tracking, "seizure")
    many = {member.pk: queries(member) for member in (world.prosecutor, world.officer)}
    assert many == few


def test_linked_cases_stand_together_and_alike_ones_are_proposed_with_reasons(world):
    one, other = sent(world), sent(world)
    proposed = page(world.prosecutor, one)
    assert other.case.reference in proposed and "ame couple?" in proposed
    assert reverse("casework:group_cases", args=[one.case_id]) in proposed
    assert "group/" not in page(world.officer, one), "the police do not decide it"
    with acting_as(world.prosecutor):
        link_cases(by=world.prosecutor, case=one.case, reference=other.case.reference, kind="same_couple")
    lines = browser(world.prosecutor).get(reverse(BOARD)).context["lines"]
    assert [[each["reference"] for each in line.linked] for line in lines] == [
        [other.case.reference], [one.case.reference],
    ]  # fmt: skip
    assert "ame couple?" not in page(world.prosecutor)


def test_reading_is_an_explicit_act(world):
    tracking = sent(world)
    assert "nobody has said that they read it" in page(world.prosecutor, tracking)
    with acting_as(world.prosecutor):
        assert not TrackingAct.objects.exists(), "opening the page writes nothing"
        assert AuditEvent.objects.filter(object_kind="reports.Tracking", object_id=tracking.pk).count() == 1
    assert "Opened by" in page(world.prosecutor, tracking)
    assert post(world.prosecutor, tracking, "read", request_key=str(uuid4())).status_code == 302
    after = page(world.officer, tracking)
    assert world.prosecutor.user.full_name in after and "Opened by" not in after
    assert post(world.officer, tracking, "read", request_key=str(uuid4())).status_code == 403
    assert post(world.prosecutor, tracking, "read").status_code == 422
    assert post(world.prosecutor, tracking, "pardon").status_code == 422


def test_an_old_page_is_told_who_decided_and_keeps_what_was_typed(world):
    colleague = make_member(world.prosecutor.agency, given_name="Ann", family_name="Peeters")
    tracking = sent(world)
    assert post(colleague, tracking, "decide", outcome="inquiry", reasons="Faits graves.", shown="").status_code == 302
    response = post(world.prosecutor, tracking, "decide", outcome="closed", reasons="Rien d’établi 🕊", shown="")
    told = response.content.decode()
    assert response.status_code == 409
    assert "Ann Peeters" in told and "Rien d’établi 🕊" in told
    with acting_as(world.prosecutor):
        (only,) = ProsecutorDecision.objects.all()
        assert only.outcome == "inquiry"
    again = response.context["forms"]["decide"]["shown"].value()
    assert again == str(only.pk)
    response = post(world.prosecutor, tracking, "decide", outcome="closed", reasons="Rien d’établi 🕊", shown=again)
    assert response.status_code == 302
    assert "replaced since" in page(world.officer, tracking)


@pytest.mark.parametrize(
    ("act", "typed"),
    [
        ("decide", {"outcome": "closed", "reasons": ""}),
        ("decide", {"outcome": "pardoned", "reasons": "x"}),
        ("decide", {"outcome": "closed", "reasons": "y" * 10_000}),
        ("decide", {"outcome": "closed", "reasons": "a\x00b"}),
        ("decide", {"outcome": "closed", "reasons": "x", "shown": "mine"}),
        ("order", {"step": "no_contact", "whom": "perpetrator", "on": "2027-03-02T10:00", "until": "2027-03-01T10:00"}),
        ("order", {"step": "no_contact", "whom": "perpetrator", "on": "soon"}),
        ("hearing", {"whom": "nobody"}),
        ("assign", {"unit": "x"}),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(world, act, typed):
    tracking = sent(world)
    response = post(world.prosecutor, tracking, act, request_key=str(uuid4()), **typed)
    assert response.status_code == 422
    form = response.context["forms"][act]
    assert form.errors and all(form[name].value() == value for name, value in typed.items())
    with acting_as(world.prosecutor):
        assert not TrackingAct.objects.exists() and not ProsecutorDecision.objects.exists()


def test_the_police_say_on_the_page_that_it_was_held(world):
    tracking = sent(world)
    asked = post(world.prosecutor, tracking, "hearing", whom="victim", on="", text="", request_key=str(uuid4()))
    assert asked.status_code == 302
    assert "Hold the hearing" in browser(world.officer).get("/").content.decode()
    assert "Make the appointment" in page(world.officer, tracking)
    unsaid = post(world.officer, tracking, "heard", on="2026-01-01T10:00", text="", request_key=str(uuid4()))
    assert unsaid.status_code == 422
    form = unsaid.context["forms"]["heard"]
    assert form.errors == {"whom": ["Say who was heard."]}
    assert [value for value, _label in form.fields["whom"].choices] == ["victim"]
    held = {"whom": "victim", "on": "2026-01-01T10:00", "text": "", "request_key": str(uuid4())}
    assert post(world.officer, tracking, "heard", **held).status_code == 302
    assert "Hold the hearing" not in browser(world.officer).get("/").content.decode()


def test_kept_out_of_the_case_kept_out_of_the_board(world):
    tracking = sent(world)
    colleague = make_member(world.officer.agency)
    with acting_as(world.police_manager):
        access = for_case(tracking.case, world.police_manager)
        exclude(
            by=world.police_manager, case=tracking.case, access=access, user_id=colleague.user_id, reason="son frère"
        )
    assert listed(colleague) == []
    assert as_(colleague).get(reverse("casework:tracked", args=[tracking.pk])).status_code == 404
    referent = world.police_referent
    with acting_as(referent):
        case = Case.objects.get(pk=tracking.case_id)
        restrict(by=referent, case=case, access=for_case(case, referent), named=(), reason="une collègue")
    named = make_member(world.officer.agency, Role.READER)
    assert as_(named).get(reverse("casework:tracked", args=[tracking.pk])).status_code == 404
    assert listed(named) == []


def test_the_trail_tells_nobody_else_of_the_steps_inside(world):
    tracking = sent(world)
    order(world.prosecutor, tracking, "no_contact")
    with acting_as(world.prosecutor):
        acts.mark_read(by=world.prosecutor, tracking_id=tracking.pk, request_key=uuid4())
    decide(world.prosecutor, tracking)
    page(world.prosecutor, tracking)
    house = make_member(make_agency(AgencyKind.JUSTICE_HOUSE, "Maison de justice"))
    with acting_as(world.officer):
        share(
            by=world.officer, case=tracking.case, recipient=house.agency, side="neutral", way_in=WayIn.COMPLAINT,
            basis=Basis.LEGAL_OBLIGATION, legal_text="Texte fictif", necessity="Pour agir.", grants=["judicial:case"],
        )  # fmt: skip

    def read_by(member) -> str:
        with acting_as(member), translation.override("en"):
            case = Case.objects.get(pk=tracking.case_id)
            access = for_case(case, member)
            return str(trail.lines(trail.page_of(case, access, member, None).items)).lower()

    with acting_as(house):
        assert trail.sees_all(for_case(tracking.case, house))
    words = ("prosecutor's office", "decision of the prosecutor")
    told = read_by(world.prosecutor)
    assert all(word in told for word in words), told
    assert not any(word in read_by(house) for word in words)
    assert "decision of the prosecutor" not in read_by(world.officer), "the police read it on the board"


def test_who_reads_the_reasons_of_an_alert_is_the_office_alone(world):
    assert "by the police that sent it" in page(world.prosecutor, sent(world))
    told, _doctor, _case = alert(world)
    assert "by the police that sent it" not in page(world.prosecutor, told)
    wrong = post(world.prosecutor, told, "decide", outcome="closed", reasons="", shown="")
    assert wrong.status_code == 422 and "by the police that sent it" not in wrong.content.decode()
