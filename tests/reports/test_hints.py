"""“Mots justes”: the list that ships is sound, is served by version and kept by nobody's server, is off by a click."""

import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest
from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from pydantic import ValidationError

from reports import hints
from reports.models import HintList

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("cases", "casework", "followups", "referrals", "reports", "riskassessment", "sharing")
"""The rooms where somebody writes about somebody."""


# --- the list ---------------------------------------------------------------------------------------------------------
def test_every_row_says_why_and_what_to_write_instead():
    (french,) = hints.shipped()
    assert french.language == "fr" and french.verified_on is None and 25 <= len(french.hints) <= 40
    for hint in french.hints:
        assert hint.avoid and len(hint.why) > 15 and hint.prefer
        assert not hint.alone or len(hint.prefer.split()) <= 3, hint.prefer


@pytest.mark.parametrize(
    "rows",
    [
        [{"avoid": [], "why": "x", "prefer": "y"}],
        [{"avoid": ["dispute"], "why": "", "prefer": "y"}],
        [{"avoid": ["dispute"], "why": "x"}],
        [{"avoid": ["dispute"], "why": "x", "prefer": "y", "colour": "red"}],
        [{"avoid": ["soi-disant", "SOI DISANT"], "why": "x", "prefer": "y"}],
        [],
    ],
)
def test_a_file_with_a_gap_or_a_wording_twice_is_refused(rows):
    words = {"fr": "Exemple", "en": "Example"}
    with pytest.raises(ValidationError):
        hints.Shipped(language="fr", version=1, verified_on=None, provenance=words, hints=rows)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hystérique", "hysterique"),
        ("l’a cherché", "L'A CHERCHE"),
        ("soi-disant", "soi\u00a0 disant"),
        ("mœurs", "moeurs"),
    ],
)
def test_capitals_accents_apostrophes_spaces_and_hyphens_do_not_count(one, other):
    assert hints.fold(one) == hints.fold(other)


@pytest.mark.django_db
def test_shipped_lists_are_published_once():
    assert hints.load_hints() == 0
    assert hints.latest("fr").version == 1 and hints.latest("en") is None


# --- served -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_who_reads_english_screens_is_proposed_the_french_list_which_a_browser_may_keep(world, client):
    client.force_login(world.officer.user)
    answer = client.get(reverse("reports:hints_latest", args=["en"]))
    assert answer.status_code == 302 and answer.url == reverse("reports:hints", args=["fr", 1])
    assert answer["Cache-Control"] == "no-store"
    listed = client.get(answer.url)
    assert listed["Cache-Control"] == "private, max-age=604800, immutable"
    assert listed.json()["hints"] == hints.latest("fr").hints
    assert client.get(reverse("reports:hints", args=["fr", 7]))["Cache-Control"] == "no-store"
    assert client.get(reverse("reports:hints", args=["fr", 7])).status_code == 404
    HintList.objects.create(language="en", version=3, hints=[], provenance={"fr": "x"})
    assert client.get(reverse("reports:hints_latest", args=["en"])).url == reverse("reports:hints", args=["en", 3])


# --- every field, and off by a click ----------------------------------------------------------------------------------
def textareas():
    """(form, field, widget) of every long text that a form of a room takes."""
    for room in ROOMS:
        folder = ROOT / room
        for module in pkgutil.iter_modules([str(folder)]):
            if "forms" not in module.name:
                continue
            found = import_module(f"{room}.{module.name}")
            for name, form in inspect.getmembers(found, inspect.isclass):
                if form.__module__ == found.__name__ and issubclass(form, forms.BaseForm):
                    for field, held in form.base_fields.items():
                        if isinstance(held.widget, forms.Textarea):
                            yield f"{room}.{name}", field, held.widget


def test_every_long_text_of_a_report_a_note_an_attempt_an_appreciation_carries_the_mark():
    found = list(textareas())
    named = {f"{form}.{field}" for form, field, _widget in found}
    assert {
        "cases.NoteForm.facts", "cases.NoteForm.appreciation", "followups.AttemptForm.note",
        "followups.WithdrawalForm.note", "riskassessment.ConclusionForm.justification",
    } <= named  # fmt: skip
    assert any(form.startswith("reports.") for form in {form for form, *_ in found})
    for form, field, widget in found:
        page = widget.render(field, "")
        assert re.search(r"<textarea [^>]*\bdata-hints>", page), f"{form}.{field} has no mark"


def test_a_long_text_written_by_hand_in_a_template_carries_the_mark():
    found = 0
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "js").glob("*.js")]:
        for start in re.findall(r"<textarea.*", path.read_text()):
            found += 1
            assert "data-hints" in start, f"{path.name}: {start}"
    assert found >= 3  # Django's own template, and those of the questions of a grid


def test_a_form_may_leave_a_field_out():
    widget = forms.Textarea({"data-hints": False})
    assert "data-hints" not in widget.render("x", "") and "data-hints" in forms.Textarea().render("x", "")
    assert render_to_string("django/forms/widgets/textarea.html", {"widget": {"name": "x"}}).count("<textarea") == 1


@pytest.mark.django_db
def test_off_by_a_click_and_on_again_without_a_script(world, client):
    client.force_login(world.officer.user)
    page = client.get("/").content.decode()
    assert " data-on>" in page and reverse("reports:hints_latest", args=["fr"]) in page
    answer = client.post(reverse("drafting_help"), {"on": "0", "next": "/cases/"})
    assert answer.status_code == 302 and answer.url == "/cases/"
    world.officer.user.refresh_from_db()
    assert world.officer.user.drafting_help is False
    assert " data-on>" not in client.get("/").content.decode()
    assert client.post(reverse("drafting_help"), {"on": "1", "next": "https://elsewhere.example/"}).url == "/"
    world.officer.user.refresh_from_db()
    assert world.officer.user.drafting_help is True
    by_script = client.post(reverse("drafting_help"), {"on": "0"}, headers={"X-Requested-With": "fetch"})
    assert by_script.status_code == 204


@pytest.mark.django_db
def test_nothing_is_proposed_in_the_administration(world, client):
    client.force_login(world.platform_admin.user)
    with translation.override("en"):
        assert "data-drafting " not in client.get(reverse("administration:home")).content.decode()
