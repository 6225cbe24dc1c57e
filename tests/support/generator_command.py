"""Runs the generator as a user does, with a data folder of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple


class Run(NamedTuple):
    """How a run ended: exit status, the summary of `--json`, and what it wrote."""

    status: int
    summary: dict[str, Any]
    out: str
    err: str

    @property
    def fates(self) -> tuple[int, int, dict[str, int], int, int]:
        """Exit status, accepted, refused by status, lost, unsent."""
        summary = self.summary
        return (
            self.status,
            summary["accepted"],
            summary["refused"],
            summary["lost"],
            summary["unsent"],
        )


class Generator:
    """Starts `python -m generator` with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *argv: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "generator", *argv, "--json", str(self.folder / "summary.json")],
            env={**os.environ, "DATA_DIR": str(self.folder), "STORE_TIMEZONE": "Europe/Paris"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process: "subprocess.Popen[str]") -> Run:
        out, err = process.communicate(timeout=60)
        path = self.folder / "summary.json"
        summary = json.loads(path.read_bytes()) if path.exists() else {}
        return Run(process.returncode, summary, out, err)

    def run(self, *argv: str) -> Run:
        return self.end(self.start(*argv))
