"""A programme he follows: who begins it, who marks what, what the authority reads by right, what nobody else reads."""

from datetime import date, timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from cases.access import get_case
from cases.models import CaseEvent, CasePerson
from casework.mandate_views import sheet
from common.errors import Refused, RuleBroken
from plans import mandates, programme_acts
from plans import programme as reading
from plans import programme_rules as rules
from plans.models import (
    Mandate,
    MandateEnd,
    Programme,
    ProgrammeSession,
    ProgrammeStep,
    SessionMark,
    TherapeuticPlan,
)
from plans.programme import today
from plans.programme_rules import Span
from tests.actors import all_of_his_side, as_
from tests.factories import make_agency, make_member
from tests.plans.programme_acts import (
    begun_by,
    case_with_programme,
    let_in,
    mandate_added,
    mandate_of,
    marked,
    planned,
    session_on,
    stepped,
)
from tests.referrals_acts import accept, send

HIS_WORK = "perpetrator_work:perpetrator"


def url(name: str, *args) -> str:
    return reverse(f"casework:{name}", args=args)


# --- pure -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], 0),
        (["missed"], 1),
        (["missed", "missed"], 2),
        (["missed", "attended"], 0),
        (["attended", "missed", "cancelled", "missed"], 2),
        (["missed", "excused"], 0),
        (["missed", "excused", "missed"], 1),
    ],
)
def test_missed_in_a_row(outcomes, expected):
    assert rules.missed_in_a_row(outcomes) == expected


@pytest.mark.parametrize(
    ("last_given", "expected"),
    [
        (None, date(2026, 1, 31)),
        (date(2026, 1, 20), date(2026, 2, 19)),
        (date(2026, 3, 15), date(2026, 3, 31)),
        (date(2026, 3, 31), None),
        (date(2026, 4, 2), None),
    ],
)
def test_when_the_next_report_is_due(last_given, expected):
    span = Span(date(2026, 1, 1), date(2026, 3, 31))
    assert rules.report_due(every_days=30, span=span, last_given=last_given) == expected
    assert rules.report_due(every_days=None, span=span, last_given=last_given) is None


def test_silence_is_counted_from_who_was_seen_and_ended_by_what_is_planned():
    day = date(2026, 6, 1)
    asked = {"begun_on": date(2026, 1, 1), "today": day, "days": 45}
    assert rules.is_silent(last_seen=None, next_on=None, **asked)
    assert rules.is_silent(last_seen=date(2026, 4, 1), next_on=date(2026, 5, 1), **asked)
    assert not rules.is_silent(last_seen=date(2026, 5, 1), next_on=None, **asked)
    assert not rules.is_silent(last_seen=None, next_on=day, **asked)


# --- beginning --------------------------------------------------------------------------------------------------
def test_it_begins_once_and_leaves_a_line_for_who_works_with_him(world):
    case, key = case_with_programme(world), uuid4()
    first = begun_by(world.programme, case, mandate_of(world.prosecutor), key=key)
    assert begun_by(world.programme, case, mandate_of(world.prosecutor), key=key).pk == first.pk
    with acting_as(world.programme):
        assert Programme.objects.count() == 1
        assert Mandate.objects.get().issuer_id == world.prosecutor.agency_id
        event = CaseEvent.objects.get(case=case, code="programme_begun")
    assert (event.category, event.side) == ("perpetrator_work", "perpetrator")
    with acting_as(world.officer):
        assert not CaseEvent.objects.filter(code="programme_begun").exists()
    with pytest.raises(RuleBroken):
        begun_by(world.programme, case)  # he follows one already


def test_only_a_service_on_his_side_begins_one(world):
    case = case_with_programme(world)
    let_in(world.officer, case, world.shelter, "identity:victim", side="victim")
    house = all_of_his_side(world, case)
    for member in (world.officer, world.eva, world.shelter, house):
        with acting_as(member):
            found, access = get_case(case.pk, member)
            assert not rules.may_begin(member, access)
            with pytest.raises(Refused):
                programme_acts.begin(
                    by=member, case=found, access=access, case_person_id=uuid4(), begun=programme_acts.Begun(),
                    request_key=uuid4(),
                )  # fmt: skip


