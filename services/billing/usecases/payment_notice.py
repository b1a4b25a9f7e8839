"""The bank tells us of a payment: signed, at any time, as often as it likes (B-09)."""

from __future__ import annotations

import base64
import binascii

import sqlalchemy as sa

from chassis.caller import Caller
from chassis.database import Database
from chassis.errors import PortalError
from chassis.ids import new_id
from chassis.messages import Done
from services.billing import messages as m
from services.billing.providers.base import NoticeRefused, ProviderUnavailable
from services.billing.providers.registry import PROVIDERS, provider
from services.billing.store import payments
from services.billing.store.tables import PaymentNotice
from services.billing.usecases import settle_payment


def run(db: Database, request: m.PaymentNotice, caller: Caller) -> Done:
    """Verify, keep and apply a notice. The door is public: the signature is what proves the sender."""
    if request.provider not in PROVIDERS:
        raise PortalError("not_found", field="provider")
    try:
        body = base64.b64decode(request.body, validate=True)
    except binascii.Error as error:
        raise PortalError("billing.notice_malformed") from error
    try:
        answer = provider(request.provider).read_notice(body, request.signature)
    except NoticeRefused as error:
        raise PortalError(error.code) from error
    except ProviderUnavailable as error:
        # We have no key to check with. The bank will send it again, and we ask it ourselves meanwhile.
        raise PortalError("unavailable") from error
    bank = Caller(kind="machine", name=f"bank:{request.provider}", address=caller.address, language=caller.language)
    with db.unit_of_work(bank) as uow:
        payment_id = payments.id_of(uow.session, request.provider, answer.provider_ref, answer.reference)
        if payment_id is not None:
            outcome = settle_payment.apply_within(uow, payment_id, answer)
        elif answer.status == "paid":
            settle_payment.hold_unknown(uow, request.provider, answer)
            outcome = "suspend"
        else:
            outcome = "unknown"
        uow.session.execute(
            sa.insert(PaymentNotice).values(
                id=new_id(),
                provider=request.provider,
                provider_ref=answer.provider_ref,
                reference=answer.reference,
                body=body,
                signature=request.signature,
                outcome=outcome,
            )
        )
    return Done()
