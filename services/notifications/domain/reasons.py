"""Why access was taken away, in words for the person concerned."""

from __future__ import annotations

_WORDS = {
    "suspicion": ("pamatotas aizdomas par prettiesisku izmantošanu", "reasonable suspicion of unlawful use"),
    "unauthorised_use": ("pamatotas aizdomas par neatļautu izmantošanu", "reasonable suspicion of unauthorised use"),
    "compromise_reported": (
        "saņemts ziņojums, ka piekļuves dati kļuvuši zināmi citiem",
        "a report that others know the access data",
    ),
    "breach_of_terms": ("lietošanas noteikumu pārkāpums", "breach of the terms of use"),
    "false_data": ("sniegtas nepatiesas ziņas", "the data given are not true"),
    "legal_basis_lost": ("zudis lietošanas tiesiskais pamats", "the legal basis of use has ceased"),
    "mandate_expired": ("beidzies pilnvarojums", "the mandate has expired"),
    "own_request": ("Jūsu lūgums", "your own request"),
    "client_request": ("klienta lūgums", "the client's request"),
}
_OTHER = ("cits iemesls", "another reason")


def in_words(reason: str) -> dict[str, str]:
    """Return the words for a reason code, one that a newer release added included."""
    lv, en = _WORDS.get(reason, _OTHER)
    return {"lv": lv, "en": en}
