"""`python -m connectors try NAME FILE`: the receipts that a file becomes, and what is wrong."""

import argparse
import os
from pathlib import Path

import msgspec

from connectors.mapping import mapper
from connectors.mapping.documents import MappingError, SaleState
from connectors.mapping.payload import payload
from connectors.mapping.reads import Reads
from connectors.mapping.receipt_check import encode, rules_broken
from connectors.trying import sample
from tillstream import stores
from tillstream.currencies import exponent_of
from tillstream.receivers.definition import Receiver
from tillstream.receivers.definitions_file import load_settings
from tillstream.receivers.delivery import Delivery
from tillstream.receivers.variables import TOKEN, variable
from tillstream.runtime import process
from tillstream.runtime.printable import printable
from tillstream.runtime.settings import ReceiversSettings, StoreTimeSettings
from tillstream.streams.mistakes import DefinitionError, proposal

#: It maps and breaks no rule; it does not; there is nothing to try.
GOOD, WRONG, UNKNOWN = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is tried."""
    parser.add_argument("name", metavar="NAME", help="the receiver's")
    parser.add_argument("file", metavar="FILE", type=Path, help="a body, or a sample with headers")
    parser.add_argument("--topic", help="the delivery's topic, where the file has no headers")


def run(arguments: argparse.Namespace) -> int:
    """Print what comes of the file."""
    chain = process.load_settings(StoreTimeSettings)
    table = stores.load(chain)
    try:
        receivers = load_settings(process.load_settings(ReceiversSettings))
    except DefinitionError as error:
        print(error)
        return UNKNOWN
    name = arguments.name
    if name not in receivers:
        print(f"no receiver {name!r}{proposal(name, receivers)}")
        return UNKNOWN
    receiver = receivers[name]
    try:
        deliveries = sample.read(arguments.file, receiver, arguments.topic)
    except sample.SampleError as error:
        print(error)
        return UNKNOWN
    try:
        return _tried(receiver, deliveries, table, chain.currency)
    except MappingError as error:
        print(f"does not map: {printable(str(error))}")
        return WRONG


def _tried(
    receiver: Receiver, deliveries: list[Delivery], table: stores.StoreTable, currency: str
) -> int:
    delivery = deliveries[-1]
    if len(deliveries) > 1:
        fetch = mapper.fetch_of(receiver, deliveries[0], _environ(receiver))
        print(f"is asked of the vendor: {fetch.url if fetch else 'nothing'}")
    elif _is_asked(receiver, delivery):
        return GOOD
    reads = Reads()
    content = payload(delivery.body, receiver.delivery.form_field)
    states = mapper.mapped(receiver, delivery, table, reads, content, currency)
    if not states:
        print("passed over: its topic is ignored")
    broken = [rule for state in states for rule in _printed(state, currency)]
    for path in reads.not_read(content) if states else ():
        print(f"not used: {printable(path)}")
    for rule in broken:
        print(f"breaks: {printable(rule)}")
    return WRONG if broken else GOOD


def _is_asked(receiver: Receiver, delivery: Delivery) -> bool:
    """Whether the file only names what has to be asked; one with the answer itself does not."""
    try:
        fetch = mapper.fetch_of(receiver, delivery, _environ(receiver))
    except MappingError:
        return False
    if fetch is not None:
        print(f"is asked of the vendor: {fetch.url}; try what that answers")
    return fetch is not None


def _environ(receiver: Receiver) -> dict[str, str]:
    """No secret is needed, as nothing is asked."""
    name = variable(receiver.name, TOKEN)
    return {**os.environ, name: os.environ.get(name) or "TOKEN"}


def _printed(state: SaleState, currency: str) -> list[str]:
    """Prints a sale's documents; the rules that they break."""
    whole = "whole" if state.is_whole else "adds to it"
    apart = f", kept apart: {state.apart}" if state.apart else ""
    print(f"{printable(state.sale)}, version {state.version}, {whole}{apart}")
    if state.pending:
        print("passed over: it is no sale yet")
    elif not state.documents:
        print("cancelled: nothing is left of it")
    broken = []
    for document in state.documents.values():
        refers = f" of {document.refers_to}" if document.refers_to else ""
        print(f"{printable(document.key)}{printable(refers)}")
        print(msgspec.json.format(encode(document.receipt), indent=2).decode())
        exponent = exponent_of(document.receipt.get("currency", currency))
        broken += [
            f"{document.key}: {rule} at {path}: {found}"
            for rule, path, found in rules_broken(encode(document.receipt), exponent)
        ]
    return broken
