"""Invented requests of the demo's clients: Latvian places, plausible parameters, nobody's real equipment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """One end of a link; ground in metres above sea level."""

    name: str
    address: str
    lat: float
    lon: float
    ground: int


@dataclass(frozen=True)
class Link:
    """A link somebody asks for; MHz and kHz as texts, as they are typed."""

    a: Place
    b: Place
    lower: str
    upper: str
    khz: str
    emission: str
    purpose: str


ZAKUSALA = Place("Zaķusala", "Zaķusalas krastmala 1, Rīga", 56.9241, 24.1372, 3)
OGRE = Place("Pārogre", "Zilokalnu prospekts 31, Ogre", 56.8236, 24.6112, 38)
SIGULDA = Place("Kaķīškalns", "Senču iela 1, Sigulda", 57.1483, 24.8261, 108)
JELGAVA = Place("Jelgavas Rietumi", "Dobeles šoseja 47, Jelgava", 56.6415, 23.6893, 6)
CESIS = Place("Cīrulīši", "Cīrulīšu iela 70, Cēsis", 57.2991, 25.2368, 121)
VALMIERA = Place("Pārgauja", "Gaujas iela 19, Valmiera", 57.5288, 25.4089, 51)
TUKUMS = Place("Durbe", "Mazā Parka iela 7, Tukums", 56.9772, 23.1819, 64)
DOBELE = Place("Gardene", "Gardenes iela 9, Dobele", 56.6042, 23.3184, 72)

LINKS = (
    Link(ZAKUSALA, OGRE, "7428", "7589", "28000", "28M0D7WET", "Datu pārraide starp Rīgas un Ogres mezglu."),
    Link(OGRE, SIGULDA, "13012", "13278", "28000", "28M0D7W", "Rezerves maršruts optiskajai līnijai."),
    Link(ZAKUSALA, JELGAVA, "7449", "7610", "28000", "28M0D7W", "Papildu kapacitāte Jelgavas virzienā."),
    Link(CESIS, VALMIERA, "14935", "15425", "56000", "56M0D7W", "Sūkņu staciju telemetrija un video."),
    Link(TUKUMS, DOBELE, "17757,5", "18767,5", "55000", "55M0D7W", "Jauna klienta pieslēgums Dobelē."),
)
ANTENNA = {
    "antenna_make": "Ziemeļantena",
    "antenna_model": "PZ-06-130",
    "antenna_gain_dbi": "36,1",
    "antenna_height_m": "48",
    "eirp_dbm": "58",
}
TEXTS: dict[str, dict[str, str]] = {
    "emails": {
        "Anna Kalniņa": "anna@radiolinks.example",
        "Ilze Liepiņa": "ilze@pilsudens.example",
        "Pēteris Bērziņš": "peteris@example.com",
    },
    "applications": {
        "question": "Vai drīkst nomainīt antenu?|Vai esošās atļaujas laikā drīkst nomainīt antenu pret tāda paša"
                    " pastiprinājuma citu modeli?",
        "cancel": "Atļaujas anulēšana|Lūdzu anulēt vecās telemetrijas atļauju no mēneša beigām.",
        "defect": "Kļūda adresē|Manā atļaujā stacijas adresē norādīts nepareizs mājas numurs.",
    },
    "decisions": {
        "ask_information": "Lūdzu, pievienojiet antenas starojuma diagrammu un masta īpašnieka piekrišanu.",
        "answer_information": "Diagramma ir datu lapas 3. lappusē; masts pieder mums.",
        "refuse": "Pieprasītais kanāls Jelgavas virzienā jau ir piešķirts; savstarpējie traucējumi pārsniegtu"
                  " pieļaujamo robežu. Ierosinām izvēlēties kanālu 7 GHz joslas augšējā daļā.",
        "approve": "Jā, ja pastiprinājums un starojuma diagramma nemainās. Pirms nomaiņas atsūtiet jaunās antenas datu"
                   " lapu.",
    },
}  # fmt: skip
