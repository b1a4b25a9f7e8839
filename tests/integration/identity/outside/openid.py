"""An OpenID provider that lies on demand: every answer it gives may be bent by the test that uses it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from flask import Flask, Response, jsonify, request
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from werkzeug.serving import make_server

CLIENT, SECRET = "portal client:1", "s+cret/ü%"
_RSA = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]
_EC = ec.generate_private_key(ec.SECP256R1())
_ED = ed25519.Ed25519PrivateKey.generate()


def half_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


class OpenId:
    """Runs on a port of its own. `bend` changes the claims, `header` and `sign` the token, `keys` the key set."""

    def __init__(self) -> None:
        self.key: Any = _RSA[0]
        self.algorithm = "RS256"
        self.kid: str | None = "one"
        self.claims: dict[str, Any] = {}
        self.bend: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.sign: Callable[[dict[str, Any]], str] | None = None
        self.header: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.token_answer: dict[str, Any] = {}
        self.keys: list[dict[str, Any]] | None = None
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.basic_seen: str | None = None
        self.form_seen: dict[str, str] = {}
        self.id_tokens: list[str] = []
        app = Flask("openid")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._describe)
        app.add_url_rule("/jwks", view_func=self._jwks)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/me", view_func=self._me)
        app.add_url_rule("/huge", "huge", lambda: Response(b"x" * 1_000_000))
        app.add_url_rule("/moved", "moved", lambda: Response(status=302, headers={"Location": self.url + "/jwks"}))
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # what a browser does

    def visit(self, url: str, **more: str) -> dict[str, str]:
        """The person signs in: return what the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query, strict_parsing=True).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = uuid.uuid4().hex
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.url} | more

    # what the relying party sees

    def _describe(self) -> Response:
        self.asked.append("metadata")
        return jsonify(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/auth?tenant=a",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
                "userinfo_endpoint": f"{self.url}/me",
                "authorization_response_iss_parameter_supported": True,
            }
            | self.metadata
        )

    def public(self, key: Any, kid: str | None, **more: Any) -> dict[str, Any]:
        if isinstance(key, rsa.RSAPrivateKey):
            found = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            found = json.loads(ECAlgorithm.to_jwk(key.public_key()))
        else:
            found = json.loads(OKPAlgorithm.to_jwk(key.public_key()))
        found.pop("key_ops", None)
        return found | ({"kid": kid} if kid else {}) | more

    def _jwks(self) -> Response:
        self.asked.append("jwks")
        return jsonify({"keys": self.keys if self.keys is not None else [self.public(self.key, self.kid)]})

    def _token(self) -> Any:
        self.asked.append("token")
        self.basic_seen = request.headers.get("Authorization")
        self.form_seen = request.form.to_dict()
        asked = self.codes.pop(request.form["code"], None)
        if asked is None or asked["redirect_uri"] != request.form["redirect_uri"]:
            return jsonify({"error": "invalid_grant"}), 400
        verifier = request.form["code_verifier"]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if challenge != asked["code_challenge"]:
            return jsonify({"error": "invalid_grant"}), 400
        access_token, moment = uuid.uuid4().hex, int(time.time())
        claims = {
            "iss": self.url, "sub": "person-1", "aud": asked["client_id"], "iat": moment, "exp": moment + 300,
            "nonce": asked["nonce"], "at_hash": half_hash(access_token), "acr": "urn:level:high",
        } | self.claims  # fmt: skip
        token = self.sign(self.bend(claims)) if self.sign else self.signed(self.bend(claims))
        self.id_tokens.append(token)
        answer = {"access_token": access_token, "token_type": "Bearer", "expires_in": 60, "id_token": token}
        return jsonify({name: value for name, value in (answer | self.token_answer).items() if value is not None})

    def signed(self, claims: dict[str, Any], key: Any = None) -> str:
        header = ({"kid": self.kid} if self.kid else {}) | self.header
        return jwt.encode(claims, key or self.key, algorithm=self.algorithm, headers=header)

    def _me(self) -> Response:
        self.asked.append("userinfo")
        assert request.headers["Authorization"].startswith("Bearer ")
        return jsonify({"sub": self.claims.get("sub", "person-1")} | self.userinfo)


def other_keys() -> list[Any]:
    """Further RSA keys, an EC key and an Ed25519 key."""
    return [_RSA[1], _RSA[2], _EC, _ED]
