"""Splits a range of offsets into several, in their order, each for a task. Pure."""

from collections.abc import Sequence

#: Of messages, in their order, the offset and the bytes of the body.
Sizes = Sequence[tuple[int, int]]


def split(start: int, end: int, parts: int, sizes: Sizes = ()) -> list[tuple[int, int]]:
    """At most `parts` ranges [first, last) that make up [start, end), none of them empty.

    By bytes where `sizes` are those of its messages, else by offsets, holes or not.
    """
    known = [(offset, size) for offset, size in sizes if start <= offset < end]
    bounds = _by_bytes(known, parts) if known else _by_offsets(start, end, parts)
    inner = sorted({bound for bound in bounds if start < bound < end})
    return list(zip([start, *inner], [*inner, end], strict=True))


def _by_offsets(start: int, end: int, parts: int) -> list[int]:
    return [start + (end - start) * number // parts for number in range(1, parts)]


def _by_bytes(sizes: Sizes, parts: int) -> list[int]:
    total = sum(size for _, size in sizes)
    bounds: list[int] = []
    read = 0
    for offset, size in sizes:
        # A message belongs to the part that its middle is in.
        if (2 * read + size) * parts >= 2 * total * (len(bounds) + 1):
            bounds.append(offset)
        read += size
    return bounds[: parts - 1]
