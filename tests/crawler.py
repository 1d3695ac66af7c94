"""Walk the whole site as somebody: every link and every form that only shows, from what the pages themselves offer."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import islice
from urllib.parse import urlencode, urljoin, urlsplit

from django.test import Client

from tests.reading import text_of

LEFT_OUT = ("/static/", "/account/", "/health/", "//", "#", "mailto:", "tel:", "data:")
"""Where nothing of a case is shown, and where one would log out."""
NO_CHANGE = ("/cases/search/", "/number/", "/people/contacts/")
"""Ends or parts of addresses whose POST only shows."""


@dataclass
class Form:
    method: str
    action: str
    values: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Links, and forms with the values of their fields."""

    def __init__(self, base: str):
        super().__init__()
        self.base, self.links, self.forms = base, [], []
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = dict(attributes)
        for name in ("href", "src", "data-url"):
            if given.get(name):
                self.links.append(given[name])
        if tag == "form":
            self.forms.append(Form((given.get("method") or "get").lower(), given.get("action") or self.base))
        elif self.forms and given.get("name") and tag in ("input", "button", "textarea"):
            self.forms[-1].values.setdefault(given["name"], []).append(given.get("value") or "")
        elif self.forms and tag == "select":
            self._select = given.get("name") or ""
        elif self.forms and tag == "option" and self._select:
            self.forms[-1].values.setdefault(self._select, []).append(given.get("value") or "")


@dataclass
class Visit:
    """One answer: where, and all that could be read of it."""

    address: str
    status: int
    text: str


def crawl(browser: Client, start: Iterable[str], *, most: int) -> Iterator[Visit]:
    """Visits from these addresses on, each once, at most `most`: whole pages first, then the same ones filtered."""
    return islice(_walk(browser, start), most)


def _walk(browser: Client, start: Iterable[str]) -> Iterator[Visit]:
    waiting, filtered = deque(("get", address, {}) for address in start), deque()
    known = {step_key(*step) for step in waiting}
    while waiting or filtered:
        method, address, data = (waiting or filtered).popleft()
        response = getattr(browser, method)(address, data) if method == "post" else browser.get(address)
        yield Visit(f"{'POST' if method == 'post' else 'GET'} {address}", response.status_code, text_of(response))
        steps = []
        if response.has_header("Location"):
            steps.append(("get", response["Location"], {}))
        if response.headers.get("Content-Type", "").startswith("text/html"):
            steps += _steps(address, response.content.decode())
        elif response.headers.get("Content-Type", "").startswith("application/json"):
            steps += [("get", found, {}) for found in _addresses(response.json())]
        for each_method, target, values in steps:
            parts = urlsplit(urljoin(address, target))
            local = parts.path + (f"?{parts.query}" if parts.query else "")
            step = (each_method, local, values)
            if parts.netloc in ("", "testserver") and not local.startswith(LEFT_OUT) and step_key(*step) not in known:
                known.add(step_key(*step))
                (filtered if each_method == "filter" else waiting).append(step)


def step_key(method: str, address: str, data: dict) -> tuple:
    return method, address, tuple(sorted(data.items()))


def _steps(address: str, page: str) -> Iterator[tuple[str, str, dict]]:
    """("get" for a link, "filter" for a form that only shows, "post"; where; what is sent)."""
    reader = _Reader(address)
    reader.feed(page)
    yield from (("get", link, {}) for link in reader.links if not link.startswith(LEFT_OUT))
    for form in reader.forms:
        if form.method == "get":
            # the form as it is, then with each choice of each field
            first = {name: values[0] for name, values in form.values.items()}
            choices = [first, *(first | {name: value} for name, values in form.values.items() for value in values)]
            for values in choices:
                yield "filter", f"{form.action.split('?')[0]}?{urlencode(values)}", {}
        elif any(part in form.action for part in NO_CHANGE) and "replace" not in form.action:
            yield "post", form.action, {name: values[0] for name, values in form.values.items() if values[0]}


def _addresses(told: object) -> Iterator[str]:
    if isinstance(told, str) and told.startswith(("http://testserver/", "/api/")):
        yield told
    elif isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            yield from _addresses(part)
