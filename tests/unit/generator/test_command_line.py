"""The command line: defaults, and one line that says how to mend a wrong value."""

from pathlib import Path

import pytest

from generator import arguments


def parse(*argv: str) -> dict[str, object]:
    return vars(arguments.parse(list(argv), "http://localhost:3000"))


COMMON = {
    "to": "http://localhost:3000",
    "batch": 1,
    "seed": 1,
    "stores": 1000,
    "tills": 4,
    "currencies": None,
    "tries": 15,
    "timeout": 10.0,
    "wait": 60.0,
    "json": None,
    "stores_file": None,
}


def test_steady_is_five_to_ten_receipts_a_second_without_end() -> None:
    steady = {"mode": "steady", "rate": 7.5, "start": None, "seconds": None, "outstanding": 256}
    expected = {**COMMON, **steady}

    assert expected == parse("steady")


def test_burst_is_ten_thousand_receipts() -> None:
    expected = {
        **COMMON,
        "mode": "burst",
        "count": 10_000,
        "start": None,
        "concurrency": 64,
        "patience": 60.0,
    }

    assert expected == parse("burst")


def test_an_address_loses_its_last_slash() -> None:
    assert (
        "https://tills.example:8443/door"
        == (parse("burst", "--to", "https://tills.example:8443/door/")["to"])
    )


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (
            ("steady", "--rate", "0"),
            "argument --rate: '0' is not a number of receipts per second above 0; "
            "give one such as --rate 8",
        ),
        (
            ("steady", "--rate", "-2"),
            "argument --rate: '-2' is not a number of receipts per second above 0; "
            "give one such as --rate 8",
        ),
        (
            ("steady", "--seconds", "nan"),
            "argument --seconds: 'nan' is not a number of seconds above 0; "
            "give one such as --seconds 60",
        ),
        (
            ("burst", "--count", "1.5"),
            "argument --count: '1.5' is not a whole number of receipts above 0; "
            "give one such as --count 10000",
        ),
        (
            ("burst", "--to", "file", "no/such/folder/receipts.ndjson"),
            "argument --to: 'no/such/folder/receipts.ndjson' cannot be written; "
            "give a file in a folder that exists",
        ),
        (
            ("steady", "--to", "file", "receipts.ndjson"),
            "steady to a file does not wait and would never end; give --seconds",
        ),
        (
            ("replay", "receipts.txt"),
            "argument FILE: 'receipts.txt' cannot be replayed; "
            "give a file that exists and ends with .ndjson, .jsonl, .json, .csv, .parquet",
        ),
        (
            ("day", "--date", "10/03/2026"),
            "argument --date: '10/03/2026' is not a day; give one such as 2026-03-10",
        ),
        (
            ("burst", "--start", "8 o'clock"),
            'argument --start: "8 o\'clock" is not a time; give one such as 2026-03-10T08:00',
        ),
        (
            ("mess", "--late", "2"),
            "argument --late: '2' is not a share from 0 to 1; give one such as 0.02",
        ),
        (
            ("mess", "--late", "0.9", "--garbage", "0.2"),
            "the shares of the faults are more than 1 together; give smaller ones",
        ),
        (
            ("burst", "--tills", "65"),
            "argument --tills: '65' is not a whole number of tills in each store from 1 to 64; "
            "give one such as --tills 4",
        ),
        (
            ("burst", "--to", "localhost:3000"),
            "argument --to: 'localhost:3000' is not an address; "
            "give one such as http://localhost:3000",
        ),
        (
            ("burst", "--to", "http://localhost:port"),
            "argument --to: 'http://localhost:port' is not an address; "
            "give one such as http://localhost:3000",
        ),
        (
            ("burst", "--json", "no/such/folder/summary.json"),
            "argument --json: 'no/such/folder/summary.json' cannot be written; "
            "give a file in a folder that exists",
        ),
    ],
)
def test_a_wrong_value_says_how_to_mend_it(
    argv: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(*argv)
    last = capsys.readouterr().err.splitlines()[-1]

    assert (2, line) == (ended.value.code, last.partition("error: ")[2])


@pytest.mark.parametrize(
    ("to", "batch"), [(("http://a:1",), 1), (("amqp",), 500), (("file", "receipts.ndjson"), 1000)]
)
def test_batches_are_as_large_as_the_receiver_likes_them(to: tuple[str, ...], batch: int) -> None:
    parsed = parse("burst", "--to", *to)

    assert (":".join(to), batch) == (parsed["to"], parsed["batch"])


def test_the_summary_file_is_one_in_a_folder_that_exists(tmp_path: Path) -> None:
    assert tmp_path / "s.json" == parse("burst", "--json", str(tmp_path / "s.json"))["json"]
