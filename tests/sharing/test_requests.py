"""Information asked of another service: owed, reminded, granted or refused; and what was said aloud."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.access import for_case, get_case, write_names
from cases.models import CaseExclusion
from casework.requesting import ask_for_information, grant_request, refuse_request, withdraw_request
from casework.restricting import restrict
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken
from followups.models import FollowUp
from notifications.models import Notice
from sharing import oral
from sharing.models import InformationRequest, OralDisclosure, SharingDecision
from sharing.request_forms import AskForm
from sharing.requests import Asked, agencies_to_ask, pairs_to_ask
from sharing.services import decide
from tests import actors
from tests.actors import as_
from tests.cases.helpers import bring_in
from tests.factories import make_member, make_report
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    """A case where the shelter takes part, with who she is and how to reach her."""
    found = make_report(world.officer).case
    accept(world.shelter, send(world.officer, found, world.shelter))
    return found


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def asked(to, *grants: str, **changes) -> Asked:
    typed = {"purpose": "Préparer sa sécurité à l'arrivée.", "due_at": now() + timedelta(days=2)} | changes
    return Asked(to_agency_id=to.agency_id, grants=grants or ("children:victim",), **typed)


def ask(world, case, *grants: str, by=None, key=None, **changes) -> InformationRequest:
    by = by or world.shelter
    with acting_as(by):
        return ask_for_information(
            by=by, case_id=case.pk, asked=asked(world.officer, *grants, **changes), request_key=key or uuid4()
        )


def share(world, case, *grants: str) -> SharingDecision:
    return decide(
        by=world.officer, case=case, recipient=world.shelter.agency, side="victim", way_in="request",
        basis="grave_danger", grants=list(grants), necessity="x", timeliness="x", security="x", reach="external",
        particulars={"danger": "Il rôde.", "help": "Protéger les enfants."},
    )  # fmt: skip


def test_what_is_asked_is_owed_and_told(world, case):
    request = ask(world, case, "children:victim", "level:case")
    with acting_as(world.officer):
        owed = FollowUp.objects.get(kind="request_answer")
        assert (owed.agency_id, owed.due_at, owed.settled_at) == (world.officer.agency_id, request.due_at, None)
        assert Notice.objects.filter(recipient=world.officer.user, kind="information_requested").count() == 1


def test_sent_twice_is_one(world, case):
    key = uuid4()
    assert ask(world, case, key=key) == ask(world, case, key=key)
    with acting_as(world.shelter):
        assert InformationRequest.objects.count() == 1 == FollowUp.objects.filter(kind="request_answer").count()


@pytest.mark.parametrize(
    ("grants", "changes", "field"),
    [
        (("identity:victim",), {}, "grants"),  # it sees that already
        (("network:victim",), {}, "grants"),
        (("nonsense:victim",), {}, "grants"),
        (("children:victim",), {"purpose": "  "}, "purpose"),
        (("children:victim",), {"purpose": "x" * 10_000}, "purpose"),
        (("children:victim",), {"due_at": None}, "due_at"),
        (("children:victim",), {"due_at": now() - timedelta(days=1)}, "due_at"),
        (("children:victim",), {"due_at": now() + timedelta(days=400)}, "due_at"),
    ],
)
def test_what_cannot_be_asked(world, case, grants, changes, field):
    with pytest.raises(RuleBroken) as broken:
        ask(world, case, *grants, **changes)
    assert set(broken.value.errors) == {field}
    with acting_as(world.shelter):
        assert not InformationRequest.objects.exists()


def test_only_a_service_of_the_case_is_asked(world, case):
    with acting_as(world.shelter), pytest.raises(RuleBroken) as broken:
        ask_for_information(by=world.shelter, case_id=case.pk, asked=asked(world.stranger), request_key=uuid4())
    assert set(broken.value.errors) == {"to_agency"}


def test_his_side_asks_for_nothing_it_is_always_refused_and_of_nobody_it_may_not_know(world, case):
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        pairs = {f"{category}:{side}" for category, side in pairs_to_ask(access)}
        assert not pairs & {"contact:victim", "contact:case", "network:victim"}
        assert world.shelter.agency not in agencies_to_ask(access)


def test_a_service_of_hers_asks_none_that_works_with_him(world, case):
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    with acting_as(world.shelter):
        offered = agencies_to_ask(for_case(case, world.shelter))
        assert world.officer.agency in offered and world.programme.agency not in offered
    with pytest.raises(RuleBroken) as broken, acting_as(world.shelter):
        ask_for_information(
            by=world.shelter, case_id=case.pk, asked=asked(world.programme, "perpetrator_work:perpetrator"),
            request_key=uuid4(),
        )  # fmt: skip
    assert set(broken.value.errors) == {"to_agency"}
    with acting_as(world.officer):
        assert world.programme.agency in agencies_to_ask(for_case(case, world.officer)), "the police may"


def test_granted_in_part_or_whole(world, case):
    for grants, state in ((["children:victim"], "partly"), (["children:victim", "psychosocial:victim"], "granted")):
        wanted = ["children:victim", "psychosocial:victim"]
        with acting_as(world.shelter):
            wanted = [item for item in wanted if not for_case(case, world.shelter).can(*item.split(":"))]
        request = ask(world, case, *wanted)
        with acting_as(world.officer):
            grant_request(world.officer, request.pk, share(world, case, *grants))
        with acting_as(world.shelter):
            request.refresh_from_db()
            assert request.state == state
            assert for_case(case, world.shelter).can("children", "victim")
            assert Notice.objects.filter(recipient=world.shelter.user, kind="information_answered").exists()
        with acting_as(world.officer):
            assert FollowUp.objects.get(source_id=request.pk).outcome == state


def test_a_decision_for_something_else_answers_nothing(world, case):
    request, other = ask(world, case), make_report(world.officer).case
    with acting_as(world.officer):
        for decision in (share(world, other, "children:victim"), share(world, case, "identity:victim")):
            with pytest.raises(RuleBroken, match="opens nothing of what"):
                grant_request(world.officer, request.pk, decision)


def test_granted_through_the_pages(world, case, client):
    request = ask(world, case, "children:victim", "level:case")
    client.force_login(world.officer.user)
    page = client.get(reverse("casework:request", args=[request.pk]))
    start = client.get(page.context["grant_url"])
    assert start.status_code == 200 and str(request.pk) in start.content.decode()
    form = client.get(f"{page.context['grant_url']}&basis=grave_danger").context["form"]
    assert form.initial["grants"] == ["children:victim"], "the level is of judicial origin"
    assert form.initial["necessity"] == "Préparer sa sécurité à l'arrivée."
    typed = {name: value for name, value in form.initial.items() if value not in (None, "")} | {
        "timeliness": "Elle arrive demain.", "security": "Ici seulement.", "danger": "Il rôde.", "help": "Accueillir.",
    }  # fmt: skip
    address = reverse("sharing:new_decision", args=[case.pk])
    preview = client.post(address, typed)
    assert preview.status_code == 200, preview.context["form"].errors
    done = client.post(address, {"token": preview.context["token"], "decide": "1"})
    assert done.status_code == 302
    with acting_as(world.shelter):
        request.refresh_from_db()
        assert (request.state, request.granted) == ("partly", ["children:victim"])
        assert SharingDecision.objects.filter(source_id=request.pk, way_in="request").count() == 1
    with acting_as(world.officer):
        assert FollowUp.objects.get(source_id=request.pk).outcome == "partly"


def test_the_form_shows_first_what_is_commonly_recorded(world, case):
    with acting_as(world.shelter):
        pairs = AskForm(agencies=[], pairs=pairs_to_ask(for_case(case, world.shelter))).pairs()
    usual = {option.data["value"] for option in pairs["usual"]}
    assert {"level:case", "facts:case", "health:victim", "perpetrator_work:perpetrator"} <= usual
    assert not usual & {"level:victim", "children:perpetrator", "health:case"}
    assert pairs["other"] and not pairs["open"]
    ticked = AskForm({"grants": ["health:case"]}, agencies=[], pairs=[("health", "case")]).pairs()
    assert [option.data["value"] for option in ticked["open"]] == ["health:case"]


def test_the_page_says_whose_turn_it_is(world, case, client):
    request = ask(world, case, "children:victim")
    for member, words, other in (
        (world.shelter, f"waiting for {world.officer.agency.short_name}", "your service's turn"),
        (world.officer, "your service's turn", "waiting for"),
    ):
        client.force_login(member.user)
        for page in (reverse("casework:request", args=[request.pk]), reverse("sharing:case_access", args=[case.pk])):
            shown = client.get(page, headers={"accept-language": "en"}).content.decode()
            assert words in shown and other not in shown


def test_refused_with_a_reason_then_it_is_over(world, case):
    request = ask(world, case)
    with acting_as(world.officer):
        with pytest.raises(RuleBroken) as broken:
            refuse_request(by=world.officer, request_id=request.pk, reason="")
        assert set(broken.value.errors) == {"refusal_reason"}
        refuse_request(by=world.officer, request_id=request.pk, reason="not_needed", note="Voir l'école.")
        with pytest.raises(RuleBroken, match="already refused"):
            refuse_request(by=world.officer, request_id=request.pk, reason="unsafe")
    with acting_as(world.shelter), pytest.raises(RuleBroken, match="already refused"):
        withdraw_request(by=world.shelter, request_id=request.pk)
    with acting_as(world.officer):
        assert FollowUp.objects.get(source_id=request.pk).settled_at


def test_each_does_its_own_act_only(world, case):
    request = ask(world, case)
    with acting_as(world.shelter), pytest.raises(Refused):
        refuse_request(by=world.shelter, request_id=request.pk, reason="unsafe")
    with acting_as(world.officer), pytest.raises(Refused):
        withdraw_request(by=world.officer, request_id=request.pk)
    with acting_as(world.reader), pytest.raises(Refused):
        refuse_request(by=world.reader, request_id=request.pk, reason="unsafe")


def test_the_excluded_and_strangers_see_no_request(world, case, client):
    request = ask(world, case)
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=world.police_manager.user)
    for member in (world.police_manager, world.stranger, world.eva):
        client.force_login(member.user)
        assert client.get(reverse("casework:request", args=[request.pk])).status_code == 404
        with acting_as(member):
            assert not InformationRequest.objects.exists()


def test_pages_of_a_request(world, case, client):
    client.force_login(world.shelter.user)
    address = reverse("casework:ask_information", args=[case.pk])
    page = client.get(address)
    assert page.status_code == 200
    assert client.post(address, {"request_key": uuid4()}).status_code == 422
    typed = {
        "to_agency": world.officer.agency_id,
        "grants": ["children:victim"],
        "purpose": "Accueillir aussi les enfants.",
        "due_on": (now() + timedelta(days=1)).date().isoformat(),
        "request_key": uuid4(),
    }
    sent = client.post(address, typed, follow=True)
    assert sent.status_code == 200 and "Accueillir aussi les enfants." in sent.content.decode()
    with acting_as(world.shelter):
        request = InformationRequest.objects.get()
    client.force_login(world.officer.user)
    page = client.get(reverse("casework:request", args=[request.pk]))
    assert page.context["may_answer"] and "Accueillir aussi les enfants." in page.content.decode()
    refusal = {"refusal_reason": "unsafe", "note": "Appelez-nous."}
    assert client.post(reverse("casework:refuse_request", args=[request.pk]), {}).status_code == 422
    assert client.post(reverse("casework:refuse_request", args=[request.pk]), refusal).status_code == 302
    tab = client.get(reverse("sharing:case_access", args=[case.pk]))
    assert reverse("casework:request", args=[request.pk]) in tab.content.decode()


# --- said aloud -----------------------------------------------------------------------------------------------
def say(world, case, by=None, **changes) -> OralDisclosure:
    by = by or world.officer
    given = {
        "to_agency": None, "to_whom": "Médecin de garde", "grants": ["children:victim"], "basis": "grave_danger",
        "said_at": now(), "key": uuid4(),
    } | changes  # fmt: skip
    with acting_as(by):
        return oral.record_oral(by=by, case=case, access=for_case(case, by), **given)


def test_said_aloud_opens_nothing(world, case):
    with acting_as(world.shelter):
        before = for_case(case, world.shelter).grants
    said = say(world, case, to_agency=world.shelter.agency, to_whom="")
    with acting_as(world.shelter):
        assert for_case(case, world.shelter).grants == before
        assert list(oral.known_to(for_case(case, world.shelter))) == [said]
    with acting_as(world.eva):
        assert not OralDisclosure.objects.exists(), "between two services, for them alone"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"to_whom": " "}, "to_whom"),
        ({"to_whom": "x" * 10_000}, "to_whom"),
        ({"grants": []}, "grants"),
        ({"grants": ["health:victim"]}, "grants"),  # the police does not see it
        ({"basis": "own_record"}, "basis"),
        ({"basis": ""}, "basis"),
        ({"said_at": None}, "said_at"),
        ({"said_at": now() + timedelta(days=1)}, "said_at"),
    ],
)
def test_what_cannot_be_written_down(world, case, changes, field):
    with pytest.raises(RuleBroken) as broken:
        say(world, case, **changes)
    assert set(broken.value.errors) == {field}


def test_said_twice_is_one_and_a_reader_writes_none(world, case):
    key = uuid4()
    assert say(world, case, key=key) == say(world, case, key=key)
    with pytest.raises(Refused):
        say(world, case, by=world.reader)


def test_what_his_side_should_never_learn_is_an_incident(world, case, client):
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    client.force_login(world.officer.user)
    typed = {
        "to_agency": world.programme.agency_id, "grants": ["contact:victim"], "basis": "grave_danger",
        "said_at": now().strftime("%Y-%m-%dT%H:%M"), "key": uuid4(),
    }  # fmt: skip
    page = client.post(reverse("sharing:said", args=[case.pk]), typed, follow=True)
    assert any(message.level_tag == "warning" for message in page.context["messages"])
    with acting_as(world.programme):
        assert not for_case(case, world.programme).can("contact", "victim")


def test_his_side_reads_what_it_heard_and_not_which_service_of_hers_spoke(world, case):
    """Whoever of his programme opens the case later: page, rows, trail and API."""
    his = actors.all_of_his_side(world, case)
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    given = {
        "to_whom": "Paul, reçu à la Maison du Tilleul", "grants": ["identity:victim"],
        "necessity": "Leïla Amrani l'accompagne.",
    }  # fmt: skip
    for by in (world.shelter, world.eva):
        for to in (his, world.programme):
            say(world, case, by=by, to_agency=to.agency, **given)
    names = [member.agency.short_name for member in (world.shelter, world.eva)] + ["Amrani", "Tilleul"]
    for member in (his, make_member(his.agency), make_member(his.agency, "reader"), world.programme):
        with acting_as(member):
            access = for_case(case, member)
            assert not OralDisclosure.objects.exists(), "a filter forgotten in Python shows no such row"
            assert not oral.known_to(access).exists()
            heard = oral.said_in(access, most=10)
            assert len(heard) == 2 and {each.speaker for each in heard} == {""}
            assert {each.necessity for each in heard} == {""} and heard[0].grants == ("identity:victim",)
        browser = as_(member)
        page = browser.get(reverse("sharing:case_access", args=[case.pk])).content.decode()
        assert page.count("Un service qui participe") == 2 and [name for name in names if name in page] == []
        for path in (
            reverse("casework:trail", args=[case.pk]),
            f"/api/v1/cases/{case.pk}/",
            reverse("cases:summary", args=[case.pk]),
        ):
            said = browser.get(path, headers={"accept-language": "en"}).content.decode()
            assert [name for name in names if name in said] == [], path
    with acting_as(world.shelter):
        assert {each.speaker for each in oral.said_in(for_case(case, world.shelter), most=10)} == {names[0]}


def test_his_side_reads_who_spoke_where_it_works_with_both_or_with_him(world, case):
    his = actors.all_of_his_side(world, case)
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    for by in (world.officer, his):
        say(world, case, by=by, to_agency=world.programme.agency, grants=["identity:perpetrator"], necessity="Mandat.")
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        assert OralDisclosure.objects.count() == oral.known_to(access).count() == 2
        heard = oral.said_in(access, most=10)
    assert {each.speaker for each in heard} == {world.officer.agency.short_name, his.agency.short_name}
    assert {each.necessity for each in heard} == {"Mandat."}


def test_a_service_of_neither_that_works_with_her_in_this_case_is_hers(world, case):
    """The usual side says nothing of it: the decision does. Nobody learns it by asking the question about others."""
    bring_in(case, world.officer, world.programme, ["identity:perpetrator"], side="perpetrator")
    bring_in(case, world.officer, world.stranger, ["identity:victim"], side="victim")
    said = say(world, case, by=world.stranger, to_agency=world.programme.agency, grants=["identity:victim"])
    for member, answer in ((world.programme, True), (world.officer, False), (world.eva, False)):
        with acting_as(member), connection.cursor() as cursor:
            cursor.execute("SELECT sharing_heard_from_hers(%s)", [said.pk])
            assert cursor.fetchone() == (answer,), "answered about rows told to the acting agency alone"
    with acting_as(world.programme):
        assert [each.speaker for each in oral.said_in(for_case(case, world.programme), most=10)] == [""]
        assert not OralDisclosure.objects.exists()


def test_who_is_not_named_in_a_restricted_case_reads_no_request_of_it(world, case):
    """In Python and in the second lock alike."""
    ask(world, case)
    colleague = make_member(world.shelter.agency)
    with acting_as(colleague):
        assert InformationRequest.objects.count() == 1
    with acting_as(world.police_referent):
        found, access = get_case(case.pk, world.police_referent)
        restrict(by=world.police_referent, case=found, access=access, named=(), reason="a colleague")
    with system_context(SystemContext.GRANTS):
        write_names(case_id=case.pk, named=[world.police_referent.user_id, world.shelter.user_id])
    with acting_as(colleague):
        assert not InformationRequest.objects.exists()
    with acting_as(world.shelter):
        assert InformationRequest.objects.count() == 1
