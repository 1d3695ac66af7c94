"""What services say of themselves in the directory, how they work together, whom one asks for. All of it is fictional:
streets, numbers and agreements.
"""

from typing import Any, NamedTuple

OFFICE = [
    {"days": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "12:00"},
    {"days": [1, 2, 3, 4], "opens": "13:00", "closes": "17:00"},
]
LATE_ON_TUESDAY = [
    {"days": [1, 3, 4, 5], "opens": "09:00", "closes": "16:30"},
    {"days": [2], "opens": "12:00", "closes": "19:00"},
]
AFTERNOONS = [{"days": [1, 2, 4], "opens": "13:30", "closes": "18:00"}]


class Entry(NamedTuple):
    """`confirmed` is how many days ago the service last said that all of it holds; None leaves it to be confirmed."""

    agency: str
    by: str
    name: str
    needs: tuple[str, ...]
    audiences: tuple[str, ...]
    says: dict[str, str]
    schedule: list[dict[str, Any]]
    address: str = ""
    postal_code: str = ""
    languages: tuple[str, ...] = ("fr",)
    interpretation: bool = False
    always_open: bool = False
    confirmed: int | None = 30
    more: dict[str, Any] = {}


FREE = {"fr": "Gratuit.", "nl": "Gratis.", "en": "Free of charge."}

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "tilleul", "chloe", "Maison du Tilleul, accueil de jour et de nuit", ("shelter", "psychosocial"), ("victim",),
        {
            "fr": "Un lieu sûr pour une femme et ses enfants. Appelez : on vous dit où aller, on peut venir vous chercher.",
            "nl": "Een veilige plek voor een vrouw en haar kinderen. Bel: men zegt u waar u terechtkunt.",
            "en": "A safe place for a woman and her children. Call: you are told where to go.",
        },
        [], languages=("fr", "ar", "en"), interpretation=True, always_open=True, confirmed=12, more={"fees": {"fr": "Selon les revenus ; personne n’est laissé dehors pour cela."}},
    ),
    Entry(
        "escale", "pierre", "L’Escale claire, hébergement", ("shelter",), ("victim",),
        {"fr": "Hébergement de quelques semaines, seule ou avec enfants, et préparation de la suite."},
        [], always_open=True, confirmed=44,
    ),
    Entry(
        "appui", "etienne", "Point d’appui, écoute et accompagnement", ("psychosocial",), ("victim", "relative"),
        {
            "fr": "Entretiens gratuits, avec ou sans plainte. Accompagnement aux auditions et aux audiences.",
            "nl": "Gratis gesprekken, met of zonder klacht. Begeleiding naar verhoren en zittingen.",
            "en": "Free talks, with or without a complaint. Somebody comes along to hearings.",
        },
        LATE_ON_TUESDAY, "rue des Trois-Fontaines 8", "1210", ("fr", "tr", "en"), True, confirmed=20,
        more={"fees": FREE, "accessible": True},
    ),
    Entry(
        "cpas", "pierre", "CPAS de Sainte-Aurore, permanence sociale", ("social", "housing"), ("victim", "perpetrator", "relative"),
        {
            "fr": "Aide financière, adresse de référence, logement, droits propres quand le compte commun est fermé.",
            "nl": "Financiële hulp, referentieadres, huisvesting, eigen rechten.",
            "en": "Money, a reference address, housing, rights of your own.",
        },
        OFFICE, "place du Marché-aux-Laines 2", "1210", interpretation=True, confirmed=35, more={"fees": FREE, "accessible": True},
    ),
    Entry(
        "cpas", "pierre", "CPAS de Sainte-Aurore, emploi et formation", ("employment", "education"), ("victim", "perpetrator"),
        {"fr": "Bilan, formation et premier emploi, avec garde d’enfants pendant les rendez-vous."},
        OFFICE, "place du Marché-aux-Laines 2", "1210", confirmed=None,
    ),
    Entry(
        "hopital", "pierre", "Hôpital des Deux-Vallées, urgences et service social", ("health", "sexual_violence"), ("victim", "child"),
        {
            "fr": "Soins jour et nuit, certificat médical, entretien seule avec le service social.",
            "nl": "Dag en nacht zorg, medisch attest, gesprek onder vier ogen.",
            "en": "Care day and night, a medical certificate, a talk on your own.",
        },
        [], "chaussée des Deux-Vallées 100", "1030", ("fr", "nl", "en"), True, always_open=True, confirmed=60, more={"accessible": True},
    ),
    Entry(
        "amarante", "lucie", "L’Amarante, consultations", ("health", "psychosocial", "sexual_violence"), ("victim", "child"),
        {"fr": "Médecin, psychologue et juriste, sur rendez-vous ou le mercredi sans rendez-vous. Rien n’est envoyé à la maison."},
        LATE_ON_TUESDAY, "rue du Moulin-à-Vent 31", "1030", confirmed=9,
        more={"schedule_note": {"fr": "Mercredi après-midi : sans rendez-vous."}},
    ),
    Entry(
        "rivages", "pierre", "Rivages, droit et séjour", ("residence", "legal", "language"), ("victim", "perpetrator"),
        {
            "fr": "Séjour lié au conjoint, procédures, cours de français. Dans votre langue ou avec interprète.",
            "en": "Residence that depends on a partner, procedures, French lessons. In your language or with an interpreter.",
        },
        AFTERNOONS, "quai de la Lorne 5", "4020", ("fr", "en", "ar", "ps", "es"), True, confirmed=25, more={"fees": FREE},
    ),
    Entry(
        "passerelle", "pierre", "Programme Passerelle", ("perpetrator_work",), ("perpetrator",),
        {
            "fr": "Pour qui utilise la violence et veut que cela cesse : entretiens et groupe, de soi-même ou sur mandat.",
            "nl": "Voor wie geweld gebruikt en wil dat het stopt: gesprekken en groep.",
            "en": "For who uses violence and wants it to stop: talks and a group.",
        },
        AFTERNOONS, "rue de l’Ancienne-Gare 14", "4000", confirmed=50,
    ),
    Entry(
        "jeunesse", "pierre", "Aide à la jeunesse de la Lorne", ("child_protection", "children"), ("child", "relative"),
        {"fr": "Quand la situation d’un enfant inquiète : en parler, chercher de l’aide, décider avec la famille."},
        OFFICE, "avenue des Érables 40", "4000", interpretation=True, confirmed=80,
    ),
    Entry(
        "quatre_vents", "pierre", "CPMS Quatre-Vents", ("children", "education"), ("child", "relative"),
        {"fr": "Écoute des élèves et de leurs parents, à l’école ou au centre, en toute discrétion."},
        OFFICE, "rue des Quatre-Vents 3", "1210", confirmed=70,
    ),
    Entry(
        "embellie", "pierre", "L’Embellie, santé mentale", ("mental_health", "psychosocial"), ("victim", "perpetrator", "child"),
        {"fr": "Psychologues et psychiatres, adultes et enfants. Nouvelles demandes à partir de janvier."},
        AFTERNOONS, "rue de la Lanterne 22", "4030", confirmed=None,
    ),
    Entry(
        "mots", "amina", "Passe-Mots, interprètes", ("language",), ("professional",),
        {"fr": "Interprètes sur place, par téléphone ou en vidéo, demandés par un service."},
        OFFICE, languages=("fr", "ar", "tr", "ps", "es", "ro", "uk"), confirmed=15,
    ),
)  # fmt: skip

