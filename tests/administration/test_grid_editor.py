"""Grids are imported or duplicated, changed in a table, proposed, published by somebody else, retired. Without code."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership
from audit.models import Action, AuditEvent
from cases.access import for_case
from common.errors import Refused, RuleBroken, StaleVersion
from notifications.models import Notice, NoticeKind
from riskassessment import drafting, editing, services
from riskassessment.definition import content_hash, load, to_raw
from riskassessment.models import Grid, GridDraft, GridRetirement, GridVersion
from riskassessment.versions import latest_versions
from tests.actors import as_
from tests.factories import make_agency, make_member, make_report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def words(text: str, **more: str) -> dict[str, str]:
    return {"fr": text, **more}


def small(**changes) -> dict:
    """A whole grid of two questions, one of them critical."""
    raw = {
        "slug": "intake-grid", "version": 1, "kind": "scored", "title": words("Accueil", en="Intake"),
        "description": words("Deux questions."), "notice": words("Grille de démonstration."),
        "provenance": words("Écrite pour cet essai."), "licence": words("Libre."), "demonstration": True,
        "sections": [{"id": "facts", "title": words("Faits")}],
        "items": [
            {"type": "yes_no", "id": "threats", "section": "facts", "text": words("Menaces ?"), "weight": 2},
            {"type": "yes_no", "id": "grip", "section": "facts", "text": words("Étranglement ?"), "weight": 3,
             "critical": True},
        ],
        "scoring": {"thresholds": [{"level": "low", "min_score": 0}, {"level": "high", "min_score": 3}],
                    "critical_rule": {"any_yes": "high"}},
        "coverage": {"max_unknown_percent": 50},
        "reassess_after_hours": {"low": 1440, "moderate": 720, "high": 168, "critical": 72},
    }  # fmt: skip
    return raw | changes


def imported(by: Membership, *, own: bool = False, **changes) -> GridDraft:
    with acting_as(by):
        return editing.import_definition(
            by=by, document=json.dumps(small(**changes)), for_agency=by.agency if own else None
        )


def second_admin(world) -> Membership:
    return make_member(world.platform_admin.agency, Role.PLATFORM_ADMINISTRATOR)


def shelter_manager(world) -> Membership:
    return make_member(world.agency_admin.agency, Role.MANAGER)


def propose(by: Membership, draft: GridDraft) -> GridDraft:
    with acting_as(by):
        return editing.propose(by=by, draft_id=draft.pk, version=draft.version, path="/x/")


def published(world, draft: GridDraft | None = None) -> GridVersion:
    """Written by the platform's administrator, published by a second one."""
    draft = propose(world.platform_admin, draft or imported(world.platform_admin))
    other = second_admin(world)
    with acting_as(other):
        return editing.publish(by=other, draft_id=draft.pk, version=draft.version)


def save(by: Membership, draft: GridDraft, raw: dict) -> GridDraft:
    with acting_as(by):
        return editing.save_draft(by=by, draft_id=draft.pk, definition=raw, version=draft.version)


def path(name: str, *args) -> str:
    return reverse(f"administration:{name}", args=args)


# --- import -----------------------------------------------------------------------------------------------
def test_a_definition_is_imported_as_a_draft_and_published_by_somebody_else(world):
    admin, other = world.platform_admin, second_admin(world)
    draft = imported(admin)
    assert (draft.grid, draft.for_agency, draft.slug) == (None, None, "intake-grid")
    draft = propose(admin, draft)
    with acting_as(other):
        version = editing.publish(by=other, draft_id=draft.pk, version=draft.version)
    assert (version.number, version.grid.slug, version.grid.agency) == (1, "intake-grid", None)
    assert version.content_hash == content_hash(load(small()))
    assert (version.proposed_by, version.published_by) == (admin.user, other.user)
    assert not GridDraft.objects.exists()
    assert version in latest_versions()


def test_yaml_and_files_are_imported_too(world):
    yaml = "\n".join(f"{key}: {json.dumps(value)}" for key, value in small().items())
    client = as_(world.platform_admin)
    for name, content in (("grid.yaml", yaml), ("grid.json", json.dumps(small(slug="other-grid")))):
        sent = SimpleUploadedFile(name, content.encode())
        assert client.post(path("grid_import"), {"whose": "everybody", "file": sent}).status_code == 302
    assert set(GridDraft.objects.values_list("slug", flat=True)) == {"intake-grid", "other-grid"}


