"""What is written in the long case of `assessing`: reports, answers, reasons. `{v}` and `{p}` as in `words`."""

from typing import Any

VICTIM, PERPETRATOR = ("Sabrina", "Vandevelde"), ("Olivier", "Massart")
CHILDREN = (("Hugo", 12, "male", "saw"), ("Lou", 6, "female", "nearby"))

REPORTS: tuple[dict[str, Any], ...] = (
    {
        "place": "à son domicile",
        "pv_number": "DF-000117",
        "violence_types": ["psychological", "coercive_control"],
        "facts_context": "Appel d’un voisin à 20 h 40 pour des cris. {p} est dans l’escalier à notre arrivée, {v} dans l’entrée.",
        "facts_words": "{v} déclare : « Il veut savoir à qui j’écris. Il prend mon téléphone pour voir. »",
        "facts_gestures": "{p} a pris le téléphone de {v} et l’a gardé une heure. Pas de coup rapporté.",
        "children_present": "yes",
        "children_impact": "L’aîné a ouvert la porte. La petite dormait.",
        "risk_weapons": "Aucune arme signalée.",
        "risk_threats": "Aucune menace rapportée ce jour.",
        "risk_antecedents": "Aucune intervention connue à cette adresse.",
        "measure": "spontaneous_leaving",
        "measure_detail": "{p} part de son plein gré chez son frère pour la nuit.",
        "orientation": "Contact à J+2. {v} demande d’être appelée le matin.",
        "j2_accepted": "yes",
    },
    {
        "place": "au comptoir, faits à son domicile",
        "pv_number": "PL-000158",
        "violence_types": ["physical", "psychological", "economic", "stalking"],
        "vif": "yes",
        "vc": "yes",
        "declaration": "made",
        "rights_explained": ["copy", "help", "protection", "accompanied"],
        "rights_language": "fr",
        "childcare": "not_needed",
        "accompaniment": "declined",
        "facts_context": "{v} se présente seule à 9 h 15, après avoir conduit les enfants. Elle a annoncé son départ dimanche.",
        "facts_words": "{v} déclare : « Quand j’ai dit que je partais, il a vidé le compte. Il dort dans la voiture devant la maison. »",
        "facts_gestures": "{p} l’a poussée contre le chambranle, dimanche soir. Hématome à l’épaule gauche, certificat.",
        "children_present": "yes",
        "children_impact": "L’aîné a dit : « Il a demandé avec qui je veux vivre. »",
        "risk_weapons": "Question restée sans réponse.",
        "risk_threats": "{p} aurait dit : « Tu ne partiras pas avec eux. »",
        "risk_antecedents": "Une intervention à cette adresse il y a trois semaines.",
        "measure": "other",
        "measure_detail": "Passage de la patrouille pendant une semaine ; magistrat de garde avisé.",
        "orientation": "{v} reste en contact avec la cellule. Adresse du service d’aide remise.",
        "j2_accepted": "no",
    },
    {
        "place": "devant l’école des enfants",
        "pv_number": "PL-000203",
        "violence_types": ["psychological", "coercive_control", "stalking"],
        "vif": "yes",
        "vc": "yes",
        "declaration": "made",
        "rights_explained": ["room", "copy", "protection", "risk"],
        "rights_language": "fr",
        "childcare": "arranged",
        "accompaniment": "arranged",
        "accompanied_by": "sa sœur",
        "facts_context": "L’école appelle à 15 h 50. {p} est devant la grille malgré l’interdiction notifiée quatre jours plus tôt.",
        "facts_words": "{v} déclare : « Il a dit qu’il n’a plus rien à perdre. Je sais ce que ça veut dire. »",
        "facts_gestures": "{p} a bloqué la portière de {v} et frappé la vitre du poing. Vitre fissurée, constatée.",
        "children_present": "yes",
        "children_impact": "Les deux enfants étaient à l’arrière. La petite n’a plus parlé jusqu’au soir.",
        "risk_weapons": "{v} parle d’une arme de chasse chez le frère de {p} ; à vérifier.",
        "risk_threats": "{p} a dit devant la directrice qu’il « finira ce qu’il a commencé ».",
        "risk_antecedents": "Deux interventions et une plainte en deux mois.",
        "measure": "arrest",
        "measure_detail": "{p} est emmené ; mis à la disposition du magistrat.",
        "orientation": "{v} rejoint sa sœur avec les enfants ; trajet accompagné.",
        "j2_accepted": "no",
    },
)
"""Three reports about the same couple in three months."""

