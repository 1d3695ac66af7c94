"""The main job, end to end, in a real browser: from a report at the counter to the J+2 call, a referral and the trail.

PostgreSQL, Redis, a Celery worker and beat are real; J+2 is reached by moving the due date.
"""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from agencies.acting import acting_as
from agencies.models import Agency
from cases.models import Case
from common.clock import BRUSSELS, now
from followups.models import FollowUp
from tests.celery_processes import wait_until
from tests.factories import PASSWORD
from tests.sampling import rest_long

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
HER = ("Diallo-Test", "Fatou", "0470 12 34 42", "+32470123442")


class Site:
    """A person at a browser."""

    def __init__(self, page: Page, url: str):
        self.page, self.url = page, url

    def log_in(self, email: str, password: str = PASSWORD) -> None:
        self.page.context.clear_cookies()
        self.page.goto(f"{self.url}/account/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", password)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url(f"{self.url}/")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def status(self, path: str) -> int:
        return self.page.request.get(f"{self.url}{path}", max_redirects=0).status


def type_the_report(page: Page, *, late: bool = False) -> None:
    met = (now() - (timedelta(days=3) if late else timedelta(minutes=30))).astimezone(BRUSSELS)
    page.fill("[name=victim_family_name]", HER[0])
    page.fill("[name=victim_given_name]", HER[1])
    page.fill("[name=victim_birth_date]", "1991-04-12")
    page.fill("[name=victim_phone]", HER[2])
    page.check("[name=victim_phone_safe][value=yes]")
    page.fill("[name=victim_phone_hours]", "entre 9 h et 11 h")
    page.fill("[name=victim_phone_say]", "la bibliothèque")
    page.fill("[name=perpetrator_family_name]", "Morel-Test")
    page.fill("[name=perpetrator_given_name]", "Yvan")
    page.fill("[name=met_at]", met.strftime("%Y-%m-%dT%H:%M"))
    page.fill("[name=place]", "au domicile")
    page.fill("[name=facts_context]", "Appel d’une voisine vers 21 h.")
    page.fill("[name=facts_words]", "Elle déclare : « il a dit que je ne sortirais pas ».")
    page.fill("[name=facts_gestures]", "Il l’a saisie par le bras.")
    page.check("[name=children_present][value=yes]")
    page.fill("[name=children_impact]", "L’aîné pleure dans la pièce voisine.")
    page.check("[name=unknown_sections][value=risk]")
    page.check("[name=measure][value=spontaneous_leaving]") if page.locator(
        "[name=measure][type=radio]"
    ).count() else page.select_option("[name=measure]", "spontaneous_leaving")
    page.fill("[name=orientation]", "Cellule EVA")
    page.check("[name=j2_accepted][value=yes]")


def begin(page: Page, grid: str) -> None:
    """Begin a grid from the panel of the next step, with her alone."""
    page.locator("form[action$='/assessments/start/'] [name=presence][value=alone]").first.check()
    page.locator(f"form[action$='/assessments/start/'] button[value={grid}]").first.click()


def case_of(world) -> Case:
    with acting_as(world.officer):
        return Case.objects.latest("opened_at")


