"""Places on the ground: distance and bearing between two points, and whether a point lies in Latvia."""

from __future__ import annotations

import itertools
import math

EARTH_RADIUS_M = 6_371_008.8
Point = tuple[float, float]  # latitude, longitude; WGS84 degrees

# Latvia's outline with its coast, coarse (a few km); with MARGIN_M around it, it catches swapped or mistyped
# coordinates without refusing a mast on the border. It is no survey: the engineer looks at the map.
MARGIN_M = 12_000
OUTLINE: tuple[Point, ...] = (
    (56.07, 21.05), (56.30, 20.97), (56.51, 20.98), (56.85, 21.05), (57.05, 21.37), (57.30, 21.40), (57.42, 21.53),
    (57.60, 21.85), (57.77, 22.60), (57.85, 23.60), (57.87, 24.35), (57.90, 24.60), (58.08, 25.25), (57.92, 25.60),
    (57.85, 26.03), (57.60, 26.50), (57.54, 27.35), (57.54, 27.53), (57.30, 27.87), (56.85, 27.70), (56.80, 27.95),
    (56.55, 27.90), (56.45, 28.15), (56.27, 28.24), (56.14, 28.15), (55.80, 27.63), (55.78, 27.30), (55.67, 26.64),
    (55.95, 26.05), (56.15, 25.60), (56.20, 25.05), (56.42, 24.87), (56.26, 24.45), (56.37, 23.75), (56.32, 23.00),
    (56.42, 22.08), (56.31, 21.60), (56.07, 21.05),
)  # fmt: skip


def distance_m(a: Point, b: Point) -> float:
    """Return the great-circle distance in metres."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    half = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


def bearing_deg(a: Point, b: Point) -> float:
    """Return the initial bearing from `a` to `b`, degrees from true north, 0 <= bearing < 360."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    east = math.sin(lon_b - lon_a) * math.cos(lat_b)
    north = math.cos(lat_a) * math.sin(lat_b) - math.sin(lat_a) * math.cos(lat_b) * math.cos(lon_b - lon_a)
    return math.degrees(math.atan2(east, north)) % 360


def turn_deg(a: float, b: float) -> float:
    """Return the smaller angle between two bearings, 0..180 degrees."""
    return abs((a - b + 180) % 360 - 180)


def in_latvia(point: Point) -> bool:
    """Tell whether the point lies in Latvia or within MARGIN_M of it."""
    lat, lon = point
    if not (55.4 < lat < 58.3 and 20.5 < lon < 28.6):
        return False
    inside = False
    for (lat_a, lon_a), (lat_b, lon_b) in itertools.pairwise(OUTLINE):
        if (lat_a > lat) != (lat_b > lat) and lon < (lon_b - lon_a) * (lat - lat_a) / (lat_b - lat_a) + lon_a:
            inside = not inside
    edges = itertools.pairwise(OUTLINE)
    return inside or any(_distance_to_edge(point, a, b) <= MARGIN_M for a, b in edges)


def _distance_to_edge(point: Point, a: Point, b: Point) -> float:
    # Flat within a few kilometres: metres east and north of the point.
    scale = math.cos(math.radians(point[0])) * EARTH_RADIUS_M
    (ax, ay), (bx, by) = (
        (math.radians(p[1] - point[1]) * scale, math.radians(p[0] - point[0]) * EARTH_RADIUS_M) for p in (a, b)
    )
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, -(ax * dx + ay * dy) / length))
    return math.hypot(ax + along * dx, ay + along * dy)
