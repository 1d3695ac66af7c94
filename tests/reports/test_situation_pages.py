"""The pages of a situation: kept while typed, refused with everything still there, read by who may, handed over."""

import re

import pypdfium2
import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from agencies.help_numbers import shown
from agencies.models import ServiceOffer
from audit.models import Action, AuditEvent
from cases.models import CaseEvent, CasePerson
from common.acting import SystemContext, system_context
from reports.models import ReportDraft, Situation
from reports.services import save_draft
from tests.actors import as_
from tests.factories import make_agency, make_member
from tests.reports.situations import begin, make_situation, situation_data

pytestmark = pytest.mark.django_db
POLICE_WORDS = ("PV", "procès-verbal", "plainte", "auteur présumé", "suspect", "parquet", "audition")


@pytest.fixture
def nurse(world):
    return make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital Nord", public_contact="02 555 44 33"))


@pytest.fixture
def draft(nurse):
    return begin(nurse)


def url(name, draft):
    return reverse(name, args=[draft.pk])


def record(membership, draft, **data):
    return as_(membership).post(url("casework:record_situation", draft), situation_data(**data) | {"version": 0})


def situations_of(membership) -> list[Situation]:
    with acting_as(membership):
        return list(Situation.objects.select_related("case"))


def text(document: bytes) -> str:
    return " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(document))


def test_from_my_work_to_what_next(nurse):
    client = as_(nurse)
    assert reverse("reports:situation_new") in client.get("/").content.decode()
    begun = client.post(reverse("reports:situation_new"))
    with acting_as(nurse):
        draft = ReportDraft.objects.get()
    assert begun["Location"] == url("reports:situation_draft", draft)
    done = client.post(url("casework:record_situation", draft), situation_data() | {"version": 0})
    (situation,) = situations_of(nurse)
    there = reverse("casework:situation_next", args=[situation.case_id, situation.pk])
    assert done["Location"] == there
    again = client.post(url("casework:record_situation", draft), situation_data() | {"version": 0})
    assert again["Location"] == there and len(situations_of(nurse)) == 1
    assert client.get(url("reports:situation_draft", draft))["Location"] == reverse(
        "reports:situation", args=[situation.case_id, situation.pk]
    )


def test_no_word_of_police_or_court_stands_on_the_pages(nurse):
    situation = make_situation(nurse)
    draft = begin(nurse)
    addresses = [
        reverse("reports:situation_new"),
        url("reports:situation_draft", draft),
        reverse("casework:situation_next", args=[situation.case_id, situation.pk]),
        reverse("reports:situation", args=[situation.case_id, situation.pk]),
    ]
    for address in addresses:
        page = as_(nurse).get(address)
        assert page.status_code == 200
        words = re.sub(r"<[^>]+>", " ", page.content.decode().split('class="page ', 1)[1])
        found = [word for word in POLICE_WORDS if re.search(rf"\b{word}\b", words, re.IGNORECASE)]
        assert not found, (address, found)


def test_a_draft_is_kept_and_listed_with_its_own_address(nurse, draft):
    client = as_(nurse)
    saved = client.post(url("reports:situation_save", draft), {"words_heard": "Elle a dit non.", "version": "0"})
    assert saved.json()["version"] == 1
    assert url("reports:situation_draft", draft) in client.get("/").content.decode()
    assert "Elle a dit non." in client.get(url("reports:situation_draft", draft)).content.decode()
    assert client.get(reverse("reports:draft", args=[draft.pk])).status_code == 404, "it is no report"
    assert client.post(reverse("reports:save", args=[draft.pk]), {"version": "1"}).status_code == 404