def test_what_is_wrong_is_said_by_field_and_nothing_is_lost(world):
    case = case_with_programme(world)
    client = as_(world.programme)
    typed = {
        "request_key": str(uuid4()),
        "begun_on": (today() + timedelta(days=1)).isoformat(),
        "entry": "mandate",
        "issuer_kind": "court",
        "issuer_id": str(world.prosecutor.agency_id),  # no court
        "starts_on": today().isoformat(),
        "ends_on": (today() - timedelta(days=1)).isoformat(),
        "conditions": "",
        "reports_to": "À l’assistante 🙂",
    }
    answer = client.post(url("begin_programme", case.pk), typed)
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert {"case_person", "begun_on", "issuer_id", "ends_on", "conditions"} <= set(errors)
    assert "À l’assistante 🙂" in answer.content.decode()
    for bad in ("x" * 10_001, "a\x00b"):
        assert client.post(url("begin_programme", case.pk), typed | {"conditions": bad}).status_code == 422
    with acting_as(world.programme):
        assert not Programme.objects.exists()


def test_a_mandated_referral_that_was_accepted_begins_it_filled_in(world):
    case = case_with_programme(world)
    let_in(world.officer, case, world.prosecutor, "identity:perpetrator", "contact:perpetrator")
    more = {"mandated": True, "basis": "legal_obligation", "legal_text": "Probation 26/12", "asked_by": "authority"}
    other = make_member(make_agency(AgencyKind.PERPETRATOR_PROGRAMME, "Programme Balise", side=AgencySide.PERPETRATOR))
    changes = {"role": "presumed_perpetrator", "need": "perpetrator_work", "reason": "Suivre vingt séances."}
    referral = send(world.prosecutor, case, other, **changes, **more)
    accept(other, referral)
    client = as_(other)
    page = client.get(reverse("referrals:detail", args=[referral.pk])).content.decode()
    address = f"{url('begin_programme', case.pk)}?referral={referral.pk}"
    assert address in page
    form = client.get(address).context["form"]
    assert form.initial["issuer_id"] == str(world.prosecutor.agency_id)
    assert form.initial["conditions"] == "Suivre vingt séances." and form.initial["entry"] == "mandate"
    typed = {
        "request_key": str(uuid4()), "referral": str(referral.pk), "case_person": form.initial["case_person"],
        "begun_on": today().isoformat(), "entry": "mandate", "issuer_kind": "prosecutor",
        "issuer_id": str(world.prosecutor.agency_id), "conditions": "Vingt séances.", "starts_on": today().isoformat(),
    }  # fmt: skip
    assert client.post(url("begin_programme", case.pk), typed).status_code == 302
    again = client.post(url("begin_programme", case.pk), typed | {"request_key": str(uuid4())})
    with acting_as(other):
        made = Programme.objects.get()
    assert made.referral_ref == referral.pk
    assert again.url == url("programme", case.pk, made.pk)  # the same one
    # a referral of another agency is not followed: neither filled in nor bound
    assert "referral" not in as_(world.programme).get(address).context["form"].initial


# --- mandates ---------------------------------------------------------------------------------------------------
def test_a_mandate_is_prolonged_and_ended_by_rows_of_their_own(world):
    case = case_with_programme(world)
    made = begun_by(world.programme, case, mandate_of(world.prosecutor))
    with acting_as(world.programme):
        first = Mandate.objects.get()
    sooner = mandate_of(world.prosecutor, ends_on=first.ends_on)
    with pytest.raises(RuleBroken) as refused:
        mandate_added(world.programme, made, sooner, replaces_id=first.pk)
    assert "ends_on" in refused.value.errors
    later = mandate_of(world.prosecutor, ends_on=first.ends_on + timedelta(days=90))
    longer = mandate_added(world.programme, made, later, replaces_id=first.pk)
    assert longer.starts_on == first.ends_on + timedelta(days=1) and longer.issuer_id == first.issuer_id
    with pytest.raises(RuleBroken):
        mandate_added(world.programme, made, later, replaces_id=first.pk)  # prolonged already
    with acting_as(world.programme):
        _case, access = get_case(case.pk, world.programme)
        first = reading.get_mandate(case, access, first.pk)
        end = {"by": world.programme, "access": access, "reason": "lifted"}
        with pytest.raises(RuleBroken):
            mandates.end_mandate(mandate=first, ended_on=today(), **end)
        longer = reading.get_mandate(case, access, longer.pk)
        with pytest.raises(RuleBroken) as refused:
            mandates.end_mandate(mandate=longer, ended_on=today(), **end)
        assert "ended_on" in refused.value.errors  # before it begins
        assert not MandateEnd.objects.exists()


