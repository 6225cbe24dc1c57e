"""The rules of a field on a whole column at once: accept all of it, or leave it to the slow way.

Whatever is accepted here is what `values` makes of each value alone; what is not accepted here is
not refused either: the slow way decides, and names what is wrong.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from entrypoint.events import times, values
from entrypoint.events.contract import enum_values
from tillstream.streams.definition import MOST_DECIMAL, Field

#: The least and the most of an integer, both allowed; of other types not looked at.
Bounds = tuple[int, int]

#: Of decimals on their way: 15 digits and room for what is beyond the bound.
DECIMAL_DIGITS = 18
_UTC_SUFFIX = np.frombuffer(b" UTC", np.uint8)
#: Length of `2026-11-21 08:00:01`, and of the same with ` UTC`.
_PLAIN_TIME, _UTC_TIME = 19, 23
#: Arrow has the changes of clocks by tables that end here, and none of the rules that go on.
_END_OF_ZONES = pa.scalar(datetime(2037, 1, 1), pa.timestamp("us"))  # noqa: DTZ001 - of any zone


# Made once: from a Python text Arrow makes a scalar in 0.1 ms, as it looks for pandas each time.
_EMPTY, _NO_TEXT = pa.scalar("", pa.string()), pa.scalar(None, pa.string())


class NotPlainError(Exception):
    """Something in the columns may be wrong: the slow way tells."""


def text(field: Field, array: pa.Array, _: Bounds) -> pa.Array:
    """A column of string, or a dictionary of it, without empty texts."""
    found = array.dictionary if pa.types.is_dictionary(array.type) else array
    _require_no_null(field, array)
    if len(found):
        offsets = np.frombuffer(found.buffers()[1], np.int32)[
            found.offset : found.offset + len(found) + 1
        ]
        # Characters are no more than bytes.
        if int(np.diff(offsets).max()) > field.max_length:
            longest = pc.max(pc.utf8_length(found)).as_py()
            if longest is not None and longest > field.max_length:
                raise NotPlainError
    return array


def enum(field: Field, array: pa.Array, _: Bounds) -> pa.Array:
    """A column of string or of a dictionary of it."""
    _require_no_null(field, array)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    names = array.dictionary.to_pylist()
    place = {value: code for code, value in enumerate(field.values)}
    try:
        codes = np.array([place[name] for name in names], np.int8)
    except KeyError as error:
        raise NotPlainError from error
    if not len(codes):
        return pa.DictionaryArray.from_arrays(pa.nulls(len(array), pa.int8()), enum_values(field))
    found = pc.take(pa.array(codes), array.indices)
    return pa.DictionaryArray.from_arrays(found, enum_values(field))


def integer(field: Field, array: pa.Array, within: Bounds) -> pa.Array:
    """A column of int64."""
    _require_no_null(field, array)
    _require_within(array, *within)
    return array


def decimal(field: Field, array: pa.Array, within: Bounds) -> pa.Array:
    """A column of decimal128 with the field's scale, or of float64."""
    _require_no_null(field, array)
    if pa.types.is_floating(array.type):
        units = _units_of_doubles(array, field.scale)
    else:
        units = _low_words(array)
    _require_within(units, *within)
    return units


def boolean(field: Field, array: pa.Array, _: Bounds) -> pa.Array:
    """A column of bool."""
    _require_no_null(field, array)
    return array


def timestamp(field: Field, array: pa.Array, within: Bounds) -> pa.Array:
    """A column of texts, of timestamp[us] without a zone, or with one."""
    _require_no_null(field, array)
    if pa.types.is_string(array.type):
        array = _times_of_texts(field, array)
    if array.type.tz is None:
        array = _in_zone(field, array)
    found = array.view(pa.int64())
    _require_within(found, *within)
    return found


#: By the type of the field: from a plain column to the one that travels.
CHECKS: dict[str, Callable[[Field, pa.Array, Bounds], pa.Array]] = {
    "text": text,
    "enum": enum,
    "integer": integer,
    "decimal": decimal,
    "boolean": boolean,
    "timestamp": timestamp,
}


def checked(
    fields: Sequence[Field],
    plain: Sequence[pa.Array],
    event_time: str | None,
    now_us: int,
) -> list[pa.Array]:
    """The columns as they travel; raises NotPlainError."""
    try:
        return [
            CHECKS[field.type](field, array, _bounds(field, event_time, now_us))
            for field, array in zip(fields, plain, strict=True)
        ]
    except (pa.ArrowException, OverflowError) as error:
        raise NotPlainError from error


