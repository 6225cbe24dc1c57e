"""Decimals of another scale than that of today: carried over exactly, or not at all."""

import pyarrow as pa
import pyarrow.compute as pc

_SCALE = b"scale"
#: Beyond 18 digits the archive has no room.
_MOST = 10**18 - 1


def metadata(scale: int) -> dict[bytes, bytes]:
    """What a decimal's column says of itself."""
    return {_SCALE: str(scale).encode()}


def scale_of(field: pa.Field) -> int | None:
    """The scale of a column of minor units; None where it does not say one.

    Raises ValueError where it says something else.
    """
    said = (field.metadata or {}).get(_SCALE)
    return None if said is None else int(said)


def rescaled(units: pa.Array, scale: int, wanted: int) -> pa.Array:
    """Minor units of a scale, an int64 array, as those of another one.

    Raises pa.ArrowInvalid where a value would lose digits or does not fit.
    """
    if scale == wanted:
        return units
    if abs(scale - wanted) > 18:
        raise pa.ArrowInvalid(f"a scale of {scale} cannot be one of {wanted}")
    factor = pa.scalar(10 ** abs(scale - wanted), pa.int64())
    if wanted > scale:
        found = pc.multiply_checked(units, factor)
    else:
        found = pc.divide(units, factor)
        if not pc.all(pc.equal(pc.multiply(found, factor), units), min_count=0).as_py():
            raise pa.ArrowInvalid(f"a decimal of the scale {scale} has more than {wanted} places")
    if pc.any(pc.greater(pc.abs_checked(found), _MOST)).as_py():
        raise pa.ArrowInvalid(f"a decimal of the scale {scale} is too large for that of {wanted}")
    return found
