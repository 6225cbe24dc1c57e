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
}