def _bounds(field: Field, event_time: str | None, now_us: int) -> Bounds:
    match field.type:
        case "timestamp":
            return times.bounds(is_event_time=field.name == event_time, now_us=now_us)
        case "decimal":
            return values.decimal_bounds(field)
        case _:
            return field.minimum, field.maximum


def _require_no_null(field: Field, array: pa.Array) -> None:
    if field.required and array.null_count:
        raise NotPlainError


def _require_within(array: pa.Array, least: int, most: int) -> None:
    found = pc.min_max(array)
    low, high = found["min"].as_py(), found["max"].as_py()
    if low is not None and (low < least or high > most):
        raise NotPlainError


def _low_words(array: pa.Array) -> pa.Array:
    """Unscaled values of decimal128: of each 16 bytes the first 8 hold 18 digits with the sign."""
    words = np.frombuffer(array.buffers()[1], np.int64)
    start, end = 2 * array.offset, 2 * (array.offset + len(array))
    units = words[start:end:2]
    high = words[start + 1 : end : 2]
    if array.null_count:
        empty = pc.is_null(array).to_numpy(zero_copy_only=False)
        units, high = np.where(empty, 0, units), np.where(empty, 0, high)
        if (high != units >> 63).any():
            raise NotPlainError
        return pa.array(units, mask=empty)
    if (high != units >> 63).any():
        raise NotPlainError
    return pa.array(np.ascontiguousarray(units))


def _units_of_doubles(array: pa.Array, scale: int) -> pa.Array:
    """As values: a double has 15 digits, the nearest decimal is the one that was written."""
    empty = pc.is_null(array).to_numpy(zero_copy_only=False) if array.null_count else None
    doubles = array.to_numpy(zero_copy_only=False)
    if empty is not None:
        doubles = np.where(empty, 0.0, doubles)
    unit = float(10**scale)
    if not (np.abs(doubles) * unit <= MOST_DECIMAL).all():
        raise NotPlainError
    units = np.rint(doubles * unit)
    if (units / unit != doubles).any():
        raise NotPlainError
    return pa.array(units.astype(np.int64), mask=empty)


def _times_of_texts(field: Field, array: pa.Array) -> pa.Array:
    count = len(array)
    if count and not array.null_count:
        offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset :][: count + 1]
        if (np.diff(offsets) == _UTC_TIME).all():
            bytes_ = np.frombuffer(array.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
            table = bytes_.reshape(count, _UTC_TIME)
            if (table[:, _PLAIN_TIME:] == _UTC_SUFFIX).all():
                plain = np.ascontiguousarray(table[:, :_PLAIN_TIME])
                ends = np.arange(0, _PLAIN_TIME * count + 1, _PLAIN_TIME, dtype=np.int32)
                cut = pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(plain))
                return cut.cast(pa.timestamp("s")).cast(pa.timestamp("us", "UTC"))
    if field.zone is not None:
        try:
            return array.cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            pass
    return array.cast(pa.timestamp("us", "UTC"))


def _in_zone(field: Field, array: pa.Array) -> pa.Array:
    """Naive times in the field's zone; where a clock is set back or forth the slow way tells."""
    if field.zone is None:
        raise NotPlainError
    if field.zone == "UTC":
        return array
    if pc.any(pc.greater_equal(array, _END_OF_ZONES)).as_py():
        raise NotPlainError
    return pc.assume_timezone(array, field.zone, ambiguous="raise", nonexistent="raise")


def empty_texts_to_null(array: pa.Array) -> pa.Array:
    """An empty text is no text."""
    if pa.types.is_dictionary(array.type):
        found = array.dictionary
        if not _has_empty(found):
            return array
        array = array.cast(found.type)
    if not pa.types.is_string(array.type) or not _has_empty(array):
        return array
    return pc.if_else(pc.equal(array, _EMPTY), _NO_TEXT, array)


def _has_empty(texts: pa.Array) -> bool:
    found = pc.any(pc.equal(texts, _EMPTY.cast(texts.type)))
    return bool(found.as_py())


def as_one(column: Any) -> pa.Array:
    """A column of a table as one array."""
    if isinstance(column, pa.ChunkedArray):
        if column.num_chunks == 1:
            return column.chunk(0)
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # of no rows
            return pa.array([], column.type)
    return column
