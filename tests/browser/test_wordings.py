"""Wordings proposed while a note is written: found by the rules of reports/hints.py, replaced, left, off by a click."""

import json

import pytest
from playwright.sync_api import expect

from reports.hints import REFERENCE
from tests.factories import make_report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.long]

HINTS = json.loads((REFERENCE / "hints_fr.json").read_text())["hints"]
FOUND = """async ([hints, texts]) => {
  const { find, prepare } = await import("/static/js/wordings.js");
  const list = prepare(hints);
  return texts.map((text) => find(text, list).map((match) => [match.text, text.slice(match.start, match.end)]));
}"""
TEXTS = {
    "Une DISPUTE a éclaté, puis une dispute.": ["DISPUTE", "dispute"],
    "Elle disputerait, disputeuse, indispute, dispute2": [],
    "Il dispute-t-il ? la dispute": ["dispute", "dispute"],
    "une dispute conjugale": ["dispute conjugale"],  # the longest
    "L’hysterique et l'HYSTÉRIQUE": ["hysterique", "HYSTÉRIQUE"],
    "Hyste\u0301rique, pre\u0301tend que": ["Hyste\u0301rique", "pre\u0301tend"],
    "mœurs légères, MOEURS LEGERES": ["mœurs légères", "MOEURS LEGERES"],
    "n'a\u00a0 rien\n vu, soi disant": ["n'a\u00a0 rien\n vu", "soi disant"],
    "🙂dispute🙂": ["dispute"],
    "Elle dit : « une dispute, “hystérique” » puis l’incident": ["incident"],
    "“dispute” “a « dispute » b” \"dispute\" incident": ["incident"],
    "« a « dispute » dispute » incident": ["incident"],
    "Il dit \"dispute et\nla dispute": ["dispute"],  # not closed yet: to the end of the paragraph
    "Il dit « dispute et\nla dispute": ["dispute"],
    "": [],
}  # fmt: skip


@pytest.fixture
def writing(page, live_server, committed_world, log_in):
    """A note being written by the officer who recorded; the page, at the field of the facts."""
    case = make_report(committed_world.officer).case
    log_in(page, committed_world.officer.user)
    page.goto(f"{live_server.url}/cases/{case.pk}/notes/new/")
    return page


def facts(page):
    return page.locator("textarea[name=facts]")


def box(page):
    return page.locator(".hints")


def test_what_is_found_where_and_what_is_left_alone(writing):
    found = writing.evaluate(FOUND, [HINTS, list(TEXTS)])
    for (text, expected), matches in zip(TEXTS.items(), found, strict=True):
        assert [said for said, _there in matches] == expected, text
        assert all(said == there for said, there in matches), text


def test_no_proposal_calls_for_another_one_and_every_wording_is_found(writing):
    unquoted = str.maketrans("", "", '«»“”"')
    proposals = [words.translate(unquoted) for hint in HINTS for words in (hint["prefer"], hint["why"])]
    for words, matches in zip(proposals, writing.evaluate(FOUND, [HINTS, proposals]), strict=True):
        assert matches == [], words
    wordings = [wording for hint in HINTS for wording in hint["avoid"]]
    for wording, matches in zip(wordings, writing.evaluate(FOUND, [HINTS, wordings]), strict=True):
        assert [said for said, _there in matches] == [wording]


def test_a_long_text_stays_fast(writing):
    text = ("Il a crié « une dispute » puis une querelle, l’hystérique ; " * 200)[:10_000]
    took = writing.evaluate(
        """async ([hints, text]) => {
          const { find, prepare } = await import("/static/js/wordings.js");
          const list = prepare(hints);
          find(text, list);
          const start = performance.now();
          const count = find(text, list).length;
          return { count, took: performance.now() - start };
        }""",
        [HINTS, text],
    )
    assert took["count"] > 300 and took["took"] < 200


