"""Tables for a terminal."""

from collections.abc import Sequence


def text_table(heads: Sequence[str], cells: Sequence[Sequence[str]], left: int = 2) -> str:
    """Heads and cells; the first `left` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:<{width}}" if place < left else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (heads, *cells)
    )
