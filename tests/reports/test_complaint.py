"""A complaint: what it asks, what is refused by field, what her part of it is, and who reads that."""

import io
import re

import pytest
from django.urls import reverse

from agencies.acting import acting_as
from audit.models import Action, AuditEvent
from cases.models import Case, CasePerson
from reports.models import ChildExposure, Report
from reports.services import start_draft
from tests.actors import all_of_his_side
from tests.cases.helpers import as_, text
from tests.factories import make_report, report_data

pytestmark = pytest.mark.django_db

COMPLAINT_ONLY = (
    "vif", "vc", "declaration", "declaration_words", "rights_explained", "rights_language", "rights_later",
    "childcare", "accompaniment", "accompanied_by",
)  # fmt: skip


@pytest.fixture
def draft(world):
    with acting_as(world.officer):
        return start_draft(by=world.officer, kind="police_complaint")


def record(world, draft, **changes):
    address = reverse("casework:record_report", args=[draft.pk])
    return as_(world.officer).post(address, report_data(**changes) | {"version": 0})


def detail(report) -> str:
    return reverse("reports:detail", args=[report.case_id, report.pk])


# --- the form ---------------------------------------------------------------------------------------------------
def test_a_complaint_is_recorded_with_all_it_asks(world, draft):
    page = text(as_(world.officer).get(reverse("reports:draft", args=[draft.pk])))
    for name in (*COMPLAINT_ONLY, "violence_types", "means", "postal_code", "police_code"):
        assert f'name="{name}"' in page, name
    assert re.search(r'value="made"[^>]*checked', page), "filled in unless she refuses"
    assert page.count("juriste") >= 2

    done = record(
        world,
        draft,
        means="Une ceinture.",
        police_code="42L",
        rights_explained=["copy", "room"],
        rights_language="ary",
        accompaniment="arranged",
        accompanied_by="Service d’assistance aux victimes",
        childcare="declined",
        **{"children-0-exposure": "heard", "children-0-gender": "male", "children-0-impact": "Ne dort plus. 🧸 مرحبا"},
    )
    assert done.status_code == 302
    with acting_as(world.officer):
        report = Report.objects.get()
        assert (report.vif, report.vc, report.declaration) == (True, True, "made")
        assert report.violence_types == ["physical", "psychological"] and report.means == "Une ceinture."
        assert (report.postal_code, report.police_code) == ("1210", "42L")
        assert report.rights_explained == ["room", "copy"] and report.rights_language == "ary"
        assert (report.accompaniment, report.childcare) == ("arranged", "declined")
        exposure = ChildExposure.objects.get(report=report)
        assert (exposure.exposure, exposure.impact) == ("heard", "Ne dort plus. 🧸 مرحبا")
        assert exposure.case_person.person.gender == "male"
    page = text(as_(world.officer).get(detail(report)))
    for words in ("Une ceinture.", "42L", "Service d’assistance aux victimes", "Noé", "Ne dort plus. 🧸 مرحبا"):
        assert words in page, words


@pytest.mark.parametrize("kind", ["police_dispute_report", "sensitive_note"])
def test_other_reports_show_and_keep_nothing_of_a_complaint(world, kind):
    client = as_(world.officer)
    client.post(reverse("reports:new"), {"kind": kind})
    with acting_as(world.officer):
        draft = start_draft(by=world.officer, kind=kind)
    page = text(client.get(reverse("reports:draft", args=[draft.pk])))
    assert 'name="violence_types"' in page and 'name="children-TOTAL_FORMS"' in page
    for name in COMPLAINT_ONLY:
        assert f'name="{name}"' not in page, name
    bare = {name: "" for name in (*COMPLAINT_ONLY, "violence_types", "place", "postal_code")}
    assert record(world, draft, **bare).status_code == 302, "nothing more is asked than before"
    with acting_as(world.officer):
        report = Report.objects.get()
        assert (report.kind, report.vif, report.vc, report.declaration) == (kind, None, None, "")


