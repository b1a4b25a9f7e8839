"""What identity refuses, in two languages; over 350 lines because every refusal is a code with two sentences."""

from __future__ import annotations

from chassis.errors import ErrorTable
from chassis.imports.errors import SENTENCES

ERRORS = ErrorTable(
    "identity",
    {
        **SENTENCES,
        "row_without_number": (
            422,
            "Rindā nav neviena numura (klienta, reģistrācijas vai personas koda), pēc kura klientu atrast.",
            "The row has no number (of client, registration or person) by which the client could be found.",
        ),
        "number_of_other_kind": (
            422,
            "Fiziskai personai nav reģistrācijas numura un juridiskai — personas koda.",
            "A natural person has no registration number, and a legal one no personal code.",
        ),
        "person_code_checksum": (
            422,
            "Personas koda kontrolcipars nesakrīt; pārbaudiet, vai kods ir pareizs.",
            "The check digit of the personal code does not fit; check that the code is right.",
        ),
        "numbers_of_several": (
            422,
            "Rindas numuri pieder dažādiem klientiem.",
            "The numbers in the row belong to different clients.",
        ),
        "client_of_other_kind": (
            422,
            "Klients ar šo numuru ir citas kategorijas persona (fiziska vai juridiska).",
            "The client with this number is a person of the other kind (natural or legal).",
        ),
        "person_erased": (
            409,
            "Šīs personas dati tiek dzēsti, tāpēc rinda nav ielasīta.",
            "The data of this person are being erased, so the row was not read.",
        ),
        "row_repeated": (
            422,
            "Par šo klientu failā jau ir cita rinda.",
            "The file has another row about this client already.",
        ),
        "former_number": (
            422,
            "Šis numurs klientam vairs nav spēkā; klients pēc tā atrasts, numurs nav mainīts.",
            "The client no longer has this number; it was found by it, and the number was not changed.",
        ),
        "datum_kept": (
            422,
            "Šo ziņu ir norādījis klients, darbinieks vai cits reģistrs; tā atstāta, kā bija.",
            "The client, staff or another register gave this datum; it was left as it was.",
        ),
        # One sentence for a wrong password, an unknown user and a locked account: nothing is learned from it (C8).
        "sign_in_refused": (
            401,
            "E-pasts vai parole nav pareiza, vai arī piekļuve pēc vairākiem kļūdainiem mēģinājumiem uz laiku slēgta.",
            "The e-mail or password is not right, or access is closed for a while after several wrong attempts.",
        ),
        "level_same": (422, "Šāds līmenis jau ir noteikts.", "This level is demanded already."),
        "login_other_person": (
            403,
            "Pakalpojumā pieteicās cita persona. Apstiprināt varat tikai Jūs.",
            "Somebody else signed in there. Only you yourself can confirm.",
        ),
        "login_not_anew": (
            403,
            "Pakalpojums Jums neprasīja pieteikties no jauna, tāpēc tas neko neapstiprina.",
            "The provider did not ask you to sign in again, so it confirms nothing.",
        ),
        "payer_required": (422, "Norādiet, kas norēķinās klienta vietā.", "Say who settles for the client."),
        "payer_not_meant": (
            422,
            "Maksātāju norāda tikai tad, ja norēķinās cits maksātājs.",
            "Name a payer only where somebody else settles.",
        ),
        "settlement_same": (422, "Šāda norēķinu kārtība jau ir spēkā.", "This arrangement is in force already."),
        "address_held": (
            403,
            "No Jūsu tīkla nākuši daudzi nepareizi pieteikšanās mēģinājumi, tāpēc pieteikšanās ar paroli no tā uz "
            "laiku slēgta. Izmantojiet vienoto pieteikšanos vai saiti, ko nosūtīsim pēc izvēles „Aizmirsta parole”.",
            "Many wrong attempts to sign in came from your network, so signing in by password is closed from there "
            "for a while. Use unified login, or the link we send when you choose “Forgotten password”.",
        ),
        "hold_over": (409, "Aizturēšana vairs nav spēkā.", "The hold is no longer in force."),
        "user_blocked": (403, "Jūsu piekļuve ir bloķēta. Sazinieties ar mums.", "Your access is blocked. Contact us."),
        "session_ended": (401, "Sesija ir beigusies. Piesakieties vēlreiz.", "The session has ended. Sign in again."),
        "second_factor_wrong": (
            422,
            "Otro faktoru nevarēja apstiprināt: kods nav pareizs vai jau ir izmantots, vai arī pēc vairākiem "
            "kļūdainiem mēģinājumiem jāpagaida.",
            "The second factor was not accepted: the code is wrong or used already, or there were too many wrong "
            "attempts and you have to wait.",
        ),
        "set_up_expired": (
            409,
            "Iestatīšana ilga pārāk ilgi. Sāciet no jauna ar jaunu kodu.",
            "Setting up took too long. Begin again with a new code.",
        ),
        "key_refused": (
            422,
            "Drošības atslēgu nevarēja pievienot. Mēģiniet vēlreiz ar to pašu vai citu atslēgu.",
            "The security key could not be added. Try again with the same or another key.",
        ),
        "too_many_keys": (409, "Vairāk par {limit} atslēgām nevar būt.", "There can be no more than {limit} keys."),
        "second_factor_required": (
            409,
            "Šim kontam otrais faktors ir obligāts. Vispirms pievienojiet citu.",
            "This account must have a second factor. Add another one first.",
        ),
        "no_second_factor": (409, "Šim kontam nav otrā faktora.", "This account has no second factor."),
        "way_not_open": (
            422,
            "Šādi apstiprināt nevar. Izvēlieties kādu no piedāvātajiem veidiem.",
            "It cannot be confirmed this way. Choose one of the ways offered.",
        ),
        "password_wrong": (422, "Pašreizējā parole nav pareiza.", "The present password is not right."),
        "password_too_short": (
            422,
            "Parolei jābūt vismaz {limit} rakstzīmes garai.",
            "Use at least {limit} characters.",
        ),
        "password_too_long": (
            422,
            "Parole nedrīkst būt garāka par {limit} rakstzīmēm.",
            "Use at most {limit} characters.",
        ),
        "password_needs_letter": (422, "Parolē jābūt vismaz vienam burtam.", "Use at least one letter."),
        "password_needs_digit": (422, "Parolē jābūt vismaz vienam ciparam.", "Use at least one digit."),
        "password_common": (422, "Šī parole ir pārāk izplatīta.", "This password is too common."),
        "password_personal": (
            422,
            "Parole nedrīkst saturēt Jūsu vārdu, e-pastu vai klienta numuru.",
            "The password must not contain your name, e-mail or client number.",
        ),
        "password_same": (422, "Jaunajai parolei jāatšķiras no pašreizējās.", "The new password must differ."),
        "link_dead": (
            410,
            "Saite vairs nav derīga: tā jau ir izmantota, aizstāta ar jaunāku vai tās termiņš ir beidzies.",
            "The link no longer works: it was used, replaced by a newer one, or has expired.",
        ),
        "code_wrong": (
            422,
            "E-pasts un kods nesader, vai arī kods vairs nav derīgs.",
            "The e-mail and the code do not match, or the code no longer works.",
        ),
        "no_password": (409, "Lietotājam nav paroles.", "The user has no password."),
        "email_same": (422, "Šī jau ir Jūsu e-pasta adrese.", "This is your e-mail address already."),
        "email_taken": (409, "Lietotājs ar šādu e-pastu jau ir.", "A user with this e-mail exists already."),
        "own_no_password": (
            409,
            "Jums paroles nav: Jūs piesakāties ar banku, eID vai citu vienoto pieteikšanos.",
            "You have no password: you sign in with your bank, eID or another unified login.",
        ),
        "email_of_another": (
            409,
            "Ar šo e-pasta adresi portālā jau ir cits lietotājs, kura vārds un uzvārds ir citādi.",
            "Another user with a different name has this e-mail already.",
        ),
        "email_unproven": (
            409,
            "Šīs e-pasta adreses lietotājs to vēl nav apstiprinājis. Vispirms tā jāapstiprina lietotājam.",
            "The user of this e-mail has not confirmed it yet. Ask them to confirm it first.",
        ),
        "email_proven": (409, "Jūsu e-pasta adrese jau ir apstiprināta.", "Your e-mail is confirmed already."),
        "email_proof_elsewhere": (
            409,
            "Piesakieties portālā ar kontu, kuram šī adrese ir norādīta, un apstipriniet to tur.",
            "Sign in with the account for which this address was given, and confirm it there.",
        ),
        "email_malformed": (422, "Nederīga e-pasta adrese.", "Not a valid e-mail address."),
        "phone_malformed": (422, "Nederīgs tālruņa numurs.", "Not a valid phone number."),
        "reg_no_invalid": (422, "Nederīgs reģistrācijas numurs.", "Not a valid registration number."),
        "person_code_invalid": (422, "Nederīgs personas kods.", "Not a valid personal code."),
        "code_taken": (
            409,
            "Šis numurs jau pieder klientam “{name}”.",
            "This number belongs to the client “{name}” already.",
        ),
        "similar_client": (
            409,
            "Reģistrā jau ir līdzīgs klients. Pārbaudiet, vai tas nav tas pats.",
            "A similar client is in the register already. Check whether it is the same.",
        ),
        "client_not_yours": (404, "Jums nav tiesību pārstāvēt šo klientu.", "You may not act for this client."),
        "terms_superseded": (
            409,
            "Šī noteikumu redakcija vairs nav spēkā. Izlasiet jaunāko.",
            "This version of the terms is no longer in force. Read the newest one.",
        ),
        "four_eyes": (
            409,
            "Noteikumus publicē cits darbinieks, nevis tas, kurš sagatavojis projektu.",
            "Somebody else than who drafted the terms must publish them.",
        ),
        "approved_in_future": (422, "Apstiprināšanas diena vēl nav pienākusi.", "The day of approval is yet to come."),
        "valid_from_too_early": (
            422,
            "Redakcija nevar stāties spēkā pirms šodienas un pirms iepriekšējās redakcijas.",
            "A version cannot come into force before today, nor before the version before it.",
        ),
        "consent_changed": (
            409,
            "Piekrišanas teksts ir mainījies. Izlasiet jauno.",
            "The text of the consent has changed. Read the new one.",
        ),
        "consent_stays": (
            409,
            "Šī piekrišana ir spēkā, kamēr lietojat portālu.",
            "This consent holds for as long as you use the portal.",
        ),
        # One sentence for an unknown client, a wrong secret and a disabled client.
        "machine_refused": (401, "Mašīnklients nav atzīts.", "The machine client was not accepted."),
        "scope_not_allowed": (
            400,
            "Mašīnklientam nav šādas piekļuves.",
            "The machine client may not have this scope.",
        ),
        "name_taken": (409, "Mašīnklients ar šādu nosaukumu jau ir.", "A machine client of this name exists already."),
        "two_secrets": (
            409,
            "Vienlaikus var būt ne vairāk kā {limit} noslēpumi. Vispirms atsauciet veco.",
            "At most {limit} secrets live side by side. Revoke the old one first.",
        ),
        "machine_disabled": (409, "Mašīnklients ir atslēgts.", "The machine client is disabled."),
        "secret_revoked": (409, "Šis noslēpums jau ir atsaukts.", "This secret was revoked already."),
        "key_too_young": (
            409,
            "Nākamā atslēga publicēta tikko. Mēģiniet pēc {seconds} s.",
            "The next key was published only now. Try again in {seconds} s.",
        ),
        "key_retired": (409, "Šī atslēga vairs netiek lietota.", "This key is no longer in use."),
        "registration_off": (
            409,
            "Reģistrēties pašam šeit nevar. Aizpildiet portāla lietošanas pieteikumu vai sazinieties ar mums.",
            "You cannot register yourself here. Fill in an application for portal use, or contact us.",
        ),
        # One sentence whatever did not match: nothing is learned about the register from it (S3-20).
        "registration_refused": (
            409,
            "Kontu ar šiem datiem izveidot nevarējām. Pārbaudiet ievadīto. Ja tas ir pareizs, zvaniet {phone} vai "
            "nāciet uz klientu apkalpošanas centru, lai precizētu klienta datus; pēc tam reģistrējieties vēlreiz. Ja "
            "konts Jums jau ir, piesakieties vai izmantojiet “Aizmirsta parole”.",
            "We could not open an account with these data. Check what you entered. If it is right, call {phone} or "
            "come to the service centre to have the client's data corrected; then register again. If you have an "
            "account already, sign in or use “Forgotten password”.",
        ),
        "no_means": (
            422,
            "Norādiet personas kodu vienotajai pieteikšanās iespējai vai izvēlieties pieslēgšanos ar paroli.",
            "Give a personal code for unified login, or choose signing in with a password.",
        ),
        "rights_missing": (422, "Izvēlieties vismaz vienu tiesību.", "Choose at least one right."),
        "ends_in_past": (422, "Pēdējā diena jau ir pagājusi.", "The last day has passed."),
        "day_ahead": (422, "Diena nevar būt nākotnē.", "The day cannot be in the future."),
        "application_unknown": (
            422,
            "Pieteikums ar šādu numuru un kodu nav atrasts.",
            "There is no application with this number and code.",
        ),
        "original_missing": (
            409,
            "Vispirms jāreģistrē parakstītā oriģināla saņemšana.",
            "Record the receipt of the signed original first.",
        ),
        "original_size": (413, "Datne ir lielāka par {limit_mb} MB.", "The file is larger than {limit_mb} MB."),
        "original_type": (
            415,
            "Pieņemam PDF, ASiC-E (eDoc), PNG un JPEG datnes.",
            "PDF, ASiC-E (eDoc), PNG and JPEG files are accepted.",
        ),
        "terms_file_type": (415, "Noteikumiem pievieno tikai PDF datni.", "Only a PDF file can be added to the terms."),
        "application_decided": (
            409,
            "Par pieteikumu jau ir izlemts.",
            "The application has been decided on already.",
        ),
        "not_checked": (422, "Apstipriniet, ka dati ir pārbaudīti.", "Confirm that the data were checked."),
        "client_exists": (
            409,
            "Klients ar šādu numuru reģistrā jau ir; izvēlieties to.",
            "A client with this number is in the register already; choose it.",
        ),
        "client_kind_differs": (
            422,
            "Izvēlētais klients ir cita veida persona nekā pieteikumā.",
            "The client chosen is another kind of person than the application says.",
        ),
        "code_held": (
            409,
            "Ar šo personas kodu jau piesakās cits lietotājs.",
            "Another user signs in with this personal code already.",
        ),
        "email_of_staff": (
            409,
            "Šī e-pasta adrese pieder darbiniekam; izmantojiet citu.",
            "This e-mail belongs to a staff member; use another one.",
        ),
        "wrong_user_state": (
            409,
            "Lietotājs ar šo e-pastu ir bloķēts. Vispirms izlemiet par bloķēšanu.",
            "The user with this e-mail is blocked. Decide on the block first.",
        ),
        "already_represents": (
            409,
            "Šis lietotājs klientu jau pārstāv.",
            "This user acts for the client already.",
        ),
        "confirmation_needed": (422, "Apstipriniet savu izvēli.", "Confirm your choice."),
        "already_blocked": (409, "Lietotājs jau ir bloķēts.", "The user is blocked already."),
        "not_blocked": (409, "Lietotājs nav bloķēts.", "The user is not blocked."),
        "wrong_access_state": (
            409,
            "Lietotāja pašreizējā stāvoklī tas nav iespējams.",
            "Not possible in the present state of the user.",
        ),
        "block_in_past": (422, "Bloķēšanas pēdējā diena jau ir pagājusi.", "The last day of the block has passed."),
        "not_staff": (409, "Lomas ir tikai darbiniekiem.", "Only staff have roles."),
        "role_held": (409, "Šī loma darbiniekam jau ir.", "The staff member has this role already."),
        "role_not_held": (409, "Šīs lomas darbiniekam nav.", "The staff member does not have this role."),
        "role_conflict": (
            409,
            "Auditoram nevar būt citu lomu: kas uzrauga, tas pats nedara.",
            "An auditor has no other role: who watches does not act.",
        ),
        "last_administrator": (409, "Jāpaliek vismaz vienam administratoram.", "At least one administrator must stay."),
        "approval_own": (
            403,
            "Savu pieprasījumu apstiprināt nevar; to dara cits darbinieks.",
            "You cannot approve what you asked for yourself; a colleague does.",
        ),
        "approval_decided": (409, "Par šo jau ir izlemts.", "This has been decided already."),
        "approval_waiting": (
            409,
            "Šāds pieprasījums jau gaida apstiprinājumu.",
            "The same request is waiting already.",
        ),
        "not_yourself": (409, "Ar savu kontu šo darbību veikt nevar.", "You cannot do this to your own account."),
        "right_needed": (422, "Norādiet vismaz vienu tiesību.", "Give at least one right."),
        "right_twice": (422, "Katru tiesību norādiet vienreiz.", "Name each right once."),
        "right_main_only": (
            422,
            "Papildu lietotājs nevar slēgt līgumus un pārvaldīt lietotājus.",
            "An additional user cannot conclude contracts or manage users.",
        ),
        "right_not_limitable": (
            422,
            "Šo tiesību nevar attiecināt uz norādītā veida objektu.",
            "This right cannot be limited to an object of this kind.",
        ),
        "right_not_yours": (
            403,
            "Jūs nevarat piešķirt tiesības, kuru Jums pašam nav.",
            "You cannot give rights you do not have yourself.",
        ),
        "too_many_objects": (
            422,
            "Norādiet ne vairāk kā {limit} atļauju un līgumu.",
            "Name at most {limit} permits and contracts.",
        ),
        "objects_needed": (
            422,
            "Norādiet vismaz vienu atļauju vai līgumu, uz ko attiecas ierobežotās tiesības.",
            "Name at least one permit or contract for the limited rights.",
        ),
        "object_unknown": (
            422,
            "Klientam nav atļaujas vai līguma ar numuru {number}.",
            "The client has no permit or contract {number}.",
        ),
        "ends_before_it_begins": (
            422,
            "Beigu diena nevar būt pirms sākuma dienas.",
            "The last day cannot be before the first.",
        ),
        "day_gone_by": (422, "Diena jau ir pagājusi.", "The day has passed already."),
        "email_not_usable": (
            422,
            "Šo e-pasta adresi klienta lietotājam izmantot nevar.",
            "This e-mail address cannot be used for a user of a client.",
        ),
        "main_by_staff": (
            403,
            "Galvenā lietotāja tiesības maina portāla darbinieki.",
            "The rights of a main user are changed by the portal's staff.",
        ),
        "nobody_acts": (
            409,
            "Klienta vārdā portālā neviens nedarbojas.",
            "Nobody acts for the client in the portal.",
        ),
        "already_ended": (409, "Pārstāvība jau ir beigta.", "The representation has ended already."),
        "last_main_user": (
            409,
            "Klientam jāpaliek vismaz vienam galvenajam lietotājam.",
            "The client must keep at least one main user.",
        ),
        # Unified login. One sentence for everything an answer fails to prove: the reason stands in the log.
        "login_refused": (
            403,
            "Pieteikšanos neizdevās pārbaudīt. Sāciet vēlreiz no portāla pieteikšanās lapas.",
            "The sign-in could not be verified. Start again from the portal's sign-in page.",
        ),
        "login_cancelled": (403, "Pieteikšanās ir atcelta.", "The sign-in was cancelled."),
        "login_expired": (
            403,
            "Pieteikšanās laiks ir beidzies, vai arī tā sākta citā pārlūkā. Sāciet vēlreiz.",
            "The sign-in took too long or was begun in another browser. Start again.",
        ),
        "login_unsolicited": (
            403,
            "No šīs vietnes portālā tieši ienākt nevar. Sāciet no portāla pieteikšanās lapas.",
            "One cannot enter the portal directly from that site. Start from the portal's sign-in page.",
        ),
        "login_too_weak": (
            403,
            "Izmantotais pieteikšanās veids ir par vāju. Izvēlieties drošāku, piemēram, eParakstu vai eID karti.",
            "The means of identification is too weak. Choose a stronger one, such as eParaksts or an eID card.",
        ),
        "login_unknown_person": (
            403,
            "Jūsu dati nav atrasti mūsu klientu reģistrā. Iesniedziet portāla lietošanas pieteikumu vai sazinieties "
            "ar mums.",
            "Your data are not in our register of clients. Apply for the use of the portal or contact us.",
        ),
        "login_no_match": (
            403,
            "Bankas sniegtie dati nesakrīt ar mūsu reģistrā esošajiem. Sazinieties ar mums.",
            "The data the bank has given do not agree with our register. Contact us.",
        ),
        "login_no_contract": (
            403,
            "Jums nav spēkā esoša līguma, tāpēc ar internetbanku pieteikties nevar. Sazinieties ar mums.",
            "You have no contract in force, so you cannot sign in by internet bank. Contact us.",
        ),
        "login_registration_refused": (
            403,
            "Reģistrēt kontu neizdevās: līguma numurs neatbilst Jūsu datiem. Pārbaudiet numuru savā līgumā vai rēķinā "
            "vai sazinieties ar mums.",
            "The account could not be registered: the contract number does not fit your data. Check the number on "
            "your contract or invoice, or contact us.",
        ),
        "login_not_activated": (
            403,
            "Jūsu konts vēl nav aktivizēts. Atveriet aktivizācijas saiti, ko saņēmāt e-pastā, vai pieprasiet jaunu.",
            "Your account is not activated yet. Open the activation link in your e-mail, or ask for a new one.",
        ),
        "login_taken": (
            409,
            "Šis pieteikšanās veids jau ir piesaistīts citam kontam.",
            "This way of signing in belongs to another account.",
        ),
        "login_linked_already": (
            409,
            "Šis pieteikšanās veids jau ir piesaistīts Jūsu kontam.",
            "This way of signing in is linked to your account already.",
        ),
        "login_last_way": (
            409,
            "Tas ir vienīgais veids, kā Jūs varat pieteikties, tāpēc to noņemt nevar.",
            "This is the only way you can sign in, so it cannot be removed.",
        ),
        "provider_unavailable": (
            503,
            "Pieteikšanās pakalpojums pašlaik nav pieejams. Mēģiniet vēlāk vai piesakieties citādi.",
            "The sign-in service is not available at the moment. Try later or sign in another way.",
        ),
        "export_under_way": (
            409,
            "Jūsu datu kopija jau tiek gatavota.",
            "A copy of your data is being prepared already.",
        ),
        "audit_export_too_large": (
            422,
            "Atrasti vairāk nekā {limit} ieraksti, bet vienā izgūšanā var būt ne vairāk par {limit}. Sašauriniet "
            "meklēšanu, piemēram, pa dienām.",
            "More than {limit} records were found, and one export may hold {limit} at most. Narrow the search, by days "
            "for one.",
        ),
        "audit_export_empty": (422, "Nav atrasts neviens ieraksts.", "No records were found."),
        "no_seal": (
            409,
            "Nav iestatīts iestādes zīmogs, ar ko parakstīt izgūtos ierakstus (IDENTITY_SEAL_FILE).",
            "There is no seal to sign exports with (IDENTITY_SEAL_FILE).",
        ),
        "erasure_not_confirmed": (
            422,
            "Ierakstiet savu e-pasta adresi tieši tā, kā tā norādīta profilā.",
            "Type your e-mail address exactly as it stands in your profile.",
        ),
        "erasure_asked": (
            409,
            "Datu dzēšana jau ir pieprasīta.",
            "Erasure of the data has been asked for already.",
        ),
        "erasure_decided": (
            409,
            "Par šo dzēšanas pieprasījumu jau ir izlemts.",
            "This request for erasure has been decided already.",
        ),
        "erasure_reason_missing": (
            422,
            "Norādiet, kāpēc dzēšana tiek atteikta.",
            "Say why the erasure is refused.",
        ),
    },
)
