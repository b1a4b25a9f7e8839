"""A lean AMQP 0-9-1 connection: pika's protocol classes for everything rare, own code for publish and deliver.

Why not pika's or py-amqp's connection: see docs/decisions/0010-wire.md. One class serves native threads (gateway,
relay) and green threads (services) alike, every wait in it is bounded, and a caller writes to the socket itself.
"""

from chassis.wire.codec import Properties
from chassis.wire.connection import Connection, Delivered
from chassis.wire.setup import ChannelClosed, ConnectionLost

__all__ = ["ChannelClosed", "Connection", "ConnectionLost", "Delivered", "Properties"]
