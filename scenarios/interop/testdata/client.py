"""Sends one message to node q and prints how it was authenticated.

client.py URL MECHANISMS USER PASSWORD CA [CERT KEY]

Empty arguments stand for none. Prints "ok MECHANISM" or "failed CONDITION".
"""

import sys

from proton import Message, SSLDomain
from proton.handlers import MessagingHandler
from proton.reactor import Container

url, mechanisms, user, password, ca = sys.argv[1:6]


class Client(MessagingHandler):
    sent = False

    def on_start(self, event):
        options = {}
        if user:
            options.update(user=user, password=password)
        if ca:
            domain = SSLDomain(SSLDomain.MODE_CLIENT)
            domain.set_trusted_ca_db(ca)
            domain.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME)
            if len(sys.argv) > 6:
                domain.set_credentials(sys.argv[6], sys.argv[7], None)
            options["ssl_domain"] = domain
        conn = event.container.connect(
            url, reconnect=False, allowed_mechs=mechanisms or None, **options
        )
        event.container.create_sender(conn, "q")

    def on_sendable(self, event):
        if not self.sent:
            self.sent = True
            event.sender.send(Message(body="hello"))

    def on_accepted(self, event):
        print("ok", event.transport.sasl().mech)
        event.connection.close()

    def on_transport_error(self, event):
        print("failed", event.transport.condition.name)


Container(Client()).run()
