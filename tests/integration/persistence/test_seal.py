"""Seals on a real MongoDB: once, also when killed or when two seal at once."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from persistence.seal import offline
from persistence.writer.entries import entry
from tests.support.persistence_room import archive
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream.clock import BusinessDay
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})


def start(environ: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "persistence", *arguments],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    said, _ = process.communicate(timeout=60)
    return process.returncode, said.splitlines()


def stored(number: int, till: int, day: int) -> dict[str, Any]:
    fields = receipt(number, terminalID=till, date=f"2024-11-{day:02d} 08:00:01")
    return entry(stamped(fields), STORES).document()


def test_sealers_that_are_killed_or_run_at_once_leave_one_chain(
    mongo_url: str, mongo_database: str, tmp_path: Path
) -> None:
    environ = {"MONGO_URL": mongo_url, "MONGO_DATABASE": mongo_database}
    late, export = stored(99, 1, 1), str(tmp_path / "export")
    with archive(mongo_url, mongo_database) as database:
        database.receipts.insert_many(
            stored(number, till, day)
            for till in range(1, 5)
            for day in range(1, 29)
            for number in range(5)
        )
        killed = start(environ, "seal")
        wait_until(lambda: database.seals.count_documents({}) > 5, 30, "some seals")
        killed.kill()
        killed.communicate()
        left = database.seals.count_documents({})
        both = [start(environ, "seal"), start(environ, "seal")]
        statuses = [finish(process)[0] for process in both]
        database.receipts.insert_one(late)
        supplement = finish(start(environ, "seal"))
        again = finish(start(environ, "seal"))
        exported = finish(start(environ, "export-seals", export))
        verified = finish(start(environ, "verify-seal"))
        first = {"till": "1", "businessDay": "2024-11-01"}
        for number, change in (
            ("99", {"$inc": {"grossMinor": 1}}),
            ("0", {"$set": {"raw": "no receipt"}}),
            ("1", {"$unset": {"lines": 1}}),
            ("2", {"$set": {"businessDay": "tomorrow"}}),
        ):
            database.receipts.update_one(first | {"number": number}, change)
        altered = finish(start(environ, "verify-seal"))
        database.receipts.insert_one(stored(98, 2, 1))
        beside = finish(start(environ, "seal"))
        sealed = Counter(each["key"] for seal in database.seals.find() for each in seal["receipts"])
    alone = subprocess.run(
        [sys.executable, offline.__file__, export],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert left < 4 * 28
    assert [0, 0] == statuses
    assert (0, "1 seals over 1 receipts") == (supplement[0], supplement[1][-1])
    assert (0, ["0 seals over 0 receipts"]) == again
    assert {1: 4 * 28 * 5 + 2} == Counter(sealed.values())
    assert (0, [f"113 seals and 561 receipts in {export}"]) == exported
    assert (0, ["4 tills, 113 seals, 0 faults"]) == verified
    assert (0, "every seal and every receipt holds\n") == (alone.returncode, alone.stdout)
    day = "till 1/1, day 2024-11-01, receipt"
    said = [f"{day} {each} (1/1/{each}/2024-11-01 08:00:01): altered" for each in (0, 1, 2, 99)]
    assert (1, said) == (altered[0], altered[1][:-1])
    # A till that cannot be sealed keeps no other waiting.
    assert (1, "1 seals over 1 receipts") == (beside[0], beside[1][-1])
