"""Business cases of a position (GV_TYP, annex C): which are revenue, and what the others are.

Revenue is what goods were handed over for. Money that comes before that, or stays nobody's here,
is a counter-tender: what was paid for it is among the tenders, and this takes it out again.
"""

#: Each is a line of the receipt. A bottle's deposit shares the tax of its drink; a tip that the
#: employer takes (TrinkgeldAG) is taxed turnover.
REVENUE = frozenset(
    {"Umsatz", "Pfand", "PfandRueckzahlung", "Rabatt", "Aufschlag", "ZuschussEcht",
     "ZuschussUnecht", "TrinkgeldAG"}
)  # fmt: skip

#: Business case -> name of the counter-tender; the tender's amount is that of the position negated.
COUNTER_TENDERS = {
    "TrinkgeldAN": "tip",
    "EinzweckgutscheinKauf": "gift card sold",
    "MehrzweckgutscheinKauf": "gift card sold",
    "EinzweckgutscheinEinloesung": "gift card",
    "MehrzweckgutscheinEinloesung": "gift card",
    "Anzahlungseinstellung": "deposit",
    "Anzahlungsaufloesung": "deposit",
    "Forderungsentstehung": "receivable",
    "Forderungsaufloesung": "receivable",
}

#: Cash that moves without a sale. A receipt that has nothing else is none.
MOVEMENTS = frozenset(
    {"Anfangsbestand", "Privatentnahme", "Privateinlage", "Geldtransit", "Lohnzahlung",
     "Einzahlung", "Auszahlung", "DifferenzSollIst"}
)  # fmt: skip
MOVEMENT_TENDER = "cash movement"

#: What is sold for somebody else (AGENTUR_ID) is no turnover of the chain.
AGENCY_TENDER = "agency"

#: The only Vorgangstyp (BON_TYP, annex B) that is a receipt; all others are apart.
RECEIPT = "Beleg"

#: "Nicht steuerbar": with it a receivable is money; with a rate it is the sale itself.
NOT_TAXABLE = "5"

#: Closings may show reductions within turnover (annex C, "Umsatz"): they are compared together.
TOGETHER = {"Rabatt": "Umsatz", "Aufschlag": "Umsatz"}


def counter_tender(case: str, agency: str, vat_key: str) -> str | None:
    """The counter-tender of a position, None where it is revenue; KeyError for another case."""
    if agency not in ("", "0"):
        return AGENCY_TENDER
    if case in REVENUE or (case == "Forderungsentstehung" and vat_key != NOT_TAXABLE):
        return None
    return MOVEMENT_TENDER if case in MOVEMENTS else COUNTER_TENDERS[case]
