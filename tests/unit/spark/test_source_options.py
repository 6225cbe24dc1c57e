"""Options are checked at once, and the broker's URL is never told."""

import pytest

from spark.rabbitmq_stream.errors import OptionError
from spark.rabbitmq_stream.options import decode_function, read_options

GIVEN = {"url": "amqp://till:secret@localhost/", "streams": "b, a"}


def test_names_know_no_case_and_what_is_not_given_has_a_default() -> None:
    options = read_options({**GIVEN, "MAXROWSPERTRIGGER": "7"})

    assert (options.streams, options.max_rows, options.max_bytes) == (("a", "b"), 7, None)
    assert options.starting == {"a": "earliest", "b": "earliest"}
    assert options.fail_on_data_loss
    assert "secret" not in repr(options)


def test_the_url_is_that_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_BROKER", "amqps://broker/")

    assert read_options({"urlEnv": "OUR_BROKER", "streams": "a"}).url == "amqps://broker/"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"streams": " , "}, "streams has to name"),
        ({"url": "http://till:secret@localhost/"}, "has to begin with amqp"),
        ({"url": ""}, "urlEnv has to name"),
        ({"urlEnv": "NOT_SET_ANYWHERE"}, "the variable is not set"),
        ({"maxBytesPerTrigger": "0"}, "a whole number above 0"),
        ({"maxRowPerTrigger": "9"}, "there is no option 'maxrowpertrigger'"),
        ({"failOnDataLoss": "no"}, "true or false"),
        ({"startingOffsets": "begin"}, "earliest, latest or JSON"),
        ({"startingOffsets": '{"a": -1, "b": 2}'}, "earliest, latest or JSON"),
        ({"startingOffsets": '{"a": 1}'}, "does not name 'b'"),
        ({"endingOffsets": '{"a": "latest"}'}, "JSON such as"),
        ({"endingOffsets": '{"c": 1}'}, "names 'c', which is not among the streams"),
    ],
)
def test_what_does_not_hold_is_told_without_the_url(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(OptionError, match=said) as told:
        read_options(GIVEN | wrong)

    assert "secret" not in str(told.value)


@pytest.mark.parametrize("name", ["no_such_module:decode", "json:no_such_function", "json", ""])
def test_a_decoder_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(OptionError, match="decoder="):
        decode_function(read_options({**GIVEN, "decoder": name}))
