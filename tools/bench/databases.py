"""Databases of the bench's own, migrated and filled by the real commands; dropped at the end."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(database: str) -> dict[str, str]:
    """The environment of this process, pointed to another database of the same engine."""

    def url(variable: str) -> str:
        return urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{database}"))

    return os.environ | {name: url(name) for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}


def _run(database: str, *command: str) -> None:
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment(database), check=True)


@contextmanager
def filled(sizes: Sequence[int], agencies: int) -> Iterator[dict[int, str]]:
    """One database with so many cases for each of `sizes`, by number of cases."""
    names = {cases: f"move_bench_{cases}" for cases in sizes}
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        try:
            for cases, name in names.items():
                owner.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                owner.execute(f"CREATE DATABASE {name}")
                _run(name, "migrate", "--verbosity", "0")
                _run(name, "load_reference")
                _run(name, "generate_volume", "--cases", str(cases), "--agencies", str(agencies), "--force")
            yield names
        finally:
            for name in names.values():
                owner.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def version() -> str:
    """Of PostgreSQL."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        return owner.execute("SHOW server_version").fetchone()[0].split()[0]
