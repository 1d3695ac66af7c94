"""A workbook read back as a spreadsheet would: the types and values of its cells, by sheet."""

import io
import re
import zipfile
from xml.etree import ElementTree as ET

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheets(content: bytes) -> dict[str, list[list[str | int | float]]]:
    """{title: lines of cells}; a text is a str, a number a number. A formula or a link fails."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert book.testzip() is None
        titles = [sheet.get("name") for sheet in _xml(book, "xl/workbook.xml").iterfind(".//m:sheet", NS)]
        shared = [
            "".join(piece.text or "" for piece in entry.iter(f"{{{NS['m']}}}t"))
            for entry in _xml(book, "xl/sharedStrings.xml").iterfind("m:si", NS)
        ]
        found = {}
        for number, title in enumerate(titles, 1):
            page = _xml(book, f"xl/worksheets/sheet{number}.xml")
            assert not page.findall(".//m:f", NS) and not page.findall(".//m:hyperlink", NS)
            found[title] = [_line(row, shared) for row in page.iterfind(".//m:row", NS)]
        return found


def _xml(book: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(book.read(name))  # noqa: S314 - what the test itself has just written


def _line(row: ET.Element, shared: list[str]) -> list[str | int | float]:
    line: list[str | int | float] = []
    for cell in row.iterfind("m:c", NS):
        line += [""] * (_column(cell.get("r")) - len(line))
        value = cell.findtext("m:v", default="", namespaces=NS)
        line.append(shared[int(value)] if cell.get("t") == "s" else float(value) if "." in value else int(value))
    return line


def _column(reference: str) -> int:
    number = 0
    for letter in re.match("[A-Z]+", reference)[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
