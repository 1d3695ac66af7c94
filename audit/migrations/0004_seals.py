"""What proves both trails: seals, where their roots went, what checks found, and what retention removed.

Every row says by itself in which transaction of which cluster it was written: the application may not say it. A seal
covers the rows of a range of finished transactions, so that a row in flight is never skipped; transaction numbers
start again in another cluster (a restored backup), which is why the cluster stands beside them.

`app` reads no row to seal it: it is given digests, computed here over every column, in the context `sealing` alone.
"""

from django.conf import settings
from django.db import migrations

from common.security import append_only, policy

ROLE = settings.APP_DATABASE_ROLE
EVENT_COLUMNS = (
    "id", "action", "user_id", "agency_id", "case_id", "object_kind", "object_id", "fields", "reason", "request_id",
    "remote_addr", "system",
)  # fmt: skip
ENTRY_COLUMNS = (
    "id", '"timestamp"', "content_type_id", "object_pk", "object_id", "object_repr", "serialized_data", "action",
    "changes_text", "changes", "actor_id", "cid", "remote_addr", "remote_port", "additional_data", "actor_email",
    "system", "agency_id", "case_id", "reason",
)  # fmt: skip
# In this order for ever: a column added later is a new format with a function of its own.
EVENT_DIGEST = ("id", "at", "xid", "cluster", *EVENT_COLUMNS[1:])
ENTRY_DIGEST = ("id", '"timestamp"', "xid", "cluster", *ENTRY_COLUMNS[2:])

CLUSTER = """
CREATE FUNCTION audit_cluster() RETURNS bigint LANGUAGE sql STABLE
  AS $$ SELECT system_identifier FROM pg_catalog.pg_control_system() $$;
ALTER TABLE audit_auditevent ADD COLUMN cluster bigint NOT NULL DEFAULT audit_cluster();
ALTER TABLE audit_logentry ADD COLUMN cluster bigint NOT NULL DEFAULT audit_cluster();
CREATE INDEX audit_auditevent_xid ON audit_auditevent (xid);
CREATE INDEX audit_logentry_xid ON audit_logentry (xid);
"""
NO_CLUSTER = """
DROP INDEX audit_auditevent_xid; DROP INDEX audit_logentry_xid;
ALTER TABLE audit_auditevent DROP COLUMN cluster; ALTER TABLE audit_logentry DROP COLUMN cluster;
DROP FUNCTION audit_cluster();
"""

# Everything but what the database says by itself: the transaction, the cluster and, of an event, the time.
COLUMNS_ONLY = f"""
REVOKE INSERT ON audit_auditevent, audit_logentry FROM "{ROLE}";
GRANT INSERT ({", ".join(EVENT_COLUMNS)}) ON audit_auditevent TO "{ROLE}";
GRANT INSERT ({", ".join(ENTRY_COLUMNS)}) ON audit_logentry TO "{ROLE}";
"""
ALL_COLUMNS = f"""
REVOKE INSERT ({", ".join(EVENT_COLUMNS)}) ON audit_auditevent FROM "{ROLE}";
REVOKE INSERT ({", ".join(ENTRY_COLUMNS)}) ON audit_logentry FROM "{ROLE}";
GRANT INSERT ON audit_auditevent, audit_logentry TO "{ROLE}";
"""

TABLES = """
CREATE TABLE audit_seal (
  number bigint PRIMARY KEY CHECK (number > 0),
  taken_at timestamptz NOT NULL,
  cluster bigint NOT NULL,
  from_xid bigint NOT NULL,
  upto_xid bigint NOT NULL,
  next_xid bigint NOT NULL,
  rows integer NOT NULL CHECK (rows > 0),
  manifest bytea NOT NULL,
  root bytea NOT NULL,
  previous bytea NOT NULL,
  key_id varchar(16) NOT NULL,
  chain bytea NOT NULL
);
CREATE INDEX audit_seal_taken_at ON audit_seal (taken_at);
CREATE TABLE audit_anchor (
  id uuid PRIMARY KEY,
  channel varchar(20) NOT NULL,
  upto_number bigint NOT NULL REFERENCES audit_seal (number),
  sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (channel, upto_number)
);
CREATE TABLE audit_certificate (
  id uuid PRIMARY KEY,
  trail smallint NOT NULL,
  month date NOT NULL,
  rows integer NOT NULL,
  entries bytea NOT NULL,
  reason varchar(200) NOT NULL CHECK (reason <> ''),
  dropped_at timestamptz NOT NULL,
  key_id varchar(16) NOT NULL,
  signature bytea NOT NULL,
  UNIQUE (trail, month)
);
CREATE TABLE audit_verification (
  id uuid PRIMARY KEY,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  asked_by_id uuid,
  started_at timestamptz,
  finished_at timestamptz,
  seals integer NOT NULL DEFAULT 0,
  rows bigint NOT NULL DEFAULT 0,
  waiting bigint NOT NULL DEFAULT 0,
  upto_number bigint NOT NULL DEFAULT 0,
  found integer NOT NULL DEFAULT 0,
  findings jsonb NOT NULL DEFAULT '[]',
  dropped jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX audit_verification_asked_at ON audit_verification (asked_at DESC);
CREATE FUNCTION audit_refuse_second_result() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public
  AS $$ BEGIN
  IF TG_OP <> 'UPDATE' OR OLD.finished_at IS NOT NULL THEN
    RAISE EXCEPTION 'the result of a check is never changed or removed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_verification_final BEFORE UPDATE OR DELETE ON audit_verification
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_second_result();
CREATE TRIGGER audit_verification_no_truncate BEFORE TRUNCATE ON audit_verification
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_second_result();
"""
NO_TABLES = """
DROP TABLE audit_verification; DROP FUNCTION audit_refuse_second_result();
DROP TABLE audit_certificate; DROP TABLE audit_anchor; DROP TABLE audit_seal;
"""

