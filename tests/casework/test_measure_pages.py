"""The pages of protection measures: who opens them, what is kept of a refused form, the sheets, the board."""

import shutil
import subprocess
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from cases.models import Case
from casework import tracking as board
from casework.tracking import send_complaint
from common.clock import local, now
from common.ids import uuid7
from plans.models import MeasureAct, MeasureKind, MeasureStep, ProtectionMeasure, ToldWhom
from reports.models import ReportDraft, Tracking, TrackingAct
from tests.actors import all_of_his_side, as_
from tests.factories import World, make_report
from tests.plans.measure_acts import (
    CONDITIONS,
    KEPT,
    PLACES,
    REASONS,
    ask_measure,
    breach_of,
    notified_ban,
    step_on,
    tell_of,
)

pytestmark = pytest.mark.django_db


def english_client(member):
    client = as_(member)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def complaint_case(world: World) -> Case:
    report = make_report(world.officer, kind="police_complaint")
    with acting_as(world.officer):
        send_complaint(by=world.officer, report=report)
    return report.case


def url(name: str, *args) -> str:
    return reverse(f"casework:{name}", args=args)


def typed_moment(at) -> str:
    return local(at).strftime("%Y-%m-%dT%H:%M")


def new_data(case: Case, by, **changes) -> dict:
    with acting_as(by):
        him = case.case_persons.get(role="presumed_perpetrator").pk
        her = case.case_persons.get(role="victim").pk
    return {
        "request_key": str(uuid7()),
        "kind": "residence_ban",
        "about": str(him),
        "protects": [str(her)],
        "places": PLACES,
        "conditions": CONDITIONS,
        "reasons": REASONS,
        "act": "request",
        "at": typed_moment(now() - timedelta(minutes=5)),
    } | changes


