"""The samples of every file format give the receipts that were written down for them by hand."""

import json
from pathlib import Path

import pytest

from connectors.files import formats
from connectors.files.amounts import exponent_of

SAMPLES = Path(__file__).parents[4] / "receivers" / "samples"
FORMATS = ("dsfinvk", "saft_pt", "poslog")
FILES = sorted(
    file for name in FORMATS for file in SAMPLES.glob(f"{name}/*/export*") if file.exists()
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-3]}-{file.parts[-2]}")
def test_a_sample_gives_its_receipts_and_agrees_with_its_closing(file: Path) -> None:
    expected = json.loads((file.parent / "receipts.json").read_bytes())

    with formats.opened(file, exponent_of) as reader:
        found = [found.receipt for found in reader.receipts()]
        account = reader.account

    assert expected == found
    assert (account.refused, account.problems) == ([], [])
    assert [closing.differences for closing in account.closings] == [[]] * len(account.closings)


def test_each_format_has_five_samples() -> None:
    assert [5] * len(FORMATS) == [len(list(SAMPLES.glob(f"{name}/*/export*"))) for name in FORMATS]
