"""Tests that watch the code base: directions, reverses, names that bind, nothing unused, nothing dangerous."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import django.forms
import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.management import _get_all_permissions
from django.core.management import call_command
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.urls import URLPattern, URLResolver, get_resolver

from tests.conftest import APP_URL, OWNER_URL, ROOT, as_owner, with_database
from tests.ground.test_acting import OURS, SOURCES

TEMPLATES = ROOT / "templates"
DJANGO_WIDGETS = Path(django.forms.__file__).parent / "templates"


# --- directions -----------------------------------------------------------------------------------------------
def layers() -> dict[str, int]:
    """Room → its height in pyproject's contract; rooms of one line do not know each other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [contract for contract in contracts if contract["type"] == "layers"]
    lines = [re.findall(r"[a-z]+", re.sub(r"\(\w+\)", "", line)) for line in contract["layers"]]
    return {room: -height for height, rooms in enumerate(lines) for room in rooms}


def test_the_contract_names_every_room():
    assert set(layers()) == OURS
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(config["root_packages"]) == OURS == {app for app in OURS if app in settings.INSTALLED_APPS}


def test_imports_go_one_way():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "1 kept, 0 broken" in done.stdout


def test_migrations_depend_downwards():
    """String foreign keys escape import-linter: their migrations do not."""
    height = layers()
    loader = MigrationLoader(None)
    seen = 0
    for (app, name), migration in loader.disk_migrations.items():
        for other, _ in migration.dependencies if app in height else ():
            other = settings.AUTH_USER_MODEL.split(".")[0] if other == "__setting__" else other
            if other in height and other != app:
                seen += 1
                assert height[other] < height[app], f"{app}.{name} depends on {other}, which stands above or beside"
    assert seen > 20


def test_models_point_downwards():
    height = layers()
    for model in apps.get_models(include_auto_created=True):
        app = model._meta.app_label
        for field in model._meta.get_fields() if app in height else ():
            if field.is_relation and not field.auto_created and field.related_model:
                other = field.related_model._meta.app_label
                assert other not in height or other == app or height[other] < height[app], f"{model} → {other}"


# --- migrations -----------------------------------------------------------------------------------------------
IRREVERSIBLE: dict[str, str] = {}  # "app.migration": why it cannot be undone


def test_every_migration_can_be_undone():
    loader = MigrationLoader(None)
    stuck = {
        f"{app}.{name}"
        for (app, name), migration in loader.disk_migrations.items()
        if app in OURS
        for operation in migration.operations
        if not operation.reversible
    }
    assert stuck == set(IRREVERSIBLE)


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


CATALOGUE = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "constraints": "SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT tablename, regexp_replace(indexdef, 'INDEX \\S+ ON', 'INDEX ON') FROM pg_indexes"
    " WHERE schemaname = 'public'",
    "policies": "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies",
    "triggers": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc, prosecdef, proacl::text FROM pg_proc p"
    " WHERE pronamespace = 'public'::regnamespace"
    " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
    "privileges": "SELECT relname, relkind, relrowsecurity, relacl::text FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i'",
}


def catalogue(url: str) -> dict[str, list]:
    with psycopg.connect(url) as connection:
        return {name: sorted(map(str, connection.execute(sql).fetchall())) for name, sql in CATALOGUE.items()}


def test_names_of_permissions_fit_the_oldest_column():
    """Django's first column for them held 50 characters: a longer name cannot be migrated down to nothing."""
    too_long = {
        model._meta.label
        for model in apps.get_models()
        for _, name in _get_all_permissions(model._meta)
        if len(name) > 50
    }
    assert too_long == set()


