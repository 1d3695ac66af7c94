"""The quality gate knows what would tie the repository to one machine."""

import pytest

from tools.quality import FOREIGN


def kinds(line):
    return {what for what, pattern in FOREIGN.items() if pattern.search(line)}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("--extra-" + "index-url https://example.org/simple", "package index"),
        ("see /" + "root/notes.txt", "machine path"),
        ("cd /" + "home/anne/move", "machine path"),
        ("read ../" + "shared/page.md", "path outside the repository"),
    ],
)
def test_foreign_addresses_are_found(line, kind):
    assert kinds(line) == {kind}


@pytest.mark.parametrize(
    "line", ["https://example.org/work/with/us", "/var/lib/move", "/srv/move", "./home/index.html"]
)
def test_ordinary_lines_pass(line):
    assert kinds(line) == set()
