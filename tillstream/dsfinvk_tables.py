"""The tables of a DSFinV-K 2.4 export that Tillstream reads and its generator writes.

Names of files and columns, in the order of the specification (Digitale Schnittstelle der
Finanzverwaltung für Kassensysteme, chapter 3).
"""

#: Every table begins with the closing that it belongs to.
CLOSING = ("Z_KASSE_ID", "Z_ERSTELLUNG", "Z_NR")

# Behind those of the closing.
_COLUMNS = {
    "transactions.csv": (
        "BON_ID BON_NR BON_TYP BON_NAME TERMINAL_ID BON_STORNO BON_START BON_ENDE BEDIENER_ID"
        " BEDIENER_NAME UMS_BRUTTO KUNDE_NAME KUNDE_ID KUNDE_TYP KUNDE_STRASSE KUNDE_PLZ KUNDE_ORT"
        " KUNDE_LAND KUNDE_USTID BON_NOTIZ"
    ),
    "transactions_vat.csv": "BON_ID UST_SCHLUESSEL BON_BRUTTO BON_NETTO BON_UST",
    "allocation_groups.csv": "BON_ID ABRECHNUNGSKREIS",
    "datapayment.csv": (
        "BON_ID ZAHLART_TYP ZAHLART_NAME ZAHLWAEH_CODE ZAHLWAEH_BETRAG BASISWAEH_BETRAG"
    ),
    "references.csv": (
        "BON_ID POS_ZEILE REF_TYP REF_NAME REF_DATUM REF_Z_KASSE_ID REF_Z_NR REF_BON_ID"
    ),
    "lines.csv": (
        "BON_ID POS_ZEILE GUTSCHEIN_NR ARTIKELTEXT POS_TERMINAL_ID GV_TYP GV_NAME INHAUS P_STORNO"
        " AGENTUR_ID ART_NR GTIN WARENGR_ID WARENGR MENGE FAKTOR EINHEIT STK_BR"
    ),
    "lines_vat.csv": "BON_ID POS_ZEILE UST_SCHLUESSEL POS_BRUTTO POS_NETTO POS_UST",
    "itemamounts.csv": "BON_ID POS_ZEILE TYP UST_SCHLUESSEL PF_BRUTTO PF_NETTO PF_UST",
    "cashpointclosing.csv": (
        "Z_BUCHUNGSTAG TAXONOMIE_VERSION Z_START_ID Z_ENDE_ID NAME STRASSE PLZ ORT LAND STNR USTID"
        " Z_SE_ZAHLUNGEN Z_SE_BARZAHLUNGEN"
    ),
    "location.csv": "LOC_NAME LOC_STRASSE LOC_PLZ LOC_ORT LOC_LAND LOC_USTID",
    "cashregister.csv": (
        "KASSE_BRAND KASSE_MODELL KASSE_SERIENNR KASSE_SW_BRAND KASSE_SW_VERSION"
        " KASSE_BASISWAEH_CODE KEINE_UST_ZUORDNUNG"
    ),
    "vat.csv": "UST_SCHLUESSEL UST_SATZ UST_BESCHR",
    "businesscases.csv": (
        "GV_TYP GV_NAME AGENTUR_ID UST_SCHLUESSEL Z_UMS_BRUTTO Z_UMS_NETTO Z_UST"
    ),
    "payment.csv": "ZAHLART_TYP ZAHLART_NAME Z_ZAHLART_BETRAG",
    "cash_per_currency.csv": "ZAHLART_WAEH ZAHLART_BETRAG_WAEH",
}

#: File -> its columns.
TABLES: dict[str, tuple[str, ...]] = {
    file: (*CLOSING, *columns.split()) for file, columns in _COLUMNS.items()
}