APPEND = [append_only(table) for table in ("audit_seal", "audit_anchor", "audit_certificate")]
LOCKS = [
    policy(table, read="false", insert="false", contexts=("sealing",))
    for table in ("audit_seal", "audit_anchor", "audit_verification")
]
# only the owner's command drops a month and certifies it
LOCKS.append(policy("audit_certificate", read="(SELECT move_context()) = 'sealing'", write="false", insert="false"))


def _digest(columns: tuple[str, ...]) -> str:
    return f"sha256(convert_to(json_build_array({', '.join(columns)})::text, 'UTF8'))"


DEFINER = "LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$"
ONLY_SEALING = """BEGIN
  IF move_context() <> 'sealing' THEN RAISE EXCEPTION 'only for sealing' USING ERRCODE = 'insufficient_privilege'; END IF;
"""

FUNCTIONS = f"""
CREATE FUNCTION audit_digests(of_cluster bigint, from_xid bigint, upto_xid bigint, most integer)
RETURNS TABLE (trail smallint, id uuid, at timestamptz, xid bigint, digest bytea)
{DEFINER}
DECLARE
  first xid8 := from_xid::text::xid8;
  beyond xid8 := upto_xid::text::xid8;
{ONLY_SEALING}  RETURN QUERY
    SELECT r.trail, r.id, r.at, r.xid::text::bigint, r.digest FROM (
      (SELECT 1::smallint AS trail, e.id, e.at, e.xid, {_digest(tuple(f"e.{c}" for c in EVENT_DIGEST))} AS digest
       FROM audit_auditevent e WHERE e.cluster = of_cluster AND e.xid >= first AND e.xid < beyond
       ORDER BY e.xid LIMIT most)
      UNION ALL
      (SELECT 2::smallint, l.id, l."timestamp", l.xid, {_digest(tuple(f"l.{c}" for c in ENTRY_DIGEST))}
       FROM audit_logentry l WHERE l.cluster = of_cluster AND l.xid >= first AND l.xid < beyond
       ORDER BY l.xid LIMIT most)
    ) r ORDER BY r.xid, r.at, r.id, r.trail LIMIT most;
END $$;

CREATE FUNCTION audit_rows_now(of_trail smallint, ids uuid[])
RETURNS TABLE (id uuid, at timestamptz, xid bigint, cluster bigint, digest bytea)
{DEFINER}
{ONLY_SEALING}  IF of_trail = 1 THEN
    RETURN QUERY SELECT e.id, e.at, e.xid::text::bigint, e.cluster, {_digest(tuple(f"e.{c}" for c in EVENT_DIGEST))}
      FROM audit_auditevent e WHERE e.id = ANY (ids);
  ELSE
    RETURN QUERY SELECT l.id, l."timestamp", l.xid::text::bigint, l.cluster, {_digest(tuple(f"l.{c}" for c in ENTRY_DIGEST))}
      FROM audit_logentry l WHERE l.id = ANY (ids);
  END IF;
END $$;

CREATE FUNCTION audit_waiting(of_cluster bigint, from_xid bigint)
RETURNS TABLE (rows bigint, oldest timestamptz)
{DEFINER}
DECLARE
  first xid8 := from_xid::text::xid8;
{ONLY_SEALING}  RETURN QUERY SELECT count(*), min(r.at) FROM (
    SELECT e.at FROM audit_auditevent e WHERE e.cluster = of_cluster AND e.xid >= first
    UNION ALL SELECT l."timestamp" FROM audit_logentry l WHERE l.cluster = of_cluster AND l.xid >= first) r;
END $$;

CREATE FUNCTION audit_strangers(known bigint[], most integer)
RETURNS TABLE (trail smallint, id uuid, at timestamptz)
{DEFINER}
{ONLY_SEALING}  RETURN QUERY SELECT r.trail, r.id, r.at FROM (
    SELECT 1::smallint AS trail, e.id, e.at FROM audit_auditevent e WHERE e.cluster <> ALL (known)
    UNION ALL SELECT 2::smallint, l.id, l."timestamp" FROM audit_logentry l WHERE l.cluster <> ALL (known)) r LIMIT most;
END $$;
"""
SIGNATURES = (
    "audit_digests(bigint, bigint, bigint, integer)",
    "audit_rows_now(smallint, uuid[])",
    "audit_waiting(bigint, bigint)",
    "audit_strangers(bigint[], integer)",
)
CLOSE = "".join(
    f'REVOKE ALL ON FUNCTION {name} FROM PUBLIC; GRANT EXECUTE ON FUNCTION {name} TO "{ROLE}";' for name in SIGNATURES
)
NO_FUNCTIONS = "".join(f"DROP FUNCTION {name};" for name in SIGNATURES)


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_default_partition_in_the_way")]
    operations = [
        migrations.RunSQL(CLUSTER, NO_CLUSTER),
        migrations.RunSQL(COLUMNS_ONLY, ALL_COLUMNS),
        migrations.RunSQL(TABLES, NO_TABLES),
        *(migrations.RunSQL(*each) for each in (*APPEND, *LOCKS)),
        migrations.RunSQL(FUNCTIONS + CLOSE, NO_FUNCTIONS),
    ]
