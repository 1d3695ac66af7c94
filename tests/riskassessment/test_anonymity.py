"""What in a text would tell who somebody is: found where it stands, and ordinary sentences left alone."""

import pytest

from riskassessment.anonymity import HARD, findings, soft_words

TOLD = [
    # numbers
    ("email", "Son adresse est fatou.diallo+aide@example.org, elle y répond.", "fatou.diallo+aide@example.org"),
    ("email", "mail: JAN.PEETERS@voorbeeld.be", "JAN.PEETERS@voorbeeld.be"),
    ("phone", "On peut l'appeler au 0470 12 34 42 le matin.", "0470 12 34 42"),
    ("phone", "Tel. 0470/12.34.42", "0470/12.34.42"),
    ("phone", "+32 470 12 34 42", "+32 470 12 34 42"),
    ("phone", "0032470123442", "0032470123442"),
    ("phone", "bel haar op 02 555 01 01", "02 555 01 01"),
    ("phone", "call her on 065/55 01 02", "065/55 01 02"),
    ("phone", "son numéro français : +33 6 12 34 56 78", "+33 6 12 34 56 78"),
    ("national_number", "NISS 85.07.30-033.28", "85.07.30-033.28"),
    ("national_number", "rijksregister 85073003328", "85073003328"),
    ("national_number", "85.07.30-033.99 (mal recopié)", "85.07.30-033.99"),
    ("birth_date", "née le 12/04/1991 à Mons", "née le 12/04/1991"),
    ("birth_date", "Date de naissance : 12.04.1991", "naissance : 12.04.1991"),
    ("birth_date", "il est né à l'étranger le 3 mars 1988", "né à l'étranger le 3 mars 1988"),
    ("birth_date", "geboren op 12 april 1991", "geboren op 12 april 1991"),
    ("birth_date", "Geboortedatum: 1991-04-12", "Geboortedatum: 1991-04-12"),
    ("birth_date", "she was born on April 12, 1991", "born on April 12, 1991"),
    ("birth_date", "DDN 12-04-91", "DDN 12-04-91"),
    ("date", "Les derniers coups datent du 21/03/2026.", "21/03/2026"),
    ("date", "op 3 maart 2026 is zij gevlucht", "3 maart 2026"),
    # where
    ("address", "Elle vit rue de la Loi 16, au premier.", "rue de la Loi 16"),
    ("address", "domiciliée avenue Louise, 54b", "avenue Louise, 54b"),
    ("address", "au 12 boulevard du Midi", "12 boulevard du Midi"),
    ("address", "chaussée de Wavre n° 1015", "chaussée de Wavre n° 1015"),
    ("address", "place Saint-Lambert 3", "place Saint-Lambert 3"),
    ("address", "zij woont Kerkstraat 12 bus 3", "Kerkstraat 12"),
    ("address", "Gentsesteenweg 401", "Gentsesteenweg 401"),
    ("address", "she lives at 12 Mill Road", "12 Mill Road"),
    ("name", "Ils se sont vus rue Haute.", "rue Haute"),
    # files
    ("reference", "Voir PV n° BR.43.L1.001234/2026", "PV n° BR.43.L1.001234/2026"),
    ("reference", "la plainte BR.43.L1.001234/2026", "BR.43.L1.001234/2026"),
    ("reference", "dossier MOVE-2026-000123", "MOVE-2026-000123"),
    ("reference", "procès-verbal numéro 1234/26", "procès-verbal numéro 1234/26"),
    ("reference", "parketnummer: 12.F1.1234/26", "parketnummer: 12.F1.1234/26"),
    # names
    ("name", "Fatou Diallo a appelé hier.", "Fatou Diallo"),
    ("name", "Hier, Fatou Diallo a appelé.", "Fatou Diallo"),
    ("name", "Elle a peur de Yvan Morel depuis l'été.", "Yvan Morel"),
    ("name", "le compagnon, DUPONT Marie-Claire, boit", "DUPONT Marie-Claire"),
    ("name", "elle parle d'Yvan Morel", "Yvan Morel"),
    ("name", "Madame Diallo dort chez sa sœur", "Madame Diallo"),
    ("name", "selon M. Morel, tout va bien", "M. Morel"),
    ("name", "Mme D'Hondt est venue", "Mme D'Hondt"),
    ("name", "le Dr Lemaire a constaté", "Dr Lemaire"),
    ("name", "Jean-Luc Van den Broeck la suit", "Jean-Luc Van den Broeck"),
    ("name", "mevrouw Van Damme belde", "mevrouw Van Damme"),
    ("name", "Haar man, Jan Peeters, drinkt", "Jan Peeters"),
    ("name", "Frans Claes volgt haar", "Frans Claes"),
    ("name", "dhr. Peeters wacht haar op", "dhr. Peeters"),
    ("name", "Her husband John Smith follows her", "John Smith"),
    ("name", "Mrs. Smith came", "Mrs. Smith"),
    ("name", "elle s'appelle Fatou", "Fatou"),
    ("name", "une fille prénommée Inès", "Inès"),
    ("name", "hij heet Mohamed", "Mohamed"),
    ("name", "a son named Liam", "Liam"),
    ("name", "Mohamed Ben Ali l'a menacée", "Mohamed Ben Ali"),
    ("name", "Depuis Noël Marie Dupont ne sort plus", "Noël Marie Dupont"),
]

