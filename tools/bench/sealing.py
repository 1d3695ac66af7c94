"""Many rows of both trails sealed and checked, beside one pass of the database over them that hashes each."""

import os
import time

import psycopg

from audit import anchors
from audit.sealing import seal
from audit.verifying import verify

from .shapes import member

EACH = 200  # rows in a transaction
EVENT = """
INSERT INTO audit_auditevent (id, action, user_id, agency_id, case_id, object_kind, object_id, fields)
SELECT gen_random_uuid(), 'read', %(user)s, %(agency)s, gen_random_uuid(), 'cases.summary', gen_random_uuid(),
  '["facts:case", "identity:victim"]' FROM generate_series(1, %(rows)s)
"""
ENTRY = """
INSERT INTO audit_logentry (id, content_type_id, object_pk, object_repr, action, changes, actor_id, agency_id, case_id)
SELECT gen_random_uuid(), (SELECT min(id) FROM django_content_type), gen_random_uuid(), 'note', 1,
  '{"facts": ["•••", "•••"]}', %(user)s, %(agency)s, gen_random_uuid() FROM generate_series(1, %(rows)s)
"""
FLOOR = """
SELECT count(sha256(convert_to(json_build_array(r.*)::text, 'UTF8'))) FROM audit_auditevent r
UNION ALL SELECT count(sha256(convert_to(json_build_array(r.*)::text, 'UTF8'))) FROM audit_logentry r
"""


def measure(*, rows: int, repeat: int = 3) -> dict[str, float]:
    """Seconds of the pass (median), of sealing and of checking `rows` rows, and how many there were."""
    who = member("big")
    values = {"user": who.user_id, "agency": who.agency_id, "rows": EACH}
    seal()  # what others left
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for number in range(0, rows, EACH):
            owner.execute(ENTRY if number // EACH % 3 == 2 else EVENT, values)
        passes = []
        for _number in range(repeat):
            started = time.perf_counter()
            owner.execute(FLOOR).fetchall()
            passes.append(time.perf_counter() - started)
    started = time.perf_counter()
    sealed = sum(one.rows for one in seal())
    anchors.send()
    took = time.perf_counter() - started
    checks = []
    for _number in range(repeat):
        started = time.perf_counter()
        result = verify()
        checks.append(time.perf_counter() - started)
    if sealed < rows or result.found:
        raise SystemExit(f"{sealed} of {rows} rows were sealed, {result.found} things were found.")
    return {"rows": sealed, "floor": sorted(passes)[repeat // 2], "seal": took, "verify": sorted(checks)[repeat // 2]}
