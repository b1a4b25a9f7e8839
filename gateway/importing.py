"""Register files on their way from a form to the service that imports them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from chassis.errors import PortalError
from chassis.imports.messages import CHUNK_BYTES
from gateway.bus import call
from gateway.forms import Form

UPLOAD_BYTES = 100_000_000
# What one PUT of the API may carry; it goes on to the service in parts of CHUNK_BYTES.
PART_BYTES = 8 * 2**20


def send_file(form: Form, start: Any, append: Any, finish: Any) -> Any:
    """Open an import with the form's values, send its file part by part, hand it over, and return the import.

    Raises PortalError required without a file, and what the service refuses.
    """
    file = form.file("file")
    if file is None:
        raise PortalError("required", field="file")
    opened = call(form.read(start, name=(file.filename or "register.csv")[-200:]))
    digest = hashlib.sha256()
    offset = 0
    while part := file.stream.read(CHUNK_BYTES):
        data = base64.b64encode(part).decode()
        call(append(import_id=opened.import_id, offset=offset, data=data))
        digest.update(part)
        offset += len(part)
    call(finish(import_id=opened.import_id, sha256=digest.hexdigest()))
    return opened


def send_part(append: Any, import_id: Any, offset: int, data: bytes) -> Any:
    """Send a part that came over the API, and return the import. Raises PortalError required for an empty one."""
    if not data:
        raise PortalError("required", field="body")
    reply = None
    for start in range(0, len(data), CHUNK_BYTES):
        part = base64.b64encode(data[start : start + CHUNK_BYTES]).decode()
        reply = call(append(import_id=import_id, offset=offset + start, data=part))
    return reply
