"""A consent written down: who may, what may be named, the paper, and the end announced."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.discreet import discreet_phone
from agencies.enums import AgencyKind
from cases import timeline
from cases.access import for_case
from cases.enums import Category
from cases.models import CaseEvent
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from notifications.models import Notice, OutgoingMail
from sharing import consents, sheet
from sharing.expiry import announce_ends
from sharing.models import Consent, Purpose, SharingDecision
from sharing.services import decide, withdraw_consent
from tests.actors import as_, excluded_colleague
from tests.factories import make_agency, make_member
from tests.referrals_acts import accept, make_case, send
from tests.sharing.consent_acts import PRINCIPLES, form_data, open_on, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_case(world.officer)


@pytest.fixture
def english():
    with translation.override("en"):
        yield


def new(case) -> str:
    return reverse("sharing:new_consent", args=[case.pk])


# --- writing it down --------------------------------------------------------------------------------------------
def test_written_from_the_page_and_nothing_opens(world, case):
    with acting_as(world.officer):
        data = form_data(case, world.shelter)
    browser = as_(world.officer)
    assert browser.get(new(case)).status_code == 200
    response = browser.post(new(case), data)
    with acting_as(world.officer):
        consent = Consent.objects.get(request_key=data["request_key"])
        assert response.status_code == 302 and response.url.endswith(f"#consent-{consent.pk}")
        assert [agency.pk for agency in consent.recipients.all()] == [world.shelter.agency_id]
        assert consent.valid_until.astimezone(local(now()).tzinfo).hour == 0, "the whole last day counts"
        event = CaseEvent.objects.get(code="consent_recorded")
        assert (event.category, event.side) == ("network", "victim")
        assert timeline.title(event.code, event.payload)
    with acting_as(world.shelter):
        assert not for_case(case, world.shelter), "a consent alone opens nothing"
    open_on(world.officer, consent, world.shelter)
    with acting_as(world.shelter):
        assert for_case(case, world.shelter).can("identity", "victim")


def test_nobody_answers_for_her(world, case):
    text = as_(world.officer).get(new(case)).content.decode()
    for name in ("given_by", "given_how", "sheet", "categories", "purposes", "recipients", "kinds"):
        assert not re.search(rf'<input[^>]+name="{name}"[^>]+checked', text), name
    assert re.search(r'<option value="" selected>', text), "no language is chosen either"


def test_sent_twice_is_one_consent(world, case):
    with acting_as(world.officer):
        data = form_data(case, world.shelter)
    browser = as_(world.officer)
    assert browser.post(new(case), data).url == browser.post(new(case), data).url
    with acting_as(world.officer):
        assert Consent.objects.filter(request_key=data["request_key"]).count() == 1


def test_a_key_of_another_case_records_nothing(world, case):
    other, key = make_case(world.officer), uuid7()
    write(world.officer, other, world.shelter, key=key)
    with pytest.raises(RuleBroken):
        write(world.officer, case, world.shelter, key=key)


def test_an_empty_form_says_everything_that_is_missing(world, case, english):
    browser = as_(world.officer)
    world.officer.user.language = "en"
    response = browser.post(new(case), {"request_key": str(uuid7()), "explained": "  ", "purpose": "Être relogée"})
    text = response.content.decode()
    assert response.status_code == 422 and "Être relogée" in text
    assert {"subject"} < set(response.context["form"].errors)
    for name in ("given_by", "given_how", "language", "explained", "purposes", "categories", "recipients",
                 "valid_until", "sheet"):  # fmt: skip
        assert name in response.context["form"].errors, name
    with acting_as(world.officer):
        assert not CaseEvent.objects.filter(code="consent_recorded").exists()


def test_everything_typed_comes_back(world, case):
    with acting_as(world.officer):
        data = form_data(case, world.shelter, explained="", kinds=["hospital"], representative_name="Me Aerts")
    response = as_(world.officer).post(new(case), data)
    text = response.content.decode()
    assert response.status_code == 422 and "Me Aerts" in text
    for value in ("identity", "contact", "support", "hospital", str(world.shelter.agency_id), "given"):
        assert re.search(rf'value="{value}"[^>]*checked', text), value


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"given_by": ""}, "given_by", "silence"),
        ({"categories": ("facts",)}, "categories", "not theirs"),
        ({"categories": ("risk", "level")}, "categories", "not theirs"),
        ({"categories": ("perpetrator_work",)}, "categories", "not theirs"),
        ({"role": "child"}, "given_by", "does not consent alone"),
        (
            {"role": "presumed_perpetrator", "categories": ("children",), "kinds": ("addiction",)},
            "categories",
            "theirs",
        ),
        ({"valid_until": now() - timedelta(days=1)}, "valid_until", "past"),
        ({"valid_until": now() + timedelta(days=800)}, "valid_until", "two years"),
        ({"valid_until": None}, "valid_until", "until when"),
        ({"language": "xx"}, "language", "language"),
        ({"recipients": ()}, "recipients", "With whom|with whom"),
        ({"recipients": (uuid7(),)}, "recipients", "from the list"),
        ({"partnership_id": uuid7()}, "partnership", "from the list"),
        ({"evidence_id": uuid7()}, "evidence", "about this person"),
        ({"given_by": "representative", "representative_name": "Yvan Morel-Test"}, "given_by", "nobody but himself"),
    ],
)
def test_refused_by_its_field(world, case, english, changes, field, words):
    with pytest.raises(RuleBroken) as broken:
        write(world.officer, case, *([] if "recipients" in changes else [world.stranger]), **changes)
    assert re.search(words, " ".join(map(str, broken.value.errors[field])))
    with acting_as(world.officer):
        assert not CaseEvent.objects.filter(code="consent_recorded").exists()


def test_who_writes_whose_consent(world, case):
    """Each side its own; who is on neither, both; who only reads, nobody's."""
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    expected = {
        world.officer: {"victim", "presumed_perpetrator", "child"},
        world.eva: {"victim", "child"},
        world.programme: {"presumed_perpetrator"},
        world.reader: set(),
        world.stranger: set(),
    }
    for member, roles in expected.items():
        with acting_as(member):
            assert {each.role for each in consents.subjects(for_case(case, member))} == roles, member.agency.name
    with pytest.raises(Refused):
        write(world.reader, case, world.shelter)
    assert as_(world.reader).get(new(case)).status_code == 403
    assert as_(world.stranger).get(new(case)).status_code == 404


