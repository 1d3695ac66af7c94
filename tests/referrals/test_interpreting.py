"""An interpreter asked, proposed with a declaration, confirmed or refused; the service reads nothing of the case."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import translation

from agencies import interpreters
from agencies.acting import acting_as
from agencies.enums import AgencyKind
from cases.access import for_case
from cases.models import CaseEvent, CaseExclusion, CasePerson
from common.acting import SystemContext, system_context
from common.clock import local, now, travel
from common.errors import Refused, RuleBroken
from common.templatetags.ui import local_time
from followups import tasks
from notifications.models import Notice
from referrals import interpreting
from referrals.models import InterpreterException, InterpreterProposal, InterpreterRequest
from tests.cases.appointment_acts import make as make_appointment
from tests.factories import make_agency, make_member
from tests.referrals_acts import accept, make_case, person, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def mots(world):
    """The interpreter service, by its manager."""
    return make_member(make_agency(AgencyKind.INTERPRETER_SERVICE, "Passe-Mots"), "manager")


@pytest.fixture
def case(world):
    return make_case(world.officer)


def somebody(mots, name="A. Interprète", **changes):
    values = {
        "name": name, "languages": ["ar"], "channels": ["on_site", "phone"], "certified": True, "trained": True,
        "mediator": False,
    }  # fmt: skip
    with acting_as(mots):
        return interpreters.add(by=mots, values=values | changes, key=uuid4())


def asked(case, mots, **changes) -> interpreting.Asked:
    values = {
        "subject_id": person(case).pk,
        "to_agency_id": mots.agency_id,
        "language": "ar",
        "channel": "on_site",
        "at": now() + timedelta(days=2),
        "minutes": 90,
        "postal_code": "1210",
        "note": "Une audition, vocabulaire médical.",
    }
    return interpreting.Asked(**values | changes)


def ask(by, case, mots, key=None, **changes) -> InterpreterRequest:
    with acting_as(by):
        wanted = asked(case, mots, **changes)
        access = for_case(case, by)
        return interpreting.ask(by=by, case=case, access=access, asked=wanted, request_key=key or uuid4())


def propose(mots, request, who, *, community=False, knows=False, away=False):
    with acting_as(mots):
        return interpreting.propose(
            by=mots,
            request_id=request.pk,
            interpreter_id=who.pk,
            of_community=community,
            knows_somebody=knows,
            out_of_area=away,
        )


def confirm(by, request, **typed):
    with acting_as(by):
        proposal = InterpreterProposal.objects.filter(request=request).latest("proposed_at")
        return interpreting.confirm(by=by, request_id=request.pk, proposal_id=proposal.pk, **typed)


def state_of(by, request) -> str:
    with acting_as(by):
        return InterpreterRequest.objects.get(pk=request.pk).state


# --- the life of a request --------------------------------------------------------------------------------------
def test_asked_proposed_confirmed_and_held(world, case, mots):
    request = ask(world.officer, case, mots)
    with acting_as(mots):
        assert Notice.objects.get(kind="interpreter_asked").case_id is None
    propose(mots, request, somebody(mots))
    with acting_as(world.officer):
        assert Notice.objects.filter(kind="interpreter_answered", recipient=world.officer.user).count() == 1
    confirm(world.officer, request)
    with acting_as(world.officer):
        assert not InterpreterException.objects.exists()
        with pytest.raises(RuleBroken):
            interpreting.held(by=world.officer, request_id=request.pk)
        with travel(now() + timedelta(days=3)):
            interpreting.held(by=world.officer, request_id=request.pk)
        assert CaseEvent.objects.filter(case=case, code="interpreter_asked").count() == 1
        payload = CaseEvent.objects.filter(case=case, code="interpreter_answered").latest("at").payload
        assert set(payload) == {"request", "state"}
    assert state_of(world.officer, request) == "done"


def test_it_stands_in_the_work_of_whoever_has_to_move(world, case, mots, client):
    request = ask(world.officer, case, mots)
    address = reverse("referrals:interpreter", args=[request.pk])

    def at_work(member) -> bool:
        client.force_login(member.user)
        return address in client.get("/").text

    assert at_work(mots) and at_work(world.officer), "who asked reads that it waits"
    assert not at_work(world.shelter)
    propose(mots, request, somebody(mots))
    assert at_work(world.officer) and not at_work(mots) and not at_work(world.shelter)


def test_by_when_it_is_answered_follows_from_the_appointment_and_begins_anew(world, case, mots, client):
    request = ask(world.officer, case, mots, at=now() + timedelta(days=3))
    soon = ask(world.officer, case, mots, at=now() + timedelta(hours=4))
    assert request.answer_due_at == request.remind_at == request.asked_at + timedelta(hours=24)
    assert abs(soon.answer_due_at - soon.asked_at - timedelta(hours=2)) < timedelta(minutes=1)
    for member in (mots, world.officer):
        client.force_login(member.user)
        page = client.get(reverse("referrals:interpreter", args=[soon.pk]), headers={"accept-language": "en"}).text
        with translation.override("en"):
            assert local_time(soon.answer_due_at) in page
        work = client.get("/").text
        assert reverse("referrals:interpreter", args=[soon.pk]) in work
    with travel(now() + timedelta(hours=30)):
        proposed = propose(mots, request, somebody(mots))
    assert proposed.answer_due_at - now() > timedelta(hours=30), "for who asked, from then on"
    with travel(now() + timedelta(hours=31)):
        assert confirm(world.officer, request).answer_due_at is None


@pytest.mark.django_db(transaction=True)
def test_the_task_reminds_the_service_then_its_seniors_and_who_asked(committed_world, owner):
    world = committed_world
    service = make_agency(AgencyKind.INTERPRETER_SERVICE, "Passe-Mots")
    mots, manager = make_member(service), make_member(service, "manager")
    case = make_case(world.officer)
    friend = make_member(service)
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=case, user=friend.user)
    request = ask(world.officer, case, mots)

    def told() -> list:
        tasks.remind_of_interpreters()
        tasks.remind_of_interpreters()
        with system_context(SystemContext.NOTICES):
            late = Notice.objects.filter(kind="interpreter_late").order_by("created_at", "pk")
            return [(notice.recipient_id, notice.case_id is None) for notice in late]

    assert told() == [], "not yet due"
    due = "UPDATE referrals_interpreterrequest SET remind_at = now()"
    owner.execute(f"{due}, answer_due_at = now(), at = now() + interval '24 h'")
    first = {(mots.user_id, True), (world.officer.user_id, False)}
    assert set(told()) == first
    assert state_of(world.officer, request) == "sent"
    owner.execute(due)
    assert set(told()) == first | {(manager.user_id, True)}
    with system_context(SystemContext.REMINDERS):
        assert InterpreterRequest.objects.get().remind_at is None


def test_nobody_comes_once_the_hour_has_passed(world, case, mots, client):
    request, other = ask(world.officer, case, mots), ask(world.officer, case, mots)
    who = somebody(mots)
    propose(mots, other, who)
    with travel(now() + timedelta(days=3)):
        with pytest.raises(RuleBroken):
            propose(mots, request, who)
        with pytest.raises(RuleBroken):
            confirm(world.officer, other)
        for member in (mots, world.officer):
            client.force_login(member.user)
            page = client.get(reverse("referrals:interpreter", args=[other.pk])).text
            assert "Son heure est passée" in page and 'name="proposal"' not in page


def test_somebody_else_is_somebody_else(world, case, mots):
    request, first = ask(world.officer, case, mots), somebody(mots)
    propose(mots, request, first)
    with acting_as(world.officer):
        interpreting.ask_again(by=world.officer, request_id=request.pk)
    with pytest.raises(RuleBroken) as broken:
        propose(mots, request, first)
    assert "interpreter" in broken.value.errors
    assert propose(mots, request, somebody(mots, "B. Interprète")).state == "proposed"


def test_the_reason_of_an_exception_names_nobody(world, case, mots):
    request = ask(world.officer, case, mots)
    propose(mots, request, somebody(mots, certified=False))
    with pytest.raises(RuleBroken) as broken:
        confirm(world.officer, request, reason="Fatou le demande.")
    assert "reason" in broken.value.errors
    assert confirm(world.officer, request, reason="Personne d’autre ce jour-là.").state == "confirmed"


def test_the_same_form_asks_once(world, case, mots):
    key = uuid4()
    assert ask(world.officer, case, mots, key=key).pk == ask(world.officer, case, mots, key=key).pk
    with acting_as(world.officer):
        assert InterpreterRequest.objects.count() == 1


def test_declined_asked_again_withdrawn(world, case, mots):
    request = ask(world.officer, case, mots)
    propose(mots, request, somebody(mots))
    with acting_as(world.officer):
        interpreting.ask_again(by=world.officer, request_id=request.pk)
    propose(mots, request, somebody(mots, "B. Interprète"))
    with acting_as(mots):
        interpreting.decline(by=mots, request_id=request.pk)
    assert state_of(world.officer, request) == "declined"
    with acting_as(world.officer):
        for act in (interpreting.withdraw, interpreting.ask_again, interpreting.held):
            with pytest.raises(RuleBroken):
                act(by=world.officer, request_id=request.pk)
    other = ask(world.officer, case, mots)
    with acting_as(world.officer):
        interpreting.withdraw(by=world.officer, request_id=other.pk)
    with acting_as(mots), pytest.raises(RuleBroken):
        interpreting.decline(by=mots, request_id=other.pk)


def test_each_side_does_its_own(world, case, mots):
    request = ask(world.officer, case, mots)
    who = somebody(mots)
    with acting_as(mots):
        with pytest.raises(Refused):
            interpreting.withdraw(by=mots, request_id=request.pk)
    with pytest.raises(Refused):
        propose(world.officer, request, who)
    with acting_as(world.reader), pytest.raises(Refused):
        interpreting.withdraw(by=world.reader, request_id=request.pk)


def test_a_proposal_replaced_meanwhile_is_not_confirmed(world, case, mots):
    request = ask(world.officer, case, mots)
    propose(mots, request, somebody(mots))
    with acting_as(world.officer), pytest.raises(RuleBroken):
        interpreting.confirm(by=world.officer, request_id=request.pk, proposal_id=uuid4())
    assert state_of(world.officer, request) == "proposed"


# --- refused by rule ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["child", "relative", "neighbour", "", "x"])
def test_whoever_is_at_hand_is_refused(world, case, mots, who):
    with translation.override("en"), pytest.raises(RuleBroken) as broken:
        ask(world.officer, case, mots, at_hand=who)
    if who in ("child", "relative", "neighbour"):
        assert "interpreter service" in str(broken.value.errors["at_hand"][0]), "what to do instead"


def test_who_knows_somebody_and_a_mediator_of_the_community_are_never_proposed(world, case, mots):
    request = ask(world.officer, case, mots, channel="phone")
    mediator = somebody(mots, "M. Médiateur", mediator=True)
    for wrong in ({"knows": True}, {"community": True}, {"community": True, "away": True}):
        with pytest.raises(RuleBroken) as broken:
            propose(mots, request, mediator, **wrong)
        assert "interpreter" in broken.value.errors
    with acting_as(mots):
        assert not InterpreterProposal.objects.exists()
    propose(mots, request, mediator)
    assert state_of(mots, request) == "proposed"


def test_of_the_community_on_site_needs_a_reason_and_the_persons_agreement(world, case, mots):
    request = ask(world.officer, case, mots)
    propose(mots, request, somebody(mots), community=True)
    for typed, field in (({}, "reason"), ({"reason": "Personne d'autre."}, "agreed"), ({"agreed": True}, "reason")):
        with pytest.raises(RuleBroken) as broken:
            confirm(world.officer, request, **typed)
        assert field in broken.value.errors
    with pytest.raises(RuleBroken):
        confirm(world.officer, request, reason="x" * 10_000, agreed=True)
    confirm(world.officer, request, reason="Personne d'autre avant un mois.", agreed=True)
    with acting_as(world.officer):
        assert InterpreterException.objects.get().agreed is True


@pytest.mark.parametrize(("channel", "away"), [("phone", False), ("on_site", True)])
def test_of_the_community_by_phone_or_from_elsewhere_needs_none(world, case, mots, channel, away):
    request = ask(world.officer, case, mots, channel=channel)
    propose(mots, request, somebody(mots), community=True, away=away)
    confirm(world.officer, request)
    assert state_of(world.officer, request) == "confirmed"


def test_not_certified_needs_a_reason_alone(world, case, mots):
    request = ask(world.officer, case, mots)
    propose(mots, request, somebody(mots, certified=False))
    with pytest.raises(RuleBroken) as broken:
        confirm(world.officer, request, reason="  ")
    assert set(broken.value.errors) == {"reason"}
    confirm(world.officer, request, reason="Personne de certifié ne parle cette langue.")
    assert state_of(world.officer, request) == "confirmed"


def test_certified_and_trained_are_offered_first_and_others_languages_not_at_all(world, case, mots):
    untrained, neither = somebody(mots, "B", trained=False), somebody(mots, "A", certified=False, trained=False)
    best = somebody(mots, "C")
    somebody(mots, "D", languages=["tr"])
    somebody(mots, "E", channels=["phone"])
    elsewhere = make_member(make_agency(AgencyKind.INTERPRETER_SERVICE, "Autre service"), "manager")
    stranger = somebody(elsewhere, "F")
    request = ask(world.officer, case, mots)
    with acting_as(mots):
        assert interpreting.fit_for(request) == [best, untrained, neither]
    with pytest.raises(RuleBroken):
        propose(mots, request, stranger)


def test_nothing_is_proposed_without_a_declaration(world, case, mots):
    request = ask(world.officer, case, mots)
    with pytest.raises(RuleBroken) as broken:
        propose(mots, request, somebody(mots), community=None, knows=None)
    assert set(broken.value.errors) == {"of_community", "knows_somebody"}


WRONG = {
    "language": "xx", "channel": "pigeon", "gender": "x", "at": None, "minutes": 0, "postal_code": "12",
    "subject": None, "to_agency": None, "note": "Madame Diallo-Test attend.",
}  # fmt: skip


@pytest.mark.parametrize("field", WRONG)
def test_what_is_typed_wrong_is_said_by_field(world, case, mots, field):
    name = {"subject": "subject_id", "to_agency": "to_agency_id"}.get(field, field)
    with pytest.raises(RuleBroken) as broken:
        ask(world.officer, case, mots, **{name: WRONG[field]})
    assert set(broken.value.errors) == {field}


@pytest.mark.parametrize("note", ["x" * 10_000, "a\x00b"])
def test_notes_that_cannot_be_kept(world, case, mots, note):
    with pytest.raises(RuleBroken):
        ask(world.officer, case, mots, note=note)


# --- who reads ------------------------------------------------------------------------------------------------------
def test_the_service_reads_the_request_and_nothing_of_the_case(world, case, mots, client):
    request = ask(world.officer, case, mots)
    client.force_login(mots.user)
    for path in (reverse("referrals:interpreter", args=[request.pk]), reverse("referrals:interpreters")):
        text = client.get(path).content.decode()
        for word in (case.reference, str(case.pk), "Fatou", "Diallo", "Morel", "victim"):
            assert word not in text
    read = client.get(reverse("referrals:interpreter", args=[request.pk])).content.decode()
    assert "<h1>Arabe, " in read
    assert client.get(reverse("cases:summary", args=[case.pk])).status_code == 404
    with acting_as(mots):
        assert not CasePerson.objects.exists()


def test_nobody_else_finds_it(world, case, mots, client):
    request = ask(world.officer, case, mots)
    other = make_member(make_agency(AgencyKind.INTERPRETER_SERVICE, "Autre service"))
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    for member in (other, world.eva, world.programme, world.stranger, world.other_officer):
        client.force_login(member.user)
        assert client.get(reverse("referrals:interpreter", args=[request.pk])).status_code == 404
        assert client.post(reverse("referrals:interpreter_decline", args=[request.pk])).status_code == 404
        with acting_as(member):
            assert not InterpreterRequest.objects.exists(), "nor does the second lock give it"
            with pytest.raises(Http404):
                interpreting.withdraw(by=member, request_id=request.pk)


def test_his_side_asks_for_him_alone(world, case, mots):
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        assert {each.role for each in interpreting.subjects(access)} == {"presumed_perpetrator"}
    with pytest.raises((RuleBroken, CasePerson.DoesNotExist)):
        ask(world.programme, case, mots)


def test_whoever_of_the_service_is_kept_out_of_the_case_is_not_asked(world, case, mots, client):
    kept_out = make_member(mots.agency)
    with acting_as(world.officer):
        CaseExclusion.objects.create(case=case, user=kept_out.user)
    request = ask(world.officer, case, mots)
    client.force_login(kept_out.user)
    assert client.get(reverse("referrals:interpreter", args=[request.pk])).status_code == 404
    with acting_as(kept_out):
        assert not Notice.objects.filter(recipient=kept_out.user).exists()
        assert not InterpreterRequest.objects.exists(), "nor does the second lock give it"


# --- pages --------------------------------------------------------------------------------------------------------
def test_asked_by_the_page_with_what_the_appointment_says(world, case, mots, client):
    appointment = make_appointment(world.officer, case)
    client.force_login(world.officer.user)
    address = reverse("referrals:interpreter_new", args=[case.pk])
    form = client.get(f"{address}?appointment={appointment.pk}").context["form"]
    assert form.initial["at"] == appointment.starts_at and form.initial["subject"] == str(appointment.case_person_id)
    assert client.get(f"{address}?appointment={uuid4()}&referral=x").status_code == 200
    typed = {
        "key": str(uuid4()), "at_hand": "relative", "subject": str(appointment.case_person_id), "language": "ar",
        "channel": "phone", "at": local(appointment.starts_at).strftime("%Y-%m-%dT%H:%M"), "minutes": "60",
        "to_agency": str(mots.agency_id), "note": "À relire.",
    }  # fmt: skip
    refused = client.post(address, typed)
    assert refused.status_code == 422 and "À relire." in refused.content.decode()
    first = client.post(address, typed | {"at_hand": "service"})
    again = client.post(address, typed | {"at_hand": "service"})
    assert first.status_code == 302 and first["Location"] == again["Location"]
    assert first["Location"] in client.get(reverse("cases:people", args=[case.pk])).content.decode()


def test_proposed_and_confirmed_by_the_pages(world, case, mots, client):
    who, request = somebody(mots, certified=False), ask(world.officer, case, mots)
    page = reverse("referrals:interpreter", args=[request.pk])
    client.force_login(mots.user)
    assert who.name in client.get(page).content.decode()
    typed = {"interpreter": str(who.pk), "knows_somebody": "yes", "of_community": "no"}
    assert client.post(reverse("referrals:interpreter_propose", args=[request.pk]), typed).status_code == 422
    typed["knows_somebody"] = "no"
    assert client.post(reverse("referrals:interpreter_propose", args=[request.pk]), typed).status_code == 302
    client.force_login(world.officer.user)
    form = client.get(page).context["confirm_form"]
    typed = {"proposal": str(form.initial["proposal"]), "reason": ""}
    assert client.post(reverse("referrals:interpreter_confirm", args=[request.pk]), typed).status_code == 422
    typed["reason"] = "Personne de certifié."
    assert client.post(reverse("referrals:interpreter_confirm", args=[request.pk]), typed).status_code == 302
    text = client.get(page).content.decode()
    assert "Personne de certifié." in text
    client.force_login(mots.user)
    assert "Personne de certifié." not in client.get(page).content.decode(), "the reason stays with who gave it"
