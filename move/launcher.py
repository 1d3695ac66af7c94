"""Start everything, or a single command, with real engines beneath it.

``python -m move.launcher``

* ``run``: engines, migrations, reference and demonstration data, then web, worker and beat until Ctrl-C.
* ``exec -- COMMAND``: a command with the environment of ``run``, whose engines are shared when it is running.
* ``test -- PYTEST ARGUMENTS``: pytest on a throw-away PostgreSQL and Valkey.
* ``test-exec -- COMMAND``: any command on throw-away engines.

Nothing here imports Django: the launcher must be able to say what is missing when Django cannot start.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from move import engines

CHECKOUT = Path(__file__).resolve().parent.parent
RESTARTS = 3
RESTART_WINDOW = 120.0  # seconds
READY_WITHIN = 90.0  # seconds
USAGE_ERROR = 2


# --- one command --------------------------------------------------------------------------------------------


def child_environment(engine_environment: Mapping[str, str], *, settings: str) -> dict[str, str]:
    """Return what a child of ours sees: the caller's environment, completed."""
    environment = {"DJANGO_SETTINGS_MODULE": settings, "PORT": "8000"} | dict(os.environ) | dict(engine_environment)
    environment["PYTHONUNBUFFERED"] = "1"
    # `python`, `pytest` and `celery` of the same virtual environment, whatever the caller's PATH says.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    return environment


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in the foreground and return its exit code.

    It stays in our process group, so that the terminal (Ctrl-C, a debugger's prompt) is its own;
    while it works we ignore Ctrl-C and hand on SIGTERM.
    """
    child: subprocess.Popen[Any] | None = None

    def hand_on(number: int, frame: object) -> None:
        if child and child.poll() is None:
            child.send_signal(number)

    previous = {number: signal.signal(number, hand_on) for number in (signal.SIGTERM, signal.SIGHUP)}
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = engines.spawn(command, new_session=False, cwd=CHECKOUT, env=dict(environment), restore_interrupt=True)
        code = child.wait()
    except (FileNotFoundError, PermissionError):  # the latter where PATH names a closed directory
        print(f"Command not found: {command[0]}", file=sys.stderr)
        return 127
    finally:
        signal.signal(signal.SIGINT, interrupt)
        for number, handler in previous.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def exec_command(command: Sequence[str]) -> int:
    """Run a command on the persistent engines: those of a launcher at work, or started for the occasion."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with engines.persistent(CHECKOUT, os.environ, purpose="exec") as own:
                return run_command(command, child_environment(own.environment, settings="move.settings.dev"))
        except engines.AlreadyRunning:
            with engines.guest(CHECKOUT) as shared:
                if shared is not None:
                    return run_command(command, child_environment(shared, settings="move.settings.dev"))
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_command(command: Sequence[str]) -> int:
    """Run a command on throw-away engines, with the test settings."""
    with engines.throwaway(CHECKOUT, os.environ) as own:
        environment = child_environment(own.environment, settings="move.settings.test")
        return run_command(command, environment | {"DJANGO_SETTINGS_MODULE": "move.settings.test"})


# --- everything ---------------------------------------------------------------------------------------------


class Console:
    """Lines of several processes on one output, each with its name in front."""

    COLOURS = {"web": 36, "worker": 33, "beat": 35}

    def __init__(self) -> None:
        self.broken = False
        self._lock = threading.Lock()
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def say(self, text: str, name: str = "") -> None:
        """Print, line by line; remember when nobody reads any more."""
        with self._lock:
            for line in text.splitlines() or [""]:
                prefix = f"{name:<6} | " if name else ""
                if prefix and self._colour:
                    prefix = f"\033[{self.COLOURS.get(name, 37)}m{prefix}\033[0m"
                try:
                    print(prefix + line, flush=True)
                except OSError:
                    self.broken = True
                    return

    def follow(self, process: subprocess.Popen[bytes], name: str) -> None:
        """Copy a process's output until it ends, in a thread of its own."""

        def copy() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                self.say(line.decode(errors="replace").rstrip(), name)

        threading.Thread(target=copy, name=f"output of {name}", daemon=True).start()


class Application:
    """Web, worker and beat: started, watched, restarted a few times, stopped."""

    def __init__(self, environment: dict[str, str], state: Path, console: Console) -> None:
        port = environment["PORT"]
        self.environment, self.console = environment, console
        if os.geteuid() == 0:  # a closed home leaves root no other account; on a developer's machine, no news
            self.environment = environment | {"PYTHONWARNINGS": "ignore:You're running the worker"}
        self.address = f"http://localhost:{port}"
        self.commands: dict[str, list[str]] = {
            "web": [
                sys.executable, "-m", "gunicorn", "move.wsgi:application", "--bind", f"127.0.0.1:{port}",
                "--workers", "2", "--threads", "4", "--worker-class", "gthread", "--graceful-timeout", "5",
                "--no-control-socket", "--log-level", "warning",
            ],
            "worker": [
                sys.executable, "-m", "celery", "--quiet", "-A", "move", "worker", "--concurrency", "2",
                "--loglevel", "INFO", "--without-gossip", "--without-mingle",
            ],
            "beat": [
                sys.executable, "-m", "celery", "--quiet", "-A", "move", "beat", "--loglevel", "WARNING",
                "--schedule", str(state / "celerybeat-schedule"), "--pidfile", "",
            ],
        }  # fmt: skip
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.failures: dict[str, list[float]] = {name: [] for name in self.commands}

    def start(self, name: str) -> None:
        """Start one process."""
        process = engines.spawn(
            self.commands[name], cwd=CHECKOUT, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.processes[name] = process
        self.console.follow(process, name)

    def restart_dead(self) -> bool:
        """Start again what has ended; False when one has ended too often."""
        for name, process in self.processes.items():
            code = process.poll()
            if code is None:
                continue
            now = time.monotonic()
            recent = [moment for moment in self.failures[name] if now - moment < RESTART_WINDOW]
            self.failures[name] = [*recent, now]
            if len(recent) >= RESTARTS:
                self.console.say(f"{name} has ended {RESTARTS + 1} times (last exit code {code}); stopping.")
                return False
            self.console.say(f"{name} has ended with exit code {code}; starting it again.")
            self.start(name)
        return True

    def ready(self) -> str:
        """Ask the application whether it is ready; return "" or what is wrong."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.environment['PORT']}/health/ready")
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=5):
                return ""
        except urllib.error.HTTPError as error:
            return error.read(2000).decode(errors="replace")
        except OSError as error:
            return str(error)

    def stop(self) -> None:
        """Stop all three together, beat first so that nothing new is asked of the worker."""
        order = [self.processes[name] for name in ("beat", "web", "worker") if name in self.processes]
        for process in order:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in order:
            engines.stop(process, (0, 10))


def _prepare(environment: Mapping[str, str], console: Console) -> str:
    """Bring the database up to date; return what the seeder printed.

    Raises:
        engines.EngineError: when a command fails.
    """
    printed = ""
    for command in (["migrate", "--verbosity", "0"], ["load_reference"], ["seed_demo", "--if-empty"]):
        console.say(f"manage.py {' '.join(command)}")
        process = engines.spawn(
            [sys.executable, "manage.py", *command], cwd=CHECKOUT, env=dict(environment),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )  # fmt: skip
        try:
            printed = process.communicate()[0].decode(errors="replace")
        finally:
            engines.stop(process, (signal.SIGTERM, 5))
        if process.returncode:
            console.say(printed)
            raise engines.EngineError(f"manage.py {' '.join(command)} failed with exit code {process.returncode}.")
    return printed


class _Interrupted(Exception):
    """SIGTERM, SIGINT or SIGHUP has come."""


def _interrupt(number: int, frame: object) -> None:
    for watched in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(watched, signal.SIG_IGN)  # once is enough: what follows is bounded
    raise _Interrupted(signal.Signals(number).name)


def run() -> int:
    """Start engines, data and application; return the exit code once all of it is stopped."""
    port = os.environ.get("PORT", "8000")
    if not port.isdigit():
        raise engines.EngineError(f"PORT must be a number, not {port!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except (OSError, OverflowError):
            raise engines.EngineError(f"Port {port} is not free. Choose another one: make run PORT=8001") from None
    console = Console()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with engines.persistent(CHECKOUT, os.environ, purpose="run") as own:
            environment = child_environment(own.environment, settings="move.settings.dev") | {"PORT": port}
            accounts = _prepare(environment, console)
            application = Application(environment, own.state, console)
            try:
                return _serve(application, own, accounts, console)
            finally:
                console.say("Stopping.")
                application.stop()
    except _Interrupted:
        return 0


def _serve(application: Application, own: engines.Engines, accounts: str, console: Console) -> int:
    for name in application.commands:
        application.start(name)
    deadline: float | None = time.monotonic() + READY_WITHIN
    while True:
        time.sleep(0.25)
        if console.broken:
            return 1
        if dead := own.dead():
            console.say(dead)
            return 1
        if not application.restart_dead():
            return 1
        if deadline is None:
            continue
        trouble = application.ready()
        if not trouble:
            deadline = None
            console.say(f"\n{accounts.strip()}\n\nMOVE is ready: {application.address}   (Ctrl-C stops everything)\n")
        elif time.monotonic() > deadline:
            deadline = None
            console.say(f"{application.address} is not ready after {READY_WITHIN:.0f} seconds: {trouble}")


# --- command line -------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the four commands; return its exit code (2: something of the machine is missing)."""
    parser = argparse.ArgumentParser(prog="python -m move.launcher", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("run", "exec", "test", "test-exec"))
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="after --")
    options = parser.parse_args(arguments)
    rest = options.rest[1:] if options.rest[:1] == ["--"] else options.rest
    if options.action in ("exec", "test-exec") and not rest:
        parser.error("which command? ... -- COMMAND")
    try:
        match options.action:
            case "run":
                return run()
            case "exec":
                return exec_command(rest)
            case "test":
                return test_command([sys.executable, "-m", "pytest", *rest])
            case _:
                return test_command(rest)
    except (engines.EngineError, OSError) as error:  # OSError: a full disk, an account that may not be changed
        print(f"move: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
