"""Which addresses may stand in a lock."""

from __future__ import annotations

import pytest

from lock import urls


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://files.example/a%2Bb.whl", None),
        ("https://files.example:8443/a.whl?download=1", None),
        ("http://127.0.0.1:8080/a.whl", None),
        ("http://[::1]/a.whl", None),
        ("http://localhost/a.whl", None),
        ("http://localhost.example/a.whl", "is not https"),
        ("http://10.0.0.1/a.whl", "is not https"),
        ("ftp://files.example/a.whl", "is not https"),
        ("//files.example/a.whl", "is not https"),
        ("/a.whl", "is not an absolute URL with a host"),
        ("https:///a.whl", "is not an absolute URL with a host"),
        ("https://files.example:port/a.whl", "is not an absolute URL with a host"),
        ("https://[/a.whl", "is not an absolute URL with a host"),
        ("https://token@files.example/a.whl", "holds a user name, password or token"),
        ("https://@files.example/a.whl", "holds a user name, password or token"),
        ("https://files.example/a.whl?X-Amz-Signature=x", "holds a query that may be a token"),
        ("https://files.example/a.whl?id=" + "x" * 21, "holds a query that may be a token"),
        ("https://files.example/%2E%2E/a.whl", "holds `..`"),
        ("https://files.example/a.whl#x", "holds characters that no URL may hold (a `#` fragment included)"),
        ("https://files.example/${x}", "holds characters that no URL may hold (a `#` fragment included)"),
        ("https://files.example/a%zz", "holds characters that no URL may hold (a `#` fragment included)"),
        ("https://f\u0456les.example/", "holds characters that no URL may hold (a `#` fragment included)"),
        ("https://files.example/\n", "holds characters that no URL may hold (a `#` fragment included)"),
        ("", "is empty or longer than 2000 characters"),
    ],
)
def test_an_address_is_https_without_secrets(url: str, fault: str | None) -> None:
    assert urls.fault(url) == fault


NO_REPOSITORY = "holds characters that no URL of a repository may hold (a query or `#` fragment included)"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://git.example/user/a.git", None),
        ("http://127.0.0.1:8080/a", None),
        ("ssh://git.example/a", None),
        ("ssh://git@git.example:2222/user/a", None),
        ("ssh://git@git.example/~user/a", None),
        ("git@git.example:user/a.git", None),
        ("git.example:user/a.git", None),
        ("file:///srv/git/a%20b", None),
        ("file://localhost/srv/git/a", None),
        ("http://git.example/a", "is not https, ssh or a local file"),
        ("git://git.example/a", "is not https, ssh or a local file"),
        ("ext::sh -c x", "holds characters that no URL may hold (a `#` fragment included)"),
        ("ext::sh", "is not an absolute URL with a host"),
        ("/srv/git/a", "is not an absolute URL with a host"),
        ("https://token@git.example/a", "holds a user name, password or token"),
        ("ssh://git:word@git.example/a", "holds a user name, password or token"),
        ("user:word@git.example:a", "is not an absolute URL with a host"),
        ("ssh://-oProxyCommand=x/a", "is not an ssh URL such as ssh://git@host/path"),
        ("ssh://-x@git.example/a", "is not an ssh URL such as ssh://git@host/path"),
        ("ssh://git.example", "is not an ssh URL such as ssh://git@host/path"),
        ("ssh://git.example/", "is not an ssh URL such as ssh://git@host/path"),
        ("-oProxyCommand=x:a", "is not an absolute URL with a host"),
        ("git@git.example:-x", "is not an absolute URL with a host"),
        ("ssh://git@git.example/a/../b", "holds `..`"),
        ("git@git.example:../b", "holds `..`"),
        ("file:///srv/%2e%2e/b", "holds `..`"),
        ("file://git.example/srv", "is not the absolute path of a local file"),
        ("file:a", "is not the absolute path of a local file"),
        ("ssh://git.example/a?x=1", NO_REPOSITORY),
        ("file:///a#x", NO_REPOSITORY),
        ("ssh://git.example/\n", NO_REPOSITORY),
        ("file:///" + "x" * 2000, "is empty or longer than 2000 characters"),
        ("", "is empty or longer than 2000 characters"),
    ],
)
def test_a_repository_is_at_https_ssh_or_a_local_path(url: str, fault: str | None) -> None:
    assert urls.git_fault(url) == fault


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Files.Example:443/a/b?c", "https://files.example"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://user:word@files.example/", "https://files.example"),
        ("nothing", None),
        ("https://x:port/", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str | None) -> None:
    assert urls.origin(url) == origin


@pytest.mark.parametrize(
    ("url", "place", "below"),
    [
        ("https://git.example/team/lib", "https://git.example", True),
        ("https://git.example/team/lib", "https://git.example/team", True),
        ("https://git.example/team/lib", "https://git.example/tea", False),
        ("https://git.example/team", "https://git.example/team/lib", False),
        ("https://GIT.example:443/team/lib", "https://git.example/team/", True),
        ("https://git.example:8443/team/lib", "https://git.example", False),
        ("https://git.example.evil.example/team/lib", "https://git.example", False),
        ("http://git.example/team/lib", "https://git.example", False),
        ("git@git.example:team/lib.git", "ssh://git.example/team", True),
        ("ssh://git@git.example/team/lib", "git@git.example:team", True),
        ("ssh://git@git.example/team/lib", "https://git.example", False),
        ("file:///srv/git/lib", "file:///srv/git", True),
        ("file:///srv/github/lib", "file:///srv/git", False),
        ("no address", "https://git.example", False),
        ("https://git.example", "no address", False),
    ],
)
def test_a_place_holds_what_is_below_it_segment_by_segment(url: str, place: str, *, below: bool) -> None:
    assert urls.is_below(url, place) is below