def test_from_the_report_to_the_call(
    page: Page, live_server, committed_world, celery_processes, owner, mailoutbox, shot, accessible
):
    world = committed_world
    site = Site(page, live_server.url)

    # 1. The officer records a report at the counter, on a phone.
    page.set_viewport_size(PHONE)
    site.log_in(world.officer.user.email)
    accessible(page)
    site.go("/reports/new/")
    page.click("button[name=kind][value=police_dispute_report]")
    page.wait_for_url(re.compile(r"/reports/[0-9a-f-]{36}/$"))
    draft_url = page.url
    type_the_report(page)
    expect(page.locator("[data-autosave-status]")).to_contain_text(re.compile(r"\d"), timeout=15_000)
    accessible(page)
    page.reload()
    expect(page.locator("[name=victim_family_name]")).to_have_value(HER[0])
    page.evaluate("window.scrollTo(0, 0)")
    shot(page, "report-phone")
    page.locator("form[data-autosave-url] button.btn-primary[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/cases/[0-9a-f-]{36}/"))
    case = case_of(world)
    expect(page.locator("h1")).to_contain_text(case.reference)
    assert HER[0] not in page.title() and case.reference not in page.title()
    accessible(page)
    # the back button and a second send find the same report
    page.goto(draft_url)
    assert f"/cases/{case.pk}/" in page.url

    # 2. The five questions of the counter, then a complaint with its grid, signed and concluded.
    begin(page, "counter-checklist")
    page.wait_for_url(re.compile(r"/assessments/[0-9a-f-]{36}/$"))
    for question in page.locator("fieldset:has(input[type=radio][value=yes])").all():
        question.locator("input[type=radio][value=yes]").check()
    page.locator("form[data-grid] .grid-actions button.btn-primary").click()
    expect(page.locator("form[data-grid]")).to_have_count(0)
    accessible(page)

    page.set_viewport_size(DESKTOP)
    site.go(f"/cases/{case.pk}/")
    site.go(f"/reports/new/?case={case.pk}")
    page.click("button[name=kind][value=police_complaint]")
    page.wait_for_url(re.compile(r"/reports/[0-9a-f-]{36}/$"))
    page.fill("[name=facts_gestures]", "Il l’a saisie à la gorge.")
    page.check("[name=children_present][value=no]")
    page.fill("[name=risk_threats]", "Menaces de mort.")
    for section in ("measure", "orientation"):
        page.check(f"[name=unknown_sections][value={section}]")
    page.fill("[name=place]", "à son domicile")
    page.check("[name=violence_types][value=physical]")
    page.check("[name=vif][value=yes]")
    page.check("[name=vc][value=yes]")
    page.check("[name=rights_explained][value=protection]")
    page.select_option("[name=rights_language]", "fr")
    expect(page.locator("[name=declaration][value=made]")).to_be_checked()
    page.check("[name=j2_accepted][value=no]")
    page.locator("form[data-autosave-url] button.btn-primary[type=submit]").last.click()
    page.wait_for_url(re.compile(rf"/cases/{case.pk}/"))
    with acting_as(world.prosecutor):
        assert not Case.objects.exists(), "the prosecutor sees nothing before the complaint is signed"
    begin(page, "police-demonstration")
    page.wait_for_url(re.compile(r"/assessments/[0-9a-f-]{36}/$"))
    page.locator("form[data-grid] .grid-actions button.btn-primary").click()
    expect(page.locator("#error-summary, .error-summary").first).to_be_visible()  # critical questions were not asked
    for question in page.locator("fieldset:has(input[type=radio][value=yes])").all():
        question.locator("input[type=radio][value=yes]").check()
    accessible(page)
    page.locator("form[data-grid] .grid-actions button.btn-primary").click()
    expect(page.locator(".result .level").first).to_be_visible()
    expect(page.locator(".result .level-critical").first).to_be_visible()
    accessible(page)
    page.check("[name=level][value=critical]")
    page.fill("[name=justification]", "Menaces de mort et geste à la gorge, séparation annoncée.")
    page.locator("form:has([name=justification]) button[type=submit]").click()
    expect(page.locator(".identity .level-critical")).to_be_visible()
    shot(page, "grid-result")
    with acting_as(world.prosecutor):
        assert Case.objects.count() == 1, "signing the complaint's grid opened the case to the prosecutor"

    # 3. The EVA worker finds the contact, beat fires the reminder at J+2, she calls and writes how it went.
    page.set_viewport_size(PHONE)
    site.log_in(world.eva.user.email)
    expect(page.locator("main")).to_contain_text(case.reference)
    site.go(f"/cases/{case.pk}/people/")
    expect(page.locator("main")).to_contain_text(HER[0])
    expect(page.locator("main")).not_to_contain_text("Morel")
    with acting_as(world.eva):
        follow_up = FollowUp.objects.get(kind="j2_contact")
        assert follow_up.due_at > now()
    owner.execute("UPDATE followups_followup SET due_at = now(), remind_at = now() WHERE id = %s", [follow_up.pk])

    def reminded():
        with acting_as(world.eva):
            return FollowUp.objects.get(pk=follow_up.pk).reminded_at

    wait_until(reminded, what="the reminder at J+2")
    site.go("/notifications/")
    assert page.locator("main li, main article").count() >= 1
    accessible(page)
    site.go(f"/followups/{follow_up.pk}/")
    expect(page.locator("main")).not_to_contain_text("12 34 42")
    accessible(page)
    shot(page, "j2-phone")
    page.locator(f"form[action*='/followups/{follow_up.pk}/number/'] button, a[href*='/number/']").first.click()
    expect(page.locator("main")).to_contain_text("0470 12 34 42")
    site.go(f"/followups/{follow_up.pk}/")
    page.check("[name=outcome][value=reached]")
    page.fill("[name=note]", "Elle dort chez sa sœur jusqu’à lundi.")
    page.locator("form:has([name=outcome]) button[type=submit]").last.click()
    with acting_as(world.eva):
        assert FollowUp.objects.get(pk=follow_up.pk).settled_at is not None

    # 4. The police refer her to a shelter, after seeing exactly what it would see; the shelter accepts.
    page.set_viewport_size(DESKTOP)
    site.log_in(world.officer.user.email)
    shot(page, "my-work")
    site.go(f"/cases/{case.pk}/referrals/new/")
    page.locator("[name=subject]").first.check()
    page.select_option("[name=need]", "shelter")
    page.select_option("[name=to_agency]", str(world.shelter.agency_id))
    page.check("[name=urgency][value=today]")
    page.fill("[name=reason]", "Elle cherche un lieu où dormir avec un enfant.")
    page.locator("form[action$='/referrals/new/'] button.btn-primary").click()
    expect(page.locator("#error-summary, .error-summary").first).to_be_visible()  # no basis was chosen
    page.check("[name=basis][value=consent]")
    page.check("[name=given_how][value=oral]")
    page.fill("[name=explained]", "Qui verra quoi, jusqu’à quand, et qu’elle peut changer d’avis.")
    page.fill("[name=purpose]", "Trouver un hébergement")
    accessible(page)
    page.locator("form[action$='/referrals/new/'] button.btn-primary").click()
    expect(page.locator("main")).to_contain_text(HER[0])
    expect(page.locator("main")).not_to_contain_text("Morel")
    accessible(page)
    shot(page, "preview")
    page.locator("form[action$='/referrals/send/'] button, form:has([name=token]) button.btn-primary").first.click()
    with acting_as(world.shelter):
        assert not Case.objects.exists(), "nothing opens before the shelter accepts"
    site.log_in(world.shelter.user.email)
    site.go("/referrals/")
    expect(page.locator("main")).not_to_contain_text(HER[0])
    page.locator("main a[href*='/referrals/0']").first.click()
    accessible(page)
    page.locator("form[action*='accept'] button").first.click()
    site.go(f"/cases/{case.pk}/people/")
    expect(page.locator("main")).to_contain_text(HER[0])
    expect(page.locator("main")).not_to_contain_text("Morel")
    assert page.locator(".identity .level").count() == 0
    assert site.status(f"/cases/{case.pk}/reports/") == 404
    site.go(f"/cases/{case.pk}/assessments/")  # its own grids alone: none yet, and no level
    assert page.locator("main .level").count() == 0
    assert page.locator("main a[href*='/assessments/0']").count() == 0
    site.log_in(world.officer.user.email)
    site.go(f"/cases/{case.pk}/referrals/")
    expect(page.locator("main")).to_contain_text(re.compile("accept", re.IGNORECASE))

    # 5. A service that takes no part: nothing anywhere.
    site.log_in(world.stranger.user.email)
    for path in ("", "people/", "reports/", "assessments/", "referrals/", "access/", "trail/"):
        assert site.status(f"/cases/{case.pk}/{path}") == 404
    for path in ("/cases/", "/"):
        site.go(path)
        expect(page.locator("body")).not_to_contain_text(case.reference)
    page.fill("#frame-search", HER[0])
    page.locator("#frame-search").press("Enter")
    expect(page.locator("main")).not_to_contain_text(case.reference)

    # 6. Who has read and changed this case.
    site.log_in(world.officer.user.email)
    site.go(f"/cases/{case.pk}/trail/")
    expect(page.locator("main")).to_contain_text(world.shelter.user.full_name)
    expect(page.locator("main")).to_contain_text("Leïla Amrani")
    accessible(page)
    shot(page, "trail")
    site.go(f"/cases/{case.pk}/")
    shot(page, "case")
    accessible(page)


