"""What people of the fictional district write: facts, statements and appreciation apart, each act with its author.

`{v}` is the victim ("Mme Diallo"), `{p}` the presumed perpetrator ("M. Morel"). Episodes are whole, so that context,
words and gestures belong together; they are sorted by how grave they are (1 to 3).
"""

from typing import NamedTuple


class Episode(NamedTuple):
    context: str
    words: str
    gestures: str
    threats: str
    weapons: str
    place: str = "à son domicile"


EPISODES: dict[int, tuple[Episode, ...]] = {
    1: (
        Episode("Appel de {v} depuis la cage d’escalier à 19 h 40. {p} est présent à notre arrivée, ton élevé, assis dans la cuisine.", "{v} déclare : « Il m’a traitée d’incapable devant les enfants. Il a dit que sans lui je ne suis rien. »", "{p} a jeté le téléphone de {v} contre le mur. L’écran est brisé (photo jointe au PV).", "Aucune menace rapportée ce jour.", "Aucune arme signalée."),
        Episode("{v} se présente au comptoir, seule, vers 10 h. Elle parle bas et regarde la porte. Elle dit disposer de trente minutes.", "{v} déclare : « Il compte mes trajets. Si j’ai dix minutes de retard, il m’appelle vingt fois. »", "{p} a retenu sa carte bancaire depuis le début du mois. Pas de coup rapporté.", "{p} aurait dit : « Tu verras si tu pars. »", "Aucune arme signalée.", "au comptoir, faits à son domicile"),
        Episode("Une voisine appelle pour des cris à 22 h 15. À notre arrivée, {v} ouvre ; {p} est sur le balcon.", "{v} déclare : « Il dit que mes amies ne sont plus les bienvenues. » {p} déclare : « Ça ne vous regarde pas. »", "{p} a fermé la porte d’entrée à clé et gardé la clé pendant une heure, selon {v}.", "Aucune menace rapportée ce jour.", "Aucune arme signalée."),
        Episode("{v} téléphone après le départ de {p}. Séparation annoncée il y a trois semaines ; ils vivent encore à la même adresse.", "{v} déclare : « Il lit mes messages quand je dors. Il m’a demandé pourquoi j’avais écrit à ma sœur. »", "{p} a déchiré des papiers d’identité de {v} (passeport, constaté).", "{p} aurait dit : « Tu ne passeras pas la frontière avec mon fils. »", "Aucune arme signalée."),
        Episode("Intervention à 18 h 05 devant l’école. {p} attend {v} à la sortie malgré sa demande de ne plus venir.", "{v} déclare : « C’est la quatrième fois ce mois-ci. Il ne crie pas, il reste là et il me suit. »", "{p} a suivi la voiture de {v} pendant environ deux kilomètres.", "Aucune menace verbale rapportée.", "Aucune arme signalée.", "devant l’école des enfants"),
        Episode("{v} vient avec une collègue, pendant sa pause. Elle apporte des captures d’écran.", "Messages de {p}, 43 en une journée, copie jointe : « Réponds. Je sais où tu es. »", "Pas de coup rapporté. {p} se rend chaque jour sur le parking de l’entreprise.", "{p} a écrit : « Je viendrai te chercher devant tout le monde. »", "Aucune arme signalée.", "au travail de la victime"),
        Episode("Appel du fils aîné (14 ans) à 20 h 50. {v} est dans la salle de bain, porte fermée ; {p} dans le salon.", "L’enfant a dit : « Papa a encore pris l’argent des courses. » {v} confirme et demande conseil.", "{p} a poussé {v} contre la porte, une fois, de l’épaule. Pas de lésion visible.", "Aucune menace rapportée ce jour.", "Aucune arme signalée."),
        Episode("{v} vient signaler des appels répétés depuis un numéro masqué, la nuit, après la rupture.", "{v} déclare : « Il respire et il raccroche. Puis il m’envoie une photo de ma porte. »", "{p} a été vu dans l’immeuble par le concierge, sans clé, à 23 h.", "{p} a écrit : « Tu changeras d’avis. »", "Aucune arme signalée."),
    ),
    2: (
        Episode("Appel d’une voisine vers 21 h. À notre arrivée, {v} est sur le palier, sans chaussures ; elle tremble.", "{v} déclare : « Il a dit que je ne sortirais plus d’ici. » {p} déclare : « On parlait. »", "{p} a frappé {v} au visage, main ouverte, deux fois. Rougeur joue gauche constatée à 21 h 20.", "{p} aurait dit qu’il « sait comment la faire taire ».", "Couteaux de cuisine accessibles ; pas d’usage rapporté."),
        Episode("{v} se présente à 7 h 30 avec un certificat médical daté de la veille. Elle a dormi chez sa mère.", "{v} déclare : « Il a voulu que je supprime mon compte. J’ai refusé. Il m’a prise par les cheveux. »", "{p} l’a tirée par les cheveux jusqu’au couloir. Certificat : contusion du cuir chevelu, ITT 3 jours.", "{p} aurait dit : « La prochaine fois, tu n’iras pas te plaindre. »", "Aucune arme signalée."),
        Episode("Patrouille envoyée à 2 h 10, appel interrompu. {p} ouvre, haleine alcoolisée constatée. {v} sort de la chambre des enfants.", "{v} déclare : « Il a crié que la maison est à lui, et moi avec. »", "{p} a serré le bras droit de {v} et l’a poussée au sol. Ecchymoses au bras droit constatées.", "{p} a dit devant nous : « On réglera ça quand ils seront partis. »", "Une carabine à plomb saisie dans le garage."),
        Episode("{v} vient au comptoir avec une éducatrice de l’école. Les faits remontent à dimanche soir.", "{v} déclare : « Il m’a pris mon téléphone pour que je ne puisse pas appeler. J’ai attendu qu’il dorme. »", "{p} a donné un coup de pied dans la jambe de {v}, assise. Hématome de 6 cm, photo jointe.", "{p} aurait menacé d’« emmener les enfants loin ».", "Aucune arme signalée."),
        Episode("Intervention à la demande de l’hôpital : {v} est aux urgences, consciente, accompagnée de sa fille.", "{v} déclare : « J’ai dit que j’étais tombée parce qu’il était dans la salle d’attente. Ce n’est pas vrai. »", "{p} a poussé {v} dans l’escalier (quatre marches), selon {v}. Fracture du poignet gauche.", "{p} aurait dit : « Dis que tu es tombée. »", "Aucune arme signalée.", "à son domicile, escalier"),
        Episode("Séparés depuis deux mois. {p} s’est introduit dans l’appartement avec un double de clé vers 17 h.", "{v} déclare : « Il a fouillé les armoires. Il cherchait les papiers du tribunal. »", "{p} a bloqué {v} contre le mur avec l’avant-bras. Griffures au cou constatées.", "{p} aurait dit : « Si je ne les vois pas, toi non plus. »", "Tournevis tenu en main, sans geste vers elle, selon {v}."),
        Episode("Appel de {v} depuis une voiture arrêtée sur le bord de la route. {p} est parti à pied.", "{v} déclare : « Il a pris le volant pendant que je conduisais. Il a dit qu’on allait finir dans l’arbre. »", "{p} a tiré le volant à deux reprises. Aucun choc. Le petit était à l’arrière.", "{p} a parlé d’« en finir tous les trois ».", "Le véhicule.", "sur la route, en voiture"),
        Episode("{v} vient avec un interprète de Passe-Mots. Elle dit avoir attendu d’avoir ses papiers de séjour avec elle.", "{v} déclare : « Il dit que si je parle, on me renverra. Il garde mon titre de séjour. »", "{p} a frappé {v} dans le dos, poing fermé, la semaine passée ; encore mercredi.", "{p} menace de « téléphoner pour les papiers ».", "Aucune arme signalée."),
        Episode("Le père de {v} appelle à 23 h : il l’entend crier au téléphone. Porte ouverte par {p} après plusieurs minutes.", "{v} déclare : « Ce n’est pas la première fois, c’est la première fois que quelqu’un vient. »", "{p} a lancé une chaise vers {v} ; elle est touchée à l’épaule. Mobilier renversé constaté.", "{p} aurait dit au père de {v} qu’il « viendra chez lui ».", "Aucune arme signalée."),
        Episode("{v}, enceinte de cinq mois, est amenée par sa sœur. Elle a consulté sa sage-femme le matin même.", "{v} déclare : « Il m’a dit que c’est son enfant et que c’est lui qui décide si je travaille. »", "{p} a poussé {v} des deux mains contre l’évier. Douleurs abdominales, contrôle médical fait.", "{p} aurait dit : « Tu ne le garderas pas sans moi. »", "Aucune arme signalée."),
    ),
    3: (
        Episode("Appel d’une voisine vers 21 h 05. {v} est trouvée assise dans la cage d’escalier, voix rauque ; elle parle difficilement.", "{v} déclare : « Il a serré jusqu’à ce que je voie noir. Il a dit que je ne sortirais pas vivante. »", "{p} a saisi {v} à la gorge, main droite, plusieurs secondes, puis une seconde fois. Marques au cou constatées ; ambulance appelée.", "Menaces de mort répétées, dont une par message vocal conservé.", "Couteau posé sur la table pendant les faits, selon {v}."),
        Episode("{v} appelle du commerce voisin à 6 h 50. Elle a quitté l’appartement par la fenêtre du rez-de-chaussée.", "{v} déclare : « Il m’a enfermée depuis vendredi. Il avait enlevé la poignée. »", "{p} a retenu {v} deux nuits dans la chambre. Poignée démontée constatée ; coups au dos et aux bras, certificat ITT 8 jours.", "{p} aurait dit : « Personne ne te cherchera. »", "Fusil de chasse déclaré, saisi chez son frère."),
        Episode("Trois semaines après la séparation, {p} attend {v} dans le parking à 18 h 30. Deux témoins interviennent.", "{v} déclare : « Il a dit que si ce n’est pas avec lui, ce ne sera avec personne. »", "{p} a frappé {v} à la tête, poing fermé, au moins trois fois, puis l’a traînée vers sa voiture. Plaie à l’arcade, quatre points.", "Menaces de mort devant témoins ; menaces contre la sœur de {v}.", "Couteau à cran d’arrêt saisi dans la boîte à gants.", "parking de l’immeuble"),
        Episode("Appel de l’aînée (11 ans) au 112 à 1 h 20, depuis l’armoire de sa chambre. {p} est interpellé sur place.", "L’enfant a dit : « Il a le grand couteau, maman ne bouge plus. » {v} est consciente à notre arrivée.", "{p} a appuyé la lame d’un couteau de cuisine sur le bras de {v} (plaie de 4 cm) puis l’a étranglée à une main.", "{p} a dit à l’interpellation : « La prochaine fois je ne raterai pas. »", "Couteau de cuisine, lame de 20 cm, saisi."),
        Episode("{v} se présente avec son avocate. Elle quitte {p} depuis lundi. Il a su où elle logeait en deux jours.", "{v} déclare : « Il avait mis une application dans mon téléphone. Il est arrivé avec un bidon d’essence. »", "{p} a versé de l’essence devant la porte de la mère de {v}. Traces et odeur constatées, bidon saisi.", "{p} aurait dit : « Je brûle tout, et moi avec. » Propos suicidaires rapportés par son frère.", "Bidon d’essence, briquet.", "chez la mère de la victime"),
        Episode("Intervention à 23 h 45, {v} est enceinte de sept mois. {p} a quitté les lieux à notre arrivée.", "{v} déclare : « Il m’a dit qu’il ne voulait plus de ce bébé ni de moi. »", "{p} a donné des coups de pied dans le ventre et les jambes de {v}. Transport aux urgences, surveillance obstétricale.", "{p} a écrit à 23 h 58 : « Tu as gagné, dis adieu. »", "Aucune arme retrouvée ; {p} a dit posséder un pistolet d’alarme."),
        Episode("Troisième intervention en deux mois à cette adresse. {v} dit n’avoir pas osé appeler les autres fois.", "{v} déclare : « Il choisit l’heure où ma fille dort. Il me dit de ne pas faire de bruit. »", "Violences sexuelles rapportées, faits de la nuit ; orientation immédiate vers le centre de prise en charge. {p} lui a serré le cou.", "{p} aurait dit qu’il « connaît des gens qui la retrouveront ».", "Aucune arme signalée."),
        Episode("{p} se présente au domicile malgré l’interdiction notifiée il y a six jours. {v} s’est réfugiée chez la voisine.", "{v} déclare : « Il a dit que l’interdiction est un papier. »", "{p} a enfoncé la porte d’entrée. Il a frappé {v} au visage avant l’arrivée de la voisine. Nez fracturé, ITT 12 jours.", "Menaces de mort contre {v} et contre lui-même.", "Barre de fer saisie."),
    ),
}  # fmt: skip

