"""How events travel to the log: no message is larger than its readers take."""

import pyarrow as pa

from entrypoint.events.contract import Contract
from entrypoint.events.parcels import Composer
from entrypoint.events.reading import whole
from entrypoint.events.splitting import MAX_PART_BYTES, parcels
from tests.support.event_formats import NOW_US
from tillstream.codec import MAX_UNPACKED_BYTES
from tillstream.streams import message
from tillstream.streams.definition import Field, Stream

NOTES = Contract(Stream(name="notes", fields=(Field(name="note", type="text", max_length=2**20),)))


def test_a_few_events_with_long_texts_are_several_messages() -> None:
    read = whole(NOTES, [pa.array(["x" * 2**20] * 40)], NOW_US)

    found = parcels(NOTES, read, NOW_US, None)
    decoded = [message.decode(*Composer(NOTES).compose([one])) for one in found]

    assert read.events.nbytes > MAX_UNPACKED_BYTES
    assert all(one.events.nbytes <= MAX_PART_BYTES for one in decoded)
    assert 40 == sum(one.events.num_rows for one in decoded)
