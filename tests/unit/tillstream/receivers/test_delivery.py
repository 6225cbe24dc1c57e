"""A delivery on the log is the one that came."""

import pytest

from tillstream.errors import UndecodableMessageError
from tillstream.receivers.delivery import Delivery, message_headers, of_message


def test_a_delivery_is_read_as_it_was_written() -> None:
    delivery = Delivery("shopify", "orders/create", "8a1", "a.example", 1_790_000_000_000_000, b"{")

    assert delivery == of_message(message_headers(delivery), delivery.body)


def test_a_message_that_names_no_receiver_is_undecodable() -> None:
    with pytest.raises(UndecodableMessageError, match="'receiver' is missing"):
        of_message({"received_us": 1}, b"{}")
