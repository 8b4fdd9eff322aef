"""A little OpenID provider on loopback: its discovery document, its keys, and the ID tokens that it signs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "dbaas-test"


class Provider:
    """What it says, which tests change.

    Attributes:
        asked: the paths that somebody asked for.
        documents: path → what it answers; bytes as they are, an int is a status, a text where it redirects.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.private: dict[str, Any] = {}
        self.documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {"issuer": url, "jwks_uri": f"{url}/keys"},
            "/keys": {"keys": []},
        }
        self.add_key("first")

    def add_key(self, kid: str, *, algorithm: str = "RS256", bits: int = 2048, **more: Any) -> None:
        key: Any
        if algorithm == "RS256":
            key = rsa.generate_private_key(65537, bits)
            public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
        else:
            key = ec.generate_private_key(ec.SECP256R1())
            public = json.loads(ECAlgorithm.to_jwk(key.public_key()))
        self.private[kid] = key
        public = {name: value for name, value in public.items() if name != "key_ops"}
        self.documents["/keys"]["keys"].append({**public, "kid": kid, "use": "sig", **more})

    def claims(self, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "ann", "iat": now, "exp": now + 300} | more
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, kid: str = "first", algorithm: str = "RS256", **claims: Any) -> str:
        return jwt.encode(self.claims(**claims), self.private[kid], algorithm=algorithm, headers={"kid": kid})


@contextmanager
def running_provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            found = provider.documents.get(self.path, 404)
            if isinstance(found, int):
                self.send_response(found)
            elif isinstance(found, str):
                self.send_response(302)
                self.send_header("Location", found)
            else:
                self.send_response(200)
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