def test_hints_under_a_note_replaced_left_and_never_in_the_way(writing, context, look, live_server):
    sent = []
    writing.on("request", lambda request: sent.append((request.method, request.url, request.post_data)))
    facts(writing).fill("Voisin : « une dispute ». Madame prétend que son mari a crié. Puis un incident.")
    expect(box(writing)).to_have_count(1)
    status = box(writing).get_by_role("status")
    expect(status).to_contain_text("2 formulations à revoir")
    expect(status).to_contain_text("prétend")
    expect(box(writing)).to_contain_text("votre texte n’est envoyé nulle part")
    look(writing, "two")
    context.add_cookies([{"name": "theme", "value": "dark", "url": live_server.url}])
    writing.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    look(writing, "two-dark")
    expect(box(writing).locator("[data-replace]:visible")).to_have_count(1)
    box(writing).get_by_role("button", name="Écrire «\u00a0déclare\u00a0»").click()
    rest = "Voisin : « une dispute ». Madame déclare que son mari a crié. Puis un incident."
    expect(facts(writing)).to_have_value(rest)
    expect(facts(writing)).to_be_focused()
    expect(status).to_contain_text("Une formulation à revoir")
    writing.keyboard.press("Control+z")
    expect(facts(writing)).to_have_value(rest.replace("déclare", "prétend"))
    expect(status).to_contain_text("2 formulations")
    box(writing).get_by_role("button", name="Laisser tel quel «\u00a0incident\u00a0»").click()
    expect(status).to_contain_text("Une formulation")
    facts(writing).fill("Prétend avoir vu un incident.")
    box(writing).locator("[data-replace]").click()
    expect(facts(writing)).to_have_value("Déclare avoir vu un incident.")
    expect(box(writing)).to_have_count(0)  # what was left stays left
    assert [(method, body) for method, _url, body in sent if method != "GET"] == []
    assert not any("crié" in url or "incident" in url for _method, url, _body in sent)
    facts(writing).fill("Une dispute, tard.")
    writing.locator("input[name=about]").first.check()
    writing.locator("main form button[type=submit].btn-primary").last.click()
    writing.wait_for_url(lambda url: "/notes/new/" not in url)


def test_off_by_a_click_for_every_page_and_on_again_from_the_menu(writing, committed_world):
    facts(writing).fill("Une dispute.")
    with writing.expect_response("**/account/drafting-help/") as kept:
        box(writing).get_by_role("button", name="Ne plus proposer de mots justes").click()
    assert kept.value.status == 204
    expect(box(writing)).to_have_text(
        "Les mots justes ne sont plus proposés. Le menu de votre compte les fait revenir."
    )
    expect(facts(writing)).to_have_value("Une dispute.")
    writing.reload()
    facts(writing).fill("Une dispute.")
    writing.wait_for_timeout(1200)
    expect(box(writing)).to_have_count(0)
    committed_world.officer.user.refresh_from_db()
    assert committed_world.officer.user.drafting_help is False
    writing.locator(".menu summary:has-text('Mon compte')").click()
    writing.get_by_role("button", name="Me proposer des mots justes").click()
    expect(box(writing)).to_have_count(1)
    expect(facts(writing)).to_have_value("Une dispute.")


def test_the_administrator_adds_a_row_by_keyboard(page, live_server, committed_world, log_in, look):
    log_in(page, committed_world.platform_admin.user)
    page.goto(f"{live_server.url}/administration/hints/")
    look(page, "lists")
    page.goto(f"{live_server.url}/administration/guides/call/edit/")
    look(page, "guide")
    rows = page.locator("[data-repeat-item]")
    before = rows.count()
    page.get_by_role("button", name="Ajouter une rangée").press("Enter")
    expect(rows).to_have_count(before + 1)
    page.keyboard.type("Parler bas.")
    rows.last.locator("textarea").nth(1).fill("Speak low.")
    page.get_by_role("button", name="Publier").click()
    page.wait_for_url(f"{live_server.url}/administration/guides/")
    page.get_by_role("link", name="Version 2").click()
    expect(page.get_by_text("Parler bas.")).to_be_visible()
    look(page, "version")
