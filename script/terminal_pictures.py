"""Draws docs/images/terminal-*.svg: `tillstream up`, `status` and `verify`, from one real run.

    .venv/bin/python script/terminal_pictures.py

Starts a system of its own in a temporary folder, on free ports, and ends it as Ctrl-C does.
"""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from local.ports import free_port  # noqa: E402 - after the path

IMAGES = ROOT / "docs" / "images"
#: What the folder of the run is called in the pictures.
SHOWN_FOLDER = "/srv/tillstream"
COLUMNS, UP_LINES = 118, 30
READY_SECONDS, COUNTED_SECONDS, ASK_SECONDS, END_SECONDS = 300.0, 20.0, 300.0, 60.0
#: Pixels of a character and of a line, and around the text.
WIDTH, HEIGHT, EDGE = 7.25, 17, 16
#: Browsers make one space of several.
NO_BREAK = "\N{NO-BREAK SPACE}"


def main() -> None:
    """Run, ask, end, draw."""
    with tempfile.TemporaryDirectory() as folder:
        ports = {
            name: str(free_port())
            for name in ("ENTRYPOINT_PORT", "DASHBOARD_PORT", "ARCHIVE_API_PORT")
        }
        data_dir = Path(folder) / "var"
        environ = {**os.environ, **ports, "DATA_DIR": str(data_dir)}
        log = Path(folder) / "up"
        with log.open("w") as output:
            up = subprocess.Popen(command("up"), env=environ, stdout=output, stderr=output)
        try:
            wait_for(log, "Tillstream is ready", up)
            # Some receipts, so that there is something to prove.
            time.sleep(COUNTED_SECONDS)
            answers = {"status": asked("status", environ), "verify": asked("verify", environ)}
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(END_SECONDS)
        lines = log.read_text().splitlines()
        ready = next(n for n, line in enumerate(lines) if line.startswith("Tillstream is ready"))
        answers["up"] = "\n".join([*lines[: UP_LINES - 2], "...", lines[ready]])
        for word, text in answers.items():
            shown = text.replace(str(data_dir), SHOWN_FOLDER)
            (IMAGES / f"terminal-{word}.svg").write_text(drawn(word, shown))


def command(word: str) -> list[str]:
    """`tillstream WORD` of this clone."""
    return [sys.executable, "-m", "command", word]


def asked(word: str, environ: dict[str, str]) -> str:
    """What the command says; ends with its error where it does not end with 0."""
    done = subprocess.run(
        command(word), env=environ, capture_output=True, text=True, check=False, timeout=ASK_SECONDS
    )
    if done.returncode != 0:
        raise SystemExit(f"tillstream {word} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout.rstrip()


def wait_for(log: Path, text: str, up: subprocess.Popen[bytes]) -> None:
    """Return when the log has the text."""
    deadline = time.monotonic() + READY_SECONDS
    while text not in log.read_text():
        if up.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"tillstream up is not ready:\n{log.read_text()}")
        time.sleep(0.5)


def drawn(word: str, text: str) -> str:
    """The text as a terminal shows it after `$ tillstream WORD`, as SVG."""
    lines = [f"$ tillstream {word}"]
    for line in text.splitlines():
        lines += textwrap.wrap(line, COLUMNS, drop_whitespace=False, break_on_hyphens=False) or [""]
    width = max(map(len, lines)) * WIDTH + 2 * EDGE
    height = len(lines) * HEIGHT + 2 * EDGE
    rows = "".join(
        f'<text x="{EDGE}" y="{EDGE + HEIGHT * (n + 0.75):.0f}"'
        f' textLength="{len(line) * WIDTH:.0f}">{escape(line).replace(" ", NO_BREAK)}</text>\n'
        for n, line in enumerate(lines)
        if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}"'
        f' role="img" aria-label="tillstream {word} in a terminal">\n'
        '<rect width="100%" height="100%" rx="8" fill="#17171c"/>\n'
        '<g font-family="ui-monospace, monospace" font-size="12" fill="#e6e6ea">\n'
        f"{rows}</g>\n</svg>\n"
    )


if __name__ == "__main__":
    main()
