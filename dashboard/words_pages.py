"""French words of the pages of the operation, a store, a receipt and a replayed day."""

PAGES = {
    # Operations.
    "Proof": "Preuve",
    "the last `verify`: door, log, ledger, archive": (
        "le dernier `verify` : porte, journal, registre, archive"
    ),
    "What": "Quoi",
    "Expected": "Attendu",
    "Found": "Trouvé",
    "Differences": "Différences",
    "Queues": "Files",
    "messages waiting; receipts in and out": "messages en attente ; tickets entrants et sortants",
    "Queue": "File",
    "Waiting": "En attente",
    "Consumers": "Consommateurs",
    "In / s": "Entrée / s",
    "Out / s": "Sortie / s",
    # A replayed day.
    "Replay": "Relecture",
    "Replay of": "Relecture du",
    "Day before": "Jour d'avant",
    "Day after": "Jour d'après",
    "Other days": "Autres jours",
    "Figures of the replayed day": "Chiffres du jour relu",
    "Today, live": "Aujourd'hui, en direct",
    "Receipts sold per minute": "Tickets vendus par minute",
    "Revenue then": "Chiffre alors",
    "Receipts then": "Tickets alors",
    "Play": "Lire",
    "Space: play or pause; arrows: five minutes": "Espace : lire ou pause ; flèches : cinq minutes",
    "Speed": "Vitesse",
    "Time of the replay": "Heure de la relecture",
}
