"""Moments in the reader's words, fields and their errors, and the promises of the static files."""

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.forms import formset_factory
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils import translation

from common import clock, icons
from common.templatetags import ui

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NOON = datetime(2026, 11, 21, 12, 40, tzinfo=clock.BRUSSELS)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=clock.BRUSSELS)


@pytest.fixture
def noon():
    with clock.travel(NOON):
        yield


@pytest.fixture
def french():
    with translation.override("fr"):
        yield


def plain(text: str) -> str:
    """Without no-break spaces, which are right on screen and unreadable here."""
    return text.replace("\u00a0", " ")


# --- moments ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(2026, 11, 21, 9, 5), "aujourd’hui 9 h 05"),
        (at(2026, 11, 20, 23, 0), "hier 23 h"),
        (at(2026, 11, 22, 9, 15), "demain 9 h 15"),
        (at(2026, 3, 14, 8, 0), "14 mars 2026"),
        (at(2026, 3, 1, 8, 0), "1er mars 2026"),
        (date(2026, 11, 20), "hier"),
        (None, ""),
    ],
)
def test_local_when_speaks_french(noon, french, moment, expected):
    assert plain(ui.local_when(moment)) == expected


def test_a_day_is_the_belgian_one_not_the_utc_one(noon, french):
    just_after_midnight = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert plain(ui.local_when(just_after_midnight)) == "aujourd’hui 0 h 30"


def test_preposition_is_only_for_a_written_date(noon, french):
    assert ui.local_date(at(2026, 3, 14, 8, 0), "on") == "le 14 mars 2026"
    assert ui.local_date(at(2026, 11, 20, 8, 0), "on") == "hier"


def test_headings_of_days(noon, french):
    assert ui.local_day(NOON) == "Aujourd’hui"
    assert ui.local_day(at(2026, 3, 14, 8, 0)) == "Samedi 14 mars 2026"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOON + timedelta(hours=5, minutes=20), "avant 18 h"),
        (at(2026, 11, 22, 9, 15), "avant demain 9 h 15"),
        (at(2026, 11, 26, 9, 0), "avant le 26 novembre 2026"),
        (date(2026, 11, 21), "aujourd’hui"),
        (date(2026, 11, 22), "avant demain"),
        (NOON - timedelta(seconds=1), "en retard de 1 min"),
        (NOON - timedelta(minutes=59, seconds=59), "en retard de 59 min"),
        (NOON - timedelta(hours=3), "en retard de 3 h"),
        (NOON - timedelta(hours=47), "en retard de 47 h"),
        (NOON - timedelta(hours=49), "en retard de 2 jours"),
        (date(2026, 11, 20), "en retard de 1 jour"),
        (None, ""),
    ],
)
def test_due_when_says_how_long_is_left_or_how_late(noon, french, moment, expected):
    assert plain(ui.due_when(moment)) == expected


def test_what_ends_at_midnight_holds_until_the_day_before():
    assert ui.last_day(at(2026, 3, 15, 0, 0)) == date(2026, 3, 14)
    assert ui.last_day(at(2026, 3, 14, 18, 0)) == date(2026, 3, 14)
    assert ui.last_day(None) is None


def test_a_bare_date_is_late_only_when_its_day_is_over(noon):
    assert not ui.is_late(date(2026, 11, 21))
    assert ui.is_late(date(2026, 11, 20))
    assert not ui.is_late(NOON)
    assert ui.is_late(NOON - timedelta(seconds=1))


def test_level_names(french):
    assert ui.level_name("critical") == "Critique"
    assert ui.level_name("none") == ui.level_name(None) == "Non évalué"


# --- fields ---------------------------------------------------------------------------------------------------
class Person(forms.Form):
    name = forms.CharField(label="Name", help_text="As she says it.")
    weapon = forms.ChoiceField(
        label="Weapon", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect, help_text="Seen or told."
    )
    accepts = forms.BooleanField(label="Accepts", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")], required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self):
        raise forms.ValidationError("Not the same person twice.")


def render(source: str, **context) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def show(field: forms.BoundField) -> str:
    return render('{% include "components/field.html" %}', field=field)


def test_every_id_a_field_points_to_exists():
    form = Person({})
    for field in form.visible_fields():
        html = show(field)
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), f"{field.name}: an id twice"
        pointed = " ".join(re.findall(r'aria-describedby="([^"]+)"', html)).split()
        assert set(pointed) <= set(ids), f"{field.name}: described by something that is not there"
        labels = re.findall(r'<label[^>]*\bfor="([^"]+)"', html)
        assert labels and set(labels) <= set(ids), f"{field.name}: a label for nothing"


