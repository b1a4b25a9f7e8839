"""Which channels there are; the portal itself is not one, a message is simply there."""

from __future__ import annotations

from collections.abc import Mapping

from services.notifications.channels.base import Channel
from services.notifications.channels.email import Email
from services.notifications.channels.sms import Sms

CHANNELS: Mapping[str, Channel] = {"email": Email(), "sms": Sms()}
