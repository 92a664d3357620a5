"""The index that is recorded: fetches pages and files, and turns HTML pages into the JSON form."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import urllib3
from pip._internal.models.index import PyPI
from recording import Page, Recording, dump
from selectolax.lexbor import LexborHTMLParser

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
METADATA_IN_WHEEL = re.compile(r"[^/]+\.dist-info/METADATA")


def default_index() -> str:
    """Return the address of the usual index as pip knows it."""
    return PyPI.simple_url


class Upstream:
    """Fetches what a recording lacks.  Its methods block and may be called from several threads."""

    def __init__(self, index: str, recording: Recording) -> None:
        self.index = index.rstrip("/") + "/"
        self.recording = recording
        self._pool = urllib3.PoolManager(maxsize=16, retries=urllib3.Retry(4, backoff_factor=0.5))

    def record_page(self, name: str) -> None:
        """Fetch the page of a project and record it, as absent where the index answers 404."""
        url = urljoin(self.index, f"{name}/")
        answer = self._pool.request("GET", url, headers={"Accept": ACCEPT})
        path = self.recording.page_path(name)
        if answer.status == 404:
            self.recording.write(path, None)
            return
        _expect_success(url, answer.status)
        if answer.headers.get("Content-Type", "").startswith(JSON_TYPE):
            page: Page = json.loads(answer.data)
        else:
            page = page_from_html(name, answer.data.decode("utf-8"))
        for file in page["files"]:
            file["url"] = urljoin(answer.url or url, file["url"])
            if urlsplit(file["url"]).scheme != "https":
                raise SystemExit(f"{name}: only files at https addresses can be recorded")
        self.recording.write(path, dump(page))

    def record_file(self, address: str) -> None:
        """Fetch a file by host and path and record it.

        A metadata file that upstream does not serve is taken out of its wheel: the usual index has one for every
        wheel, and the replay is to behave like it.
        """
        url = f"https://{address}"
        answer = self._pool.request("GET", url)
        body: bytes | None = answer.data
        if answer.status == 404:
            body = self._metadata_in(url.removesuffix(".metadata")) if url.endswith(".whl.metadata") else None
        else:
            _expect_success(url, answer.status)
        self.recording.write(self.recording.file_path(address), body)

    def _metadata_in(self, url: str) -> bytes | None:
        answer = self._pool.request("GET", url)
        if answer.status == 404:
            return None
        _expect_success(url, answer.status)
        with zipfile.ZipFile(io.BytesIO(answer.data)) as wheel:
            (member,) = (name for name in wheel.namelist() if METADATA_IN_WHEEL.fullmatch(name))
            return wheel.read(member)


def page_from_html(name: str, text: str) -> Page:
    """Turn an HTML page (PEP 503, 592, 658) into the JSON form (PEP 691).

    Sizes stay unknown, hence version 1.0 of the API (PEP 700 asks for sizes); `upload-time` is kept where the
    page has it.  Every wheel is said to have a metadata file, whatever the page says: see `Upstream.record_file`.
    """
    files: list[dict[str, Any]] = []
    for anchor in LexborHTMLParser(text).css("a[href]"):
        attributes = anchor.attributes
        url, fragment = urldefrag(attributes["href"] or "")
        algorithm, _, digest = fragment.partition("=")
        file: dict[str, Any] = {"filename": anchor.text(strip=True), "hashes": {algorithm: digest} if digest else {}}
        for key in ("requires-python", "upload-time"):
            if value := attributes.get(f"data-{key}"):
                file[key] = value
        file["url"] = url
        file["yanked"] = (attributes["data-yanked"] or True) if "data-yanked" in attributes else False
        if file["filename"].endswith(".whl"):
            file["core-metadata"] = file["data-dist-info-metadata"] = True
        files.append(file)
    return {"files": files, "meta": {"api-version": "1.0"}, "name": name}


def _expect_success(url: str, status: int) -> None:
    if status != 200:
        raise SystemExit(f"{url} answered {status}")
