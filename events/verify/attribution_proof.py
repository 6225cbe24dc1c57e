"""What is compared of an attribution: its newest rows with all events, and MongoDB with them."""

import threading
from collections.abc import Callable

from events.verify.attribution_recount import AttributionRecount
from events.verify.mongo import InMongo
from events.verify.mongo_conversions import ConversionsInMongo
from events.verify.report import MAX_NAMED, AttributionProof, Difference
from tillstream.streams.window_rows import instant


def prove(
    recount: AttributionRecount,
    in_mongo: ConversionsInMongo | None,
    name: Callable[[Difference], None],
    stop: threading.Event,
) -> AttributionProof:
    """`name` is told of differences; `in_mongo` is None where there is no MongoDB.

    Raises StoppedError, and PyMongoError.
    """
    stream = recount.attribution.stream
    conversions = differing = 0
    stored = InMongo()
    for compared, begin, end in recount.compared(stop):
        conversions += len(compared.ids)
        differing += int(compared.differs.sum())
        for conversion, expected, found in compared.some(MAX_NAMED):
            name(Difference(f"attribution {stream}", str(conversion), expected, found))
        if in_mongo is not None:
            stored = stored.plus(in_mongo.compare(compared, begin, end))
    for difference in stored.named:
        name(difference)
    unproved = recount.unproved_to_us()
    return AttributionProof(
        name=stream,
        conversions=conversions,
        differing=differing,
        not_compared=recount.not_compared,
        unproved_to="" if unproved is None else instant(unproved).isoformat(),
        in_mongo=stored.rows,
        mongo_differing=stored.differing,
        mongo_behind=stored.behind,
    )
