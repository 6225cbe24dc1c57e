"""The morning's mail as HTML; of which the plain text beside it is made. Pure."""

from collections.abc import Iterable
from html import escape

from alerts.texts import LANGUAGES, money, number, percent
from alerts.yesterday import Compared, Morning, Sold
from tillstream.money import decimal_text

_WORDS = {
    "title": ("Yesterday, {day}: {revenue}", "Hier, {day} : {revenue}"),
    "revenue": ("Revenue", "Recettes"),
    "receipts": ("Receipts", "Tickets"),
    "basket": ("Basket", "Panier"),
    "top": ("Top stores", "Meilleurs magasins"),
    "bottom": ("Bottom stores", "Derniers magasins"),
    "products": ("Products", "Produits"),
    "alerts": ("Alerts: {number}", "Alertes : {number}"),
    "usual": ("{percent} on usual", "{percent} par rapport à l'habitude"),
    "new": ("nothing usual yet", "pas encore d'habitude"),
    "verified": ("The books agree.", "Les comptes concordent."),
    "differs": (
        "The books do NOT agree: see the page Operations.",
        "Les comptes ne concordent PAS : voir la page Exploitation.",
    ),
    "unproved": ("No proof of the books was made.", "Les comptes n'ont pas été vérifiés."),
    "about": (
        "Revenue is gross. Usual is the mean of the last four same weekdays.",
        "Recettes TTC. L'habitude est la moyenne des quatre derniers mêmes jours de semaine.",
    ),
}


def title(found: Morning, language: str) -> str:
    """The subject."""
    day = f"{found.day:%d/%m/%Y}" if language == "fr" else found.day.isoformat()
    revenue = money(found.revenue.value, language)
    change = found.revenue.percent
    said = f"{revenue} ({_signed(change, language)})" if change is not None else revenue
    return _word("title", language, day=day, revenue=said)


def html(found: Morning, language: str) -> str:
    """The body; names are escaped. Lists and no tables: the plain text keeps their lines."""
    figures = [
        ("revenue", money(found.revenue.value, language), found.revenue),
        ("receipts", number(found.receipts.value, language), found.receipts),
        ("basket", _exact(round(found.basket.value), language), found.basket),
    ]
    parts = [
        f"<h2>{escape(title(found, language))}</h2>",
        _list(
            f"<b>{_word(name, language)}: {value}</b>, {_usual(compared, language)}"
            for name, value, compared in figures
        ),
    ]
    for name, sold in (("top", found.top), ("bottom", found.bottom), ("products", found.products)):
        if sold:
            parts.append(f"<h3>{_word(name, language)}</h3>")
            parts.append(_list(_sold(each, language) for each in sold))
    parts.append(f"<h3>{_word('alerts', language, number=number(found.alerts, language))}</h3>")
    if found.named:
        parts.append(_list(escape(each[language]) for each in found.named))
    proof = {True: "verified", False: "differs", None: "unproved"}[found.verified]
    parts += [f"<p>{_word(proof, language)}</p>", f"<p>{_word('about', language)}</p>"]
    return "\n".join(parts)


def _sold(each: Sold, language: str) -> str:
    usual = _usual(each.gross, language)
    return f"{escape(each.name)}: {money(each.gross.value, language)}, {usual}"


def _usual(compared: Compared, language: str) -> str:
    change = compared.percent
    if change is None:
        return _word("new", language)
    return _word("usual", language, percent=_signed(change, language))


def _signed(change: float, language: str) -> str:
    return f"{'-' if round(change) < 0 else '+'}{percent(change, language)}"


def _exact(minor: int, language: str) -> str:
    text = decimal_text(minor)
    return f"€{text}" if language == "en" else f"{text.replace('.', ',')} €"


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def _word(name: str, language: str, **facts: str) -> str:
    return _WORDS[name][LANGUAGES.index(language)].format(**facts)
