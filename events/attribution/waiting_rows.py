"""Final conversions that wait for a table: their rows change when that comes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from events.attribution.inputs import Inputs
from events.attribution.making import RowMaker, missing_tables
from events.attribution.tables import Key, Tables, Waiting
from tillstream.streams.changes import value_column
from tillstream.streams.definition import Joined


class Mended(NamedTuple):
    """Rows of conversions that are final, as they were and as they are."""

    old: pa.Table
    new: pa.Table
    is_late: npt.NDArray[np.bool_]
    #: How many wait no more.
    done: int


class WaitingRows:
    """Those of one attribution; what they show of other tables stays as it was."""

    def __init__(self, inputs: Inputs, tables: Tables, maker: RowMaker) -> None:
        self._inputs, self._tables, self._maker = inputs, tables, maker
        self._name = inputs.attribution.stream
        self._flat = inputs.flat_schema

    def keep(
        self,
        flat: pa.Table,
        fields: pa.Table,
        missing: pa.Array,
        counts: Sequence[int],
        is_late: Sequence[bool],
    ) -> None:
        """Let final conversions wait: what their rows are made of, and the values of `by`."""
        joined = {one.stream: fields.column(one.by).to_pylist() for one in self._joined}
        self._tables.wait(
            self._name,
            [
                Waiting(
                    values,
                    tuple((name, joined[name][place]) for name in names.split(",")),
                    counts[place],
                    is_late[place],
                )
                for place, (values, names) in enumerate(
                    zip(flat.to_pylist(), missing.to_pylist(), strict=True)
                )
            ],
        )

    def mend(self, came: Mapping[str, Sequence[Key]]) -> Mended | None:
        """The rows that change because events of tables came: the keys of these, by stream."""
        some = [
            one
            for stream, keys in came.items()
            for one in self._tables.take_waiting(self._name, stream, keys)
        ]
        if not some:
            return None
        filled = [self._filled(one) for one in some]
        self._tables.wait(self._name, [one for one in filled if one.missing])
        return Mended(
            self.rows(some),
            self.rows(filled),
            np.array([one.is_late for one in some], np.bool_),
            sum(not one.missing for one in filled),
        )

    @property
    def _joined(self) -> tuple[Joined, ...]:
        return self._inputs.attribution.tables

    def _filled(self, one: Waiting) -> Waiting:
        values, missing = dict(one.values), []
        for stream, key in one.missing:
            (event,) = self._tables.find(stream, [key])
            if event is None:
                missing.append((stream, key))
                continue
            for name in self._inputs.used[stream]:
                values[value_column(stream, name)] = event.get(name)
        return one._replace(values=values, missing=tuple(missing))

    def rows(self, some: Sequence[Waiting]) -> pa.Table:
        """As they are published, by RowMaker.schema."""
        flat = pa.Table.from_pylist([one.values for one in some], self._flat)
        names = [one.stream for one in self._joined]
        lacking = [
            np.array([any(name == each for each, _ in one.missing) for one in some], np.bool_)
            for name in names
        ]
        counts = np.array([one.touches for one in some], np.int64)
        return self._maker.rows(flat, missing_tables(names, lacking, len(some)), counts)