SOURCE = "Liste de la coordination de la Lorne (fictive)"
IMPORTED: tuple[dict[str, str], ...] = (
    {
        "service": "Cabinet médical du Vieux-Moulin",
        "kind": "general_practice",
        "name": "Médecine générale",
        "short_name": "Cabinet du Vieux-Moulin",
        "professional_phone": "02 555 01 30",
        "professional_email": "contact@vieux-moulin.example",
        "answer_hours": "72",
        "description_fr": "Deux médecins. Dites seulement que vous souhaitez un rendez-vous long.",
        "needs": "health",
        "audiences": "victim, perpetrator, child",
        "languages": "fr, nl",
        "territory": "1210 1030",
        "address": "rue du Vieux-Moulin 17",
        "postal_code": "1210",
        "phone": "02 555 03 30",
        "monday": "8:00-12:00, 14:00-18:00",
        "wednesday": "8:00-12:00",
        "friday": "8:00-12:00, 14:00-18:00",
    },
    {
        "service": "Permanence juridique des Deux-Rives",
        "kind": "legal_aid",
        "name": "Premiers conseils juridiques",
        "short_name": "Permanence Deux-Rives",
        "professional_phone": "02 555 01 31",
        "professional_email": "contact@deux-rives.example",
        "answer_hours": "96",
        "description_fr": "Un avocat, une demi-heure, sans rendez-vous : séparation, logement, enfants.",
        "needs": "legal",
        "audiences": "victim, perpetrator",
        "languages": "fr",
        "territory": "1210 1030 4000 4020 4030",
        "address": "quai des Deux-Rives 1",
        "postal_code": "4020",
        "phone": "02 555 03 31",
        "tuesday": "16:00-19:00",
        "thursday": "16:00-19:00",
    },
)
SHORT_KEYS = {"Cabinet médical du Vieux-Moulin": "cabinet", "Permanence juridique des Deux-Rives": "permanence"}