HOSTILE = {
    "deep nesting": ("[" * 100_000, None),
    "deep condition": (
        json.dumps(small()).replace('"Menaces ?"', "[" * 40 + "]" * 40),
        "items[0].text.fr" + "[0]" * 12,
    ),
    "no object": ("5", None),
    "yaml bomb": ("a: &a [x]\nb: [*a, *a]", None),
    "python tag": ("!!python/object/apply:os.system ['true']", None),
    "duplicate codes": (json.dumps(small(items=[*small()["items"], small()["items"][0]])), "items[2].id"),
    "unknown operator": (
        json.dumps(small(items=[small()["items"][0] | {"visible_if": {"op": "eval", "of": "1"}}])),
        "items[0].visible_if",
    ),
    "cycle": (
        json.dumps(
            small(
                items=[
                    one | {"visible_if": {"op": "is", "item": other, "values": ["yes"]}}
                    for one, other in zip(small()["items"], ("grip", "threats"), strict=True)
                ]
            )
        ),
        "items[0].visible_if.item",
    ),
    "key twice": ('{"slug": "a", "slug": "b"}', "slug"),
    "NaN": ('{"slug": NaN}', "slug"),
    "a million items": ('{"items": [' + ",".join(["1"] * 250_000) + "]}", None),
    "culture scored": (
        json.dumps(
            small(
                items=[*small()["items"], small()["items"][0] | {"id": "n", "text": words("Nationalité étrangère ?")}]
            )
        ),
        "items[2].text.fr",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_malformed_or_hostile_definition_is_refused_with_its_path(world, what):
    text, where = HOSTILE[what]
    answer = as_(world.platform_admin).post(path("grid_import"), {"whose": "everybody", "document": text})
    assert answer.status_code == 422
    if where is not None:
        assert where in [problem for problem, _message in answer.context["refused"]], answer.context["refused"]
    assert answer.context["form"]["document"].value() == text, "what was pasted stays"
    assert not GridDraft.objects.exists()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "document"),
        ({"document": "   "}, "document"),
        ({"file": SimpleUploadedFile("grid.exe", b"{}")}, "file"),
        ({"file": SimpleUploadedFile("grid.json", b" " * (513 * 1024))}, "file"),
        ({"file": SimpleUploadedFile("grid.json", b"\xff\xfe{")}, "file"),
        ({"whose": "nobody", "document": "{}"}, "whose"),
    ],
)
def test_what_is_no_document_is_refused_at_its_field(world, sent, field):
    for one in sent.values():
        if hasattr(one, "seek"):
            one.seek(0)
    answer = as_(world.platform_admin).post(path("grid_import"), {"whose": "everybody"} | sent)
    assert answer.status_code == 422 and field in answer.context["form"].errors
    assert not GridDraft.objects.exists()


def test_an_agency_imports_for_itself_alone(world):
    admin = world.agency_admin
    with acting_as(admin), pytest.raises(Refused):
        editing.import_definition(by=admin, document=json.dumps(small()), for_agency=None)
    with acting_as(admin), pytest.raises(Refused):
        editing.import_definition(by=admin, document=json.dumps(small()), for_agency=world.officer.agency)
    client = as_(admin)
    assert client.post(path("grid_import"), {"whose": "everybody", "document": json.dumps(small())}).status_code == 422
    assert client.post(path("grid_import"), {"whose": "service", "document": json.dumps(small())}).status_code == 302
    assert GridDraft.objects.get().for_agency == admin.agency


def test_the_short_name_of_somebody_elses_grid_is_refused(world):
    with pytest.raises(RuleBroken) as broken:
        imported(world.agency_admin, own=True, slug="police-demonstration")
    assert set(broken.value.errors) == {"slug"}
    imported(world.agency_admin, own=True)
    for by, own in ((world.police_manager, True), (world.platform_admin, False)):
        with pytest.raises(RuleBroken) as broken:
            imported(by, own=own)
        assert set(broken.value.errors) == {"slug"}
    assert GridDraft.objects.count() == 1


def test_importing_the_same_twice_makes_one_draft(world):
    client = as_(world.platform_admin)
    given = {"whose": "everybody", "document": json.dumps(small())}
    assert client.post(path("grid_import"), given).status_code == 302
    again = client.post(path("grid_import"), given)
    assert again.status_code == 422 and [where for where, _words in again.context["refused"]] == ["slug"]
    assert GridDraft.objects.count() == 1


# --- who sees what ----------------------------------------------------------------------------------------
PAGES = (
    "grid_draft", "grid_head", "grid_structure", "grid_scoring", "grid_item_add", "grid_item", "grid_preview",
    "grid_changes", "grid_raw", "grid_draft_json",
)  # fmt: skip
ACTS = ("grid_item_move", "grid_item_remove", "grid_propose", "grid_publish", "grid_discard")


def address(name: str, draft: GridDraft) -> str:
    return path(name, draft.pk, "threats") if name in ("grid_item", "grid_item_move", "grid_item_remove") else path(
        name, draft.pk
    )  # fmt: skip


@pytest.mark.parametrize("name", [*PAGES, *ACTS])
def test_the_draft_of_a_service_is_its_own(world, name):
    draft = imported(world.agency_admin, own=True)
    stranger = make_member(make_agency(AgencyKind.CPAS), Role.AGENCY_ADMINISTRATOR)
    for who in (world.police_manager, stranger, world.shelter, world.officer):
        client = as_(who)
        if name in PAGES:
            assert client.get(address(name, draft)).status_code == 404
        if name not in ("grid_preview", "grid_changes", "grid_draft_json", "grid_draft"):
            assert client.post(address(name, draft), {"version": "0"}).status_code == 404
    assert GridDraft.objects.get().definition == draft.definition
    for who in (world.agency_admin, shelter_manager(world), world.platform_admin):
        if name in PAGES:
            assert as_(who).get(address(name, draft)).status_code == 200


