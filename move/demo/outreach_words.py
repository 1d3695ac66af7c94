"""Where posters hang, when it is safe to call, what short trainings are about. Numbers are valid in form only."""

POSTERS: tuple[tuple[str, str], ...] = (
    ("Toilettes de la bibliothèque, porte intérieure", "1210"),
    ("Salle d’attente de la polyclinique", "1030"),
)
LATE = ("0470 00 63 18", "en semaine, entre 9 h et 11 h")
TAKEN = ("0471 00 27 45", "entre 12 h et 13 h, jamais le soir")
HANDLED = ("0490 00 81 36", "le matin")

SESSION = {
    "title": "Un midi pour se connaître : orienter sans perdre la personne",
    "about": "Quarante-cinq minutes en ligne : qui fait quoi dans le district, ce qu’on écrit dans un renvoi, ce qu’on"
    " dit à la personne avant. Questions à la fin.",
    "minutes": 45,
    "link": "https://coordination.example/midi",
    "seats": 40,
    "kinds": [],
}
REPLAY = "https://coordination.example/midi/revoir"