PLACES_LEFT: tuple[tuple[str, str, int | None, int | None], ...] = (
    ("tilleul", "fatima", 2, 3),
    ("escale", "sandrine", 0, 10),
    ("appui", "nadia", None, 6),
    ("passerelle", "nora", None, 21),
    ("amarante", "lucie", 4, 5),
    ("rivages", "tarik", None, 14),
)
"""(agency, who says it, free places, days of waiting): one is full."""
CLOSED = "embellie"
CHECKED_NUMBER: dict[str, Any] = {
    "number": "02 555 90 90",
    "name_fr": "Permanence de la Lorne",
    "name_en": "Duty line of the Lorne",
    "note_fr": "en semaine, de 9 h à 17 h",
    "note_en": "weekdays, 9 to 17",
    "audiences": ["victim", "relative"],
    "territory": "1030 1210",
    "position": 30,
    "source": "Démonstration : ce numéro n’existe pas",
}
"""Real numbers stay unchecked: nobody has called them for a demonstration."""


CHANNEL_SHELTER = "MOVE ; la nuit, le numéro de garde de la maison, et un mot dans MOVE le lendemain"
PROTOCOLS: tuple[tuple[tuple[str, str], dict[str, Any]], ...] = (
    (
        ("eva", "tilleul"),
        {
            "title": "Accueil en urgence entre la cellule et la maison",
            "purpose": "Qu’une place soit trouvée le jour même, sans que la personne répète son récit.",
            "categories": ["identity", "contact", "psychosocial"],
            "legal_basis": "Accord de la personne, écrit ou noté ; à confirmer par un juriste.",
            "modalities": "Réponse dans les quatre heures. Jamais d’adresse par écrit. Point commun chaque trimestre.",
            "channel": CHANNEL_SHELTER,
            "reference": "Classeur des conventions, n° 12",
        },
    ),
    (
        ("parquet", "passerelle"),
        {
            "title": "Entrée au programme sur mandat",
            "purpose": "Que la personne commence dans les trois semaines et que l’autorité sache si elle vient.",
            "categories": ["identity", "perpetrator_work"],
            "legal_basis": "Mesure du magistrat ; à confirmer par un juriste.",
            "modalities": "Le programme dit la présence et les conditions, rien de ce qui est confié.",
            "channel": "MOVE, et une fois par mois une réunion entre les deux services",
            "reference": "Convention du 4 mars 2026 (fictive)",
        },
    ),
    (
        ("cpas", "eva"),
        {
            "title": "Droits propres en trois jours",
            "purpose": "Ouvrir un compte, une adresse de référence et une première aide.",
            "categories": ["identity", "contact"],
            "legal_basis": "Accord de la personne ; à confirmer par un juriste.",
            "modalities": "Un rendez-vous est gardé chaque matin à 9 h.",
            "channel": "MOVE ; questions simples par téléphone avant 10 h",
        },
    ),
)

REFERENCE_PERSONS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("zp_aurore", "luc", "partner_violence", "sofie", "02 555 01 11", "en semaine, de 8 h à 16 h"),
    ("zp_montlieu", "gilles", "partner_violence", "isabelle", "02 555 01 12", "en semaine, de 7 h à 15 h"),
    ("eva", "paul", "partner_violence", "leila", "02 555 01 13", "du lundi au jeudi"),
    ("eva", "paul", "children", "helene", "02 555 01 13", "mardi et jeudi"),
    ("parquet", "pierre", "partner_violence", "anne", "02 555 01 15", "en semaine ; la garde ensuite"),
    ("tilleul", "chloe", "partner_violence", "mireille", "02 555 01 17", "en semaine, de 9 h à 17 h"),
    ("passerelle", "pierre", "perpetrators", "nora", "02 555 01 19", "l’après-midi"),
    ("appui", "etienne", "partner_violence", "olivier", "02 555 01 20", "le matin"),
    ("cpas", "pierre", "housing", "samira", "02 555 01 21", "avant 10 h"),
    ("hopital", "pierre", "health", "caroline", "02 555 01 22", "en semaine, de 8 h à 16 h"),
    ("hopital", "pierre", "sexual_violence", "caroline", "02 555 01 22", "en semaine ; les urgences ensuite"),
    ("rivages", "pierre", "migration", "tarik", "02 555 01 24", "lundi, mardi et jeudi"),
    ("mots", "amina", "migration", "ioana", "02 555 01 28", "en semaine, de 8 h à 18 h"),
    ("coordination", "pierre", "data_protection", "ingrid", "02 555 01 29", "sur rendez-vous"),
)
"""(agency, who names, theme, who, phone, hours)."""
