"""Who has read and changed a case: both trails as one, in words, each agency as far as it may know the others."""

import ast
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from auditlog.registry import auditlog
from django.utils.functional import Promise

from agencies.acting import acting_as
from audit import sealing, verifying
from audit.models import AuditEvent
from cases.access import for_case
from cases.models import ContactPoint
from casework import trail as trails
from casework.trail_words import CODES, MODELS, PAGES, SYSTEM, model_name
from common.clock import local, now
from tests.cases.helpers import Queries, as_, bring_in_programme, text, url
from tests.conftest import ROOT
from tests.factories import make_report
from tests.sharing.subject_acts import ask, conclude

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def trail(membership, case, **query):
    answer = as_(membership).get(url("casework:trail", case), query)
    assert answer.status_code == 200
    return answer


def told(answer) -> list[dict]:
    return [line for _day, lines in answer.context["days"] for line in lines]


def test_readings_and_changes_are_told_with_who_and_what(world, case):
    as_(world.eva).get(url("cases:summary", case))
    lines = told(trail(world.officer, case))
    read = next(line for line in lines if line["who"] == "Leïla Amrani")
    assert read["agency"] == "Cellule EVA A" and "la synthèse" in read["objects"]
    assert "contact (victime)" in read["fields"] and "faits" not in read["fields"]
    changed = [line for line in lines if line["who"] == "Marc Delvaux" and "PV" in line["objects"]]
    assert changed and changed[0]["count"] > 1, "what was written in one act is one line"
    decided = [line for line in lines if line["basis"]]
    assert any("consentement" in line["basis"] for line in decided)


def test_that_a_number_was_shown_is_told(world, case):
    with acting_as(world.eva):
        point = ContactPoint.objects.get()
    as_(world.eva).post(url("cases:contact", case, point.pk))
    lines = told(trail(world.officer, case))
    shown = next(line for line in lines if "un numéro ou une adresse en entier" in line["objects"])
    assert shown["who"] == "Leïla Amrani" and shown["fields"] == ["contact (victime)"]


def test_no_value_is_ever_shown(world, case):
    page = text(trail(world.officer, case))
    for value in ("Fatou", "Diallo", "12 34 42", "470123442", "bibliothèque", "gorge", "BR.43"):
        assert value not in page.split("<h2>")[-1], value


def test_his_side_reads_its_own_rows_only(world, case):
    as_(world.eva).get(url("cases:summary", case))
    bring_in_programme(case, world.officer, world.programme)
    as_(world.programme).get(url("cases:summary", case))
    answer = trail(world.programme, case)
    assert {line["agency"] for line in told(answer)} == {"Programme Passerelle"}
    assert "EVA" not in text(answer) and "Delvaux" not in text(answer)
    assert "Programme Passerelle" in {line["agency"] for line in told(trail(world.officer, case))}


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "platform_admin"])
def test_a_stranger_finds_nothing(world, case, who):
    assert as_(getattr(world, who)).get(url("casework:trail", case)).status_code == 404


def test_every_page_and_record_has_words(world, case):
    """No address of a page, no name of a model in the language of the code."""
    for kind in ("referrals.detail", "followups.number", "riskassessment:detail", "nothing.Known", ""):
        words = PAGES.get(kind) or model_name(kind)
        assert " " in str(words) and "." not in str(words) and ":" not in str(words)


def test_reading_the_trail_is_a_line_of_it(world, case):
    trail(world.officer, case)
    lines = told(trail(world.officer, case))
    assert any("ce relevé des lectures et des changements" in line["objects"] for line in lines)
    with acting_as(world.officer):
        assert AuditEvent.objects.filter(object_kind="cases.trail", case_id=case.pk).count() == 2


def test_pages_hold_every_row_once(world, case, monkeypatch):
    for name in ("cases:summary", "cases:people", "reports:case_list"):
        for _ in range(3):
            as_(world.officer).get(url(name, case))
    monkeypatch.setattr("casework.trail.PER_PAGE", 7)
    seen, cursor = [], None
    while True:
        answer = trail(world.officer, case, **({"cursor": cursor} if cursor else {}))
        seen += [row["id"] for row in answer.context["page"].items]
        cursor = answer.context["page"].next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) > 20
    assert as_(world.officer).get(url("casework:trail", case), {"cursor": "spoilt"}).status_code == 200


