"""`tillstream status [--json]`."""

import os
from datetime import datetime
from pathlib import Path

import msgspec

from command import exits
from command.status import report
from command.status.looking import look
from command.system import find, require_running


def run(*, as_json: bool) -> int:
    """Print the findings; raises NothingRunsError. FAILED where something is wrong."""
    system = find(os.environ, Path.cwd())
    require_running(system)
    findings = look(system, datetime.now().astimezone())
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(findings)).decode())
    else:
        print(report.text(findings))
    return exits.FAILED if findings.problems else exits.OK
