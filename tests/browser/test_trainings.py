"""Help numbers, imports and the training calendar in a browser: by keyboard, on a phone, with axe."""

from datetime import timedelta

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from agencies.models import HelpNumber, TrainingCourse, TrainingSession
from common.clock import BRUSSELS, now
from tests.actors import as_

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]


def enter(page, member, site):
    session = as_(member).cookies["sessionid"].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])


@pytest.fixture
def announced(committed_world):
    with acting_as(committed_world.platform_admin):
        given = {"agency": committed_world.platform_admin.agency, "created_by": committed_world.platform_admin.user}
        course = TrainingCourse.objects.get(code="criticality")
        TrainingSession.objects.create(
            title="Bases d’Evivico", starts_at=now() - timedelta(days=20), replay="https://example.org/r", **given
        )
        return TrainingSession.objects.create(
            title="Évaluer la criticité", starts_at=now() + timedelta(days=20), link="https://example.org/salle",
            seats=12, course=course, about="Quarante-cinq minutes, en ligne.", **given,
        )  # fmt: skip


def test_a_session_is_announced_and_joined(page, live_server, committed_world, announced, look):
    enter(page, committed_world.platform_admin, live_server.url)
    page.goto(live_server.url + reverse("trainings:new"))
    look(page, "trainings-new")
    page.fill("#id_title", "Repérer à l’accueil")
    page.fill("#id_starts_at", (now() + timedelta(days=6)).astimezone(BRUSSELS).strftime("%Y-%m-%dT12:30"))
    page.fill("#id_link", "https://example.org/accueil")
    page.select_option("#id_following", "2")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/trainings/*-*/")
    assert TrainingSession.objects.filter(title="Repérer à l’accueil").count() == 3
    enter(page, committed_world.eva, live_server.url)
    page.goto(live_server.url + reverse("trainings:calendar"))
    look(page, "trainings")
    page.get_by_role("link", name="Évaluer la criticité").click()
    page.locator("form[action$='/enrol/'] button").focus()
    page.keyboard.press("Enter")
    page.locator("a[href$='/calendar/']").wait_for()
    look(page, "training-enrolled")
    assert announced.enrolments.filter(user=committed_world.eva.user).exists()


def test_who_came_is_written_down(page, live_server, committed_world, announced, look):
    with acting_as(committed_world.eva):
        announced.enrolments.create(user=committed_world.eva.user, agency=committed_world.eva.agency)
        TrainingSession.objects.filter(pk=announced.pk).update(starts_at=now() - timedelta(hours=1))
    enter(page, committed_world.platform_admin, live_server.url)
    page.goto(live_server.url + reverse("trainings:session", args=[announced.pk]))
    look(page, "training-attendance")
    page.get_by_label(committed_world.eva.user.full_name).check()
    page.locator("form[action$='/attendance/'] button").click()
    page.locator(".messages, [role=status]").first.wait_for()
    assert announced.enrolments.get(user=committed_world.eva.user).record is not None


def test_numbers_are_verified_and_a_file_is_told_line_by_line(page, live_server, committed_world, look):
    enter(page, committed_world.platform_admin, live_server.url)
    page.goto(live_server.url + reverse("administration:help_numbers"))
    look(page, "help-numbers")
    page.locator("form[action$='/verified/'] button").first.click()
    page.wait_for_url("**/help-numbers/")
    assert HelpNumber.objects.get(code="112", ended_at=None).verified_on is not None
    page.goto(live_server.url + reverse("administration:help_number_new"))
    look(page, "help-number-new")
    page.goto(live_server.url + reverse("administration:imports"))
    look(page, "imports")
    page.goto(live_server.url + reverse("administration:import_table", args=["places"]))
    page.fill("#id_source", "Registre d’essai")
    page.fill("#id_licence", "CC0")
    sent = {"name": "lieux.csv", "mimeType": "text/csv", "buffer": b"code postal;nom\n99;Essai\n9991;\n"}
    page.set_input_files("#id_file", sent)
    page.locator("main form button[type=submit]").first.click()
    page.locator("#problems-title").wait_for()
    look(page, "import-problems")
