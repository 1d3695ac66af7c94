"""What is written in referrals, letters, feedback and requests for interpreters. Nobody of a case is named."""

from typing import Any

EXPLAINED = (
    "Quel service, ce qu’il lira avant de dire oui, ce qui s’ouvre ensuite, et que l’accord se retire à tout moment."
)
RESULTS = ("helped", "partly", "helped", "helped", "stopped", "helped", "not_reached")

TOGETHER: dict[str, Any] = {
    "reason": "Elle cherche quelqu’un à qui parler, dans sa langue si possible, pendant que l’école garde les enfants.",
    "purpose": "Trouver un premier rendez-vous là où il est le plus proche",
    "postal_code": "1210",
    "interpreter_language": "tr",
    "childcare": True,
}
IN_ORDER: dict[str, Any] = {
    "reason": "Questions sur la séparation et la garde ; elle comprend mieux l’arabe. Pas de courrier à la maison.",
    "purpose": "Connaître ses droits avant de décider",
    "postal_code": "1210",
    "interpreter_language": "ar",
}
MANDATED: dict[str, Any] = {
    "reason": "Entretiens imposés dans le cadre de la mesure en cours ; début attendu dans les trois semaines.",
    "legal_text": "Mesure alternative du magistrat (fictive) ; base à confirmer par un juriste",
}
TO_CPAS: dict[str, Any] = {
    "reason": "Le compte commun est fermé ; première aide et adresse de référence. Elle vient avec la poussette.",
    "purpose": "Ouvrir des droits propres",
    "postal_code": "1210",
    "childcare": True,
    "transport": True,
}
TO_OLIVIER: dict[str, Any] = {
    "reason": "Soutien demandé avant une audition ; elle souhaite ne pas y aller seule.",
    "purpose": "Être soutenue avant et après l’audition",
    "accompaniment": True,
}
TO_AMARANTE: dict[str, Any] = {
    "reason": "Sommeil difficile depuis des mois ; elle demande à voir quelqu’un près de son travail.",
    "purpose": "Proposer un soutien psychologique",
}
TO_DOCTOR: dict[str, Any] = {
    "reason": "Un rendez-vous long, l’après-midi de préférence ; un certificat sera demandé.",
    "purpose": "Être soignée et faire constater",
    "postal_code": "1210",
}
TO_CLINIC: dict[str, Any] = {
    "reason": "Un premier conseil sur le bail et le compte commun.",
    "purpose": "Connaître ses droits sur le logement",
    "postal_code": "1030",
}
MISSING: dict[str, Any] = {
    "reason": "Soins et examen demandés ; elle souhaite une femme médecin et que quelqu’un reste avec elle.",
    "purpose": "Être soignée, et décider ensuite",
    "postal_code": "1210",
    "accompaniment": True,
}
UNANSWERED: dict[str, Any] = {
    "reason": "Un point sur les enfants, avec leur mère, avant la fin du trimestre.",
    "purpose": "Évaluer avec elle ce dont les enfants ont besoin",
}
DRAFT = {
    "need": "housing",
    "urgency": "within_a_week",
    "asked_by": "person",
    "reason": "Le bail est au nom de monsieur ; elle cherche un logement près de l’école et",
    "order": "together",
    "language": "fr",
}

TAKEN = "Rendez-vous fixé ; nous suivons la consigne pour l’appel."
BY_PHONE = "La secrétaire confirme : mardi à 15 h, durée double, entrée par la cour."
FEEDBACK = "Trois rendez-vous tenus. Elle dort mieux et prépare la rentrée ; le prochain point est dans deux semaines."
FEEDBACK_PURPOSE = "Que la cellule sache comment se passe le suivi"
FEEDBACK_EXPLAINED = (
    "Ce qui sera dit à la cellule : la présence et l’état général, rien de ce qui est confié en séance."
)
ATTENDANCE = "Présent aux trois entretiens fixés ; conditions respectées à ce jour. Prochaine date communiquée."
HANDED_OVER = (
    "Je pars vendredi. Le suivi commencé a un rendez-vous chaque mardi à 10 h, toujours au bureau, jamais par message."
    " La demande en attente est à lire en premier : l’interprète est à prévoir."
)

INTERPRETERS: tuple[dict[str, Any], ...] = (
    {"name": "Samia K.", "languages": ["ar", "ary"], "certified": True, "trained": True, "channels": ["phone", "video", "on_site"], "territory": ["1210", "1030"]},
    {"name": "Emre T.", "languages": ["tr", "ku"], "certified": True, "trained": False, "channels": ["phone", "on_site"], "territory": ["1210", "4000"]},
    {"name": "Zarmina S.", "languages": ["ps", "fa"], "certified": False, "trained": True, "channels": ["on_site", "phone"], "territory": ["4000", "4020", "1210"]},
    {"name": "Oksana B.", "languages": ["uk", "ru"], "certified": False, "trained": False, "channels": ["phone", "video"]},
    {"name": "Mirela D.", "languages": ["ro"], "mediator": True, "certified": True, "trained": True, "channels": ["on_site", "video"], "territory": ["1030"]},
)  # fmt: skip
CONFIRMED_REQUEST = {
    "language": "ar",
    "channel": "phone",
    "gender": "woman",
    "minutes": 60,
    "note": "Entretien d’aide, vocabulaire du logement. L’appel part de notre bureau.",
}
WAITING_REQUEST = {
    "language": "tr",
    "channel": "on_site",
    "minutes": 90,
    "postal_code": "1210",
    "note": "Préparation d’une audition.",
}
EXCEPTION_REQUEST = {
    "language": "ps",
    "channel": "on_site",
    "gender": "woman",
    "minutes": 60,
    "postal_code": "1210",
    "note": "Consultation médicale ; une femme est souhaitée.",
}
EXCEPTION = (
    "Personne de certifié en pachto avant trois semaines, et l’examen ne peut pas attendre ni se faire par téléphone."
    " La personne a été informée et accepte."
)
