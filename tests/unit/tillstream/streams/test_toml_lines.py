"""The lines of keys."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tillstream.streams import toml_lines

TEXT = '''# a comment with [brackets] and "quotes"
top = 1
[a] # more
  "quoted key" = "x # no comment"
b.c = [1, [2, 3], # in between
  "four",
  { five = 5, six = """
several
lines""" }]
after = 1979-05-27T07:32:00Z
[[w]]
name = 'one'
[w.keys]
k = """two ""quotes"" """
[[w]]
name = "two"
[w.keys]
k = { sql = "x = '}'", unit = 'u' }
[last]
'''


def _paths(value: Any, path: toml_lines.Path = ()) -> Iterator[toml_lines.Path]:
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for key, each in inside:
        yield (*path, key)
        yield from _paths(each, (*path, key))


def test_every_key_has_the_line_that_it_stands_in() -> None:
    lines = toml_lines.lines(TEXT)

    expected = {
        ("top",): 2,
        ("a",): 3,
        ("a", "quoted key"): 4,
        ("a", "b", "c"): 5,
        ("a", "b", "c", 1, 1): 5,
        ("a", "b", "c", 2): 6,
        ("a", "b", "c", 3, "six"): 7,
        ("a", "after"): 10,
        ("w", 0): 11,
        ("w", 0, "keys", "k"): 14,
        ("w", 1): 15,
        ("w", 1, "name"): 16,
        ("w", 1, "keys", "k", "unit"): 18,
        ("last",): 19,
    }
    assert expected == {path: lines.get(path) for path in expected}


@pytest.mark.parametrize("path", [Path("pyproject.toml"), *sorted(Path("streams").rglob("*.toml"))])
def test_no_key_of_a_file_is_without_a_line(path: Path) -> None:
    text = path.read_text()

    assert set(_paths(tomllib.loads(text))) == set(toml_lines.lines(text))
