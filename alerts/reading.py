"""What a rule finds at a moment."""

from typing import NamedTuple

#: What texts are made of.
Facts = dict[str, str | float]


class Reading(NamedTuple):
    """What is known of one subject; neither bad nor well is between the two thresholds."""

    #: As "store:12"; "" is the whole chain or system.
    subject: str
    bad: bool
    well: bool
    facts: Facts
    store: str = ""
    #: Since when it is bad, Unix seconds, where the data say so.
    since: float | None = None


class Look(NamedTuple):
    """What a rule finds: its readings by subject."""

    readings: dict[str, Reading]
    #: Whether a subject that has no reading is well; else nobody knows.
    complete: bool = True
