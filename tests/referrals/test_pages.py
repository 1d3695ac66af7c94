import re
from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.enums import AgencyKind
from cases.models import CasePerson
from common.clock import local, now, travel
from referrals.models import Referral
from sharing.models import Basis, Consent, WayIn
from sharing.services import decide
from tests.factories import make_agency, make_member
from tests.referrals_acts import accept, make_case, person, send

pytestmark = pytest.mark.django_db


def typed(case, to, **changes) -> dict[str, str]:
    return {
        "subject": str(person(case).pk),
        "to_agency": str(to.agency_id),
        "need": "shelter",
        "urgency": "within_48_hours",
        "reason": "Elle ne peut pas rentrer chez elle ce soir.",
        "basis": "consent",
        "given_how": "oral",
        "language": "fr",
        "explained": "Qui verra quoi.",
        "purpose": "Trouver une place",
        "valid_until": "2099-01-01",
    } | changes


def preview_page(client, by, case, data):
    """What the form answers: the preview it leads to, or the form again."""
    client.force_login(by.user)
    return client.post(reverse("referrals:new", args=[case.pk]), data, follow=True)


def token_of(response) -> str:
    return re.search(r'name="token" value="([^"]+)"', response.content.decode())[1]


@pytest.fixture
def story(world):
    case = make_case(world.officer)
    with acting_as(world.officer):
        data = typed(case, world.shelter, valid_until="")
    data["valid_until"] = str(local(now() + timedelta(days=60)).date())
    return case, data


def test_written_previewed_changed_and_sent_once(world, client, story):
    case, data = story
    full = make_agency(AgencyKind.SHELTER, "Refuge complet", accepts_referrals=False)
    client.force_login(world.officer.user)
    form = client.get(reverse("referrals:new", args=[case.pk]))
    assert form.status_code == 200
    text = form.content.decode()
    assert re.search(rf'<option value="{full.pk}" disabled>', text), "shown, and not to be chosen"
    assert str(world.officer.agency_id) not in text, "not to oneself"

    response = preview_page(client, world.officer, case, data)
    assert response.status_code == 200
    page = response.content.decode()
    for shown in ("Maison du Tilleul", "Fatou", "Diallo-Test", "Noé", "entre 9 h et 11 h", data["reason"]):
        assert shown in page
    assert "Yvan" not in page.split("columns")[1], "his name does not open"
    with acting_as(world.officer):
        assert not Referral.objects.exists() and not Consent.objects.filter(purpose=data["purpose"]).exists()

    token = token_of(response)
    preview_url = response.redirect_chain[-1][0]
    draft_url = re.search(r'href="([^"]+\?draft=[^"]+)"', page)[1]
    assert data["reason"] in client.get(draft_url).content.decode(), "back keeps what was typed"
    assert client.get(preview_url).status_code == 200, "the preview is a page of its own: reload and Back ask nothing"

    first = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token})
    second = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token})
    assert first.status_code == 302 and first.url == second.url, "a double click is one referral"
    with acting_as(world.officer):
        assert Referral.objects.count() == 1
    assert client.get(preview_url).url == reverse("referrals:case_list", args=[case.pk]), "Back after sending"
    third = preview_page(client, world.officer, case, data)
    assert third.status_code == 422 and data["reason"] in third.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("basis", ""), ("explained", ""), ("reason", "Fatou attend."), ("need", ""), ("to_agency", "x"), ("subject", "")],
)
def test_what_is_wrong_is_said_by_the_field_and_kept(world, client, story, field, value):
    case, data = story
    response = preview_page(client, world.officer, case, data | {field: value})
    assert response.status_code == 422
    text = response.content.decode()
    assert "data-error-summary" in text and f'id="id_{field}_error"' in text
    assert data["purpose"] in text, "nothing typed is lost"


@pytest.mark.parametrize("token", ["", "forged", "eyJ4IjoxfQ:1:x"])
def test_a_forged_preview_sends_nothing(world, client, story, token):
    case, _data = story
    client.force_login(world.officer.user)
    response = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token})
    assert response.status_code == 422
    with acting_as(world.officer):
        assert not Referral.objects.exists()


