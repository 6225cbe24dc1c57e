"""How far a stream of events has come: what is before is complete, as far as was promised. Pure.

The watermark is the greatest event time that was seen, less the stream's lateness. It goes on with
the log's clock while the stream is silent, and never beyond that clock: an event that is dated
ahead moves it no further than to now. The log's clock is the time at which the newest message that
was read came to the door, or the present where all of the log is read; so a worker that was away
does not take the events that waited for it as late ones, and a replay of old events has its own
time. A watermark never goes back.
"""


def watermark(
    before_us: int | None,
    greatest_time_us: int | None,
    heard_us: int | None,
    log_clock_us: int,
    lateness_us: int,
) -> int | None:
    """The watermark, microseconds of event time; None of a stream without events.

    `before_us`: the one before. `greatest_time_us`: of all events. `heard_us`: when the stream's
    newest message came to the door.
    """
    if greatest_time_us is None or heard_us is None:
        return before_us
    silent_us = max(log_clock_us - heard_us, 0)
    reached = min(greatest_time_us + silent_us, log_clock_us) - lateness_us
    return reached if before_us is None else max(before_us, reached)
