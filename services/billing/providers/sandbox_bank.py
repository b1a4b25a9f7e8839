"""The sandbox bank: create, redirect, callback signed with RSA over the raw body, status, refund."""

from __future__ import annotations

import base64
import binascii
import json
import time
from decimal import Decimal
from typing import Any

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chassis.money import cents, from_cents
from services.billing.domain.payments import BankAnswer
from services.billing.providers.base import NoticeRefused, Order, ProviderUnavailable

STATUS = {
    "paid": "paid",
    "refunded": "paid",  # it was paid first; what was given back is our own doing
    "error": "failed",
    "blocked": "failed",
    "cancelled": "cancelled",
    "expired": "cancelled",
}
UNKNOWN = "pending"
# Anybody may send us a wrongly signed notice; that must not make us ask the bank for its key each time.
KEY_SECONDS = 30.0


class SandboxBank:
    """Speaks to the bank at `url`; `seconds` is the longest wait for any answer."""

    name = "sandbox_bank"

    def __init__(self, url: str, api_key: str, seconds: float) -> None:
        self._url = url.rstrip("/")
        self._seconds = seconds
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {api_key}"
        self._key: rsa.RSAPublicKey | None = None
        self._key_asked = -KEY_SECONDS

    def create(self, order: Order) -> BankAnswer:
        """Begin a purchase. The bank answers the same reference with the purchase it already has."""
        asked = {
            "reference": order.reference,
            "payee": order.payee,
            "client": {"email": order.payer_email},
            "purchase": {
                "currency": order.currency,
                "language": order.language,
                "products": [{"name": what, "price": cents(amount), "quantity": 1} for what, amount in order.items],
            },
            "success_redirect": order.return_url,
            "failure_redirect": order.return_url,
            "cancel_redirect": order.return_url,
            "success_callback": order.notice_url,
        }
        return _answer(self._call("POST", "/api/v1/purchases/", asked))

    def find(self, reference: str) -> BankAnswer | None:
        """Return the newest purchase with our reference."""
        found = self._call("GET", "/api/v1/purchases/", params={"reference": reference}).get("results") or []
        return _answer(found[-1]) if found else None

    def query(self, provider_ref: str) -> BankAnswer:
        """Return the state of a purchase."""
        return _answer(self._call("GET", f"/api/v1/purchases/{provider_ref}/"))

    def cancel(self, provider_ref: str) -> BankAnswer:
        """Cancel a purchase nobody has paid yet."""
        return _answer(self._call("POST", f"/api/v1/purchases/{provider_ref}/cancel/", {}))

    def refund(self, provider_ref: str, amount: Decimal, key: str) -> None:
        """Give money back."""
        self._call("POST", f"/api/v1/purchases/{provider_ref}/refund/", {"amount": cents(amount), "key": key})

    def read_notice(self, body: bytes, signature: str) -> BankAnswer:
        """Verify the signature over the raw body, then read it. A changed key is fetched once more."""
        if not (self._signed(body, signature) or self._signed(body, signature, fresh=True)):
            raise NoticeRefused("billing.notice_unsigned")
        try:
            return _answer(json.loads(body))
        except (ValueError, ProviderUnavailable) as error:
            raise NoticeRefused("billing.notice_malformed") from error

    def _signed(self, body: bytes, signature: str, *, fresh: bool = False) -> bool:
        moment = time.monotonic()
        if self._key is None or (fresh and moment - self._key_asked > KEY_SECONDS):
            self._key, self._key_asked = self._public_key(), moment
        try:
            self._key.verify(base64.b64decode(signature, validate=True), body, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def _public_key(self) -> rsa.RSAPublicKey:
        try:
            answer = self._session.get(f"{self._url}/public_key/", timeout=self._seconds)
            answer.raise_for_status()
            key = serialization.load_pem_public_key(answer.content)
        except (requests.RequestException, ValueError) as error:
            raise ProviderUnavailable(str(error)) from error
        if not isinstance(key, rsa.RSAPublicKey):
            raise ProviderUnavailable("the bank's key is not RSA")
        return key

    def _call(
        self, method: str, path: str, data: dict[str, Any] | None = None, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            answer = self._session.request(
                method, self._url + path, json=data, params=params, timeout=self._seconds, allow_redirects=False
            )
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise ProviderUnavailable(f"{type(error).__name__}: {error}") from error
        if answer.status_code >= 300 or not isinstance(found, dict):
            raise ProviderUnavailable(f"unexpected answer {answer.status_code}")
        return found


def _answer(data: Any) -> BankAnswer:
    try:
        status = STATUS.get(data["status"], UNKNOWN)
        paid = data.get("payment") or {}
        money = paid if status == "paid" else {"amount": data["purchase"]["total"], **data["purchase"]}
        return BankAnswer(
            provider_ref=str(data["id"]),
            reference=str(data["reference"]),
            status=status,
            amount=from_cents(int(money["amount"])),
            currency=str(money["currency"]),
            redirect_url=data.get("checkout_url"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProviderUnavailable(f"the bank's answer lacks {error}") from error
