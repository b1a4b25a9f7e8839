"""What identity's use cases need beside the database: settings, hasher, signer, providers, common passwords."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eventlet import tpool
from nameko.extensions import DependencyProvider
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chassis.database import Database
from chassis.settings import profile
from chassis.trust import trusted
from services.identity.hashing import Hasher, Run
from services.identity.providers import registry
from services.identity.providers.registry import Registry
from services.identity.sealing import Sealer
from services.identity.security_keys import SecurityKeys
from services.identity.settings import IdentitySettings, settings
from services.identity.shadows import Shadows
from services.identity.signing import KeyRing, Root, Signs
from services.identity.store import tables
from services.identity.usecases import signing_keys

# The 30 000 most used passwords of known leaks, as zxcvbn ships them.
COMMON_PASSWORDS = frozenset(FREQUENCY_LISTS["passwords"])


@dataclass(frozen=True)
class Tools:
    settings: IdentitySettings
    hasher: Hasher
    signer: Signs
    common: Collection[str] = COMMON_PASSWORDS
    providers: Registry = field(default_factory=Registry)
    shadows: Shadows = field(default_factory=Shadows)

    @cached_property
    def sealer(self) -> Sealer:
        """What keeps secrets that must be read again."""
        return Sealer(self.settings.factor_key)

    @cached_property
    def security_keys(self) -> SecurityKeys:
        """The WebAuthn ceremonies of this portal."""
        return SecurityKeys(self.settings.public_url, self.settings.portal_name)

    @classmethod
    def from_environment(cls, db: Database, run: Run | None = None) -> Tools:
        """Return the tools of this process. Raises ValueError when the root key is missing or wrong."""
        chosen = settings()
        hasher = Hasher(chosen, run) if run else Hasher(chosen)
        providers = registry.from_file(chosen.providers_file, secure=profile() != "local", run=run or tpool.execute)
        ring = KeyRing(db, Root.from_file(chosen.signing_key_file))
        return cls(chosen, hasher, ring, providers=providers)

    @property
    def keys(self) -> KeyRing:
        """The signing keys of the database. Raises TypeError where a test signs with a key of its own."""
        if not isinstance(self.signer, KeyRing):
            raise TypeError("these tools sign with a single key")
        return self.signer


class ToolsDependency(DependencyProvider):
    """Gives the service its tools; made once, at the start, so that a missing key stops the process there."""

    constant = True
    tools: Tools
    _db: Database

    def setup(self) -> None:
        self._db = Database("identity", tables.metadata, pool_size=1)
        self.tools = Tools.from_environment(self._db)
        trusted.use(self.tools.keys.published)  # identity need not ask itself over the bus

    def start(self) -> None:
        signing_keys.ensure(self._db, self.tools.keys.root)

    def stop(self) -> None:
        self._db.close()

    def get_dependency(self, worker_ctx: Any) -> Tools:
        return self.tools
