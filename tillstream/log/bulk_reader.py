"""A consumer of the log that does nothing else, for whoever reads all of it."""

import socket
import ssl
import time
from contextlib import suppress
from typing import TypeVar

import pika
from pika import frame, spec
from pika.amqp_object import Method
from pika.exceptions import AMQPConnectionError, ConnectionClosedByBroker, StreamLostError

from tillstream import topology
from tillstream.log.deliveries import Deliveries
from tillstream.log.reader import LogMessage

M = TypeVar("M", bound=Method)

#: For an answer of the broker, and for its goodbye, seconds.
ANSWER_SECONDS = 10.0
GOODBYE_SECONDS = 1.0
#: Bytes that are received at once.
RECEIVED_BYTES = 256 * 1024
#: Channels that are used in turn: when a number comes again, its channel has long been closed.
CHANNELS = 100
#: For an acknowledgement: every message so far.
ALL = 0


class BulkReader:
    """Reads the log on a connection of its own, without heartbeats: its work may take a while.

    Every method raises pika's AMQPConnectionError when the broker cannot be reached, ends the
    connection or does not answer.
    """

    def __init__(self, url: str) -> None:
        """Connects; `consume` comes next."""
        self._deliveries = Deliveries()
        self._received: list[LogMessage] = []
        parameters = pika.URLParameters(url)
        self._socket = _connect(parameters)
        try:
            self._open(parameters)
        except BaseException:
            self._socket.close()
            raise

    def consume(self, start: int, count: int) -> None:
        """Have the broker send `count` messages from offset `start`, and none from elsewhere."""
        # All at once, and no answer is waited for: a broker that is busy takes its time for each.
        if before := self._deliveries.channel:
            self._send(before, spec.Channel.Close(200, "read", 0, 0))
        self._received.clear()
        self._deliveries.channel = channel = before % CHANNELS + 1
        arguments = {"x-stream-offset": start}
        self._send(
            channel,
            spec.Channel.Open(),
            spec.Basic.Qos(prefetch_count=count),
            spec.Basic.Consume(queue=topology.RECEIPTS_LOG, arguments=arguments),
        )

    def read(self, patience_seconds: float) -> list[LogMessage]:
        """What has come, after waiting for at most `patience_seconds`; may be empty."""
        if not self._received:
            self._receive(patience_seconds)
        self._deliveries.others.clear()
        messages, self._received = self._received, []
        return messages

    def more(self) -> None:
        """Have the broker send as many messages again as it has sent."""
        self._send(self._deliveries.channel, spec.Basic.Ack(ALL, multiple=True))

    def close(self) -> None:
        """Say goodbye and end the connection."""
        with suppress(AMQPConnectionError):
            self._send(0, spec.Connection.Close(200, "done", 0, 0))
            self._answer(spec.Connection.CloseOk, GOODBYE_SECONDS)
        self._socket.close()

    def _open(self, parameters: pika.URLParameters) -> None:
        self._write(frame.ProtocolHeader().marshal())
        offer = self._answer(spec.Connection.Start)
        mechanism, response = parameters.credentials.response_for(offer)
        about = {
            "connection_name": "log reader",
            "capabilities": {"authentication_failure_close": True, "consumer_cancel_notify": True},
        }
        self._send(0, spec.Connection.StartOk(about, mechanism, response, "en_US"))
        tune = self._answer(spec.Connection.Tune)
        self._send(0, spec.Connection.TuneOk(tune.channel_max, tune.frame_max, 0))
        self._send(0, spec.Connection.Open(parameters.virtual_host))
        self._answer(spec.Connection.OpenOk)

    def _send(self, channel: int, *methods: Method) -> None:
        self._write(b"".join(frame.Method(channel, method).marshal() for method in methods))

    def _write(self, data: bytes) -> None:
        self._socket.settimeout(ANSWER_SECONDS)
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise _lost(error) from error

    def _answer(self, kind: type[M], seconds: float = ANSWER_SECONDS) -> M:
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            self._receive(remaining)
            while self._deliveries.others:
                other = self._deliveries.others.pop(0)
                if isinstance(method := getattr(other, "method", None), kind):
                    return method
        raise AMQPConnectionError(f"the broker did not answer {kind.NAME} in {seconds:g} s")

    def _receive(self, patience_seconds: float) -> None:
        self._socket.settimeout(patience_seconds)
        try:
            data = self._socket.recv(RECEIVED_BYTES)
        except TimeoutError:
            return
        except OSError as error:
            raise _lost(error) from error
        if not data:
            raise StreamLostError("the broker has ended the connection")
        self._received += self._deliveries.feed(data)
        for other in self._deliveries.others:
            _require_open(getattr(other, "method", None))


def _lost(error: OSError) -> StreamLostError:
    return StreamLostError(f"the connection to the broker is lost: {error}")


def _require_open(method: object) -> None:
    match method:
        case spec.Connection.Close() | spec.Channel.Close():
            raise ConnectionClosedByBroker(method.reply_code, method.reply_text)
        case spec.Basic.Cancel():
            raise ConnectionClosedByBroker(0, "the log was deleted")


def _connect(parameters: pika.URLParameters) -> socket.socket:
    try:
        plain = socket.create_connection((parameters.host, parameters.port), ANSWER_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        options = parameters.ssl_options
        if options is None:
            return plain
        context: ssl.SSLContext = options.context
        # It closes the plain socket when the peer is not who it should be.
        return context.wrap_socket(
            plain, server_hostname=options.server_hostname or parameters.host
        )
    except OSError as error:  # those of ssl are such, too
        raise AMQPConnectionError(f"no connection to the broker: {error}") from error