def test_the_preview_of_another_case_or_agency_is_not_taken(world, client, story):
    case, data = story
    other = make_case(world.officer)
    token = token_of(preview_page(client, world.officer, case, data))
    response = client.post(reverse("casework:send_referral", args=[other.pk]), {"token": token})
    assert response.status_code == 422
    client.force_login(world.eva.user)
    response = client.post(reverse("casework:send_referral", args=[case.pk]), {"token": token})
    assert response.status_code == 422


def test_the_receiver_reads_the_row_and_nothing_of_the_case(world, client, story):
    case, _data = story
    referral = send(world.officer, case, world.shelter)
    client.force_login(world.shelter.user)
    for url in (reverse("referrals:list"), reverse("referrals:detail", args=[referral.pk])):
        response = client.get(url)
        assert response.status_code == 200
        text = response.content.decode()
        assert "Zone de police A" in text
        for closed in (case.reference, "Fatou", "Diallo", "Noé", str(case.pk), "0470", "BR.43"):
            assert closed not in text, f"{closed} on {url}"
    assert client.get(reverse("cases:summary", args=[case.pk])).status_code == 404
    assert client.get(reverse("referrals:case_list", args=[case.pk])).status_code == 404

    assert client.post(reverse("referrals:receive", args=[referral.pk])).status_code == 302
    declined = client.post(reverse("casework:decline_referral", args=[referral.pk]), {"note": "ailleurs"})
    assert declined.status_code == 422 and "ailleurs" in declined.content.decode()
    assert client.post(reverse("casework:accept_referral", args=[referral.pk]), {"note": "Ce soir."}).status_code == 302
    text = client.get(reverse("referrals:detail", args=[referral.pk])).content.decode()
    assert case.reference in text and "Fatou" in text
    late = client.post(reverse("casework:decline_referral", args=[referral.pk]), {"decline_reason": "no_place"})
    assert late.status_code == 422, "answered is answered"
    with acting_as(world.officer):
        assert Referral.objects.get().state == "accepted"


ACTS = ["referrals:receive", "casework:accept_referral", "casework:decline_referral", "casework:withdraw_referral"]


@pytest.mark.parametrize("who", ["stranger", "programme", "other_officer", "platform_admin", "eva"])
def test_who_takes_no_part_finds_nothing(world, client, story, who):
    case, _data = story
    referral = send(world.officer, case, world.shelter)
    client.force_login(getattr(world, who).user)
    expected = 200 if who == "eva" else 404  # the cell follows her: it may know who was asked
    assert client.get(reverse("referrals:detail", args=[referral.pk])).status_code == expected
    for act in ACTS:
        assert client.post(reverse(act, args=[referral.pk])).status_code == 404
    if who != "eva":
        assert client.get(reverse("referrals:case_list", args=[case.pk])).status_code == 404
        assert client.get(reverse("referrals:new", args=[case.pk])).status_code == 404
        assert client.post(reverse("casework:send_referral", args=[case.pk])).status_code == 404


def test_the_perpetrator_side_sees_its_own_referral_only(world, client, story):
    case, _data = story
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    hers = send(world.officer, case, world.shelter)
    client.force_login(world.programme.user)
    for url in (
        reverse("referrals:case_list", args=[case.pk]),
        reverse("sharing:case_access", args=[case.pk]),
        reverse("referrals:list") + "?show=all",
    ):
        text = client.get(url).content.decode()
        assert "Programme Passerelle" in text
        for closed in ("Maison du Tilleul", "Cellule EVA", "Fatou", "Diallo"):
            assert closed not in text, f"{closed} on {url}"
    assert client.get(reverse("referrals:detail", args=[hers.pk])).status_code == 404


