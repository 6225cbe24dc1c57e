"""The proof of an erasure: sums of each currency by itself, and of euros as ever."""

from persistence.erasure.audit import proof


def test_a_proof_has_the_sums_of_each_currency_by_itself() -> None:
    euros = {("2026-11-21", "1", "EUR"): (2, 10, 1, 11), ("2026-11-21", "2", "EUR"): (1, 5, 0, 5)}
    yen = {("2026-11-21", "1", "JPY"): (1, 500, 0, 500)}

    (of_euros,) = proof(["2026-11-21"], euros).values()
    (of_both,) = proof(["2026-11-21"], euros | yen).values()

    sums = {"receipts": 3, "netMinor": 15, "taxMinor": 1, "grossMinor": 16}
    # The digest is that of a record of before there were other currencies.
    digest = "955bb84db0aea6c1147bfed8b0d68151592f574ba7bf1151049662e536437b9a"
    assert sums | {"stores": digest} == of_euros
    assert {"JPY": {"receipts": 1, "netMinor": 500, "taxMinor": 0, "grossMinor": 500}} == of_both[
        "currencies"
    ]
    assert of_euros["stores"] != of_both["stores"]
