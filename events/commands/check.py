"""`python -m events check [FOLDER...]`: every mistake of the definitions, or what they declare."""

import argparse
from dataclasses import replace

import msgspec

from tillstream.runtime import process
from tillstream.runtime.settings import StreamsSettings
from tillstream.runtime.text_table import text_table
from tillstream.streams.definition import Attribution, Definitions, Window
from tillstream.streams.definitions_file import DefinitionError, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which folders."""
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="with definitions; default STREAMS_DIR"
    )
    parser.add_argument("--json", action="store_true", help="for programs: streams and windows")


def run(arguments: argparse.Namespace) -> int:
    """Status 1 after a mistake."""
    settings = process.load_settings(StreamsSettings)
    if arguments.folders:
        settings = replace(settings, streams_dir=":".join(arguments.folders))
    try:
        definitions = load_settings(settings)
    except DefinitionError as error:
        print(error)
        return 1
    print(_json(definitions) if arguments.json else _table(definitions))
    return 0


def _json(definitions: Definitions) -> str:
    streams = [
        {
            "stream": stream.name,
            "title": stream.title,
            "fields": [field.name for field in stream.fields],
            "windows": [
                {
                    "window": window.name,
                    "title": window.title,
                    "sizeSeconds": window.size_us / 1_000_000,
                    "keys": [key.name for key in window.keys],
                }
                for window in definitions.windows_of(stream.name)
            ],
        }
        for stream in definitions.streams.values()
    ]
    return msgspec.json.encode(streams).decode()


def _table(definitions: Definitions) -> str:
    cells = []
    for stream in definitions.streams.values():
        cells.append([stream.name, "", str(len(stream.fields)), "", "", stream.title])
        if one := definitions.attributions.get(stream.name):
            cells.append(["", "attribution", "", _length(one.window_us), _made_of(one), ""])
        cells += [
            ["", window.name, "", _length(window.size_us), _figures(window), window.title]
            for window in definitions.windows_of(stream.name)
        ]
    return text_table(["stream", "window", "fields", "size", "keys and figures", "title"], cells, 6)


def _made_of(attribution: Attribution) -> str:
    tables = "".join(f", {table.stream}" for table in attribution.tables)
    of = f"{attribution.touches} before {attribution.conversions}"
    return f"{of} by {attribution.key}: {attribution.model}{tables}; {attribution.credits}"


def _figures(window: Window) -> str:
    keys = ", ".join(key.name for key in window.keys)
    shown = [measure.name for measure in window.measures if not measure.hidden]
    figures = ", ".join([*shown, *(column.name for column in window.columns)])
    return f"{keys}: {figures}" if keys else figures


def _length(microseconds: int) -> str:
    units = {"days": 86_400_000_000, "h": 3_600_000_000, "min": 60_000_000, "s": 1_000_000}
    for name, unit in units.items():
        if microseconds % unit == 0:
            return f"{microseconds // unit} {name}"
    return f"{microseconds // 1_000} ms"
