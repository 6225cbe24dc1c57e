"""What the product's own checks find."""

import json
from typing import Any

from loadtest.bench.private import System


def verify(system: System, room: str) -> dict[str, Any]:
    """What `python -m ROOM verify` finds, with its `status`."""
    done = system.run(room, "verify", "--json")
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        found = {"error": (done.stderr or done.stdout)[-2000:]}
    return found | {"status": done.returncode}
