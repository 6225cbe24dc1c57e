"""Reads one TOML file of definitions; what is wrong with it is told by its line."""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from tillstream.streams.mistakes import Mistake

#: Of a file.
MOST_BYTES = 1_000_000
_AT_LINE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def content(path: Path, mistakes: list[Mistake]) -> tuple[str, Mapping[str, Any]] | None:
    """The text and what it says; None after a mistake that was told."""

    content = b""
    try:
        if not path.is_file():
            raise OSError(0, "no file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise OSError(0, f"larger than {MOST_BYTES:,} bytes")
        # Editors of Windows write a mark before the text, which TOML does not know.
        text = content.decode("utf-8-sig")
        return text, tomllib.loads(text, parse_float=_exact)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        said = f"not UTF-8: byte 0x{content[error.start]:02x}; save the file as UTF-8"
    except OSError as error:
        line, said = 0, f"not readable: {error.strerror}"
    except RecursionError:
        line, said = 1, "not TOML: lists or tables nested too deep"
    except ValueError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at else content.count(b"\n") + 1
        said = f"not TOML: {_AT_LINE.sub('', str(error))}"
    mistakes.append(Mistake(str(path), line, said))
    return None


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")
