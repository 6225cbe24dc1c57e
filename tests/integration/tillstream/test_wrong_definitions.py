"""A process with wrong definitions ends at once, whatever else is away."""

import os
import subprocess
import sys
from pathlib import Path

from local.ports import free_port

ROOMS = (("entrypoint",), ("events", "worker"), ("persistence", "api"), ("dashboard",))
#: All of them together, on a busy machine; none waits for a broker or MongoDB, which never come.
END_SECONDS = 30

WRONG = """
[stream]
name = "sales"
[fields]
amount = { type = "decimal", scale = 2 }
[[window]]
name = "sales_by_hour"
size = "1 hour"
[window.measures]
amount = "avg(amount)"
"""


def test_every_mistake_is_told_and_the_start_is_over(tmp_path: Path) -> None:
    (tmp_path / "sales.toml").write_text(WRONG)
    settings = {
        "STREAMS_DIR": str(tmp_path),
        "DATA_DIR": str(tmp_path / "data"),
        "AMQP_URL": f"amqp://127.0.0.1:{free_port()}/",
        "MONGO_URL": f"mongodb://127.0.0.1:{free_port()}/",
        **{f"{name}_PORT": str(free_port()) for name in ("ENTRYPOINT", "ARCHIVE_API", "DASHBOARD")},
    }
    starts = [
        subprocess.Popen(
            [sys.executable, "-m", *room],
            env=os.environ | settings,
            stderr=subprocess.PIPE,
            text=True,
        )
        for room in ROOMS
    ]
    told = []
    for start in starts:
        try:
            _, said = start.communicate(timeout=END_SECONDS)
        finally:
            start.kill()
        told.append([line for line in said.splitlines() if line.startswith("error: ")])

    assert [78] * len(ROOMS) == [start.returncode for start in starts]
    assert [told[0]] * len(ROOMS) == told
    # The size, and what is no measure.
    assert ["8", "10"] == [line.split(":")[2] for line in told[0]]
