"""`python -m local.supervisord`: supervisord, made to outlive a full disk.

Supervisor reports a log that it cannot write on its standard error, which lies on the same disk:
that error ended it, and every program with it. Here the lines are lost instead, and are written
again as soon as there is space.
"""

import contextlib
from pathlib import Path
from typing import BinaryIO

from supervisor import loggers, supervisord


class LossyRotation(loggers.RotatingFileHandler):  # type: ignore[misc]
    """A program's log, or supervisord's own: what does not fit on the disk is left out."""

    stream: BinaryIO

    def handleError(self) -> None:  # noqa: N802 - Supervisor's name
        """Go on without the line."""

    def doRollover(self) -> None:  # noqa: N802 - Supervisor's name
        """Begin a new file where there is space; until then go on with the old one."""
        with contextlib.suppress(OSError, ValueError):
            super().doRollover()
        if self.stream.closed:
            with contextlib.suppress(OSError):
                self.stream = Path(self.baseFilename).open("ab")  # noqa: SIM115 - kept open


def main() -> None:
    """Run supervisord with the arguments of the command line."""
    loggers.RotatingFileHandler = LossyRotation
    supervisord.main()


if __name__ == "__main__":
    main()
