"""A binding that somebody deletes comes back by itself."""

from pika.adapters.blocking_connection import BlockingConnection

from tests.support.persistence_room import archive, publish, receipts_of, wait_for_count, worker
from tests.support.waiting import wait_until
from tillstream import topology


def test_the_archive_binds_its_queue_again(
    broker: BlockingConnection, amqp_url: str, mongo_url: str, mongo_database: str
) -> None:
    with (
        archive(mongo_url, mongo_database) as database,
        worker(amqp_url, mongo_url, mongo_database),
    ):
        publish(broker, receipts_of([1]))
        wait_for_count(database, 1)
        broker.channel().queue_unbind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)

        def is_stored_again() -> bool:
            publish(broker, receipts_of([2]))
            return database.receipts.count_documents({}) == 2

        wait_until(is_stored_again, 10, "a binding")
