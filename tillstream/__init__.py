"""What the rooms share, and no more: contracts, codec, topology, broker, settings, logs."""

import importlib.util
import sys

# Every room imports this first: the wrong Python is one line, and no traceback.
if importlib.util.find_spec("msgspec") is None:
    print(
        f"error: {sys.executable} has not Tillstream's packages: use `tillstream COMMAND`,"
        " `script/run python -m ROOM`, or .venv/bin/python after script/bootstrap",
        file=sys.stderr,
    )
    raise SystemExit(78)
