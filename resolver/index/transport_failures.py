"""What can go wrong on the way to an index, in words.  No text of a server or a library gets into a message."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from urllib3 import exceptions

from resolver.index import retries
from resolver.index.addresses import shown
from resolver.index.failures import GONE, UNREACHABLE, index_failure

if TYPE_CHECKING:
    from lock.errors import WorldError
    from resolver.index.questions import Question

_TRY_LATER = "try again later; nothing was taken from another index instead, because another may hold other files"


class BrokenAnswerError(Exception):
    """An answer that is damaged and may be whole the next time; the text says how."""


def may_pass(error: Exception) -> bool:
    """Tell whether the same question may be answered the next time."""
    return not isinstance(error, (exceptions.SSLError, exceptions.LocationValueError, ssl.SSLError))


def unreachable(question: Question, error: Exception, attempts: int) -> WorldError:
    """Make the error of no usable answer after so many attempts."""
    tried = f" (tried {attempts} times)" if attempts > 1 else ""
    if isinstance(error, (exceptions.SSLError, ssl.SSLError)):
        remedy = "if the index's certificate comes from your own authority, name it in SSL_CERT_FILE"
    elif isinstance(error, exceptions.ProxyError):
        remedy = "see http_proxy, https_proxy and no_proxy in the environment"
    else:
        remedy = f"see that the network is there, or use --offline to work from the cache; {_TRY_LATER}"
    return index_failure(
        UNREACHABLE,
        question.index,
        f"no answer for {question.what} from {shown(question.url)}: {_reason(error)}{tried}",
        remedy=remedy,
    )


def passing_status(question: Question, status: int, asked: float | None, attempts: int) -> WorldError:
    """Make the error of a server that says it cannot answer now."""
    word = "too many requests" if status == 429 else "it failed"
    wait = f", and asks to wait {asked:.0f} seconds" if (asked or 0) > retries.PATIENCE_SECONDS else ""
    tried = f" (tried {attempts} times)" if attempts > 1 else ""
    return index_failure(
        "index-unavailable",
        question.index,
        f"it answered {status} ({word}) for {question.what}{wait}{tried}",
        remedy=_TRY_LATER,
    )


def refused(question: Question, status: int, sent: bool, places: str) -> WorldError:
    """Make the error of a server that wants other credentials, or of one that none satisfy."""
    said = "refused the credentials found" if sent else "wants a user name and a password, and none were found"
    if status == 403:
        said = "forbids this to the user whose credentials were found" if sent else "forbids this to an unknown user"
    return index_failure(
        "index-login", question.index, f"it answered {status} for {question.what}: it {said}", remedy=places
    )


def unexpected_status(question: Question, status: int) -> WorldError:
    """Make the error of an answer that makes no sense here."""
    return index_failure(
        GONE if status in {404, 410} else "index-answer",
        question.index,
        f"it answered {status} for {question.what} at {shown(question.url)}",
        remedy="see that the address in [[index]] is that of a Simple API, or tell whoever runs the index",
    )


def redirect(question: Question, reason: str) -> WorldError:
    """Make the error of a redirect that is not followed."""
    return index_failure(
        "index-redirect",
        question.index,
        f"it answered {question.what} with {reason}, which is not followed",
        remedy="name the index by the address it redirects to, if that is to be trusted",
    )


def too_big(question: Question) -> WorldError:
    """Make the error of an answer above its limit."""
    return index_failure(
        "index-limit",
        question.index,
        f"{question.what} is larger than the limit of {question.limit} bytes",
        remedy="tell whoever runs the index; nothing of the answer was kept",
    )


def too_slow(question: Question, seconds: float) -> WorldError:
    """Make the error of an answer that trickles."""
    return index_failure(
        "index-limit",
        question.index,
        f"{question.what} did not arrive within {seconds:.0f} seconds",
        remedy=_TRY_LATER,
    )


def _reason(error: Exception) -> str:
    """Name the kind of an error, without its text: that may hold an address with a password."""
    if isinstance(error, BrokenAnswerError):
        return str(error)
    certificate = _certificate_error(error)
    if certificate is not None:
        return f"its TLS certificate is not trusted ({certificate.verify_message})"
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (exceptions.NameResolutionError, "its host name cannot be resolved"),
        (exceptions.NewConnectionError, "the connection was refused"),
        (exceptions.ConnectTimeoutError, "the connection was not made in time"),
        (exceptions.ProxyError, "the proxy does not answer"),
        (exceptions.ReadTimeoutError, "nothing came in time"),
        (exceptions.SSLError, "TLS failed"),
        (exceptions.IncompleteRead, "the answer was cut off"),
        (exceptions.ProtocolError, "the connection broke"),
        (exceptions.LocationValueError, "its address cannot be understood"),
    )
    for kind, text in kinds:
        if isinstance(error, kind):
            return text
    return f"the connection failed ({type(error).__name__})"


def _certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    for _ in range(5):
        if isinstance(error, ssl.SSLCertVerificationError):
            return error
        if error is None:
            return None
        inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
        error = error.__cause__ or error.__context__ or inner
    return None
