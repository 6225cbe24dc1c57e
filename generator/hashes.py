"""Numbers that look random and are the same in every process, and UUIDs made of them."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]

_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_CHARACTERS = 36
#: Where the digits of a UUID stand between its hyphens.
_DIGITS = np.array([place for place in range(_CHARACTERS) if place not in (8, 13, 18, 23)])


def mixed(numbers: Hashes) -> Hashes:
    """Each number as 64 bits that look random: splitmix64, of S. Vigna, in the public domain."""
    made = numbers + np.uint64(0x9E3779B97F4A7C15)
    made = (made ^ (made >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    made = (made ^ (made >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return made ^ (made >> np.uint64(31))


def uuids(marks: Hashes) -> pa.StringArray:
    """A UUID for each of the marks: another one for another mark."""
    halves = np.column_stack([marks, mixed(marks)])
    octets = halves.astype(">u8").view(np.uint8).reshape(len(marks), 16)
    text = np.full((len(marks), _CHARACTERS), ord("-"), np.uint8)
    digits = np.stack([_HEX[octets >> 4], _HEX[octets & 15]], axis=2).reshape(len(marks), 32)
    text[:, _DIGITS] = digits
    offsets = np.arange(len(marks) + 1, dtype=np.int32) * _CHARACTERS
    return pa.StringArray.from_buffers(
        len(marks), pa.py_buffer(offsets), pa.py_buffer(text.tobytes())
    )
