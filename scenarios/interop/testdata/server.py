"""Accepts connections and messages and prints by whom they come.

server.py HOST:PORT [CERT KEY CA]

Prints "ready", then for each connection "open MECHANISM USER" or "failed
CONDITION". With a certificate it wants TLS and a client certificate of CA.
"""

import sys

from proton.handlers import MessagingHandler
from proton.reactor import Container


class Server(MessagingHandler):
    def on_start(self, event):
        scheme = "amqp://"
        if len(sys.argv) > 2:
            scheme = "amqps://"
            server = event.container.ssl.server
            server.set_credentials(sys.argv[2], sys.argv[3], None)
            server.set_trusted_ca_db(sys.argv[4])
            server.set_peer_authentication(server.VERIFY_PEER, sys.argv[4])
        self.acceptor = event.container.listen(scheme + sys.argv[1])
        print("ready", flush=True)

    def on_connection_opened(self, event):
        sasl = event.transport.sasl()
        print("open", sasl.mech, sasl.user, flush=True)

    def on_transport_error(self, event):
        print("failed", event.transport.condition.name, flush=True)


Container(Server()).run()
