"""The page that takes assessments out: by whom, of what, how much, and that it is on record."""

import csv
import io
import zipfile
from datetime import datetime

import pytest
from django.urls import reverse
from django.utils import translation

from agencies.acting import acting_as
from audit.models import AuditEvent
from cases.models import CaseExclusion
from casework.assessing import conclude_level, review_assessment, sign_assessment
from common import clock
from common.acting import SystemContext, system_context
from riskassessment import exporting
from riskassessment.models import GridVersion
from riskassessment.versions import definition_of
from tests.factories import make_agency, make_member, make_report, train

from .every_type import publish
from .test_pages import as_
from .test_services import CHECKLIST, GRID, signed, start
from .workbook import sheets

pytestmark = pytest.mark.django_db

TYPED = ("zqcommentqz", "zqreasonqz", "zqremarkqz", "Diallo", "Fatou", "Morel", "Yvan", "Delvaux", "Marc")
REASONS = "zqreasonqz : elle est à l’abri et il est détenu pour un mois."


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def report(world):
    return make_report(world.officer)


def page(member, **query):
    return as_(member).get(reverse("riskassessment:export"), query, headers={"accept-language": "en"})


def file(member, form="xlsx", **query):
    where = reverse("riskassessment:export_file")
    return as_(member).get(where, {"grid": GRID, "format": form} | query, headers={"accept-language": "en"})


def lines(answer) -> list[dict]:
    """The answers of a workbook, a mapping for each line."""
    assert answer.status_code == 200, answer.status_code
    head, *rows = next(iter(sheets(answer.content).values()))
    return [dict(zip(head, row, strict=False)) for row in rows]


# --- who ------------------------------------------------------------------------------------------------------
def test_a_reference_person_or_a_manager_takes_out(world, report):
    signed(world.officer, report)
    for who in (world.police_manager, world.police_referent):
        assert page(who).status_code == 200 and len(lines(file(who))) == 1
        assert reverse("riskassessment:export") in page(who).content.decode(), "the menu leads there"
    for who in (world.officer, world.reader, world.agency_admin, world.platform_admin, world.stranger):
        for answer in (page(who), file(who)):
            assert answer.status_code == 403
        home = as_(who).get("/").content.decode()
        assert reverse("riskassessment:export") not in home


def test_only_what_one_s_own_agency_has_signed(world, report):
    signed(world.officer, report, escalation="yes")
    start(world.officer, report)  # a draft
    signed(world.eva, report, CHECKLIST)
    mine = lines(file(world.police_manager))
    assert len(mine) == 1 and mine[0]["escalation"] == 1
    (hers,) = lines(file(world.eva_manager, grid=CHECKLIST))
    assert hers["GRID"] == CHECKLIST and hers["INDICATIVE"] == ""
    assert file(world.eva_manager).status_code == 422, "what the police signed is none of theirs"
    assert GRID not in page(world.eva_manager).content.decode()
    coordination = make_member(make_agency("coordination"), "manager")
    assert "not signed any assessment" in page(coordination).content.decode()
    assert file(coordination).status_code == 422


def test_not_the_cases_one_is_kept_out_of(world, report):
    signed(world.officer, report)
    signed(world.officer, make_report(world.officer, pv_number="PV 2"))
    assert len(lines(file(world.police_manager))) == 2
    with system_context(SystemContext.GRANTS):
        CaseExclusion.objects.create(case=report.case, user=world.police_manager.user)
    assert len(lines(file(world.police_manager))) == 1 and len(lines(file(world.police_referent))) == 2


# --- what -----------------------------------------------------------------------------------------------------
def test_levels_and_verification_without_a_word_that_was_typed(world, report):
    draft = start(world.officer, report)
    items = definition_of(draft.grid_version).questions
    with acting_as(world.officer):
        given = {item.id: {"value": "yes", "comment": f"zqcommentqz {number}"} for number, item in enumerate(items)}
        sign_assessment(by=world.officer, assessment_id=draft.pk, answers=given)
        conclude_level(by=world.officer, assessment_id=draft.pk, level="high", justification=REASONS)
    train(world.police_referent)
    with acting_as(world.police_referent):
        review_assessment(by=world.police_referent, assessment_id=draft.pk, verdict="validated", remarks="zqremarkqz")
    book = file(world.police_manager)
    (line,) = lines(book)
    assert (line["INDICATIVE"], line["RETAINED"], line["CHANGE"]) == ("critical", "high", "lowered")
    assert (line["COUNTERSIGNED"], line["VERIFICATION"]) == (1, "validated")
    assert line["MONTH"] == f"{clock.local(clock.now()):%Y-%m}" and {line[item.id] for item in items} == {1}
    with zipfile.ZipFile(io.BytesIO(file(world.police_manager, "csv").content)) as archive:
        texts = [archive.read(name).decode("utf-8-sig") for name in archive.namelist()]
    with zipfile.ZipFile(io.BytesIO(book.content)) as archive:
        texts += [archive.read(name).decode() for name in archive.namelist()]
    told = [str(draft.pk), str(report.case_id), report.pv_number, *TYPED]
    assert not [word for text in texts for word in told if word in text]
    with acting_as(world.police_manager):
        assert report.case.reference not in "".join(texts)


def test_the_csv_holds_the_same_as_the_workbook(world, report):
    signed(world.officer, report, escalation="unknown")
    with zipfile.ZipFile(io.BytesIO(file(world.police_manager, "csv").content)) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("answers.csv").decode("utf-8-sig"))))
        book = list(csv.DictReader(io.StringIO(archive.read("codebook.csv").decode("utf-8-sig"))))
    (line,) = lines(file(world.police_manager))
    assert [{name: str(value) for name, value in line.items() if name != "CASE"}] == [
        {name: value for name, value in row.items() if name != "CASE"} for row in rows
    ]
    assert rows[0]["escalation"] == "U" and {row["Column"] for row in book} == set(rows[0])


