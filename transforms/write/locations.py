"""Locations: what is said of a dataset's place, without a look at it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

SCHEMES = ("az", "file", "gs", "s3")


def is_url(path: str | Path) -> bool:
    """Return whether ``path`` names a place in a store and no local path."""
    return "://" in str(path)


def url_problem(url: str) -> str | None:
    """Return what is wrong with the URL of a folder, None if nothing is."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        return f"must be a local folder or begin with one of {known}"
    if parts.query or parts.fragment or parts.username or parts.password:
        return (
            "must not have credentials, '?' or '#'; give credentials by the environment"
        )
    if set("*?[") & set(url):
        return "must not have '*', '?' or '['"
    if parts.scheme == "file":
        if parts.netloc or not parts.path.strip("/"):
            return "must name a folder: file:///srv/news"
    elif not parts.netloc or not parts.path.strip("/"):
        return f"must name a folder in a bucket: {parts.scheme}://bucket/news"
    return None


def local_path(url: str) -> Path | None:
    """Return the local folder that a ``file://`` URL names, None for another URL."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None
