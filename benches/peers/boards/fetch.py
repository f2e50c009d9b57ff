"""Fetches the sources of a Python package, as they are: name, version, SHA-256, directory.

`pip download` would build the package to read its metadata, which takes minutes. The index is that of pip.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request

name, version, expected, directory = sys.argv[1:]


def index():
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return os.environ.get("PIP_INDEX_URL") or configured or "https://pypi.org/simple"


page = f"{index().rstrip('/')}/{name}/"
accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
with urllib.request.urlopen(urllib.request.Request(page, headers=accept), timeout=60) as answer:
    files = json.load(answer)["files"]
wanted = f"{name}-{version}.tar.gz"
addresses = [file["url"] for file in files if file["filename"] == wanted]
if not addresses:
    sys.exit(f"{page} has no {wanted}")
with urllib.request.urlopen(urllib.parse.urljoin(page, addresses[0]), timeout=60) as answer:
    archive = answer.read()
found = hashlib.sha256(archive).hexdigest()
if found != expected:
    sys.exit(f"{wanted} has the SHA-256 {found}, not {expected}")
with tarfile.open(fileobj=io.BytesIO(archive)) as sources:
    # What was pinned by its hash has no surprising paths.
    sources.extractall(directory)
