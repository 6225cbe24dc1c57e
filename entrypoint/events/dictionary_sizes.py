"""How large texts of dictionaries are: once in the body, and in every row that travels.

A body of some kilobytes may name one long text in each of its rows.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from entrypoint.events.contract import Contract
from entrypoint.events.reading import BodyError
from tillstream.streams.definition import Field


def require_bounded(table: pa.Table, contract: Contract, most_bytes: int) -> None:
    """Raises BodyError for texts of more bytes than a body may have."""
    found = list(_dictionaries(table, contract))
    # Were all as long as the longest: enough to know of most bodies, at a tenth of the cost.
    if sum(_longest(part) * len(part) for _, part in found) <= most_bytes:
        return
    if sum(_bytes_in_rows(field, part) for field, part in found) > most_bytes:
        raise BodyError(
            "too-large",
            f"its texts are more than {most_bytes} bytes in all rows; send less at once",
        )


def _dictionaries(
    table: pa.Table, contract: Contract
) -> Iterator[tuple[Field, pa.DictionaryArray]]:
    for field in contract.fields:
        if field.type == "text" and field.name in table.column_names:
            for part in table[field.name].chunks:
                if pa.types.is_dictionary(part.type):
                    yield field, part


def _longest(part: pa.DictionaryArray) -> int:
    return pc.max(pc.binary_length(part.dictionary)).as_py() or 0


def _bytes_in_rows(field: Field, part: pa.DictionaryArray) -> int:
    lengths = pc.binary_length(part.dictionary)
    # Longer ones are refused, and stay one text.
    taken = pc.if_else(pc.less_equal(lengths, 4 * field.max_length), lengths, 0)
    return pc.sum(taken.take(part.indices)).as_py() or 0
