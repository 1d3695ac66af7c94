"""Tables people send: whatever their separator and encoding, told by line and column."""

import pytest

from common.errors import RuleBroken
from common.tables import (
    LONGEST_CELL,
    MOST_BYTES,
    MOST_LINES,
    Column,
    LinesBroken,
    chosen,
    plain_choices,
    read,
    several,
    yes_or_no,
)

COLUMNS = (Column("code", ("code postal",), required=True), Column("name", ("nom", "plaatsnaam")))
TEXT = "Code postal;Nom\n1030;Schaerbeek – Élise\n\n5000;Namur\n"


def lines(content):
    return [(line.number, line.cell("code"), line.cell("name")) for line in read(content, COLUMNS).lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_the_spreadsheet_wrote(encoding, separator, end):
    content = TEXT.replace(";", separator).replace("\n", end).encode(encoding)
    assert lines(content) == [(2, "1030", "Schaerbeek – Élise"), (4, "5000", "Namur")]


def test_headings_are_known_by_any_of_their_names_in_any_order():
    table = read(b"PLAATSNAAM,Remarque,CODE_POSTAL\n Namur ,x, 5000 \n", COLUMNS)
    assert (table.lines[0].cell("code"), table.lines[0].cell("name")) == ("5000", "Namur")
    assert table.unread == ("Remarque",)


def test_a_cell_in_quotes_holds_separators_and_lines():
    assert lines(b'code,name\n1030,"a, b\nc"\n1040,d\n') == [(2, "1030", "a, b\nc"), (4, "1040", "d")]


def test_signs_from_elsewhere_are_kept():
    assert lines("code,name\n1030,שלום 🙂\n".encode()) == [(2, "1030", "שלום 🙂")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n \n",
        b"\xef\xbb\xbf",
        b";;;\n;;\n",
        b"code,name\n",
        b"name\nNamur\n",
        b"code,code postal\n1,2\n",
        b"code,name\n10\x0030,x\n",
        b"PK\x03\x04 a workbook",
        b'"code,name\n1030,x\n',
        b"\xff\xfe\x00",
        bytes(range(128, 256)) * 3,
    ],
)
def test_a_file_that_is_no_such_table_is_refused_whole(content):
    with pytest.raises(RuleBroken) as broken:
        read(content, COLUMNS)
    assert list(broken.value.errors) == ["file"] and not isinstance(broken.value, LinesBroken)


def test_too_much_is_refused_before_it_is_read():
    for content in (b"code\n" + b"1\n" * (MOST_LINES + 1), b"x" * (MOST_BYTES + 1)):
        with pytest.raises(RuleBroken):
            read(content, COLUMNS)


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"code,name\n1030,a\n1040,b,c\n", 3, ""),
        (b'code,name\n1030,"a\n1040,b\n', 2, ""),
        (b'code,name\n1030,a\n1040,"b"c\n', 3, ""),
        (b"code,name\n1030," + b"x" * (LONGEST_CELL + 1), 2, "name"),
        (b"code,name\n1030," + b"x" * 200_000, 2, ""),
    ],
)
def test_a_line_that_cannot_be_read_is_named(content, line, column):
    with pytest.raises(LinesBroken) as broken:
        read(content, COLUMNS)
    assert [(each.line, each.column) for each in broken.value.problems] == [(line, column)]


def test_yes_and_no_as_people_write_them():
    assert [yes_or_no(word) for word in ("Oui", "JA", "1", "Non", "nee", "0", "")] == [True] * 3 + [False] * 3 + [None]
    with pytest.raises(ValueError):
        yes_or_no("peut-être")


def test_several_of_a_closed_list_by_code_or_label():
    known = plain_choices([("a", "Été"), ("b", "hiver")])
    assert chosen("été | B, hiver", known) == ["a", "b"] and several(" x ;; y\nx ") == ["x", "y"]
    with pytest.raises(ValueError, match="printemps"):
        chosen("hiver|printemps", known)
