"""Which touch each conversion shows, and its rows of credits.

Of more than MOST_TOUCHES touches, which no person has within a window, the first one and the last
ones share the credit: a robot's conversions cost so much at most, in memory and in time.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from events.attribution.codes import Numbers
from events.attribution.conversions import Conversions
from events.attribution.credits import credit_touches, most_credited
from events.attribution.inputs import CHANNEL, Inputs, single
from events.attribution.spans import Spans, each_position
from events.attribution.touches import Touches
from tillstream.streams.changes import MODELS, WHOLE_CREDIT

#: Touches of a conversion that share its credit.
MOST_TOUCHES = 1_000
#: Touches that are credited at a time: 100 bytes each.
AT_ONCE = 500_000


class Credited(NamedTuple):
    """Of some conversions the touch that each shows, and their credits."""

    #: Its number in the store of touches, -1 of none.
    picked: Numbers
    #: The rows of credits without the columns of changes, and of which conversion each is.
    rows: pa.Table
    of: Numbers


def credited(
    inputs: Inputs,
    schema: pa.Schema,
    touches: Touches,
    some: Conversions,
    fields: pa.Table,
    spans: Spans,
) -> Credited:
    """Credits the touches of `spans` to the conversions; `fields` are theirs, row by row."""
    ends = np.cumsum(np.minimum(spans.counts, MOST_TOUCHES))
    begins = [0, *(np.flatnonzero(np.diff(ends // AT_ONCE)) + 1).tolist(), len(ends)]
    parts = [
        _credited(
            inputs,
            schema,
            touches,
            some.times[begin:end],
            fields.slice(begin, end - begin),
            Spans(spans.begin[begin:end], spans.end[begin:end]),
        )
        for begin, end in pairwise(begins)
    ]
    if len(parts) == 1:
        return parts[0]
    return Credited(
        np.concatenate([part.picked for part in parts]),
        pa.concat_tables([part.rows for part in parts]).combine_chunks(),
        np.concatenate([part.of + begin for part, begin in zip(parts, begins, strict=False)]),
    )


def _credited(
    inputs: Inputs,
    schema: pa.Schema,
    touches: Touches,
    times: Numbers,
    fields: pa.Table,
    spans: Spans,
) -> Credited:
    counts = np.minimum(spans.counts, MOST_TOUCHES)
    begins = np.cumsum(counts) - counts
    places = each_position(spans.end - counts, counts)
    is_cut = spans.counts > MOST_TOUCHES
    places[begins[is_cut]] = spans.begin[is_cut]
    channels = touches.rows.column(CHANNEL, touches.numbers[places])
    of = np.repeat(np.arange(len(counts)), counts)
    has_touch = np.flatnonzero(counts)
    picked = np.full(len(counts), -1)
    credit = np.zeros((len(MODELS), 0), np.int64)
    if len(has_touch):
        one = inputs.attribution
        is_direct = pc.is_in(channels, value_set=pa.array(one.direct, pa.string()))
        credit = credit_touches(
            times[of] - touches.times[places],
            np.asarray(is_direct),
            counts[has_touch],
            one.window_us,
        )
        place = most_credited(credit[MODELS.index(one.model)], counts[has_touch])
        picked[has_touch] = touches.numbers[places[begins[has_touch] + place]]
    rows, of_conversion = _rows(inputs, schema, fields, counts, of, channels, credit)
    return Credited(picked, rows, of_conversion)


def _rows(
    inputs: Inputs,
    schema: pa.Schema,
    fields: pa.Table,
    counts: Numbers,
    of: Numbers,
    channels: pa.Array,
    credit: Numbers,
) -> tuple[pa.Table, Numbers]:
    """One row for each conversion and channel; of one without touches a row of no channel."""
    encoded = channels.dictionary_encode()
    width = len(encoded.dictionary) + 1
    group = of * width + np.asarray(encoded.indices.fill_null(width - 1)).astype(np.int64)
    alone = np.flatnonzero(counts == 0)
    group = np.append(group, alone * width + width - 1)
    whole = np.full((len(MODELS), len(alone)), WHOLE_CREDIT, np.int64)
    order = np.argsort(group, kind="stable")
    group, credit = group[order], np.concatenate([credit, whole], axis=1)[:, order]
    begins = np.flatnonzero(np.diff(group, prepend=-1))
    conversion, channel = np.divmod(group[begins], width)
    if len(begins):
        credit = np.add.reduceat(credit, begins, axis=1)
    names = (inputs.attribution.conversion_id, inputs.conversions.time_column)
    arrays = [single(fields, name).take(pa.array(conversion)) for name in names]
    arrays.append(encoded.dictionary.take(pa.array(channel, mask=channel == width - 1)))
    arrays += [pa.array(each) for each in credit]
    return pa.Table.from_arrays(arrays, schema=schema), conversion
