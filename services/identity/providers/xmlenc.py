"""Decrypting one element of XML Encryption: a key by RSA-OAEP, the content by AES-GCM or AES-CBC.

No other algorithm: RSA with PKCS #1 v1.5 and 3DES lend themselves to oracles. Everything that goes wrong inside is one
refusal, and the signature is checked after decryption, so that a changed ciphertext tells nothing.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from services.identity.providers.base import Refused
from services.identity.providers.xml import only, text_of

XENC = "{http://www.w3.org/2001/04/xmlenc#}"
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
_ENC, _ENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
_CBC = {f"{_ENC}aes128-cbc": 16, f"{_ENC}aes192-cbc": 24, f"{_ENC}aes256-cbc": 32}
_GCM = {f"{_ENC11}aes128-gcm": 16, f"{_ENC11}aes192-gcm": 24, f"{_ENC11}aes256-gcm": 32}
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1,  # of OAEP only, where its weakness does not matter
    f"{_ENC}sha256": hashes.SHA256,
    f"{_ENC}sha512": hashes.SHA512,
}
_MGF: dict[str, type[hashes.HashAlgorithm]] = {
    f"{_ENC11}mgf1sha1": hashes.SHA1,
    f"{_ENC11}mgf1sha256": hashes.SHA256,
    f"{_ENC11}mgf1sha512": hashes.SHA512,
}
_NOT_READABLE = "the token cannot be decrypted"


def decrypted(element: etree._Element, key: RSAPrivateKey) -> bytes:
    """Return what an `EncryptedData` element holds. Raises Refused."""
    method = only(element, f"{XENC}EncryptionMethod").get("Algorithm", "")
    size = _CBC.get(method) or _GCM.get(method)
    if size is None:
        raise Refused(f"the token is encrypted by {method[:100]!r}")
    content_key = _content_key(element, key)
    if len(content_key) != size:
        raise Refused(_NOT_READABLE)
    sealed = _bytes(element)
    try:
        if method in _GCM:
            return AESGCM(content_key).decrypt(sealed[:12], sealed[12:], None)
        if len(sealed) < 32 or len(sealed) % 16:
            raise ValueError("not whole blocks")
        decryptor = Cipher(algorithms.AES(content_key), modes.CBC(sealed[:16])).decryptor()
        plain = decryptor.update(sealed[16:]) + decryptor.finalize()
    except (ValueError, InvalidTag) as error:
        raise Refused(_NOT_READABLE) from error
    # XML Encryption 5.2: only the last byte of the padding is defined.
    if not 1 <= plain[-1] <= 16:
        raise Refused(_NOT_READABLE)
    return plain[: -plain[-1]]


def _content_key(element: etree._Element, key: RSAPrivateKey) -> bytes:
    keys = element.findall(f"{DSIG}KeyInfo/{XENC}EncryptedKey") + [
        beside for beside in element.itersiblings() if beside.tag == f"{XENC}EncryptedKey"
    ]
    if len(keys) != 1:
        raise Refused("the token's key is missing or there are several")
    method = only(keys[0], f"{XENC}EncryptionMethod")
    algorithm = method.get("Algorithm", "")
    if algorithm not in (f"{_ENC}rsa-oaep-mgf1p", f"{_ENC11}rsa-oaep"):
        raise Refused(f"the token's key is encrypted by {algorithm[:100]!r}")
    stated = method.find(f"{DSIG}DigestMethod")
    digest = _DIGESTS.get(stated.get("Algorithm", "")) if stated is not None else hashes.SHA1
    mask = method.find("{http://www.w3.org/2009/xmlenc11#}MGF")
    generator = _MGF.get(mask.get("Algorithm", "")) if mask is not None else hashes.SHA1
    if digest is None or generator is None:
        raise Refused("the token's key is encrypted in an unknown way")
    oaep = padding.OAEP(mgf=padding.MGF1(generator()), algorithm=digest(), label=None)
    try:
        return key.decrypt(_bytes(keys[0]), oaep)
    except ValueError as error:
        raise Refused(_NOT_READABLE) from error


def _bytes(element: etree._Element) -> bytes:
    value = text_of(only(only(element, f"{XENC}CipherData"), f"{XENC}CipherValue"))
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except binascii.Error as error:
        raise Refused(_NOT_READABLE) from error
