"""Where the messages of a micro-batch of several partitions stand in the log's one order."""

from spark.windows.places import ByStep
from tillstream.log.order import Step
from tillstream.log.positions import known_as


def test_a_message_has_the_position_that_the_step_gives_it() -> None:
    step = Step(50, {0: 7, 1: 3, 2: 0}, {0: 9, 1: 3, 2: 4})
    places = ByStep(step, 1_000)
    messages = [(0, 7), (0, 8), (2, 0), (2, 1), (2, 2), (2, 3)]

    positions = [places.position(known_as(*each)) for each in messages]

    assert [*range(1_050, 1_056)] == positions
    assert [known_as(*each) for each in messages] == [places.offset(each) for each in positions]
