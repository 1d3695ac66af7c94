"""Make a bare machine ready: the virtual environment, and (as root) the Debian packages that are missing.

``setup`` makes or refreshes ``.venv`` from the locked requirements, when they have changed.
``browser`` sees to Chromium for the browser tests.

Standard library only: it runs before anything is installed. Exit code 2: something is missing and only the
person at the keyboard can add it; one line says what.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
REQUIREMENTS = CHECKOUT / "requirements" / "dev.txt"
PACKAGES = Path(__file__).with_name("apt-packages.txt")
LOWEST_PYTHON = (3, 11)


def packages(purpose):
    """Return the Debian packages listed for a purpose."""
    lines = [line.split() for line in PACKAGES.read_text().splitlines() if line and not line.startswith("#")]
    return [name for name, wanted in lines if wanted == purpose]


def install(names):
    """Install Debian packages; return whether that was possible."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    command = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {' '.join(names)}", flush=True)
    for attempt in (
        command,
        ["apt-get", "update"],
        command,
    ):  # the lists may be there already, old, or missing
        done = subprocess.run(attempt, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode == 0 and attempt is command:
            return True
    print(done.stderr.strip(), file=sys.stderr)
    return False


def missing(what, names):
    """Say the one line that helps, and give up."""
    print(
        f"{what} is missing. Run: sudo apt-get install -y --no-install-recommends {' '.join(names)}",
        file=sys.stderr,
    )
    return 2


def has_venv():
    """Tell whether this Python can make a virtual environment with pip (Debian splits that off)."""
    return subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def works(python):
    """Tell whether the environment's interpreter still runs (it dangles after an upgrade of the system's)."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def setup():
    """Make or refresh the virtual environment; return an exit code."""
    if sys.version_info < LOWEST_PYTHON:
        print(
            f"Python >= 3.11 is needed, not {sys.version.split()[0]}. Try: make PYTHON=python3.11",
            file=sys.stderr,
        )
        return 2
    python, stamp = VENV / "bin" / "python", VENV / ".installed"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()

    def fresh():
        return stamp.exists() and stamp.read_text() == wanted and os.access(python, os.X_OK)

    if fresh():
        return 0
    if not os.access(CHECKOUT, os.W_OK):
        print(f"Cannot write {CHECKOUT}. Is this checkout yours?", file=sys.stderr)
        return 2
    if not has_venv() and not (install(packages("setup")) and has_venv()):
        return missing("Python's venv module", packages("setup"))
    with REQUIREMENTS.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once
        if fresh():
            return 0
        print("Preparing .venv (a minute or two the first time)", flush=True)
        stamp.unlink(missing_ok=True)
        if not works(python):
            subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        done = subprocess.run([*pip, "--only-binary", ":all:", "--requirement", REQUIREMENTS])
        if done.returncode:
            return done.returncode
        stamp.write_text(wanted)
    return 0


def has_browser():
    """Tell whether a Chromium is installed, and the library that Playwright's driver needs."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = os.environ.get("CHROMIUM") or any(shutil.which(name) for name in names)
    roots = [Path(root) for root in ("/lib", "/usr/lib", "/lib64", "/usr/lib64")]
    library = any(next(root.glob(f"{deep}libatomic.so.1"), None) for root in roots for deep in ("", "*/"))
    return bool(chromium) and (library or sys.platform != "linux")


def browser():
    """See to Chromium. Without it the other tests still run and pytest says how many did not."""
    if not has_browser() and not (install(packages("browser")) and has_browser()):
        missing("Chromium for the browser tests", packages("browser"))
        return 2 if os.environ.get("CI") == "true" else 0
    return 0


if __name__ == "__main__":
    actions = {"setup": setup, "browser": browser}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(f"usage: bootstrap.py {'|'.join(actions)}")
    sys.exit(actions[sys.argv[1]]())
