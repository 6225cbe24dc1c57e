"""`tillstream status [--json]`."""

import os
from datetime import datetime
from pathlib import Path

from command import exits
from command.status import report
from command.status.findings import json_text
from command.status.looking import look
from command.system import find, require_running


def run(*, as_json: bool) -> int:
    """Print the findings; raises NothingRunsError. FAILED where something is wrong."""
    system = find(os.environ, Path.cwd())
    require_running(system)
    findings = look(system, datetime.now().astimezone())
    if as_json:
        print(json_text(findings))
    else:
        print(report.text(findings))
    return exits.FAILED if findings.problems else exits.OK