def test_two_colleagues_choose_what_to_keep(nurse, draft):
    colleague = make_member(nurse.agency)
    with acting_as(colleague):
        save_draft(
            by=colleague, draft_id=draft.pk, data={"words_heard": "La leur."}, version=0, situation=True
        )  # fmt: skip
    stale = as_(nurse).post(url("reports:situation_save", draft), {"words_heard": "La mienne.", "version": "0"})
    assert stale.status_code == 409 and stale.json()["conflicts"][0]["theirs"] == "La leur."
    page = record(nurse, draft, words_heard="La mienne.")
    assert page.status_code == 409 and not situations_of(nurse)
    assert "La leur." in page.content.decode() and "La mienne." in page.content.decode()
    kept = {**situation_data(words_heard="La mienne."), "keep:words_heard": "theirs", "version": 1}
    assert as_(nurse).post(url("reports:situation_draft", draft), kept).status_code == 302
    with acting_as(nurse):
        assert ReportDraft.objects.get(pk=draft.pk).data["words_heard"] == "La leur."


def test_what_is_refused_stays_on_the_page(nurse, draft):
    page = record(nurse, draft, alone=None, words_heard="Elle a dit « non »", victim_given_name="a" * 10_000)
    body = page.content.decode()
    assert page.status_code == 422 and "data-error-summary" in body
    assert "Elle a dit « non »" in body and "a" * 10_000 in body and not situations_of(nurse)
    page = record(nurse, draft, words_heard="a\x00b")
    assert page.status_code == 422 and not situations_of(nurse)


def test_any_script_is_stored_exactly(nurse, draft):
    words = "أخاف أن أعود 😟 — elle répète"
    assert record(nurse, draft, words_heard=words, victim_given_name="زينب").status_code == 302
    (situation,) = situations_of(nurse)
    assert situation.words_heard == words
    with acting_as(nurse):
        assert CasePerson.objects.get(case=situation.case, role="victim").person.given_name == "زينب"
    page = as_(nurse).get(reverse("reports:situation", args=[situation.case_id, situation.pk]))
    assert words in page.content.decode()


def test_nobody_named_is_a_case_like_another(nurse):
    situation = make_situation(nurse, victim_given_name=None, victim_phone=None, victim_phone_say=None)
    client = as_(nurse)
    for name in ("cases:summary", "cases:people", "reports:situations", "referrals:new"):
        assert client.get(reverse(name, args=[situation.case_id])).status_code == 200, name
    assert client.get(reverse("cases:list")).status_code == 200


def test_a_child_is_added_without_a_script(nurse, draft):
    kept = as_(nurse).post(url("reports:situation_draft", draft), {"add_child": "1", "version": "0"})
    assert kept["Location"].endswith("?child=1#children")
    page = as_(nurse).get(kept["Location"]).content.decode()
    assert 'name="children-0-given_name"' in page and 'name="children-0-exposure"' in page


def test_danger_is_said_first_and_stays_known(nurse):
    quiet, danger = make_situation(nurse), make_situation(nurse, danger="on")
    client = as_(nurse)
    for situation, said in ((quiet, False), (danger, True)):
        page = client.get(reverse("casework:situation_next", args=[situation.case_id, situation.pk])).content.decode()
        assert ('class="notice notice-danger' in page) == said
        assert page.index("tel:112") < page.index("big-choices"), "before any other way"
        detail = client.get(reverse("reports:situation", args=[situation.case_id, situation.pk])).content.decode()
        assert ("notice-danger" in detail) == said
    with acting_as(nurse):
        assert CaseEvent.objects.get(case=danger.case).payload["danger"] is True


# --- the sheet ----------------------------------------------------------------------------------------------------
def sheet(membership, situation, **asked):
    return as_(membership).get(reverse("casework:situation_sheet", args=[situation.case_id, situation.pk]), asked)


def test_the_sheet_says_nothing_of_the_case(nurse):
    situation = make_situation(nurse)
    answered = sheet(nurse, situation)
    assert answered["Content-Type"] == "application/pdf" and 'filename="info.pdf"' in answered["Content-Disposition"]
    printed = text(answered.content)
    assert "0800 30 030" in printed and "112" in printed and "02 555 44 33" in printed and "vérifier" in printed
    assert "Amina" not in printed and situation.case.reference not in printed and "0470" not in printed
    with acting_as(nurse):
        taken = AuditEvent.objects.get(action=Action.EXPORTED, case_id=situation.case_id)
    assert taken.object_kind == "casework.help_sheet" and taken.fields == ["whole"]


