#!/usr/bin/env python3
"""Writes dashboard/assets/outlines.json, the coasts and borders beneath the map of /stores, anew.

    npm pack world-atlas@1.1.4 && tar xzf world-atlas-1.1.4.tgz package/world/50m.json
    script/outlines.py package/world/50m.json

The TopoJSON is Natural Earth 2.0 at 1:50m. An arc of it is a coast, or a border of two countries,
and stands there once. What is written is a list of lines, each a flat list of whole hundredths of a
degree: longitude and latitude of its first point, then the step to each further one.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[1] / "dashboard" / "assets" / "outlines.json"

#: So far a point may lie from the line that leaves it out, hundredths of a degree: 1.8 km,
#: a pixel of a map of France.
OFF = 1.6
#: Where the data cut the world open, which is no coast, and where Antarctica begins, hundredths of
#: a degree: nothing is drawn from there on.
EDGE_LONGITUDE, EDGE_LATITUDE = 17_995, -6_000

Point = tuple[int, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("topojson", type=Path)
    topology = json.loads(parser.parse_args().topojson.read_bytes())
    lines = [
        steps(kept)
        for arc in topology["arcs"]
        for line in parts(points(topology, arc))
        # An island that is left as a point is left out.
        if (kept := simple(line))[1:] != kept[:1]
    ]
    FILE.write_text(json.dumps(lines, separators=(",", ":")).replace("],[", "],\n[") + "\n")
    print(f"{len(lines)} lines, {FILE.stat().st_size:,} bytes")


def points(topology: dict[str, Any], arc: list[list[int]]) -> list[Point]:
    """In hundredths of a degree, none twice in a row."""
    transform = topology["transform"]
    (across, up), (left, low) = transform["scale"], transform["translate"]
    places = itertools.accumulate(arc, lambda a, b: [a[0] + b[0], a[1] + b[1]])
    rounded = ((round(100 * (x * across + left)), round(100 * (y * up + low))) for x, y in places)
    return [point for point, _ in itertools.groupby(rounded)]


def parts(line: list[Point]) -> list[list[Point]]:
    """The line without what lies at the edges."""
    found: list[list[Point]] = [[]]
    for point in line:
        if abs(point[0]) >= EDGE_LONGITUDE or point[1] <= EDGE_LATITUDE:
            found.append([])
        else:
            found[-1].append(point)
    return [part for part in found if len(part) > 1]


def simple(line: list[Point]) -> list[Point]:
    """Douglas and Peucker: the ends, and what lies too far from the line between them."""
    (ax, ay), (bx, by) = line[0], line[-1]
    length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5

    def off(place: int) -> float:
        x, y = line[place]
        if not length:  # a ring
            return float(((x - ax) ** 2 + (y - ay) ** 2) ** 0.5)
        return float(abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length)

    furthest = max(range(1, len(line) - 1), key=off, default=0)
    if not furthest or off(furthest) <= OFF:
        return [line[0], line[-1]]
    return simple(line[: furthest + 1])[:-1] + simple(line[furthest:])


def steps(line: list[Point]) -> list[int]:
    pairs = itertools.pairwise(line)
    return [*line[0], *(step for a, b in pairs for step in (b[0] - a[0], b[1] - a[1]))]


if __name__ == "__main__":
    main()