def test_another_cases_rows_stay_there(world, case):
    somebody_else = {"victim_given_name": "Ines", "perpetrator_given_name": "Otto", "victim_phone": "0471 22 33 44"}
    other = make_report(world.officer, victim_family_name="Zeman", perpetrator_family_name="Quast", **somebody_else)
    as_(world.eva).get(url("cases:people", other.case))
    assert not [line for line in told(trail(world.officer, case)) if line["who"] == "Leïla Amrani"]


# --- filters ----------------------------------------------------------------------------------------------------
def many_acts(world, case) -> None:
    for who in ("eva", "eva_referent", "police_manager"):
        as_(getattr(world, who)).get(url("cases:summary", case))
    as_(world.reader).post(url("cases:write_note", case))
    as_(world.eva).get(url("casework:trail_pdf", case))


def test_by_agency_person_kind_and_day(world, case):
    many_acts(world, case)
    eva = world.eva
    lines = told(trail(world.officer, case, agency=eva.agency_id))
    assert {line["agency"] for line in lines} == {"Cellule EVA A"}
    lines = told(trail(world.officer, case, agency=eva.agency_id, person=eva.user_id, kind="read"))
    assert {line["who"] for line in lines} == {"Leïla Amrani"} and {line["what"] for line in lines} == {"A lu"}
    found = {
        kind: {line["what"] for line in told(trail(world.officer, case, kind=kind))} for kind in trails.Kind.values
    }
    assert found["changed"] <= {"A ajouté", "A modifié", "A retiré"} and found["changed"]
    assert found["read"] == {"A lu"} and found["decided"] == {"A décidé"}
    assert found["refused"] == {"A été refusé"} and found["exported"] == {"A exporté"}
    (refused,) = told(trail(world.officer, case, kind="refused"))
    assert refused["agency"] == world.reader.agency.short_name and refused["basis"] == "non permis à cette personne"
    today = local(now()).date()
    assert told(trail(world.officer, case, since=today, until=today))
    assert not told(trail(world.officer, case, until=today - timedelta(days=1)))
    assert not told(trail(world.officer, case, since=today + timedelta(days=1)))


def test_what_means_nothing_is_told_and_filters_nothing(world, case):
    answer = trail(world.officer, case, agency="x", since="32", person=world.stranger.user_id, kind="all")
    assert set(answer.context["form"].errors) == {"agency", "since", "person", "kind"}
    assert len(told(answer)) > 3 and not answer.context["filtered"]


def test_filters_and_pages_go_together(world, case, monkeypatch):
    for _time in range(4):
        many_acts(world, case)
    everything = trail(world.officer, case, person=world.officer.user_id).context["page"].items
    monkeypatch.setattr("casework.trail.PER_PAGE", 5)
    seen, address = [], url("casework:trail", case) + f"?person={world.officer.user_id}"
    while address:
        answer = as_(world.officer).get(address)
        seen += [row["id"] for row in answer.context["page"].items]
        page = text(answer)
        links = [part.split('"')[0] for part in page.split('rel="next" href="')[1:]]
        assert all(f"person={world.officer.user_id}" in link for link in links)
        address = url("casework:trail", case) + links[0].replace("&amp;", "&") if links else ""
    assert seen[: len(everything)] and {row["id"] for row in everything} <= set(seen) and len(seen) == len(set(seen))


def test_his_side_filters_among_its_own(world, case):
    many_acts(world, case)
    bring_in_programme(case, world.officer, world.programme)
    as_(world.programme).get(url("cases:summary", case))
    answer = trail(world.programme, case)
    form = answer.context["form"]
    assert {str(label) for _value, label in form.fields["agency"].choices} == {"Tous", "Programme Passerelle"}
    assert len(form.fields["person"].choices) == 2
    answer = trail(world.programme, case, agency=world.eva.agency_id)
    assert {line["agency"] for line in told(answer)} == {"Programme Passerelle"}, "not a choice: it filters nothing"
    (reader,) = answer.context["readers"]
    assert reader.agency == "Programme Passerelle"
    assert "EVA" not in text(answer)
    assert "EVA" not in words_of(as_(world.programme).get(url("casework:trail_pdf", case)))


