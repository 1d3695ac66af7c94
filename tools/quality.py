"""``make quality``: what can be known without running the tests. All checks run; any failure fails."""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
SCHEMA = CHECKOUT / "docs" / "openapi.yaml"
# Where a lock file or a document would betray the machine it was written on.
FOREIGN = {
    "package index": re.compile(r"--(extra-)?index-url|--find-links|\"resolved\": *\"http"),
    "machine path": re.compile(r"(?<![\w.])/(work|root|Users|home/\w+)/\w"),
    "path outside the repository": re.compile(r"\.\./shared\b"),
}
ELSEWHERE = ("static/vendor/", "tools/quality.py")


def addresses() -> list[str]:
    """Return the tracked lines that name an index, a machine path or something outside the repository."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    found = []
    for name in names.stdout.split("\0"):
        path = CHECKOUT / name
        if not name or name.startswith(ELSEWHERE) or not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            found += [f"{name}:{number}: {what}" for what, pattern in FOREIGN.items() if pattern.search(line)]
    return found


def schema() -> list[str]:
    """Return what is wrong with the published API schema."""
    if not SCHEMA.exists():
        return []
    with tempfile.TemporaryDirectory() as directory:
        fresh = Path(directory) / "openapi.yaml"
        command = [
            sys.executable,
            "manage.py",
            "spectacular",
            "--validate",
            "--fail-on-warn",
            "--file",
            str(fresh),
        ]
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
        if done.returncode:
            return [done.stdout, done.stderr]
        if fresh.read_text() != SCHEMA.read_text():
            return ["docs/openapi.yaml is out of date: make manage CMD='spectacular --file docs/openapi.yaml'"]
    return []


def command(*argv: str) -> list[str]:
    """Return the output of a command that failed."""
    done = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True)
    return [done.stdout + done.stderr] if done.returncode else []


CHECKS = {
    "ruff check": lambda: command("ruff", "check", "--output-format", "concise", "."),
    "ruff format": lambda: command("ruff", "format", "--check", "."),
    "import contracts": lambda: command("lint-imports", "--no-cache"),
    "migrations": lambda: command(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"),
    "translations": lambda: command(sys.executable, "-m", "tools.check_translations"),
    "API schema": schema,
    "grid schema": lambda: command(sys.executable, "-m", "tools.grid_schema", "--check"),
    "addresses": addresses,
}


def main() -> int:
    """Run the checks; return an exit code."""
    failed = []
    for name, check in CHECKS.items():
        start = time.monotonic()
        found = check()
        if found:
            failed.append(name)
            print("\n".join(line.rstrip() for line in found))
        print(f"{'FAILED' if found else 'ok':>6}  {name} ({time.monotonic() - start:.1f} s)", flush=True)
    print(f"quality: {len(failed)} of {len(CHECKS)} failed: {', '.join(failed)}" if failed else "quality: all good")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
