"""A command in another terminal has every setting of the running system that changes figures."""

import subprocess
from pathlib import Path

from local.addresses import FIGURES, NAMES, write_addresses
from local.settings import ROOT


def test_addresses_carry_what_changes_figures_and_nothing_of_the_other_terminal(
    tmp_path: Path,
) -> None:
    environ = dict.fromkeys(NAMES, "x")
    environ |= {"BUSINESS_DAY_CUTOFF_HOUR": "4", "STORES_FILE": "my stores.csv"}
    environ |= {"STREAMS_DIR": "streams:/etc/more", "WINDOW_SIZES": "shop_metrics=4 h"}
    write_addresses(tmp_path, environ)

    script = f". {tmp_path}/addresses; echo $BUSINESS_DAY_CUTOFF_HOUR; echo $STORES_FILE;"
    script += "echo ${STORE_TIMEZONE-none}; echo $STREAMS_DIR; echo $WINDOW_SIZES"
    told = subprocess.run(
        ["sh", "-c", script],
        env={"STORE_TIMEZONE": "UTC", "STORES_FILE": "another"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert [
        *("4", str(ROOT / "my stores.csv"), "none"),
        *(f"{ROOT / 'streams'}:/etc/more", "shop_metrics=4 h"),
    ] == told.stdout.splitlines()
    assert not set(FIGURES) & set(NAMES)
