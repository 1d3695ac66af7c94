"""The table of an export: every type of question as a code, nothing of what was typed, no formula."""

import csv
import io
import zipfile

import pytest
from django.utils import translation

from riskassessment.definition import load
from riskassessment.exporting import (
    FIXED,
    MOST_CELLS,
    MOST_LINES,
    Signed,
    Version,
    as_csv,
    as_xlsx,
    as_zip,
    export,
    harmless,
    most_lines,
)

from .every_type import raw, words
from .workbook import sheets


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def given(**values) -> dict:
    return {
        item: value if isinstance(value, dict) else {"value": value, "comment": ""} for item, value in values.items()
    }


ALL = given(
    weapon={"value": "yes", "comment": "zqaaaaqz", "source": "victim", "on": "2026-11-21"},
    which=["gun", "knife"],
    home="leaving",
    fear=5,
    times=12,
    last_seen="2026-11-19",
    network="no",
    own_words="zqbbbbqz « il a dit que je ne sortirais pas »",
)
SILENT = given(weapon="unknown", home="not_asked", fear="unknown", times="not_asked")


def version(number: int = 1, **changes) -> Version:
    return Version(number, load(raw(**changes), published=True))


def made(*signed: Signed, versions=None):
    return export(versions or [version()], signed, language="en")


def one(answers, **more) -> dict:
    found = made(Signed("a", "2026-11", 1, answers, **more)).answers
    (line,) = found.lines
    return dict(zip(found.head, line, strict=True))


def test_every_type_has_its_code():
    line = one(ALL, indicative="critical", retained="high", countersigned=True, verdict="validated")
    assert {name: line[name] for name in line if name not in FIXED} == {
        "weapon": 1,
        "which": "gun|knife",
        "home": "leaving",
        "fear": 5,
        "times": 12,
        "network": 0,
        "close": "NA",
        "own_words": 1,
    }
    assert {name: line[name] for name in FIXED[1:]} == {
        "MONTH": "2026-11",
        "GRID": "every-type",
        "VERSION": 1,
        "INDICATIVE": "critical",
        "RETAINED": "high",
        "CHANGE": "lowered",
        "COUNTERSIGNED": 1,
        "VERIFICATION": "validated",
    }


def test_unknown_not_asked_and_not_applicable_are_three_codes():
    line = one(SILENT)
    assert (line["weapon"], line["fear"]) == ("U", "U")
    assert (line["home"], line["times"], line["network"], line["which"]) == ("N", "N", "N", "N")
    assert line["close"] == "NA" and line["own_words"] == 0
    assert one({})["which"] == "NA", "without a weapon the question does not apply"


@pytest.mark.parametrize(
    ("indicative", "retained", "change"),
    [
        ("low", "high", "raised"),
        ("high", "low", "lowered"),
        ("high", "high", "same"),
        ("insufficient", "high", ""),
        ("judgement", "high", ""),
        ("high", "", ""),
        ("", "", ""),
    ],
)
def test_how_the_level_was_changed(indicative, retained, change):
    line = one({}, indicative=indicative, retained=retained)
    assert (line["CHANGE"], line["COUNTERSIGNED"], line["VERIFICATION"]) == (change, 0, "")


def test_nothing_that_was_typed_leaves():
    found = made(Signed("a", "2026-11", 1, ALL))
    for content in (as_csv(found.answers), as_csv(found.codebook), repr(sheets(as_xlsx(found))).encode()):
        text = content.decode("utf-8-sig")
        for typed in ("zqaaaaqz", "zqbbbbqz", "victim", "2026-11-19", "2026-11-21", "last_seen"):
            assert typed not in text


def test_a_case_has_one_name_within_an_export_and_another_in_the_next():
    signed = [Signed(case, "2026-11", 1, {}) for case in ("a", "b", "a", "c")]
    names = [line[0] for line in made(*signed).answers.lines]
    assert len(set(names)) == 3 and len(names) == 4
    assert all(name.startswith("C") and len(name) == 9 for name in names)
    assert not set(names) & {line[0] for line in made(*signed).answers.lines}


def test_lines_stand_by_month_and_by_chance_within_it():
    months = [Signed(number, f"2026-{number % 3 + 1:02d}", 1, given(fear=number % 6)) for number in range(60)]
    first, second = (made(*months).answers.lines for _again in range(2))
    assert [line[1] for line in first] == sorted(line[1] for line in first)
    fear = len(FIXED) + 3
    assert [line[fear] for line in first] != [line[fear] for line in second], "one chance in a great many to fail"


