"""What a message says of a credential beside the password that came, went, or was used."""

from __future__ import annotations

HEADLINES = {
    "totp_added": {"lv": "Jūsu kontam pievienots otrais faktors", "en": "A second factor was added to your account"},
    "key_added": {"lv": "Jūsu kontam pievienots otrais faktors", "en": "A second factor was added to your account"},
    "totp_removed": {"lv": "Jūsu kontam noņemts otrais faktors", "en": "A second factor was removed from your account"},
    "key_removed": {"lv": "Jūsu kontam noņemts otrais faktors", "en": "A second factor was removed from your account"},
    "recovery_codes_renewed": {
        "lv": "Jūsu kontam izveidoti jauni atkopšanas kodi",
        "en": "New recovery codes were made for your account",
    },
    "recovery_code_used": {
        "lv": "Jūsu kontā izmantots atkopšanas kods",
        "en": "A recovery code was used for your account",
    },
    "second_factor_reset": {
        "lv": "Jūsu konta otrais faktors ir atiestatīts",
        "en": "The second factor of your account was reset",
    },
}
_SENTENCES = {
    "totp_added": {
        "lv": "Jūsu portāla kontam tikko pievienota autentifikācijas lietotne. Turpmāk piesakoties būs jāievada "
        "arī tās kods.",
        "en": "An authenticator application was just added to your portal account. From now on its code is asked for "
        "at sign-in.",
    },
    "key_added": {
        "lv": "Jūsu portāla kontam tikko pievienota drošības atslēga{device}.",
        "en": "A security key{device} was just added to your portal account.",
    },
    "totp_removed": {
        "lv": "No Jūsu portāla konta tikko noņemta autentifikācijas lietotne.",
        "en": "The authenticator application was just removed from your portal account.",
    },
    "key_removed": {
        "lv": "No Jūsu portāla konta tikko noņemta drošības atslēga{device}.",
        "en": "The security key{device} was just removed from your portal account.",
    },
    "recovery_codes_renewed": {
        "lv": "Jūsu portāla kontam tikko izveidoti jauni atkopšanas kodi; iepriekšējie vairs nederēs.",
        "en": "New recovery codes were just made for your portal account; the earlier ones no longer work.",
    },
    "recovery_code_used": {
        "lv": "Piesakoties Jūsu portāla kontā, tikko izmantots viens no atkopšanas kodiem. Ja tālrunis vai atslēga ir "
        "pazaudēta, noņemiet to profilā un iestatiet jaunu.",
        "en": "One of the recovery codes was just used to sign in to your portal account. If the telephone or key is "
        "lost, remove it in your profile and set up a new one.",
    },
    "second_factor_reset": {
        "lv": "Pēc lūguma mūsu darbinieks atiestatīja Jūsu portāla konta otro faktoru; visas sesijas ir pārtrauktas. "
        "Pēc pieteikšanās profilā iestatiet to no jauna.",
        "en": "On request a member of our staff reset the second factor of your portal account; every session has "
        "ended. Set it up again in your profile after signing in.",
    },
}


def sentence(what: str, device: str, language: str) -> str:
    """Return what happened; `device` is what the person calls a key, or empty."""
    named = f" “{device}”" if device else ""
    return _SENTENCES[what][language].format(device=named)
