"""The page of a child: who knows the child, with whom the child is when, who may fetch; never on his side."""

from uuid import uuid4

import pytest

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from audit.models import Action, AuditEvent, LogEntry
from cases import children
from cases.access import for_case
from cases.enums import EventCode
from cases.models import CaseEvent, CasePerson, ChildArrangement, ChildContact
from common.clock import now
from common.errors import Refused, RuleBroken, StaleVersion
from reports.exposures import ExposureInput, record_exposures
from reports.models import Situation
from tests.factories import make_agency, make_member, make_report

from .helpers import Queries, as_, bring_in, text, url

pytestmark = pytest.mark.django_db
STRANGE = "Mme Öz 🧸 \u202eשלום\u202c, réfectoire B"
PAIRS = ["identity:victim", "children:victim"]
ARRANGED = {
    "lives_with": "victim",
    "source": "judgment",
    "schedule": "un week-end sur deux",
    "handover": "à l'école, par l'institutrice",
    "may_fetch": "Sa tante Aïssa",
    "must_not_fetch": "Yvan M.",
}


@pytest.fixture
def case(world):
    return make_report(world.officer).case


@pytest.fixture
def noe(world, case):
    with acting_as(world.officer):
        return CasePerson.objects.select_related("person").get(case=case, role="child")


@pytest.fixture
def school(world, case):
    member = make_member(make_agency(AgencyKind.SCHOOL, "École du Parc", side=AgencySide.VICTIM))
    bring_in(case, world.officer, member, PAIRS, side="victim")
    return member


@pytest.fixture
def his(world, case):
    """A programme that works with him, and was granted what is known of her and of her children."""
    bring_in(case, world.officer, world.programme, [*PAIRS, "identity:perpetrator"], side="perpetrator")
    return world.programme


def arrange(member, child, **changes) -> ChildArrangement:
    with acting_as(member):
        access = for_case(child.case, member)
        return children.arrange(by=member, case=child.case, access=access, child=child, **(ARRANGED | changes))


def write_contact(member, child, **changes) -> ChildContact:
    given = {"kind": "school", "name": STRANGE, "contact": "la direction", "instructions": "ne rien dire au père"}
    with acting_as(member):
        access = for_case(child.case, member)
        return children.write_contact(by=member, case=child.case, access=access, child=child, **(given | changes))


def rows(member, model) -> list:
    with acting_as(member):
        return list(model.objects.all())


# --- the page -------------------------------------------------------------------------------------------------
def test_a_school_writes_who_may_fetch_and_every_service_of_hers_reads_it(world, case, noe, school):
    client, page = as_(school), url("cases:child", case, noe.pk)
    assert client.get(page).status_code == 200
    answer = client.post(url("cases:arrange_child", case, noe.pk), ARRANGED | {"replaces": ""})
    assert answer.status_code == 302 and answer["Location"] == page
    answer = client.post(
        url("cases:new_child_contact", case, noe.pk),
        {"kind": "school", "name": STRANGE, "contact": "la direction", "knows": "yes", "instructions": "rien au père"},
    )
    assert answer.status_code == 302
    for member in (school, world.officer):
        seen = text(as_(member).get(page))
        for words in ("Sa tante Aïssa", "Yvan M.", STRANGE, "un week-end sur deux", "au courant"):
            assert words in seen
    assert "Sa tante Aïssa" not in text(as_(world.eva).get(url("cases:people", case)))
    assert as_(world.eva).get(page).status_code == 404


def test_what_a_child_lived_through_is_told_with_its_date_and_its_service(world, case, noe, school):
    with acting_as(world.officer):
        report = case.reports.get()
        record_exposures(
            by=world.officer, case=case, report=report, rows=[ExposureInput(noe, "heard", "Il a tout entendu.")]
        )
    seen = text(as_(world.officer).get(url("cases:child", case, noe.pk)))
    assert "Il a tout entendu." in seen and "Zone de police A" in seen
    assert url("reports:detail", case, report.pk) in seen
    assert "Il a tout entendu." not in text(as_(school).get(url("cases:child", case, noe.pk)))
    people = text(as_(world.officer).get(url("cases:people", case)))
    assert "1 adulte, 1 enfant" in people
    assert "1 enfant" not in text(as_(school).get(url("cases:people", case)))


