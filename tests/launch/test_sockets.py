"""The tests reach nothing beyond this machine."""

import socket

import pytest


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, ("192.0.2.1", 443)), (socket.AF_INET6, ("2001:db8::1", 443, 0, 0))],
)
def test_nothing_beyond_loopback_is_reached(
    family: socket.AddressFamily, address: tuple[object, ...]
) -> None:
    with socket.socket(family) as one, pytest.raises(UserWarning, match="tried to use socket"):
        one.connect(address)