def test_reports_that_are_overdue_stand_before_the_programme_and_the_authority(world):
    case = case_with_programme(world)
    let_in(world.officer, case, world.prosecutor, "identity:perpetrator")
    made = begun_by(world.programme, case, mandate_of(world.prosecutor, report_every_days=30))
    session_on(world.programme, made, 7)
    for member in (world.programme, world.prosecutor):
        lines = as_(member).get("/").context["sections"]["programmes"]
        assert len(lines) == 1 and lines[0]["reference"] == case.reference
    assert as_(world.prosecutor).get(url("mandates")).context["lines"][0].late
    with acting_as(world.programme):
        _case, access = get_case(case.pk, world.programme)
        mandate = reading.get_mandate(case, access, Mandate.objects.get().pk)
        mandates.report_given(by=world.programme, access=access, mandate=mandate, given_on=today(), request_key=uuid4())
    for member in (world.programme, world.prosecutor):
        assert as_(member).get("/").context["sections"]["programmes"] == []


# --- sessions ---------------------------------------------------------------------------------------------------
def test_sessions_are_planned_marked_and_corrected_without_a_row_changing(world):
    case = case_with_programme(world)
    made = begun_by(world.programme, case)
    client = as_(world.programme)
    typed = {"request_key": str(uuid4()), "kind": "group", "on": today().isoformat(), "begins_at": "18:30", "count": 3}
    for _twice in range(2):
        assert client.post(url("plan_sessions", case.pk, made.pk), typed).status_code == 302
    with acting_as(world.programme):
        first, *_others = planned_ones = list(ProgrammeSession.objects.order_by("on"))
    assert [each.on for each in planned_ones] == [today() + timedelta(weeks=week) for week in range(3)]
    address = url("mark_session", case.pk, first.pk)
    assert client.post(address, {"outcome": "missed", "shown": ""}).status_code == 302
    assert client.post(address, {"outcome": "missed", "shown": ""}).status_code == 302  # twice is once
    wrong = client.post(address, {"outcome": "attended", "shown": ""})  # an old page
    assert wrong.status_code == 422
    with acting_as(world.programme):
        mark = SessionMark.objects.get()
    assert client.post(address, {"outcome": "excused", "shown": str(mark.pk)}).status_code == 302
    with acting_as(world.programme):
        assert SessionMark.objects.count() == 2
        assert reading.sessions_of([made], get_case(case.pk, world.programme)[1])[0].mark.outcome == "excused"
    ahead = url("mark_session", case.pk, planned_ones[2].pk)
    assert client.post(ahead, {"outcome": "attended", "shown": ""}).status_code == 422
    assert client.post(ahead, {"outcome": "cancelled", "shown": ""}).status_code == 302
    for bad in ({"count": 0}, {"count": 27}, {"on": "2019-01-01"}, {"on": ""}, {"kind": "x"}):
        sent = client.post(url("plan_sessions", case.pk, made.pk), typed | {"request_key": str(uuid4())} | bad)
        assert sent.status_code == 422, bad


