"""What is said and written in `doors`, `board` and `around`. Fictional people; no number or address is a real one."""

from typing import Any

UNITS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("eva", "Quartier des Tanneurs", ("1210",), "leila"),
    ("eva", "Quartier du Canal", ("1030",), "helene"),
    ("eva", "Quartier de la Gare", (), "paul"),
    ("sapv", "Montlieu centre", ("4000", "4020"), "julie"),
    ("sapv", "Val-de-Lorne", ("4030",), "benoit"),
    ("parquet", "Section famille et jeunesse", (), "anne"),
    ("parquet", "Section violences dans le couple", (), "simon"),
)
"""(agency, name, postal codes, who answers for it). The two quarters around the station share the code 1210."""

# --- situations -------------------------------------------------------------------------------------------------
NURSE: dict[str, Any] = {
    "alone": "yes",
    "source": "noticed",
    "danger": "yes",
    "signs": ["injuries", "fear", "partner_speaks"],
    "signs_seen": "Ecchymoses aux deux avant-bras, d’âges différents. L’homme qui l’accompagne répond à sa place ; elle"
    " parle quand il sort fumer.",
    "words_heard": "« Il m’a dit que samedi ce serait la dernière fois qu’il prévient. »",
    "may_contact": "yes",
    "victim_given_name": "Odile",
    "victim_family_name": "Stavelin",
    "victim_birth_date": "1987-02-19",
    "victim_phone": "0471 00 41 08",
    "victim_phone_safe": "yes",
    "victim_phone_hours": "entre 9 h et 11 h",
    "victim_phone_say": "la consultation, pour un résultat",
    "victim_phone_must_not_answer": "son compagnon",
    "perpetrator_given_name": "Régis",
    "perpetrator_family_name": "Malfroy",
    "perpetrator_relationship": "compagnon",
    "children_present": "unknown",
}
SOCIAL: dict[str, Any] = {
    "alone": "yes",
    "source": "she_told",
    "signs": ["no_money", "controlled_phone"],
    "signs_seen": "Demande d’aide alimentaire alors que le ménage a deux revenus. Consulte l’heure plusieurs fois.",
    "words_heard": "« Il a ma carte. Il compte les tickets de caisse. »",
    "may_contact": "yes",
    "victim_given_name": "Wided",
    "victim_family_name": "Kasmi",
    "victim_birth_date": "1994-06-30",
    "victim_phone": "0490 00 27 55",
    "victim_phone_safe": "yes",
    "victim_phone_hours": "le mardi et le jeudi matin",
    "victim_phone_say": "la bibliothèque",
    "perpetrator_relationship": "mari",
    "children_present": "yes",
    "children-0-given_name": "Syrine",
    "children-0-birth_date": "2020-03-11",
    "children-0-gender": "female",
    "children-0-exposure": "heard",
    "children-0-impact": "Elle a dit à sa mère : « On parle tout bas le soir. »",
}
SCHOOL: dict[str, Any] = {
    "alone": "unknown",
    "source": "told",
    "signs": ["child_signs", "absences"],
    "signs_seen": "L’institutrice décrit un garçon qui s’endort en classe et reste près de la porte à 15 h 30.",
    "words_heard": "Le garçon a dit : « Papa a cassé la porte de la salle de bain. »",
    "may_contact": "unknown",
    "victim_given_name": "Perrine",
    "victim_family_name": "Dubrulle",
    "victim_birth_date": "1989-11-08",
    "children_present": "yes",
    "children-0-given_name": "Basile",
    "children-0-birth_date": "2017-05-21",
    "children-0-gender": "male",
    "children-0-exposure": "saw",
    "children-0-impact": "Deux matinées d’absence par semaine depuis la rentrée.",
}
COURSE: dict[str, Any] = {
    "alone": "yes",
    "source": "she_told",
    "signs": ["dependent_stay", "controlled_phone", "withdrawn"],
    "signs_seen": "Participante du cours de français. Elle quitte le cours vingt minutes plus tôt pour être vue à la grille.",
    "words_heard": "« Il dit que sans lui je n’ai pas de papiers. » Propos traduits par une interprète de Passe-Mots.",
    "may_contact": "no",
    "victim_given_name": "Zarmina",
    "victim_family_name": "Hotaki",
    "victim_birth_date": "1998-01-15",
    "victim_languages": ["ps", "fa"],
    "victim_interpreter_needed": "yes",
    "perpetrator_relationship": "mari",
    "children_present": "no",
}
PROGRAMME: dict[str, Any] = {
    "source": "he_told",
    "signs": [],
    "words_heard": "« Je l’ai bloquée dans la cuisine, je ne voulais pas qu’elle parte. Ça recommence. »",
    "perpetrator_given_name": "Loïc",
    "perpetrator_family_name": "Vercruysse",
    "perpetrator_birth_date": "1983-09-02",
    "children_present": "unknown",
}
UNFINISHED: dict[str, Any] = {
    "alone": "yes",
    "source": "noticed",
    "signs": ["distress"],
    "signs_seen": "Vient pour une attestation ; pleure au guichet, repart avant la fin.",
}
REFERRED = {
    "reason": "Elle souhaite parler à une psychologue de ce qu’elle vit, sans que son mari le sache.",
    "explained": "À qui la demande est envoyée, ce qui y figure, et qu’elle peut changer d’avis à tout moment.",
    "purpose": "Un accompagnement psychologique.",
}
ALERT = {
    "particulars": {
        "condition": "imminent",
        "signs": "Ecchymoses d’âges différents, une date annoncée par lui, et il l’attend devant le service.",
        "alone": "Il a les clés et le téléphone ; aucune place d’accueil n’est libre avant samedi.",
    },
    "necessity": "Permettre au procureur de prendre une mesure avant samedi.",
    "timeliness": "Elle rentre chez elle ce soir.",
    "security": "Écrit dans l’application seulement, par l’infirmière sociale.",
}