POLICE: dict[str, Any] = {
    "separation_recent": "no",
    "separation_refused": "no",
    "escalation": "no",
    "strangulation": "no",
    "death_threats": "no",
    "weapon_access": "unknown",
    "sexual_violence": "unknown",
    "daily_control": {"value": "yes", "comment": "Il lit ses messages et garde son téléphone.", "source": "victim"},
    "stalking": "no",
    "breached_measure": "no",
    "antecedents": "no",
    "perpetrator_suicidal": "no",
    "substances": "no",
    "children_harmed": "no",
    "children_leverage": "no",
    "pregnancy_infant": "no",
    "fear_killed": "no",
    "victim_despair": "no",
    "network": {"value": "yes", "comment": "Sa sœur, à dix minutes.", "source": "victim"},
    "safe_housing": "no",
    "active_service": "yes",
    "measure_respected": "no",
}
"""The first police grid; each later one says what has changed."""

POLICE_LATER: dict[str, dict[str, Any]] = {
    "leaving": {
        "separation_recent": {"value": "yes", "comment": "Annoncée dimanche.", "source": "victim"},
        "separation_refused": {"value": "yes", "comment": "« Tu ne partiras pas avec eux. »", "source": "victim"},
        "children_leverage": {"value": "yes", "comment": "L’aîné a dû dire avec qui il veut vivre.", "source": "child"},
    },
    "breach": {
        "escalation": {"value": "yes", "comment": "D’abord le téléphone, puis un coup, puis la vitre.", "source": "document"},
        "stalking": {"value": "yes", "comment": "Dans sa voiture devant la maison, puis devant l’école.", "source": "observed"},
        "breached_measure": {"value": "yes", "comment": "Quatre jours après la notification.", "source": "document"},
    },
    "again": {
        "weapon_access": {"value": "yes", "comment": "Fusil de chasse chez son frère, confirmé par celui-ci.", "source": "document"},
        "fear_killed": {"value": "yes", "comment": "« Je sais ce que ça veut dire. »", "source": "victim"},
    },
    "seized": {
        "weapon_access": {"value": "no", "comment": "Fusil saisi le lendemain.", "source": "document"},
        "active_service": "yes",
    },
    "calmer": {
        "fear_killed": {"value": "unknown", "comment": "Non reposée : appel court, sa sœur dans la pièce."},
        "escalation": {"value": "no", "comment": "Aucun fait connu depuis trois semaines.", "source": "document"},
        "measure_respected": "yes",
        "safe_housing": "yes",
    },
    "quiet": {
        "separation_recent": {"value": "no", "comment": "Domiciles séparés depuis deux mois."},
        "separation_refused": {"value": "no", "comment": "Aucun message depuis la mesure.", "source": "document"},
        "children_leverage": "no",
        "daily_control": {"value": "no", "comment": "Plus de vie commune ; téléphone changé.", "source": "victim"},
        "stalking": {"value": "no", "comment": "Aucun passage constaté.", "source": "document"},
        "fear_killed": {"value": "no", "comment": "Au téléphone : « ça va »."},
    },
}  # fmt: skip

POLICE_REASONS = {
    "first": "Contrôle du téléphone, sans menace ni coup rapportés ; un contact à J+2 est accepté.",
    "leaving": "La séparation vient d’être annoncée et il s’y oppose ; un coup constaté par certificat.",
    "breach": "Il est passé outre une mesure notifiée et attend aux endroits où elle doit se rendre.",
    "again": "Une arme est accessible, elle craint d’être tuée et il dit n’avoir plus rien à perdre.",
    "seized": "L’arme est saisie ; sa crainte et les menaces devant témoins restent entières.",
    "calmer": "La mesure est respectée depuis trois semaines, elle est chez sa sœur et un service la suit.",
    "quiet": "Aucun fait ni contact constaté depuis deux mois ; la mesure est respectée.",
}
RETURNED = (
    "La question sur les armes est restée « inconnue » alors que le PV parle d’un fusil chez le frère : à vérifier. Sa"
    " crainte n’est pas reprise non plus, elle est pourtant citée dans son audition."
)
VALIDATED = "Lu avec le PV et le certificat : les réponses s’y retrouvent."

