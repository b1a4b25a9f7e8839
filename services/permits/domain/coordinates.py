"""Positions: WGS 84 degrees, shown to people as degrees, minutes and seconds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def in_degrees_minutes_seconds(value: Decimal, positive: str, negative: str) -> str:
    """Return `56° 56′ 46,7″ N` for 56.946306 (N for positive, S for negative); seconds with one place, half up.

    Raises ValueError outside -180..180.
    """
    if not -180 <= value <= 180:
        raise ValueError("not a coordinate")
    tenths = int((abs(value) * 36000).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    degrees, rest = divmod(tenths, 36000)
    minutes, seconds = divmod(rest, 600)
    return f"{degrees}° {minutes:02d}′ {seconds // 10:02d},{seconds % 10}″ {negative if value < 0 else positive}"
