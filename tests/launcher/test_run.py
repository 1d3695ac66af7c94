"""``run``: everything starts, everything stops, nothing survives."""

import os
import signal
import urllib.request

import pytest

READY = "MOVE is ready"
PROCESSES = ("gunicorn", "-A move worker", "-A move beat", "postgres", "valkey-server")


@pytest.fixture
def running(checkout, port):
    process = checkout.start("run", PORT=port)
    checkout.wait_for(READY, process)
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


def test_address_and_accounts_are_shown_and_ctrl_c_stops_everything(checkout, running, port):
    text = checkout.console.read_text()
    assert f"http://localhost:{port}" in text
    assert "officer@example.be" in text
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
        assert page.read() == b"ready"
    assert checkout.missing(PROCESSES) == []

    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 0
    assert checkout.processes() == {}


def test_nothing_survives_a_killed_launcher_and_the_next_start_recovers(checkout, running, port):
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert checkout.wait_until_empty() == {}

    again = checkout.start("run", PORT=port)
    checkout.wait_for(READY, again)
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
    assert checkout.processes() == {}


def test_killed_engine_stops_everything_and_the_next_start_recovers(checkout, running, port):
    pid = int((checkout.state / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert running.wait(30) == 1
    assert "Postgres has stopped" in checkout.console.read_text()
    assert checkout.wait_until_empty() == {}
    assert checkout.python_with_engines("print('recovered')") == "recovered"


def test_engines_have_one_owner_and_guests(checkout, running):
    second = checkout.call("run", PORT="0")
    assert second.returncode == 2
    assert f"in use by process {running.pid} (run)" in second.stderr

    code = "import os; print(os.environ['DATABASE_URL'])"
    shared = checkout.python_with_engines(code)
    own = checkout.python_with_engines(code, "test-exec")
    assert shared != own
    again = checkout.python_with_engines(code)
    assert running.poll() is None, checkout.console.read_text()
    assert shared == again


def test_process_that_dies_is_started_again(checkout, running, port):
    web = next(pid for pid, command in checkout.processes().items() if "gunicorn" in command)
    os.kill(web, signal.SIGKILL)
    checkout.wait_for("web has ended with exit code -9; starting it again.", running)
    assert running.poll() is None


def test_process_that_keeps_dying_stops_everything(checkout, port):
    (checkout.root / "move" / "celery.py").write_text("raise SystemExit('broken on purpose')\n")
    process = checkout.start("run", PORT=port)
    assert process.wait(60) == 1
    text = checkout.console.read_text()
    assert "broken on purpose" in text
    assert "has ended 4 times" in text
    assert checkout.wait_until_empty() == {}


def test_failing_preparation_stops_everything(checkout, port):
    (checkout.root / "manage.py").write_text("raise SystemExit(3)\n")
    process = checkout.start("run", PORT=port)
    assert process.wait(60) == 2
    assert "manage.py migrate --verbosity 0 failed with exit code 3." in checkout.console.read_text()
    assert checkout.wait_until_empty() == {}


def test_port_in_use_is_said(checkout, running, port):
    done = checkout.call("run", PORT=port)
    assert done.returncode == 2
    assert f"Port {port} is not free" in done.stderr
