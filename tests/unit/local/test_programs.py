"""Which programs a local run has."""

from local.programs import rooms


def test_the_generator_can_be_left_out() -> None:
    with_generator = [program.name for program in rooms(generator=True)]
    without = [program.name for program in rooms(generator=False)]

    assert with_generator == [*without, "generator"]
    assert without == [
        "entrypoint",
        "totals",
        "rate",
        "persistence",
        "archive-api",
        "tiers",
        "events",
        "dashboard",
    ]