# --- who has read -------------------------------------------------------------------------------------------------
def test_who_has_read_when_how_often_and_on_which_basis(world, case):
    many_acts(world, case)
    as_(world.eva).get(url("cases:summary", case))
    readers = trail(world.officer, case).context["readers"]
    (leila,) = [one for one in readers if one.who == "Leïla Amrani"]
    assert (leila.agency, leila.times, leila.copies) == ("Cellule EVA A", 3, 1)
    assert leila.first < leila.last
    assert leila.pages == ["ce relevé des lectures et des changements", "la synthèse"]
    assert "contact (victime)" in leila.fields
    assert leila.bases == ["consentement, art. 352 du Code pénal (ancien art. 458)"]
    (officer,) = [one for one in readers if one.who == "Marc Delvaux"]
    assert officer.bases == ["enregistré par le service lui-même"]
    (only,) = trail(world.officer, case, kind="exported").context["readers"]
    assert (only.who, only.times, only.copies) == ("Leïla Amrani", 1, 1)
    assert not trail(world.officer, case, kind="decided").context["readers"]


def test_only_so_many_readers_are_told(world, case, monkeypatch):
    many_acts(world, case)
    monkeypatch.setattr("casework.trail.MOST_READERS", 2)
    answer = trail(world.officer, case)
    assert len(answer.context["readers"]) == 2 and answer.context["more_readers"]
    assert "Il y en a d’autres" in text(answer)