@pytest.mark.parametrize("name", ["grid_version", "grid_version_json", "grid_duplicate", "grid_retire"])
def test_the_version_of_a_service_is_its_own(world, name):
    draft = propose(world.agency_admin, imported(world.agency_admin, own=True))
    with acting_as(world.platform_admin):
        version = editing.publish(by=world.platform_admin, draft_id=draft.pk, version=draft.version)
    for who in (world.police_manager, world.shelter, world.officer):
        client = as_(who)
        send = client.get if name in ("grid_version", "grid_version_json") else client.post
        assert send(path(name, version.pk)).status_code == 404
    listed = as_(world.police_manager).get(path("grids")).content.decode()
    assert "Accueil" not in listed and "Intake" not in listed
    assert as_(world.agency_admin).get(path("grid_version", version.pk)).status_code == 200


def test_what_is_everybodys_is_read_by_agencies_and_not_changed(world):
    version = GridVersion.objects.get(grid__slug="police-demonstration")
    client = as_(world.agency_admin)
    page = client.get(path("grid_version", version.pk))
    assert page.status_code == 200 and not page.context["may_write"]
    assert client.post(path("grid_retire", version.pk), {"reason": "x"}).status_code == 403
    assert client.post(path("grid_duplicate", version.pk)).status_code == 403
    assert not GridRetirement.objects.exists() and not GridDraft.objects.exists()
    new = {"as": "new", "slug": "our-own", "whose": "service"}
    assert client.post(path("grid_duplicate", version.pk), new).status_code == 302
    draft = GridDraft.objects.get()
    assert (draft.slug, draft.grid, draft.for_agency) == ("our-own", None, world.agency_admin.agency)
    assert draft.definition["slug"] == "our-own" and draft.based_on == version


def test_the_pages_do_not_exist_for_others(world):
    for who in (world.officer, world.shelter, world.reader, world.prosecutor):
        client = as_(who)
        assert client.get(path("grids")).status_code == 404
        assert client.get(path("grid_import")).status_code == 404
        assert client.post(path("grid_import"), {"document": json.dumps(small())}).status_code == 404


# --- duplicate --------------------------------------------------------------------------------------------
def test_a_version_is_duplicated_once_as_the_next_one(world):
    version = GridVersion.objects.filter(grid__slug="police-demonstration").latest("number")
    client = as_(world.platform_admin)
    first = client.post(path("grid_duplicate", version.pk))
    again = client.post(path("grid_duplicate", version.pk))
    draft = GridDraft.objects.get()
    assert first.url == again.url == path("grid_draft", draft.pk)
    assert draft.grid == version.grid and draft.definition["version"] == version.number + 1
    page = client.get(path("grid_draft", draft.pk))
    assert page.status_code == 200 and page.context["ready"]


@pytest.mark.parametrize("slug", ["", "Not A Slug", "police-demonstration", "a" * 61, "-", "a\x00b"])
def test_a_new_grid_needs_a_free_short_name(world, slug):
    version = GridVersion.objects.filter(grid__slug="police-demonstration").latest("number")
    given = {"as": "new", "slug": slug, "whose": "everybody"}
    answer = as_(world.platform_admin).post(path("grid_duplicate", version.pk), given)
    assert answer.status_code == 422 and answer.context["duplicate"].errors
    assert not GridDraft.objects.exists()


# --- second pair of eyes ----------------------------------------------------------------------------------
def test_nobody_publishes_what_they_proposed_or_saved(world):
    one, two, three = world.platform_admin, second_admin(world), second_admin(world)
    draft = imported(one)
    draft = save(two, draft, draft.definition | {"title": words("Autre titre")})
    with acting_as(three), pytest.raises(RuleBroken, match="Propose"):
        editing.publish(by=three, draft_id=draft.pk, version=draft.version)
    draft = propose(one, draft)
    for who in (one, two):
        with acting_as(who), pytest.raises(Refused):
            editing.publish(by=who, draft_id=draft.pk, version=draft.version)
        assert as_(who).post(path("grid_publish", draft.pk), {"version": draft.version}).status_code == 403
        assert not as_(who).get(path("grid_draft", draft.pk)).context["may_publish"]
    with acting_as(three):
        version = editing.publish(by=three, draft_id=draft.pk, version=draft.version)
    assert version.number == 1


def test_a_proposal_is_told_to_who_may_publish_and_to_nobody_else(world):
    other, manager = second_admin(world), shelter_manager(world)
    draft = propose(world.agency_admin, imported(world.agency_admin, own=True))
    told = set()
    for member in (world.platform_admin, other, manager, world.agency_admin, world.police_manager, world.shelter):
        with acting_as(member):
            if Notice.objects.filter(recipient=member.user, kind=NoticeKind.GRID_PROPOSED).exists():
                told.add(member.pk)
    assert told == {world.platform_admin.pk, other.pk, manager.pk}
    propose(world.agency_admin, draft)
    with acting_as(manager):
        assert Notice.objects.filter(recipient=manager.user).count() == 1


