"""The errors of this room; those of the source are its own (rabbitmq_stream/errors.py).

TillstreamError
└── QueryEndedError    a query of Spark's ended, and with it what it computes
"""

from tillstream.errors import TillstreamError


class QueryEndedError(TillstreamError):
    """The streaming query `name` ended by itself, for `reason`."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"Spark's query {name} ended: {reason}")