# --- what would tell him -------------------------------------------------------------------------------------------
@pytest.fixture
def hers(world, case):
    """Every service of hers in the case: the cell, the shelter, and one that usually works with both."""
    open_on(world.officer, write(world.officer, case, world.shelter), world.shelter)
    open_on(world.officer, write(world.officer, case, world.stranger), world.stranger)
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    return [world.eva.agency, world.shelter.agency, world.stranger.agency]


def test_a_consent_of_his_names_no_service_of_hers(world, case, hers, english):
    for agency in hers:
        with pytest.raises(RuleBroken, match="learn who follows her"):
            write(world.officer, case, role="presumed_perpetrator", recipients=(agency.pk,))
    with pytest.raises(RuleBroken, match="learn who follows her"):
        write(world.officer, case, role="presumed_perpetrator", kinds=("shelter",))


def test_his_side_is_offered_none_of_them(world, case, hers):
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        offered = {agency.name for agency in consents.services(access)}
        assert "Maison du Tilleul" not in offered and "Cellule EVA A" not in offered
        assert not set(consents.kinds(access)) & consents.WITH_VICTIMS
        assert "CPAS Est" in offered, "missing, it would say that it is hers"
    text = as_(world.programme).get(new(case)).content.decode()
    assert "Tilleul" not in text and "EVA" not in text
    with pytest.raises(RuleBroken, match="liste|list"):
        write(world.programme, case, world.shelter, role="presumed_perpetrator")


