"""A log in memory, for who looks something up in one."""

from tillstream.log.reader import LogMessage


class KnownLog:
    """The messages that a log holds."""

    def __init__(self, *messages: LogMessage) -> None:
        self.messages = messages

    def first_offset(self) -> int | None:
        return self.messages[0].offset if self.messages else None

    def last_offset(self) -> int | None:
        return self.messages[-1].offset if self.messages else None

    def message_from(self, offset: int) -> LogMessage | None:
        return next((one for one in self.messages if one.offset >= offset), None)

    def first_messages(self) -> list[LogMessage]:
        return [*self.messages[:1]]

    def require_whole(self) -> None:
        pass


#: For who does not look.
NO_LOG = KnownLog()