CHILDREN = (
    "Les enfants étaient dans la chambre voisine. L’aîné pleure ; il a dit : « Je voulais appeler. »",
    "Le plus jeune s’est caché derrière le fauteuil. Il n’a pas parlé pendant l’intervention.",
    "La cadette a dit : « Je mets la musique fort pour ne pas entendre. »",
    "L’enfant tient la main de {v} et regarde la porte. Il demande si {p} revient.",
    "L’aîné s’est placé entre {p} et {v}, selon {v}. Pas de lésion constatée sur lui.",
    "Les enfants sont chez leur grand-mère depuis samedi. L’école signale de la fatigue depuis septembre.",
    "La fille aînée a ouvert la porte et nous a conduits. Elle a dit : « C’est souvent le vendredi. »",
    "Le bébé dormait dans la pièce. {v} l’a emmené chez la voisine.",
)
NO_CHILD = ("Pas d’enfant au domicile.", "Les enfants étaient à l’école au moment des faits.")
ANTECEDENTS = (
    "Deux interventions à cette adresse en douze mois, sans plainte.",
    "Aucune intervention connue à cette adresse. {v} parle de faits depuis la naissance du deuxième enfant.",
    "Une plainte en 2024 par une ancienne compagne de {p}, selon {v} ; à vérifier.",
    "{v} situe les premiers faits à l’été dernier ; ils sont plus fréquents depuis un mois.",
    "Un PV pour menaces l’an passé. {p} n’a pas répondu à la convocation.",
    "Pas d’antécédent connu. {v} dit n’en avoir jamais parlé.",
    "{p} est suivi pour des faits de coups sur un tiers ; sursis en cours, selon le registre consulté.",
    "Quatre appels au 101 depuis cette adresse depuis janvier, dont deux sans personne au bout du fil.",
)
MEASURES: dict[str, tuple[str, ...]] = {
    "none": ("Pas de mesure prise ; consignes de sécurité données à {v} seule.",),
    "spontaneous_leaving": ("{p} part de son plein gré chez un parent ; clés remises à {v}.", "{p} accepte de quitter les lieux pour la nuit."),
    "sheltering": ("{v} et les enfants sont conduits en lieu sûr pour la nuit.", "{v} rejoint sa sœur ; trajet accompagné."),
    "arrest": ("{p} est emmené ; magistrat de garde avisé.", "Privation de liberté de {p} à la demande du magistrat de garde."),
    "residence_ban": ("Interdiction temporaire de résidence demandée au magistrat de garde.", "Interdiction temporaire de résidence proposée ; décision attendue dans la nuit."),
    "other": ("Serrure changée à la demande de {v} ; passage de la patrouille pendant trois nuits.",),
}  # fmt: skip
ORIENTATIONS = (
    "Cellule de contact à J+2. Coordonnées du service d’aide remises sous forme neutre.",
    "Contact à J+2 proposé. {v} souhaite parler du logement et des revenus.",
    "Aide aux victimes et contact à J+2. {v} demande à être accompagnée à l’audition.",
    "Contact à J+2. Certificat médical conseillé ; adresse de l’hôpital donnée.",
    "Contact à J+2. {v} demande un interprète pour la suite.",
    "{v} prend le dépliant et le glisse dans le cahier de son fils. Contact à J+2.",
)
NOT_NOW = (
    "{v} ne souhaite pas être rappelée à ce stade ; raison donnée : il lit son téléphone.",
    "{v} préfère revenir elle-même. Dépliant remis.",
)

