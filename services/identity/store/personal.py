"""Where identity keeps data about people: who they are, how they signed in, what they agreed to, what they did."""

# Conditions are put together from constants of this file.
# ruff: noqa: S608

from __future__ import annotations

from chassis.person_data import BLANK, EMPTY, NULL, PSEUDONYM, SCRUB, Declaration, Holding
from services.identity.store import __all__ as areas
from services.identity.store.tables import metadata

assert areas  # importing the package makes every table known

_USER = "user_id = :user"
_CLIENT = "client_id = ANY(:clients)"
_APPLICATION = (
    f"{_USER} OR lower(user_email) = ANY(:marks) OR data ->> 'user_person_code' = ANY(:marks)"
)
_MINE = f"application_id IN (SELECT id FROM access_applications WHERE {_APPLICATION})"
_HELD = f"representation_id IN (SELECT id FROM representations WHERE {_USER} OR {_CLIENT})"
_GONE_ADDRESS = "'deleted-' || id || '@deleted.invalid'"
_OTHER = dict.fromkeys(
    ("name", "address", "correspondence_address", "email", "invoice_email", "phone", "former", "former_contacts",
     "search_text", "sort_key"), "other_client",
)

PERSONAL = Declaration(
    metadata,
    (
        Holding(
            "users", "id = :user", ("Lietotājs", "User"), plain="kind language status blocked_reason",
            erase={"email": _GONE_ADDRESS, "email_key": _GONE_ADDRESS, "name": PSEUDONYM, "phone": NULL,
                   "former": EMPTY, "former_emails": EMPTY, "search_text": BLANK, "sort_key": BLANK},
        ),
        Holding(
            "clients", "id = ANY(:clients)", ("Klients", "Client"), shared=_OTHER,
            plain="kind stage language settlement services",
            erase={"name": PSEUDONYM, "reg_no": NULL, "person_code": NULL, "external_ref": NULL, "address": NULL,
                   "payer": NULL, "correspondence_address": NULL, "email": NULL, "invoice_email": NULL, "phone": NULL,
                   "former": EMPTY, "former_contacts": EMPTY, "search_text": BLANK, "sort_key": BLANK},
        ),
        Holding("client_settlements", _CLIENT, ("Norēķinu kārtība", "Settlement arrangements"), plain="settlement",
                erase={"payer": SCRUB, "ground": SCRUB}, keep={"by_name": "duty"}, reason="decision"),
        Holding("client_codes", _CLIENT, ("Kodi un numuri", "Codes and numbers"), delete=True),
        Holding("client_data", _CLIENT, ("Datu izcelsme", "Origin of data"), plain="field origin"),
        Holding("passwords", _USER, ("Parole", "Password"), hide="hash", delete=True),
        Holding("staff_roles", _USER, ("Darbinieka lomas", "Roles in the office"), plain="role"),
        Holding("sign_in_guards", "subject = 'user:' || CAST(:user AS text)", ("Pieslēgšanās mēģinājumi",
                "Attempts to sign in"), delete=True),
        Holding("linked_logins", _USER, ("Vienotā pieteikšanās", "Unified login"), delete=True),
        Holding("login_attempts", _USER, ("Pieteikšanās gaita", "Logins under way"),
                hide="state_hash browser_hash kept", delete=True),
        Holding("one_time_links", _USER, ("Vienreizējās saites", "One-time links"), delete=True),
        Holding("link_requests", "email_key = ANY(:marks)", ("Saišu pieprasījumi", "Requests for links"), delete=True),
        Holding("totp_factors", _USER, ("Autentifikatora lietotne", "Authenticator application"), hide="sealed_secret",
                delete=True),
        Holding("recovery_codes", _USER, ("Atkopšanas kodi", "Recovery codes"), hide="code_hash", delete=True),
        Holding("security_keys", _USER, ("Drošības atslēgas", "Security keys"), hide="public_key", delete=True),
        Holding("key_challenges", "session_id IN (SELECT id FROM sessions WHERE user_id = :user)",
                ("Atslēgu pārbaudes", "Challenges of keys"), hide="challenge", delete=True),
        Holding("sign_in_failures", "subject = 'user:' || CAST(:user AS text)", ("Nepareizas paroles",
                "Wrong passwords"), delete=True),
        Holding("sign_in_holds", _USER, ("Aizturēta pieteikšanās", "Sign-in that was held"), delete=True),
        Holding("known_places", _USER, ("Pieteikšanās vietas", "Places of signing in"), delete=True),
        Holding("sessions", _USER, ("Sesijas", "Sessions"), hide="secret_hash", delete=True),
        Holding("identity_checks", _USER, ("Uzrādītie dokumenti", "Documents that were shown"),
                delete=True),
        Holding(
            "representations", f"{_USER} OR {_CLIENT}", ("Pārstāvība", "Representation"), plain="role end_reason",
            erase={"ground": SCRUB, "granted_by": SCRUB, "ended_by": SCRUB, "end_note": SCRUB}, reason="agreement",
        ),
        # Others whose right to act the person gave or ended.
        Holding(
            "representations", f"client_id IN (SELECT client_id FROM representations WHERE {_USER})"
            f" AND NOT ({_USER})", ("Piešķirtā pārstāvība", "Representation that was given"), export=False,
            erase={"granted_by": SCRUB, "ended_by": SCRUB}, reason="other_client",
        ),
        Holding("representation_rights", _HELD, ("Tiesības", "Rights"),
                plain="right_name scope_kind scope_id scope_no"),
        Holding(
            "user_blocks", _USER, ("Piekļuves maiņa", "Changes of access"), plain="what reason status_before",
            erase={"note": SCRUB, "by_name": SCRUB}, reason="decision",
        ),
        Holding("role_changes", _USER, ("Darbinieka lomu maiņa", "Changes of roles"), plain="role what",
                erase={"ground": SCRUB, "by_name": SCRUB}, reason="decision"),
        Holding("terms_acceptances", _USER, ("Noteikumu akcepti", "Acceptances of terms"), plain="text_sha256",
                erase={"address": NULL}, reason="agreement"),
        Holding("consents", _USER, ("Piekrišanas", "Consents"), plain="kind text_sha256", erase={"address": NULL},
                reason="agreement"),
        Holding("declarations", f"{_USER} OR {_MINE}", ("Apliecinājumi", "Declarations"), plain="kind text_sha256",
                erase={"address": NULL}, reason="agreement"),
        Holding("contact_notices", _CLIENT, ("Kontaktdatu paziņojumi", "Notices of contact data"),
                plain="what by_kind sha256", erase={"by_name": SCRUB, "address": NULL, "data": EMPTY},
                reason="agreement"),
        Holding(
            "contact_notices", f"by_user = :user AND NOT ({_CLIENT})",
            ("Citu klientu vārdā sniegtie paziņojumi", "Notices given for other clients"),
            erase={"by_name": PSEUDONYM, "address": NULL}, shared={"data": "other_client"}, reason="other_client",
        ),
        Holding(
            "application_originals", _MINE, ("Pieteikumu oriģināli", "Originals of applications"), file="blob_id",
            plain="channel media_type sha256", erase={"name": PSEUDONYM, "note": SCRUB},
            keep={"recorded_by_name": "duty"}, reason="agreement",
        ),
        Holding(
            "access_applications", _APPLICATION, ("Pieteikumi", "Applications"),
            plain="number state client_kind language refusal_reason", keep={"decided_by_name": "duty"},
            erase={"client_name": SCRUB, "user_name": PSEUDONYM, "user_email": "'deleted@deleted.invalid'",
                   "data": SCRUB, "address": NULL, "decision_note": SCRUB, "search_text": SCRUB}, reason="agreement",
        ),
        Holding(
            "approvals", "object_id = :user OR object_id = ANY(:clients)", ("Saskaņojumi", "Approvals"),
            plain="kind reason state", keep={"asked_by_name": "duty", "decided_by_name": "duty"},
            erase={"object_name": PSEUDONYM, "note": SCRUB, "details": SCRUB, "decision_note": SCRUB},
            reason="decision",
        ),
        Holding("person_export_parts", "export_id IN (SELECT id FROM person_exports WHERE user_id = :user)",
                ("Datu kopiju daļas", "Parts of copies"), plain="service", export=False, file="blob_id", delete=True),
        Holding(
            "person_exports", _USER, ("Datu kopijas", "Copies of data"), plain="language state sha256", file="blob_id",
            delete=True, export=False,
        ),
        Holding("erasures", _USER, ("Dzēšanas pieprasījumi", "Requests for erasure"), by_hand=True,
                plain="state names marks sure email language obligations report asked_by decision_note",
                reason="decision"),
        Holding("imports", "started_by = :user", ("Sāktās klientu ielasīšanas", "Imports of clients that were started"),
                plain="name source status error_code error_params", keep={"started_by_name": "duty"}),
        # A row that is not applied yet knows no client, and would write the person back: it is told by its code.
        Holding("import_rows", f"{_CLIENT} OR (NOT done AND record ->> 'person_code' = ANY(:marks))",
                ("Ielasāmās rindas", "Rows being imported"), delete=True, export=False),
        Holding("import_problems", "lower(value) = ANY(:marks)", ("Ielasīšanas kļūdas", "Problems of imports"),
                plain="client column_name code params severity", erase={"value": NULL}),
        # usecases/work_erasures.py lets go of all of them: the files and the filters may name anybody.
        Holding("audit_exports", "asked_by = :user", ("Darbību ierakstu izguves", "Exports of the audit trail"),
                by_hand=True, plain="state language filter first_chain last_chain until_chain sha256",
                keep={"asked_by_name": "duty"}),
        # usecases/forgetting.py takes the personal parts away in a way the chain can prove.
        Holding(
            "audit_records", "client = ANY(:clients) AND NOT (actor = CAST(:user AS text) OR"
            " coalesce(object_id = CAST(:user AS text), false))",
            ("Citu darbības ar klientu", "What others did with the client"), by_hand=True, export=False,
            hide="personal_salt personal_hash actor_search", reason="audit",
        ),
        Holding(
            "audit_records", "actor = CAST(:user AS text) OR object_id = CAST(:user AS text)",
            ("Darbību ieraksti", "Audit records"), by_hand=True, hide="personal_salt personal_hash actor_search",
            keep={"actor_name": "duty"},
            plain="service action outcome actor_kind actor right_name object_kind object_id correlation_id"
            " address detail chain", reason="audit",
        ),
        # Nobody's rows, but the office's, with the names of those who did something; the texts may speak of anybody.
        Holding("terms_versions", "false", ("Noteikumi", "Terms"), export=False,
                plain="audience title text text_sha256",
                keep=dict.fromkeys(("drafted_by", "published_by", "note"), "duty")),
        Holding("terms_drafts", "false", ("Noteikumu projekti", "Drafts of terms"), export=False, plain="title text",
                erase={"note": SCRUB, "search_text": SCRUB}, keep={"drafted_by_name": "duty"}),
        Holding("terms_files", "false", ("Noteikumu faili", "Files of terms"), export=False, plain="name sha256",
                keep={"added_by_name": "duty"}),
        Holding("portal_notices", "false", ("Portāla paziņojumi", "Notices of the portal"), export=False,
                erase={"text_lv": SCRUB, "text_en": SCRUB}, keep=dict.fromkeys(("made_by", "ended_by"), "duty")),
        Holding("machine_clients", "false", ("Citas sistēmas", "Other systems"), export=False,
                plain="scopes status", erase=dict.fromkeys(("name", "contact", "note", "search_text"), SCRUB),
                keep=dict.fromkeys(("created_by", "disabled_by"), "duty")),
        Holding("machine_secrets", "false", ("Citu sistēmu atslēgas", "Secrets of other systems"), export=False,
                plain="hash hint last_address", keep=dict.fromkeys(("created_by", "revoked_by"), "duty")),
        Holding("right_levels", "false", ("Tiesību līmeņi", "Levels of rights"), export=False, plain="right_name level",
                erase={"ground": SCRUB}, keep=dict.fromkeys(("asked_by", "approved_by"), "duty")),
    ),
    nobody={
        "declaration_texts": "texts that are declared, without who declared them",
        "seen_assertions": "hashes of tokens, gone when they expire",
        "signing_keys": "keys",
        "terms_announcements": "how many were told",
        "role_kinds": "roles",
        "role_permissions": "what roles may do",
        "planned_endings": "days on which something ends",
        "audit_head": "the end of the chain",
        "audit_forgotten": "numbers of audit records",
        "erasure_steps": "which tables were worked on, without a word from them",
    },
)  # fmt: skip