def test_the_manager_of_the_service_is_its_second_pair_of_eyes(world):
    manager = shelter_manager(world)
    draft = propose(world.agency_admin, imported(world.agency_admin, own=True))
    client = as_(manager)
    listed = client.get(path("grids"))
    assert [row["draft"].pk for row in listed.context["drafts"] if row["mine_to_read"]] == [draft.pk]
    answer = client.post(path("grid_publish", draft.pk), {"version": draft.version})
    assert answer.url == path("grid_version", draft.pk)
    assert Grid.objects.get(slug="intake-grid").agency == manager.agency


def test_a_change_takes_the_proposal_back(world):
    draft = propose(world.platform_admin, imported(world.platform_admin))
    draft = save(world.platform_admin, draft, draft.definition | {"title": words("Autre")})
    assert draft.proposed_at is None and draft.proposed_by is None
    other = second_admin(world)
    with acting_as(other), pytest.raises(RuleBroken):
        editing.publish(by=other, draft_id=draft.pk, version=draft.version)


def test_publishing_twice_leads_to_the_version(world):
    draft = propose(world.platform_admin, imported(world.platform_admin))
    client = as_(second_admin(world))
    first = client.post(path("grid_publish", draft.pk), {"version": draft.version})
    again = client.post(path("grid_publish", draft.pk), {"version": draft.version})
    assert first.url == again.url == path("grid_version", draft.pk)
    assert client.get(path("grid_draft", draft.pk)).url == first.url, "the notice's address leads to what became of it"
    assert GridVersion.objects.filter(grid__slug="intake-grid").count() == 1


def test_who_looked_at_an_earlier_state_publishes_nothing(world):
    draft = propose(world.platform_admin, imported(world.platform_admin))
    with acting_as(world.platform_admin):
        draft = editing.save_draft(
            by=world.platform_admin, draft_id=draft.pk, definition=draft.definition | {"title": words("T")}, version=0
        )
    propose(world.platform_admin, draft)
    answer = as_(second_admin(world)).post(path("grid_publish", draft.pk), {"version": "0"})
    assert answer.status_code == 409
    assert not Grid.objects.filter(slug="intake-grid").exists()


# --- what keeps a version from being published ------------------------------------------------------------
def test_without_french_nothing_is_published(world):
    draft = imported(world.platform_admin, title={"en": "Intake"}, description={"nl": "Twee vragen"})
    with pytest.raises(RuleBroken) as broken:
        propose(world.platform_admin, draft)
    assert set(broken.value.errors) == {"title.fr", "description.fr"}
    page = as_(world.platform_admin).get(path("grid_draft", draft.pk))
    assert [line["path"] for line in page.context["lacking"]] == ["title.fr", "description.fr"]
    answer = as_(world.platform_admin).post(path("grid_propose", draft.pk), {"version": "0"})
    assert answer.status_code == 422 and "title.fr" in answer.content.decode()
    GridDraft.objects.filter(pk=draft.pk).update(proposed_by=world.platform_admin.user, proposed_at=draft.saved_at)
    other = second_admin(world)
    with acting_as(other), pytest.raises(RuleBroken) as broken:
        editing.publish(by=other, draft_id=draft.pk, version=draft.version)
    assert "title.fr" in broken.value.errors


def test_an_incomplete_draft_is_kept_and_says_what_is_missing(world):
    admin = world.platform_admin
    draft = imported(admin)
    raw = {key: value for key, value in draft.definition.items() if key not in ("scoring", "provenance")}
    draft = save(admin, draft, raw | {"items": [*raw["items"], {"type": "single", "id": "often", "section": "facts"}]})
    page = as_(admin).get(path("grid_draft", draft.pk))
    assert page.status_code == 200
    found = {line["path"]: line["href"] for line in page.context["problems"]}
    assert {"provenance", "items[2].text", "items[2].options"} <= set(found)
    assert found["items[2].text"] == path("grid_item", draft.pk, "often")
    assert found["provenance"] == path("grid_head", draft.pk)
    for name in PAGES:
        assert as_(admin).get(address(name, draft)).status_code == 200, name
    with pytest.raises(RuleBroken):
        propose(admin, draft)


@pytest.mark.parametrize(
    "raw", [{}, {"items": 5}, {"items": ["x", None, {"id": 5}]}, {"title": "x", "sections": {}, "scoring": []},
            {"items": [{"type": "group", "id": "g", "items": 3, "visible_if": {"op": "all"}}], "agency_kinds": [1]}]
)  # fmt: skip
def test_whatever_is_stored_the_pages_answer(world, raw):
    draft = save(world.platform_admin, imported(world.platform_admin), raw)
    client = as_(world.platform_admin)
    for name in PAGES:
        status = client.get(address(name, draft)).status_code
        assert status == (404 if name == "grid_item" else 200), name
    assert client.get(path("grids")).status_code == 200