HOURS = (
    "entre 9 h et 11 h",
    "le matin, en semaine",
    "entre 12 h et 13 h",
    "après 14 h 30, jamais le soir",
    "le mercredi matin",
    "entre 10 h et 15 h",
    "",
)
SAY = (
    "la bibliothèque",
    "le cabinet dentaire",
    "la mutuelle, pour le dossier de remboursement",
    "l’école de langues",
    "le garage, pour le rendez-vous",
    "le magasin de meubles",
)
MUST_NOT_ANSWER = ("son compagnon", "son mari", "sa belle-mère", "l’ancien compagnon", "")

NOTES: dict[str, tuple[tuple[str, str, str], ...]] = {
    # category: (facts, statements, appreciation)
    "psychosocial": (
        ("Entretien de 50 minutes, seule. Pleure à deux reprises, voix basse. A apporté ses papiers.", "Elle dit : « Je dors avec mes clés. » Elle cite le logement et les enfants comme premiers obstacles.", "Peur constante, stratégies de protection solides. Un point sur le logement est le plus utile maintenant."),
        ("Appel de 20 minutes depuis le bureau d’une collègue. Interrompu une fois.", "Elle dit ne plus avoir accès au compte commun depuis deux mois.", "Contrôle économique décrit de façon datée et répétée."),
        ("Deuxième entretien. Elle se présente à l’heure, avec sa sœur.", "Elle dit : « J’ai fait le sac, il est chez ma sœur. » Elle demande ce qui se passe à l’audition.", "Elle prépare un départ. Convenir d’une date d’appel avec elle."),
        ("Entretien avec interprète. Elle s’assied face à la porte.", "Elle dit que sa famille au pays n’est pas au courant et qu’elle souhaite que cela reste ainsi.", "Isolement important ; respecter strictement les consignes d’appel."),
    ),
    "health": (
        ("Consultation aux urgences, examen réalisé, certificat remis en main propre.", "Elle déclare que la blessure vient d’un coup donné par M. à son domicile.", "Contrôle à prévoir dans dix jours ; elle préfère venir seule."),
        ("Suivi de grossesse : deux rendez-vous manqués, un tenu.", "Elle dit que les rendez-vous lui sont interdits « pour ne pas dépenser ».", "Fixer les contrôles aux heures où elle peut venir."),
    ),
    "children": (
        ("Entretien à l’école, avec l’accord de la mère. L’enfant (8 ans) dessine et répond par phrases courtes.", "L’enfant a dit : « Le vendredi, je dors chez mamy. »", "L’enfant connaît un lieu et un adulte sûrs. Point avec l’enseignante dans deux semaines."),
        ("Visite à domicile. Chambres en ordre, cartable prêt. Le plus jeune reste près de sa mère.", "La mère dit que les enfants demandent si leur père va revenir.", "Les besoins portent sur le calme du soir et la sortie d’école."),
    ),
    "perpetrator_work": (
        ("Premier entretien au programme, à l’heure. Cadre et règles présentés, engagement signé.", "Il dit : « Je ne sais pas parler sans crier. » Il reconnaît avoir poussé sa compagne, une fois.", "Reconnaît une partie des faits. Séances hebdomadaires proposées ; aucun contact avec elle par notre service."),
        ("Troisième séance de groupe, présent. Quatrième, absent sans prévenir.", "Joint par téléphone, il dit avoir oublié.", "Assiduité à surveiller ; l’absence est communiquée à l’autorité mandante comme prévu."),
    ),
    "facts": (
        ("Passage de la patrouille le soir : lumière, calme, personne sur le palier. Carte neutre laissée dans la boîte convenue.", "La voisine dit n’avoir rien entendu depuis jeudi.", "Maintenir le passage jusqu’à la fin de la semaine."),
        ("Audition de M. tenue ce jour, avec avocat. PV joint au dossier judiciaire.", "Il déclare : « Je ne l’ai pas frappée, je l’ai écartée. »", "Les déclarations diffèrent sur le geste ; photos et certificat versés."),
    ),
}  # fmt: skip

