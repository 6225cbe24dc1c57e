"""The words of the pages in French; English is what the code says."""

from typing import Any

from dashboard.pages.formatting import Verbatim
from dashboard.pages.words_pages import PAGES

FRENCH = {
    # Header and footer.
    "Live": "Direct",
    "Operations": "Exploitation",
    "Live sales": "Ventes en direct",
    "Waiting for data": "En attente de données",
    "Time of the newest figures": "Heure des derniers chiffres",
    "Switch between dark and light": "Passer du sombre au clair",
    "Pages": "Pages",
    "Pause": "Pause",
    "Save what is shown": "Enregistrer ce qui est affiché",
    "Time window": "Période",
    "Day": "Jour",
    "6 h": "6 h",
    "1 h": "1 h",
    "15 m": "15 min",
    "All stores": "Tous magasins",
    "All categories": "Toutes catégories",
    "whole chain": "toute la chaîne",
    "No figures yet": "Pas encore de chiffres",
    "Every figure is a view of the receipt log": "Chaque chiffre est une vue du journal",
    # Tiles.
    "Revenue today": "Chiffre du jour",
    "Receipts today": "Tickets du jour",
    "Receipts / minute": "Tickets / minute",
    "Average basket": "Panier moyen",
    "Network delay": "Délai réseau",
    "Till delay p95": "Délai caisse p95",
    "Net revenue": "Chiffre net",
    "Units per basket": "Articles par panier",
    "Returns": "Retours",
    "Stores selling": "Magasins actifs",
    "Silent tills": "Caisses muettes",
    "Missing receipts": "Tickets manquants",
    "Received to counted": "Reçu à compté",
    "Received to stored": "Reçu à archivé",
    "Stored": "Archivés",
    "Dead letters": "Messages rejetés",
    "Conflicts kept": "Conflits gardés",
    "Tills heard": "Caisses entendues",
    "Duplicates": "Doublons",
    "Conflicts": "Conflits",
    "Undecodable": "Illisibles",
    "Tills renumbered": "Caisses renumérotées",
    "waiting for data": "en attente",
    "gross": "TTC",
    "today": "aujourd'hui",
    "last 60 s": "60 dernières s",
    "per receipt": "par ticket",
    "door to archive": "porte à archive",
    "from the door": "de la porte",
    "from the till": "de la caisse",
    "without tax": "hors taxe",
    "mean of today": "moyenne du jour",
    "gross, today": "TTC, aujourd'hui",
    "with receipts today": "avec tickets du jour",
    "quieter than usual": "plus calmes que d'habitude",
    "numbers passed over": "numéros sautés",
    "mean": "moyenne",
    "since the worker started": "depuis le démarrage",
    "since it started": "depuis le démarrage",
    "since the ledger began": "depuis le début du registre",
    "counted once only": "comptés une seule fois",
    "other content": "autre contenu",
    "in the log": "dans le journal",
    "began anew": "repartis de zéro",
    "Last receipt": "Dernier ticket",
    # Plots and tables.
    "Figures of the day": "Chiffres du jour",
    "Further figures of the day": "Autres chiffres du jour",
    "Figures of the operation": "Chiffres de l'exploitation",
    "Figures of the store": "Chiffres du magasin",
    "More of today": "Le jour en détail",
    "Revenue over the day": "Chiffre au fil du jour",
    "running total, store time": "cumul, heure du magasin",
    "Running total": "Cumul",
    "Per minute": "Par minute",
    "Sales by category": "Ventes par catégorie",
    "today, largest first": "aujourd'hui, les plus grandes d'abord",
    "Receipts ingested per minute": "Tickets reçus par minute",
    "in the 60 s before": "sur les 60 s précédentes",
    "Today by hour": "Le jour par heure",
    "gross, over the same weekday last week": "TTC, et le même jour la semaine passée",
    "Today": "Aujourd'hui",
    "Last week": "Semaine passée",
    "Tender mix": "Moyens de paiement",
    "Tender": "Paiement",
    "Gross": "TTC",
    "Share": "Part",
    "VAT": "TVA",
    "by rate, today": "par taux, aujourd'hui",
    "Rate": "Taux",
    "Net": "HT",
    "Tax": "TVA",
    "Largest stores": "Plus grands magasins",
    "Smallest stores": "Plus petits magasins",
    "Store": "Magasin",
    "Receipts": "Tickets",
    "Till": "Caisse",
    "longer than their own rhythm": "plus longtemps que leur rythme",
    "numbers that a till passed over": "numéros sautés par une caisse",
    "Numbers": "Numéros",
    "Since": "Depuis",
    "Sources": "Sources",
    "Day totals": "Totaux du jour",
    "Category totals": "Totaux par catégorie",
    "Receipt rate": "Débit de tickets",
    "Archive delays": "Délais d'archive",
    "Breakdowns": "Ventilations",
    "Tills": "Caisses",
    "waiting": "en attente",
    "Workers": "Processus",
    "each publishes twice a second, its details every two seconds": (
        "chacun publie deux fois par seconde, ses détails toutes les deux secondes"
    ),
    "Feed": "Flux",
    "Worker": "Processus",
    "State": "État",
    "Newest figures": "Derniers chiffres",
    "Closed days": "Jours clos",
    "what came after a day had closed is credited to it": "un ticket tardif va au jour de sa vente",
    "Late": "Tardifs",
    "Late gross": "TTC tardif",
    "Hour": "Heure",
    "Category": "Catégorie",
    "Missing": "Manquants",
    "silent": "muette",
    "selling": "en vente",
    "Latest receipts": "Derniers tickets",
    "Time": "Heure",
    "Number": "Numéro",
    "none": "aucun",
    # A receipt, and what is not there.
    "Receipt": "Ticket",
    "Total": "Total",
    "Its life": "Sa vie",
    "Sold": "Vendu",
    "Received": "Reçu",
    "till's clock": "horloge de la caisse",
    "the door's stamp": "tampon de la porte",
    "sent to the archive": "envoyé à l'archive",
    "Identity": "Identité",
    "Business day": "Jour de vente",
    "Came again with other content": "Revenu avec un autre contenu",
    "There is no such page.": "Cette page n'existe pas.",
    "The archive is away. Try again in a moment.": "L'archive est absente. Réessayez bientôt.",
    "The archive has no such receipt (yet).": "L'archive n'a pas (encore) ce ticket.",
    "This receipt cannot be read.": "Ce ticket ne peut pas être lu.",
    **PAGES,
}

#: Properties that hold words; `children` may hold further components too.
_WORDS = (
    "children",
    "title",
    "aria-label",
    "data-live",
    "data-whole",
    "data-waiting",
    "label",
    "placeholder",
    "nothingFoundMessage",
)


def translate(part: Any, language: str) -> Any:
    """`part` (components, lists, text) with its words in `language`; text of the data stays."""
    if language != "fr" or isinstance(part, Verbatim):
        return part
    if isinstance(part, str):
        return FRENCH.get(part, part)
    if isinstance(part, list | tuple):
        return [translate(each, language) for each in part]
    for name in _WORDS:
        value = getattr(part, name, None)
        if value is not None:
            setattr(part, name, translate(value, language))
    options = getattr(part, "data", None)
    if isinstance(options, list):
        part.data = [each | {"label": translate(each["label"], language)} for each in options]
    return part
