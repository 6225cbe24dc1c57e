"""Messages of `receipts.log` as one row a receipt, still encoded."""

import pyarrow as pa

from tillstream.codec import receipt_bodies

#: For the option `decoder`.
DECODER = "spark.decoders.receipts:decode"
#: The stamped receipt as JSON, and where it stands in the log.
SCHEMA = "receipt binary, log_offset bigint, log_row bigint"


def decode(body: bytes, content_type: str | None, content_encoding: str | None) -> pa.RecordBatch:
    """The receipts of a message; raises UndecodableMessageError."""
    bodies = receipt_bodies(body, content_type, content_encoding)
    return pa.RecordBatch.from_arrays([pa.array(bodies, pa.binary())], names=["receipt"])