CONTACT_NOTES: dict[str, tuple[str, ...]] = {
    "reached": (
        "Elle parle librement, sa fille est à l’école. Elle veut être accompagnée à l’audition de jeudi. Rappel convenu vendredi, même heure.",
        "Elle dit aller « un peu mieux ». Il est chez son frère. Questions sur le loyer : rendez-vous proposé au CPAS, elle y réfléchit.",
        "Appel de 25 minutes. Elle a changé la serrure. Elle ne dort pas ; médecin vu lundi. Numéro du service donné, écrit sous un autre nom.",
        "Elle a préparé un sac. Un départ est possible dans la semaine ; places en maison d’accueil à vérifier avec elle.",
        "Elle remercie pour l’appel et ne souhaite rien de plus maintenant. Elle sait comment nous joindre.",
    ),
    "no_answer": ("Sonne dans le vide, pas de message laissé (consigne).", "Pas de réponse à 9 h 40 ni à 10 h 15. Pas de message.", "Répondeur ; raccroché sans parler."),
    "call_back": ("Elle est au travail et demande d’être rappelée à sa pause.", "Elle attend le départ de sa belle-mère. Rappel demandé demain matin."),
    "not_alone": ("Elle répond « je n’ai pas besoin d’assurance » : signe convenu. Appel terminé aussitôt.", "Une voix d’homme demande qui appelle. Mot convenu dit, appel terminé."),
    "declined": ("Elle préfère ne pas être rappelée. Raison donnée : elle est suivie par son médecin et cela lui suffit.",),
    "wrong_number": ("Le numéro est attribué à une autre personne. À vérifier auprès de la zone.",),
    "other_answered": ("Un homme répond. Raccroché après la formule convenue.",),
}  # fmt: skip

