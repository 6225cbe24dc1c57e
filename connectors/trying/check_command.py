"""`python -m connectors check`: every mistake of the definitions, or what they declare."""

import argparse

from tillstream.receivers.definitions_file import load_settings
from tillstream.runtime import process
from tillstream.runtime.settings import ReceiversSettings
from tillstream.runtime.text_table import text_table
from tillstream.streams.mistakes import DefinitionError


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """None: the folder is a setting."""


def run(_arguments: argparse.Namespace) -> int:
    """Status 1 after a mistake."""
    try:
        receivers = load_settings(process.load_settings(ReceiversSettings))
    except DefinitionError as error:
        print(error)
        return 1
    heads = ("receiver", "title", "signed by", "taken")
    cells = [
        (
            each.name,
            each.title,
            each.signature.scheme,
            " ".join((*each.topics.sale, *each.topics.refund)),
        )
        for each in receivers.values()
    ]
    print(text_table(heads, cells, len(heads)))
    return 0
