import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import Agency
from audit.models import AuditEvent
from cases.models import Case
from common.acting import SystemContext, system_context
from riskassessment.models import Assessment
from riskassessment.versions import definition_of
from tests.factories import make_report, train

from .test_services import CHECKLIST, GRID, REASONS, answers, signed, start

pytestmark = pytest.mark.django_db

ACTS = ("casework:sign_assessment", "casework:conclude_level", "casework:review_assessment")
ITEM_URLS = [("riskassessment:detail", "get"), ("riskassessment:save", "post")]
ITEM_URLS += [(name, method) for name in ACTS for method in ("get", "post")]


@pytest.fixture
def complaint(world):
    return make_report(world.officer, "police_complaint")


def as_(membership) -> Client:
    client = Client()
    client.force_login(membership.user)
    return client


def url(name, assessment) -> str:
    return reverse(name, args=[assessment.case_id, assessment.pk])


def typed(assessment, version=0, value="no", comments=(), **changes) -> dict:
    """What the browser sends for a grid."""
    grid = definition_of(assessment.grid_version)
    sent = {f"a-{item}": answer for item, answer in answers(grid, value, **changes).items() if answer}
    return sent | {f"c-{item.id}": dict(comments).get(item.id, "") for item in grid.questions} | {"version": version}


def fetch(client, address, data):
    return client.post(address, data, headers={"X-Requested-With": "fetch"})


# --- the way through ------------------------------------------------------------------------------------------
def test_an_officer_starts_answers_signs_and_concludes(world, complaint):
    client = as_(world.officer)
    listing = client.get(reverse("riskassessment:case_list", args=[complaint.case_id]))
    assert listing.status_code == 200 and GRID in listing.content.decode() and CHECKLIST in listing.content.decode()
    begun = client.post(reverse("riskassessment:start", args=[complaint.case_id]), {"grid": GRID, "presence": "alone"})
    with acting_as(world.officer):
        draft = Assessment.objects.select_related("grid_version").get()
    assert draft.report_id == complaint.pk, "the latest report is the event"
    assert begun["Location"] == url("riskassessment:detail", draft)

    page = client.get(begun["Location"]).content.decode()
    assert page.count('type="radio"') == 22 * 4 and "COL 15/2020" in page, "what it is not is said"
    assert "data-autosave-url" in page and 'value="0" aria-label' in page
    saved = fetch(client, url("riskassessment:save", draft), typed(draft, value="", strangulation="yes"))
    assert saved.status_code == 200 and saved.json()["version"] == 1

    done = client.post(
        url("casework:sign_assessment", draft), typed(draft, 1, strangulation="yes", fear_killed="unknown")
    )
    assert done.status_code == 302 and done["Location"] == url("riskassessment:detail", draft)
    result = client.get(done["Location"]).content.decode()
    assert "level-high" in result and "serré le cou" in result and "COL 15/2020" in result
    assert "craint-elle" in result and world.prosecutor.agency.name in result
    assert 'type="radio" name="level"' in result and "checked" not in result, "no level is chosen in advance"

    concluded = client.post(url("casework:conclude_level", draft), {"level": "critical", "justification": REASONS})
    assert concluded.status_code == 302
    page = client.get(url("riskassessment:detail", draft)).content.decode()
    assert REASONS in page and 'name="justification"' not in page
    with acting_as(world.officer):
        assert Case.objects.get().level == "critical"


def test_no_score_shows_before_signing(world, complaint):
    draft = start(world.officer, complaint)
    client = as_(world.officer)
    fetch(client, url("riskassessment:save", draft), typed(draft, value="yes"))
    page = client.get(url("riskassessment:detail", draft)).content.decode()
    assert "level-critical" not in page and "result-levels" not in page
    for address in (url("casework:sign_assessment", draft), url("casework:conclude_level", draft)):
        assert client.get(address).status_code == 302, "the address of an act leads back to the page"


def test_the_five_questions_sign_without_a_level(world, complaint):
    draft = start(world.officer, complaint, CHECKLIST)
    client = as_(world.officer)
    page = client.get(url("riskassessment:detail", draft)).content.decode()
    assert page.count('type="radio"') == 5 * 4 and "critical-left" not in page
    assert client.post(url("casework:sign_assessment", draft), typed(draft, value="yes")).status_code == 302
    result = client.get(url("riskassessment:detail", draft)).content.decode()
    assert "result-levels" not in result and 'name="level"' not in result
    assert (
        client.post(url("casework:conclude_level", draft), {"level": "low", "justification": REASONS}).status_code
        == 422
    )