def test_a_sensitive_note_makes_up_no_answer_of_hers(world):
    answers = {}
    for kind in ("sensitive_note", "police_dispute_report"):
        with acting_as(world.officer):
            draft = start_draft(by=world.officer, kind=kind)
        answers[kind] = record(world, draft, j2_accepted="")
    assert answers["police_dispute_report"].status_code == 422, "who was met is asked"
    assert answers["sensitive_note"].status_code == 302
    with acting_as(world.officer):
        note = Report.objects.get()
    assert (note.kind, note.j2_accepted) == ("sensitive_note", False)
    assert "Cette fiche n’en prévoit pas." in text(as_(world.officer).get(detail(note)))


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("vif", {"vif": ""}),
        ("vif", {"vif": "perhaps"}),
        ("vc", {"vc": ""}),
        ("vc", {"vif": "no", "vc": "yes"}),
        ("violence_types", {"violence_types": ""}),
        ("violence_types", {"vif": "", "violence_types": ""}),
        ("violence_types", {"violence_types": ["invented"]}),
        ("place", {"place": ""}),
        ("postal_code", {"postal_code": "près d’ici"}),
        ("declaration", {"declaration": ""}),
        ("declaration_words", {"declaration": "refused"}),
        ("rights_explained", {"rights_explained": "", "rights_language": ""}),
        ("rights_language", {"rights_language": ""}),
        ("rights_language", {"rights_language": "klingon"}),
        ("accompaniment", {"accompaniment": "", "accompanied_by": "Une amie"}),
        ("accompanied_by", {"accompaniment": "arranged", "accompanied_by": "x" * 10_000}),
        ("means", {"means": "x" * 10_000}),
        ("means", {"means": "un\x00fil"}),
        ("victim_family_name", {"victim_family_name": "x" * 10_000}),
        ("victim_given_name", {"victim_given_name": "Fa\x00tou"}),
        ("children-0-exposure", {"children-0-impact": "Il tremble."}),
        ("children-0-exposure", {"children_present": "no", "children-0-exposure": "saw"}),
        ("children-0-exposure", {"children-0-exposure": "invented"}),
        ("children-0-gender", {"children-0-gender": "invented"}),
        ("children-0-given_name", {"children-0-given_name": "x" * 10_000}),
    ],
)
def test_what_is_wrong_is_said_by_its_field(world, draft, field, changes):
    answer = record(world, draft, **changes)
    page = text(answer)
    assert answer.status_code == 422
    assert f'href="#id_{field}' in page, field
    assert "Elle déclare" in page, "what was typed is still there"
    with acting_as(world.officer):
        assert not Report.objects.exists() and not Case.objects.exists()


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"vif": "no", "vc": "", "violence_types": ""}, {"vif": False, "vc": False}),
        ({"vif": "yes", "vc": "no"}, {"vif": True, "vc": False}),
        ({"declaration": "refused", "declaration_words": "« Pas maintenant »"}, {"declaration": "refused"}),
        (
            {"rights_explained": "", "rights_language": "", "rights_later": "Emmenée à l’hôpital"},
            {"rights_explained": [], "rights_later": "Emmenée à l’hôpital"},
        ),
        ({"victim_family_name": "ديالو 🌿"}, {}),
    ],
)
def test_what_may_be_said_is_kept_as_it_is(world, draft, changes, kept):
    assert record(world, draft, **changes).status_code == 302
    with acting_as(world.officer):
        report = Report.objects.get()
        for name, value in kept.items():
            assert getattr(report, name) == value
        if name := changes.get("victim_family_name"):
            assert CasePerson.objects.get(role="victim").person.family_name == name


def test_the_same_complaint_sent_twice_is_one(world, draft):
    first, second = record(world, draft), record(world, draft)
    assert first["Location"] == second["Location"]
    with acting_as(world.officer):
        assert Report.objects.count() == 1 and ChildExposure.objects.count() == 0


