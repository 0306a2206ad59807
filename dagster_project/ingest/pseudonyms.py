"""Ids of people -> HMAC-SHA256 pseudonyms, computed inside DuckDB with the key as query parameters only."""

from __future__ import annotations

import hashlib
import hmac
import stat
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.companies import Company
from dagster_project.ingest.errors import IngestError
from dagster_project.settings import Settings

# Published on purpose: the examples must be reproducible by anyone. It protects nobody.
DEMO_KEY = b"bookworth public demo key - protects nothing - examples only"
MINIMUM_KEY_BYTES = 32
HEX_DIGITS = 20
PREFIXES = {"customer": "c_", "staff": "s_", "person": "p_"}
OTHER_PREFIX = "k_"  # of ids that are no person's, on the list of what is erased
_BLOCK_BYTES = 64


@dataclass(frozen=True)
class Pseudonymiser:
    """One company's key, as the two padded blocks of HMAC."""

    inner: bytes = field(repr=False)
    outer: bytes = field(repr=False)

    @classmethod
    def of(cls, company: Company, settings: Settings) -> Pseudonymiser:
        """The company's key, derived from the master key so that pseudonyms of two companies never match.

        Raises `IngestError` when the company needs a key file and there is no safe one.
        """
        master = DEMO_KEY if company.pseudonym_key == "demo" else _read_key(company, settings.key_file)
        subkey = hmac.digest(master, f"bookworth:{company.id}".encode(), "sha256")
        block = subkey.ljust(_BLOCK_BYTES, b"\0")
        return cls(bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block))

    def parameters(self) -> dict[str, bytes]:
        """Query parameters that `expression` refers to."""
        return {"hmac_inner": self.inner, "hmac_outer": self.outer}

    def pseudonym(self, domain: str, clear: str) -> str:
        """The same as `expression`, for one id."""
        inner = hashlib.sha256(self.inner + f"{domain}:{clear}".encode()).digest()
        return PREFIXES.get(domain, OTHER_PREFIX) + hashlib.sha256(self.outer + inner).hexdigest()[:HEX_DIGITS]


def expression(domain: str, sql: str) -> str:
    """SQL of the pseudonym of a text expression; null stays null. Needs `Pseudonymiser.parameters()`."""
    message = f"encode('{domain}:' || {sql})"
    inner = f"unhex(sha256($hmac_inner::blob || {message}))"
    return f"'{PREFIXES.get(domain, OTHER_PREFIX)}' || left(sha256($hmac_outer::blob || {inner}), {HEX_DIGITS})"


def _read_key(company: Company, path: Path | None) -> bytes:
    if path is None:
        raise IngestError(
            f"{company.id} needs a pseudonym key: set BOOKWORTH_KEY_FILE to a file of at least {MINIMUM_KEY_BYTES} "
            "random bytes that only you can read, e.g. `(umask 077; head -c 32 /dev/urandom > ~/bookworth.key)`"
        )
    if not path.is_file():
        raise IngestError(f"BOOKWORTH_KEY_FILE names {path}, which is not a file")
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise IngestError(f"the key file {path} can be read by everyone on this machine; run `chmod 600 {path}`")
    key = path.read_bytes()
    if len(key) < MINIMUM_KEY_BYTES:
        raise IngestError(f"the key file {path} holds {len(key)} bytes; at least {MINIMUM_KEY_BYTES} are needed")
    return key
