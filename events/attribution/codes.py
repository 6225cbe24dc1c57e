"""Numbers for the values of a key, so that numpy can sort and compare them."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]

#: Where the values that are looked for are so few of those that are known, a dict is asked: Arrow
#: makes a table of all that are known, which is quicker for many.
_FEW = 4


class Codes:
    """Values numbered from 0 in the order of their coming.

    It only grows: a value whose coming was undone leaves a number without use.
    """

    def __init__(self, values: pa.Array) -> None:
        """The values that have numbers from the beginning: distinct, without null."""
        self._values = values
        #: Of the first values, as many as were needed so far.
        self._numbers: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self._values)

    def of(self, column: pa.Array) -> Numbers:
        """The number of each value, -1 of null; new values get one."""
        if len(column) * _FEW < len(self):
            encoded = column.dictionary_encode()
            known = self._few(encoded.dictionary.to_pylist())
            # Of null the index is -1: the last.
            numbers: Numbers = np.append(known, -1)[np.asarray(encoded.indices.fill_null(-1))]
        else:
            numbers = self._many(column)
        is_new = (numbers < 0) & np.asarray(column.is_valid())
        if is_new.any():
            encoded = column.filter(pa.array(is_new)).dictionary_encode()
            numbers[is_new] = len(self) + np.asarray(encoded.indices)
            self._values = pa.concat_arrays([self._values, encoded.dictionary])
        return numbers

    def known(self, values: Sequence[Any]) -> Numbers:
        """The numbers of those values that have one."""
        few = len(values) * _FEW < len(self)
        numbers = self._few(values) if few else self._many(pa.array(values, self._values.type))
        return numbers[numbers >= 0]

    def only(self, used: Numbers) -> tuple["Codes", Numbers]:
        """The values of the numbers that are used, growing and distinct, numbered anew in the same
        order; and the new number of each old one.
        """
        renumbered = np.full(len(self) + 1, -1, np.int64)
        renumbered[used] = np.arange(len(used))
        return Codes(self._values.take(pa.array(used))), renumbered

    def _few(self, values: Sequence[Any]) -> Numbers:
        """The number of each value, -1 where it has none."""
        numbers = self._numbers
        numbers.update(zip(self._values[len(numbers) :].to_pylist(), count(len(numbers))))
        return np.array([numbers.get(value, -1) for value in values], np.int64)

    def _many(self, values: pa.Array) -> Numbers:
        found = pc.index_in(values, value_set=self._values, skip_nulls=True)
        return np.asarray(found.fill_null(-1)).astype(np.int64)