def test_the_list_of_the_service_marks_with_one_touch_and_is_nobody_elses(world):
    case = case_with_programme(world)
    made = begun_by(world.programme, case)
    late, now_ = session_on(world.programme, made, -8), session_on(world.programme, made, 0)
    client = as_(world.programme)
    page = client.get(url("sessions"))
    assert [line["session"].pk for line in page.context["late"]] == [late.pk]
    assert [line["session"].pk for line in page.context["today"]] == [now_.pk]
    assert client.get("/").context["sections"]["programmes"][0]["action_url"] == url("sessions")
    sent = client.post(url("mark_session", case.pk, late.pk), {"outcome": "attended", "shown": "", "from": "sessions"})
    assert sent.url == url("sessions")
    assert client.get(url("sessions")).context["late"] == []
    for member in (world.officer, world.eva, world.shelter, world.prosecutor, world.stranger):
        assert as_(member).get(url("sessions")).status_code == 404
    other = make_member(make_agency(AgencyKind.PERPETRATOR_PROGRAMME, side=AgencySide.PERPETRATOR))
    assert as_(other).get(url("sessions")).context["today"] == []
    assert as_(other).post(url("mark_session", case.pk, now_.pk), {"outcome": "attended"}).status_code == 404


def test_missed_in_a_row_and_silence_ask_the_programme_to_say_what_becomes_of_it(world, settings):
    settings.PROGRAMME_MISSED_IN_A_ROW = 2
    case = case_with_programme(world)
    made = begun_by(world.programme, case)
    client = as_(world.programme)
    assert client.get(url("programme", case.pk, made.pk)).context["look"].silent
    for days in (-21, -14):
        marked(world.programme, session_on(world.programme, made, days), "missed")
    look = client.get(url("programme", case.pk, made.pk)).context["look"]
    assert look.missed == 2
    assert url("programme", case.pk, made.pk) in {
        line["action_url"] for line in client.get("/").context["sections"]["programmes"]
    }
    marked(world.programme, session_on(world.programme, made, -1), "attended")
    assert client.get(url("programme", case.pk, made.pk)).context["look"] is None


# --- how it goes on ---------------------------------------------------------------------------------------------
def test_each_step_follows_from_the_last_and_what_was_written_meanwhile_is_named(world):
    case = case_with_programme(world)
    made = begun_by(world.programme, case)
    assert [each.pk for each in reading.running(case)] == [made.pk]
    done = stepped(world.programme, made, "completed", words="")
    with acting_as(world.programme):
        assert reading.running(case) == []
    with pytest.raises(RuleBroken, match=done.author.full_name):
        stepped(world.programme, made, "dropped_out")
    with pytest.raises(RuleBroken):
        stepped(world.programme, made, "resumed", shown=done.pk)  # completed is completed
    with acting_as(world.programme):
        assert ProgrammeStep.objects.count() == 1


