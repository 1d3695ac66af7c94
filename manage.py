#!/usr/bin/env python
import os
import sys

# Commands that change the schema or the reference data run as the owning role; everything else runs as `app`.
OWNER_COMMANDS = {
    "migrate",
    "sqlmigrate",
    "load_reference",
    "generate_volume",
    "check_copies",
    "drop_audit_month",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "move.settings.dev")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["MOVE_DATABASE_ROLE"] = "owner"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
