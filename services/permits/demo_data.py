"""Invented permits of the demo's clients: Latvian places, plausible parameters, nobody's real equipment."""

from __future__ import annotations

from dataclasses import dataclass

# name, address, latitude, longitude, metres above sea level
PLACES = (
    ("Rīga, Zaķusala", "Zaķusalas krastmala 1, Rīga", "56.924100", "24.137200", "3"),
    ("Daugavpils, Ruģeļi", "Dunduru iela 12, Daugavpils", "55.862300", "26.577800", "104"),
    ("Liepāja, Karosta", "Atmodas bulvāris 8, Liepāja", "56.547200", "21.012900", "4"),
    ("Jelgava, Rietumi", "Dobeles šoseja 47, Jelgava", "56.641500", "23.689300", "6"),
    ("Jūrmala, Sloka", "Ventspils šoseja 61, Jūrmala", "56.948700", "23.614500", "5"),
    ("Ventspils, Pārventa", "Kustes dambis 22, Ventspils", "57.409600", "21.561200", "7"),
    ("Rēzekne, Ziemeļi", "Rēzeknes iela 40, Rēzekne", "56.531800", "27.351200", "158"),
    ("Valmiera, Pārgauja", "Gaujas iela 19, Valmiera", "57.528800", "25.408900", "51"),
    ("Jēkabpils, Krustpils", "Madonas iela 60, Jēkabpils", "56.518200", "25.861500", "82"),
    ("Ogre, Pārogre", "Zilokalnu prospekts 31, Ogre", "56.823600", "24.611200", "38"),
    ("Tukums, Durbe", "Mazā Parka iela 7, Tukums", "56.977200", "23.181900", "64"),
    ("Cēsis, Cīrulīši", "Cīrulīšu iela 70, Cēsis", "57.299100", "25.236800", "121"),
    ("Kuldīga, Pārventa", "Ventspils iela 16, Kuldīga", "56.979500", "21.989700", "27"),
    ("Sigulda, Kaķīškalns", "Senču iela 1, Sigulda", "57.148300", "24.826100", "108"),
    ("Talsi, Ķēniņkalns", "Ūdens iela 2, Talsi", "57.242700", "22.596400", "79"),
    ("Dobele, Gardene", "Gardenes iela 9, Dobele", "56.604200", "23.318400", "72"),
    ("Krāslava, Priedaine", "Priedaines iela 5, Krāslava", "55.889100", "27.186300", "133"),
    ("Bauska, Ziepniekkalns", "Ziepniekkalna iela 14, Bauska", "56.421200", "24.201700", "43"),
    ("Ludza, Radiopols", "Latgales iela 180, Ludza", "56.552600", "27.743100", "141"),
    ("Saldus, Kalnsēta", "Kalnsētas iela 24, Saldus", "56.657300", "22.473900", "101"),
    ("Madona, Gaiziņš", "“Gaiziņi”, Vestienas pagasts", "56.870500", "25.958700", "311"),
    ("Gulbene, Šķieneri", "Brīvības iela 95, Gulbene", "57.184900", "26.771200", "149"),
    ("Limbaži, Lielezers", "Rīgas iela 44, Limbaži", "57.508700", "24.701400", "68"),
    ("Alūksne, Tempļakalns", "Pils iela 60, Alūksne", "57.431100", "27.052800", "201"),
)

# transmit MHz, receive MHz, kHz, emission, antenna maker, model, dBi, dBm: a few real channel plans, invented kit
LINK_PLANS = (
    ("7428", "7589", "28000", "28M0D7W", "Ziemeļantena", "PZ-12-74", "39.2", "62.5"),
    ("13012", "13278", "28000", "28M0D7W", "Ziemeļantena", "PZ-06-130", "36.1", "58"),
    ("14935", "15425", "56000", "56M0D7W", "Daugavas antenas", "DA-06-15", "37.4", "59.5"),
    ("17757.5", "18767.5", "55000", "55M0D7W", "Daugavas antenas", "DA-03-18", "34.1", "55"),
    ("22064", "23072", "112000", "112MD7W", "Ziemeļantena", "PZ-03-230", "35.4", "54.2"),
    ("37296", "38556", "56000", "56M0D7W", "Kurzemes radio", "KR-03-38", "39.8", "52"),
)


@dataclass(frozen=True)
class DemoPermit:
    """One permit of the demo. Days are relative to the day of loading; `ends` None is without end."""

    key: str
    service_kind: str
    began_years: int
    ends: int | None
    places: tuple[int, ...]
    permit_kind: str = "use"
    status: str = "active"
    call_sign: str | None = None
    plan: int = 0
    conditions: tuple[str, ...] = ()


NOISE = "Radioiekārtas darbība nedrīkst radīt kaitīgus traucējumus citiem sakaru dienestiem."
COORDINATED = "Darbība saskaņota ar kaimiņvalstu sakaru administrācijām."

_LINKS = tuple(
    DemoPermit(f"link-{n}", "fixed", 1 + n % 4, 400 + 53 * n, (n % 24, (n * 5 + 1) % 24), plan=n % 6,
               conditions=(NOISE, COORDINATED) if n % 6 == 0 else (NOISE,))
    for n in range(1, 19)
)  # fmt: skip

