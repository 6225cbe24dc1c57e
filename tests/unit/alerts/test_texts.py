"""Many alerts are one message, in its reader's language."""

from datetime import date

from alerts import morning_text, texts
from alerts.rule import REVENUE_BELOW_USUAL, STORE_AT_ZERO
from alerts.texts import Event
from alerts.yesterday import Compared, Morning, Sold


def test_a_thousand_stores_at_zero_are_one_message_with_a_list_that_ends() -> None:
    events = [
        Event("begins", "warning", f"Store {place:04d}: no receipt today, open since 06:30")
        for place in range(1_000)
    ]
    message = texts.compose([*events, Event("ends", "critical", "Job x went well")], "en")
    lines = message.body.splitlines()
    left = int(lines[-1].split()[1].replace(",", ""))

    assert "1,001 alerts: 1,000 begin, 1 end" == message.title
    assert "warning" == message.severity
    assert len(message.body) <= texts.MOST_CHARACTERS + 40
    assert 1_001 == len(lines) - 1 + left
    assert "Begins (warning): Store 0000: no receipt today, open since 06:30" == lines[0]


def test_an_alert_is_told_in_each_language() -> None:
    facts: dict[str, str | float] = {
        "name": "Lyon",
        "percent": -31.4,
        "until": "10:00",
        "value": 123_456.0,
        "usual": 180_000.0,
    }

    assert {
        "en": "Lyon: revenue 31% under usual until 10:00, €1,235 instead of €1,800",
        "fr": "Lyon : recettes 31\u202f% sous l'habitude jusqu'à 10:00, 1\u202f235 €"
        " au lieu de 1\u202f800 €",
    } == texts.begins(REVENUE_BELOW_USUAL, facts)
    assert (
        "Lyon : fermé, sans aucune vente"
        == texts.ends(STORE_AT_ZERO, {"name": "Lyon", "closed": "closed"})["fr"]
    )


def test_names_in_the_mornings_mail_are_text_whatever_they_hold() -> None:
    sold = Sold("<b>Lyon & Co</b>", Compared(100_000, None))
    morning = Morning(
        day=date(2026, 11, 28),
        revenue=Compared(100_000, 80_000),
        receipts=Compared(100, 100),
        basket=Compared(1_000, 800),
        top=[sold],
        bottom=[],
        products=[],
        alerts=0,
        named=[],
        verified=True,
    )
    body = morning_text.html(morning, "fr")
    named = "<li>&lt;b&gt;Lyon &amp; Co&lt;/b&gt;: 1\u202f000 €, pas encore d'habitude</li>"

    assert named in body
    assert "Hier, 28/11/2026 : 1\u202f000 € (+25\u202f%)" == morning_text.title(morning, "fr")
    assert "<b>Panier: 10,00 €</b>, +25\u202f% par rapport à l'habitude" in body
    assert "Les comptes concordent." in body
