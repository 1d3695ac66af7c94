"""The page “What next?”: proposals one click away, never by origin; what is missing is counted once."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide
from agencies.models import Agency
from audit.models import AuditEvent
from cases.models import Case
from referrals.models import ServiceGap
from tests.actors import as_
from tests.factories import make_agency
from tests.referrals_acts import make_case, person, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def url(case: Case) -> str:
    return reverse("referrals:next", args=[case.pk])


def look(by, case, **known):
    with acting_as(by):
        subject = person(case, known.pop("role", "victim")).pk
    browser = as_(by)
    browser.cookies["django_language"] = "en"
    return browser.get(url(case), {"subject": subject, "need": "social"} | known)


def ask(by, case, **known):
    with acting_as(by):
        subject = person(case, known.pop("role", "victim")).pk
    return as_(by).post(url(case), {"subject": subject, "need": "social"} | known)


def gaps(by) -> list[tuple[str, str, str]]:
    with acting_as(by):
        return sorted(ServiceGap.objects.values_list("kind", "need", "postal_code"))


def test_a_proposal_is_one_click_from_the_filled_in_form(world):
    case = make_case(world.officer)
    clinic = make_agency(AgencyKind.MENTAL_HEALTH, "Centre de santé mentale", languages=["fr"])
    page = look(world.officer, case, need="mental_health", postal_code="1030", language="tr")
    (line,) = [line for line in page.context["lines"] if line["of"].agency == clinic]
    target = urlsplit(line["url"])
    assert target.path == reverse("referrals:new", args=[case.pk])
    filled = {name: value[0] for name, value in parse_qs(target.query).items()}
    assert filled.pop("subject") == page.context["given"]["subject"]
    assert filled == {
        "need": "mental_health",
        "to_agency": str(clinic.pk),
        "postal_code": "1030",
        "asked_by": "service",
        "interpreter_language": "tr",
        "rule": line["of"].rule,
        "missing_kind": "migrant_service",
    }
    form = as_(world.officer).get(line["url"]).context["form"]
    assert form["to_agency"].value() == str(clinic.pk)
    assert form["rule"].value() == "victim-in-another-language"


def test_the_page_says_why_and_instead_of_which_service(world):
    case = make_case(world.officer)
    Agency.objects.filter(kind=AgencyKind.CPAS).update(is_active=False)
    make_agency(AgencyKind.SOCIAL_COHESION, "Quartier Est")
    words = look(world.officer, case, need="social", postal_code="1030").content.decode()
    assert "Quartier Est" in words
    assert "instead of: public social welfare centre" in words or "au lieu de" in words


def test_his_side_is_offered_only_him(world):
    from tests.actors import all_of_his_side

    case = make_case(world.officer)
    his = all_of_his_side(world, case)
    form = as_(his).get(url(case)).context["form"]
    roles = {label.rpartition("(")[2] for _value, label in form.fields["subject"].choices}
    assert len(form.fields["subject"].choices) == 1, roles


def test_who_only_reads_may_not_and_who_does_not_know_the_case_finds_nothing(world):
    case = make_case(world.officer)
    assert as_(world.reader).get(url(case)).status_code == 403
    assert as_(world.stranger).get(url(case)).status_code == 404
    assert as_(world.platform_admin).get(url(case)).status_code == 404


def test_what_was_asked_already_is_not_offered_again(world):
    case = make_case(world.officer)
    referral = send(world.officer, case, world.shelter)
    page = look(world.officer, case, need="shelter")
    (line,) = [line for line in page.context["lines"] if line["of"].agency == world.shelter.agency]
    assert line["asked"] == referral.pk
    assert reverse("referrals:detail", args=[referral.pk]) in page.content.decode()


def test_what_is_missing_is_counted_once_however_often_it_is_sent(world):
    case = make_case(world.officer)
    for _again in range(2):
        answer = ask(world.officer, case, need="residence", postal_code="1030")
        assert answer.status_code == 302
    assert gaps(world.officer) == [("migrant_service", "residence", "1030")]
    assert look(world.officer, case, need="residence", postal_code="1030").status_code == 200


def test_what_is_there_is_not_counted(world):
    case = make_case(world.officer)
    ask(world.officer, case, need="social", postal_code="1030")
    assert gaps(world.officer) == []


def test_where_nobody_is_known_the_page_says_what_to_do_and_gives_the_way(world):
    case = make_case(world.officer)
    page = look(world.officer, case, need="other", postal_code="1030")
    assert page.context["lines"] == []
    text = page.content.decode()
    elsewhere, by_hand = page.context["without_place"], page.context["by_hand"]
    for address in (elsewhere, by_hand, reverse("casework:contacts", args=[case.pk])):
        assert f'href="{escape(address)}"' in text
        assert as_(world.officer).get(address).status_code == 200
    assert as_(world.officer).get(by_hand).context["form"]["need"].value() == "other"
    everywhere = as_(world.officer).get(elsewhere)
    assert everywhere.context["given"]["postal_code"] == "" and everywhere.context["without_place"] == ""


def test_looking_counts_nothing_and_is_on_the_trail(world):
    case = make_case(world.officer)
    look(world.officer, case, need="residence")
    assert gaps(world.officer) == []
    with acting_as(world.officer):
        assert AuditEvent.objects.filter(case_id=case.pk, object_kind="cases.next_services", action="read").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"need": "gold"},
        {"need": ""},
        {"subject": "00000000-0000-0000-0000-000000000000"},
        {"subject": "x" * 10_000},
        {"postal_code": "\x00"},
        {"postal_code": "🙂🙂"},
        {"postal_code": "1" * 10_000},
        {"postal_code": "‮1030"},
        {"language": "klingon"},
        {"asked_by": "his mother"},
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_counted(world, wrong):
    case = make_case(world.officer)
    with acting_as(world.officer):
        whole = {"subject": person(case).pk, "need": "residence"} | wrong
    assert as_(world.officer).get(url(case), whole).status_code == 422
    assert as_(world.officer).post(url(case), whole).status_code == 422
    assert gaps(world.officer) == []


def test_a_person_of_another_case_is_nobody_here(world):
    case, other = make_case(world.officer), make_case(world.other_officer)
    with acting_as(world.other_officer):
        theirs = person(other).pk
    whole = {"subject": theirs, "need": "residence"}
    assert as_(world.officer).post(url(case), whole).status_code == 422


def test_the_level_counts_where_it_is_given(world):
    case = make_case(world.officer)
    make_agency(AgencyKind.SHELTER, "Les Glycines", side=AgencySide.VICTIM)
    first = [line["of"].agency.kind for line in look(world.officer, case, need="social").context["lines"]]
    assert AgencyKind.SHELTER not in first
    with acting_as(world.officer):
        Case.objects.filter(pk=case.pk).update(level="critical")
    kinds = [line["of"].agency.kind for line in look(world.officer, case, need="social").context["lines"]]
    assert kinds[0] == AgencyKind.SHELTER


def test_what_a_referral_stands_in_for_is_counted_with_it(world):
    case = make_case(world.officer)
    by_pathway = {"rule": "language", "missing_kind": "migrant_service", "postal_code": "1030", "need": "language"}
    send(world.officer, case, world.shelter, **by_pathway)
    assert gaps(world.officer) == [("migrant_service", "language", "1030")]


def test_nothing_is_counted_where_the_service_is_there_after_all(world):
    case = make_case(world.officer)
    make_agency(AgencyKind.MIGRANT_SERVICE, "Rivages", free_places=0)
    by_pathway = {"rule": "language", "missing_kind": "migrant_service", "postal_code": "1030", "need": "language"}
    send(world.officer, case, world.shelter, **by_pathway)
    assert gaps(world.officer) == []