def test_what_a_situation_says_of_a_child_is_read_with_the_children_alone(world, case, noe, school):
    """Its own words are read by who reads about her; what it says of a child, by who reads of the children."""
    bring_in(case, world.officer, world.shelter, [*PAIRS, "psychosocial:victim"], side="victim")
    with acting_as(world.shelter):
        situation = Situation.objects.create(
            case=case, source="noticed", met_at=now(), words_heard="Elle parle bas.", alone="yes", may_contact="no",
            agency=world.shelter.agency, author=world.shelter.user, recorded_at=now(),
        )  # fmt: skip
        row = ExposureInput(noe, "nearby", "Il mouille son lit.")
        record_exposures(by=world.shelter, case=case, situation=situation, rows=[row])
    page = url("cases:child", case, noe.pk)
    there = url("reports:situation", case, situation.pk)
    seen = text(as_(school).get(page))
    assert "Il mouille son lit." in seen and there not in seen and "Elle parle bas." not in seen
    assert there in text(as_(world.shelter).get(page))


def test_an_exposed_child_counts_as_a_victim(world, case, noe):
    with acting_as(world.officer):
        persons = list(CasePerson.objects.filter(case=case).select_related("person"))
        her = next(each for each in persons if each.role == "victim")
        her.person.gender = "female"
        report = case.reports.get()
        for exposure, count in (("absent", 0), ("unknown", 0), ("afterwards", 1)):
            record_exposures(by=world.officer, case=case, report=report, rows=[ExposureInput(noe, exposure)])
            told = children.victims_of(persons, children.lived(for_case(case, world.officer)))
            assert (told.women, told.children) == (1, count)
    assert told.words == "1 femme, 1 enfant" and not children.victims_of([], [])


def test_pages_cost_the_same_whatever_is_written(world, case, noe, school):
    arrange(school, noe)
    write_contact(school, noe)
    client, page = as_(world.officer), url("cases:child", case, noe.pk)
    client.get(page)
    counts = []
    for _turn in range(2):
        with Queries() as queries:
            client.get(page)
        counts.append(queries.count)
        for name in ("CPMS", "Crèche"):
            write_contact(school, noe, name=name)
        held = arrange(school, noe, schedule="autrement", replaces=rows(school, ChildArrangement)[0].pk)
        arrange(school, noe, schedule="encore autrement", replaces=held.pk)
    assert counts[0] == counts[1]


# --- never on his side ------------------------------------------------------------------------------------------
def test_on_his_side_there_is_nothing_of_the_children_whatever_was_granted(world, case, noe, school, his):
    contact = write_contact(school, noe)
    arrange(school, noe)
    client = as_(his)
    for name, more in (
        ("child", ()), ("arrange_child", ()), ("new_child_contact", ()), ("child_sheet", ()),
        ("replace_child_contact", (contact.pk,)),
    ):  # fmt: skip
        assert client.get(url(f"cases:{name}", case, noe.pk, *more)).status_code == 404, name
    for name, more in (("arrange_child", ()), ("say_child_gender", ()), ("end_child_contact", (contact.pk,))):
        assert client.post(url(f"cases:{name}", case, noe.pk, *more), ARRANGED).status_code == 404, name
    assert client.get(url("reports:child_exposure", case, noe.pk)).status_code == 404
    for page in ("cases:people", "cases:summary", "casework:trail"):
        seen = text(client.get(url(page, case)))
        for words in (STRANGE, "Aïssa", "École du Parc", noe.person.given_name + "/", "chercher l’enfant"):
            assert words not in seen, (page, words)
        assert url("cases:child", case, noe.pk) not in seen
    assert rows(his, ChildContact) == [] and rows(his, ChildArrangement) == []
    with acting_as(his):
        access = for_case(case, his)
        assert access.can("children", "victim"), "it was granted, and is closed all the same"
        assert not children.contacts(access).exists() and not children.arrangements(access).exists()
        assert children.children_of(access) == [] and children.prompts(case, access) is None
        with pytest.raises(Refused):
            children.arrange(by=his, case=case, access=access, child=noe, **ARRANGED)
    with acting_as(world.officer):
        assert CaseEvent.objects.filter(code=EventCode.CHILD_CHANGED).count() == 2
    # who sees it is told without his side
    assert "Programme Passerelle" not in text(as_(world.officer).get(url("cases:child", case, noe.pk)))


