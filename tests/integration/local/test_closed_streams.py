"""A stream that RabbitMQ did not enter among its queues at its start can be read again."""

from pathlib import Path

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from local import ready, servers
from local.closed_streams import ClosedStreams
from local.rabbitmqctl import rabbitmqctl
from local.supervisor import Supervisor
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log.reader import LogReader
from tillstream.runtime import broker as amqp

START_SECONDS = 60
#: Each look may run rabbitmqctl, an Erlang of its own.
MEND_SECONDS = 60

#: What a node leaves out when its writer ran into the table, seen after a SIGKILL.
FORGET = 'mnesia:dirty_delete(rabbit_queue, rabbit_misc:r(<<"/">>, queue, <<"{name}">>)).'


def test_a_stream_that_a_start_did_not_enter_is_found_again(tmp_path: Path) -> None:
    broker = servers.private_broker(tmp_path)
    programs = broker.programs()
    with Supervisor(tmp_path, programs) as supervisor:
        supervisor.wait_for([ready.amqp(broker.url)], START_SECONDS)
        streams = ClosedStreams(broker.url, tmp_path, None, programs)
        # None is declared yet: nothing is wrong with that.
        assert streams.mend() is None
        with amqp.connect(broker.url, "tests") as connection:
            channel = connection.channel()
            amqp.declare(channel)
            channel.confirm_delivery()
            properties = pika.BasicProperties(delivery_mode=2)
            channel.basic_publish(topology.RECEIPTS, "", b"kept", properties)
        rabbitmqctl(programs, "eval", FORGET.format(name=topology.RECEIPTS_LOG))
        with pytest.raises(ChannelClosedByBroker, match="home node"):
            first_of(broker.url)

        # As at its start: nobody looks in between.
        streams = ClosedStreams(broker.url, tmp_path, None, programs)
        said = wait_until(streams.mend, MEND_SECONDS, "a mended stream")

        assert topology.RECEIPTS_LOG in said
        assert first_of(broker.url) == b"kept"
        assert streams.mend() is None


def first_of(url: str) -> bytes:
    """The first message of the receipts' log."""
    with amqp.connect(url, "tests") as connection:
        reader = LogReader(connection, "first")
        [message] = wait_until(lambda: reader.read(1.0), MEND_SECONDS, "a message")
    return message.body