REFERRAL_REASONS: dict[str, tuple[str, ...]] = {
    "shelter": ("Besoin d’un hébergement sûr pour une femme et ses enfants, dès que possible.", "Départ préparé avec elle pour cette semaine ; une place pour une personne."),
    "psychosocial": ("Soutien psychologique demandé après des violences répétées.", "Elle souhaite parler à quelqu’un, en journée, près de son travail."),
    "legal": ("Questions sur le séjour et la séparation ; premier rendez-vous juridique.", "Droit au séjour lié au conjoint ; information urgente demandée."),
    "health": ("Bilan médical et certificat demandés par la personne.",),
    "social": ("Plus d’accès au compte commun ; aide sociale et adresse de référence.", "Loyer du mois prochain ; ouverture de droits propres."),
    "children": ("Deux enfants exposés ; évaluation de leurs besoins avec la mère.", "Un enfant de 8 ans exposé, signes de fatigue à l’école ; soutien souhaité par la mère."),
    "perpetrator_work": ("Il accepte un premier entretien au programme.", "Travail sur les actes demandé dans le cadre de la mesure."),
}  # fmt: skip
EXPLAINED = "Quel service, pour quoi, ce qu’il verra (nom, façon sûre de joindre), et que l’accord peut être retiré à tout moment."
PURPOSES = {
    "shelter": "Trouver un hébergement sûr",
    "psychosocial": "Proposer un soutien psychologique et social",
    "legal": "Informer sur les droits et le séjour",
    "health": "Prendre soin des blessures et les constater",
    "social": "Ouvrir des droits et préparer le logement",
    "children": "Évaluer et soutenir les enfants",
    "perpetrator_work": "Commencer un travail sur les actes de violence",
}
ACCEPTED = (
    "Première rencontre fixée cette semaine, aux heures indiquées.",
    "Nous prenons contact en suivant la consigne.",
    "Accord ; une place est tenue jusqu’à vendredi.",
)
DECLINED = {
    "no_place": "Aucune place avant dix jours ; L’Escale claire en a peut-être une.",
    "outside_territory": "Hors de notre territoire ; le service de la commune voisine peut aider.",
    "person_declined": "La personne préfère attendre ; elle garde nos coordonnées.",
}

