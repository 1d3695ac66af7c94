"""Journeys in a real Chromium. Without one they do not run, and pytest says how many; with CI they fail."""

import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.factories import PASSWORD

SHOTS = Path(__file__).resolve().parent.parent.parent / "docs" / "screenshots"


def chromium() -> str | None:
    """The browser named by CHROMIUM, else the one on the path."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {
        "executable_path": chromium(),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args():
    return {
        "locale": "fr-BE",
        "timezone_id": "Europe/Brussels",
        "viewport": {"width": 1280, "height": 900},
        "reduced_motion": "reduce",  # no colour is measured on its way to another
    }


@pytest.fixture
def shot(request):
    """Save a picture for README when MOVE_SCREENSHOTS is set; else do nothing."""

    def save(page, name: str) -> None:
        if os.environ.get("MOVE_SCREENSHOTS"):
            SHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SHOTS / f"{name}.png", full_page=False)

    return save


def arrived(page) -> None:
    """Wait for the document one looks at: between two documents a page has no element at all."""
    page.wait_for_load_state()
    page.locator("main").first.wait_for()


@pytest.fixture
def accessible():
    """Assert that axe finds nothing against WCAG 2.2 AA, and that the page does not scroll sideways.

    The window is made as tall as the page meanwhile, so that nothing lies under a sticky bar.
    """

    def check(page) -> None:
        arrived(page)
        size = page.viewport_size
        tall = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": min(max(size["height"], tall + 200), 30_000)})
        options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
        found = Axe().run(page, options=options)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"{page.url} scrolls sideways: {width}"
        page.set_viewport_size(size)

    return check


@pytest.fixture
def look(accessible, request):
    """Check the page with axe on a desk and a phone, light and dark; keep pictures where MOVE_LOOK names a folder."""

    def check(page, name: str = "page") -> None:
        arrived(page)
        for width, scheme in ((1280, "light"), (390, "light"), (390, "dark"), (320, "light")):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            accessible(page)
            if folder := os.environ.get("MOVE_LOOK"):
                page.screenshot(path=f"{folder}/{request.path.stem}-{name}-{width}-{scheme}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})

    return check


@pytest.fixture
def log_in(live_server):
    """Log somebody in through the form: `log_in(page, user)`; the page then shows “my work”."""

    def enter(page, user) -> None:
        page.goto(f"{live_server.url}/account/login/")
        page.fill("input[name=login]", user.email)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{live_server.url}/")
        arrived(page)

    return enter
