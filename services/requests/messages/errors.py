"""What requests refuses, with a sentence in Latvian and in English for each."""

from __future__ import annotations

from chassis.errors import ErrorTable

ERRORS = ErrorTable(
    "requests",
    {
        "form_not_offered": (
            403,
            "Šo veidlapu piedāvā tikai juridiskām personām. Rakstiet mums brīvā formā.",
            "This form is for legal persons only. Write to us in free form.",
        ),
        "draft_expired": (410, "Melnraksta glabāšanas termiņš ir beidzies.", "The draft has expired."),
        "about_required": (
            403,
            "Jūsu tiesības attiecas tikai uz noteiktām atļaujām vai līgumiem. Norādiet, uz kuru attiecas pieprasījums.",
            "Your right is for certain permits or contracts only. Say which one the request is about.",
        ),
        "about_one": (
            422,
            "Pieprasījums var attiekties uz vienu atļauju vai vienu līgumu.",
            "A request can be about one permit or one contract.",
        ),
        "already_submitted": (409, "Pieprasījums jau ir iesniegts.", "The request has already been submitted."),
        "not_confirmed": (
            422,
            "Lai turpinātu, apstipriniet, ka teksts ir izlasīts un Jūs tam piekrītat.",
            "To continue, confirm that you have read this and agree.",
        ),
        "wrong_state": (
            409,
            "Šo darbību nevar veikt, kad lietas statuss ir “{status_lv}”.",
            "This cannot be done while the case is “{status_en}”.",
        ),
        "not_yours": (
            409,
            "Lieta ir piešķirta darbiniekam {assignee}. Vispirms pārņemiet to.",
            "The case is assigned to {assignee}. Take it over first.",
        ),
        "draft_changed": (
            412,
            "Melnraksts mainīts citā logā. Jūsu ievadītais nav zudis: pārlūkojiet to un saglabājiet vēlreiz.",
            "The draft was changed in another window. What you typed is not lost: look it over and save again.",
        ),
        "case_changed": (
            412,
            "Lieta pa šo laiku ir mainījusies. Pārlādējiet lapu un mēģiniet vēlreiz.",
            "The case changed meanwhile. Reload the page and try again.",
        ),
        "unknown_form": (404, "Tādas veidlapas nav.", "There is no such form."),
        "bad_coordinates": (
            422,
            "Norādiet koordinātas WGS84 sistēmā, piemēram, 56,9463; 24,1059.",
            "Give coordinates in WGS84, for example 56.9463, 24.1059.",
        ),
        "outside_latvia": (
            422,
            "Koordinātas ir ārpus Latvijas.",
            "The coordinates are outside Latvia.",
        ),
        "bad_emission": (
            422,
            "Emisijas apzīmējums neatbilst ITU veidam, piemēram, 28M0D7WET.",
            "Not an ITU emission designator, for example 28M0D7WET.",
        ),
        "emission_wider": (
            422,
            "Emisijas apzīmējuma josla ({emission_khz} kHz) ir platāka par norādīto joslas platumu.",
            "The emission's bandwidth ({emission_khz} kHz) is wider than the bandwidth given.",
        ),
        "bad_date": (422, "Norādiet datumu kā dd.mm.gggg.", "Give the date as dd.mm.yyyy."),
        "date_past": (422, "Datums nedrīkst būt pagātnē.", "The date must not be in the past."),
        "date_late": (422, "Datums ir pārāk tālu (vēlākais {limit}).", "Too far ahead (at the latest {limit})."),
        "dates_crossed": (422, "Beigu datums ir pirms sākuma datuma.", "The end date is before the start date."),
        "bad_number": (422, "Ievadiet skaitli.", "Enter a number."),
        "too_precise": (
            422,
            "Ne vairāk kā {limit} cipari aiz komata.",
            "At most {limit} digits after the decimal point.",
        ),
        "bad_email": (422, "Norādiet derīgu e-pasta adresi.", "Give a valid e-mail address."),
        "bad_phone": (422, "Norādiet tālruni, piemēram, +371 67000000.", "Give a phone number, e.g. +371 67000000."),
        "bad_cadastre": (
            422,
            "Kadastra numurs sastāv no 11 cipariem.",
            "A cadastre number has 11 digits.",
        ),
        "address_or_cadastre": (
            422,
            "Norādiet adresi vai kadastra numuru.",
            "Give the address or the cadastre number.",
        ),
        "same_site": (
            422,
            "Vietas A un B koordinātas sakrīt (attālums {distance_m} m).",
            "Sites A and B have the same coordinates ({distance_m} m apart).",
        ),
        "too_far_apart": (
            422,
            "Vietas A un B ir {distance_km} km attālumā; līnija nevar būt garāka par {limit} km.",
            "Sites A and B are {distance_km} km apart; a link cannot be longer than {limit} km.",
        ),
        "azimuth_off": (
            422,
            "Azimuts neatbilst koordinātām: virziens uz otru vietu ir {bearing}°.",
            "The azimuth does not match the coordinates: the other site lies at {bearing}°.",
        ),
        "same_frequency": (
            422,
            "Raidīšanas un uztveršanas frekvences kanāli pārklājas.",
            "The two frequencies are closer than the bandwidth.",
        ),
        "document_missing": (422, "Pievienojiet dokumentu.", "Attach the document."),
        "attachment_type": (
            422,
            "Atļautas tikai PDF, PNG, JPEG, DOCX un ASICE datnes; šīs datnes saturs ir cits.",
            "Only PDF, PNG, JPEG, DOCX and ASICE files; the content of this one is something else.",
        ),
        "attachment_size": (413, "Datne ir lielāka par {limit_mb} MB.", "The file is larger than {limit_mb} MB."),
        "attachment_empty": (422, "Datne ir tukša.", "The file is empty."),
        "attachment_count": (409, "Vienai lietai var pievienot ne vairāk kā {limit} datnes.", "At most {limit} files."),
        "attachment_offset": (
            409,
            "Datnes augšupielāde ir pārtrūkusi; sāciet to no jauna.",
            "The upload was interrupted; start it again.",
        ),
        "text_required": (422, "Ierakstiet tekstu.", "Please write the text."),
        "unknown_assignee": (
            422,
            "Šim darbiniekam nevar piešķirt lietu.",
            "The case cannot be assigned to this person.",
        ),
    },
)
