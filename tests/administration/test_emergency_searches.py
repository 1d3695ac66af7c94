"""Who searched in an emergency: on a page of the data-protection officer, with what was opened or that nothing was."""

import pytest
from django.urls import reverse
from django.utils import translation

from administration import emergency_searches
from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from audit.models import AuditEvent
from common.acting import SystemContext, system_context
from common.errors import Refused
from sharing.break_glass import open_emergency
from sharing.emergency_search import TooMany, Wanted, search
from tests import actors
from tests.cases.helpers import Queries, text
from tests.factories import make_agency, make_member, make_report

pytestmark = pytest.mark.django_db
REASON = "Elle est aux urgences, il la cherche et il serait armé."
HER = Wanted(family_name="Diallo-Test", given_name="Fatou")
NOBODY = Wanted(family_name="Personne", given_name="Zoé")
PAGE = "administration:emergency_searches"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def nurse(world):
    return make_member(make_agency(AgencyKind.HOSPITAL, "Hôpital du Parc"), given_name="Inès", family_name="Colin")


@pytest.fixture
def dpo(world):
    return make_member(world.platform_admin.agency, Role.DATA_PROTECTION_OFFICER)


def look(by, wanted):
    with acting_as(by):
        return search(by=by, reason=REASON, wanted=wanted).hits


def as_(membership):
    client = actors.as_(membership)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def lines(dpo):
    with acting_as(dpo):
        return emergency_searches.searches(dpo, None)[0]


def test_what_was_found_and_what_was_opened(world, dpo, nurse, settings):
    case = make_report(world.officer).case
    settings.BREAK_GLASS_SEARCHES = 3
    look(nurse, NOBODY), look(world.other_officer, NOBODY), look(nurse, HER)
    (hit,) = look(nurse, HER)
    with acting_as(nurse):
        emergency = open_emergency(by=nurse, token=hit.token)
    with pytest.raises(TooMany):
        look(nurse, HER)
    told = [(line.user, line.agency, line.found, line.opened, line.lately) for line in lines(dpo)]
    hers, his = (nurse.user, nurse.agency), (world.other_officer.user, world.other_officer.agency)
    assert told == [
        (*hers, 1, [emergency.pk], 3), (*hers, 1, [], 3), (*his, 0, [], 1), (*hers, 0, [], 3),
    ]  # fmt: skip
    shown = text(as_(dpo).get(reverse(PAGE)))
    assert "Inès Colin" in shown and "Hôpital du Parc" in shown and "written down nowhere" in shown
    assert reverse("casework:emergency_review", args=[emergency.pk]) in shown
    for word in ("Diallo", "Fatou", "Personne", "urgences", case.reference, str(case.pk)):
        assert word not in shown, word


def test_a_search_too_many_is_there_too(world, dpo, nurse, settings):
    """Refused in a request, where what is refused stays on the trail."""
    settings.BREAK_GLASS_SEARCHES = 1
    client, typed = as_(nurse), {"reason": REASON, "family_name": "Personne", "given_name": "Zoé"}
    assert [client.post(reverse("sharing:emergency"), typed).status_code for _ in range(2)] == [200, 429]
    assert [line.found for line in lines(dpo)] == [None, 0]
    assert "refused: too many in the hour" in text(as_(dpo).get(reverse(PAGE)))


def test_for_the_data_protection_officer_alone(world, dpo, nurse):
    look(nurse, NOBODY)
    for member in (world.officer, nurse, world.platform_admin, world.police_manager):
        assert as_(member).get(reverse(PAGE)).status_code == 403
        with acting_as(member), pytest.raises(Refused):
            emergency_searches.searches(member, None)
    assert reverse(PAGE) in text(as_(dpo).get(reverse("casework:emergencies")))
    assert reverse(PAGE) not in text(as_(nurse).get(reverse("casework:emergencies")))


def test_no_other_search_is_open_to_that_context(world, dpo, nurse):
    make_report(world.officer)
    assert as_(world.officer).post(reverse("cases:search"), {"q": "Diallo"}).status_code == 200
    look(nurse, NOBODY)
    with system_context(SystemContext.OVERSIGHT):
        assert {(event.action, event.object_kind) for event in AuditEvent.objects.all()} == {
            ("searched", "sharing.emergency")
        }
    with acting_as(dpo):
        assert not AuditEvent.objects.filter(object_kind="sharing.emergency").exists()


def test_page_by_page_at_the_same_cost(world, dpo, nurse, settings, monkeypatch):
    settings.BREAK_GLASS_SEARCHES = 100
    monkeypatch.setattr(emergency_searches, "PER_PAGE", 4)
    client = as_(dpo)

    def cost() -> int:
        with Queries() as queries:
            assert client.get(reverse(PAGE)).status_code == 200
        return queries.count

    look(nurse, NOBODY), client.get("/")
    before = cost()
    for _ in range(3):
        look(nurse, NOBODY), look(world.eva, NOBODY)
    assert cost() == before
    first = client.get(reverse(PAGE))
    more = client.get(reverse(PAGE), {"cursor": first.context["page"].next_cursor})
    ids = [line.id for page in (first, more) for line in page.context["lines"]]
    assert len(ids) == len(set(ids)) == 7
