"""`python -m loadtest.upgrade`: what `script/upgrade-test` runs.

For each released version:

1. its files and its own locked packages in a temporary folder;
2. it runs with its generator, is ended, starts again and takes receipts that are known;
3. its `verify` holds, and says what there is; it is ended;
4. the version of this clone starts on the same data folder;
5. its `verify` ends with 0, and everything is as it was;
6. receipts that the old version has counted come again, and count nothing.
"""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from loadtest.upgrade.known_receipts import known
from loadtest.upgrade.releases import RELEASES, bring
from loadtest.upgrade.version_run import KEPT, Found, VersionError, outside, running
from local.ports import free_port
from local.settings import ROOT
from tillstream.errors import TillstreamError
from tillstream.runtime import process

#: So long the released version's generator sends.
GENERATOR_SECONDS = 8.0


def main() -> int:
    """0 when every version's data folder is opened and proved."""
    parser = argparse.ArgumentParser(
        prog="script/upgrade-test",
        description="Open the data folder of each released version with this one, for real.",
    )
    parser.add_argument("--from", dest="versions", action="append", choices=RELEASES)
    arguments = parser.parse_args()
    # Ends the systems and removes their folder, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        for version in arguments.versions or RELEASES:
            with tempfile.TemporaryDirectory(prefix="tillstream-upgrade-") as folder:
                _upgrade(version, Path(folder))
    except TillstreamError as error:
        process.fail(error, 1)
    return 0


def _upgrade(version: str, folder: Path) -> None:
    """Raises TillstreamError where the upgrade does not hold."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", flush=True)

    # 1. the released version
    released = folder / "released"
    released.mkdir()
    bring(version, released)
    say(f"{version}: its files and packages are there")
    ports: set[int] = set()
    for _ in range(3):
        ports.add(free_port(ports))
    names = ("ENTRYPOINT_PORT", "DASHBOARD_PORT", "ARCHIVE_API_PORT")
    data_dir = folder / "var"
    environ = outside(
        dict(zip(names, map(str, ports), strict=True))
        # Repetitions shall reach the log, and not be met at the door.
        | {"DATA_DIR": str(data_dir), "REMEMBERED_RECEIPTS": "1", "STORE_TIMEZONE": "UTC"}
    )
    # 2. its receipts
    output = folder / "released.log"
    with running(released, environ, output):
        time.sleep(GENERATOR_SECONDS)
    sent = known()
    with running(released, environ, output, "--no-generator") as system:
        _require_taken(system.send(sent.receipts))
        # 3. what it proves
        before = system.at_rest(len(sent.receipts))
    say(f"{version} has {_told(before)}")
    if before.figures["counted"] <= sent.counted:
        raise VersionError(f"the generator of {version} has sent nothing: {_told(before)}")
    # 4. this version
    output = folder / "this.log"
    with running(ROOT, environ, output, "--no-generator") as system:
        say("this version is ready on the same data folder")
        # 5. the same
        after = system.at_rest(len(sent.receipts))
        _require_same(before, after)
        say(f"it has the same: {_told(after)}")
        # 6. known receipts again
        _require_taken(system.send(sent.receipts))
        again = system.at_rest(before.figures["accepted"] + len(sent.receipts))
        known_again = {
            "accepted": before.figures["accepted"] + len(sent.receipts),
            "duplicates": before.figures["duplicates"] + len(sent.receipts) - sent.conflicts,
        }
        wanted = before.figures | known_again | {"conflicts": again.figures["conflicts"]}
        _require_same(Found(wanted, before.days), again)
        if (events := system.command("events", "verify")).returncode:
            raise VersionError(f"`events verify` does not hold: {events.stdout[-500:]}")
    say("what it had counted counts nothing again, and events verify holds")


def _require_taken(statuses: list[int]) -> None:
    if set(statuses) != {202}:
        raise VersionError(f"a receipt was not taken: {statuses}")


def _require_same(before: Found, after: Found) -> None:
    different = [
        f"{name} was {before.figures[name]} and is {after.figures[name]}"
        for name in KEPT
        if before.figures[name] != after.figures[name]
    ]
    days = sorted(before.days.keys() | after.days.keys())
    different += [
        f"{day} was {before.days.get(day)} and is {after.days.get(day)}"
        for day in days
        if before.days.get(day) != after.days.get(day)
    ]
    if different:
        raise VersionError("; ".join(different))


def _told(found: Found) -> str:
    figures = ", ".join(f"{name} {number}" for name, number in found.figures.items())
    cents = sum(cents for _, cents in found.days.values())
    return f"{figures}; {cents / 100:.2f} in {len(found.days)} days"


if __name__ == "__main__":
    sys.exit(main())