@pytest.mark.parametrize(
    "raw", [{"a": "\x00"}, {"a": float("nan")}, {"a": [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}, {5: 1}]
)
def test_what_cannot_be_stored_is_refused(world, raw):
    draft = imported(world.platform_admin)
    with pytest.raises(RuleBroken):
        save(world.platform_admin, draft, raw)


def test_culture_is_never_a_risk_factor(world):
    draft = imported(world.platform_admin)
    item = small()["items"][0] | {"id": "where_from", "text": words("Est-elle d’origine étrangère ?")}
    draft = save(world.platform_admin, draft, drafting.with_item(draft.definition, item))
    page = as_(world.platform_admin).get(path("grid_draft", draft.pk))
    assert [line["path"] for line in page.context["problems"]] == ["items[2].text.fr"]
    assert as_(world.platform_admin).get(path("grid_preview", draft.pk)).context["whole"]
    with translation.override("en"), pytest.raises(RuleBroken, match="never a risk"):
        propose(world.platform_admin, draft)


def test_the_same_content_is_not_published_again(world):
    first = published(world)
    with acting_as(world.platform_admin):
        draft = editing.duplicate(by=world.platform_admin, version_id=first.pk)
    with pytest.raises(RuleBroken, match="exactly the same"):
        propose(world.platform_admin, draft)
    draft = save(world.platform_admin, draft, draft.definition | {"title": words("Accueil, deuxième")})
    second = published(world, draft)
    assert second.number == 2 and second.definition["version"] == 2
    with acting_as(world.platform_admin):
        draft = editing.duplicate(by=world.platform_admin, version_id=first.pk)
    with pytest.raises(RuleBroken, match="Version 1"):
        propose(world.platform_admin, draft)


def test_a_decision_on_a_grid_stands_in_the_trail(world):
    version = published(world)
    with acting_as(world.platform_admin):
        editing.retire(by=world.platform_admin, version_id=version.pk, reason="Remplacée.")
    with acting_as(world.platform_admin):
        found = AuditEvent.objects.filter(object_kind="riskassessment.GridVersion", object_id=version.pk)
        events = list(found.order_by("id").values_list("action", "fields", "reason"))
    assert events == [
        (Action.DECIDED, ["intake-grid"], "intake-grid v1 published"),
        (Action.DECIDED, ["intake-grid"], "intake-grid v1 retired"),
    ]


# --- retired ----------------------------------------------------------------------------------------------
def test_a_retired_version_is_begun_by_nobody_and_finished_by_who_began(world):
    version = published(world)
    case = make_report(world.officer).case
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        begun = services.start(by=world.officer, case=case, access=access, grid_slug="intake-grid", presence="alone")
    client = as_(world.platform_admin)
    assert client.post(path("grid_retire", version.pk), {"reason": " "}).status_code == 422
    for _twice in range(2):
        assert client.post(path("grid_retire", version.pk), {"reason": "Remplacée."}).status_code == 302
    assert GridRetirement.objects.count() == 1
    assert version not in latest_versions()
    with acting_as(world.officer):
        with pytest.raises(RuleBroken):
            services.start(by=world.officer, case=case, access=access, grid_slug="intake-grid", presence="alone")
        signed = services.sign(by=world.officer, assessment_id=begun.pk, answers={"grip": "yes"}, version=begun.version)
    assert signed.signed_at is not None
    page = client.get(path("grid_version", version.pk))
    assert page.context["signed"] == 1 and not page.context["may_retire"]
    listed = client.get(path("grids"))
    assert [row["version"].pk for row in listed.context["retired"]] == [version.pk]
    with acting_as(world.platform_admin):
        draft = editing.duplicate(by=world.platform_admin, version_id=version.pk)
    later = published(world, save(world.platform_admin, draft, draft.definition | {"title": words("Nouvelle")}))
    assert later in latest_versions()


def test_only_the_version_in_use_is_retired(world):
    first = published(world)
    with acting_as(world.platform_admin):
        draft = editing.duplicate(by=world.platform_admin, version_id=first.pk)
    published(world, save(world.platform_admin, draft, draft.definition | {"title": words("Nouvelle")}))
    with acting_as(world.platform_admin), pytest.raises(RuleBroken, match="later version"):
        editing.retire(by=world.platform_admin, version_id=first.pk, reason="x")


# --- one agency's instrument ------------------------------------------------------------------------------
def test_the_instrument_of_one_agency_is_begun_by_that_agency(world):
    draft = propose(world.police_manager, imported(world.police_manager, own=True))
    with acting_as(world.platform_admin):
        editing.publish(by=world.platform_admin, draft_id=draft.pk, version=draft.version)
    case = make_report(world.officer).case
    with acting_as(world.officer):
        mine = services.start(
            by=world.officer, case=case, access=for_case(case, world.officer), grid_slug="intake-grid", presence="alone"
        )
    assert mine.grid_version_id == draft.pk
    listed = as_(world.officer).get(reverse("riskassessment:case_list", args=[case.pk]))
    assert "intake-grid" in listed.content.decode()
    with acting_as(world.eva):
        access = for_case(case, world.eva)
        assert access.contribute
        with pytest.raises(RuleBroken):
            services.start(by=world.eva, case=case, access=access, grid_slug="intake-grid", presence="alone")
    other = as_(world.eva).get(reverse("riskassessment:case_list", args=[case.pk]))
    assert "intake-grid" not in other.content.decode()


# --- two at once ------------------------------------------------------------------------------------------
def test_a_colleagues_change_is_not_lost(world):
    admin, other = world.platform_admin, second_admin(world)
    draft = imported(admin)
    save(other, draft, draft.definition | {"title": words("De la collègue")})
    with acting_as(admin), pytest.raises(StaleVersion):
        editing.save_draft(by=admin, draft_id=draft.pk, definition={}, version=0)
    page = as_(admin).get(path("grid_head", draft.pk))
    given = fields_of(page.context["form"]) | {"title_fr": "Le mien", "version": "0"}
    answer = as_(admin).post(path("grid_head", draft.pk), given)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Le mien" in text and "De la collègue" in text
    assert GridDraft.objects.get().definition["title"] == words("De la collègue")
    again = as_(admin).post(path("grid_head", draft.pk), given | {"version": str(answer.context["version"])})
    assert again.status_code == 302
    assert GridDraft.objects.get().definition["title"]["fr"] == "Le mien"


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_make_one_version(committed_world):
    world = committed_world
    draft = propose(world.platform_admin, imported(world.platform_admin))
    readers = [second_admin(world), second_admin(world)]

    def publish(by: Membership) -> str:
        try:
            with transaction.atomic(), acting_as(by):
                editing.publish(by=by, draft_id=draft.pk, version=draft.version)
        except RuleBroken as broken:
            return str(broken)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(publish, readers))
    assert said[0] == "" and said[1], "one wins, the other is told"
    assert GridVersion.objects.filter(grid__slug="intake-grid").count() == 1


