"""Cases in numbers, and the check of the sort keys over them."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, capture_output=True, text=True)


def count(owner, sql: str, *values) -> int:
    return owner.execute(f"SELECT count(*) FROM {sql}", values).fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_it_refuses_where_people_may_be(owner):
    refused = manage("generate_volume", "--cases", "10")
    assert refused.returncode == 1 and "DEBUG is off" in refused.stderr
    few = manage("generate_volume", "--cases", "10", "--agencies", "3", "--force")
    assert few.returncode == 1 and "eight agencies" in few.stderr
    environment = os.environ | {"MOVE_DATABASE_ROLE": "app"}
    run = "from django.core.management import call_command; call_command('generate_volume', force=True)"
    as_app = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {run}"],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert as_app.returncode and "owner" in as_app.stderr
    assert count(owner, "cases_case") == 0


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_drifted_keys_are_found_and_repaired(owner):
    made = manage("generate_volume", "--cases", "400", "--agencies", "12", "--force")
    assert made.returncode == 0, made.stderr
    healthy = manage("check_copies")
    assert healthy.returncode == 0 and "none has drifted" in healthy.stdout
    owner.execute("UPDATE cases_casegroupobjectpermission SET sort_at = sort_at - interval '1 day' WHERE side <> ''")
    owner.execute("UPDATE cases_casegroupobjectpermission SET sort_severity = 7 WHERE sort_severity = 0")
    drifted = manage("check_copies")
    assert (
        drifted.returncode == 1
        and f"{count(owner, 'cases_casegroupobjectpermission WHERE side <> %s', '')} drifted" in drifted.stderr
    )
    assert manage("check_copies", "--repair").returncode == 0
    assert manage("check_copies").returncode == 0
    again = manage("generate_volume", "--cases", "10", "--force")
    assert again.returncode == 1 and "already there" in again.stderr


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_fifty_thousand_cases(owner):
    started = time.monotonic()
    made = manage("generate_volume", "--cases", "50000", "--force")
    assert made.returncode == 0, made.stderr
    assert time.monotonic() - started < 240, "about 25 s on an idle machine"
    assert count(owner, "cases_case") == 50_000
    sizes = dict(
        owner.execute(
            "SELECT a.short_name, count(*) FROM cases_casegroupobjectpermission p"
            " JOIN agencies_agency a USING (group_id) WHERE p.side <> '' GROUP BY 1"
        ).fetchall()
    )
    assert len(sizes) == 200
    assert 6_000 < sizes["volume big"] < 8_500, "14 % of the cases"
    assert sizes["volume tiny"] == 40
    assert sizes["volume closed"] > 1_000
    assert (
        sizes["volume median"]
        == sorted(size for name, size in sizes.items() if name not in ("volume big", "volume tiny", "volume closed"))[
            98
        ]
    )
    old = """cases_casegroupobjectpermission p JOIN agencies_agency a USING (group_id) JOIN cases_case c
        ON c.id = p.content_object_id WHERE a.short_name = 'volume closed' AND p.side <> ''
        AND NOT (c.level = 'low' AND c.opened_at < now() - interval '3 years')"""
    assert count(owner, old) == 0, "only old low cases"
    assert manage("check_copies").returncode == 0