def test_an_officer_asks_notifies_and_tells_page_by_page(world: World, complaint_case):
    client = english_client(world.officer)
    made = client.post(url("new_measure", complaint_case.pk), new_data(complaint_case, world.officer))
    assert made.status_code == 302, made.content.decode()[:3000]
    page = client.get(made["Location"]).content.decode()
    assert "asked for" in page
    with acting_as(world.officer):
        measure = ProtectionMeasure.objects.get()
    for act, given in (
        ("order", {"authority": "prosecutor", "at": typed_moment(now() - timedelta(minutes=4))}),
        ("notify", {"at": typed_moment(now() - timedelta(minutes=3))}),
    ):
        with acting_as(world.officer):
            shown = MeasureStep.objects.get(measure=measure, superseded_by=None).pk
        sent = {f"{act}-{name}": value for name, value in given.items()}
        asking = client.get(url("measure", complaint_case.pk, measure.pk)).content.decode()
        assert act != "notify" or "This step may raise the danger" in asking
        sent |= {"act": act, f"{act}-shown": str(shown), f"{act}-request_key": str(uuid7())}
        answer = client.post(url("measure", complaint_case.pk, measure.pk), sent)
        assert answer.status_code == 302, answer.content.decode()
    page = client.get(url("measure", complaint_case.pk, measure.pk)).content.decode()
    assert "She has not been told." in page
    assert "He has to give an address within 24 hours." in page
    told = {
        "act": "told", "told-request_key": str(uuid7()), "told-whom": "victim", "told-how": "phone",
        "told-at": typed_moment(now() - timedelta(minutes=1)),
    }  # fmt: skip
    assert client.post(url("measure", complaint_case.pk, measure.pk), told).status_code == 302
    address = {
        "act": "address", "address-request_key": str(uuid7()), "address-address": "Chez son frère, Liège",
        "address-given_at": typed_moment(now() - timedelta(minutes=1)),
    }  # fmt: skip
    assert client.post(url("measure", complaint_case.pk, measure.pk), address).status_code == 302
    page = client.get(url("measure", complaint_case.pk, measure.pk)).content.decode()
    assert "She has not been told." not in page
    assert "Chez son frère, Liège" in page
    listed = client.get(url("measures", complaint_case.pk)).content.decode()
    assert "Protecting now" in listed
    # a breach: the button opens the report, of its kind and in this case
    begun = client.post(reverse("reports:new"), {"case": str(complaint_case.pk), "kind": "police_complaint"})
    assert begun.status_code == 302
    assert f'name="case" value="{complaint_case.pk}"' in page and 'name="kind" value="police_complaint"' in page
    with acting_as(world.officer):
        draft = ReportDraft.objects.get(pk=begun["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert (draft.kind, draft.joins_case_id) == ("police_complaint", complaint_case.pk)


def test_what_is_refused_is_shown_with_everything_typed(world: World, complaint_case):
    client = english_client(world.officer)
    sent = new_data(complaint_case, world.officer, about="", places="", reasons="Elle a peur de ce soir.")
    answer = client.post(url("new_measure", complaint_case.pk), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Elle a peur de ce soir." in page
    assert "Say whom the measure binds." in page
    measure = ask_measure(world.officer, complaint_case)
    step_on(world.officer, measure, MeasureAct.ORDER)
    with acting_as(world.officer):
        shown = MeasureStep.objects.get(measure=measure, superseded_by=None).pk
    late = {
        "act": "notify", "notify-shown": str(shown), "notify-request_key": str(uuid7()),
        "notify-at": typed_moment(now()), "notify-until_at": typed_moment(now() + timedelta(days=20)),
        "notify-text": "Remis en main propre.",
    }  # fmt: skip
    answer = client.post(url("measure", complaint_case.pk, measure.pk), late)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "14 days at most" in page
    assert "Remis en main propre." in page
    with acting_as(world.officer):
        assert MeasureStep.objects.filter(measure=measure).count() == 2


def test_an_old_page_is_answered_with_who_wrote_what_and_keeps_the_text(world: World, complaint_case):
    measure = ask_measure(world.officer, complaint_case)
    with acting_as(world.officer):
        shown = MeasureStep.objects.get(measure=measure).pk
    step_on(world.police_referent, measure, MeasureAct.ORDER)
    sent = {
        "act": "refuse", "refuse-shown": str(shown), "refuse-request_key": str(uuid7()),
        "refuse-authority": "prosecutor", "refuse-at": typed_moment(now()), "refuse-text": "Refusé par téléphone.",
    }  # fmt: skip
    answer = english_client(world.officer).post(url("measure", complaint_case.pk, measure.pk), sent)
    assert answer.status_code == 409
    assert world.police_referent.user.full_name in answer.content.decode()


def test_another_case_s_measure_and_another_agency_are_unknown(world: World, complaint_case):
    measure = notified_ban(world.officer, complaint_case)
    other = make_report(world.other_officer).case
    assert english_client(world.other_officer).get(url("measure", other.pk, measure.pk)).status_code == 404
    for who in (world.other_officer, world.eva, world.stranger, world.shelter, world.programme):
        client = english_client(who)
        for name, args in (
            ("measures", ()), ("new_measure", ()), ("measure", (measure.pk,)),
            ("measure_sheet", (measure.pk, "request")), ("measure_sheet_pdf", (measure.pk, "request")),
        ):  # fmt: skip
            assert client.get(url(name, complaint_case.pk, *args)).status_code == 404, (who, name)
    assert english_client(world.officer).get(url("measure", complaint_case.pk, uuid4())).status_code == 404
    assert (
        english_client(world.officer).get(url("measure_sheet", complaint_case.pk, measure.pk, "diary")).status_code
        == 404
    )


def test_a_reader_reads_and_writes_nothing(world: World, complaint_case):
    measure = notified_ban(world.officer, complaint_case)
    client = english_client(world.reader)
    assert client.get(url("measure", complaint_case.pk, measure.pk)).status_code == 200
    assert client.get(url("new_measure", complaint_case.pk)).status_code == 403
    sent = {"act": "told", "told-request_key": str(uuid7()), "told-whom": "victim", "told-how": "phone",
            "told-at": typed_moment(now())}  # fmt: skip
    assert client.post(url("measure", complaint_case.pk, measure.pk), sent).status_code in (403, 422)
    assert client.get(url("measure_sheet", complaint_case.pk, measure.pk, "request")).status_code == 403


def test_his_side_s_page_says_nothing_of_her(world: World, complaint_case):
    his = all_of_his_side(world, complaint_case)
    measure = notified_ban(world.officer, complaint_case)
    tell_of(world.officer, measure, ToldWhom.VICTIM, words="Appelée chez sa sœur.")
    breach_of(world.officer, measure)
    alarm = ask_measure(world.officer, complaint_case, MeasureKind.MOBILE_ALARM, about=None, act="order")
    client = english_client(his)
    page = client.get(url("measure", complaint_case.pk, measure.pk)).content.decode()
    assert CONDITIONS in page
    words = (KEPT, REASONS, "Appelée", "Il attendait devant chez elle", "The victim", "asked for by")
    for kept in (*words, "Marc Delvaux", "Zone de police A"):
        assert kept not in page, kept
    listed = client.get(url("measures", complaint_case.pk)).content.decode()
    assert "alarm" not in listed.lower()
    assert client.get(url("measure", complaint_case.pk, alarm.pk)).status_code == 404
    timeline = client.get(reverse("cases:timeline", args=[complaint_case.pk])).content.decode()
    assert "Protection measure notified" in timeline
    assert "Protection measure asked for" not in timeline
    assert "Protection measure not respected" not in timeline
    summary = client.get(reverse("cases:summary", args=[complaint_case.pk])).content.decode()
    assert "not been told" not in summary


def test_the_request_is_filled_in_and_the_notification_is_safe_for_him(world: World, complaint_case):
    measure = notified_ban(world.officer, complaint_case)
    client = english_client(world.officer)
    request = client.get(
        url("measure_sheet", complaint_case.pk, measure.pk, "request"), {"sections": ["facts", "risk"]}
    )
    page = request.content.decode()
    for known in ("Yvan Morel-Test", "Fatou Diallo-Test", REASONS, KEPT, PLACES, "BR.43.L1.001234/2026"):
        assert known in page, known
    assert "main droite" in page
    assert "pleure dans la chambre" not in page  # the children’s section was not chosen
    notification = client.get(url("measure_sheet", complaint_case.pk, measure.pk, "notification"))
    page = notification.content.decode()
    sheet = page[page.index("To whom") :]
    for known in ("Yvan Morel-Test", "Fatou Diallo-Test", PLACES, CONDITIONS, "Hearing at the family court"):
        assert known in sheet, known
    for kept in (KEPT, REASONS, "main droite", "0470", "bibliothèque"):
        assert kept not in sheet, kept


def test_the_papers_are_tagged_pdfs(world: World, complaint_case):
    measure = notified_ban(world.officer, complaint_case)
    for which in ("request", "notification"):
        answer = english_client(world.officer).get(url("measure_sheet_pdf", complaint_case.pk, measure.pk, which))
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert complaint_case.reference not in answer["Content-Disposition"]
        if shutil.which("pdftotext"):
            text = subprocess.run(
                ["pdftotext", "-", "-"],
                input=answer.content,
                capture_output=True,
                check=True,  # noqa: S607
            ).stdout.decode()
            assert complaint_case.reference not in text
            if which == "notification":
                assert KEPT not in text


def test_what_the_prosecutor_ordered_becomes_one_measure(world: World, complaint_case):
    with acting_as(world.prosecutor):
        tracking = Tracking.objects.get(case=complaint_case)
        act = board.order(
            by=world.prosecutor, tracking_id=tracking.pk, step="no_contact", whom="perpetrator", on=None,
            until=now() + timedelta(days=40), text="Aucun contact, même par un proche.", request_key=uuid7(),
        )  # fmt: skip
    client = english_client(world.prosecutor)
    offered = url("new_measure", complaint_case.pk) + f"?act={act.pk}"
    assert offered in client.get(reverse("casework:tracked", args=[tracking.pk])).content.decode()
    page = client.get(offered).content.decode()
    assert "Aucun contact, même par un proche." in page
    sent = new_data(
        complaint_case, world.prosecutor, kind="no_contact", act="order", authority="prosecutor",
        board_act=str(act.pk), until=local(act.until).strftime("%Y-%m-%d"),
    )  # fmt: skip
    assert client.post(url("new_measure", complaint_case.pk), sent).status_code == 302
    again = client.post(url("new_measure", complaint_case.pk), sent | {"request_key": str(uuid7())})
    assert again.status_code == 302
    with acting_as(world.prosecutor):
        measure = ProtectionMeasure.objects.get(board_act=act)
        assert ProtectionMeasure.objects.count() == 1
    assert again["Location"] == url("measure", complaint_case.pk, measure.pk)
    shown = client.get(reverse("casework:tracked", args=[tracking.pk])).content.decode()
    assert url("measure", complaint_case.pk, measure.pk) in shown
    with acting_as(world.officer):
        assert TrackingAct.objects.filter(pk=act.pk).exists()
    foreign = url("new_measure", make_report(world.other_officer).case.pk) + f"?act={act.pk}"
    assert english_client(world.other_officer).get(foreign).status_code == 404


def test_hostile_input_is_answered(world: World, complaint_case):
    client = english_client(world.officer)
    for changes in (
        {"conditions": "x" * 10_000},
        {"places": "\x00"},
        {"about": str(uuid4())},
        {"kind": "nonsense"},
        {"until": "31/31/2026"},
        {"protects": ["nonsense"]},
    ):
        sent = new_data(complaint_case, world.officer, **changes)
        assert client.post(url("new_measure", complaint_case.pk), sent).status_code == 422, changes
    sent = new_data(complaint_case, world.officer, request_key="nonsense")
    assert client.post(url("new_measure", complaint_case.pk), sent).status_code == 422
    for raw in ("nonsense", str(uuid4())):
        assert client.get(url("new_measure", complaint_case.pk), {"act": raw}).status_code == 404
        assert client.get(url("new_measure", complaint_case.pk), {"report": raw}).status_code == 404
    measure = ask_measure(world.officer, complaint_case)
    for act in ("", "run_out", "request", "nonsense"):
        assert client.post(url("measure", complaint_case.pk, measure.pk), {"act": act}).status_code == 422


def test_the_summary_and_my_work_say_what_is_missing(world: World, complaint_case):
    measure = notified_ban(world.officer, complaint_case)
    client = english_client(world.officer)
    summary = client.get(reverse("cases:summary", args=[complaint_case.pk])).content.decode()
    assert "She has not been told." in summary
    assert url("measure", complaint_case.pk, measure.pk) in summary
    plan = client.get(reverse("plans:overview", args=[complaint_case.pk])).content.decode()
    assert "Temporary residence ban: notified" in plan