@pytest.mark.parametrize("form", ["whole", "discreet"])
def test_nothing_printed_for_him_names_a_service_of_hers(world, case, hers, form):
    addiction = make_member(make_agency(AgencyKind.ADDICTION, "Centre Alpha"))
    made = write(world.officer, case, addiction, role="presumed_perpetrator", kinds=("addiction",))
    with acting_as(world.officer):
        # an old row that names them all the same: what is printed is filtered again
        for agency in hers:
            made.recipients.through.objects.create(case=case, consent=made, agency=agency)
    url = reverse("sharing:consent_sheet", args=[case.pk, made.pk])
    for code, _name in sheet.languages():
        text = as_(world.officer).get(url, {"language": code, "form": form}).content.decode()
        assert ("Centre Alpha" in text) is (form == "whole"), code
        for agency in hers:
            assert agency.name not in text and agency.short_name not in text, (code, agency.name)


def test_the_sheet_of_hers_does_not_exist_for_his_side(world, case, hers):
    made = write(world.officer, case, world.shelter)
    url = reverse("sharing:consent_sheet", args=[case.pk, made.pk])
    assert as_(world.eva).get(url).status_code == as_(world.officer).get(url).status_code == 200
    assert as_(world.programme).get(url).status_code == as_(world.other_officer).get(url).status_code == 404
    # even one it recorded itself, or rests on
    open_on(world.officer, write(world.officer, case, world.programme, categories=("identity",)),
            world.programme, "identity:victim", side="perpetrator")  # fmt: skip
    with acting_as(world.programme):
        rests = Consent.objects.filter(decisions__recipient=world.programme.agency, side="victim").get()
    known = reverse("sharing:consent_sheet", args=[case.pk, rests.pk])
    assert as_(world.programme).get(known).status_code == 404


def test_his_side_reads_no_line_of_her_consents(world, case, hers):
    write(world.officer, case, world.shelter)
    with acting_as(world.programme):
        access = for_case(case, world.programme)
        events = CaseEvent.objects.filter(case=case, code="consent_recorded")
        assert not any(access.shows(event) for event in events)


# --- the paper -----------------------------------------------------------------------------------------------------
def test_the_paper_in_every_language(world, case):
    made = write(world.officer, case, world.shelter, purposes=("support", "safety"), kinds=("hospital",))
    url = reverse("sharing:consent_sheet", args=[case.pk, made.pk])
    browser = as_(world.officer)
    for code, _name in sheet.languages():
        text = browser.get(url, {"language": code}).content.decode()
        words = sheet.words_in(code).texts
        paper = text[text.index("<main") :]
        assert f'lang="{code}"' in paper and f'dir="{words["dir"]}"' in paper
        assert words["categories"]["contact"] in paper and words["purposes"]["safety"] in paper
        assert "Maison du Tilleul" in paper and words_of_last_day(made) in paper
        assert words["kinds"]["hospital"] in paper and world.officer.agency.public_duty_phone in paper
        assert "MOVE" not in text and "Diallo" not in text and case.reference not in text
    with translation.override("fr"):
        assert "traducteur" in browser.get(url).content.decode(), "the worker is told that nobody checked the text"


def words_of_last_day(consent: Consent) -> str:
    return local(consent.valid_until - timedelta(seconds=1)).strftime("%d/%m/%Y")


def test_the_last_day_is_the_one_that_was_chosen(world, case):
    with acting_as(world.officer):
        data = form_data(case, world.shelter)
    as_(world.officer).post(new(case), data)
    with acting_as(world.officer):
        made = Consent.objects.get(request_key=data["request_key"])
    year, month, day = data["valid_until"].split("-")
    assert words_of_last_day(made) == f"{day}/{month}/{year}"


def test_a_language_it_does_not_exist_in(world, case):
    made = write(world.officer, case, world.shelter, language="ti")
    text = as_(world.officer).get(reverse("sharing:consent_sheet", args=[case.pk, made.pk])).content.decode()
    assert sheet.words_in("fr").texts["title"] in text and "interpr" in text


