"""The case list in its order and its budget, and a search that finds nothing one may not see."""

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from cases.models import Case, CaseExclusion, CasePerson
from cases.services import set_level
from common.clock import now
from tests.factories import make_report

from .helpers import Queries, as_, bring_in, bring_in_programme, text, url

pytestmark = pytest.mark.django_db
LIST, SEARCH = reverse("cases:list"), reverse("cases:search")


def give_level(by, case, level):
    with acting_as(by):
        set_level(case=Case.objects.get(pk=case.pk), level=level, provisional=False, at=now(), reassess_by=None)


def references(page: str) -> list[str]:
    import re

    return re.findall(r"MOVE-\d{4}-\d{6}", page)


def search(client, q: str) -> str:
    return text(client.post(SEARCH, {"q": q}))


# --- the list -----------------------------------------------------------------------------------------------------
def test_the_worst_level_comes_first_and_the_level_is_told_with_its_date(world):
    calm, grave = make_report(world.officer).case, make_report(world.officer).case
    give_level(world.officer, calm, "low")
    give_level(world.officer, grave, "critical")
    page = text(as_(world.officer).get(LIST))
    assert references(page) == [grave.reference, calm.reference]
    assert "level-critical" in page and "level-low" in page and "F. D." in page


def test_the_level_stays_closed_to_who_does_not_receive_it(world):
    first, second = make_report(world.officer).case, make_report(world.officer).case
    give_level(world.officer, first, "critical")
    page = text(as_(world.eva).get(LIST))
    assert set(references(page)) == {first.reference, second.reference}
    assert "level-critical" not in page and page.count("F. D.") == 2
    found = text(as_(world.eva).get(LIST, {"level": "critical"}))
    assert references(found) == [], "a filter tells nothing of what is not given"


def test_the_perpetrators_side_reads_his_initials(world):
    case = make_report(world.officer).case
    bring_in_programme(case, world.officer, world.programme)
    page = text(as_(world.programme).get(LIST))
    assert "Y. M." in page and "F. D." not in page


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "prosecutor"])
def test_others_see_an_empty_list(world, who):
    make_report(world.officer)
    assert references(text(as_(getattr(world, who)).get(LIST))) == []


def test_who_works_without_cases_has_no_list(world):
    client = as_(world.platform_admin)
    assert client.get(LIST).status_code == 404 and client.post(SEARCH, {"q": "1"}).status_code == 404


def test_an_excluded_person_sees_nothing_of_the_case(world, owner):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        CaseExclusion.objects.create(case=case, user=world.reader.user)
    for_reader = as_(world.reader)
    assert references(text(for_reader.get(LIST))) == []
    assert "F. D." not in search(for_reader, case.reference) and "F. D." not in search(for_reader, "diallo")
    assert for_reader.get(url("cases:summary", case)).status_code == 404


def test_filters(world):
    one, two = make_report(world.officer).case, make_report(world.officer).case
    give_level(world.officer, one, "high")
    client = as_(world.officer)
    assert references(text(client.get(LIST, {"level": "high"}))) == [one.reference]
    assert references(text(client.get(LIST, {"stage": "closed"}))) == []
    assert set(references(text(client.get(LIST, {"stage": "opened"})))) == {one.reference, two.reference}
    assert references(text(client.get(LIST, {"mine": "on"}))) == [], "the calls are the cell's"
    assert set(references(text(as_(world.eva).get(LIST, {"mine": "on"})))) == {one.reference, two.reference}
    assert client.get(LIST, {"level": "worst", "stage": "?", "cursor": "spoilt"}).status_code == 200


def test_the_list_costs_eight_queries_whatever_its_length(world):
    def cost(number):
        while len(references(text(as_(world.eva).get(LIST)))) < number:
            make_report(world.officer)
        client = as_(world.eva)
        client.get(LIST)
        with Queries() as queries:
            assert client.get(LIST).status_code == 200
        return queries

    few, many = cost(2), cost(12)
    assert few.count == many.count <= 8, "\n".join(many.statements)


def test_pages_of_the_list_say_how_many_without_counting_all(world, monkeypatch):
    cases = [make_report(world.officer).case for _ in range(3)]
    monkeypatch.setattr("cases.views.PER_PAGE", 2)
    client = as_(world.officer)
    first = client.get(LIST)
    seen = references(text(first))
    assert len(seen) == 2 and str(first.context["total"]) == "3"
    second = client.get(LIST, {"cursor": first.context["page"].next_cursor})
    assert set(seen) | set(references(text(second))) == {case.reference for case in cases}
    with Queries() as queries:
        client.get(LIST)
    assert queries.count <= 8


