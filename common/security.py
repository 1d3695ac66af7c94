"""SQL that migrations share: row-level security and append-only tables."""

from django.conf import settings


def append_only(table: str) -> tuple[str, str]:
    """SQL (forwards, backwards) that makes `table` insert-and-select only, for the owner too."""
    role = settings.APP_DATABASE_ROLE
    forwards = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM "{role}";
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION move_refuse_change();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION move_refuse_change();
"""
    backwards = f"""
DROP TRIGGER {table}_no_truncate ON {table};
DROP TRIGGER {table}_append_only ON {table};
GRANT UPDATE, DELETE ON {table} TO "{role}";
"""
    return forwards, backwards


def policy(
    table: str, *, read: str, write: str | None = None, insert: str = "true", contexts: tuple[str, ...] = ()
) -> tuple[str, str]:
    """SQL (forwards, backwards) of the second lock on `table`.

    `read` and `write` (defaults to `read`) are SQL conditions on the row for selecting and for updating or deleting;
    inserts are decided by services unless `insert` says otherwise. `contexts` are the system contexts that pass.
    ENABLE, not FORCE: the owner migrates and backs up.
    """
    passes = " OR ".join(f"(SELECT move_context()) = '{context}'" for context in contexts)
    read_sql = f"({passes}) OR ({read})" if passes else read
    write_sql = f"({passes}) OR ({write or read})" if passes else (write or read)
    insert_sql = f"({passes}) OR ({insert})" if passes and insert != "true" else insert
    forwards = f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read_sql});
CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({insert_sql});
CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({write_sql}) WITH CHECK ({write_sql});
CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({write_sql});
"""
    backwards = f"""
DROP POLICY {table}_delete ON {table}; DROP POLICY {table}_update ON {table};
DROP POLICY {table}_insert ON {table}; DROP POLICY {table}_read ON {table};
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""
    return forwards, backwards


def instead(old: tuple[str, str], new: tuple[str, str]) -> tuple[str, str]:
    """SQL (forwards, backwards) that puts the policies `new` in the place of `old`, both as `policy` gives them."""
    return old[1] + new[0], new[1] + old[0]
