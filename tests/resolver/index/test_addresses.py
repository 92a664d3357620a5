from __future__ import annotations

import pytest

from resolver.index import addresses


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Index.Example/simple/", "https://index.example"),
        ("https://index.example:443/", "https://index.example"),
        ("http://index.example:443/", "http://index.example:443"),
        ("https://user:pass@index.example:8443/x", "https://index.example:8443"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("file:///etc/passwd", ""),
        ("/relative", ""),
        ("https://index.example:port/", ""),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: str) -> None:
    assert addresses.origin(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pass@index.example/x?token=1#y", "https://index.example/x"),
        ("https://index.example/\x1b[31m", "https://index.example/�[31m"),
        ("http://[", "(an address that cannot be read)"),
    ],
)
def test_a_shown_address_holds_no_secret_and_no_control_character(url: str, expected: str) -> None:
    assert addresses.shown(url) == expected


def test_a_login_is_split_off_and_unquoted() -> None:
    assert addresses.without_login("https://a%40b:p%2Fw@index.example/x") == (
        "https://index.example/x",
        ("a@b", "p/w"),
    )
    assert addresses.without_login("https://index.example/x") == ("https://index.example/x", None)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "a.localhost", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_loopback_has_many_spellings(host: str) -> None:
    assert addresses.is_loopback(f"http://{host}/")
    assert (
        addresses.unsafe_redirect("https://index.example/", f"https://{host}/") == "to this machine's loopback address"
    )


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://index.example/", "from https to http"),
        ("https://169.254.169.254/", "to a cloud's metadata service"),
        ("https://[::ffff:169.254.169.254]/", "to a cloud's metadata service"),
        ("https://0xa9fea9fe/", "to a cloud's metadata service"),
        ("https://[fd00:ec2::254]/", "to a cloud's metadata service"),
        ("https://metadata.google.internal./", "to a cloud's metadata service"),
        ("https://169.254.1.1/", "to a link-local address"),
        ("https://0.0.0.0/", "to this machine's loopback address"),
        ("https:///x", "to an address without a host"),
        ("data:text/html,x", "to the scheme 'data'"),
        ("https://files.example/", None),
        ("https://10.1.2.3/", None),
    ],
)
def test_where_an_index_may_not_redirect_to(target: str, reason: str | None) -> None:
    assert addresses.unsafe_redirect("https://index.example/simple/", target, resolve=False) == reason


def test_a_name_that_leads_inwards_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [(2, 1, 6, "", ("169.254.169.254", 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answer)
    reason = addresses.unsafe_redirect("https://index.example/", "https://rebinding.example/")
    assert reason == "to a cloud's metadata service"
