"""Tell whether a colour can be read beside others, and find the nearest that can. Pure.

Contrast and luminance are those of WCAG 2. A colour is a text such as "#14507f".
"""

import re
from typing import Final

LEAST: Final = 4.5
"""To one: the contrast that people need to read (WCAG 2, level AA)."""
LIGHT: Final = ("#f4f1ea", "#fffdf7", "#f8f2e3")
"""What a button can stand on by day: the ground, the sheet and the slip of webapp/static."""
DARK: Final = ("#121a27", "#212c3d", "#293650")
"""The same by night."""
ON_LIGHT: Final = "#ffffff"
"""The words on a button by day."""
ON_DARK: Final = "#10202f"
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")

_Channels = tuple[float, float, float]


def is_colour(text: str) -> bool:
    """Tell whether a text is a colour as we take it."""
    return _COLOUR.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Return how far apart two colours are, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def least_contrast(colour: str, grounds: tuple[str, ...] = LIGHT) -> float:
    """Return a colour's contrast with whatever it stands out from least."""
    return min(contrast(colour, ground) for ground in grounds)


def by_day(colour: str) -> str:
    """Return the nearest colour that stands out from a light page: itself, or a darker one."""
    if least_contrast(colour) >= LEAST:
        return colour.lower()
    most = min(map(_luminance, LIGHT)) / LEAST + 0.05 / LEAST - 0.05
    # Light in equal parts: the hue stays. A step down in a channel makes it darker, never lighter.
    part = most / _luminance(colour)
    red, green, blue = _linear(colour)
    return _hex((red * part, green * part, blue * part), up=False)


def by_night(colour: str) -> str:
    """Return the nearest colour that stands out from a dark page: itself, or a lighter one."""
    if least_contrast(colour, DARK) >= LEAST:
        return colour.lower()
    least = max(map(_luminance, DARK)) * LEAST + 0.05 * LEAST - 0.05
    linear = _linear(colour)
    # More light in equal parts as far as there is room, so that the hue stays; then white.
    times = min(least / max(_luminance(colour), 1e-6), 1 / max(*linear, 1e-6))
    red, green, blue = (channel * times for channel in linear)
    luminance = _luminance(colour) * times
    white = max(0.0, (least - luminance) / (1 - luminance))
    red, green, blue = (channel + white * (1 - channel) for channel in (red, green, blue))
    return _hex((red, green, blue), up=True)


def _linear(colour: str) -> _Channels:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return _without_gamma(red), _without_gamma(green), _without_gamma(blue)


def _without_gamma(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _with_gamma(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(channels: _Channels, *, up: bool) -> str:
    steps = (_with_gamma(channel) * 255 for channel in channels)
    return "#" + "".join(f"{min(255, int(step) + up):02x}" for step in steps)