RADIO = (
    *_LINKS,
    DemoPermit("soon-1", "fixed", 5, 4, (0, 9), plan=1, conditions=(NOISE,)),
    DemoPermit("soon-2", "fixed", 5, 19, (3, 15), plan=2, conditions=(NOISE,)),
    DemoPermit("soon-3", "land_mobile", 5, 27, (7,), call_sign="VIDZEME 3", conditions=(NOISE,)),
    DemoPermit("soon-4", "public_mobile", 5, 52, (0, 4, 13), conditions=(NOISE,)),
    DemoPermit("install-1", "fixed", 1, 75, (11, 13), permit_kind="install", plan=3),
    DemoPermit("temporary-1", "fixed", 1, 90, (5, 12), permit_kind="temporary", plan=4),
    DemoPermit("short-1", "broadcast_aux", 1, 12, (13,), permit_kind="short_term"),
    DemoPermit("shared-1", "land_mobile", 3, None, (0,), permit_kind="shared"),
    DemoPermit("mobile-1", "land_mobile", 2, 700, (1,), call_sign="LATGALE 1", conditions=(NOISE,)),
    DemoPermit("mobile-2", "land_mobile", 2, 735, (2,), call_sign="KURZEME 2", conditions=(NOISE,)),
    DemoPermit("mobile-3", "land_mobile", 3, 512, (3,), call_sign="ZEMGALE 1", conditions=(NOISE,)),
    DemoPermit("public-1", "public_mobile", 2, 1800, (0, 1, 2, 3, 4), conditions=(NOISE, COORDINATED)),
    DemoPermit("public-2", "public_mobile", 2, 1800, (6, 7, 8, 9), conditions=(NOISE, COORDINATED)),
    DemoPermit("broadcast-1", "broadcasting", 4, 1100, (0,), call_sign="Radio Zvaigznājs", conditions=(COORDINATED,)),
    DemoPermit("broadcast-2", "broadcasting", 4, 1100, (20,), call_sign="Radio Zvaigznājs", conditions=(COORDINATED,)),
    DemoPermit("satellite-1", "satellite", 3, 820, (0,), conditions=(NOISE,)),
    DemoPermit("air-1", "aeronautical", 2, 610, (0,), call_sign="RĪGAS TORNIS"),
    DemoPermit("expired-1", "fixed", 9, -30, (16, 1), plan=0),
    DemoPermit("expired-2", "fixed", 9, -400, (18, 6), plan=1),
    DemoPermit("expired-3", "broadcast_aux", 3, -95, (4,), permit_kind="short_term"),
    DemoPermit("cancelled-1", "fixed", 3, 600, (10, 14), status="cancelled", plan=2),
    DemoPermit("suspended-1", "land_mobile", 2, 300, (19,), status="suspended", call_sign="SALDUS 1"),
)

WATER = (
    DemoPermit("water-1", "land_mobile", 2, 650, (0,), call_sign="PILSŪDENS 1", conditions=(NOISE,)),
    DemoPermit("water-2", "land_mobile", 2, 40, (4,), call_sign="PILSŪDENS 2", conditions=(NOISE,)),
    DemoPermit("water-3", "fixed", 3, 900, (0, 4), plan=5, conditions=(NOISE,)),
)

NATURAL = (
    DemoPermit("amateur-1", "amateur", 4, None, (7,), call_sign="YL3PK"),
    DemoPermit("boat-1", "maritime", 3, 210, (2,), call_sign="YLB7"),
)

COMPANY = (
    DemoPermit("company-1", "land_mobile", 2, 480, (0, 9), call_sign="ČIEKURS", conditions=(NOISE,)),
    DemoPermit("company-2", "land_mobile", 4, 55, (3,), call_sign="ČIEKURS 2", conditions=(NOISE,)),
)

# service_kind -> MHz list, kHz, emission, dBm, antenna, dBi, height m
OTHER_PLANS = {
    "land_mobile": (("162.0125", "166.6125"), "12.5", "8K50F3E", "44", ("Kurzemes radio", "DP-160"), "2.1", "32"),
    "public_mobile": (("1840", "2152.5"), "20000", "20M0W7D", "63", ("Ziemeļantena", "S65-18"), "17.8", "41"),
    "broadcasting": (("103.7",), "200", "200KF8E", "70", ("Daugavas antenas", "FM4-D"), "6", "215"),
    "broadcast_aux": (("612.4", "618.8"), "200", "200KF3E", "17", ("Kurzemes radio", "MK-600"), "0", "2"),
    "satellite": (("14125",), "36000", "36M0G7W", "76", ("Daugavas antenas", "SAT-2.4"), "49.3", "6"),
    "aeronautical": (("118.105",), "8.33", "5K60A3E", "44", ("Kurzemes radio", "AV-118"), "2.1", "28"),
    "amateur": (("14.175", "145.5", "433.5"), "16", "16K0F3E", "50", ("Pašbūve", "Yagi-9"), "11", "14"),
    "maritime": (("156.8", "156.525"), "16", "16K0G3E", "44", ("Kurzemes radio", "VHF-M25"), "3", "9"),
}
