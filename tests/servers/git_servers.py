"""Git over smart HTTP and over ssh on loopback, served by git's own programs."""

from __future__ import annotations

import base64
import getpass
import os
import shutil
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

SSHD_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/lib/ssh")


class GitHttpServer:
    """Serves the repositories below a folder with `git http-backend`; use it as a context manager.

    With `login` it wants that user and password; `redirects` maps a path to the address it answers with, and
    `answers` one to a whole answer: status, headers and body.
    """

    def __init__(self, root: Path, *, login: tuple[str, str] | None = None) -> None:
        self.root = root
        self.login = login
        self.redirects: dict[str, str] = {}
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.authorizations: list[str | None] = []
        self.requests: list[str] = []
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.git = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def url(self, name: str) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}/{name}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    git: GitHttpServer


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, body: bytes) -> None:
        git = self.server.git
        path, _, query = self.path.partition("?")
        git.requests.append(path)
        git.authorizations.append(self.headers.get("Authorization"))
        for prefix, address in git.redirects.items():
            if path.startswith(prefix):
                self._say(302, [("Location", f"{address}{self.path.removeprefix(prefix)}")], b"")
                return
        if git.login is not None and self.headers.get("Authorization") != _basic(git.login):
            self._say(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
            return
        for prefix, (status, headers, content) in git.answers.items():
            if path.startswith(prefix):
                self._say(status, list(headers.items()), content)
                return
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "GIT_CONFIG_KEY_1": "uploadpack.allowFilter",
            "GIT_CONFIG_VALUE_1": "true",
            "GIT_PROJECT_ROOT": str(git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "REMOTE_USER": "",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.decode().split(": ", 1)) for line in head.split(b"\r\n") if b": " in line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self._say(status, [(name, value) for name, value in headers if name != "Status"], content)

    def _say(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _basic(login: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(login).encode()).decode()


def sshd() -> str | None:
    """Return the path of OpenSSH's server, None where there is none."""
    return shutil.which("sshd", path=os.pathsep.join((os.environ.get("PATH", ""), *SSHD_PLACES)))


class GitSshServer:
    """An sshd on loopback that lets one generated key in; use it as a context manager.

    `command` is what `GIT_SSH_COMMAND` has to be for a client of it.
    """

    def __init__(self, folder: Path, program: str) -> None:
        self._folder = folder
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.command = ""

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("host", "user"):
            self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._folder / name))
        authorized = self._folder / "authorized"
        authorized.write_bytes((self._folder / "user.pub").read_bytes())
        authorized.chmod(0o600)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        known = self._folder / "known"
        key = (self._folder / "host.pub").read_text().split()
        known.write_text(f"[127.0.0.1]:{self.port} {key[0]} {key[1]}\n")
        configuration = self._folder / "sshd_config"
        configuration.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self._folder / 'host'}\n"
            f"AuthorizedKeysFile {authorized}\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            f"UsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nPidFile none\nAcceptEnv GIT_PROTOCOL\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd's own condition where it separates privileges
        self._process = subprocess.Popen(
            [self._program, "-D", "-e", "-f", str(configuration)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert self._process.stderr is not None
        heard = b""
        while b"Server listening" not in heard:
            line = self._process.stderr.readline()
            if not line:
                raise RuntimeError(f"sshd did not start: {heard.decode()}")
            heard += line
        threading.Thread(target=self._process.stderr.read, daemon=True).start()
        self.command = (
            f"ssh -F /dev/null -o BatchMode=yes -o UserKnownHostsFile={known} -o IdentitiesOnly=yes "
            f"-i {self._folder / 'user'}"
        )
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            if self._process.stderr is not None:
                self._process.stderr.close()

    def url(self, path: Path) -> str:
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{path}"

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)
