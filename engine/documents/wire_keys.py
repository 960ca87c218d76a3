"""CURVE keys: who may connect, and an encrypted connection, with key files in 0MQ's own certificate format.

Each side has a folder. The one that is connected to (a proxy, or a publisher that binds) has its own secret key,
``NAME.key_secret``, and in ``clients/`` the public keys of all who may come. The one that connects has its own
secret key and, beside it, the public key of the other side, ``OTHER.key``. `new_keys` makes both. The same files
fit bluesky's ``ServerCurve`` and ``ClientCurve``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zmq

from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["CLIENTS", "known_clients", "new_keys", "secure_client", "secure_server"]

CLIENTS = "clients"
"""Folder, beside the secret key of the side that is connected to, of those who may come."""

_SECRET = ".key_secret"  # noqa: S105  (the ending of a file, not a secret)
_PUBLIC = ".key"
_MAKE = "'headrace proxy --new-keys DIR' makes a set"


def new_keys(folder: str | Path) -> tuple[Path, Path]:
    """Make keys for a proxy and for those who connect to it.

    Parameters
    ----------
    folder
        Where the two folders are made; only this user may read them.

    Returns
    -------
    :
        The proxy's folder (``proxy``), and the one that each client gets a copy of (``client``).

    Raises
    ------
    UsageError
        If there are such folders already: keys are never written over.
    NotReachableError
        If they can't be written.
    """
    import zmq.auth

    proxy, client = Path(folder) / "proxy", Path(folder) / "client"
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for made in (proxy, client, proxy / CLIENTS):
            made.mkdir(mode=0o700)  # nobody looks in while the keys are written
        public, hidden = zmq.auth.create_certificates(proxy, "proxy")
        own, secret = zmq.auth.create_certificates(client, "client")
        for path in (hidden, secret):
            Path(path).chmod(0o600)  # copies of them are as private
        (client / "proxy.key").write_bytes(Path(public).read_bytes())
        (proxy / CLIENTS / "client.key").write_bytes(Path(own).read_bytes())
    except FileExistsError as error:
        text = f"there are keys in {folder} already ({error.filename}); name another folder, or move them away"
        raise UsageError(text) from error
    except OSError as error:
        text = f"can't write keys into {folder}: {error.strerror or error}"
        raise NotReachableError(text) from error
    return proxy, client


def secure_client(socket: zmq.Socket[Any], folder: str | Path) -> None:
    """Have a socket that connects do so with CURVE.

    Raises
    ------
    NotReachableError
        If the keys are not there.
    UsageError
        If they are there twice, or no keys.
    """
    secret = _one(Path(folder), _SECRET)
    others = [path for path in _files(Path(folder), _PUBLIC) if path.stem != secret.stem]
    if len(others) != 1:
        text = f"{folder}: expected one file OTHER.key with the public key of the proxy, found {len(others)}; {_MAKE}"
        raise UsageError(text)
    socket.curve_publickey, socket.curve_secretkey = _pair(secret)
    socket.curve_serverkey = _public(others[0])


def secure_server(socket: zmq.Socket[Any], folder: str | Path) -> None:
    """Have a socket that is connected to take CURVE connections only; who may come is seen to by a gate.

    Raises
    ------
    NotReachableError
        If the key is not there.
    UsageError
        If it is there twice, or no key.
    """
    socket.curve_publickey, socket.curve_secretkey = _pair(_one(Path(folder), _SECRET))
    socket.curve_server = True


def known_clients(folder: str | Path) -> dict[bytes, str]:
    """Give the public keys of those who may come, with the names of their files.

    Raises
    ------
    NotReachableError
        If there is no folder of them.
    UsageError
        If a file in it is no key.
    """
    return {_public(path): path.stem for path in _files(Path(folder) / CLIENTS, _PUBLIC)}


def _files(folder: Path, ending: str) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ending)
    except OSError as error:
        text = f"there are no keys in {folder}: {error.strerror or error}; {_MAKE}"
        raise NotReachableError(text) from error


def _one(folder: Path, ending: str) -> Path:
    files = _files(folder, ending)
    if len(files) != 1:
        text = f"{folder}: expected one file NAME{ending} with the secret key, found {len(files)}; {_MAKE}"
        raise UsageError(text)
    return files[0]


def _pair(path: Path) -> tuple[bytes, bytes]:
    public, secret = _loaded(path)
    if secret is None:
        text = f"{path} holds no secret key"
        raise UsageError(text)
    return public, secret


def _public(path: Path) -> bytes:
    return _loaded(path)[0]


def _loaded(path: Path) -> tuple[bytes, bytes | None]:
    import zmq.auth

    try:
        public, secret = zmq.auth.load_certificate(path)
    except OSError as error:
        text = f"can't read the key {path}: {error.strerror or error}"
        raise NotReachableError(text) from error
    except ValueError as error:
        text = f"{path} is no key in 0MQ's certificate format: {error}"
        raise UsageError(text) from error
    if len(public) != 40 or (secret is not None and len(secret) != 40):
        text = f"{path} is no key in 0MQ's certificate format: a key has 40 characters"
        raise UsageError(text)
    return public, secret
