"""How large texts of dictionaries are: once in the body, and in every row that travels.

A body of some kilobytes may name one long text in each of its rows.
"""

import pyarrow as pa
import pyarrow.compute as pc

from entrypoint.events.contract import Contract
from entrypoint.events.reading import BodyError
from tillstream.streams.definition import Field


def require_bounded(table: pa.Table, contract: Contract, most_bytes: int) -> None:
    """Raises BodyError for texts of more bytes than a body may have."""
    texts = [field for field in contract.fields if field.type == "text"]
    if sum(_bytes_of_dictionary(field, table) for field in texts) > most_bytes:
        raise BodyError(
            "too-large",
            f"its texts are more than {most_bytes} bytes in all rows; send less at once",
        )


def _bytes_of_dictionary(field: Field, table: pa.Table) -> int:
    size = 0
    for part in table[field.name].chunks if field.name in table.column_names else ():
        if pa.types.is_dictionary(part.type):
            lengths = pc.binary_length(part.dictionary)
            # Longer ones are refused, and stay one text.
            is_taken = pc.less_equal(lengths, 4 * field.max_length)
            size += pc.sum(pc.if_else(is_taken, lengths, 0).take(part.indices)).as_py() or 0
    return size
