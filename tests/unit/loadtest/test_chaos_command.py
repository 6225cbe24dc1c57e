"""The command line refuses a run that could prove nothing."""

import pytest

from loadtest.chaos.__main__ import parser


@pytest.mark.parametrize(
    "arguments",
    [["--rounds", "0"], ["--rate", "1"], ["--kill", "nothing"], ["--how", "ask"]],
)
def test_a_run_that_proves_nothing_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parser().parse_args(arguments)

    assert 2 == refused.value.code


def test_several_targets_are_named_by_repetition() -> None:
    arguments = parser().parse_args(["--kill", "broker", "--kill", "mongo"])

    assert (["broker", "mongo"], "all", 20, 200) == (
        arguments.kill,
        arguments.how,
        arguments.rounds,
        arguments.rate,
    )
