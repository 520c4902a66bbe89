from __future__ import annotations

import pytest

from transforms.web.addresses import may_connect, networks


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),  # noqa: S104
        *("100.64.0.1", "100.127.255.254", "169.254.169.254", "192.0.0.8", "192.0.2.1"),
        *("198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1"),
        *("239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe"),
        *("::127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2002:808:808::1", "2001:0:1::1", "2001:db8::1", "100::1"),
        *("fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
        *("4000::1", "localhost", "", "127.1", "0x7f000001"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not may_connect(address)


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "193.0.6.139", "2001:4860:4860::8888", "2a00:1450::1"),
        *("::ffff:8.8.8.8", "64:ff9b::808:808"),
    ],
)
def test_public_addresses(address: str) -> None:
    assert may_connect(address)


def test_the_allow_list_opens_what_it_names_and_no_more() -> None:
    allowed = networks(["127.0.0.1", " 10.1.0.0/16 ", "fd00::/8"])
    for address in ("127.0.0.1", "::ffff:127.0.0.1", "10.1.2.3", "fd12::1", "8.8.8.8"):
        assert may_connect(address, allowed)
    for address in ("127.0.0.2", "10.2.0.1", "fe80::1", "::1"):
        assert not may_connect(address, allowed)


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.1/8", "10.0.0.0/99"])
def test_an_allow_list_is_made_of_networks(text: str) -> None:
    with pytest.raises(ValueError, match=text or "''"):
        networks([text])