def test_the_perpetrator_side_never_reads_that_a_service_of_hers_sent_him(world, client, story):
    case, _data = story
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    with acting_as(world.officer):
        decide(
            by=world.officer,
            case=case,
            recipient=world.shelter.agency,
            side="victim",
            way_in=WayIn.REFERRAL,
            basis=Basis.SHARED_SECRET,
            grants=["identity:victim", "identity:perpetrator", "contact:perpetrator"],
            contributes=True,
            necessity="Le même travailleur reçoit les deux.",
        )
    drugs = make_member(make_agency(AgencyKind.ADDICTION, "Service Ambre"))
    his = send(world.shelter, case, drugs, role="presumed_perpetrator", need="other")
    pages = [reverse("referrals:detail", args=[his.pk])]
    pages += [reverse(name, args=[case.pk]) for name in ("referrals:case_list", "sharing:case_access", "cases:summary")]
    for answered in (False, True):
        if answered:
            accept(drugs, his)
        for url in pages:
            client.force_login(world.programme.user)
            assert "Tilleul" not in client.get(url).content.decode(), url
        for member in (drugs, world.officer):
            client.force_login(member.user)
            assert "Tilleul" in client.get(pages[0]).content.decode(), "the two services and hers know who sent him"


def test_a_reader_has_no_buttons(world, client, story):
    case, _data = story
    referral = send(world.officer, case, world.shelter)
    client.force_login(world.reader.user)
    text = client.get(reverse("referrals:detail", args=[referral.pk])).content.decode()
    assert reverse("casework:withdraw_referral", args=[referral.pk]) not in text
    assert client.post(reverse("casework:withdraw_referral", args=[referral.pk])).status_code == 403
    assert client.get(reverse("referrals:new", args=[case.pk])).status_code == 403


def test_a_child_is_offered_only_where_names_are_open(world, client, story):
    case, _data = story
    client.force_login(world.eva.user)
    text = client.get(reverse("referrals:new", args=[case.pk])).content.decode()
    with acting_as(world.officer):
        his = CasePerson.objects.get(case=case, role="presumed_perpetrator")
        hers = CasePerson.objects.get(case=case, role="child")
    assert str(his.pk) not in text and str(hers.pk) in text


def test_the_lists_cost_the_same_with_more_rows(world, client, story, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(url: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(url).status_code == 200
        return len([q for q in found if q["sql"].startswith(("SELECT", "INSERT")) and "set_config" not in q["sql"]])

    case, _data = story
    client.force_login(world.shelter.user)
    send(world.officer, case, world.shelter, need="shelter")
    url = reverse("referrals:list")
    client.get(url)
    one = queries(url)
    for need in ("legal", "health", "social"):
        send(world.officer, make_case(world.officer), world.shelter, need=need)
    assert queries(url) == one
    client.force_login(world.officer.user)
    tab = reverse("sharing:case_access", args=[case.pk])
    client.get(tab)
    before = queries(tab)
    for need in ("legal", "health"):
        accept(world.shelter, send(world.officer, case, world.shelter, need=need))
    assert queries(tab) == before


def test_the_sender_reads_that_it_was_received_is_late_and_that_nothing_opened(world, client, story):
    case, _data = story
    referral = send(world.officer, case, world.shelter, urgency="today")
    address = reverse("referrals:detail", args=[referral.pk])
    client.force_login(world.shelter.user)
    assert client.post(reverse("referrals:receive", args=[referral.pk])).status_code == 302
    client.force_login(world.officer.user)
    page = client.get(address).text
    assert "Accusé de réception" in page and "Pas de réponse dans le délai" not in page
    assert "S’ouvre une fois acceptée" in page
    with travel(now() + timedelta(hours=5)):
        client.logout()
        client.force_login(world.officer.user)
        assert "Pas de réponse dans le délai" in client.get(address).text
    client.force_login(world.shelter.user)
    client.post(reverse("casework:decline_referral", args=[referral.pk]), {"decline_reason": "no_place"})
    client.force_login(world.officer.user)
    page = client.get(address).text
    assert "Rien du dossier ne s’est ouvert" in page and 'id="opens-title"' not in page


def test_each_way_to_look_through_counts_its_own(world, client, story):
    case, _data = story
    other = make_case(world.officer)
    send(world.officer, case, world.shelter, urgency="today")
    accept(world.shelter, send(world.officer, other, world.shelter))
    client.force_login(world.shelter.user)
    page = client.get(reverse("referrals:list")).text
    counts = re.findall(r'show=(\w+)"[^>]*>[^<]*<span class="tabular">\((\d+)\)', page)
    found = {"waiting": "1", "unassigned": "1", "mine": "1", "urgent": "1", "late": "0", "taken": "1"}
    assert dict(counts) == found
    assert "flex-nowrap" in page