# --- what is refused ------------------------------------------------------------------------------------------
def test_critical_questions_left_are_said_on_top_and_nothing_typed_is_lost(world, complaint):
    draft = start(world.officer, complaint)
    sent = typed(draft, strangulation="not_asked", comments={"stalking": "Dix messages par jour."})
    refused = as_(world.officer).post(url("casework:sign_assessment", draft), sent)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "data-error-summary" in page and 'href="#id_a-strangulation"' in page and 'id="id_a-strangulation"' in page
    assert "Dix messages par jour." in page and page.count("checked") == 22
    with acting_as(world.officer):
        assert Assessment.objects.get().signed_at is None and Assessment.objects.get().answers == {}


def test_two_people_see_both_values(world, complaint):
    draft = start(world.officer, complaint)
    mine, theirs = as_(world.officer), as_(world.police_referent)
    assert fetch(mine, url("riskassessment:save", draft), typed(draft, escalation="yes")).status_code == 200
    stale = fetch(theirs, url("riskassessment:save", draft), typed(draft, escalation="unknown"))
    assert stale.status_code == 409
    (conflict,) = stale.json()["conflicts"]
    assert (conflict["field"], conflict["theirs"], conflict["yours"]) == ("a-escalation", "yes", "unknown")
    page = theirs.post(url("casework:sign_assessment", draft), typed(draft, escalation="unknown"))
    assert page.status_code == 409 and 'name="version" value="1"' in page.content.decode()
    assert theirs.post(url("casework:sign_assessment", draft), typed(draft, 1, escalation="unknown")).status_code == 302


def test_saving_without_a_script_and_saving_nonsense(world, complaint):
    draft = start(world.officer, complaint)
    client = as_(world.officer)
    kept = client.post(url("riskassessment:save", draft), typed(draft, value="", stalking="yes"))
    assert kept["Location"] == reverse("riskassessment:case_list", args=[draft.case_id])
    wrong = typed(draft, 1, stalking="perhaps")
    assert fetch(client, url("riskassessment:save", draft), wrong).status_code == 400
    assert client.post(url("riskassessment:save", draft), wrong).status_code == 422
    assert client.post(url("riskassessment:save", draft), typed(draft, "x", stalking="no")).status_code == 409
    signed_one = signed(world.officer, complaint, CHECKLIST)
    assert fetch(client, url("riskassessment:save", signed_one), typed(signed_one)).status_code == 403


def test_a_double_click_signs_once_and_late_changes_are_not_lost_silently(world, complaint):
    draft = start(world.officer, complaint)
    client, colleague = as_(world.officer), as_(world.police_referent)
    sent = typed(draft)
    assert [client.post(url("casework:sign_assessment", draft), sent).status_code for _ in range(2)] == [302, 302]
    late = colleague.post(url("casework:sign_assessment", draft), typed(draft, strangulation="yes"), follow=True)
    assert "notice-warning" in late.content.decode()
    with acting_as(world.officer):
        assert Assessment.objects.get().indicative_level == "low"


def test_a_conclusion_without_reasons_comes_back_with_what_was_chosen(world, complaint):
    assessment = signed(world.officer, complaint, strangulation="yes")
    refused = as_(world.officer).post(
        url("casework:conclude_level", assessment), {"level": "moderate", "justification": "non"}
    )
    page = refused.content.decode()
    assert refused.status_code == 422 and "data-error-summary" in page and "non</textarea>" in page
    assert page.count("checked") == 1


