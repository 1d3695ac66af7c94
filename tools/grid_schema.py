"""Write docs/grid-schema.json, the shape of a grid for editors; with ``--check``, say whether it is up to date."""

import json
import sys
from pathlib import Path

from riskassessment.definition import json_schema

PUBLISHED = Path(__file__).resolve().parent.parent / "docs" / "grid-schema.json"


def current() -> str:
    """The schema as it is published: one text, whatever machine writes it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main(argv: list[str]) -> int:
    """Write or compare; return an exit code."""
    if argv not in ([], ["--check"]):
        print("usage: python -m tools.grid_schema [--check]")
        return 2
    if not argv:
        PUBLISHED.write_text(current())
    elif not PUBLISHED.is_file() or PUBLISHED.read_text() != current():
        print("docs/grid-schema.json is out of date: .venv/bin/python -m tools.grid_schema")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