def test_versions_side_by_side_and_what_the_codes_meant_in_each():
    later = raw(version=2)
    later["items"][3]["options"][0]["text"] = words("Oui, à la même adresse")
    later["items"].append({"type": "yes_no", "id": "new", "section": "facts", "text": words("Neuf ?"), "weight": 0})
    del later["items"][-2]  # her own words
    versions = [version(), Version(2, load(later, published=True))]
    signed = [Signed("a", "2026-11", 1, ALL), Signed("b", "2026-12", 2, given(new="yes", home="together"))]
    found = made(*signed, versions=versions)
    first, second = (dict(zip(found.answers.head, line, strict=True)) for line in found.answers.lines)
    assert (first["new"], first["own_words"], second["new"], second["own_words"]) == ("", 1, 1, "")
    book = [dict(zip(found.codebook.head, line, strict=True)) for line in found.codebook.lines]
    home = [line for line in book if line["Column"] == "home"]
    assert [line["Versions"] for line in home] == ["2", "1"]
    assert "together = Oui, à la même adresse (en)" in home[0]["Codes"]
    assert [line["Versions"] for line in book if line["Column"] == "weapon"] == ["1, 2"]
    assert {line["Column"] for line in book} == set(found.answers.head)


def test_the_codebook_says_what_each_column_is():
    found = made(Signed("a", "2026-11", 1, ALL)).codebook
    book = {line[0]: line for line in found.lines}
    assert book["weapon"][1:4] == ("yes_no", "Les faits (en)", "Y a-t-il une arme ? (en) (12 derniers mois (en))")
    assert book["weapon"][4] == "1 = Yes; 0 = No; U = Unknown; N = Not asked; NA = does not apply"
    assert book["network"][2] == "Le contexte (en) / Autour d’elle (en)"
    assert "5 = elle craint pour sa vie (en)" in book["fear"][4] and "from 0 to 5" in book["fear"][4]
    assert "several are separated by |" in book["which"][4]
    assert book["own_words"][4] == "1 = filled in; 0 = left empty; NA = does not apply"
    assert book["GRID"][4] == "demonstration grid, not validated"


HOSTILE = ("=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("http://x")', "\n@x")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_begins_like_a_formula(text):
    assert harmless(text) == f"'{text}"
    assert harmless("a=1") == "a=1" and harmless(-3) == -3 and harmless("") == ""


def test_a_hostile_wording_is_text_in_both_files():
    items = raw()["items"]
    items[1]["text"] = {"fr": "Arme ?", "en": '=HYPERLINK("http://example.org";"Yes")'}
    items[3]["options"][0]["text"] = {"fr": "Oui", "en": "@SUM(1)"}
    found = made(Signed("a", "2026-11", 1, ALL), versions=[version(items=items)])
    with zipfile.ZipFile(io.BytesIO(as_zip(found))) as archive:
        assert archive.namelist() == ["answers.csv", "codebook.csv"]
        content = archive.read("codebook.csv")
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    cells = [cell for line in lines for cell in line]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
    book = sheets(as_xlsx(found))
    assert any(cell.startswith("=HYPERLINK") for line in book["Codebook"] for cell in line), "text, not a formula"


def test_the_workbook_opens_with_both_tables():
    found = made(Signed("a", "2026-11", 1, ALL), Signed("b", "2026-10", 1, SILENT))
    book = sheets(as_xlsx(found))
    assert list(book) == ["Answers", "Codebook"]
    assert tuple(book["Answers"][0]) == found.answers.head
    assert [tuple(line) for line in book["Answers"][1:]] == found.answers.lines
    assert book["Codebook"][0] == list(found.codebook.head) and len(book["Codebook"]) == len(found.codebook.lines) + 1


def test_a_file_is_bounded_and_a_long_grid_more():
    assert most_lines([version()]) == MOST_LINES
    many = [
        {"type": "yes_no", "id": f"q{number}", "section": "facts", "text": words("?"), "weight": 1}
        for number in range(400)
    ]
    assert most_lines([version(items=[*raw()["items"], *many])]) == MOST_CELLS // (len(FIXED) + 408)
