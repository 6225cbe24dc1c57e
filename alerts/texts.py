"""What alerts say, in each language. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from alerts.reading import Facts
from alerts.rule import (
    ARCHIVE_AWAY,
    DISK_SHORT,
    FEED_SILENT,
    JOB_FAILED,
    RETURNS_UNUSUAL,
    REVENUE_BELOW_USUAL,
    STORE_AT_ZERO,
    TILL_SILENT,
    VERIFY_FAILED,
)
from tillstream.alert_records import ACKNOWLEDGED, BEGINS, ENDS, SEVERITIES, Severity, Texts

LANGUAGES = ("en", "fr")
#: Characters of a message with many lines: the smallest of what is usual (Telegram has 4,096).
MOST_CHARACTERS = 3_000

_BEGINS: dict[str, tuple[str, str]] = {
    STORE_AT_ZERO: (
        "{name}: no receipt today, open since {since}",
        "{name} : aucun ticket aujourd'hui, ouvert depuis {since}",
    ),
    TILL_SILENT: (
        "{name}, till {till}: nothing since {since}",
        "{name}, caisse {till} : rien depuis {since}",
    ),
    REVENUE_BELOW_USUAL: (
        "{name}: revenue {percent} under usual until {until}, {value} instead of {usual}",
        "{name} : recettes {percent} sous l'habitude jusqu'à {until}, {value} au lieu de {usual}",
    ),
    RETURNS_UNUSUAL: (
        "{name}: returns {percent} over usual until {until}, {value} instead of {usual}",
        "{name} : retours {percent} au-dessus de l'habitude jusqu'à {until},"
        " {value} au lieu de {usual}",
    ),
    FEED_SILENT: ("{name} worker: not heard", "Processus {name} : pas de nouvelles"),
    ARCHIVE_AWAY: ("The archive (MongoDB) is away", "L'archive (MongoDB) ne répond pas"),
    VERIFY_FAILED: (
        "The books do not agree: {differences} differences. {verdict}",
        "Les comptes ne concordent pas : {differences} écarts. {verdict}",
    ),
    JOB_FAILED: ("Job {name} failed", "Tâche {name} en échec"),
    DISK_SHORT: ("The disk is almost full: {free} free", "Disque presque plein : {free} libres"),
}
_ENDS: dict[str, tuple[str, str]] = {
    STORE_AT_ZERO: ("{name}: sells", "{name} : vend"),
    TILL_SILENT: ("{name}, till {till}: heard again", "{name}, caisse {till} : de nouveau active"),
    REVENUE_BELOW_USUAL: ("{name}: revenue as usual", "{name} : recettes comme d'habitude"),
    RETURNS_UNUSUAL: ("{name}: returns as usual", "{name} : retours comme d'habitude"),
    FEED_SILENT: ("{name} worker: heard again", "Processus {name} : de nouveau actif"),
    ARCHIVE_AWAY: ("The archive (MongoDB) answers", "L'archive (MongoDB) répond"),
    VERIFY_FAILED: ("The books agree", "Les comptes concordent"),
    JOB_FAILED: ("Job {name} went well", "Tâche {name} réussie"),
    DISK_SHORT: ("The disk has room again", "Le disque a de nouveau de la place"),
}
_CLOSED = ("{name}: closed, and sold nothing", "{name} : fermé, sans aucune vente")
_CHAIN = ("The chain", "L'enseigne")
_WORDS: dict[str, tuple[str, str]] = {
    BEGINS: ("Begins", "Début"),
    ACKNOWLEDGED: ("Acknowledged by {by}", "Pris en charge par {by}"),
    ENDS: ("Ends", "Fin"),
    "info": ("info", "info"),
    "warning": ("warning", "attention"),
    "critical": ("critical", "critique"),
    "many": ("{number} alerts: {events}", "{number} alertes : {events}"),
    f"many {BEGINS}": ("{number} begin", "{number} débutent"),
    f"many {ACKNOWLEDGED}": ("{number} acknowledged", "{number} prises en charge"),
    f"many {ENDS}": ("{number} end", "{number} prennent fin"),
    "more": ("and {number} more", "et {number} autres"),
}


class Event(NamedTuple):
    """What is to be told of an alert."""

    event: str
    severity: Severity
    #: Of its begin, or of its end.
    text: str
    by: str = ""


class Composed(NamedTuple):
    """A message; `severity` is the greatest of what begins, None where nothing does."""

    title: str
    body: str
    severity: Severity | None


def begins(kind: str, facts: Facts) -> Texts:
    """What the begin of an alert says."""
    return _texts(_BEGINS[kind], facts)


def ends(kind: str, facts: Facts) -> Texts:
    """What its end says; `facts` are those of the end, with those of the begin below them."""
    return _texts(_CLOSED if facts.get("closed") else _ENDS[kind], facts)


def word(name: str, language: str, **facts: object) -> str:
    """A word of messages."""
    return _WORDS[name][LANGUAGES.index(language)].format(**facts)


def compose(events: Sequence[Event], language: str) -> Composed:
    """One message of all events: the most severe first, what is too long only counted."""
    begun = [each.severity for each in events if each.event == BEGINS]
    severity = max(begun, key=SEVERITIES.index, default=None)
    ordered = sorted(
        events,
        key=lambda each: (
            (BEGINS, ACKNOWLEDGED, ENDS).index(each.event),
            -SEVERITIES.index(each.severity),
            each.text,
        ),
    )
    lines = [
        f"{word(each.event, language, by=each.by)} ({word(each.severity, language)}): {each.text}"
        for each in ordered
    ]
    if len(lines) == 1:
        return Composed(_one_line(lines[0]), lines[0], severity)
    counted = [
        word(f"many {event}", language, number=number(of_event, language))
        for event in (BEGINS, ACKNOWLEDGED, ENDS)
        if (of_event := sum(each.event == event for each in events))
    ]
    title = word("many", language, number=number(len(lines), language), events=", ".join(counted))
    return Composed(title, "\n".join(_shortened(lines, language)), severity)


def money(minor: float, language: str) -> str:
    """Cents for people, to the whole unit."""
    text = number(round(minor / 100), language)
    return f"€{text}" if language == "en" else f"{text} €"


def number(value: float, language: str) -> str:
    """A whole number for people."""
    # French groups by a narrow space that does not break.
    return f"{round(value):,}".replace(",", "," if language == "en" else "\u202f")


def percent(value: float, language: str) -> str:
    """Percent for people, without a sign."""
    return f"{number(abs(value), language)}{'%' if language == 'en' else chr(0x202F) + '%'}"


def _texts(forms: tuple[str, str], facts: Facts) -> Texts:
    return {
        language: form.format_map(_Shown(facts, language))
        for language, form in zip(LANGUAGES, forms, strict=True)
    }


class _Shown(dict[str, str]):
    """Facts as a reader of a language has them."""

    def __init__(self, facts: Facts, language: str) -> None:
        super().__init__()
        self._facts = facts
        self._language = language

    def __missing__(self, name: str) -> str:
        value = self._facts.get(name)
        if isinstance(value, str):
            return value
        if value is None:
            return _CHAIN[LANGUAGES.index(self._language)] if name == "name" else "–"  # noqa: RUF001 - a dash where nothing is known
        if name == "percent":
            return percent(value, self._language)
        return money(value, self._language) if name in ("value", "usual") else str(value)


def _shortened(lines: Iterable[str], language: str) -> list[str]:
    every, kept, characters = list(lines), [], 0
    for line in every:
        characters += len(line) + 1
        if characters > MOST_CHARACTERS:
            break
        kept.append(line)
    if left := len(every) - len(kept):
        kept.append(word("more", language, number=number(left, language)))
    return kept


def _one_line(text: str) -> str:
    return " ".join(text.split())
