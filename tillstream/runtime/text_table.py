"""Tables for a terminal."""

from collections.abc import Sequence

from tillstream.runtime.printable import printable


def text_table(heads: Sequence[str], cells: Sequence[Sequence[str]], left: int = 2) -> str:
    """Heads and cells; the first `left` columns to the left, the others to the right.

    What a terminal would obey is shown escaped, so that no name breaks a row.
    """
    shown = [[printable(cell) for cell in row] for row in (heads, *cells)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return "\n".join(
        "  ".join(
            f"{cell:<{width}}" if place < left else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    )
