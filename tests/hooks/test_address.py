"""Which addresses may be called."""

import pytest

from reconciler.hooks.address import Standing, of_all, standing

PUBLIC = ("8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1")
PRIVATE = (
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.31.255.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd12::1",
    "::ffff:10.0.0.1",
)
NEVER = (
    "169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%1", "::ffff:169.254.169.254", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "239.1.1.1",
    "255.255.255.255", "240.0.0.1", "ff02::1", "198.18.0.1", "192.0.2.1", "203.0.113.1", "2001:db8::1",
    "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "2002:a00:1::1", "2002:7f00:1::", "::127.0.0.1", "64:ff9b:1::1",
    "2001::1", "fec0::1", "::ffff:0:127.0.0.1", "5f00::1", "", "localhost", "2130706433", "127.1",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_the_worlds_addresses(address: str) -> None:
    assert standing(address) is Standing.PUBLIC


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_private_networks(address: str) -> None:
    assert standing(address) is Standing.PRIVATE


@pytest.mark.parametrize("address", NEVER)
def test_addresses_that_are_never_called(address: str) -> None:
    assert standing(address) is Standing.NEVER


def test_a_name_that_means_both_is_never_called() -> None:
    assert of_all(["8.8.8.8", "1.1.1.1"]) is Standing.PUBLIC
    assert of_all(["10.0.0.1", "::1"]) is Standing.PRIVATE
    assert of_all(["8.8.8.8", "10.0.0.1"]) is Standing.NEVER
    assert of_all([]) is Standing.NEVER
