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
    "Consumers": "Lecteurs",
    "In / s": "Entrée / s",
    "Out / s": "Sortie / s",
    "Marked receipts": "Tickets marqués",
    "today's that were counted although they break a rule": (
        "ceux du jour, comptés bien qu'ils enfreignent une règle"
    ),
    "Rule": "Règle",
    "Set aside": "Mis de côté",
    "accepted and not counted, and kept": "acceptés et non comptés, et gardés",
    "Kept as": "Gardé comme",
    "Reason": "Raison",
    "Count": "Nombre",
    "Last": "Dernier",
    "Meaning": "Signification",
    # A store.
    "all categories": "toutes les catégories",
    "No receipt of this store is in the archive:": "L'archive n'a aucun ticket de ce magasin :",
    "To all stores": "Vers tous les magasins",
    "not known": "inconnu",
    "none today": "aucun aujourd'hui",
    "silent since": "muette depuis",
    "Network delay p95": "Délai réseau p95",
    "Hours": "Heures",
    "Categories": "Catégories",
    "to": "jusqu'à",
    # A receipt.
    "Confirmed": "Confirmé",
    "by the broker, before the till had its answer; no time is kept": (
        "par le courtier, avant la réponse à la caisse ; l'heure n'est pas gardée"
    ),
    "Counted": "Compté",
    "no later than ": "au plus tard ",
    "not known: the ledger is not heard of": "inconnu : le registre ne se fait pas entendre",
    "not known yet: the ledger has not read so far": (
        "pas encore connu : le registre n'a pas lu jusque-là"
    ),
    "the ledger had read the whole log by then; it keeps no time of a receipt": (
        "le registre avait alors lu tout le journal ; il ne garde pas l'heure d'un ticket"
    ),
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