# --- police -----------------------------------------------------------------------------------------------------
REPORT: dict[str, Any] = {
    "place": "à son domicile",
    "postal_code": "1210",
    "children_present": "no",
    "children_impact": "Pas d’enfant au domicile.",
    "risk_weapons": "Aucune arme signalée.",
    "risk_antecedents": "Pas d’antécédent connu.",
    "measure": "spontaneous_leaving",
    "measure_detail": "Parti de son plein gré chez un parent.",
    "orientation": "Contact à J+2. Coordonnées du service d’aide remises sous forme neutre.",
    "j2_accepted": "no",
}
BECAME: dict[str, Any] = {
    "pv_number": "DF-000611",
    "violence_types": ["psychological", "stalking"],
    "facts_context": "Mme Baratier appelle vers 19 h : il est revenu devant l’immeuble malgré la séparation.",
    "facts_words": "Elle déclare : « Je ne veux pas porter plainte aujourd’hui, je veux qu’il parte. »",
    "facts_gestures": "Il a frappé à la porte pendant une demi-heure. Pas de coup.",
    "risk_threats": "Aucune menace rapportée ce jour.",
    "j2_accepted": "yes",
    "victim_given_name": "Coralie",
    "victim_family_name": "Baratier",
    "victim_birth_date": "1990-07-03",
    "victim_phone": "0470 00 62 19",
    "victim_phone_safe": "yes",
    "victim_phone_hours": "après 14 h 30",
    "victim_phone_say": "le cabinet dentaire",
    "perpetrator_given_name": "Sylvain",
    "perpetrator_family_name": "Otten",
    "perpetrator_birth_date": "1986-12-12",
    "perpetrator_relationship": "ancien compagnon",
    "children_present": "yes",
    "children_impact": "La petite s’est cachée sous la table.",
    "children-0-given_name": "Juliette",
    "children-0-family_name": "Otten",
    "children-0-birth_date": "2018-10-04",
    "children-0-gender": "female",
    "children-0-exposure": "heard",
    "children-0-impact": "Elle a demandé si la porte tient.",
}
COMPLAINS: dict[str, Any] = {
    "pv_number": "PL-000623",
    "vif": "yes",
    "vc": "yes",
    "violence_types": ["physical", "psychological", "stalking"],
    "declaration": "made",
    "rights_explained": ["officer", "accompanied", "copy", "help", "protection", "refusing"],
    "rights_language": "fr",
    "childcare": "arranged",
    "accompaniment": "arranged",
    "accompanied_by": "sa sœur",
    "facts_words": "Elle déclare : « Cette nuit il est entré. Je veux que ce soit écrit. »",
    "facts_gestures": "Il a forcé la serrure et l’a poussée dans le couloir. Serrure forcée constatée.",
    "risk_threats": "Il aurait dit : « La prochaine fois je ne frappe plus à la porte. »",
}
"""What the complaint says that the first report did not."""

