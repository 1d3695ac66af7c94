"""The safety plan: who reads it, versions that nobody loses, and a paper that says nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from audit.models import Action, AuditEvent
from cases.access import get_case
from cases.enums import EventCode
from cases.models import CaseEvent
from cases.neutral import tells
from common.clock import local, now
from common.errors import Refused, RuleBroken
from plans import safety
from plans.models import SafetyPaper, SafetyPlan
from tests.actors import as_
from tests.factories import make_agency, make_member, make_report
from tests.plans.safety_acts import write_plan
from tests.referrals_acts import accept, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def safe_case(world):
    """A case of the zone: its cell calls, the shelter follows her, his programme takes part."""
    case = make_report(world.officer).case
    accept(world.shelter, send(world.eva, case, world.shelter))
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    return case


def plans_read_by(member) -> set:
    """What the database itself lets this member read."""
    with acting_as(member):
        return set(SafetyPlan.objects.values_list("pk", flat=True))


def page_of(member, name, *args):
    return as_(member).get(reverse(f"plans:{name}", args=args))


def test_read_by_who_reaches_her_and_never_on_his_side(world, safe_case):
    plan = write_plan(world.eva, safe_case)
    for member in (world.eva, world.officer, world.shelter):
        assert plan.pk in plans_read_by(member)
        assert "chat a mangé" in page_of(member, "safety_plan", safe_case.pk).content.decode(), member.agency
    for member in (world.programme, world.stranger, world.other_officer):
        assert plans_read_by(member) == set(), member.agency
        for name, args in (
            ("safety_plan", ()), ("write_safety_plan", ()), ("safety_paper", (plan.pk,)),
        ):  # fmt: skip
            assert page_of(member, name, safe_case.pk, *args).status_code == 404, (member.agency, name)
    with acting_as(world.programme):
        assert not CaseEvent.objects.filter(case=safe_case, code=EventCode.SAFETY_PLAN_WRITTEN).exists()
    with acting_as(world.eva):
        event = CaseEvent.objects.get(case=safe_case, code=EventCode.SAFETY_PLAN_WRITTEN)
    assert event.payload == {"plan": str(plan.pk)}


def test_who_came_to_his_side_no_longer_reads_what_it_wrote(world, safe_case):
    house = make_member(make_agency(AgencyKind.CPAS, "CPAS Ouest"))
    accept(house, send(world.eva, safe_case, house, need="social"))
    plan = write_plan(house, safe_case)
    assert plan.pk in plans_read_by(house)
    accept(house, send(world.officer, safe_case, house, role="presumed_perpetrator", need="other"))
    assert plans_read_by(house) == set()
    assert page_of(house, "safety_plan", safe_case.pk).status_code == 404
    with acting_as(house):
        found, access = get_case(safe_case.pk, house)
        with pytest.raises(Http404):
            safety.get_plan(found, access, plan.pk)


def test_a_new_version_keeps_the_former_and_nothing_is_lost_to_a_colleague(world, safe_case):
    first = write_plan(world.eva, safe_case)
    second = write_plan(world.shelter, safe_case, texts={"take": "Les papiers"}, replaces=first)
    with pytest.raises(RuleBroken) as refused:
        write_plan(world.eva, safe_case, texts={"take": "Les clés"}, replaces=first)
    assert world.shelter.user.full_name in str(refused.value)
    with pytest.raises(RuleBroken):
        write_plan(world.eva, safe_case, texts={"take": "Les clés"}), "two first versions"
    browser, url = as_(world.eva), reverse("plans:write_safety_plan", args=[safe_case.pk])
    typed = {
        "person": str(first.case_person_id), "take": "Les clés", "written_on": str(local(now()).date()),
        "replaces": str(first.pk), "request_key": str(uuid4()),
    }  # fmt: skip
    page = browser.post(url, typed)
    assert page.status_code == 422 and "Les clés" in page.content.decode()
    again = browser.post(url, typed | {"replaces": page.context["form"].data["replaces"]})
    assert again.status_code == 302
    with acting_as(world.eva):
        found, access = get_case(safe_case.pk, world.eva)
        assert [each.sections for each in safety.current(found, access)] == [{"take": "Les clés"}]
        assert {each.pk for each in safety.plans_of(found, access)} >= {first.pk, second.pk}


def test_what_is_wrong_is_said_by_field_and_nothing_is_kept(world, safe_case):
    day = local(now()).date()
    for changes, field in (
        ({"texts": {}}, ""),
        ({"texts": {"unknown": "x"}}, ""),
        ({"texts": {"word": "x" * 2001}}, "word"),
        ({"texts": {"word": "a\x00b"}}, "word"),
        ({"written_on": None}, "written_on"),
        ({"written_on": day + timedelta(days=1)}, "written_on"),
        ({"case_person_id": uuid4()}, "person"),
    ):
        with pytest.raises(RuleBroken) as refused:
            write_plan(world.eva, safe_case, **changes)
        assert field in refused.value.errors, changes
    assert plans_read_by(world.eva) == set()
    assert write_plan(world.eva, safe_case, texts={"word": "🐈" * 2000}).sections["word"] == "🐈" * 2000


def test_sent_twice_is_one_version(world, safe_case):
    key = uuid4()
    assert write_plan(world.eva, safe_case, key=key).pk == write_plan(world.eva, safe_case, key=key).pk
    assert len(plans_read_by(world.eva)) == 1


def test_a_reader_reads_but_does_not_write(world, safe_case):
    plan = write_plan(world.eva, safe_case)
    assert page_of(world.reader, "safety_plan", safe_case.pk).status_code == 200
    assert page_of(world.reader, "write_safety_plan", safe_case.pk).status_code == 403
    assert page_of(world.reader, "safety_paper", safe_case.pk, plan.pk).status_code == 403
    with acting_as(world.reader):
        found, access = get_case(safe_case.pk, world.reader)
        with pytest.raises(Refused):
            safety.hand_out(by=world.reader, access=access, plan=plan, carry="yes", request_key=uuid4())


# --- the paper --------------------------------------------------------------------------------------------------
def test_nothing_is_printed_before_she_was_asked_nor_when_it_is_not_safe(world, safe_case):
    plan = write_plan(world.eva, safe_case)
    browser, url = as_(world.eva), reverse("plans:safety_paper", args=[safe_case.pk, plan.pk])
    assert browser.get(f"{url}?paper={uuid4()}").status_code == 404
    assert browser.get(f"{url}?paper=x").status_code == 404
    assert browser.post(url, {"request_key": str(uuid4())}).status_code == 422
    refused = browser.post(url, {"carry": "no", "request_key": str(uuid4())})
    assert refused.status_code == 302 and "paper" not in refused.url
    with acting_as(world.eva):
        said_no = SafetyPaper.objects.get(plan=plan)
    assert browser.get(f"{url}?paper={said_no.pk}").status_code == 404
    key = str(uuid4())
    allowed = browser.post(url, {"carry": "yes", "request_key": key})
    assert browser.post(url, {"carry": "yes", "request_key": key}).url == allowed.url, "answered once"
    assert browser.get(allowed.url).status_code == 200
    assert as_(world.shelter).get(allowed.url).status_code == 404, "asked by another service"
    with acting_as(world.eva):
        assert SafetyPaper.objects.filter(plan=plan).count() == 2
        exported = AuditEvent.objects.filter(action=Action.EXPORTED, object_kind="plans.safety_paper")
        assert exported.exists()


def test_the_paper_names_nobody_and_leaves_out_what_tells(world, safe_case):
    texts = {"call": "Ma sœur\nLe commissariat\nL'EVA", "where": "Chez Paul, l'avocate du tribunal"}
    plan = write_plan(world.eva, safe_case, texts=texts)
    with acting_as(world.eva):
        paper = safety.printed(plan)
        assert safety.gaps(plan) == ["Chez Paul, l'avocate du tribunal", "Le commissariat", "L'EVA"]
    words = " ".join([paper.title, *(title for title, _lines in paper.parts)])
    lines = [line for _title, found in paper.parts for line in found]
    assert not tells(words) and not any(tells(line) for line in lines)
    assert "Ma sœur" in lines and lines.count("") == 3
    browser, url = as_(world.eva), reverse("plans:safety_paper", args=[safe_case.pk, plan.pk])
    printed = browser.post(url, {"carry": "yes", "request_key": str(uuid4())}).url
    html = browser.get(printed).content.decode()
    sheet = html[html.index("<main") : html.index("</main>")]
    assert "MOVE" not in sheet and safe_case.reference not in sheet and "commissariat" not in sheet
    assert "<title>Liste</title>" in html and "icon" not in html
    document = browser.get(f"{printed}&form=pdf")
    assert document.content.startswith(b"%PDF") and 'filename="liste.pdf"' in document["Content-Disposition"]


def test_every_section_has_words_that_say_nothing_on_paper():
    found = safety.reference()
    keys = [each["key"] for each in found["sections"]]
    assert len(keys) == len(set(keys)) >= 9
    for each in found["sections"]:
        assert each["title"]["fr"] and each["title"]["en"] and each["help"]["fr"] and each["help"]["en"]
        assert each["paper"]["fr"] and not any(tells(words) for words in each["paper"].values()), each["key"]
    assert not any(tells(words) for words in found["paper_title"].values())
    assert found["provenance"]["fr"] and found["verified_on"] is None, "said to be confirmed until somebody has"
