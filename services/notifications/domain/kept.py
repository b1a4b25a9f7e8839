"""Why something is kept after an erasure, in words for the person concerned (B-15)."""

from __future__ import annotations

_WORDS = {
    "accounting": (
        "grāmatvedības dokumenti glabājami vismaz piecus gadus (Grāmatvedības likums)",
        "accounting documents are kept at least five years (Accounting Law)",
    ),
    "register": (
        "spēkā esošo atļauju reģistrs glabājams pēc likuma",
        "the register of permits in force is kept by law",
    ),
    "decision": (
        "saglabāts pats lēmums vai darbība, Jūsu vārds no tā ir izņemts",
        "the decision or deed itself is kept, your name is taken out of it",
    ),
    "agreement": (
        "saglabāts pierādījums, ka vienošanās notika, bez Jūsu vārda",
        "the proof that something was agreed is kept, without your name",
    ),
    "contract": (
        "spēkā esošs līgums vajadzīgs pakalpojuma sniegšanai",
        "a contract in force is needed to provide the service",
    ),
    "audit": (
        "darbību ieraksti glabājami drošības dēļ, Jūsu vārds no tiem ir izņemts",
        "audit records are kept for security, your name is taken out of them",
    ),
    "other_client": (
        "dati pieder citam klientam, kura vārdā Jūs rīkojāties; no tekstiem izņemts tas, kas noteikti apzīmē Jūs",
        "the data belong to another client for whom you acted; what is certainly you is taken out of the texts",
    ),
    "others_text": (
        "teksti par citiem, kuros šie vārdi var nozīmēt kādu citu",
        "texts about others, in which these words may mean somebody else",
    ),
    "duty": (
        "darbinieka vārds pie amata pienākumos padarītā",
        "the name of a member of staff beside what was done in office",
    ),
    "history_stream": (
        "sistēmu apmaiņas ieraksti, kas pēc 30 dienām dzēšas paši",
        "records of exchange between systems that delete themselves after 30 days",
    ),
}
_OTHER = ("glabājams pēc likuma", "kept by law")


def in_words(reason: str) -> dict[str, str]:
    """Return the words for a reason code, one that a newer release added included."""
    lv, en = _WORDS.get(reason, _OTHER)
    return {"lv": lv, "en": en}