REMARKS = (
    "La question sur les armes est restée « inconnue » alors que le fils aîné était présent : à reposer. La séparation"
    " date-t-elle d’avant ou d’après les premières menaces ?"
)
JUSTIFICATIONS: dict[str, tuple[str, ...]] = {
    "as_indicated": (
        "Faits datés, concordants avec le certificat ; peur exprimée et constatée. Le niveau indicatif est retenu.",
        "Les réponses décrivent une répétition et un contrôle quotidien. Le niveau indicatif est retenu.",
        "Aucun élément n’écarte le niveau indiqué ; nouvelle évaluation à la prochaine intervention.",
    ),
    "raised": (
        "Strangulation décrite et séparation récente : niveau retenu au-dessus de l’indicatif.",
        "Grossesse et propos suicidaires de l’auteur présumé, non pesés par la grille : niveau relevé.",
    ),
    "lowered": ("L’auteur présumé est détenu depuis hier et pour un mois au moins ; serrure changée. Niveau abaissé, à revoir avant toute libération.",),
}  # fmt: skip

EMERGENCY_REASON = (
    "Elle est arrivée aux urgences blessée à la tête. Il est dans le hall et demande son étage ; nous devons savoir"
    " s’il est armé et qui prévenir."
)
EMERGENCY_VERDICT = "Le danger était réel et notre garde n’a pas répondu avant une heure. Lecture limitée à la fiche."

