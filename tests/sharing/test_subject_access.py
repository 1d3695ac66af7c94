"""“Who had access to my data”: who may ask, who checks and answers, what the paper says and never says."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import Http404
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Role
from audit.models import Action, AuditEvent
from audit.services import record
from cases.access import for_case, get_case
from cases.enums import VIEW_CASE, VIEW_OWN_WORK
from cases.models import Case
from casework.work import sections
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, local, now, travel
from common.errors import Refused, RuleBroken
from sharing import perms, subject_access
from sharing.models import (
    OralDisclosure,
    SharingDecision,
    SubjectAnswer,
    SubjectCheck,
    SubjectCheckWords,
    SubjectRequest,
)
from sharing.services import decide, revoke
from sharing.subject_access import due_on, is_overdue
from tests.actors import all_of_his_side, as_, excluded_colleague
from tests.factories import make_agency, make_member, make_report
from tests.reading import text_of, words
from tests.referrals_acts import accept, send

from .subject_acts import SAFE, answer, ask, conclude, look, person, refuse

pytestmark = pytest.mark.django_db

HERS = "Maison du Tilleul"
LAWYER = {"asked_by": "lawyer", "verified": "mandate"}
FOR_HER = {"asked_by": "representative", "verified": "mandate"}
JUDICIAL = ("Zone de police", "Parquet", "Maison de justice")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def case(world):
    """Police recorded, her cell calls, her shelter and his programme take part."""
    found = make_report(world.officer).case
    accept(world.shelter, send(world.officer, found, world.shelter))
    accept(world.programme, send(world.officer, found, world.programme, role="presumed_perpetrator", need="other"))
    return found


@pytest.fixture
def programme_referent(world):
    return make_member(world.programme.agency, Role.REFERENT)


def said(content):
    """The words of a paper, wherever its lines break."""
    return " ".join(words(content).split())


def path(name, request):
    return reverse(f"sharing:{name}", args=[request.case_id, request.pk])


def opened_to(by, case, agency, grants, *, side="victim", basis="shared_secret", **more):
    with acting_as(by):
        return decide(
            by=by, case=case, recipient=agency, side=side, way_in="referral", basis=basis, grants=grants,
            necessity="Pour un rendez-vous.", **more,
        )  # fmt: skip


# --- who asks ---------------------------------------------------------------------------------------------------
def test_a_senior_of_a_service_that_works_with_her_writes_it_down_once(world, case):
    key = uuid4()
    written = ask(world.eva_referent, case, key=key)
    assert (written.side, written.agency_id) == ("victim", world.eva.agency_id)
    assert ask(world.eva_referent, case, key=key).pk == written.pk, "sent twice, it is one request"
    with acting_as(world.eva_referent):
        event = AuditEvent.objects.get(object_id=written.pk, action=Action.DECIDED)
        assert (event.object_kind, event.reason) == ("sharing.SubjectRequest", "subject")


@pytest.mark.parametrize("who", ["eva", "officer", "shelter", "prosecutor", "reader"])
def test_who_is_no_senior_does_not(world, case, who):
    member = getattr(world, who)
    if who == "prosecutor":
        opened_to(world.officer, case, member.agency, ["identity:victim"], side="neutral")
    with pytest.raises(Refused):
        ask(member, case)


def test_who_is_asked_but_no_senior_reads_who_writes_it_down(world, case):
    """Nobody who works with the person stands before a page that says nothing of their question."""
    for member, senior in ((world.eva, False), (world.programme, False), (world.eva_referent, True)):
        shown = as_(member).get(reverse("cases:people", args=[case.pk])).content.decode()
        assert ("le mois pour répondre a commencé" in shown) is not senior, member.role
        assert ("/subject/" in shown) is senior, member.role


def test_his_side_neither_finds_her_nor_asks_for_her_or_the_child(world, case, programme_referent):
    her, child = person(case, "victim", world.officer), person(case, "child", world.officer)
    client = as_(programme_referent)
    for each in (her, child):
        address = reverse("sharing:subject_new", args=[case.pk, each.pk])
        assert client.get(address).status_code == client.post(address).status_code == 404
    with acting_as(programme_referent):
        found, access = get_case(case.pk, programme_referent)
        with pytest.raises(Refused):
            subject_access.write_request(
                by=programme_referent, case=found, access=access, subject=her, asked=subject_access.Asked(),
                request_key=uuid4(),
            )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "changes", "field", "said"),
    [
        ("victim", LAWYER | {"asker_name": "Yvan Morel-Test"}, "asked_by", "no right"),
        ("child", FOR_HER | {"asker_name": "MOREL-TEST Yvan"}, "asked_by", "no right"),
        ("child", {}, "asked_by", "under 18"),
        ("victim", {"asked_by": "representative"}, "asked_by", "Name who asks"),
        ("victim", LAWYER | {"asker_name": "Me Dupont", "verified": "document"}, "verified", "mandate"),
        ("victim", {"asked_by": "subject", "asker_name": "Me Dupont"}, "asked_by", "or somebody for them"),
        ("victim", {"asked_by": ""}, "asked_by", "who asks"),
        ("victim", {"verified": ""}, "verified", "made sure"),
        ("victim", {"verified_note": "x" * 10_000}, "verified_note", "500"),
        ("victim", LAWYER | {"asker_name": "x" * 10_000}, "asker_name", "200"),
        ("victim", {"received_on": None}, "received_on", "which day"),
        ("victim", {"received_on": date(2090, 1, 1)}, "received_on", "future"),
        ("presumed_perpetrator", FOR_HER, "asked_by", "Name who asks"),
    ],
)  # fmt: skip
def test_every_refusal_is_a_sentence_by_its_field(world, case, role, changes, field, said):
    with pytest.raises(RuleBroken) as broken:
        ask(world.police_referent, case, role, **changes)
    assert said in str(broken.value.errors[field][0])


def test_he_represents_nobody_and_nobody_of_the_case_asks_for_him(world, case):
    him, her = person(case, "presumed_perpetrator", world.officer), person(case, "victim", world.officer)
    for role, who in (("child", him), ("victim", him), ("presumed_perpetrator", her)):
        with pytest.raises(RuleBroken) as broken:
            ask(
                world.police_referent,
                case,
                role,
                asked_by="representative",
                representative_id=who.pk,
                verified="mandate",
            )
        assert "asked_by" in broken.value.errors
    for_the_child = ask(
        world.police_referent, case, "child", asked_by="representative", representative_id=her.pk, verified="mandate"
    )
    assert not subject_access.needs_check(for_the_child), "her mother knows which services follow them"
    by_another = ask(
        world.police_referent, case, "child", asked_by="representative", asker_name="Ida Lemaire", verified="mandate"
    )
    assert subject_access.needs_check(by_another), "somebody else would read which services follow her"
    assert subject_access.needs_check(ask(world.police_referent, case, asker_name="Me Dupont", **LAWYER))
    assert not subject_access.needs_check(ask(world.police_referent, case)), "she asks herself"


def test_a_child_of_an_age_to_ask_and_a_lawyer_are_checked_first(world, case, settings):
    """He may have sent them, and her list names who follows her."""
    settings.CHILD_CONSENT_AGE = 0
    for request in (
        ask(world.police_manager, case, "child"),
        ask(world.police_manager, case, asker_name="Me Dupont", **LAWYER),
    ):
        with pytest.raises(RuleBroken, match="second person"):
            answer(world.police_manager, request)
        with pytest.raises(RuleBroken) as broken:
            conclude(world.police_referent, request, findings=SAFE | {"pressure": "yes"})
        assert "conclusion" in broken.value.errors
        conclude(world.police_referent, request, findings=SAFE | {"services": "yes", "place": "unknown"})
        assert HERS in said(answer(world.police_manager, request)[1])


# --- who may know of it -----------------------------------------------------------------------------------------
def test_who_may_not_know_of_a_request_finds_none(world, case, programme_referent):
    hers, his = ask(world.police_manager, case), ask(world.police_manager, case, "presumed_perpetrator")
    stranger, excluded = world.stranger, excluded_colleague(world, case)
    for member, hidden in (
        (programme_referent, [hers]),
        (world.eva_referent, [his]),  # who does not know who he is
        (world.shelter, [his]),
        (stranger, [hers, his]),
        (excluded, [hers, his]),
        (world.other_officer, [hers, his]),
    ):
        client = as_(member)
        for each in hidden:
            assert client.get(path("subject_request", each)).status_code == 404, member.agency
            assert client.get(path("subject_document", each)).status_code == 404
            for act in ("subject_check", "subject_answer", "subject_refuse"):
                assert client.post(path(act, each)).status_code == 404
    assert as_(programme_referent).get(path("subject_request", his)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_the_second_lock_says_the_same(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    accept(world.shelter, send(world.officer, case, world.shelter))
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    hers, his = ask(world.police_manager, case), ask(world.police_manager, case, "presumed_perpetrator")
    conclude(world.police_referent, his)
    answer(world.police_manager, hers), answer(world.police_manager, his)
    tables = (SubjectRequest, SubjectCheck, SubjectCheckWords, SubjectAnswer)

    def counts(member):
        with acting_as(member):
            return [model.objects.count() for model in tables]

    assert counts(world.officer) == [2, 1, 1, 2]
    assert counts(world.programme) == [1, 1, 0, 1], "of his, and never what the check rests on"
    with acting_as(world.programme):
        assert SubjectRequest.objects.get().side == SubjectAnswer.objects.get().request.side == "perpetrator"
    assert counts(world.shelter) == [1, 0, 0, 1] == counts(world.eva)
    assert counts(world.stranger) == counts(world.other_officer) == [0, 0, 0, 0]
    assert [model.objects.count() for model in tables] == [0, 0, 0, 0], "without a context"
    for context in SystemContext:
        with system_context(context):
            assert SubjectAnswer.objects.count() == 0, context


def test_nothing_of_it_changes_for_anybody(world, case, owner):
    his = ask(world.police_manager, case, "presumed_perpetrator")
    check = conclude(world.police_referent, his)
    given, _content = answer(world.police_manager, his)
    rows = (his, check, check.words, given)
    for row in rows:
        for sql in ("UPDATE {} SET agency_id = agency_id WHERE id = %s", "DELETE FROM {} WHERE id = %s"):
            with acting_as(world.police_manager), pytest.raises(DatabaseError), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(sql.format(row._meta.db_table), [row.pk])
    for row in rows:
        table = row._meta.db_table
        triggers = owner.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", [table]).fetchall()
        assert {f"{table}_append_only", f"{table}_no_truncate"} <= {name for (name,) in triggers}


def test_no_row_is_written_in_anothers_name_and_nobody_checks_their_own(world, case):
    """The second lock says what the services say, where a service forgets to."""
    his = ask(world.police_manager, case, "presumed_perpetrator")
    me, other = world.police_manager, world.police_referent

    def check(by, checked_by, **changes):
        given = {"case": his.case, "request": his, "conclusion": "answer", "covers": "x", "request_key": uuid4()}
        given |= {"agency": by.agency, "checked_by": checked_by.user}
        with acting_as(by), transaction.atomic():
            return SubjectCheck.objects.create(**given | changes)

    def answered(by, answered_by):
        given = {"case": his.case, "request": his, "outcome": "given", "document": {}, "lines": 0, "digest": "x"}
        with acting_as(by), transaction.atomic():
            SubjectAnswer.objects.create(**given, language="en", agency=by.agency, answered_by=answered_by.user)

    for false in (
        lambda: check(me, me),  # who wrote the request down
        lambda: check(me, other),  # in the name of the second person
        lambda: check(other, other, agency=world.eva.agency),
        lambda: check(world.stranger, world.stranger),  # who cannot read the request
        lambda: answered(me, other),
    ):
        with pytest.raises(DatabaseError, match="row-level security"):
            false()
    assert check(other, other).pk


@pytest.mark.django_db(transaction=True)
def test_the_owner_changes_nothing_either(committed_world, owner):
    world = committed_world
    case = make_report(world.officer).case
    his = ask(world.police_manager, case, "presumed_perpetrator")
    conclude(world.police_referent, his)
    answer(world.police_manager, his)
    for model in (SubjectRequest, SubjectCheck, SubjectCheckWords, SubjectAnswer):
        table = model._meta.db_table
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
        for sql in (f"UPDATE {table} SET agency_id = agency_id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(Exception, match="append-only|never|refuse|changed"):
                owner.execute(sql)


def test_who_comes_to_his_side_finds_no_request_of_hers_any_more(world, case):
    """Its own included: the paper names every service that follows her."""
    referent = make_member(make_agency(AgencyKind.CPAS, "CPAS Quux"), Role.REFERENT)
    opened_to(world.officer, case, referent.agency, ["identity:victim"], contributes=True)
    hers = ask(referent, case)
    answer(world.police_manager, hers)
    client = as_(referent)
    assert HERS in said(client.get(path("subject_document", hers)).content)
    opened_to(world.officer, case, referent.agency, ["identity:perpetrator"], side="perpetrator", contributes=True)
    for name in ("subject_request", "subject_document"):
        assert client.get(path(name, hers)).status_code == 404
    assert f"/{hers.pk}/" not in client.get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    with acting_as(referent):
        found, access = get_case(case.pk, referent)
        assert access.side == "perpetrator" and not perms.may_hand_subject_answer(referent, found, access, hers)
        assert not SubjectRequest.objects.of_case(access).exists()
        assert not any(model.objects.exists() for model in (SubjectRequest, SubjectAnswer)), "the second lock says so"
    his = ask(referent, case, "presumed_perpetrator")
    assert client.get(path("subject_request", his)).status_code == 200


def test_who_takes_no_part_any_more_hands_nothing_over(world, case):
    referent = make_member(make_agency(AgencyKind.CPAS, "CPAS Quux"), Role.REFERENT)
    opened_to(
        world.officer, case, referent.agency, ["identity:victim"], contributes=True, ends_at=now() + timedelta(hours=1)
    )
    hers = ask(referent, case)
    answer(world.police_manager, hers)
    with acting_as(referent):
        found, access = get_case(case.pk, referent)
        assert perms.may_hand_subject_answer(referent, found, access, hers)
        ended = replace(access, grants={name: None for name in (VIEW_CASE, VIEW_OWN_WORK)})
        assert not perms.may_hand_subject_answer(referent, found, ended, hers)


# --- the list ---------------------------------------------------------------------------------------------------
def names(lines):
    return [line.name for line in lines]


def test_her_list_names_services_and_holds_back_police_and_justice(world, case):
    told = look(world.police_manager, ask(world.police_manager, case))
    assert names(told.lines) == ["Cellule EVA A", HERS]
    assert {held.name for held in told.held} == {"Zone de police A"} and told.held[0].why == "judicial"
    assert "facts:case" in told.held[0].pairs
    cell = told.lines[0]
    assert {"identity:victim", "contact:victim"} <= cell.pairs and not any(
        pair.endswith(":case") for pair in cell.pairs
    )
    assert cell.periods[0][0] == local(now()).date()


def test_what_she_agreed_to_is_told_even_of_police(world, case):
    """Her own consent is no secret to her; their records are."""
    from sharing.models import Consent

    with acting_as(world.officer):
        consent = Consent.objects.get(case=case, side="victim", decisions__way_in="j2_contact")
        row = SharingDecision.objects.get(consent=consent, way_in="j2_contact")
        SharingDecision.objects.create(
            case=case, recipient=world.other_officer.agency, side="neutral", way_in="decision", basis="consent",
            grants=["identity:victim", "facts:case"], consent=consent, necessity="x", accurate_on=row.accurate_on,
            decided_by=world.officer.user, agency=world.officer.agency,
        )  # fmt: skip
    told = look(world.police_manager, ask(world.police_manager, case))
    (line,) = [line for line in told.lines if line.name == "Zone de police B"]
    assert line.pairs == {"identity:victim"}
    assert {"facts:case"} == next(held.pairs for held in told.held if held.name == "Zone de police B")


def test_ends_revocations_and_what_begins_later(world, case):
    cpas = world.stranger.agency
    decision = opened_to(world.officer, case, cpas, ["identity:victim"])
    later = make_agency(AgencyKind.HOSPITAL, "Hôpital Sud")
    opened_to(world.officer, case, later, ["identity:victim"], starts_at=now() + timedelta(days=3))
    request = ask(world.police_manager, case)
    assert next(line for line in look(world.police_manager, request).lines if line.name == "CPAS Est").periods == [
        (local(now()).date(), None)
    ]
    with travel(now() + timedelta(days=1)), acting_as(world.officer):
        revoke(by=world.officer, decision=decision, reason="Le colis est remis.")
    with travel(now() + timedelta(days=2)):
        told = look(world.police_manager, request)
        (line,) = [line for line in told.lines if line.name == "CPAS Est"]
        assert line.periods[0][1] is not None and "Hôpital Sud" not in names(told.lines)


def test_days_really_read_are_those_of_its_pairs_while_it_could(world, case):
    request = ask(world.police_manager, case)
    shelter = as_(world.shelter)
    for name in ("cases:people", "cases:summary"):
        assert shelter.get(reverse(name, args=[case.pk])).status_code == 200
    with acting_as(world.shelter):  # reading what is not about her is no reading of hers
        record(action=Action.READ, case_id=case.pk, object_kind="cases.x", fields=["perpetrator_work:perpetrator"])
    told = look(world.police_manager, request)
    line = next(line for line in told.lines if line.name == HERS)
    assert line.reads == [local(now()).date()]
    assert next(line for line in told.lines if line.name == "Cellule EVA A").reads == []
    assert len(names(told.lines)) == len(set(names(told.lines)))


def test_what_was_said_aloud_to_a_service_is_told(world, case):
    cpas = world.stranger.agency
    with acting_as(world.officer):
        OralDisclosure.objects.create(
            case=case, to_agency=cpas, to_whom="Mme Zzyzx", grants=["identity:victim"], basis="consent",
            said_at=now(), agency=world.officer.agency, said_by=world.officer.user,
        )  # fmt: skip
    request = ask(world.police_manager, case)
    (line,) = [line for line in look(world.police_manager, request).lines if line.name == "CPAS Est"]
    assert line.said_on == {local(now()).date()} and line.periods == []
    _given, content = answer(world.police_manager, request)
    assert "Told aloud" in said(content) and "Zzyzx" not in said(content), "services, never people"


# --- the answer -------------------------------------------------------------------------------------------------
def test_she_is_answered_on_a_paper_that_can_be_made_again(world, case):
    request = ask(world.police_manager, case)
    given, content = answer(world.police_manager, request)
    text = said(content)
    assert content.startswith(b"%PDF-") and given.lines == 2
    assert HERS in text and "Cellule EVA A" in text and "Autorité de protection des données" in text
    assert given.digest == hashlib.sha256(content).hexdigest()
    with travel(now() + timedelta(days=9)), translation.override("fr"):
        again = as_(world.police_referent).get(path("subject_document", request))
    assert again.content == content, "the same file, whoever takes it, whenever, in whatever language"
    assert 'filename="acces-aux-donnees.pdf"' in again["Content-Disposition"] and "no-store" in again["Cache-Control"]
    with acting_as(world.police_manager):
        assert AuditEvent.objects.get(action=Action.EXPORTED, object_kind="sharing.SubjectAnswer").object_id == given.pk
    second, same = answer(world.police_manager, request)
    assert second.pk == given.pk and same == content, "sent twice, it is one answer"
    for name in ("Marc Delvaux", "Delvaux", "Leïla", "Amrani"):
        assert name not in text, "nobody of a service is named"
    assert case.reference not in text


def test_the_paper_says_the_same_whether_or_not_something_is_withheld(world, case, owner):
    """Two cases of the same district: one whose services also received police records, one without."""
    first = ask(world.eva_referent, case)
    told = look(world.eva_referent, first)
    assert told.held and told.handles, "the cell handles what it wrote down"
    _given, with_held = answer(world.eva_referent, first)
    only = subject_access.subject_paper.given(first, told.lines, contact=first.agency)
    assert only == _given.document, "what is held back is not even given to who writes the words"
    for each in JUDICIAL:
        assert each not in said(with_held)
    for betrays in ("withheld", "police", "justice", "held back", "art. 14", "review"):
        assert betrays not in said(with_held).lower(), betrays
    # the same lines, and nothing held back at all
    from sharing.subject_lines import Source, sort_out

    source = Source(uuid4(), HERS, "shelter", ("identity:victim",), "consent", now())
    police = Source(uuid4(), "Zone de police A", "police", ("identity:victim", "facts:case"), "own_record", now())
    judicial = Source(
        source.agency_id, HERS, "shelter", ("facts:case", "level:case"), "prosecutor_authorisation", now()
    )
    bare, nothing = sort_out([source], role="victim")
    full, held = sort_out([source, police, judicial], role="victim")
    assert not nothing and len(held) == 2
    papers = [subject_access.subject_paper.given(first, lines, contact=first.agency) for lines in (bare, full)]
    assert papers[0] == papers[1]
    none = [
        subject_access.subject_paper.given(first, sort_out(found, role="victim")[0], contact=first.agency)
        for found in ([], [police, judicial])
    ]
    assert none[0] == none[1], "a list that is empty says the same"


def test_a_list_that_changed_is_read_again(world, case):
    request = ask(world.police_manager, case)
    seen = look(world.police_manager, request).seen
    opened_to(world.officer, case, world.stranger.agency, ["identity:victim"])
    with pytest.raises(RuleBroken, match="changed"):
        answer(world.police_manager, request, seen=seen)
    assert answer(world.police_manager, request)[0].lines == 3


def test_refused_says_why_and_where_to_turn(world, case):
    request = ask(world.police_manager, case)
    with pytest.raises(RuleBroken):
        refuse(world.police_manager, request, "because")
    given, content = refuse(world.police_manager, request, "unfounded")
    assert "manifestly unfounded" in said(content) and "protection des données" in said(content)
    assert HERS not in said(content) and given.lines == 0
    with pytest.raises(RuleBroken, match="already answered"):
        answer(world.police_manager, request)
    assert refuse(world.police_manager, request, "unfounded")[0].pk == given.pk


# --- his --------------------------------------------------------------------------------------------------------
def test_his_answer_waits_for_a_second_person(world, case, programme_referent):
    his = ask(world.police_manager, case, "presumed_perpetrator")
    with pytest.raises(RuleBroken, match="second person"):
        answer(world.police_manager, his)
    for member in (world.police_manager, programme_referent):  # who wrote it down; his side
        with pytest.raises(Refused):
            conclude(member, his)
    with pytest.raises(Http404):
        conclude(world.eva_referent, his)
    assert conclude(world.police_referent, his).conclusion == "answer"
    with pytest.raises(Refused):
        answer(programme_referent, his)
    given, content = answer(world.police_manager, his)
    assert "Programme Passerelle" in said(content) and given.lines == 1


def test_what_the_programme_writes_down_the_lead_checks_and_answers(world, case, programme_referent):
    his = ask(programme_referent, case, "presumed_perpetrator")
    page = text_of(as_(programme_referent).get(path("subject_request", his)))
    assert "La liste n’est pas montrée ici" in page and "Retenu" not in page
    conclude(world.police_referent, his, reasons="Elle loge au Tilleul, rue Zzyzx.")
    with translation.override("en"):
        answer(world.police_manager, his)
    page = text_of(as_(programme_referent).get(path("subject_request", his)))
    for hidden in ("Zzyzx", "Zone de police", HERS, "Cellule EVA", "Parquet"):
        assert hidden not in page, hidden
    paper = as_(programme_referent).get(path("subject_document", his))
    assert paper.status_code == 200 and "It is: Programme Passerelle" in said(paper.content)
    assert as_(world.programme).get(path("subject_document", his)).status_code == 404, "seniors hand it over"


def test_his_paper_holds_nothing_of_hers(world, case):
    """Services that work with her or with both read about him, on bases that tell of a report: none of it shows."""
    zone, cell = world.officer.agency, world.eva.agency
    all_of_his_side(world, case)
    hospital = make_agency(AgencyKind.HOSPITAL, "Hôpital Zzyzx")
    both = make_agency(AgencyKind.CPAS, "CPAS Quux")
    feared = make_agency(AgencyKind.ADDICTION, "Centre Xyzzy", side=AgencySide.PERPETRATOR)
    told = make_agency(AgencyKind.ADDICTION, "Centre Ouvert", side=AgencySide.PERPETRATOR)
    opened_to(world.officer, case, hospital, ["identity:perpetrator"], side="neutral")
    opened_to(world.officer, case, both, ["identity:victim"], side="victim")
    opened_to(world.officer, case, both, ["identity:perpetrator"], side="perpetrator")
    opened_to(world.officer, case, feared, ["identity:perpetrator"], side="perpetrator", basis="grave_danger")
    opened_to(world.officer, case, told, ["identity:perpetrator"], side="perpetrator")
    his = ask(world.police_manager, case, "presumed_perpetrator")
    found = look(world.police_manager, his)
    assert names(found.lines) == ["Centre Ouvert", "Programme Passerelle"]
    assert all(pair.endswith(":perpetrator") for line in found.lines for pair in line.pairs)
    assert {(held.name, held.why) for held in found.held} >= {
        ("CPAS Quux", "safety"), ("Centre Xyzzy", "safety"), ("Maison de justice", "judicial"),
    }  # fmt: skip
    conclude(world.police_referent, his)
    given, content = answer(world.police_manager, his)
    text = said(content) + json.dumps(given.document, ensure_ascii=False)
    for hidden in (
        HERS, zone.name, cell.name, "Parquet", "Hôpital", "CPAS", "Xyzzy", "Maison de justice", "Fatou", "Diallo",
        "Noé", "danger", "report", "victim", "complaint to the prosecutor", case.reference, "MOVE",
    ):  # fmt: skip
        assert hidden not in text, hidden
    assert "Yvan Morel-Test" in text and "Ask the service that gave you this page" in text


def test_a_line_of_hers_changes_nothing_of_his_paper(world, case):
    """Not a word, a count or a date of his paper follows what happens on her side."""
    at = now() + timedelta(hours=1)
    first = ask(world.police_manager, case, "presumed_perpetrator", received_on=local(at).date())
    second = ask(world.police_manager, case, "presumed_perpetrator", received_on=local(at).date())
    with travel(at):
        conclude(world.police_referent, first)
        _given, before = answer(world.police_manager, first)
        opened_to(world.officer, case, world.stranger.agency, ["identity:victim", "contact:victim"])
        opened_to(world.officer, case, make_agency(AgencyKind.HOSPITAL), ["identity:perpetrator"], side="neutral")
    as_(world.shelter).get(reverse("cases:people", args=[case.pk]))
    with travel(at), translation.override("en"):
        conclude(world.police_referent, second)
        _given, after = answer(world.police_manager, second)
    assert words(before) == words(after)


def test_the_check_asks_every_question_and_holds(world, case):
    his = ask(world.police_manager, case, "presumed_perpetrator")
    for changes, field in (
        ({"findings": SAFE | {"place": ""}}, "place"),
        ({"reasons": " "}, "reasons"),
        ({"reasons": "x" * 10_000}, "reasons"),
        ({"conclusion": "maybe"}, "conclusion"),
        ({"findings": SAFE | {"services": "yes"}}, "conclusion"),
        ({"conclusion": "later"}, "not_before"),
        ({"conclusion": "later", "not_before": local(now()).date()}, "not_before"),
        ({"conclusion": "later", "not_before": local(now()).date() + timedelta(days=120)}, "not_before"),
        ({"seen": "x"}, ""),
    ):
        with pytest.raises(RuleBroken) as broken:
            conclude(world.police_referent, his, **changes)
        assert field in broken.value.errors, changes
    key, day = uuid4(), local(now()).date() + timedelta(days=10)
    check = conclude(world.police_referent, his, "later", not_before=day, request_key=key)
    assert conclude(world.police_referent, his, "later", not_before=day, request_key=key).pk == check.pk
    with pytest.raises(RuleBroken, match="wait"):
        answer(world.police_manager, his)
    assert look(world.police_manager, his).state == "later"
    conclude(world.police_referent, his, "refuse")
    with pytest.raises(RuleBroken, match="refused"):
        answer(world.police_manager, his)
    given, content = refuse(world.police_manager, his, "others")
    assert given.outcome == "refused" and "rights and freedoms of others" in said(content)


def test_after_the_day_of_later_it_may_be_answered(world, case):
    his = ask(world.police_manager, case, "presumed_perpetrator")
    conclude(world.police_referent, his, "later", not_before=local(now()).date() + timedelta(days=2))
    with travel(now() + timedelta(days=3)):
        assert look(world.police_manager, his).state == "to_answer"
        assert answer(world.police_manager, his)[0].outcome == "given"


def test_that_others_are_affected_is_concluded_by_the_check(world, case):
    his = ask(world.police_manager, case, "presumed_perpetrator")
    with pytest.raises(RuleBroken) as broken:
        refuse(world.police_manager, his, "others")
    assert "because" in broken.value.errors
    assert refuse(world.police_manager, his, "identity")[0].because == "identity"


def test_a_list_of_his_that_changed_is_checked_again(world, case):
    his = ask(world.police_manager, case, "presumed_perpetrator")
    conclude(world.police_referent, his)
    feared = make_agency(AgencyKind.ADDICTION, "Centre Ouvert", side=AgencySide.PERPETRATOR)
    opened_to(world.officer, case, feared, ["identity:perpetrator"], side="perpetrator")
    with pytest.raises(RuleBroken, match="checked again"):
        answer(world.police_manager, his)
    conclude(world.police_referent, his)
    assert answer(world.police_manager, his)[0].lines == 2


# --- pages ------------------------------------------------------------------------------------------------------
def test_the_whole_way_by_the_pages(world, case):
    manager, referent = as_(world.police_manager), as_(world.police_referent)
    him = person(case, "presumed_perpetrator", world.officer)
    address = reverse("sharing:subject_new", args=[case.pk, him.pk])
    assert address in manager.get(reverse("cases:people", args=[case.pk])).content.decode()
    assert address not in as_(world.officer).get(reverse("cases:people", args=[case.pk])).content.decode()
    assert manager.get(address).status_code == 200
    sent = {"asked_by": "subject", "received_on": "2026-02-30", "verified": "document", "request_key": str(uuid4())}
    wrong = manager.post(address, sent | {"verified_note": "vu au guichet"})
    assert wrong.status_code == 422 and "vu au guichet" in wrong.content.decode(), "what was typed is kept"
    right = manager.post(address, sent | {"received_on": local(now()).date().isoformat()})
    with acting_as(world.police_manager):
        his = SubjectRequest.objects.get()
    assert right.status_code == 302 and right["Location"] == path("subject_request", his)
    assert "Retenu pour examen" in manager.get(path("subject_request", his)).content.decode()
    assert path("subject_check", his) not in manager.get(path("subject_request", his)).content.decode()
    page = referent.get(path("subject_request", his))
    form = page.context["check_form"]
    sent = {name: "no" for name in SAFE} | {name: str(form[name].value()) for name in ("seen", "request_key")}
    wrong = referent.post(path("subject_check", his), sent | {"reasons": "Vu avec la cellule."})
    assert wrong.status_code == 422 and "Vu avec la cellule." in wrong.content.decode()
    sent |= {"reasons": "Vu avec la cellule.", "conclusion": "answer"}
    assert referent.post(path("subject_check", his), sent).status_code == 302
    assert manager.post(path("subject_answer", his), {"seen": "old"}).status_code == 422
    seen = manager.get(path("subject_request", his)).context["told"].seen
    assert manager.post(path("subject_answer", his), {"seen": seen}).status_code == 302
    page = manager.get(path("subject_request", his)).content.decode()
    assert path("subject_document", his) in page and "Retenu pour examen" not in page
    assert manager.post(path("subject_refuse", his), {"because": "identity"}).status_code == 422
    line = manager.get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    assert path("subject_request", his) in line


def test_titles_addresses_and_the_trail_say_nothing_of_anybody(world, case):
    his = ask(world.police_manager, case, "presumed_perpetrator", verified_note="Zzyzx")
    page = as_(world.police_manager).get(path("subject_request", his)).content.decode()
    title = page.split("<title>")[1].split("</title>")[0]
    for name in ("Morel", "Yvan", "Diallo", "Zzyzx", HERS):
        assert name not in title
    assert "Zzyzx" in page
    trail = text_of(as_(world.police_manager).get(reverse("casework:trail", args=[case.pk])))
    assert "Zzyzx" not in trail and "qui a eu accès à mes données" in trail.lower()


def test_following_a_request_is_no_reading_of_what_it_is_about(world, case):
    request = ask(world.eva_referent, case)
    as_(world.eva_referent).get(path("subject_request", request))
    told = look(world.eva_referent, request)
    line = next(line for line in told.lines if line.name == "Cellule EVA A")
    assert line.reads == [local(now()).date()], "whose name stands on the page is read"
    with acting_as(world.eva_referent):
        fields = AuditEvent.objects.filter(action=Action.READ).values_list("object_kind", "fields")
        assert set(map(str, fields)) == {
            "('cases.subject_request', ['summary:case'])", "('sharing.SubjectRequest', ['identity:victim'])",
        }  # fmt: skip


def test_my_work_and_the_clock(world, case):
    request = ask(world.eva_referent, case)

    def owed(member):
        with acting_as(member):
            return [line["action_url"] for line in sections(member)["subject_requests"]]

    assert owed(world.eva_referent) == owed(world.police_manager) == [path("subject_request", request)]
    assert owed(world.eva) == owed(world.stranger) == owed(world.shelter) == []
    with travel(now() + timedelta(days=40)):
        page = as_(world.police_manager).get(path("subject_request", request))
    assert not is_overdue(request)
    with travel(now() + timedelta(days=40)):
        assert is_overdue(SubjectRequest(received_on=local(now()).date() - timedelta(days=40)))
    assert page.status_code == 200
    answer(world.eva_referent, request)
    assert owed(world.eva_referent) == []


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 3, 28), date(2026, 4, 28)),  # summer time begins on 29 March
        (date(2026, 10, 15), date(2026, 11, 15)),  # and ends on 25 October
        (date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_one_month_by_the_calendar(received, due):
    assert due_on(received) == due
    request = SubjectRequest(received_on=received)
    last = datetime(due.year, due.month, due.day, 23, 59, 59, tzinfo=BRUSSELS)
    with travel(last):
        assert not is_overdue(request), "the whole last day counts, on a Belgian clock"
    with travel(last.astimezone(UTC) + timedelta(seconds=1)):
        assert is_overdue(request)


def test_a_restricted_case_closes_its_requests(world):
    from casework.restricting import restrict

    case = make_report(world.officer).case
    request = ask(world.police_manager, case)
    with acting_as(world.police_referent):
        found, access = get_case(case.pk, world.police_referent)
        restrict(by=world.police_referent, case=found, access=access, named=(), reason="a colleague")
    with acting_as(world.police_manager):
        assert not for_case(Case(pk=case.pk, restricted=True), world.police_manager)
        assert not SubjectRequest.objects.exists()
    assert as_(world.police_manager).get(path("subject_request", request)).status_code == 404
    assert look(world.police_referent, request).handles
