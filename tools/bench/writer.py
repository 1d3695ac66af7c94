"""One process of writers: no Django, so that it is the database that works. Started by `writers`.

Reads a line of JSON with what to write, then for each line with a number of seconds writes for so long, four
connections at once, and answers how many transactions were committed.
"""

import json
import os
import sys
import threading
import time
from typing import Any

import psycopg

from common.ids import uuid7

WORK = "SELECT pg_sleep(0.005)"  # what a request does besides
UPDATE = "UPDATE accounts_user SET language = language WHERE id = %(user)s"


class Writer:
    """One person at work."""

    def __init__(self, who: dict[str, str], settings: str, insert: str) -> None:
        self.who, self.settings, self.insert = who, settings, insert
        self.connection = psycopg.connect(os.environ["DATABASE_URL"])
        self.done = 0

    def work(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        event: list[Any] = [
            None, "read", self.who["user"], self.who["agency"], None, "cases.summary", None, '["facts:case"]', "", "",
            None, "",
        ]  # fmt: skip
        self.done = 0
        while time.monotonic() < until:
            event[0] = uuid7()
            self.connection.execute(self.settings, self.who)
            self.connection.execute(self.insert, event)
            self.connection.execute(WORK)
            changed = self.connection.execute(UPDATE, self.who).rowcount
            self.connection.commit()
            if changed != 1:
                raise SystemExit("a writer changed nothing")
            self.done += 1


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    writers = [Writer(who, asked["settings"], asked["insert"]) for who in asked["who"]]
    for line in sys.stdin:
        threads = [threading.Thread(target=writer.work, args=[float(line)]) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(sum(writer.done for writer in writers), flush=True)


if __name__ == "__main__":
    main()
