"""Every page anybody may open, looked at by axe: wide and narrow, light and dark. The list is the table of answers."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.actors import as_
from tests.test_permissions import ACTORS, TABLE, Story, expected, tell

pytestmark = pytest.mark.usefixtures("unlogged")

NOBODYS = ("anonymous", "undecided", "former", "expired", "excluded", "accepted")
"""Actors whose pages others see too, or who need an act of their own first."""
NOT_PAGES = (
    "administration:access_list_pdf",
    "administration:gaps_file",
    "administration:grid_draft_json",
    "administration:grid_version_json",
    "administration:proof_roots",
    "agencies:handout_pdf",
    "agencies:poster_pdf",
    "cases:appointment_sheet",
    "cases:child_sheet",
    "casework:situation_sheet",
    "casework:programme_sheet",
    "casework:measure_sheet_pdf",
    "casework:briefing_pdf",
    "casework:trail_pdf",
    "api:",
    "health_",
    "reports:declaration",
    "reports:download",
    "reports:hints",
    "reports:file_page",
    "riskassessment:export_file",
    "riskassessment:printed",
    "sharing:subject_document",
    "trainings:entry",
    "account_reset_password_from_key",
)
WAYS = {"wide": (1280, "light"), "phone in the dark": (320, "dark")}


def pages() -> dict[str, str]:
    """{name of an address that answers with a page: somebody who may open it}, those who see most first."""
    order = ["officer", "manager", "prosecutor", "platform", "dpo", "eva", "shelter", *ACTORS]
    found = {}
    for name in TABLE:
        if not name.startswith(NOT_PAGES):
            for actor in order:
                if actor not in NOBODYS and expected(name, "GET", actor) == 200:
                    found[name] = actor
                    break
    return found


def sign_in(page: Page, story: Story, actor: str, site: str) -> None:
    """Give the browser the session of this person."""
    session = as_(story.members[actor]).cookies["sessionid"].value
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_every_page_passes_axe(page, live_server, committed_world, accessible, way):
    width, scheme = WAYS[way]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    story = tell(committed_world)
    wanted = pages()
    assert len(wanted) > 60
    wrong = {}
    for actor in sorted(set(wanted.values())):
        sign_in(page, story, actor, live_server.url)
        for name in sorted(name for name, who in wanted.items() if who == actor):
            answer = page.goto(live_server.url + story.path(name))
            if answer.status != 200 or urlsplit(page.url).path != urlsplit(live_server.url + story.path(name)).path:
                wrong[name] = f"{answer.status} at {page.url}"
                continue
            try:
                accessible(page)
            except AssertionError as error:
                wrong[name] = str(error)[:1500]
                page.set_viewport_size({"width": width, "height": 900})
    assert not wrong, "\n\n".join(f"{name}: {what}" for name, what in wrong.items())