SAME_SUSPECT: dict[str, Any] = {
    "pv_number": "PL-000631",
    "vif": "yes",
    "vc": "no",
    "facts_context": "Mme Lacroix se présente au comptoir à 11 h. Elle a vécu avec lui jusqu’au printemps.",
    "facts_words": "Elle déclare : « J’ai appris qu’il est avec quelqu’un d’autre. Je ne veux pas qu’elle vive la même chose. »",
    "facts_gestures": "Coups au visage et aux bras, faits de mars ; certificat médical de l’époque remis.",
    "risk_threats": "Il aurait dit qu’il « sait où elle travaille ».",
    "victim_given_name": "Maud",
    "victim_family_name": "Lacroix",
    "victim_birth_date": "1985-04-27",
    "perpetrator_relationship": "ancien compagnon",
}
OPPOSING: dict[str, Any] = {
    "pv_number": "PL-000637",
    "facts_context": "Il se présente au comptoir à 16 h, deux jours après son audition.",
    "facts_words": "Il déclare : « C’est elle qui m’a griffé. »",
    "facts_gestures": "Griffures superficielles à la main droite constatées.",
    "risk_threats": "Aucune menace rapportée ce jour.",
    "perpetrator_relationship": "compagne",
    "violence_types": ["physical"],
    "declaration": "made",
    "declaration_words": "",
}
SAME_COUPLE: dict[str, Any] = {
    "pv_number": "PL-000642",
    "postal_code": "4020",
    "facts_context": "Mme Dubrulle loge chez une amie à Montlieu depuis mardi. Il l’attendait devant l’immeuble.",
    "facts_words": "Elle déclare : « Il a trouvé l’adresse. Je l’ai déjà dit à la police chez moi. »",
    "facts_gestures": "Il lui a saisi le bras et a pris les clés de sa voiture. Ecchymose constatée.",
    "risk_threats": "Il aurait dit : « Tu rentres ou je prends le petit. »",
}
FIRST_TOWN: dict[str, Any] = {
    "pv_number": "PL-000618",
    "facts_context": "Mme Dubrulle se présente au comptoir à 9 h 30, après avoir déposé son fils.",
    "facts_words": "Elle déclare : « Il a cassé la porte pour entrer. Le petit était derrière moi. »",
    "facts_gestures": "Il l’a poussée contre le lavabo. Hématome à la hanche, certificat.",
    "risk_threats": "Il aurait dit : « Personne ne te croira. »",
    "victim_given_name": "Perrine",
    "victim_family_name": "Dubrulle",
    "victim_birth_date": "1989-11-08",
    "perpetrator_given_name": "Arnaud",
    "perpetrator_family_name": "Thys",
    "perpetrator_birth_date": "1984-08-16",
    "perpetrator_relationship": "mari",
    "children_present": "yes",
    "children_impact": "Le garçon était dans la pièce.",
    "children-0-given_name": "Basile",
    "children-0-family_name": "Thys",
    "children-0-birth_date": "2017-05-21",
    "children-0-gender": "male",
    "children-0-exposure": "saw",
    "children-0-impact": "Il a dit : « J’ai poussé la machine à laver contre la porte. »",
}
SENSITIVE: dict[str, Any] = {
    "pv_number": "",
    "facts_context": "Une voisine parle à l’agent de quartier ; elle demande que son nom ne soit pas écrit.",
    "facts_words": "La voisine dit : « Depuis qu’il est revenu, les volets restent fermés. »",
    "facts_gestures": "Rien n’a été vu par l’agent. La voiture du mari est devant la maison le matin.",
    "risk_threats": "Aucune menace rapportée ce jour.",
    "measure": "none",
    "measure_detail": "Passage de la patrouille signalé au service.",
    "orientation": "Information gardée au dossier ; rien n’a été dit à Mme.",
}
TWICE: dict[str, Any] = {
    "pv_number": "DF-000655",
    "facts_context": "Deuxième passage à l’adresse, à sa demande.",
    "facts_words": "Elle déclare : « Il est resté dans l’escalier jusqu’à minuit. »",
    "facts_gestures": "Personne sur place à notre arrivée.",
    "risk_threats": "Aucune menace rapportée ce jour.",
    "children_present": "yes",
    "children_impact": "L’enfant dormait.",
}
"""A second report in which an officer types a child that the case names already."""