def test_what_was_listed_and_searched_is_on_record_without_the_words(world, owner):
    case = make_report(world.officer).case
    client = as_(world.officer)
    client.get(LIST)
    search(client, "diallo")
    from audit.models import AuditEvent

    with acting_as(world.officer):
        rows = AuditEvent.objects.filter(action__in=["listed", "searched"], user_id=world.officer.user_id)
        assert {(row.action, row.object_kind, tuple(row.fields)) for row in rows} == {
            ("listed", "cases.list", (str(case.pk),)),
            ("searched", "cases.search", (str(case.pk),)),
        }
        assert "diallo" not in repr(list(rows.values())).lower()


# --- the search -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    ["diallo", "DIÀLLO", "test fatou", "Fat", "noé", "morel yv", "diallo-test", "Diallo‑Te", "te di fa", "f diallo"],
)
def test_a_name_is_found_by_the_beginnings_of_its_words(world, words):
    case = make_report(world.officer).case
    assert references(search(as_(world.officer), words)).count(case.reference) >= 1


def test_a_case_is_found_by_its_reference_however_it_is_typed(world):
    case = make_report(world.officer).case
    number = str(int(case.reference[-6:]))
    for words in (case.reference, case.reference.lower(), number, case.reference[5:], f"move {number}"):
        assert case.reference in references(search(as_(world.officer), words)), words


@pytest.mark.parametrize(
    "words",
    [
        "",
        " ",
        "f",
        "iallo",
        "%",
        "%%",
        "d_allo",
        "di%",
        ".*",
        "(",
        "\\",
        "\x00",
        "x" * 10_000,
        "2026",
        "-diallo",
        "diallo nobody",
    ],
)
def test_what_finds_nothing_says_so(world, words):
    make_report(world.officer)
    page = search(as_(world.officer), words)
    assert "F. D." not in page


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "prosecutor", "programme"])
def test_nothing_found_and_not_allowed_read_alike(world, who):
    case = make_report(world.officer).case
    client = as_(getattr(world, who))

    def answer(q):
        import re

        page = re.sub(r'name="csrf[^>]*>|csrf-token" content="[^"]*"', "", search(client, q))
        return page.replace(q, "")

    assert answer("diallo") == answer("zorglub")
    number = case.reference[-6:]
    assert answer(number) == answer("999999")


def test_her_name_is_never_found_for_his_side(world):
    case = make_report(world.officer).case
    bring_in_programme(case, world.officer, world.programme)
    client = as_(world.programme)
    assert case.reference not in search(client, "diallo") and case.reference not in search(client, "noé")
    page = search(client, "morel")
    assert case.reference in page and "Yvan" in page and "Fatou" not in page


def test_names_stay_closed_without_the_identity(world):
    case = make_report(world.officer).case
    bring_in(case, world.officer, world.shelter, [], side="victim")
    client = as_(world.shelter)
    assert case.reference not in search(client, "diallo")
    page = search(client, case.reference)
    assert case.reference in page and "F. D." not in page


def test_a_search_costs_the_same_queries_whatever_it_finds(world):
    client = as_(world.officer)

    def cost() -> int:
        with Queries() as queries:
            assert client.post(SEARCH, {"q": "diallo"}).status_code == 200
        return queries.count

    make_report(world.officer)
    cost()
    few = cost()
    for _ in range(4):
        make_report(world.officer)
    assert cost() == few


def test_what_the_function_finds_is_still_read_under_the_policies(world, monkeypatch):
    """Were the function wrong and answered with everybody, the page would show what the member may read."""
    case, other = make_report(world.officer).case, make_report(world.other_officer).case
    bring_in_programme(case, world.officer, world.programme)
    everybody = []
    for member in (world.officer, world.other_officer):
        with acting_as(member):
            everybody += CasePerson.objects.values_list("pk", flat=True)
    monkeypatch.setattr("cases.search.candidates", lambda words: everybody)
    page = search(as_(world.programme), "diallo")
    assert "Yvan" in page and "Fatou" not in page and other.reference not in page
    page = search(as_(world.stranger), "diallo")
    assert "Yvan" not in page and "Fatou" not in page


def test_a_search_is_never_in_an_address_nor_kept_on_the_device(world):
    client = as_(world.officer)
    answer = client.post(SEARCH, {"q": "diallo"})
    assert "no-store" in answer["Cache-Control"] and answer.status_code == 200
    assert 'method="post"' in text(client.get(SEARCH))