def test_nobody_else_than_those_who_read_of_the_children(world, case, noe):
    for member in (world.stranger, world.other_officer, world.platform_admin):
        assert as_(member).get(url("cases:child", case, noe.pk)).status_code == 404
    assert as_(world.reader).get(url("cases:child", case, noe.pk)).status_code == 200
    assert as_(world.reader).get(url("cases:arrange_child", case, noe.pk)).status_code == 403


def test_other_cases_and_other_persons_ids_are_not_found(world, case, noe):
    other = make_report(world.officer, victim_family_name="Ngo-Test", perpetrator_family_name="Peeters-Test").case
    with acting_as(world.officer):
        her = CasePerson.objects.get(case=case, role="victim")
    client = as_(world.officer)
    contact = write_contact(world.officer, noe)
    for wrong in (
        url("cases:child", other, noe.pk),
        url("cases:child", case, her.pk),
        url("cases:child", case, uuid4()),
    ):
        assert client.get(wrong).status_code == 404
    assert client.get(url("cases:replace_child_contact", other, noe.pk, contact.pk)).status_code == 404
    assert client.get(url("cases:replace_child_contact", case, noe.pk, uuid4())).status_code == 404


def test_own_words_stay_readable_after_the_access_ended(world, case, noe, school):
    write_contact(school, noe)
    bring_out(world, case, school)
    seen = as_(school).get(url("cases:child", case, noe.pk))
    assert seen.status_code == 200 and STRANGE in text(seen) and noe.person.given_name not in text(seen)
    assert url("cases:child", case, noe.pk) in text(as_(school).get(url("cases:people", case)))
    assert as_(school).get(url("cases:arrange_child", case, noe.pk)).status_code == 403


def bring_out(world, case, member):
    from sharing.models import SharingDecision
    from sharing.services import revoke

    with acting_as(world.officer):
        decision = SharingDecision.objects.get(case=case, recipient=member.agency)
        revoke(by=world.officer, decision=decision, reason="L'école n'est plus concernée.")


# --- what is refused, and what two people write at once -----------------------------------------------------------
@pytest.mark.parametrize("words", ["x" * 10_000, "a\x00b"])
def test_words_that_cannot_be_kept_are_told_by_field_and_nothing_is_lost(world, case, noe, words):
    client = as_(world.officer)
    answer = client.post(url("cases:arrange_child", case, noe.pk), ARRANGED | {"may_fetch": words})
    assert answer.status_code == 422 and "un week-end sur deux" in text(answer)
    answer = client.post(url("cases:new_child_contact", case, noe.pk), {"kind": "school", "name": words})
    assert answer.status_code == 422
    assert rows(world.officer, ChildArrangement) == [] and rows(world.officer, ChildContact) == []


def test_answers_that_are_none(world, noe):
    for wrong in ({"lives_with": "on the moon"}, {"source": ""}, {"lives_with": ""}):
        with pytest.raises(RuleBroken):
            arrange(world.officer, noe, **wrong)
    for wrong in ({"kind": "spy"}, {"name": "  "}):
        with pytest.raises(RuleBroken):
            write_contact(world.officer, noe, **wrong)


def test_what_a_colleague_wrote_meanwhile_is_shown_and_not_lost(world, case, noe, school):
    first = arrange(world.officer, noe)
    second = arrange(school, noe, schedule="chaque mercredi", replaces=first.pk)
    with pytest.raises(StaleVersion):
        arrange(world.officer, noe, schedule="jamais", replaces=first.pk)
    client, page = as_(world.officer), url("cases:arrange_child", case, noe.pk)
    mine = ARRANGED | {"schedule": "jamais", "replaces": str(first.pk)}
    answer = client.post(page, mine)
    assert answer.status_code == 409 and "chaque mercredi" in text(answer) and "jamais" in text(answer)
    assert f'value="{second.pk}"' in text(answer)
    assert client.post(page, mine | {"replaces": "nonsense"}).status_code == 409
    assert client.post(page, mine | {"replaces": str(second.pk)}).status_code == 302
    assert client.post(page, mine).status_code == 302, "the same words again change nothing"
    held = [each.schedule for each in rows(world.officer, ChildArrangement)]
    assert held == ["jamais", "chaque mercredi", "un week-end sur deux"]
    seen = text(client.get(url("cases:child", case, noe.pk)))
    assert seen.index("jamais") < seen.index("chaque mercredi")