def test_the_sheet_carries_the_services_of_a_place_that_is_kept_nowhere(nurse):
    """The place is typed, posted and forgotten: neither in the address nor in the trail of the case."""
    with system_context(SystemContext.REFERENCE):
        for name, territory in (("Permanence de Saint-Josse", ["1210"]), ("Permanence de Liège", ["4000"])):
            ServiceOffer.objects.create(
                agency=nurse.agency, name=name, needs=["legal"], audiences=["victim"], territory=territory
            )
    situation = make_situation(nurse)
    there = reverse("casework:situation_sheet", args=[situation.case_id, situation.pk])
    for typed in ("1210", "saint josse"):
        printed = text(as_(nurse).post(there, {"place": typed, "form": "whole", "language": "fr"}).content)
        assert "Saint-Josse-ten-Noode (1210)" in printed and "Permanence de Saint-Josse" in printed
        assert "Permanence de Liège" not in printed
    for typed in ("Nullepart", "0000", "x" * 10_000, "a\x00"):
        refused = as_(nurse).post(there, {"place": typed, "form": "whole", "language": "nl"})
        assert refused.status_code == 422 and "essayez son code postal" in refused.content.decode()
    assert "Permanence" not in text(as_(nurse).post(there, {"form": "whole"}).content)
    with acting_as(nurse):
        taken = AuditEvent.objects.filter(action=Action.EXPORTED, case_id=situation.case_id)
        assert {tuple(each.fields) for each in taken} == {("whole",)}


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_the_discreet_sheet_tells_nothing_to_who_finds_it(nurse, language):
    printed = text(sheet(nurse, make_situation(nurse), form="discreet", language=language).content).lower()
    assert "112" in printed and "107" in printed
    told = ("violen", "geweld", "danger", "gevaar", "police", "politie", "hôpital", "seule", "alone", "0800", "1712")
    assert not [word for word in told if word in printed]


def test_a_form_or_a_language_that_is_none(nurse):
    situation = make_situation(nurse)
    assert sheet(nurse, situation, form="other").status_code == 404
    assert "Vous n’êtes pas seule" in text(sheet(nurse, situation, language="xx").content)


def test_only_what_says_nothing_of_violence_stands_on_the_discreet_sheet(world):
    assert [one.number for one in shown("fr") if one.urgent] == ["112", "101"]
    assert not [one for one in shown("fr") if one.plain_name and one.number in ("0800 30 030", "1712", "101")]


@pytest.mark.parametrize(("answer", "said"), [("no", "souhaite pas être contactée"), ("unknown", "demandez-le-lui")])
def test_every_page_of_the_case_says_that_she_is_not_to_be_called(nurse, answer, said):
    contact = dict.fromkeys(("victim_phone", "victim_phone_safe", "victim_phone_say"))
    situation = make_situation(nurse, may_contact=answer, **contact)
    for name in ("cases:summary", "cases:people"):
        page = as_(nurse).get(reverse(name, args=[situation.case_id])).content.decode()
        banner = page.partition('class="safe"')[2].partition("</section>")[0]
        assert said in banner and "Aucune consigne" not in banner


def test_a_way_to_reach_her_that_was_agreed_later_is_what_the_banner_says(nurse):
    contact = dict.fromkeys(("victim_phone", "victim_phone_safe", "victim_phone_say"))
    case = make_situation(nurse, may_contact="no", **contact).case
    make_situation(nurse, case, victim_given_name=None)
    page = as_(nurse).get(reverse("cases:summary", args=[case.pk])).content.decode()
    banner = page.partition('class="safe"')[2].partition("</section>")[0]
    assert "Contact sûr" in banner and "souhaite pas être contactée" not in banner


def test_words_for_approaching_her_are_not_shown_to_who_works_with_him(world, nurse):
    words = "Parler avec une personne qui vit"
    assert words in as_(nurse).get(url("reports:situation_draft", begin(nurse))).content.decode()
    assert words in as_(nurse).get(reverse("reports:situation_new")).content.decode()
    for path in (url("reports:situation_draft", begin(world.programme)), reverse("reports:situation_new")):
        his = as_(world.programme).get(path).content.decode()
        assert words not in his and "femme migrante" not in his
