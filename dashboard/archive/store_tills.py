"""The tills of one store: what each sold today, and what the ledger says of gaps and silence."""

from dashboard.state.panels import Row
from tillstream.snapshots import TillsSnapshot


def rows(store: str, sold: list[Row], ledger: TillsSnapshot | None) -> list[Row]:
    """Rows of till, receipts, gross in cents, last receipt, missing numbers, silent since, selling.

    `sold` has their first four columns. Times are Unix seconds, None of no receipt and no silence;
    `missing` is None, and `selling` False, where it is not known.
    """
    silent = {t.till: t.since for t in ledger.silent_tills if t.store == store} if ledger else {}
    missing: dict[str, int] = {}
    listed = 0
    for gap in ledger.gaps if ledger else ():
        numbers = gap.last - gap.first + 1
        listed += numbers
        if gap.store == store:
            missing[gap.till] = missing.get(gap.till, 0) + numbers
    # Of very many silent tills and gaps the ledger names the oldest only.
    all_silent = ledger is not None and ledger.silent == len(ledger.silent_tills)
    all_gaps = ledger is not None and ledger.missing == listed
    names = {str(row[0]) for row in sold}
    # A till that is silent since yesterday has sold nothing today.
    quiet = [(till, 0, 0, None) for till in sorted((silent.keys() | missing.keys()) - names)]
    return [
        (
            *row,
            missing.get(row[0], 0 if all_gaps else None),
            silent.get(row[0]),
            all_silent and row[0] not in silent,
        )
        for row in [*sold, *quiet]
    ]