def test_a_lower_level_is_verified_from_the_page_by_somebody_else_trained(world, complaint):
    assessment = signed(world.police_referent, complaint, strangulation="yes")
    author, senior = as_(world.police_referent), as_(world.police_manager)
    author.post(url("casework:conclude_level", assessment), {"level": "low", "justification": REASONS})
    address = url("casework:review_assessment", assessment)
    verdict = {"verdict": "validated"}
    assert address not in senior.get(url("riskassessment:detail", assessment)).content.decode(), "not trained yet"
    assert senior.post(address, verdict).status_code == 403
    train(world.police_referent, world.police_manager)
    assert address not in author.get(url("riskassessment:detail", assessment)).content.decode()
    assert author.post(address, verdict).status_code == 403
    assert address not in as_(world.officer).get(url("riskassessment:detail", assessment)).content.decode()
    assert address in senior.get(url("riskassessment:detail", assessment)).content.decode()
    assert senior.post(address, {}).status_code == 422
    assert senior.post(address, verdict).status_code == 302
    with acting_as(world.officer):
        case = Case.objects.get()
        assert (case.level, case.level_provisional) == ("low", False)


def test_without_a_prosecutor_the_page_says_so_and_offers_to_send_again(world, complaint):
    with system_context(SystemContext.REFERENCE):
        Agency.objects.filter(kind="prosecutor").update(is_active=False)
    draft = start(world.officer, complaint)
    client = as_(world.officer)
    page = client.post(url("casework:sign_assessment", draft), typed(draft), follow=True).content.decode()
    assert "notice-error" in page and f'action="{url("casework:sign_assessment", draft)}"' in page
    with system_context(SystemContext.REFERENCE):
        Agency.objects.filter(kind="prosecutor").update(is_active=True)
    sent = client.post(url("casework:sign_assessment", draft), follow=True).content.decode()
    assert "notice-error" not in sent and world.prosecutor.agency.name in sent


# --- who sees -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "who", ["stranger", "other_officer", "shelter", "programme", "prosecutor", "eva", "platform_admin"]
)
def test_other_agencies_get_404_everywhere(world, who):
    report = make_report(world.officer)
    assessment = signed(world.officer, report, strangulation="yes")
    client = as_(getattr(world, who))
    for name, method in ITEM_URLS:
        assert getattr(client, method)(url(name, assessment)).status_code == 404, (name, method)
    takes_part = who == "eva"  # it finds the room, to fill in grids of its own; this one is not for its kind
    listed = client.get(reverse("riskassessment:case_list", args=[report.case_id]))
    assert listed.status_code == (200 if takes_part else 404) and str(assessment.pk) not in listed.content.decode()
    begun = client.post(reverse("riskassessment:start", args=[report.case_id]), {"grid": GRID, "presence": "alone"})
    assert begun.status_code == (403 if takes_part else 404)
    with acting_as(getattr(world, who)):
        assert not Assessment.objects.exists()


def test_an_assessment_is_reached_through_its_own_case_only(world, complaint):
    assessment = signed(world.officer, complaint)
    elsewhere = make_report(world.officer)
    client = as_(world.officer)
    for name, method in ITEM_URLS:
        for ids in ([elsewhere.case_id, assessment.pk], [complaint.case_id, uuid4()]):
            assert getattr(client, method)(reverse(name, args=ids)).status_code == 404, (name, method)
    wrong = {"grid": GRID, "report": elsewhere.pk}
    assert client.post(reverse("riskassessment:start", args=[complaint.case_id]), wrong).status_code == 404
    assert (
        client.post(reverse("riskassessment:start", args=[complaint.case_id]), wrong | {"report": "x"}).status_code
        == 404
    )


def test_the_cell_that_calls_at_j2_finds_the_room_and_no_level(world, complaint):
    signed(world.officer, complaint, strangulation="yes")
    client = as_(world.eva)
    address = reverse("riskassessment:case_list", args=[complaint.case_id])
    for page in (client.get(address), client.get(reverse("cases:summary", args=[complaint.case_id]))):
        assert page.status_code == 200
        assert address in page.content.decode() and "level-high" not in page.content.decode()


def test_the_prosecutor_reads_after_the_signature_and_concludes_nothing(world, complaint):
    draft = start(world.officer, complaint)
    client = as_(world.prosecutor)
    assert client.get(url("riskassessment:detail", draft)).status_code == 404
    as_(world.officer).post(url("casework:sign_assessment", draft), typed(draft, strangulation="yes"))
    page = client.get(url("riskassessment:detail", draft))
    assert page.status_code == 200 and "level-high" in page.content.decode()
    assert 'name="justification"' not in page.content.decode()
    refused = client.post(url("casework:conclude_level", draft), {"level": "high", "justification": REASONS})
    assert refused.status_code == 403
    another = start(world.officer, complaint)
    assert client.get(url("riskassessment:detail", another)).status_code == 404, "drafts stay in their agency"
    assert (
        str(another.pk)
        not in client.get(reverse("riskassessment:case_list", args=[complaint.case_id])).content.decode()
    )