def test_two_assessments_of_one_case_share_a_name(world, report):
    signed(world.officer, report)
    signed(world.officer, report)
    signed(world.officer, make_report(world.officer, pv_number="PV 2"))
    names = [line["CASE"] for line in lines(file(world.police_manager))]
    assert len(names) == 3 and len(set(names)) == 2
    assert not set(names) & {line["CASE"] for line in lines(file(world.police_manager))}, "drawn again each time"


def test_versions_are_chosen_all_of_them_by_default(world, report):
    signed(world.officer, report)
    latest = GridVersion.objects.filter(grid__slug=GRID).order_by("-number").first()
    publish(latest.definition | {"version": 99})
    signed(world.officer, report)
    both = lines(file(world.police_manager))
    assert {line["VERSION"] for line in both} == {latest.number, latest.number + 1}
    assert {line["VERSION"] for line in lines(file(world.police_manager, version=latest.number))} == {latest.number}
    assert len(lines(file(world.police_manager, version=77))) == 2, "no choice among those there are"
    shown = page(world.police_manager, grid=GRID).content.decode()
    assert f'value="{latest.number}"' in shown and f'value="{latest.number + 1}"' in shown


def test_months_of_signature_are_belgian_and_whole(world, report):
    for month, day, hour in ((5, 31, 23), (6, 1, 0), (6, 30, 23)):
        with clock.travel(datetime(2026, month, day, hour, 30, tzinfo=clock.BRUSSELS)):
            signed(world.officer, report)
    manager = world.police_manager
    assert [line["MONTH"] for line in lines(file(manager))] == ["2026-05", "2026-06", "2026-06"]
    assert (
        len(lines(file(manager, since="2026-06"))) == len(lines(file(manager, since="2026-06", until="2026-06"))) == 2
    )
    assert len(lines(file(manager, until="2026-05"))) == 1
    assert file(manager, since="2026-07").status_code == 422, "nothing to take out"
    assert "No assessment was signed" in page(manager, grid=GRID, since="2026-07").content.decode()


# --- how much -------------------------------------------------------------------------------------------------
def test_few_cases_are_warned_about(world, report, settings):
    signed(world.officer, report)
    shown = page(world.police_manager, grid=GRID).content.decode()
    assert "Fewer than 5 cases" in shown and "1 assessment" in shown and "format=xlsx" in shown
    settings.EXPORT_FEW_CASES = 1
    assert "recognise them" not in page(world.police_manager, grid=GRID).content.decode()


def test_a_file_is_bounded(world, report, monkeypatch):
    signed(world.officer, report)
    signed(world.officer, report)
    monkeypatch.setattr(exporting, "MOST_LINES", 1)
    shown = page(world.police_manager, grid=GRID)
    assert "1 assessments at most" in shown.content.decode() and "format=xlsx" not in shown.content.decode()
    assert file(world.police_manager).status_code == 422
    with acting_as(world.police_manager):
        assert not AuditEvent.objects.filter(action="exported").exists()


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"grid": "no-such-grid"}, "grid"),
        ({"grid": ""}, "grid"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-13"}, "since"),
        ({"since": "9999-12"}, "since"),
        ({"until": "0001-01"}, "until"),
        ({"until": "٢٠٢٦-١١"}, "until"),
        ({"since": "2026-11", "until": "2026-10"}, "until"),
        ({"since": "\x00"}, "since"),
    ],
)
def test_what_makes_no_sense_is_said(world, report, query, why):
    signed(world.officer, report)
    for answer in (page(world.police_manager, **{"grid": GRID} | query), file(world.police_manager, **query)):
        assert answer.status_code == 422 and why in answer.context["form"].errors
    assert file(world.police_manager, "exe").status_code == 422


def test_that_it_was_taken_out_is_on_record_by_its_size_alone(world, report):
    signed(world.officer, report)
    page(world.police_manager, grid=GRID)
    answer = file(world.police_manager)
    assert answer["Cache-Control"] == "no-store" and answer["Content-Disposition"].endswith('"grids.xlsx"')
    with acting_as(world.police_manager):
        (event,) = AuditEvent.objects.filter(action="exported")
    assert (event.object_kind, event.fields, event.reason) == (
        "riskassessment.export", ["lines:1", "cases:1"], GRID,
    )  # fmt: skip
    assert event.case_id is None and event.user_id == world.police_manager.user_id


def test_the_number_of_queries_does_not_grow(world, report, django_assert_max_num_queries):
    signed(world.officer, report)
    client = as_(world.police_manager)
    where = reverse("riskassessment:export_file") + f"?grid={GRID}&format=xlsx"
    client.get(where)
    with django_assert_max_num_queries(40) as few:
        client.get(where)
    for number in range(3):
        signed(world.officer, make_report(world.officer, pv_number=f"PV {number}"))
    with django_assert_max_num_queries(len(few)):
        assert len(lines(client.get(where))) == 4


def test_an_answer_is_coded_by_the_version_it_was_given_to(world, report):
    first = signed(world.officer, report, escalation="yes")
    latest = GridVersion.objects.get(pk=first.grid_version_id)
    items = [item for item in latest.definition["items"] if item["id"] != "escalation"]
    publish(latest.definition | {"items": items})
    signed(world.officer, report)
    both = {line["VERSION"]: line for line in lines(file(world.police_manager))}
    assert both[latest.number]["escalation"] == 1 and both[latest.number + 1].get("escalation", "") == ""