def test_the_reference_is_whole():
    reference = json.loads(sheet.REFERENCE.read_text())
    french = reference["languages"]["fr"]
    assert {"fr", "nl", "en", "de", "es", "tr", "ar"} <= set(reference["languages"])
    for code, words in reference["languages"].items():
        assert set(words) == set(french), code
        assert words["verified_on"] is None and words["translator_checked"] is False, code
        assert set(words["purposes"]) == set(Purpose.values), code
        assert set(words["kinds"]) == set(consents.KINDS), code
        assert set(words["categories"]) == {each for own in consents.OWN.values() for each in own}, code
        assert len(words["rights"]) == len(french["rights"]), code
        assert "{date}" in words["given"] and "{kind}" in words["any_of_kind"] and "{name}" in words["partnership"]


def test_the_discreet_form_says_nothing(world, case):
    made = write(world.officer, case, world.shelter, sheet="discreet")
    url = reverse("sharing:consent_sheet", args=[case.pk, made.pk])
    text = as_(world.officer).get(url, {"form": "discreet"}).content.decode()
    title, paper = re.search("<title>(.*)</title>", text)[1], text[text.index("<main") : text.index("</main>")]
    assert title == "Rendez-vous"
    for word in (
        "Tilleul",
        "police",
        "Police",
        "viol",
        "victim",
        "MOVE",
        case.reference,
        world.officer.agency.public_duty_phone,
    ):
        assert word not in paper, word
    assert 'class="sheet kept"' in as_(world.officer).get(url).content.decode(), "the whole form is not printed"


def test_the_number_of_a_service_that_says_nothing(world):
    neutral = make_agency(AgencyKind.CPAS, "CPAS Ouest", public_duty_phone="02 555 09 09")
    telling = make_agency(AgencyKind.CPAS, "CPAS Ouest, violences", public_duty_phone="02 555 08 08")
    assert discreet_phone(neutral) == "02 555 09 09"
    assert discreet_phone(telling) == discreet_phone(world.officer.agency) == ""
    assert discreet_phone(world.shelter.agency) == ""


def test_kept_at_the_service_nothing_prints(world, case):
    made = write(world.officer, case, world.shelter, sheet="kept")
    url = reverse("sharing:consent_sheet", args=[case.pk, made.pk])
    for form in ("whole", "discreet"):
        text = as_(world.officer).get(url, {"form": form}).content.decode()
        assert " kept" in text and "data-print" not in text


# --- renewing, and the end announced -----------------------------------------------------------------------------
def test_renewed_from_what_it_was(world, case):
    made = write(world.officer, case, world.shelter, categories=("identity",), kinds=("hospital",))
    text = as_(world.officer).get(new(case), {"renews": made.pk}).content.decode()
    for value in ("identity", "support", "hospital", str(world.shelter.agency_id)):
        assert re.search(rf'value="{value}"[^>]*checked', text), value
    assert not re.search(r'name="given_by"[^>]*checked', text), "it is asked again"
    for wrong in ("x", str(uuid7())):
        assert as_(world.officer).get(new(case), {"renews": wrong}).status_code == 200


def test_the_end_is_announced_once_to_who_is_concerned(world, case, settings):
    settings.CONSENT_ENDS_SOON_DAYS = 7
    soon = write(world.officer, case, world.shelter, valid_until=now() + timedelta(days=6))
    open_on(world.officer, soon, world.shelter)
    far = write(world.officer, case, world.stranger, valid_until=now() + timedelta(days=30))
    open_on(world.officer, far, world.stranger)
    for _run in range(2):
        announce_ends(batch=1)
    with system_context(SystemContext.NOTICES):
        told = Notice.objects.filter(kind="consent_ends_soon")
        assert {notice.agency_id for notice in told} == {world.officer.agency_id, world.shelter.agency_id}
        assert len({notice.recipient_id for notice in told}) == len(told), "once each"
        assert world.shelter.user_id in {notice.recipient_id for notice in told}
        for mail in OutgoingMail.objects.filter(notice__in=told):
            assert mail.context == {}
    text = as_(world.officer).get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    assert f"?renews={soon.pk}" in text and f"?renews={far.pk}" not in text


