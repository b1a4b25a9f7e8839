"""What people type, Latvian or international, becomes one value; places are told apart from typing errors."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chassis.errors import PortalError
from services.requests.domain import geo, values

RIGA = (56.9463, 24.1059)
IN_LATVIA = st.tuples(st.floats(56.6, 57.2), st.floats(22.5, 26.5))


@pytest.mark.parametrize(
    "typed",
    [
        "56.9463, 24.1059", "56,9463; 24,1059", "56.9463,24.1059", "56,9463 24,1059", " 56.9463   24.1059 ",
        "56.9463N 24.1059E", "56.9463° N, 24.1059° E", "56°56'46.68\"N 24°6'21.24\"E",
        "56° 56' 46,68'' Z, 24° 6' 21,24'' A",
    ],
)  # fmt: skip
def test_coordinates_are_read_in_every_usual_way(typed: str) -> None:
    lat, lon = values.coordinates(typed)
    assert math.isclose(lat, RIGA[0], abs_tol=1e-6)
    assert math.isclose(lon, RIGA[1], abs_tol=1e-6)


@pytest.mark.parametrize(
    "typed", ["", "56.9", "56,94,24,10", "56°70'00\"N 24°6'21\"E", "1; 2; 3", "56.9S, 24.1W", "nan, inf"]
)
def test_what_is_no_pair_of_coordinates_is_refused(typed: str) -> None:
    with pytest.raises(PortalError, match="bad_coordinates"):
        values.coordinates(typed)


@pytest.mark.parametrize(
    "place", [(54.687, 25.280), (58.377, 26.729), (55.703, 21.144), (57.819, 28.332), (59.437, 24.753), (55.19, 30.2)]
)
def test_places_abroad_are_not_in_latvia(place: geo.Point) -> None:
    assert not geo.in_latvia(place)


@pytest.mark.parametrize(
    "place",
    [(56.95, 24.1), (56.5, 21.0), (55.87, 26.53), (57.86, 24.36), (56.39, 28.12), (57.75, 22.6), (57.77, 26.02),
     (55.9, 27.17), (57.42, 27.05), (56.31, 22.34)],
)  # fmt: skip
def test_places_in_every_corner_of_latvia_are_in_latvia(place: geo.Point) -> None:
    assert geo.in_latvia(place)


@given(IN_LATVIA)
def test_kept_coordinates_read_back_to_the_same_place(point: geo.Point) -> None:
    again = values.coordinates(values.plain_coordinates(point))
    assert geo.distance_m(point, again) < 0.2


@given(IN_LATVIA, IN_LATVIA)
def test_distance_and_bearing_agree_from_both_ends(a: geo.Point, b: geo.Point) -> None:
    assume(geo.distance_m(a, b) > 100)
    assert math.isclose(geo.distance_m(a, b), geo.distance_m(b, a), rel_tol=1e-9)
    # Meridians converge: within Latvia the two bearings are opposite to a few degrees.
    assert geo.turn_deg(geo.bearing_deg(a, b) + 180, geo.bearing_deg(b, a)) < 5


def test_a_degree_of_latitude_is_111_km_north() -> None:
    assert math.isclose(geo.distance_m((56.0, 24.0), (57.0, 24.0)), 111_195, rel_tol=0.001)
    assert geo.bearing_deg((56.0, 24.0), (57.0, 24.0)) == 0


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1,5", "1.5"), ("10 735", "10735"), ("10\u00a0735,250", "10735.25"), ("-3", "-3"), ("+7.0", "7"), ("0,0", "0")],
)
def test_numbers_with_comma_point_and_spaces(typed: str, value: str) -> None:
    assert values.plain_number(values.number(typed)) == value


@given(st.decimals(-99999, 99999, places=3))
def test_a_number_kept_is_the_number_typed(number: Decimal) -> None:
    assert values.number(values.plain_number(number)) == number


@pytest.mark.parametrize(("designator", "khz"), [("28M0D7WET", 28000), ("16K0F3E", 16), ("400HA1A", Decimal("0.4")),
                                                   ("1G25D7W", 1_250_000), ("6K25F7W", Decimal("6.25"))])  # fmt: skip
def test_an_emission_tells_its_bandwidth(designator: str, khz: Decimal) -> None:
    assert values.emission_bandwidth_khz(designator) == khz


@pytest.mark.parametrize("address", ["anna@radiolinks.example", "a.b+c@sub.domain.lv", "o'neil@x.ie"])
def test_good_addresses_are_kept(address: str) -> None:
    assert values.email(address) == address


@pytest.mark.parametrize(
    "address", ["", "a", "a@b", "a b@c.lv", "@c.lv", "a@.lv", "a..b@c.lv", ".a@c.lv", "a@c.1", "a@c.lv\nBcc: x@y.lv"]
)
def test_bad_addresses_are_refused(address: str) -> None:
    with pytest.raises(PortalError, match="bad_email"):
        values.email(address)