# --- the children of the case -----------------------------------------------------------------------------------
def test_a_child_the_case_names_has_a_row_and_is_not_named_twice(world):
    case = make_report(world.officer).case
    with acting_as(world.officer):
        child = CasePerson.objects.get(case=case, role="child")
        draft = start_draft(by=world.officer, kind="police_dispute_report", joins_case=case)
    name = f"known-{child.pk}-exposure"
    page = text(as_(world.officer).get(reverse("reports:draft", args=[draft.pk])))
    assert f'name="{name}"' in page and "Noé" in page

    assert record(world, draft, **{name: "saw"}, children_present="yes").status_code == 302
    with acting_as(world.officer):
        assert CasePerson.objects.filter(case=case, role="child").count() == 1, "typed again, it is the same child"
        assert ChildExposure.objects.get().case_person == child


def test_a_child_of_another_case_is_refused(world):
    mine, other = make_report(world.officer).case, make_report(world.officer).case
    with acting_as(world.officer):
        stranger = CasePerson.objects.get(case=other, role="child")
        draft = start_draft(by=world.officer, kind="police_dispute_report", joins_case=mine)
    answer = record(world, draft, **{f"known-{stranger.pk}-exposure": "saw"})
    assert answer.status_code == 422 and 'href="#id_children_present' in text(answer)
    with acting_as(world.officer):
        assert not ChildExposure.objects.exists()


# --- her part, and who reads it -----------------------------------------------------------------------------------
def test_his_side_reads_nothing_of_her_rights_her_declaration_and_her_hearing(world):
    report = make_report(
        world.officer,
        "police_complaint",
        declaration_words="Elle hésite encore.",
        accompaniment="arranged",
        accompanied_by="Refuge des Tilleuls",
        rights_later="Interprète absent",
        **{"children-0-exposure": "heard", "children-0-impact": "Se cache."},
    )
    his = all_of_his_side(world, report.case)
    page = text(as_(his).get(detail(report)))
    assert "Il l&#x27;a saisie" in page or "Il l'a saisie" in page, "the facts are open to it"
    for words in ("Elle hésite encore.", "Refuge des Tilleuls", "Interprète absent", "Se cache.", "lésée"):
        assert words not in page, words
    assert "Refuge des Tilleuls" in text(as_(world.officer).get(detail(report)))


def test_the_declaration_is_printed_filled_in_and_the_copy_is_on_record(world):
    import pypdfium2

    report = make_report(world.officer, "police_complaint")
    address = reverse("reports:declaration", args=[report.case_id, report.pk])
    answer = as_(world.officer).get(address)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    pages = pypdfium2.PdfDocument(io.BytesIO(answer.content))
    words = " ".join("".join(page.get_textpage().get_text_range() for page in pages).split())
    for there in ("Diallo-Test", "Fatou", "Morel-Test", "BR.43.L1.001234/2026", "à son domicile 1210", "juriste"):
        assert there in words, there
    for never in ("470", "MOVE-", report.case.reference, "la bibliothèque"):
        assert never not in words, never
    with acting_as(world.officer):
        assert AuditEvent.objects.filter(action=Action.EXPORTED, object_kind="reports.declaration").count() == 1


def test_who_prints_the_declaration(world):
    report = make_report(world.officer, "police_complaint")
    address = reverse("reports:declaration", args=[report.case_id, report.pk])
    assert as_(world.reader).get(address).status_code == 403
    for who in ("eva", "stranger", "other_officer", "prosecutor", "shelter"):
        assert as_(getattr(world, who)).get(address).status_code == 404, who
    dispute = make_report(world.officer)
    assert as_(world.officer).get(
        reverse("reports:declaration", args=[dispute.case_id, dispute.pk])
    ).status_code == 404  # fmt: skip