# --- the forms --------------------------------------------------------------------------------------------
def fields_of(form) -> dict[str, object]:
    """What a browser would send of a form that is shown."""
    found: dict[str, object] = {}
    single = [form] if hasattr(form, "fields") else []
    for formset in getattr(form, "formsets", []):
        single += [formset.management_form, *formset.forms]
    for one in single:
        for name in one.fields:
            bound = one[name]
            value = bound.value()
            if isinstance(value, bool):
                value = "on" if value else None
            if value is not None:
                found[bound.html_name] = value
    return found


def posted(client, address: str, **changes) -> object:
    page = client.get(address)
    assert page.status_code == 200
    given = fields_of(page.context["form"]) | {"version": page.context["version"]} | changes
    return client.post(address, given)


@pytest.mark.parametrize(
    "slug", ["police-demonstration", "counter-checklist", "criticality-demonstration", "cultural-formulation",
             "perpetrator-demonstration"]
)  # fmt: skip
def test_saving_every_form_unchanged_changes_nothing(world, slug):
    """The forms hold all that a grid says, or leave it as it is."""
    version = GridVersion.objects.filter(grid__slug=slug).latest("number")
    with acting_as(world.platform_admin):
        draft = editing.duplicate(by=world.platform_admin, version_id=version.pk)
    before = drafting.normal(draft.definition)
    client = as_(world.platform_admin)
    items = [item["id"] for item, _group in drafting.written(draft.definition)]
    pages = [path(name, draft.pk) for name in ("grid_head", "grid_structure", "grid_scoring")]
    for where in [*pages, *(path("grid_item", draft.pk, item) for item in items)]:
        answer = posted(client, where)
        assert answer.status_code == 302, (where, answer.context["form"].errors if hasattr(
            answer.context["form"], "errors") else "")  # fmt: skip
        draft.refresh_from_db()
        assert drafting.normal(draft.definition) == before, where


