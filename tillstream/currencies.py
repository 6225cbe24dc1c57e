"""The currencies that receipts may be in: codes of ISO 4217, and their minor units."""

#: The currency of a receipt that names none.
CURRENCY = "EUR"
#: Digits after the point of most currencies: the euro's cents.
EXPONENT = 2

_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD"
    " CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ"
    " GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL"
    " MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR"
    " PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT"
    " TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}

#: Code -> digits after the point of an amount. Units of account that nobody pays with (funds codes,
#: metals, test codes) are none of them; two of those have four digits.
EXPONENTS: dict[str, int] = {
    code: exponent for exponent, codes in _BY_EXPONENT.items() for code in codes.split()
}
CODES = sorted(EXPONENTS)

#: What a code has to be, in words.
IN_WORDS = "a currency's code of ISO 4217 in three capital letters, such as EUR, JPY or KWD"


def exponent_of(currency: str | None) -> int:
    """Digits after the point of a receipt's amounts; raises ValueError for an unknown code."""
    if currency is None:
        return EXPONENT
    try:
        return EXPONENTS[currency]
    except KeyError as error:
        raise ValueError(f"{currency!r} is not {IN_WORDS}") from error