# --- on paper -----------------------------------------------------------------------------------------------------
def words_of(answer) -> str:
    assert answer.status_code == 200 and answer["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_the_paper_says_what_the_page_says(world, case):
    many_acts(world, case)
    words = words_of(as_(world.officer).get(url("casework:trail_pdf", case)))
    assert case.reference in words and "Leïla Amrani" in words and "consentement" in words
    assert "Rien n’a encore été scellé" in words
    for value in ("Fatou", "Diallo", "gorge", "BR.43", "bibliothèque"):
        assert value not in words
    address = url("casework:trail_pdf", case)
    words = words_of(as_(world.officer).get(address, {"person": world.eva.user_id, "kind": "read"}))
    assert "Leïla Amrani" in words and "Personne : Leïla Amrani" in words
    assert words.count("Marc Delvaux") == 1, "who printed it"


def test_the_paper_is_bounded_and_says_so(world, case, monkeypatch):
    many_acts(world, case)
    assert "Seules" not in words_of(as_(world.officer).get(url("casework:trail_pdf", case)))
    monkeypatch.setattr("casework.trail.ON_PAPER", 3)
    assert "Seules les 3 lignes les plus récentes" in words_of(as_(world.officer).get(url("casework:trail_pdf", case)))


def test_a_copy_is_on_record(world, case):
    as_(world.eva).get(url("casework:trail_pdf", case))
    (line,) = told(trail(world.officer, case, kind="exported"))
    assert line["who"] == "Leïla Amrani" and line["objects"] == ["ce relevé des lectures et des changements"]


@pytest.mark.parametrize("who", ["stranger", "other_officer", "shelter", "programme", "platform_admin"])
def test_a_stranger_prints_nothing(world, case, who):
    assert as_(getattr(world, who)).get(url("casework:trail_pdf", case)).status_code == 404


# --- proof --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_the_page_says_up_to_when_it_is_sealed_and_what_the_last_check_found(committed_world, owner):
    world = committed_world
    case = make_report(world.officer).case
    page = text(trail(world.officer, case))
    assert "Jamais vérifié encore" in page and "rien encore" in page
    (seal,) = sealing.seal()
    verifying.ask()
    verifying.run_asked()
    answer = trail(world.officer, case)
    page, proof = text(answer), answer.context["proof"]
    assert "Rien n’a été altéré" in page and f"numéro {seal.number}" in page
    assert proof.root.replace(" ", "") == bytes(seal.root).hex() and proof.root in page
    assert proof.sealed_until <= seal.taken_at
    words = words_of(as_(world.eva).get(url("casework:trail_pdf", case)))
    assert proof.root.split()[0] in words and "Rien n’a été altéré" in words
    owner.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
    owner.execute("UPDATE audit_auditevent SET reason = 'x' WHERE case_id = %s", [case.pk])
    verifying.ask()
    verifying.run_asked()
    assert "Quelque chose n’est pas en ordre" in text(trail(world.officer, case))


def test_it_costs_the_same_however_much_was_read(world, case):
    client = as_(world.officer)
    client.get(url("casework:trail", case))
    with Queries() as few:
        client.get(url("casework:trail", case))
    for who in ("eva", "eva_referent", "police_manager", "reader"):
        as_(getattr(world, who)).get(url("cases:summary", case))
    with Queries() as many:
        client.get(url("casework:trail", case))
    assert few.count == many.count
    with Queries() as paper:
        client.get(url("casework:trail_pdf", case))
    assert paper.count <= many.count + 2


# --- words for all that may stand in it ---------------------------------------------------------------------------
def recorded_kinds() -> set[str]:
    """Every page or record that the code writes in the trail of a case."""
    found = set()
    for path in sorted(Path(ROOT).glob("*/**/*.py")):
        if path.parts[len(ROOT.parts)] in ("tests", "tools", "var") or ".venv" in path.parts:
            continue
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            given = {one.arg: one.value for one in call.keywords}
            name = ast.unparse(call.func).rpartition(".")[2]
            if name == "record" and "case_id" in given and isinstance(given.get("object_kind"), ast.Constant):
                found.add(given["object_kind"].value)
            if name == "open_page":
                shown = given.get("page") or given.get("tab")
                if isinstance(shown, ast.Constant):
                    found.add(f"cases.{shown.value}")
    return found


def test_every_page_that_is_recorded_has_words():
    found = recorded_kinds()
    assert len(found) > 25 and "cases.summary" in found
    nameless = {kind for kind in found if kind not in PAGES and model_name(kind) == model_name("")}
    assert not nameless


def test_every_record_that_is_logged_has_words():
    """Not the name that Django makes of the name of the class."""
    of_a_case = [
        model
        for model in auditlog.get_models()
        if model._meta.label == "cases.Case" or "case" in {field.name for field in model._meta.concrete_fields}
    ]
    words = {model: MODELS.get(model._meta.label) or model._meta.verbose_name for model in of_a_case}
    same = {"cases.Note", "riskassessment.Conclusion", "sharing.Rectification"}  # the same word in both languages
    assert len(of_a_case) > 20
    assert not {model for model, each in words.items() if not isinstance(each, Promise)} - {
        model for model in of_a_case if model._meta.label in same
    }


def test_every_system_context_has_words():
    from common.acting import SystemContext

    assert {context.value for context in SystemContext} == set(SYSTEM)


def test_two_persons_of_the_same_name_stay_two_lines(world, case):
    as_(world.police_manager).get(url("cases:people", case))
    as_(world.reader).get(url("cases:people", case))
    with acting_as(world.officer):
        page = trails.page_of(case, for_case(case, world.officer), world.officer, None)
    shown = trails.lines(row for row in page.items if row.get("object_kind") == "cases.people")
    assert world.reader.user.full_name == world.police_manager.user.full_name
    assert [line["count"] for line in shown] == [1, 1]


def test_what_was_concluded_is_told_in_words(world, case):
    """A decision that rests on no basis has a code for its reason: it is said, in the language of the page."""
    ask(world.police_manager, case)
    row = {"object_kind": "sharing.SubjectCheck", "action": "decided", "fields": [], "at": now()}
    told_of = [line["basis"] for line in told(trail(world.officer, case)) if line["icon"] == "key"]
    assert "la personne" in told_of and "subject" not in told_of
    for kind, choices in CODES.items():
        for code, label in choices.choices:
            assert trails._event(row | {"object_kind": kind, "reason": code})["basis"] == str(label)


def test_two_conclusions_are_never_one_line(world, case):
    """One after the other, on the same thing: what was concluded the first time is not hidden by the second."""
    his = ask(world.police_manager, case, "presumed_perpetrator")
    conclude(world.police_referent, his, "refuse")
    conclude(world.police_referent, his)
    concluded = [line["basis"] for line in told(trail(world.officer, case)) if line["icon"] == "key"]
    assert {"refuser", "répondre"} <= set(concluded)
