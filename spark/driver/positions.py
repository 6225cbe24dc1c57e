"""Where a query goes on: after what the writer's state has of each stream."""

import json
from collections.abc import Mapping

from spark.rabbitmq_stream.options import EARLIEST

#: By stream the offset to go on from; None begins with the stream's first message.
Positions = Mapping[str, int | None]


def starting_offsets(positions: Positions) -> str:
    """For the source's option `startingOffsets`."""
    return json.dumps(
        {name: EARLIEST if offset is None else offset for name, offset in positions.items()}
    )
