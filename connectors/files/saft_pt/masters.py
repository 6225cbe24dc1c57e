"""What a SAF-T file says before its documents: company, VAT rates, groups of products."""

from xml.etree.ElementTree import Element

from connectors.files.amounts import AmountError, reader
from connectors.files.import_errors import RefusedReceiptError
from connectors.files.xml_records import text

_amount = reader(".", "")
#: Products whose group is kept; those of others are in the category of no group.
MAX_PRODUCTS = 200_000
#: TaxEntity of a file that is of all establishments.
GLOBAL = "Global"


class Masters:
    """Is filled while the file is read: the standard has master files before documents."""

    def __init__(self) -> None:
        self.store = "SAF-T"
        #: ProductCode -> ProductGroup.
        self.groups: dict[str, str] = {}
        self._rates: dict[tuple[str, str, str], int] = {}

    def note(self, record: Element) -> None:
        """Take a Header, a Product or a TaxTableEntry."""
        match record.tag:
            case "Header":
                entity = text(record, "TaxEntity")
                company = text(record, "CompanyID") or text(record, "TaxRegistrationNumber")
                self.store = (company if entity in ("", GLOBAL) else entity)[:64] or self.store
            case "Product" if len(self.groups) < MAX_PRODUCTS:
                self.groups[text(record, "ProductCode")[:64]] = text(record, "ProductGroup")
            case "TaxTableEntry" if text(record, "TaxPercentage"):
                self._rates[_key(record)] = _rate(record)

    def rate(self, line: Element) -> int:
        """A line's VAT in hundred-thousandths of a percent. Raises RefusedReceiptError."""
        tax = line.find("Tax")
        if tax is not None and text(tax, "TaxPercentage"):
            return _rate(tax)
        if tax is not None and (known := self._rates.get(_key(tax))) is not None:
            return known
        raise RefusedReceiptError(
            f"line {text(line, 'LineNumber')}: neither it nor TaxTable has a TaxPercentage"
        )


def _key(tax: Element) -> tuple[str, str, str]:
    return text(tax, "TaxType"), text(tax, "TaxCountryRegion"), text(tax, "TaxCode")


def _rate(tax: Element) -> int:
    try:
        return _amount(text(tax, "TaxPercentage"))
    except AmountError as error:
        raise RefusedReceiptError(str(error)) from error