def test_a_contact_is_replaced_or_ended_once_and_stays_on_record(world, case, noe, school):
    contact = write_contact(school, noe)
    client = as_(world.officer)
    replace = url("cases:replace_child_contact", case, noe.pk, contact.pk)
    assert "réfectoire B" in text(client.get(replace))
    given = {"kind": "school", "name": "École du Canal", "knows": "no"}
    assert client.post(replace, given).status_code == 302
    late = client.post(replace, given | {"name": "École du Lac"})
    assert late.status_code == 422 and "École du Lac" in text(late)
    new = next(each for each in rows(school, ChildContact) if each.ended_at is None)
    assert (new.name, new.knows) == ("École du Canal", False)
    end = url("cases:end_child_contact", case, noe.pk, new.pk)
    assert client.post(end).status_code == 302 and client.post(end).status_code == 302
    assert all(each.ended_at for each in rows(school, ChildContact))
    assert STRANGE in text(client.get(url("cases:child", case, noe.pk)))


def test_a_gender_is_written_once(world, case, noe):
    client = as_(world.officer)
    page = url("cases:say_child_gender", case, noe.pk)
    for wrong in ("", "princess"):
        client.post(page, {"gender": wrong})
        assert rows(world.officer, ChildContact) == []
    assert client.post(page, {"gender": "male"}).status_code == 302
    client.post(page, {"gender": "female"})
    with acting_as(world.officer):
        assert CasePerson.objects.select_related("person").get(pk=noe.pk).person.gender == "male"


# --- words that help, and paper -------------------------------------------------------------------------------------
def test_what_to_watch_follows_age_and_gender(world, case, noe):
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        shown = children.prompts(case, access)
        (child,) = shown["children"]
        before = child["lines"]
        children.say_gender(by=world.officer, case=case, access=access, child=noe, gender="male")
        (child,) = children.prompts(case, access)["children"]
    assert shown["general"] and set(child["lines"]) < set(before)
    assert any("garçon" in line for line in child["lines"]) and not any("Une fille" in line for line in child["lines"])
    seen = text(as_(world.officer).get(url("cases:child", case, noe.pk)))
    assert "garçon" in seen


def test_the_sheet_for_the_school_says_who_may_fetch_and_nothing_of_the_case(world, case, noe, school):
    page = url("cases:child_sheet", case, noe.pk)
    client = as_(school)
    assert client.get(page).status_code == 404
    arrange(school, noe)
    answer = client.get(page)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf" and answer.content[:4] == b"%PDF"
    import pypdfium2

    said = pypdfium2.PdfDocument(answer.content)[0].get_textpage().get_text_range()
    assert "Sa tante Aïssa" in said and "Yvan M." in said and noe.person.given_name in said
    for closed in (case.reference, "École du Parc", "week-end", "Fatou", "violence", "institutrice"):
        assert closed not in said
    with acting_as(school):
        event = AuditEvent.objects.get(action=Action.EXPORTED)
        assert (event.object_kind, event.case_id) == ("cases.child_sheet", case.pk)
        assert not LogEntry.objects.filter(changes__icontains="Aïssa").exists()


def test_who_wrote_a_report_completes_it_child_by_child(world, case, noe, school):
    page = url("reports:child_exposure", case, noe.pk)
    client = as_(world.officer)
    assert client.get(page).status_code == 200
    assert client.post(page, {"exposure": "", "impact": "x"}).status_code == 422
    assert client.post(page, {"exposure": "", "impact": ""}).status_code == 422
    for _twice in range(2):
        assert client.post(page, {"exposure": "saw", "impact": STRANGE}).status_code == 302
    with acting_as(world.officer):
        (row,) = children.lived(for_case(case, world.officer))
    assert (row.child, row.impact, row.victim) == (noe.pk, STRANGE, True)
    assert as_(school).get(page).status_code == 403
