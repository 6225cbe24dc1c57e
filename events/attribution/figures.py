"""What is known of an attribution beside its rows; a row of the state."""

import msgspec


class AttributionFigures(msgspec.Struct, frozen=True):
    """Absolute, since the state began. Replaced by each `take`, written with its transaction."""

    #: The stream that the attribution makes.
    name: str
    #: Conversions that are not final yet, and that are; of these those with a touch, and those
    #: that wait for a table.
    open: int = 0
    final: int = 0
    attributed: int = 0
    waiting: int = 0
    #: What came when its time was final.
    late_touches: int = 0
    late_conversions: int = 0
    #: Conversions before this are final, microseconds; None before the first watermark.
    final_before_us: int | None = None
    #: Of the newest rows that were made.
    row_version: int = 0
    #: Values of fields that could not be computed, or exceed what their type holds: they are null.
    nulled: int = 0
