"""What each person finds on the whole site is what they may read: no more anywhere, and nothing of it missing.

Every free text of every row of a case holds a word of its own (`tests.canaries`). The site is walked as each actor of
the table of answers, by its links and forms and by every named URL. New pages, new tables and new acts told in
`tests.test_permissions.tell` are covered without a line here; a new text that a page shows beyond what the second lock
lets read is a leak, and fails.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from agencies.acting import acting_as
from agencies.models import Membership
from cases.access import for_case
from cases.models import Case, CasePerson
from cases.services import add_contact_point, add_person
from common.clock import now
from common.ids import uuid7
from notifications.tasks import send_waiting_mail
from referrals import drafts, feedback, interpreting
from referrals.models import InterpreterProposal, InterpreterRequest, Referral
from reports.services import save_draft
from riskassessment import services as assessments
from riskassessment.versions import definition_of
from sharing.models import Basis, WayIn
from sharing.services import decide, record_consent, revoke
from tests.actors import as_
from tests.canaries import (
    NOT_TYPED,
    READS,
    Garden,
    bound_models,
    label,
    may_read,
    note_everything,
    plant,
    text_columns,
)
from tests.crawler import Visit, crawl
from tests.factories import report_data
from tests.reading import text_of
from tests.test_permissions import ACTORS, PARAMETERS, Story

pytestmark = pytest.mark.usefixtures("unlogged")

SAMPLE = ("programme", "his_side", "eva", "expired", "excluded", "officer")
"""The actors of `make test`; the long run takes all of them."""

NOT_SHOWN: dict[str, str] = {
    "referrals.Referral.necessity": "kept for the decision it becomes, which shows it",
}
"""Texts that no page shows to who may read them, each with its reason."""

NO_ACT_YET = "its rows are written by acts that tests.test_permissions.tell does not tell yet"
NOT_TOLD: dict[str, str] = {
    "cases.SamePersonEnd": NO_ACT_YET,
    "reports.AttachmentRemoval": NO_ACT_YET,
    "sharing.AuthorisationEnd": NO_ACT_YET,
    "sharing.BreakGlassReview": NO_ACT_YET,
    "sharing.CounterComplaintReview": NO_ACT_YET,
    "sharing.IncidentStep": NO_ACT_YET,
    "sharing.OralDisclosure": NO_ACT_YET,
    "sharing.SharingDecision.particulars": "the story decides on no basis that asks for any",
}
"""Models or columns that the story has no row of, each with its reason. A row that is told needs no line removed."""


@pytest.fixture
def garden(committed_story, owner) -> tuple[Story, Garden]:
    story, world = committed_story, committed_story.world
    case = Case(pk=story.names["case_id"])
    with acting_as(world.officer):
        case = Case.objects.get(pk=case.pk)
        witness = add_person(by=world.officer, case=case, role="witness", given_name="Ida", family_name="Lemaire")
        for person in [witness, *CasePerson.objects.filter(case=case)]:
            add_contact_point(
                by=world.officer, case_person=person, kind="other", value="chez sa sœur", safe="unknown",
                hours="le matin", say="la bibliothèque", must_not_answer="son frère",
            )  # fmt: skip
        save_draft(by=world.officer, draft_id=story.names["draft_id"], data=report_data(), version=0)
        access = for_case(case, world.officer)
        grid = {
            "by": world.officer,
            "case": case,
            "access": access,
            "grid_slug": "counter-checklist",
            "presence": "alone",
        }
        draft = assessments.start(**grid)
        answers = {
            item.id: {"value": "yes", "comment": "elle l'a dit"} for item in definition_of(draft.grid_version).questions
        }
        assessments.save_answers(by=world.officer, assessment_id=draft.pk, answers=answers, version=0)
        decision = decide(
            by=world.officer, case=case, recipient=world.stranger.agency, side="neutral", way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET, grants=["identity:victim"], necessity="Pour un colis.",
        )  # fmt: skip
        revoke(by=world.officer, decision=decision, reason="Le colis est remis.")
    note_everything(world.officer, case)
    _referred(story)
    return story, plant(owner)


def _referred(story: Story) -> None:
    """A referral being written, what a service tells of its work, why an interpreter comes all the same."""
    world, case = story.world, Case(pk=story.names["case_id"])
    with acting_as(world.officer):
        reason = {"reason": "Elle ne peut pas rentrer chez elle."}
        drafts.save(by=world.officer, case_id=case.pk, draft_id=uuid7(), data=reason, version=0)
        his = CasePerson.objects.select_related("case").get(case=case, role="presumed_perpetrator")
        referral = Referral.objects.get(case=case, to_agency=world.programme.agency)
        request = InterpreterRequest.objects.select_related("to_agency").get(pk=story.names["interpreting_id"])
    with acting_as(world.programme):
        consent = record_consent(
            by=world.programme, subject=his, recipients=[world.officer.agency], categories=["perpetrator_work"],
            purpose="Donner des nouvelles", given_how="oral", explained="Qui lira quoi.",
            valid_until=now() + timedelta(days=60),
        )  # fmt: skip
        feedback.give(
            by=world.programme, referral_id=referral.pk, text="Il vient chaque semaine.", basis="consent",
            consent_id=consent.pk, request_key=uuid7(),
        )  # fmt: skip
    service = Membership.objects.select_related("user", "agency").get(agency=request.to_agency)
    with acting_as(service):
        interpreting.propose(
            by=service, request_id=request.pk, interpreter_id=story.names["interpreter_id"], of_community=False,
            knows_somebody=False, out_of_area=True,
        )  # fmt: skip
    with acting_as(world.officer):
        proposal = InterpreterProposal.objects.get(request=request)
        why = {"proposal_id": proposal.pk, "reason": "Personne d'autre ne parle sa langue.", "agreed": True}
        interpreting.confirm(by=world.officer, request_id=request.pk, **why)


def addresses(story: Story) -> list[str]:
    """Where the walk begins: home, and every named URL with the objects of the story."""
    found = ["/"]
    for name in sorted(PARAMETERS):
        if not name.startswith(("account_", "health_")):
            try:
                found.append(story.path(name))
            except (KeyError, NoReverseMatch):
                raise AssertionError(f"{name}: give its ids in tests.test_permissions.tell") from None
    return found


def walk(story: Story, garden: Garden, actor: str, *, most: int) -> tuple[dict[str, str], int]:
    """{word: where it was first found} and how many pages were seen."""
    browser = as_(story.members[actor])
    found: dict[str, str] = {}
    count = 0
    for visit in (*_searches(browser, garden), *crawl(browser, addresses(story), most=most)):
        assert visit.status < 500, visit.address
        count += 1
        for word in garden.found_in(visit.text):
            found.setdefault(word, visit.address)
    return found, count


def _searches(browser: Client, garden: Garden) -> Iterator[Visit]:
    """What is found by each name of the case."""
    for canary in garden.canaries.values():
        if canary.column == "cases.Person.family_name":
            # the word that was searched stands in the form: what is found is asked by its first letters
            answer = browser.post(reverse("cases:search"), {"q": canary.word[:4]})
            yield Visit("POST search", answer.status_code, text_of(answer))


def judge(story: Story, garden: Garden, actor: str, found: dict[str, str], *, whole: bool) -> None:
    member = story.members[actor]
    known = {word: may_read(canary, member) for word, canary in garden.canaries.items()}
    leaks = defaultdict(set)
    for word, where in found.items():
        if not known[word]:
            canary = garden.canaries[word]
            leaks[canary.column].add(f"{_about(canary.row)} at {where}")
    assert not leaks, f"{actor} finds what they may not read:\n" + _lines(leaks)
    if whole:
        missing = defaultdict(set)
        for word, canary in garden.canaries.items():
            ruled = {canary.column, type(canary.row)._meta.label} & set(READS)
            # where only the second lock says who may read it, it says no more than the most that may be shown
            if ruled and known[word] and canary.given and word not in found and canary.column not in NOT_SHOWN:
                missing[canary.column].add(_about(canary.row))
        assert not missing, f"{actor} finds nowhere what they may read:\n" + _lines(missing)


def _about(row) -> str:
    parts = [getattr(row, name, "") for name in ("category", "side", "role", "kind")]
    return ":".join(str(part) for part in parts if part)


def _lines(found: dict[str, set[str]]) -> str:
    return "\n".join(f"{column}: {', '.join(sorted(where))}" for column, where in sorted(found.items()))


@pytest.mark.django_db(transaction=True)
def test_each_finds_what_they_may_read_and_nothing_else(garden):
    story, planted = garden
    for actor in SAMPLE:
        found, count = walk(story, planted, actor, most=100)
        assert count > 40
        judge(story, planted, actor, found, whole=False)
    # what the judge is for: her number with his programme, and a text that somebody should have found
    number = next(one.word for one in planted.canaries.values() if one.word.startswith("+32"))
    with pytest.raises(AssertionError, match="programme finds what they may not read"):
        judge(story, planted, "programme", {number: "GET /somewhere/"}, whole=False)
    with pytest.raises(AssertionError, match="officer finds nowhere what they may read"):
        judge(story, planted, "officer", {}, whole=True)


@pytest.mark.django_db(transaction=True)
def test_every_text_of_a_case_is_marked(garden):
    """A new column is marked as soon as `tests.test_permissions.tell` writes a row of its table."""
    _story, planted = garden
    texts = {label(column) for model in bound_models() for column in text_columns(model)}
    assert len(texts) > 40 and planted.columns() <= texts
    told = {column for column in texts if not {column, column.rpartition(".")[0]} & set(NOT_TOLD)}
    without = told - planted.columns()
    assert not without, (
        f"no row of the story holds {sorted(without)}: write one in tests.test_permissions.tell, or say why the column"
        " holds no typed text (tests.canaries.NOT_TYPED)"
    )
    columns = {label(column) for model in bound_models() for column in model._meta.concrete_fields}
    assert set(NOT_TYPED) <= columns and set(NOT_SHOWN) <= texts
    models = {model._meta.label for model in bound_models()}
    assert set(NOT_TOLD) <= models | texts and set(READS) <= models | texts


@pytest.mark.django_db(transaction=True)
def test_no_mail_holds_a_word_of_a_case(garden):
    _story, planted = garden
    assert send_waiting_mail() and mail.outbox
    for message in mail.outbox:
        said = "\n".join([str(message.message()), message.subject, message.body])
        assert not planted.found_in(said) and "MOVE-20" not in said


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("actor", sorted(set(ACTORS) - {"anonymous", "undecided"}))
def test_the_whole_site_as_each(garden, actor):
    story, planted = garden
    if actor == "accepted":
        from tests.referrals_acts import accept

        with acting_as(story.world.shelter):
            referral = Referral.objects.get(pk=story.names["referral_id"])
        accept(story.world.shelter, referral)
    found, _count = walk(story, planted, actor, most=1500)
    judge(story, planted, actor, found, whole=True)
