"""Positions, marks and the choice of a partition. Without a broker."""

import pytest

from tests.support.logs import KnownLog
from tillstream import topology
from tillstream.log.marks import Mark, spans
from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.positions import (
    SPAN,
    in_stream,
    known_as,
    last_sum,
    newest,
    partition_of,
    position_sum,
    reached,
)
from tillstream.log.reader import LogMessage


def holding(first: int, last: int) -> KnownLog:
    """A partition with messages at two offsets."""
    return KnownLog(LogMessage(first, b"", None), LogMessage(last, b"", None))


def test_the_first_partition_has_the_name_and_the_offsets_of_the_whole() -> None:
    names = [queue.name for queue in topology.partition_queues(3)]
    keys = [topology.routing_key(number) for number in range(3)]

    assert ["receipts.log", "receipts.log.1", "receipts.log.2"] == names
    assert ["", "1", "2"] == keys
    assert 17 == known_as(0, 17)


@pytest.mark.parametrize("partition", [0, 1, topology.MAX_PARTITIONS - 1])
def test_an_offset_names_its_partition(partition: int) -> None:
    offset = known_as(partition, 40_000_000_000)

    assert (partition, 40_000_000_000) == (partition_of(offset), in_stream(offset))
    assert offset < 2**53


def test_what_is_before_a_mark_in_any_partition_comes_before_what_is_after_it() -> None:
    marks = [Mark(3, {0: 10}), Mark(2, {0: 30, 1: SPAN + 5, 2: 2 * SPAN + 8})]
    ends = {0: 40, 1: SPAN + 9, 2: 2 * SPAN + 8}

    assert [
        (0, 0, 10),
        (0, 10, 30),
        (1, SPAN, SPAN + 5),
        (2, 2 * SPAN, 2 * SPAN + 8),
        (0, 30, 40),
        (1, SPAN + 5, SPAN + 9),
    ] == spans({1: SPAN, 2: 2 * SPAN}, ends, marks)
    assert [(0, 35, 40)] == spans({0: 35, 1: SPAN + 9, 2: 2 * SPAN + 8}, ends, marks)
    assert [(0, 3, 40)] == spans({0: 3}, {0: 40}, [])


def test_what_is_read_side_by_side_ends_at_the_first_mark_that_is_not_passed() -> None:
    marks = (Mark(3, {0: 10}), Mark(2, {0: 30, 1: SPAN + 5}))
    parts = {0: holding(0, 39), 1: holding(SPAN, SPAN + 8), 2: holding(2 * SPAN, 2 * SPAN + 7)}
    log = PartitionedLog("", parts, marks, is_partitioned=True)

    assert {0: 9} == log.before_next_mark({})
    assert {0: 29, 1: SPAN + 4} == log.before_next_mark({0: 10})
    assert {1: SPAN + 4} == log.before_next_mark({0: 33, 1: SPAN + 2})
    assert {} == log.before_next_mark({0: 30, 1: SPAN + 5})


def test_a_log_that_lost_its_end_is_read_to_where_it_ends() -> None:
    assert [(0, 0, 7)] == spans({}, {0: 7}, [Mark(2, {0: 10, 1: SPAN + 3})])


def test_a_log_is_counted_when_the_sum_of_positions_is_beyond_that_of_the_last_messages() -> None:
    lasts = newest({0: 4}, [SPAN + 6, 3, SPAN + 2])
    counted = {0: 5, 1: SPAN + 7}

    assert {0: 4, 1: SPAN + 6} == lasts
    assert position_sum(counted) == (last_sum(lasts) or 0) + 1
    assert position_sum({0: 5, 1: SPAN + 3}) == (last_sum(lasts) or 0) - 3
    assert (None, None) == (position_sum({}), last_sum({}))
    assert reached(counted, {0: 5})
    assert not reached(counted, {0: 5, 2: 2 * SPAN})
