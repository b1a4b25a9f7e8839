"""What identity's use cases need beside the database: settings, hasher, signer, providers, common passwords."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from eventlet import tpool
from nameko.extensions import DependencyProvider
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from chassis.settings import profile
from services.identity.hashing import Hasher, Run
from services.identity.providers import registry
from services.identity.providers.registry import Registry
from services.identity.settings import IdentitySettings, settings
from services.identity.signing import Signer

# The 30 000 most used passwords of known leaks, as zxcvbn ships them.
COMMON_PASSWORDS = frozenset(FREQUENCY_LISTS["passwords"])


@dataclass(frozen=True)
class Tools:
    settings: IdentitySettings
    hasher: Hasher
    signer: Signer
    common: Collection[str] = COMMON_PASSWORDS
    providers: Registry = field(default_factory=Registry)

    @classmethod
    def from_environment(cls, run: Run | None = None) -> Tools:
        """Return the tools of this process. Raises ValueError when the signing key is missing or wrong."""
        chosen = settings()
        hasher = Hasher(chosen, run) if run else Hasher(chosen)
        providers = registry.from_file(
            chosen.providers_file, secure=profile() != "local", run=run or tpool.execute
        )
        return cls(chosen, hasher, Signer.from_file(chosen.signing_key_file), providers=providers)


class ToolsDependency(DependencyProvider):
    """Gives the service its tools; made once, at the start, so that a missing key stops the process there."""

    constant = True
    tools: Tools

    def setup(self) -> None:
        self.tools = Tools.from_environment()

    def get_dependency(self, worker_ctx: Any) -> Tools:
        return self.tools
