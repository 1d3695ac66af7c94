"""A signed assessment on paper: what its page says, for who may read the page, and that nobody altered it."""

import pypdfium2
import pytest
from django.test import Client
from django.utils import translation

from agencies.acting import acting_as
from audit.models import AuditEvent
from casework.assessing import conclude_level, review_assessment
from riskassessment.models import Assessment
from tests.factories import make_report, train
from tests.reading import words

from .test_judging import psychosocial
from .test_pages import as_, url
from .test_services import CHECKLIST, REASONS, signed, start

pytestmark = pytest.mark.django_db

REMARKS = "La question sur les armes est à reposer."


@pytest.fixture
def complaint(world):
    return make_report(world.officer, "police_complaint")


def flat(content: bytes) -> str:
    """The words of a PDF on one line."""
    return " ".join(words(content).split())


def printed(by, assessment) -> bytes:
    answer = as_(by).get(url("riskassessment:printed", assessment))
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="assessment.pdf"', "the name says nothing"
    return answer.content


def test_the_paper_says_what_the_page_says(world, complaint):
    train(world.police_manager)
    assessment = signed(
        world.officer, complaint,
        strangulation={"value": "yes", "comment": "Traces vues.", "source": "victim", "on": "2026-01-05"},
        fear_killed="unknown",
    )  # fmt: skip
    with acting_as(world.officer):
        conclude_level(
            by=world.officer, assessment_id=assessment.pk, level="critical", justification=REASONS,
            feared_events=["feminicide"],
        )  # fmt: skip
    waiting = flat(printed(world.officer, assessment))
    assert "Pas encore vérifiée" in waiting
    with acting_as(world.police_manager):
        review_assessment(by=world.police_manager, assessment_id=assessment.pk, verdict="returned", remarks=REMARKS)
    said = flat(printed(world.officer, assessment))
    for part in (
        complaint.case.reference, "serré le cou", "Traces vues.", "la victime le dit", "5 janvier 2026",
        "craint-elle", "Critique", REASONS, "féminicide", "Renvoyée avec des remarques", REMARKS,
        "COL 15/2020", "au moins une réponse critique", "elle correspond",
        world.officer.user.full_name, world.police_manager.user.full_name,
    ):  # fmt: skip
        assert part.lower() in said.lower(), part
    assert assessment.content_hash in said.replace(" ", ""), "the digest can be compared later"


def test_the_notice_of_a_demonstration_stands_on_every_page(world, complaint):
    content = printed(world.officer, signed(world.officer, complaint, strangulation="yes"))
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]
    assert len(pages) >= 2
    assert all("ne reproduit pas la COL 15/2020" in " ".join(page.split()) for page in pages)


def test_every_type_of_question_is_printed(world, complaint):
    assessment = psychosocial(world.eva, complaint.case)
    said = flat(printed(world.eva, assessment))
    with acting_as(world.eva):
        found = Assessment.objects.select_related("grid_version").get(pk=assessment.pk)
    titles = [one["title"]["fr"] for one in found.grid_version.definition["dimensions"]]
    texts = [one["text"]["fr"] for one in found.grid_version.definition["items"] if one["type"] != "info"]
    assert len(texts) > 10
    for text in (*titles, *texts):
        assert " ".join(text.split()) in said, text


def test_a_checklist_is_printed_without_a_level(world, complaint):
    said = flat(printed(world.officer, signed(world.officer, complaint, CHECKLIST, "yes")))
    assert "Points d’attention" in said
    assert "Niveau" not in said and "vérifiée" not in said


def test_what_somebody_altered_is_told(world, complaint, owner_of_rows):
    assessment = signed(world.officer, complaint, strangulation="yes")
    assert "correspond" in as_(world.officer).get(url("riskassessment:detail", assessment)).content.decode()
    owner_of_rows(assessment)
    assert "ne correspond pas" in flat(printed(world.officer, assessment))
    page = as_(world.officer).get(url("riskassessment:detail", assessment)).content.decode()
    assert "ne correspond pas" in page


@pytest.fixture
def owner_of_rows(monkeypatch):
    """An answer changed behind the back of the application: no role of it may write the row, so it is read changed."""

    def alter(assessment):
        from_db = Assessment.from_db.__func__

        def changed(cls, db, field_names, values):
            row = from_db(cls, db, field_names, values)
            if row.pk == assessment.pk and "answers" in row.__dict__:
                row.answers = row.answers | {"strangulation": {"value": "no", "comment": ""}}
            return row

        monkeypatch.setattr(Assessment, "from_db", classmethod(changed))

    return alter


# --- who ------------------------------------------------------------------------------------------------------
def test_the_paper_is_for_who_reads_the_page_and_the_copy_is_on_record(world, complaint):
    assessment = signed(world.officer, complaint, strangulation="yes")
    for who in (world.stranger, world.other_officer, world.eva, world.programme, world.platform_admin):
        assert as_(who).get(url("riskassessment:printed", assessment)).status_code == 404
    assert Client().get(url("riskassessment:printed", assessment)).status_code == 302
    assert as_(world.officer).get(url("riskassessment:printed", start(world.officer, complaint))).status_code == 404
    printed(world.prosecutor, assessment)
    with acting_as(world.prosecutor):
        event = AuditEvent.objects.get(user_id=world.prosecutor.user_id, action="exported")
        assert (event.object_id, event.case_id) == (assessment.pk, assessment.case_id)
        assert event.fields == ["risk:case", "level:case"]


def test_the_paper_speaks_the_language_of_who_prints(world, complaint):
    assessment = signed(world.officer, complaint, strangulation="yes")
    world.officer.user.language = "en"
    with acting_as(world.officer), translation.override("en"):
        world.officer.user.save(update_fields=["language"])
    client = as_(world.officer)
    client.cookies["django_language"] = "en"
    said = flat(client.get(url("riskassessment:printed", assessment), headers={"Accept-Language": "en"}).content)
    assert "What the grid indicates" in said