CRITICALITY: dict[str, Any] = {
    "relationship": "recent",
    "separation_refused": {"value": "yes", "comment": "Il l’attend chaque soir pour « parler ».", "source": "victim"},
    "means_of_control": {"value": ["money", "rules"], "comment": "Compte vidé le soir de l’annonce.", "source": "victim"},
    "surveillance": "no",
    "evolution": 1,
    "episodes": 1,
    "strangulation": "no",
    "death_threats": "no",
    "weapon": "no",
    "child_in_danger": "no",
    "his_suicide": "no",
    "usual_ways": {"value": "weaker", "comment": "Se taire le soir ne suffit plus.", "source": "victim"},
    "blocked": ["services"],
    "retaliation": "no",
    "safe_way": "yes",
    "people_around": "unaware",
    "informants": "no",
    "support_lost": "no",
    "ally": {"value": "yes", "comment": "Sa sœur.", "source": "victim"},
    "fear": 2,
    "despair": "no",
    "children": ["exposed"],
}  # fmt: skip

CRITICALITY_LATER: dict[str, dict[str, Any]] = {
    "breach": {
        "surveillance": {"value": "yes", "comment": "Devant la maison, puis devant l’école.", "source": "victim"},
        "means_of_control": ["money", "rules", "devices"],
        "evolution": {"value": 3, "comment": "Trois faits en six semaines, chaque fois plus graves.", "source": "document"},
        "episodes": 3,
        "usual_ways": {"value": "no_longer", "comment": "Changer de trajet ne sert plus à rien, il attend à l’arrivée.", "source": "victim"},
        "retaliation": {"value": "yes", "comment": "La vitre, après son dépôt de plainte.", "source": "victim"},
        "fear": {"value": 4, "comment": "« Il finira ce qu’il a commencé. »", "source": "victim"},
        "children": {"value": ["exposed", "changed"], "comment": "La petite ne parle plus à l’école.", "source": "professional"},
    },
    "sister": {
        "evolution": 2,
        "blocked": ["services", "trusted_people"],
        "people_around": {"value": "with_him", "comment": "Sa belle-famille lui demande de « penser aux enfants ».", "source": "victim"},
        "fear": 3,
    },
    "last": {
        "separation_refused": {"value": "yes", "comment": "Il fait dire par sa mère qu’elle « reviendra ».", "source": "victim"},
        "informants": {"value": "yes", "comment": "Une cousine dit où elle va ; il cite ses trajets.", "source": "victim"},
        "support_lost": {"value": "yes", "comment": "Sa sœur ne peut plus la loger après la fin du mois.", "source": "victim"},
        "fear": {"value": 4, "comment": "Elle dort habillée, près de la porte.", "source": "victim"},
    },
}  # fmt: skip

CRITICALITY_REASONS = {
    "first": "Le départ est annoncé, l’argent est retenu et ses façons de se protéger faiblissent.",
    "breach": "Ses façons de se protéger ne tiennent plus, il passe outre la mesure et elle craint de mourir.",
    "sister": "Elle est à l’abri chez sa sœur, mais son entourage fait pression et sa peur reste forte.",
    "last": "Le calme apparent tient à ce qu’il sait par une cousine : elle est surveillée et perd son logement.",
}

PERPETRATOR_GRID: dict[str, Any] = {
    "attendance": {"value": "irregular", "comment": "Deux séances sur quatre.", "source": "professional"},
    "responsibility": 2,
    "threats": "no",
    "suicidal": "no",
    "weapon": "unknown",
    "fixation": {"value": "yes", "comment": "Chaque séance revient à la garde des enfants.", "source": "perpetrator"},
    "breach": "no",
    "substances": "no",
    "upheavals": {"value": ["decision"], "comment": "Attend la date de son audience.", "source": "perpetrator"},
    "asks_for_help": "no",
    "supportive_person": "yes",
}
PERPETRATOR_LATER: dict[str, Any] = {
    "attendance": {"value": "regular", "comment": "Présent aux trois dernières séances.", "source": "professional"},
    "responsibility": {"value": 1, "comment": "Nomme la vitre, pas le reste.", "source": "perpetrator"},
    "weapon": "no",
    "breach": {"value": "yes", "comment": "Parle lui-même de l’école.", "source": "perpetrator"},
}
PERPETRATOR_REASONS = {
    "first": "Présence irrégulière et propos qui reviennent sans cesse aux enfants ; aucune menace entendue.",
    "later": "Il vient et commence à nommer ses actes ; l’attente de la décision reste un moment difficile.",
}