CORRECTED = (
    "Elle a vécu avec lui : violence dans le couple, aussi après la séparation, et non seulement intrafamiliale."
)

# --- the prosecutor's office ------------------------------------------------------------------------------------
REASONS = {
    "closed": "Faits non établis à ce stade ; le dossier reste ouvert à tout nouvel élément.",
    "follow_up": "Faits précis et concordants, certificat médical joint. Suivi par la section.",
    "inquiry": "Auditions et constatations médicales demandées avant toute décision.",
    "hearing": "Il est convoqué devant le magistrat.",
    "changed": "Un nouveau message vocal a été versé : la décision précédente est revue.",
}
NO_CONTACT = "Interdiction de tout contact, direct ou par un tiers, pendant trois mois."
BAN = "Interdiction de résidence de quatorze jours ; il remet ses clés au commissariat."
HEAR_HIM = "L’entendre sur les faits et sur la détention d’armes."
HEAR_HER = "L’entendre sur les messages, avec la personne de son choix."
HEARD = "Entendue pendant une heure, accompagnée de sa sœur. Procès-verbal joint."

# --- children, appointments, notes ------------------------------------------------------------------------------
ARRANGED_BEFORE = {
    "lives_with": "in_turn",
    "source": "fact",
    "schedule": "Une semaine sur deux, sans écrit.",
    "handover": "Devant l’immeuble.",
}
ARRANGED = {
    "lives_with": "victim",
    "source": "judgment",
    "schedule": "Chez sa mère ; un samedi sur deux de 10 h à 17 h dans un lieu neutre.",
    "handover": "À l’espace-rencontre, sans croiser l’autre parent.",
    "may_fetch": "Sa mère, sa grand-mère maternelle.",
    "must_not_fetch": "Personne d’autre sans appel préalable à sa mère.",
}
AT_SCHOOL = {
    "kind": "school",
    "name": "École des Marronniers, direction",
    "contact": "02 555 04 31",
    "knows": True,
    "instructions": "La direction seule est informée. Appeler le matin, ne pas écrire dans le journal de classe.",
}
PROCEEDING = {
    "kind": "family",
    "court": "Tribunal de la famille de la Lorne",
    "reference": "FAM/2026/0417",
    "subject": "Hébergement des enfants et résidence de la famille.",
}
PROCEEDING_STEP = "Mesures urgentes demandées. Les deux avocats ont déposé leurs pièces."
PROCEEDING_READER = "Prépare l’audience avec elle : doit connaître les dates."

PLACES = {
    "interview": "Bureau de la cellule, 2e étage",
    "hearing": "Commissariat, local d’audition discret",
    "care": "Hôpital des Deux-Vallées, consultation",
}
ASK_FOR = "demander la bibliothèque"
CORRECTED_NOTE = {
    "facts": "Entretien de 40 minutes au bureau, seule.",
    "statements": "Elle dit : « Il a les codes de mon téléphone depuis mai. »",
    "appreciation": "Changer les codes avec elle est le premier pas utile.",
}
CORRECTED_NOTE_LATER = {"statements": "Elle dit : « Il a les codes de mon téléphone depuis mars. »"}