@pytest.mark.long
def test_an_administrator_opens_an_agency_and_invites(page: Page, live_server, committed_world, accessible, shot):
    site = Site(page, live_server.url)
    site.log_in(committed_world.platform_admin.user.email)
    site.go("/administration/")
    accessible(page)
    site.go("/administration/agencies/new/")
    accessible(page)
    page.fill("[name=name]", "Centre Les Peupliers")
    page.fill("[name=short_name]", "Les Peupliers")
    page.select_option("[name=kind]", "victim_support")
    page.locator("main form button.btn-primary[type=submit]").last.click()
    agency = wait_until(lambda: Agency.objects.filter(short_name="Les Peupliers").first(), what="the agency")
    site.go(f"/administration/agencies/{agency.pk}/invite/")
    page.fill("[name=email]", "nouvelle@peupliers.example")
    page.fill("[name=given_name]", "Inès")
    page.fill("[name=family_name]", "Peeters-Test")
    if page.locator("select[name=role]").count():
        page.select_option("[name=role]", "practitioner")
    else:
        page.check("[name=role][value=practitioner]")
    page.locator("main form button.btn-primary[type=submit]").last.click()
    link = re.search(r"/invitation/[^\s\"'<]+", page.content())
    assert link, "the single-use link is shown once"
    site.go("/administration/rights/")
    accessible(page)
    shot(page, "rights")

    page.context.clear_cookies()
    site.go(link[0])
    accessible(page)
    for name, value in (("password1", "Trois-rivieres-2026"), ("password2", "Trois-rivieres-2026")):
        page.fill(f"[name={name}]", value)
    page.locator("main form button[type=submit], form button.btn-primary[type=submit]").last.click()
    page.wait_for_url(f"{live_server.url}/")
    expect(page.locator("body")).to_contain_text("Les Peupliers")
    page.context.clear_cookies()
    site.go(link[0])
    expect(page.locator("[name=password1]")).to_have_count(0)


@pytest.mark.parametrize(
    "way",
    rest_long(
        ["320 light", "320 dark", "390 light", "390 dark", "1280 light", "1280 dark"], quick=("320 dark", "1280 light")
    ),
)
def test_the_door_is_accessible(page: Page, live_server, accessible, way):
    width, scheme = way.split()
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": int(width), "height": 900})
    page.goto(f"{live_server.url}/account/login/")
    accessible(page)
