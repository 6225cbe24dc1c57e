"""The errors of the source.

StreamSourceError
├── OptionError        an option that is missing or wrong
├── DataLossError      a stream no longer has what would have to be read
├── StreamSilentError  a stream does not deliver what it has
├── BrokerLostError    the broker was away for longer than is waited
└── DecodeError        a message that the decoder refuses, or whose columns differ
"""


class StreamSourceError(Exception):
    """Base of every error that the source raises on purpose."""


class OptionError(StreamSourceError):
    """An option that is missing or wrong; never has the value of `url`."""


class DataLossError(StreamSourceError):
    """A stream no longer has what would have to be read, or is another one."""


class StreamSilentError(StreamSourceError):
    """A stream does not deliver what it has."""


class BrokerLostError(StreamSourceError):
    """The broker was away for longer than `retrySeconds`, or refuses for ever."""


class DecodeError(StreamSourceError):
    """A message that the decoder refuses, or whose columns differ from the schema."""
