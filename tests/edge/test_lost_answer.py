"""A connection that breaks after the commit: the SDK tries again by itself, and one message exists."""

import contextlib
import re
import socket
import threading
from types import TracebackType
from urllib.parse import urlsplit

from tests.edge.test_keys import send
from wireroom.testing import Server

PATIENCE = 20.0
_HEAD = re.compile(rb"content-length: (\d+)\r\n(?:.*\r\n)*?\r\n", re.IGNORECASE)


class Cutter:
    """Stands between a client and the server, and loses the first answers to `target`."""

    def __init__(self, server_url: str, target: bytes, lose: int = 1) -> None:
        place = urlsplit(server_url)
        self._server = (place.hostname, place.port)
        self._target = target
        self._left = lose
        self.lost: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._clients: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Cutter":
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for client in self._clients:
            with contextlib.suppress(OSError):  # it has gone already
                client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.settimeout(PATIENCE)
            self._clients.append(client)
            thread = threading.Thread(target=self._carry, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _carry(self, client: socket.socket) -> None:
        """One connection, one request at a time, as botocore uses it."""
        with client, socket.create_connection(self._server, PATIENCE) as server:
            while request := _message(client):
                server.sendall(request)
                answer = _message(server)
                if self._target in request and self._left:
                    self._left -= 1
                    self.lost.append(answer)
                    return
                client.sendall(answer)


def _message(sender: socket.socket) -> bytes:
    """A whole request or answer, in however many pieces it comes; nothing when there is no more."""
    heard = b""
    while not (head := _HEAD.search(heard)) or len(heard) < head.end() + int(head[1]):
        data = sender.recv(65536)
        if not data:
            return b""
        heard += data
    return heard


def test_a_lost_answer_is_asked_for_again_and_one_message_exists() -> None:
    with Server() as server, Cutter(server.url, b"SendTextMessage") as cutter:
        sms = server.client(endpoint_url=cutter.url)
        message_id = send(sms)
        messages = server.call("/messages")["messages"]
        assert len(cutter.lost) == 1
        assert message_id.encode() in cutter.lost[0]
        assert [message["messageId"] for message in messages] == [message_id]


def test_two_calls_with_the_same_text_are_two_messages() -> None:
    with Server() as server:
        sms = server.client()
        assert send(sms) != send(sms)
        assert len(server.call("/messages")["messages"]) == 2
