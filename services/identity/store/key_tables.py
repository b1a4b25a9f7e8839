"""The keys that sign the tokens of people and machines."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.store.tables import Base


class SigningKeyRecord(Base):
    """One Ed25519 key. The private half is kept encrypted under the root key, and wiped when the key is retired."""

    __tablename__ = "signing_keys"
    id: Mapped[str] = mapped_column(primary_key=True)  # "identity:<thumbprint>", the key id in tokens
    state: Mapped[str]  # next, active, retiring, retired
    public: Mapped[str]  # x of the JWK
    sealed: Mapped[bytes | None]  # nonce and AES-256-GCM of the private half
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    activated_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]  # from then on nothing it signed is believed
    retired_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]