def test_a_grid_is_written_in_the_table(world):
    draft = imported(world.platform_admin)
    client = as_(world.platform_admin)
    answer = posted(
        client, path("grid_item_add", draft.pk) + "?type=single&section=facts",
        text_fr="À quelle fréquence ?", text_nl="Hoe vaak?", period_fr="Ces 12 derniers mois",
        **{"options-0-text_fr": "Rarement", "options-1-text_fr": "Chaque semaine", "options-1-weight": "2",
           "options-2-text_fr": "Chaque jour", "options-2-weight": "3", "options-2-critical": "on"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.context["form"].errors
    item = drafting.find(GridDraft.objects.get().definition, "a_quelle_frequence")[0]
    assert item == {
        "type": "single", "id": "a_quelle_frequence", "section": "facts",
        "text": {"fr": "À quelle fréquence ?", "nl": "Hoe vaak?"}, "period": {"fr": "Ces 12 derniers mois"},
        "options": [
            {"id": "rarement", "text": {"fr": "Rarement"}},
            {"id": "chaque_semaine", "text": {"fr": "Chaque semaine"}, "weight": 2},
            {"id": "chaque_jour", "text": {"fr": "Chaque jour"}, "weight": 3, "critical": True},
        ],
    }  # fmt: skip
    scale = {"text_fr": "Peur ?", "from": "0", "to": "10", "bands-0-from": "7", "bands-0-weight": "2",
             "labels-0-value": "0", "labels-0-label_fr": "aucune", "mode": "any",
             "branches-0-answer": "a_quelle_frequence=chaque_jour",
             "branches-1-answer": "a_quelle_frequence=chaque_semaine"}  # fmt: skip
    assert posted(client, path("grid_item_add", draft.pk) + "?type=scale&section=facts", **scale).status_code == 302
    fear = drafting.find(GridDraft.objects.get().definition, "peur")[0]
    assert fear["visible_if"] == {"op": "is", "item": "a_quelle_frequence", "values": ["chaque_jour", "chaque_semaine"]}
    assert fear["bands"] == [{"from": 7, "weight": 2}] and fear["labels"] == {"0": {"fr": "aucune"}}
    for kind in ("multi", "number", "date", "text", "info", "yes_no", "group"):
        more = {"options-0-text_fr": "A", "options-1-text_fr": "B"} if kind == "multi" else {}
        more |= {"weight": "1"} if kind == "yes_no" else {}
        assert posted(
            client, path("grid_item_add", draft.pk) + f"?type={kind}&section=facts", text_fr=f"Une {kind}", **more
        ).status_code == 302, kind  # fmt: skip
    inside = path("grid_item_add", draft.pk) + "?type=yes_no&group=une_group"
    assert posted(client, inside, text_fr="Dedans ?", weight="1").status_code == 302
    group = drafting.find(GridDraft.objects.get().definition, "une_group")[0]
    assert [one["id"] for one in group["items"]] == ["dedans"] and "section" not in group["items"][0]
    page = client.get(path("grid_draft", draft.pk))
    assert page.context["ready"], page.context["problems"]
    assert client.get(path("grid_preview", draft.pk) + "?language=nl").content.decode().count("Hoe vaak?") >= 1
    assert GridDraft.objects.get().definition == drafting.normal(GridDraft.objects.get().definition)


def test_items_are_moved_renamed_and_removed(world):
    raw = small()
    raw["items"].append(
        {"type": "text", "id": "more", "section": "facts", "text": words("Précisez"),
         "visible_if": {"op": "is", "item": "threats", "values": ["yes"]}}
    )  # fmt: skip
    draft = imported(world.platform_admin, items=raw["items"])
    client = as_(world.platform_admin)

    def order() -> list[str]:
        return [item["id"] for item in GridDraft.objects.get().definition["items"]]

    client.post(path("grid_item_move", draft.pk, "grip"), {"step": "up"})
    assert order() == ["grip", "threats", "more"]
    client.post(path("grid_item_move", draft.pk, "grip"), {"step": "up"})
    assert order() == ["grip", "threats", "more"], "at the end it stays"
    assert posted(client, path("grid_item", draft.pk, "threats"), id="death_threats").status_code == 302
    assert drafting.find(GridDraft.objects.get().definition, "more")[0]["visible_if"]["item"] == "death_threats"
    taken = posted(client, path("grid_item", draft.pk, "grip"), id="more")
    assert taken.status_code == 422 and "id" in taken.context["form"].errors
    assert client.post(path("grid_item_remove", draft.pk, "grip")).status_code == 302
    assert client.post(path("grid_item_remove", draft.pk, "grip")).status_code == 404
    assert order() == ["death_threats", "more"]


def test_scoring_head_and_structure_are_changed(world):
    draft = imported(world.platform_admin)
    client = as_(world.platform_admin)
    assert posted(
        client, path("grid_scoring", draft.pk), moderate="2", high="4", critical="5", any_yes="critical", percent="30",
        hours_low="1000", name_high_fr="Alarmant", **{"rules-0-level": "high", "rules-0-what": "points:threats",
        "rules-0-from": "2"},
    ).status_code == 302  # fmt: skip
    raw = GridDraft.objects.get().definition
    assert [one["min_score"] for one in raw["scoring"]["thresholds"]] == [0, 2, 4, 5]
    assert raw["scoring"]["rules"] == [{"level": "high", "when": {"op": "points", "item": "threats", "from": 2}}]
    assert raw["scoring"]["critical_rule"] == {"any_yes": "critical"}
    assert raw["level_names"] == {"high": {"fr": "Alarmant"}} and raw["coverage"] == {"max_unknown_percent": 30}
    assert posted(
        client, path("grid_head", draft.pk), agency_kinds=["shelter"], training="criticality", title_nl="Onthaal",
        place="psychosocial/victim",
    ).status_code == 302  # fmt: skip
    raw = GridDraft.objects.get().definition
    assert (raw["agency_kinds"], raw["category"], raw["side"]) == (["shelter"], "psychosocial", "victim")
    assert posted(
        client, path("grid_structure", draft.pk),
        **{"sections-0-id": "acts", "sections-1-title_fr": "Suite", "dimensions-0-title_fr": "Emprise"},
    ).status_code == 302  # fmt: skip
    raw = GridDraft.objects.get().definition
    assert [one["id"] for one in raw["sections"]] == ["acts", "suite"]
    assert {item["section"] for item in raw["items"]} == {"acts"}
    assert raw["dimensions"] == [{"id": "emprise", "title": {"fr": "Emprise"}}]
    load(raw | {"sections": raw["sections"][:1]})


def test_what_the_forms_cannot_show_stays(world):
    nested = {"op": "not", "of": {"op": "is", "item": "threats", "values": ["no"]}}
    items = [*small()["items"], {"type": "text", "id": "more", "section": "facts", "text": words("Précisez"),
                                 "visible_if": nested}]  # fmt: skip
    rule = {"level": "high", "when": {"op": "all", "of": [{"op": "points", "item": "threats", "from": 1},
                                                          {"op": "criticals", "from": 1}]}}  # fmt: skip
    draft = imported(world.platform_admin, items=items, scoring=small()["scoring"] | {"rules": [rule]})
    client = as_(world.platform_admin)
    assert posted(client, path("grid_item", draft.pk, "more"), text_fr="Dites-en plus").status_code == 302
    assert posted(client, path("grid_scoring", draft.pk), high="4").status_code == 302
    raw = GridDraft.objects.get().definition
    assert raw["items"][2]["visible_if"] == nested and raw["items"][2]["text"]["fr"] == "Dites-en plus"
    assert raw["scoring"]["rules"] == [rule]


# --- the document -----------------------------------------------------------------------------------------
def test_the_document_goes_out_and_comes_back(world):
    draft = imported(world.platform_admin)
    client = as_(world.platform_admin)
    sent = client.get(path("grid_draft_json", draft.pk))
    assert sent["Content-Type"].startswith("application/json") and "attachment" in sent["Content-Disposition"]
    raw = json.loads(sent.content)
    assert raw == to_raw(load(small()))
    raw["title"]["fr"] = "Accueil changé"
    where = path("grid_raw", draft.pk)
    assert client.post(where, {"version": "0", "document": json.dumps(raw)}).status_code == 302
    assert GridDraft.objects.get().definition["title"]["fr"] == "Accueil changé"
    stale = client.post(where, {"version": "0", "document": json.dumps(raw | {"title": words("Autre")})})
    assert stale.status_code == 409 and "Autre" in stale.context["form"]["document"].value()
    other = client.post(where, {"version": "1", "document": json.dumps(raw | {"slug": "police-demonstration"})})
    assert other.status_code == 422 and other.context["refused"][0][0] == "slug"
    bad = client.post(where, {"version": "1", "document": "{"})
    assert bad.status_code == 422 and bad.context["form"]["document"].value() == "{"
    assert GridDraft.objects.get().definition["title"]["fr"] == "Accueil changé"


def test_what_changes_is_shown_before_and_after(world):
    first = published(world)
    with acting_as(world.platform_admin):
        draft = editing.duplicate(by=world.platform_admin, version_id=first.pk)
    raw = drafting.with_item(draft.definition, draft.definition["items"][0] | {"weight": 5}, item_id="threats")
    draft = save(world.platform_admin, draft, drafting.without_item(raw, "grip"))
    page = as_(world.platform_admin).get(path("grid_changes", draft.pk))
    diff = page.context["diff"]
    assert [one.id for one in diff["removed"]] == ["grip"] and diff["counts_change"]
    (change,) = diff["changed"][0]["changes"]
    assert (change["before"], change["after"], change["language"]) == ("2", "5", "")


def test_a_draft_is_thrown_away(world):
    draft = imported(world.platform_admin)
    client = as_(world.platform_admin)
    assert client.post(path("grid_discard", draft.pk)).status_code == 302
    assert client.post(path("grid_discard", draft.pk)).status_code == 404
    assert client.get(path("grid_draft", uuid4())).status_code == 404
    assert not GridDraft.objects.exists()


def test_the_published_page_says_who_and_what(world):
    version = published(world)
    text = as_(world.platform_admin).get(path("grid_version", version.pk)).content.decode()
    for expected in (version.content_hash, version.proposed_by.full_name, version.published_by.full_name):
        assert expected in text


def test_the_pages_cost_the_same_however_long_the_grid(world, django_assert_max_num_queries):
    draft = imported(world.platform_admin)
    many = [small()["items"][0] | {"id": f"q{n}"} for n in range(60)]
    draft = save(world.platform_admin, draft, draft.definition | {"items": [*draft.definition["items"], *many]})
    client = as_(world.platform_admin)
    for name in PAGES:
        with django_assert_max_num_queries(25):
            client.get(address(name, draft))
