#!/usr/bin/env python3
"""Draws the rooms of the code as docs/images/house.svg: `script/house_map.py [--check]`.

A card is a room, a row one of its folders or files, which imports only rows below it and
tillstream. The words are the first lines of the docstrings.
"""

import argparse
import ast
import sys
import tomllib
from collections.abc import Iterable
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "house.svg"

#: Rooms by floor, the highest first; what pyproject.toml names besides is an error.
FLOORS = (
    ("local", "loadtest", "generator", "jobs", "alerts"),
    ("entrypoint", "connectors", "analytics", "persistence", "spark", "command"),
    ("events", "dashboard", "tillstream"),
)
CARD_WIDTH, GAP, ROW, HEAD, PAD = 470, 24, 19, 46, 14
#: Characters of a row's words that fit beside its name.
WORDS = 46


class Row(NamedTuple):
    """A folder or file of a room."""

    name: str
    words: str
    #: Names of the rows that it imports.
    uses: frozenset[str]


def main() -> int:
    """Write the picture, or say whether it is the one that the code gives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when it is old")
    drawn = picture()
    if not parser.parse_args().check:
        PICTURE.write_text(drawn)
        return 0
    if PICTURE.read_text() == drawn:
        return 0
    print(
        "docs/images/house.svg is not what the code gives: run script/house_map.py", file=sys.stderr
    )
    return 1


def picture() -> str:
    """The whole house as SVG."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    rooms = settings["tool"]["importlinter"]["root_packages"]
    if missing := set(rooms) - {room for floor in FLOORS for room in floor}:
        raise SystemExit(f"FLOORS of script/house_map.py lacks {', '.join(sorted(missing))}")
    parts: list[str] = []
    top, width = GAP, 0
    for floor in FLOORS:
        cards = [card(room) for room in floor]
        left = GAP
        for lines, _ in cards:
            parts.append(f'<g transform="translate({left} {top})">' + "".join(lines) + "</g>")
            left += CARD_WIDTH + GAP
        width = max(width, left)
        top += max(height for _, height in cards) + GAP
    style = (
        "text{font:13px ui-sans-serif,system-ui,sans-serif;fill:#1f2328}"
        ".room{font-size:17px;font-weight:600}"
        ".words{fill:#59636e;font-size:12px}.name{font-family:ui-monospace,monospace;font-size:12px}"
        "rect{fill:#f6f8fa;stroke:#d1d9e0}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top}"'
        f' viewBox="0 0 {width} {top}" role="img" aria-label="The rooms of Tillstream">'
        f'<style>{style}</style><rect width="100%" height="100%" style="fill:#fff;stroke:none"/>'
        + "\n".join(parts)
        + "</svg>\n"
    )


def card(room: str) -> tuple[list[str], int]:
    """The drawing of a room at the origin, and its height."""
    rows = rows_of(ROOT / room)
    height = HEAD + len(rows) * ROW + PAD
    lines = [
        f'<rect width="{CARD_WIDTH}" height="{height}" rx="8"/>',
        text(PAD, 22, "room", f"{room}/"),
        text(PAD, 38, "words", words_of(ROOT / room / "__init__.py", 70)),
    ]
    for place, row in enumerate(rows):
        baseline = HEAD + place * ROW + 14
        lines += [text(PAD, baseline, "name", row.name), text(155, baseline, "words", row.words)]
    return lines, height


def text(x: int, y: int, kind: str, words: str) -> str:
    """One line of text."""
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(words)}</text>'


def rows_of(room: Path) -> list[Row]:
    """The folders and files of a room, each before what it imports; ties by name."""
    rows = {}
    for path in sorted(room.iterdir()):
        if path.is_dir() and (path / "__init__.py").exists():
            files, docstring, name = list(path.rglob("*.py")), path / "__init__.py", f"{path.name}/"
        elif path.suffix == ".py" and path.name != "__init__.py":
            files, docstring, name = [path], path, path.name
        else:
            continue
        uses = frozenset(used(files, room.name)) - {path.stem}
        rows[path.stem] = Row(name, words_of(docstring, WORDS), uses)
    order = TopologicalSorter({stem: sorted(row.uses & rows.keys()) for stem, row in rows.items()})
    return [rows[stem] for stem in reversed(list(order.static_order()))]


def used(files: Iterable[Path], room: str) -> set[str]:
    """What files import of their own room: names of its folders and files."""
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == room:
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{room}."):
                found.add((node.module or "").split(".")[1])
    return found


def words_of(file: Path, most: int) -> str:
    """The first line of a file's docstring, shortened."""
    line = (ast.get_docstring(ast.parse(file.read_text())) or "").split("\n")[0].rstrip(".")
    return line if len(line) <= most else line[: most - 1].rsplit(" ", 1)[0] + "…"


if __name__ == "__main__":
    sys.exit(main())