VICTIMS = (
    "Fatou Diallo", "Amandine Lecocq", "Zeynep Kaya", "Marie-Ange Thiry", "Oksana Melnyk", "Élodie Warnier", "Naïma Haddouchi", "Joëlle Piret",
    "Gabriela Ionescu", "Sarah Dethier", "Aïcha Bensaïd", "Christelle Goffin", "Mariam Barry", "Stéphanie Lhoest", "Rosa Almeida", "Laura Vercruysse",
    "Hanane El Fassi", "Pauline Georis", "Esther Mukendi", "Ludivine Rahier", "Parwana Rahimi", "Céline Bastin", "Elif Demir", "Monique Dejardin",
    "Awa Camara", "Justine Hanquet", "Katarzyna Nowak", "Françoise Delhez", "Salma Idrissi", "Manon Crahay", "Bénédicte Somers", "Leïla Mansouri",
    "Noémie Fraikin", "Grâce Ilunga", "Vanessa Pirson", "Ana Ribeiro", "Charlotte Gilon", "Yasmina Ziani", "Dominique Halleux", "Victoria Popescu",
    "Morgane Lambrecht", "Rachida Belkacem", "Anaïs Collard", "Tatiana Moreau", "Soumaya Trabelsi", "Valentine Jacquet", "Julienne Kabongo", "Emma Deprez",
    "Nathalie Renier", "Samia Cherif", "Inès Figueira", "Margaux Thonon", "Hélène Ruwet", "Dilara Yilmaz", "Aurore Simonet", "Nicole Marneffe",
    "Fanny Gérouville", "Khadija Amzil", "Lina Petrov", "Sylvie Coenen", "Assia Meddour", "Roxane Tilkin", "Jeanne Houbart", "Maïté Lorge",
    "Adriana Costa", "Clémence Bovy", "Nour Saleh", "Ophélie Rigaux", "Delphine Mahy", "Irina Sokolova", "Kenza Rahmani", "Sabine Winand",
)  # fmt: skip
PERPETRATORS = (
    "Yvan Morel", "Kevin Hubin", "Murat Kaya", "Alain Thiry", "Dmytro Melnyk", "Grégory Warnier", "Rachid Haddouchi", "Bernard Lejeune",
    "Florin Ionescu", "Maxime Tasset", "Karim Bensaïd", "Didier Goffin", "Ousmane Barry", "Laurent Mottet", "Paulo Almeida", "Dirk Vercruysse",
    "Youssef Naji", "Jérôme Georis", "Patrick Mukendi", "Cédric Olivier", "Ahmad Rahimi", "Olivier Bastin", "Emre Demir", "Jean-Paul Dejardin",
    "Ibrahima Sow", "Nicolas Fabry", "Tomasz Nowak", "Michel Delhez", "Anis Idrissi", "Quentin Schyns", "Stéphane Adam", "Omar Jaziri",
    "Loïc Fraikin", "Trésor Ilunga", "Fabrice Denis", "Rui Ribeiro", "Antoine Gilon", "Mehdi Ziani", "Philippe Halleux", "Adrian Popescu",
    "Jonathan Lambrecht", "Farid Belkacem", "Steve Collard", "Sergueï Moreau", "Walid Trabelsi", "Arnaud Jacquet", "Christian Kabongo", "Benjamin Deprez",
    "Marc-Antoine Renier", "Nabil Cherif", "Hugo Figueira", "Romain Thonon", "Georges Ruwet", "Serkan Yilmaz", "Damien Simonet", "Roger Marneffe",
    "Jordan Massin", "Hassan Amzil", "Ivan Petrov", "Eddy Coenen", "Samir Meddour", "Kevin Tilkin", "Pascal Houbart", "Bryan Lorge",
    "Carlos Costa", "Vincent Bovy", "Bilal Saleh", "Frédéric Rigaux", "Xavier Dupuis", "Andreï Sokolov", "Reda Rahmani", "Luc Winand",
)  # fmt: skip
CHILDREN_NAMES = (
    "Noé",
    "Lina",
    "Adam",
    "Zoé",
    "Ilyes",
    "Camille",
    "Rayan",
    "Louise",
    "Mila",
    "Théo",
    "Sofia",
    "Nathan",
    "Jade",
    "Amir",
    "Rose",
    "Elias",
)
RELATIONSHIPS = ("compagnon", "mari", "ancien compagnon", "ex-mari", "père de ses enfants")
GRID_COMMENTS = {
    "separation_recent": "Annoncée il y a trois semaines.",
    "separation_refused": "Attend devant l’immeuble, dit qu’il ne signera rien.",
    "escalation": "Deux fois par mois au printemps, chaque semaine depuis septembre.",
    "strangulation": "Une fois, une main, quelques secondes, selon elle.",
    "death_threats": "Message vocal du 12, conservé.",
    "weapon_access": "Arme de chasse chez un proche.",
    "sexual_violence": "Évoqué, détails non demandés au comptoir.",
    "daily_control": "Carte bancaire, téléphone, trajets.",
    "stalking": "Appels la nuit, attente devant le travail.",
    "breached_measure": "Revenu à l’adresse malgré l’interdiction.",
    "antecedents": "PV antérieur pour coups, autre personne.",
    "perpetrator_suicidal": "« Je fais tout sauter et moi avec », selon son frère.",
    "substances": "Haleine alcoolisée constatée ; le vendredi surtout, selon elle.",
    "children_harmed": "L’aîné poussé en s’interposant.",
    "children_leverage": "Menace de ne pas les ramener dimanche.",
    "pregnancy_infant": "Enceinte de cinq mois.",
    "fear_killed": "« Il le fera », dit-elle ; ne dort plus chez elle.",
    "victim_despair": "Dit être épuisée, pas de projet de se faire du mal.",
}
PROTECTIVE = ("network", "safe_housing", "active_service", "measure_respected")