def test_who_is_kept_out_is_not_told(world, case):
    colleague = excluded_colleague(world, case)
    write(world.officer, case, world.shelter, valid_until=now() + timedelta(days=3))
    announce_ends()
    with system_context(SystemContext.NOTICES):
        told = set(Notice.objects.filter(kind="consent_ends_soon").values_list("recipient", flat=True))
    assert world.officer.user_id in told and colleague.user_id not in told


def test_a_withdrawn_one_is_not_announced(world, case):
    made = write(world.officer, case, world.shelter, valid_until=now() + timedelta(days=3))
    with acting_as(world.officer):
        withdraw_consent(by=world.officer, access=for_case(case, world.officer), consent=made)
    announce_ends()
    with system_context(SystemContext.NOTICES):
        assert not Notice.objects.filter(kind="consent_ends_soon").exists()


# --- the tab -------------------------------------------------------------------------------------------------------
def test_the_tab_says_what_was_agreed(world, case, english):
    made = write(world.officer, case, world.shelter, kinds=("hospital",), given_how="with_interpreter", language="tr")
    browser = as_(world.officer)
    text = browser.get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    for words in ("Maison du Tilleul", str(AgencyKind.HOSPITAL.label), new(case),
                  reverse("sharing:consent_sheet", args=[case.pk, made.pk]),
                  reverse("casework:withdraw_consent", args=[case.pk, made.pk])):  # fmt: skip
        assert words in text or translation.gettext(words) in text, words
    decide = reverse("sharing:new_decision", args=[case.pk])
    assert f"{decide}?basis=consent&amp;consent={made.pk}&amp;recipient={world.shelter.agency_id}" in text
    assert f'{decide}?basis=consent&amp;consent={made.pk}"' in text, "and to a hospital"
    open_on(world.officer, made, world.shelter)
    text = browser.get(reverse("sharing:case_access", args=[case.pk])).content.decode()
    assert f"&amp;recipient={world.shelter.agency_id}" not in text, "it is open"
    assert new(case) not in as_(world.reader).get(reverse("sharing:case_access", args=[case.pk])).content.decode()


def test_the_number_of_questions_does_not_grow(world, case):
    browser, url = as_(world.officer), reverse("sharing:case_access", args=[case.pk])
    browser.get(url)
    counts = []
    for _step in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url).status_code == 200
        counts.append(len(asked))
        for _each in range(3):
            open_on(world.officer, write(world.officer, case, world.shelter, world.stranger), world.shelter)
    assert counts[0] == counts[1]


def test_what_somebody_may_share_is_a_category():
    for own in consents.OWN.values():
        assert set(own) <= set(Category)
    assert SharingDecision._meta.get_field("consent").null


def test_his_side_reads_of_a_consent_of_hers_what_it_opens_and_nothing_she_said(world, case, english):
    """It was written down by a service of hers, and she changed her mind: neither is for him."""
    consent = write(
        world.eva, case, world.programme, purpose="Mot-pour-quoi", explained="Mot-expliqué", categories=("identity",)
    )
    open_on(world.officer, consent, world.programme, "identity:victim", side="perpetrator")
    page = reverse("sharing:case_access", args=[case.pk])

    def read() -> str:
        return as_(world.programme).get(page, headers={"accept-language": "en"}).content.decode()

    assert f"consent-{consent.pk}" in read()
    assert not any(word in read() for word in (world.eva.agency.name, "Mot-pour-quoi", "Mot-expliqué"))
    with acting_as(world.officer):
        decide(
            by=world.officer, case=case, recipient=world.programme.agency, side="perpetrator", way_in="decision",
            basis="grave_danger", grants=["identity:perpetrator"], particulars={"danger": "Il rôde.", "help": "-"},
            **PRINCIPLES,
        )  # fmt: skip
    with acting_as(world.eva):
        withdraw_consent(by=world.eva, access=for_case(case, world.eva), consent=consent)
    assert f"consent-{consent.pk}" in read() and "ended" in read() and "withdrawn" not in read()