def test_an_error_is_announced_with_its_field():
    form = Person({})
    html = show(form["name"])
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    group = show(form["weapon"])
    assert re.search(r'<fieldset[^>]* id="id_weapon"[^>]* aria-describedby="id_weapon_helptext id_weapon_error"', group)


def test_widgets_keep_their_own_classes():
    form = Person()
    form.fields["name"].widget.attrs["class"] = "tabular"
    assert 'class="tabular form-control"' in show(form["name"])
    assert 'class="form-select"' in show(form["kind"])
    assert show(form["version"]).strip() == str(form["version"])


def test_no_browser_cuts_what_is_pasted():
    form = Person()
    form.fields["name"] = forms.CharField(max_length=20, widget=forms.Textarea)
    assert "maxlength" in str(form["name"])
    assert "maxlength" not in show(form["name"])


def test_the_summary_links_to_places_that_exist_and_says_what_concerns_the_whole_form():
    form = Person({"name": "<b>"})
    page = "".join(show(field) for field in form)
    problems = ui.collect_errors(Context({"form": form}))
    assert [problem["href"] for problem in problems] == ["", "#id_weapon", ""]
    assert problems[0]["message"] == "Not the same person twice."
    for problem in problems:
        if problem["href"]:
            assert f'id="{problem["href"][1:]}"' in page
    assert "data-error-summary" in render('{% include "components/error_summary.html" %}', form=form)


def test_the_summary_counts_formsets_and_counts_nothing_twice():
    people = formset_factory(Person, extra=0)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-accepts": "on"}
    )
    form = Person({})
    alone = ui.collect_errors(Context({"form": form}))
    together = ui.collect_errors(Context({"form": form, "forms": [form], "formsets": {"people": people}}))
    assert together[: len(alone)] == alone
    assert "#id_form-0-name" in [problem["href"] for problem in together]
    assert len(together) == len(alone) + sum(len(e) for e in people.forms[0].errors.values())


def test_a_form_without_errors_has_no_summary():
    assert "data-error-summary" not in render('{% include "components/error_summary.html" %}', form=Person())


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_error_pages_need_nothing(status):
    html = render_to_string(f"{status}.html")
    assert "<h1>" in html and "MOVE</title>" in html


# --- icons, templates, static files -----------------------------------------------------------------------------
def test_icon_is_decoration_unless_it_has_a_label():
    assert 'aria-hidden="true"' in render('{% icon "bell" %}')
    html = render('{% icon "bell" label=words %}', words='a "b"')
    assert 'role="img" aria-label="a &quot;b&quot;"' in html and "aria-hidden" not in html


def test_sprite_is_built_from_the_vendored_icons():
    assert icons.SPRITE.read_text() == icons.build(), "run `python -m common.icons`"


def test_every_icon_asked_for_is_in_the_sprite():
    known = set(re.findall(r'<symbol id="([^"]+)"', icons.SPRITE.read_text()))
    asked = {}
    for path in TEMPLATES:
        for name in re.findall(r'\{% icon "([^"]+)"|icon_name="([^"]+)"', path.read_text()):
            asked["".join(name)] = path
    for path in ROOT.glob("*/*.py"):
        for name in re.findall(r'"icon": "([^"]+)"', path.read_text()):
            asked[name] = path
    assert asked
    assert {name: str(path) for name, path in asked.items() if name not in known} == {}


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("inline style", r"<style\b|\sstyle="),
        ("inline script", r"<script(?![^>]*\bsrc=)[^>]*>"),
        ("event attribute", r"\son[a-z]+=|\shx-on|js:"),
        ("address of another site in a script, style or image", r"<(?:script|link|img)[^>]*(?:src|href)=\"https?:"),
    ],
)
def test_templates_pass_the_strict_content_policy(what, pattern):
    found = [str(path.relative_to(ROOT)) for path in TEMPLATES if re.search(pattern, path.read_text())]
    assert found == [], what


def test_vendored_files_are_those_of_the_manifest():
    folder = ROOT / "static" / "vendor"
    listed = dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", (folder / "MANIFEST.md").read_text(), re.M))
    files = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "MANIFEST.md"
    }
    assert files == listed
    for package in {Path(name).parts[0] for name in files}:
        assert f"{package}/LICENSE" in files


def test_scripts_keep_nothing_on_the_device():
    scripts = list((ROOT / "static" / "js").glob("*.js"))
    assert scripts
    for path in scripts:
        assert not re.search(r"localStorage|sessionStorage|indexedDB|\beval\(|new Function", path.read_text()), path