def test_a_mandate_that_runs_is_known_whoever_asks(world):
    case = case_with_programme(world)
    made = begun_by(world.programme, case, mandate_of(world.prosecutor))
    for member in (world.officer, world.eva):
        with acting_as(member):
            assert not Programme.objects.exists()
            assert [each.pk for each in reading.running(case)] == [made.pk] and reading.mandated(case)


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_at_once_one_step_holds_and_the_other_is_told(committed_world):
    world = committed_world
    case = case_with_programme(world)
    made = begun_by(world.programme, case)
    colleague = make_member(world.programme.agency, given_name="Ada")
    told: list[str] = []

    def send_step(member, step):
        try:
            stepped(member, made, step)
            told.append("")
        except RuleBroken as broken:
            told.append(str(broken))
        finally:
            connection.close()

    threads = [
        Thread(target=send_step, args=pair) for pair in ((world.programme, "excluded"), (colleague, "completed"))
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(bool(words) for words in told) == [False, True]
    with acting_as(world.programme):
        assert ProgrammeStep.objects.count() == 1


# --- who reads what ---------------------------------------------------------------------------------------------
def test_the_authority_reads_attendance_and_conditions_of_its_days_and_never_the_plan(world):
    case = case_with_programme(world)
    let_in(world.officer, case, world.prosecutor, "identity:perpetrator")
    made = begun_by(world.programme, case, mandate_of(world.prosecutor, ends_on=today() - timedelta(days=10)), days=90)
    before, inside, after = (session_on(world.programme, made, days) for days in (-80, -20, -2))
    for each in (before, inside, after):
        marked(world.programme, each, "attended")
    planned(world.programme, made, internal=False)
    client = as_(world.prosecutor)
    page = client.get(url("programme", case.pk, made.pk))
    assert page.status_code == 200
    assert [each.pk for each in page.context["held"]] == [inside.pk]
    assert "Suivre le programme" in page.content.decode()
    assert "Reconnaître" not in page.content.decode()
    assert client.get(url("therapeutic_plan", case.pk, made.pk)).status_code == 404
    with acting_as(world.prosecutor):  # the second lock, without any filter
        assert list(ProgrammeSession.objects.values_list("pk", flat=True)) == [inside.pk]
        assert SessionMark.objects.count() == 1
        assert not TherapeuticPlan.objects.exists()
    for name in ("programme_step", "programme_mandate", "programme_alert"):
        assert client.get(url(name, case.pk, made.pk)).status_code == 403
    assert client.post(url("mark_session", case.pk, inside.pk), {"outcome": "missed"}).status_code == 403
    assert client.post(url("mark_session", case.pk, after.pk), {"outcome": "missed"}).status_code == 404


def test_an_end_of_the_mandate_ends_what_the_authority_reads_of_later_days(world):
    case = case_with_programme(world)
    let_in(world.officer, case, world.prosecutor, "identity:perpetrator")
    made = begun_by(world.programme, case, mandate_of(world.prosecutor))
    kept, later = session_on(world.programme, made, -30), session_on(world.programme, made, -5)
    with acting_as(world.programme):
        _case, access = get_case(case.pk, world.programme)
        mandate = reading.get_mandate(case, access, Mandate.objects.get().pk)
        mandates.end_mandate(
            by=world.programme, access=access, mandate=mandate, ended_on=today() - timedelta(days=10), reason="lifted"
        )
    with acting_as(world.prosecutor):
        _case, access = get_case(case.pk, world.prosecutor)
        assert [each.pk for each in reading.sessions_of([made], access)] == [kept.pk]
        assert list(ProgrammeSession.objects.values_list("pk", flat=True)) == [kept.pk]
    assert later.pk != kept.pk


def test_another_authority_and_every_service_of_hers_find_nothing(world):
    case = case_with_programme(world)
    court = make_member(make_agency(AgencyKind.COURT, "Tribunal"))
    let_in(world.officer, case, court, "identity:perpetrator")
    # her shelter holds the category by a decision: still nothing
    let_in(world.officer, case, world.shelter, "identity:victim", HIS_WORK, side="victim")
    made = begun_by(world.programme, case, mandate_of(world.prosecutor))
    session = session_on(world.programme, made, -3)
    planned(world.programme, made, internal=False)
    with acting_as(world.programme):
        mandate = Mandate.objects.get()
    for member in (court, world.shelter, world.eva, world.officer, world.reader, world.stranger):
        client = as_(member)
        for name, args in (
            ("programmes", [case.pk]),
            ("programme", [case.pk, made.pk]),
            ("therapeutic_plan", [case.pk, made.pk]),
            ("programme_sheet", [case.pk, mandate.pk]),
            ("programme_step", [case.pk, made.pk]),
        ):
            assert client.get(url(name, *args)).status_code == 404, (member.agency, name)
        assert client.post(url("mark_session", case.pk, session.pk), {"outcome": "missed"}).status_code == 404
        with acting_as(member):
            for model in (Programme, Mandate, ProgrammeSession, TherapeuticPlan):
                assert not model.objects.exists(), (member.agency, model)


def test_whoever_holds_work_with_him_reads_it_but_not_what_is_internal(world):
    case = case_with_programme(world)
    coordination = make_member(make_agency(AgencyKind.COORDINATION, "Coordination Est"))
    let_in(world.officer, case, coordination, "identity:perpetrator", HIS_WORK)
    made = begun_by(world.programme, case)
    session_on(world.programme, made, -3)
    first = planned(world.programme, made)
    client = as_(coordination)
    assert client.get(url("programme", case.pk, made.pk)).status_code == 200
    assert client.get(url("therapeutic_plan", case.pk, made.pk)).status_code == 404
    with acting_as(coordination):
        assert not TherapeuticPlan.objects.exists()
    planned(world.programme, made, internal=False, shown=first.pk)
    assert "Reconnaître" in client.get(url("therapeutic_plan", case.pk, made.pk)).content.decode()
    assert client.post(url("therapeutic_plan", case.pk, made.pk), {}).status_code == 403


def test_his_side_reads_nothing_of_hers_on_its_pages(world):
    case = case_with_programme(world)
    let_in(world.officer, case, world.shelter, "identity:victim", "contact:victim", side="victim")
    made = begun_by(world.programme, case, mandate_of(world.prosecutor))
    client = as_(world.programme)
    for name, args in (
        ("programmes", [case.pk]),
        ("programme", [case.pk, made.pk]),
        ("programme_alert", [case.pk, made.pk]),
        ("programme_mandate", [case.pk, made.pk]),
        ("sessions", []),
    ):
        page = client.get(url(name, *args))
        assert page.status_code == 200
        for words in ("Diallo", "Fatou", "Tilleul", "Cellule EVA", "0470", "12 34 42"):
            assert words not in page.content.decode(), (name, words)


def test_the_sheet_says_attendance_and_conditions_and_nothing_of_the_plan(world):
    case = case_with_programme(world)
    let_in(world.officer, case, world.prosecutor, "identity:perpetrator")
    made = begun_by(world.programme, case, mandate_of(world.prosecutor))
    marked(world.programme, session_on(world.programme, made, -3), "attended")
    planned(world.programme, made, internal=False)
    stepped(world.programme, made, "completed", words="Il parle enfin de sa peur.")
    for member in (world.programme, world.prosecutor):
        with acting_as(member):
            _case, access = get_case(case.pk, member)
            mandate = reading.get_mandate(case, access, Mandate.objects.get().pk)
            told = str(sheet(mandate, access))
        assert "Suivre le programme" in told and "Morel" in told
        assert "Reconnaître" not in told and "peur" not in told
        answer = as_(member).get(url("programme_sheet", case.pk, mandate.pk))
        assert answer["Content-Type"] == "application/pdf" and answer.content[:5] == b"%PDF-"


def test_pages_cost_the_same_however_much_there_is(world):
    case = case_with_programme(world)
    let_in(world.officer, case, world.prosecutor, "identity:perpetrator")
    made = begun_by(world.programme, case, mandate_of(world.prosecutor, report_every_days=30))

    def costs() -> list[int]:
        found = []
        for member, address in (
            (world.programme, url("programme", case.pk, made.pk)),
            (world.programme, url("sessions")),
            (world.programme, "/"),
            (world.prosecutor, url("programme", case.pk, made.pk)),
            (world.prosecutor, url("mandates")),
        ):
            client = as_(member)
            client.get(address)
            with CaptureQueriesContext(connection) as counted:
                assert client.get(address).status_code == 200
            found.append(len(counted))
        return found

    marked(world.programme, session_on(world.programme, made, -3), "attended")
    session_on(world.programme, made, -1)
    few = costs()
    for days in (-50, -40, -30, -20, -10):
        marked(world.programme, session_on(world.programme, made, days), "attended")
        session_on(world.programme, made, -1)
    assert costs() == few


def test_a_person_of_another_case_is_nobody_here(world):
    case, other = case_with_programme(world), case_with_programme(world)
    with acting_as(world.programme):
        found, access = get_case(case.pk, world.programme)
        foreign = CasePerson.objects.get(case=other, role="presumed_perpetrator")
        with pytest.raises(RuleBroken) as refused:
            programme_acts.begin(
                by=world.programme, case=found, access=access, case_person_id=foreign.pk,
                begun=programme_acts.Begun(entry="voluntary", begun_on=today()), request_key=uuid4(),
            )  # fmt: skip
    assert "case_person" in refused.value.errors
    made = begun_by(world.programme, other)
    assert as_(world.programme).get(url("programme", case.pk, made.pk)).status_code == 404
