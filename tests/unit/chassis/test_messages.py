"""Requests and events know their names; a malformed declaration fails at import, not in production."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.days import now
from chassis.errors import PortalError
from chassis.ids import decode_cursor, decode_place, encode_cursor, encode_place, new_id
from chassis.messages import Event, Message, Money, Page, Request


class Thing(Message):
    name: str


class ListThings(Request[Page[Thing]], rpc="probe.list_things", timeout=2.5):
    text: str = ""


class ThingMade(Event, type="probe.thing.made", aggregate="name"):
    name: str
    price: Money


def test_a_request_knows_its_service_method_reply_and_deadline() -> None:
    assert (ListThings.service, ListThings.method, ListThings.timeout) == ("probe", "list_things", 2.5)
    assert ListThings.reply is Page[Thing]


def test_an_event_knows_its_type_exchange_and_key() -> None:
    assert ThingMade.event_type == "lv.portal.probe.thing.made.v1"
    assert (ThingMade.exchange, ThingMade.routing_key) == ("probe.events", "thing.made")
    assert ThingMade(name="x", price="1.005").subject == "x"


def test_unknown_fields_are_ignored_so_that_releases_can_live_side_by_side() -> None:
    assert ListThings.model_validate({"text": "a", "from_tomorrow": 1}) == ListThings(text="a")


def test_money_crosses_as_text_with_two_places() -> None:
    assert '"1.01"' in ThingMade(name="x", price="1.005").model_dump_json()


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(TypeError):

        class Another(Request[Thing], rpc="probe.list_things"):
            pass


def test_an_event_without_its_aggregate_is_refused() -> None:
    with pytest.raises(TypeError):

        class Lost(Event, type="probe.thing.lost", aggregate="nowhere"):
            name: str


TEXTS = st.text(max_size=40).filter(lambda text: "\0" not in text)


@given(st.lists(st.one_of(TEXTS, st.integers(-(2**53), 2**53), st.none()), min_size=1, max_size=4))
def test_a_cursor_reads_back(values: list[object]) -> None:
    assert decode_cursor(encode_cursor(values), len(values)) == values


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "e30", "W10", "ā", "WyJcdTAwMDAiLDFd"])  # the last holds a NUL
def test_a_cursor_nobody_gave_out_is_a_clear_error(cursor: str) -> None:
    with pytest.raises(PortalError) as refusal:
        decode_cursor(cursor, 2)
    assert (refusal.value.code, refusal.value.status, refusal.value.field) == ("malformed", 422, "after")


def test_ids_follow_time() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made) and len(set(made)) == 1000 and made[0].version == 7


def test_a_place_in_a_list_survives_the_way_there_and_back() -> None:
    moment, id_ = now(), new_id()
    assert decode_place(encode_place(moment, id_)) == (moment, id_)


@pytest.mark.parametrize("values", [["yesterday", str(new_id())], ["2026-11-25T10:00:00+00:00", "7"], [None, 7], [1]])
def test_a_place_that_is_none_is_refused(values: list[object]) -> None:
    with pytest.raises(PortalError) as refused:
        decode_place(encode_cursor(values))
    assert (refused.value.code, refused.value.field) == ("malformed", "after")