@pytest.mark.long
def test_down_to_nothing_and_up_again(migrated_template):
    """Undone to the last table and done again, the schema is the same: locks, triggers, privileges included."""
    name = f"{migrated_template}_zero"
    owner, app = with_database(OWNER_URL, name), with_database(APP_URL, name)
    environment = {"DATABASE_URL": app, "DATABASE_OWNER_URL": owner}

    def migrate(*argv: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate", *argv, "-v0"],
            cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    as_owner(f'CREATE DATABASE "{name}"')
    try:
        migrate()
        first = catalogue(owner)
        migrate("common", "zero")
        with psycopg.connect(owner) as connection:
            left = connection.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'p', 'S', 'v', 'm')"
            ).fetchall()
            assert {relname for (relname,) in left} == {"django_migrations", "django_migrations_id_seq"}
        assert catalogue(owner)["functions"] == []
        migrate()
        again = catalogue(owner)
        for what in CATALOGUE:
            assert again[what] == first[what], what
    finally:
        as_owner(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


# --- templates ------------------------------------------------------------------------------------------------
# Templates that somebody else's code asks for by a name of its own.
ASKED_BY_LIBRARIES = (
    "400.html", "403.html", "403_csrf.html", "404.html", "500.html",  # Django's error views
    "429.html",  # django-allauth's throttle
    "account/",  # django-allauth
    "allauth/",
    "django/forms/",  # the form renderer
)  # fmt: skip


def test_every_template_is_used():
    files = sorted(path for path in TEMPLATES.rglob("*") if path.is_file())
    texts = {path: path.read_text() for path in [*files, *SOURCES]}
    unused = []
    for path in files:
        name = str(path.relative_to(TEMPLATES))
        # mails are asked for as "<room>/mail/<template>.txt" and "<template>_subject.txt", by their short name
        stem = path.stem.removesuffix("_subject")
        name = path.name if path.suffix == ".typ" else name  # documents are asked for within templates/pdf
        used = any(
            f'"{name}"' in text or f"'{name}'" in text or ("/mail/" in name and f'"{stem}"' in text)
            for other, text in texts.items()
            if other != path
        )
        if not used and not name.startswith(ASKED_BY_LIBRARIES):
            unused.append(name)
    assert unused == []


def test_every_template_asked_for_exists():
    pattern = re.compile(r"""["']([a-z_]+/[a-z0-9_/]+\.(?:html|txt))["']""")
    for path in [*SOURCES, *TEMPLATES.rglob("*.html")]:
        for name in pattern.findall(path.read_text()):
            there = (TEMPLATES / name).exists() or (DJANGO_WIDGETS / name).exists()
            assert there or "{" in name, f"{path.relative_to(ROOT)} asks for {name}"


# --- nothing dangerous ----------------------------------------------------------------------------------------
DANGEROUS = {
    "mark_safe": r"\bmark_safe\b|\bSafeString\(",
    "csrf_exempt": r"\bcsrf_exempt\b",
    "raw HTML": r"\|\s*safe\b|\|\s*safeseq\b",
    "escape off": r"autoescape off",
    "inline script": r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+\s*=\s*[\"']|javascript:|\bhx-on\b|[\"']js:",
    "inline style": r"\sstyle\s*=\s*[\"']|<style\b",
    "eval": r"\beval\(|\bexec\(|\bpickle\b|yaml\.load\(",
    "debugging": r"\bbreakpoint\(|\bpdb\b|(?<![\w.])print\(",
}
# (file, what): why it is harmless
HARMLESS = {
    ("common/public_pages.py", "csrf_exempt"): "sets no cookie: a signed form stands in for it, nobody is logged in",
    ("mail", "escape off"): "plain text, never shown by a browser",
    ("move/launcher.py", "debugging"): "a command's own output",
    ("move/engines.py", "debugging"): "a command's own output",
}


@pytest.mark.parametrize("what", DANGEROUS)
def test_nothing_dangerous(what):
    found = []
    for path in [*SOURCES, *(path for path in TEMPLATES.rglob("*") if path.is_file())]:
        name = str(path.relative_to(ROOT))
        if ("mail", what) in HARMLESS and "/mail/" in name and path.suffix == ".txt" or (name, what) in HARMLESS:
            continue
        text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(DANGEROUS[what], line):
                found.append(f"{name}:{number}: {line.strip()}")
    assert found == []


def test_no_stub_is_left():
    pattern = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|lorem ipsum", re.IGNORECASE)
    for path in [*SOURCES, *TEMPLATES.rglob("*.html")]:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not pattern.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


# --- names that bind ------------------------------------------------------------------------------------------
def test_what_beat_calls_exists():
    from move.celery import app

    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert scheduled <= ours
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        # beat has stopped or run twice at daylight-saving changes: intervals only
        assert isinstance(entry["schedule"], int | float), name
    assert settings.CELERY_TIMEZONE == "UTC" and settings.CELERY_ENABLE_UTC


def test_models_say_nothing_of_people():
    """str() of a record goes to logs, to the trail of changes, to error pages: a reference, never a name."""
    canary = "Kwaremontstraat"
    # a service is no person: its short name may be said; the trails repeat the str() and the labels of the others
    named = {"agencies.Agency", "audit.LogEntry", "audit.AuditEvent"}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in OURS or model._meta.label in named:
            continue
        values = {
            field.name: canary[: field.max_length]
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not field.choices
            and field.name != "reference"
        }
        assert canary not in str(model(**values)), model._meta.label
        assert canary not in repr(model(**values)), model._meta.label


def routes(patterns: list | None = None, prefix: str = "") -> list[tuple[str, object]]:
    found = []
    for pattern in get_resolver("move.urls").url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            found.append((route, pattern.callback))
    return found


def ours(callback: object) -> bool:
    return callback.__module__.split(".")[0] in OURS


METHODS = {"require_http_methods", "require_GET", "require_POST", "require_safe"}


def views_written() -> dict[str, str]:
    """Functions that say which methods they answer, by "module.name", with their file."""
    found = {}
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                names = {
                    ast.unparse(decorator).partition("(")[0].rpartition(".")[2] for decorator in node.decorator_list
                }
                if names & METHODS:
                    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                    found[f"{module}.{node.name}"] = str(path.relative_to(ROOT))
    return found


def test_every_view_has_an_address_and_its_methods():
    written = views_written()
    served = set()
    for route, callback in routes():
        if ours(callback) and not hasattr(callback, "cls") and not hasattr(callback, "view_class"):
            name = f"{callback.__module__}.{callback.__name__}"
            assert name in written, f"{route} does not say which methods it answers"
            served.add(name)
    assert set(written) == served


# Pages served without a login, and why.
PUBLIC = {
    "followups.poster_views.poster_page": "who reads a poster has no account, and asks to be called back",
    "followups.poster_views.poster_thanks": "the page that says nothing, once a number was left",
    "casework.letter_views.answer": "a service without an account answers a letter, once",
    "move.views.live": "health",
    "move.views.ready": "health",
    "agencies.views.invitation": "who is invited has no account yet",
    "agencies.directory_views.directory": "whoever looks for help: no account, nothing kept",
    "sharing.may_i_speak_views.may_i_speak": "a doctor or a teacher has no account, and a question now",
}


def test_pages_without_login_are_listed():
    public = {
        f"{callback.__module__}.{callback.__name__}"
        for _route, callback in routes()
        if ours(callback) and not getattr(callback, "login_required", True) and not hasattr(callback, "cls")
    }
    assert public == set(PUBLIC)


@pytest.mark.django_db
def test_the_api_answers_nobody_unknown(client):
    """REST framework's views are outside LoginRequiredMiddleware: each says no by itself."""
    identifier = "019a0000-0000-7000-8000-000000000000"
    asked = 0
    for route, callback in routes():
        if hasattr(callback, "cls"):
            assert route.startswith("api/"), route
            address = "/" + re.sub(r"<[^>]+>", identifier, route)
            for method in ("get", "post", "put", "patch", "delete"):
                assert getattr(client, method)(address).status_code in (401, 403, 405), (method, route)
            asked += 1
    assert asked


def test_settings_modules_import_nothing_of_tests():
    for path in SOURCES:
        assert not re.search(r"^\s*(from|import) tests\b", path.read_text(), re.MULTILINE), path


def test_apps_are_named_as_their_folder():
    for app in OURS:
        module = __import__(f"{app}.apps", fromlist=["apps"])
        assert isinstance(module, ModuleType) and apps.get_app_config(app).name == app
