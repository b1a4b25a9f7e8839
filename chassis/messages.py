"""Base classes of the language services speak: requests with their reply, events, pages.

One RPC method is one `Request` class and its reply model; one event is one `Event` class. Unknown fields are
ignored, so a release can run beside the one before (architecture, section 3).
"""

from __future__ import annotations

import types
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, TypeVar, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from chassis.money import money

PAGE_LIMIT = 100

Money = Annotated[Decimal, AfterValidator(money), Field(max_digits=14, decimal_places=2)]
# An amount somebody gives: finer than a cent is refused, for nobody may guess which cent was meant.
GivenMoney = Annotated[Decimal, Field(max_digits=14, decimal_places=2), AfterValidator(money)]
Moment = AwareDatetime
IdempotencyKey = Annotated[str, StringConstraints(min_length=8, max_length=64, pattern=r"^[\x21-\x7e]+$")]
Limit = Annotated[int, Field(ge=1, le=PAGE_LIMIT)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]



def last_day(first: str) -> AfterValidator:
    """Return the check of a period's last day against the field `first`, which stands before it in the model.

    `to_day: Annotated[date | None, last_day("from_day")] = None`; a period turned round is `period_reversed`.
    """

    def check(day: date | None, info: ValidationInfo) -> date | None:
        begin = info.data.get(first)
        if day is not None and begin is not None and day < begin:
            raise PydanticCustomError("period_reversed", "the last day is before the first")
        return day

    return AfterValidator(check)


# Method name -> request class and event type -> event class, of everything that was imported.
REQUESTS: dict[str, type[Request[Any]]] = {}
EVENTS: dict[str, type[Event]] = {}


class Message(BaseModel):
    """A frozen record that crosses the bus; fields it does not know are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Done(Message):
    """The reply of a request that answers nothing but its success."""


Item = TypeVar("Item")
Reply = TypeVar("Reply", bound=BaseModel)


class Page(Message, Generic[Item]):
    """One page of a list: `items` (at most 100) and the cursor of the next page, None on the last one."""

    items: list[Item]
    next: str | None = None


class Request(Message, Generic[Reply]):
    """A call: `class ListInvoices(Request[InvoicePage], rpc="billing.list_invoices", timeout=5.0)`.

    `timeout` is the default deadline in seconds (0.1..60). Raises TypeError when `rpc` is malformed or taken.
    """

    service: ClassVar[str]
    method: ClassVar[str]
    reply: ClassVar[type[BaseModel]]
    timeout: ClassVar[float]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # typing.Generic takes no keyword arguments; they are read below, once the model is complete.
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, rpc: str = "", timeout: float = 5.0, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not rpc:
            return
        service, _, method = rpc.partition(".")
        if not service or not method.isidentifier() or not 0.1 <= timeout <= 60:
            raise TypeError(f"{cls.__name__}: rpc must be '<service>.<method>' and 0.1 <= timeout <= 60")
        if rpc in REQUESTS and REQUESTS[rpc].__qualname__ != cls.__qualname__:
            raise TypeError(f"{rpc} is already {REQUESTS[rpc].__name__}")
        reply = _reply_of(cls)
        cls.service, cls.method, cls.reply, cls.timeout = service, method, reply, timeout
        REQUESTS[rpc] = cls


def _reply_of(cls: type[BaseModel]) -> type[BaseModel]:
    for base in cls.__mro__:
        arguments = getattr(base, "__pydantic_generic_metadata__", {}).get("args") or ()
        for argument in arguments:
            if isinstance(argument, type) and issubclass(argument, BaseModel):
                return argument
    for base in types.get_original_bases(cls) if hasattr(types, "get_original_bases") else ():
        for argument in get_args(base):
            if isinstance(argument, type) and issubclass(argument, BaseModel):
                return argument
    raise TypeError(f"{cls.__name__}: say which reply it has, Request[Something]")


class Event(Message):
    """A fact: `class InvoiceIssued(Event, type="billing.invoice.issued", aggregate="invoice_id")`.

    The CloudEvents type is `lv.portal.<type>.v1`; it goes to exchange `<service>.events` with routing key
    `<thing>.<past participle>`; events with the same value of the `aggregate` field keep their order.
    """

    event_type: ClassVar[str]
    source: ClassVar[str]
    exchange: ClassVar[str]
    routing_key: ClassVar[str]
    aggregate: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # Read below, once the model is complete.
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, type: str = "", aggregate: str = "", exchange: str = "", **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not type:
            return
        source, _, key = type.partition(".")
        if exchange:  # an internal event outside a service's own exchange, such as the audit trail's
            key = type
        if not source or type.count(".") != (1 if exchange else 2) or aggregate not in cls.model_fields:
            raise TypeError(f"{cls.__name__}: type is '<service>.<thing>.<participle>' and aggregate one of its fields")
        cls.event_type, cls.source, cls.routing_key, cls.aggregate = f"lv.portal.{type}.v1", source, key, aggregate
        cls.exchange = exchange or f"{source}.events"
        EVENTS[cls.event_type] = cls

    @property
    def subject(self) -> str:
        """Return the value of the aggregate field, the CloudEvents subject."""
        return str(getattr(self, self.aggregate))