FORMULATION: dict[str, Any] = {
    "own_words": "Elle dit « l’ambiance » plutôt que « violence ». Le mot « peur » ne vient que lorsqu’elle parle des enfants.",
    "words_of_others": "Sa mère parle de patience ; sa sœur dit qu’il est dangereux.",
    "language": "several",
    "interpreting": "Le français pour les démarches, l’espagnol pour ce qu’elle ressent ; une interprète, jamais une voisine.",
    "her_explanation": "Elle relie tout à l’argent perdu l’an passé. Ce qui lui importe : que les enfants dorment.",
    "reactions": "divided",
    "strengths": "Sa sœur, son travail, la chorale du jeudi.",
    "tried_before": "Changer d’horaire, dormir avec la petite, appeler sa sœur avec un mot convenu. Le mot convenu a servi deux fois.",
    "obstacles": "La crainte qu’on lui reproche d’avoir attendu ; des guichets ouverts quand elle travaille.",
    "help_wanted": "Un logement près de l’école. Elle ne veut pas de rencontre avec lui.",
    "with_whom": "same_person",
    "misunderstandings": "Quand elle sourit en racontant, ce n’est pas que cela va. Lui demander ce que « ça va » veut dire.",
}

TURNS = {
    "separation": "Elle annonce son départ et prend rendez-vous pour un bail.",
    "measure_notified": "Interdiction de résidence de quatorze jours, prolongée ensuite ; notifiée en main propre.",
    "measure_breached": "Devant l’école, quatre jours après la notification.",
    "family_court": "Hébergement des enfants chez leur mère ; rencontres dans un espace neutre.",
    "measure_ended": "L’interdiction de résidence a pris fin à minuit ; aucune prolongation n’a été demandée.",
    "release": "Remis en liberté sous conditions ; elle a été prévenue avant midi.",
}

AUTHORISED = {
    "necessity": "Lire les deux évaluations ensemble : la cellule prépare sa sécurité sur la sienne seulement.",
    "timeliness": "Il est libre sous conditions depuis hier.",
    "security": "Lecture dans l’application, par l’équipe qui la suit.",
}

CONSULTED = {
    "moderate": (
        "1030",
        "Une femme vit avec son compagnon et deux enfants. Il garde les papiers et surveille les dépenses. Elle a parlé de"
        " partir, sans date. Elle vient toujours accompagnée, sauf le jeudi.",
    ),
    "high": (
        "1210",
        "Une femme hébergée depuis peu. Son ancien compagnon a dit à deux proches qu’il la tuerait si elle ne rentrait pas."
        " Il attend devant son travail. Elle ne veut pas encore que son nom soit donné.",
    ),
}
"""Situations told without anybody’s name: the postal code of the area, the words."""

WHY_UNNAMED = (
    "Menaces de mort répétées devant des proches, il connaît son lieu de travail. Nous ne pouvons pas régler seuls sa"
    " sécurité sur le trajet : police, employeur et hébergement doivent se parler."
)
WHY_NAMED = (
    "Criticité élevée d’après notre grille, et la plainte vient d’être signée. Trois services agissent sans se voir : qui"
    " vérifie la mesure, qui protège les enfants, qui reste joignable la nuit."
)
WHY_HIGH = "Il passe outre ce qui lui est interdit, elle ne dort plus et ses façons de se protéger ne tiennent plus."

PROPOSED_QUESTION: dict[str, Any] = {
    "type": "yes_no",
    "id": "devices_access",
    "section": "control",
    "text": {
        "fr": "L’auteur présumé a-t-il accès au téléphone, aux comptes ou aux objets connectés de la victime ?",
        "nl": "Heeft de vermoedelijke dader toegang tot de telefoon, de accounts of de slimme toestellen van het slachtoffer?",
        "en": "Does the presumed perpetrator have access to the victim’s phone, accounts or connected devices?",
    },
    "help": {
        "fr": "Mots de passe connus, appareil offert ou installé par lui, partage de position, caméra, compte familial.",
        "nl": "Gekende wachtwoorden, een toestel dat hij gaf of installeerde, gedeelde locatie, camera, familieaccount.",
        "en": "Known passwords, a device he gave or set up, shared location, a camera, a family account.",
    },
    "period": {"fr": "Aujourd’hui", "nl": "Vandaag", "en": "Today"},
    "weight": 2,
    "factor": "surveillance",
}
"""What the proposed next version of the police grid would ask as well."""
