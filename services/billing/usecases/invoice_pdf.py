"""A person takes an invoice as PDF (S4-08): rendered once per language, off the event loop, kept."""

from __future__ import annotations

import base64

from eventlet import tpool

from chassis.blobs import CALL_BYTES
from chassis.caller import Caller
from chassis.database import Database
from services.billing import messages as m
from services.billing.documents import invoice_pdf
from services.billing.store import invoices
from services.billing.usecases.common import by_right
from services.billing.usecases.read_invoices import load


def run(db: Database, request: m.InvoicePdf, caller: Caller) -> m.PdfChunk:
    """Return a piece of the PDF; the first call renders it when it is not kept."""
    invoice = load(db, request.invoice_id, caller)
    body = _body(db, invoice, request.language, caller)
    if request.offset == 0:
        db.disclosed(
            "billing.invoice.download",
            caller=caller,
            on=("invoice", invoice.invoice_id),
            client=invoice.client_id,
            right=by_right(caller, "finance.see"),
        )
    end = request.offset + CALL_BYTES
    return m.PdfChunk(
        name=f"{invoice.number}.pdf",
        size=len(body),
        data=base64.b64encode(body[request.offset : end]).decode(),
        next=end if end < len(body) else None,
    )


def _body(db: Database, invoice: m.Invoice, language: str, caller: Caller) -> bytes:
    mark = invoice_pdf.layout()
    with db.reading() as connection:
        kept = invoices.document(connection, invoice.invoice_id, language, mark)
    if kept is not None:
        return kept
    body: bytes = tpool.execute(invoice_pdf.render, invoice, language)
    with db.unit_of_work(caller) as uow:
        invoices.keep_document(uow.session, invoice.invoice_id, language, mark, body)
    return body