ATTESTATION = (
    "Attestation de suivi",
    "",
    "Document fictif de la démonstration.",
    "",
    "Le service atteste que la personne est suivie depuis la semaine dernière",
    "et s’est présentée aux deux rendez-vous convenus.",
    "",
    "Remise à la demande de l’intéressée, pour servir ce que de droit.",
)
"""The lines of a letter, the first as its title."""

CONSULTATION = {
    "name": "Concertation de la Lorne",
    "kind": "dispositif",
    "territory": ["1030", "1210", "4000", "4020", "4030"],
    "act": "Autorisation motivée du procureur du Roi de la Lorne du 2 mars 2026 (fictive)",
    "purpose": "Protéger l’intégrité physique et psychique des personnes d’une situation à haut risque, et rien d’autre.",
    "who_takes_part": "Le parquet, les deux zones de police, leurs services d’aide aux victimes, et les services qui suivent la personne ou l’auteur présumé, nommés avant chaque séance.",
    "modalities": "Séances fermées, préparées et menées par la coordination ; chacun est tenu au secret ; le compte rendu reste entre participants.",
}
BETWEEN_COORDINATIONS = {
    "name": "Concertation entre les coordinations de la Lorne",
    "kind": "dispositif",
    "territory": ["1030", "1210", "4000", "4020", "4030"],
    "act": "Autorisation motivée du procureur du Roi de la Lorne du 9 mars 2026 (fictive)",
    "purpose": "Qu’une situation à haut risque ne reste jamais sans coordination.",
    "who_takes_part": "Les deux coordinations, par les personnes qui en répondent.",
    "modalities": "La situation passe de l’une à l’autre par une demande écrite ; rien ne s’ouvre avant la réponse.",
}
OFFERED = (
    "Les services qui l’entourent sont réunis chaque semaine par votre coordination : elle agira plus vite que nous."
)
PLATFORM = {
    "name": "Plateforme locale de Sainte-Aurore",
    "kind": "platform",
    "territory": ["1030", "1210"],
    "act": "Convention de partenariat de la commune de Sainte-Aurore du 12 janvier 2026 (fictive)",
    "purpose": "Se connaître, s’orienter mieux, proposer ce qui manque.",
    "who_takes_part": "Les services de Sainte-Aurore qui rencontrent des personnes victimes de violences.",
    "modalities": "Une rencontre par trimestre ; les situations y sont présentées sans nom.",
}
