"""Traces on real servers: what a collector gets of receipts from the door to ledger and archive."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from local.ports import free_port
from tests.support.collector import collector
from tests.support.persistence_room import archive, wait_for_count
from tests.support.processes import running, running_door
from tests.support.receipts import encoded, receipt
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.archive import raw_bytes
from tillstream.runtime.tracing.traceparent import MAX_TRACES, of_message
from tillstream.trace_stamp import trace_id_of

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
#: Of receipts that are sent at once, and one that is not to be recorded.
TRACES, UNWANTED = [f"{number:032x}" for number in (1, 2, 3, 4)], "9" * 32
JSON = {"Content-Type": "application/json"}


def traceparent(trace: str = TRACE, flags: str = "01") -> dict[str, str]:
    return JSON | {"traceparent": f"00-{trace}-{PARENT}-{flags}"}


def test_a_trace_goes_from_the_client_to_ledger_and_archive(
    broker: BlockingConnection,
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    room_settings: dict[str, str],
) -> None:
    with collector() as spans, archive(mongo_url, mongo_database) as database:
        settings = spans.settings() | {
            **room_settings,
            # They share messages: each message waits for more.
            "PUBLISH_PACE_MS": "1000",
        }
        with (
            running_door(**{"amqp_url": amqp_url} | settings) as url,
            running("persistence", **settings),
            running("analytics", "totals", **settings),
            httpx.Client(base_url=url, timeout=30) as client,
        ):
            # 1. A receipt of its own.
            client.post("/receipt", content=encoded(receipt(1)), headers=traceparent())
            received = spans.wait_for("receive")[0]
            published = spans.wait_for("publish")[0]
            counted, stored = spans.wait_for("count")[0], spans.wait_for("store")[0]
            # 2. Some at once share a message, and one whose client does not record its trace.
            headers = [traceparent(trace) for trace in TRACES] + [traceparent(UNWANTED, "00")]
            with ThreadPoolExecutor(len(headers)) as pool:
                answers = [
                    pool.submit(
                        client.post, "/receipt", content=encoded(receipt(number)), headers=each
                    )
                    for number, each in enumerate(headers, 2)
                ]
                assert {202} == {each.result().status_code for each in answers}
            # 3. A batch is one request; an invalid traceparent is ignored.
            batch = json.dumps([receipt(number) for number in (7, 8)]).encode()
            answer = client.post("/receipts", content=batch, headers=JSON | {"traceparent": "x"})
            wait_for_count(database, 8)
            kept = {
                each["number"]: trace_id_of(raw_bytes(each)) for each in database.receipts.find()
            }
            wait_until(
                lambda: spans.reached("count") & spans.reached("store") >= {*TRACES}, 30, "traces"
            )

    first = [received, published, counted, stored]
    assert [TRACE] * 4 == [span.trace for span in first]
    assert [PARENT, received.span, published.span, published.span] == [
        span.parent for span in first
    ]
    services = ["entrypoint", "entrypoint", "totals", "persistence"]
    assert [f"tillstream-{each}" for each in services] == [span.service for span in first]
    assert [TRACE, *TRACES, UNWANTED] == [kept[each] for each in "123456"]
    # The batch's trace is the door's own.
    assert (202, kept["7"]) == (answer.status_code, kept["8"])
    assert kept["7"] not in (None, TRACE, *TRACES, UNWANTED)
    assert not [span for span in spans.spans if span.trace == UNWANTED]
    assert [span for span in spans.spans if span.links]


@pytest.mark.parametrize("tracing", ["off", "on"])
def test_messages_name_traces_where_tracing_is_on_alone(
    broker: BlockingConnection,
    amqp_url: str,
    tmp_path: Path,
    tracing: str,
) -> None:
    # Nobody listens there: a collector that is away stops nothing.
    nowhere = f"http://127.0.0.1:{free_port()}"
    settings = {
        "DATA_DIR": str(tmp_path),
        "TRACING": tracing,
        "OTEL_EXPORTER_OTLP_ENDPOINT": nowhere,
        "PUBLISH_PACE_MS": "500",
    }
    with (
        running_door(amqp_url, **settings) as url,
        httpx.Client(base_url=url, timeout=30, limits=httpx.Limits(max_connections=50)) as client,
        ThreadPoolExecutor(50) as pool,
        broker.channel() as channel,
    ):
        client.post("/receipt", content=encoded(receipt(0)), headers=traceparent())
        answers = [
            pool.submit(
                client.post,
                "/receipt",
                content=encoded(receipt(number)),
                headers=traceparent(f"{number:032x}"),
            )
            for number in range(1, 51)
        ]
        statuses = {each.result().status_code for each in answers}
        messages = []
        while (got := channel.basic_get(topology.PERSISTENCE_QUEUE, auto_ack=True))[0]:
            messages.append(got)

    named = [of_message(properties.headers or {}) for _, properties, _ in messages]
    assert {202} == statuses
    if tracing == "off":
        assert {"x-delivery-count"} >= {
            name for _, properties, _ in messages for name in properties.headers or ()
        }
        assert not [body for _, _, body in messages if b"traceID" in body]
    else:
        assert [int(TRACE, 16)] == [each.trace_id for each in named[0]]
        assert max(map(len, named)) in range(2, MAX_TRACES + 1)
