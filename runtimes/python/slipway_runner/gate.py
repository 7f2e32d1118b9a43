"""Reading the gateways' connections: one reader at a time, whoever holds `leader`.

A model that runs one call at a time is served by one thread: it waits for frames here, calls the model, answers, and comes back; no thread
hands anything to another. While a call lasts, or a stream, or when several calls run at a time, the replica's own thread reads instead
(replica.py), so that cancel, credit and a lost gateway are seen.
"""

import select
import threading

from slipway_runner.connection import Connection


class Gate:
    def __init__(self) -> None:
        self.leader = threading.Lock()
        """Held while polling, also while that blocks."""
        self.epoll = select.epoll()
        self.connections: "dict[int, Connection]" = {}

    def add(self, connection: Connection) -> None:
        """From any thread, also while another one polls."""
        self.connections[connection.fileno()] = connection
        self.epoll.register(connection.fileno(), select.EPOLLIN)

    def poll(self, timeout: float) -> None:
        """Handles what has come, after at most `timeout` seconds of waiting (below 0: for ever). The caller holds `leader`."""
        for descriptor, _ in self.epoll.poll(timeout, 64):
            connection = self.connections.get(descriptor)
            if connection is not None and not connection.receive():
                del self.connections[descriptor]
                self.epoll.unregister(descriptor)
                connection.close()