def test_who_receives_the_level_only_reads_no_answer(world, complaint):
    from sharing.services import decide

    assessment = signed(world.officer, complaint, strangulation="yes")
    with acting_as(world.officer):
        decide(
            by=world.officer, case=complaint.case, recipient=world.other_officer.agency, side="neutral",
            way_in="referral", basis="legal_obligation", legal_text="texte", grants=["level:case"], necessity="essai",
        )  # fmt: skip
    client = as_(world.other_officer)
    page = client.get(reverse("riskassessment:case_list", args=[complaint.case_id]))
    assert page.status_code == 200 and "level-high" in page.content.decode()
    assert str(assessment.pk) not in page.content.decode()
    assert client.get(url("riskassessment:detail", assessment)).status_code == 404


def test_a_reader_reads_and_acts_on_nothing(world, complaint):
    draft = start(world.officer, complaint)
    assessment = signed(world.officer, complaint, CHECKLIST)
    client = as_(world.reader)
    page = client.get(url("riskassessment:detail", draft)).content.decode()
    assert "data-autosave-url" not in page and "disabled" in page
    assert 'name="grid"' not in client.get(reverse("riskassessment:case_list", args=[draft.case_id])).content.decode()
    assert client.get(url("riskassessment:detail", assessment)).status_code == 200
    assert client.post(reverse("riskassessment:start", args=[draft.case_id]), {"grid": GRID}).status_code == 403
    assert fetch(client, url("riskassessment:save", draft), typed(draft)).status_code == 403
    assert client.post(url("casework:sign_assessment", draft), typed(draft)).status_code == 403
    done = signed(world.officer, complaint)
    concluded = client.post(url("casework:conclude_level", done), {"level": "low", "justification": REASONS})
    assert concluded.status_code == 403


def test_visitors_are_sent_to_log_in(world, complaint):
    draft = start(world.officer, complaint)
    client = Client()
    assert client.get(url("riskassessment:detail", draft)).status_code == 302
    assert fetch(client, url("riskassessment:save", draft), typed(draft)).status_code == 401


# --- records and speed ----------------------------------------------------------------------------------------
def test_reading_leaves_a_trace_and_a_refusal_too(world, complaint):
    assessment = signed(world.officer, complaint)
    as_(world.reader).get(url("riskassessment:detail", assessment))
    with acting_as(world.reader):
        event = AuditEvent.objects.get(user_id=world.reader.user_id, action="read")
        assert (event.object_id, event.fields) == (assessment.pk, ["risk:case", "level:case"])
    as_(world.stranger).get(url("riskassessment:detail", assessment))
    with acting_as(world.stranger):
        assert AuditEvent.objects.filter(user_id=world.stranger.user_id, action="refused").exists()


def counted(client, address) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(address).status_code == 200
    return sum(not q["sql"].startswith(("SAVEPOINT", "RELEASE", "SELECT set_config")) for q in found)


def test_pages_cost_the_same_whatever_the_number_of_assessments(world, complaint):
    client = as_(world.officer)
    assessment = signed(world.officer, complaint, strangulation="yes")
    listing = reverse("riskassessment:case_list", args=[complaint.case_id])
    pages = [
        listing,
        url("riskassessment:detail", assessment),
        url("riskassessment:detail", start(world.officer, complaint)),
    ]
    before = [counted(client, address) for address in pages]
    for _number in range(3):
        signed(world.officer, complaint, CHECKLIST)
        done = signed(world.officer, complaint, strangulation="yes")
        client.post(url("casework:conclude_level", done), {"level": "high", "justification": REASONS})
    start(world.officer, complaint, CHECKLIST)
    pages[2] = url("riskassessment:detail", start(world.officer, complaint))
    after = [counted(client, address) for address in pages]
    assert after == before and max(after) <= 24, json.dumps({"before": before, "after": after})