NOT_TOLD = [
    "",
    "Elle a peur. Il la suit partout. Depuis Noël, il a une arme.",
    "Hier, il l'a frappée devant les enfants. Depuis, elle dort chez une amie.",
    "Ils se sont séparés il y a 3 semaines ; 2 enfants de 4 et 7 ans.",
    "Pendant la grossesse, il a serré sa gorge deux fois.",
    "Elle vit à Bruxelles depuis 2019. Liège ? Namur ?",
    "Le CPAS et l'ONE la suivent ; la cellule EVA a été appelée.",
    "La Police a été appelée. Le Procureur du Roi est informé.",
    "En cas de danger : 112. Écoute : 0800 30 030. Police : 101.",
    "L'auteur présumé dit : « Tu ne sortiras pas vivante ». Elle le croit.",
    "Il gagne 1.500 euros, elle 850 ; loyer 725,50.",
    "L'épisode dure 10-15 minutes, entre 18.30 et 19.00.",
    "Score 12/20, puis 15/20.",
    "Elle reste à la place de sa mère 3 nuits par semaine.",
    "Il est en route depuis 5 heures.",
    "Zij is bang. Hij volgt haar overal. Sinds Kerstmis heeft hij een wapen.",
    "Gisteren heeft hij haar geslagen. Daarna sliep zij bij een vriendin.",
    "Onderweg 2 uur gewacht, hij was weg 3 dagen.",
    "Het OCMW en de politie volgen de situatie.",
    "She is afraid. He follows her everywhere. Since Monday he has a weapon.",
    "Yesterday he hit her. On Friday he came back. In March they separated.",
    "I think they will separate. My colleague agrees. The Red Cross helps.",
    "Trois fois en 12 mois. Deux plaintes. Aucun suivi.",
    "Elle dit avoir peur de lui.\nIl refuse la séparation.\n- Menaces de mort\n- Arme à la maison",
    "Elle est née en Belgique et a 34 ans.",
    "Le 12 du mois, il prend son salaire.",
    "Croix-Rouge, Fedasil et Sécurité sociale sont informés.",
]


@pytest.mark.parametrize(("kind", "text", "words"), TOLD, ids=[f"{kind}: {words}" for kind, _text, words in TOLD])
def test_what_tells_who_somebody_is_is_found(kind, text, words):
    found = findings(text)
    assert [(one.kind, one.words) for one in found] == [(kind, words)]
    assert found[0].hard == (kind in HARD)
    assert found[0].words in text, "the words are shown as they were written"


@pytest.mark.parametrize("text", NOT_TOLD)
def test_ordinary_sentences_are_left_alone(text):
    assert findings(text) == ()


def test_several_are_told_in_the_order_they_stand_and_once_each():
    text = "Fatou Diallo, née le 12/04/1991, rue de la Loi 16, 0470 12 34 42, fd@example.org, NISS 85.07.30-033.28."
    kinds = [one.kind for one in findings(text)]
    assert kinds == ["name", "birth_date", "address", "phone", "email", "national_number"]


def test_what_is_merely_likely_can_be_confirmed_and_nothing_else():
    found = findings("Fatou Diallo, le 21/03/2026, 0470 12 34 42.")
    assert soft_words(found) == {"Fatou Diallo", "21/03/2026"}


def test_a_long_text_is_read_in_no_time():
    text = "Elle a peur de lui et des siens, 12 fois en 12 mois. " * 400 + "A" * 4000 + " 0" * 2000
    findings(text)  # the patterns hold no runaway repetition: the test's own timeout says so
