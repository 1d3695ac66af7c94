"""What reports of the demonstration say besides the five sections. Fictional; {v} is the victim, {p} the presumed
perpetrator, where a name stands.
"""

from reports.models import Exposure

POLICE_CODES = ("43A", "43F", "42L", "")
"""Free text of each zone: no code of the real nomenclature is meant."""

MEANS = (
    "Mains nues.",
    "Objet du ménage, selon {v} ; non retrouvé.",
    "Couteau de cuisine, selon {v}.",
    "Téléphone de {v}, pour la suivre et lire ses messages.",
)

GIRLS = frozenset(("Lina", "Zoé", "Camille", "Louise", "Mila", "Sofia", "Jade", "Rose", "Lou"))

IMPACTS = {
    Exposure.SAW: (
        "L’enfant reste à côté de {v} sans parler et sursaute au bruit de la porte.",
        "L’enfant a dit : « J’ai vu, je ne veux pas en parler. »",
        "Ne veut plus dormir dans sa chambre, selon {v}.",
    ),
    Exposure.HEARD: (
        "L’enfant a dit : « J’ai mis ma tête sous l’oreiller. »",
        "A pleuré jusqu’à l’arrivée de la patrouille, selon {v}.",
        "L’enfant avait fermé à clé la salle de bain.",
    ),
    Exposure.NEARBY: (
        "Dormait à notre arrivée, selon {v}.",
        "Calme pendant l’intervention ; n’a pas posé de question.",
    ),
    Exposure.AFTERWARDS: (
        "Retour une heure après les faits. L’enfant a demandé où était {p}.",
        "A vu la vitre cassée et le bras de {v} ; a aidé à ramasser.",
    ),
    Exposure.ABSENT: ("Était à l’école. Personne ne lui a parlé depuis.", "Passait la nuit chez sa grand-mère."),
}

REFUSALS = (
    "{v} dit : « Pas maintenant. Je veux d’abord savoir où je vais habiter. »",
    "{v} dit : « S’il reçoit un papier à mon nom, il saura que je suis venue. »",
    "{v} souhaite en parler d’abord avec son avocate.",
)

RIGHTS_LATER = (
    "Soins urgents en cours ; les droits seront expliqués à l’audition.",
    "Interprète attendu demain matin.",
)

BESIDE_HER = ("sa sœur", "une assistante sociale", "une amie", "son avocate")
