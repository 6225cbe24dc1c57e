"""The arguments of `python -m events track-aggregates`."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "--until",
        help="the last moment, such as 2026-11-29T03:00:00Z; without it the newest hours of the"
        " clock that are over",
    )
    parser.add_argument("--hours", type=int, help="AGGREGATES_HOURS without it: 3")
