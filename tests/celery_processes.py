"""A real Celery worker and beat beside a test, on the test's own database and on a Redis database of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from move import engines

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30  # seconds


def wait_until(found: Callable[[], Any], *, seconds: float = PATIENCE, what: str = "") -> Any:
    """What `found` answers once it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or found}"
        time.sleep(0.05)
    return answer


class CeleryProcesses:
    """Starts, kills and stops workers and beat; what they say is in `log`."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.redis = redis.Redis.from_url(redis_url)
        self.folder = folder
        self.running: dict[str, subprocess.Popen] = {}
        self.redis_url = redis_url

    def _environment(self, extra: dict[str, str]) -> dict[str, str]:
        # DATABASE_URL in os.environ is the database of the test that runs now (tests/conftest.py)
        given = {
            "REDIS_URL": self.redis_url,
            "REMINDER_INTERVAL_SECONDS": "1",
            "DJANGO_SETTINGS_MODULE": "move.settings.test",
        }
        return os.environ | given | {"PYTHONWARNINGS": "ignore"} | extra

    def _start(self, name: str, arguments: list[str], extra: dict[str, str]) -> subprocess.Popen:
        with (self.folder / f"{name}.log").open("ab") as output:
            process = engines.spawn(
                [sys.executable, "-m", "celery", "--quiet", "-A", "move", *arguments],
                cwd=ROOT, env=self._environment(extra), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        self.running[name] = process
        return process

    def worker(self, name: str = "worker", **extra: str) -> subprocess.Popen:
        """Start a worker of two processes; `extra` goes into its environment."""
        options = ["--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
        return self._start(name, ["worker", "--hostname", f"{name}@test", *options], extra)

    def beat(self, **extra: str) -> subprocess.Popen:
        """Start beat, one tick a second."""
        schedule = str(self.folder / "celerybeat-schedule")
        return self._start("beat", ["beat", "--loglevel", "INFO", "--schedule", schedule, "--pidfile", ""], extra)

    def kill(self, name: str) -> None:
        """End a process and its children as a power cut would."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> None:
        """End a process in order."""
        engines.stop(self.running.pop(name), (signal.SIGTERM, 10), (signal.SIGQUIT, 5))

    def log(self) -> str:
        """Everything the processes have said."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def close(self) -> None:
        for name in sorted(self.running):  # beat first
            self.stop(name)
        self.redis.flushdb()


@pytest.fixture
def celery(transactional_db, tmp_path) -> Iterator[CeleryProcesses]:
    """Nothing runs yet: the test starts what it needs."""
    url = urlsplit(os.environ["REDIS_URL"])
    claims = redis.Redis.from_url(os.environ["REDIS_URL"])
    # Several runs may share one Redis: each takes one of its databases.
    number = wait_until(
        lambda: next((n for n in range(1, 16) if claims.set(f"test-celery-{n}", os.getpid(), nx=True, ex=900)), None),
        seconds=600,
        what="a free Redis database",
    )
    processes = CeleryProcesses(urlunsplit(url._replace(path=f"/{number}")), tmp_path)
    processes.redis.flushdb()
    try:
        yield processes
    finally:
        processes.close()
        processes.redis.close()
        claims.delete(f"test-celery-{number}")
        claims.close()


@pytest.fixture
def celery_processes(celery: CeleryProcesses) -> CeleryProcesses:
    """A worker and beat at work, one tick a second."""
    celery.worker()
    celery.beat()
    return celery
