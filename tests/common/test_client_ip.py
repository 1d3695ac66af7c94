from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.client_ip import remote_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def seen(peer, forwarded=None, proxies=PROXIES):
    meta = {"REMOTE_ADDR": peer} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    return remote_address(meta, proxies)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # not one of our proxies: the header is a claim
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # forged on the left
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.2.3.4", "198.51.100.1"),  # two proxies
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),  # everybody inside
        ("10.0.0.1", "x, 198.51.100.1", "198.51.100.1"),  # nonsense left of the client is never reached
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "  ", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, ", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:4242", "10.0.0.1"),
        ("10.0.0.1", "<script>, 10.2.3.4", "10.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", None, "fe80::1"),
        ("", "198.51.100.1", None),
        ("not an address", "198.51.100.1", None),
    ],
)
def test_who_is_believed(peer, forwarded, expected):
    assert seen(peer, forwarded) == expected


def test_without_proxies_the_header_is_ignored():
    assert seen("10.0.0.1", "198.51.100.1", proxies=[]) == "10.0.0.1"


def test_nothing_known():
    assert remote_address({}, PROXIES) is None


@given(
    st.text()
    | st.lists(st.ip_addresses() | st.text(max_size=5), max_size=30).map(lambda hops: ",".join(map(str, hops)))
)
def test_any_header_gives_an_address(forwarded):
    address = seen("10.0.0.1", forwarded)
    assert str(ip_address(address)) == address
