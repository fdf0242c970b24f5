"""Who Alice sends her mail to: an SMTP server, and the proxy before it, as a mail program uses them."""

import base64
import email
import email.policy
import re
import smtplib

from sinkserver import SinkServer

PIXEL = re.compile(r'<img\s+src="(http[^"]*/i/[a-z2-7]{40}\.gif)"')


class Provider:
    def __init__(self, directory, user, password):
        self.server = SinkServer(directory=directory, user=user, password=password).start()

    ca_file = property(lambda self: self.server.ca_file)
    url = property(lambda self: f"smtps://127.0.0.1:{self.server.tls_port}")

    def delivered(self, count):
        """The last of so many mails, as its recipient has it."""
        return base64.b64decode(self.server.settled(count)[-1]["data"])

    def remove(self):
        self.server.remove()


def submit(port, user, password, sender, recipient, message):
    """What a mail program does on "Send"."""
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.login(user, password)
        client.sendmail(sender, [recipient], message)


def pixel_of(message):
    """The URL of the pixel in a mail's HTML; "" if there is none."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    part = parsed.get_body(preferencelist=("html",))
    found = PIXEL.search(part.get_content()) if part else None
    return found.group(1) if found else ""
