"""Programs that submit mail, each called as its users call it: one message of bytes from `sender` to `recipients`.

`server` is what an upstream, or whoever stands before it, says of itself: port (STARTTLS or cleartext), tls (implicit
TLS), ca, user, password; `security` is tls, starttls or none. A program that fails raises SubmissionError with what it
said.
"""

import smtplib
import ssl
import subprocess


class SubmissionError(Exception):
    pass


def submit(program, server, security, sender, recipients, message, directory):
    """`directory`: for the files that programs read; theirs alone while it lasts."""
    PROGRAMS[program](server, security, sender, recipients, message, directory)


def _run(arguments, message=b"", **environment):
    done = subprocess.run([str(each) for each in arguments], input=message, capture_output=True, timeout=60,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
                               **environment})
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise SubmissionError(f"{arguments[0]} ended with {done.returncode}:\n{said}")


def _port(server, security):
    return server["tls" if security == "tls" else "port"]


def curl(server, security, sender, recipients, message, directory):
    (directory / "mail").write_bytes(message)
    scheme = "smtps" if security == "tls" else "smtp"
    _run(["curl", "-sS", *(["--ssl-reqd"] if security != "none" else []), "--cacert", server["ca"],
          "--user", f"{server['user']}:{server['password']}",
          "--url", f"{scheme}://localhost:{_port(server, security)}/client.example", "--mail-from", sender,
          *(word for name in recipients for word in ("--mail-rcpt", name)), "--upload-file", directory / "mail"])


def swaks(server, security, sender, recipients, message, directory):
    (directory / "mail").write_bytes(message)
    trust = ["--tls-verify", "--tls-ca-path", server["ca"]]
    _run(["swaks", "--server", "localhost", "--port", _port(server, security),
          *{"tls": ["--tls-on-connect", *trust], "starttls": ["--tls", *trust], "none": []}[security],
          "--auth", "PLAIN", "--auth-user", server["user"], "--auth-password", server["password"],
          "--ehlo", "client.example", "--from", sender, "--to", ",".join(recipients), "--data", f"@{directory}/mail"])


def msmtp(server, security, sender, recipients, message, directory):
    (directory / "msmtprc").write_text(f"""\
account default
host localhost
port {_port(server, security)}
domain client.example
tls {"off" if security == "none" else "on"}
tls_starttls {"on" if security == "starttls" else "off"}
tls_trust_file {server["ca"]}
auth plain
user {server["user"]}
password {server["password"]}
""")
    (directory / "msmtprc").chmod(0o600)
    _run(["msmtp", "-C", directory / "msmtprc", "-f", sender, "--", *recipients], message)


def python(server, security, sender, recipients, message, directory):
    context = ssl.create_default_context(cafile=server["ca"])
    place = {"host": "localhost", "port": _port(server, security), "local_hostname": "client.example", "timeout": 60}
    try:
        with (smtplib.SMTP_SSL(**place, context=context) if security == "tls" else smtplib.SMTP(**place)) as session:
            if security == "starttls":
                session.starttls(context=context)
            session.login(server["user"], server["password"])
            session.sendmail(sender, recipients, message)
    except (OSError, smtplib.SMTPException) as error:
        raise SubmissionError(f"smtplib: {error}") from error


def git(server, security, sender, recipients, message, directory):
    """It writes a header of its own around the message's Subject and body."""
    (directory / "mail").write_bytes(message.replace(b"\r\n", b"\n"))
    (directory / "gitconfig").write_text("[user]\nname = Alice\nemail = alice@example.org\n")
    _run(["git", "send-email", "--smtp-server=localhost", f"--smtp-server-port={_port(server, security)}",
          f"--smtp-encryption={ {'tls': 'ssl', 'starttls': 'tls', 'none': 'none'}[security] }",
          f"--smtp-ssl-cert-path={server['ca']}",
          f"--smtp-user={server['user']}", f"--smtp-pass={server['password']}", "--smtp-auth=PLAIN",
          "--smtp-domain=client.example", f"--envelope-sender={sender}", f"--from={sender}",
          *(f"--to={name}" for name in recipients), "--suppress-cc=all", "--confirm=never", "--quiet",
          "--no-validate", directory / "mail"], GIT_CONFIG_GLOBAL=str(directory / "gitconfig"), GIT_DIR=str(directory))


def neomutt(server, security, sender, recipients, message, directory):
    """It writes a header of its own before the message's body."""
    scheme = "smtps" if security == "tls" else "smtp"
    wanted = "no" if security == "none" else "yes"
    (directory / "muttrc").write_text(f"""\
set smtp_url = "{scheme}://{server["user"]}@localhost:{_port(server, security)}"
set smtp_pass = "{server["password"]}"
set smtp_authenticators = "plain"
set ssl_force_tls = {wanted}
set ssl_starttls = {wanted}
set ssl_ca_certificates_file = "{server["ca"]}"
set certificate_file = "{directory}/certificates"
set hostname = "client.example"
set from = "{sender}"
set envelope_from_address = "{sender}"
set use_envelope_from = yes
set copy = no
set send_charset = "utf-8"
""")
    _run(["neomutt", "-n", "-F", directory / "muttrc", "-s", "Written by neomutt", "--", *recipients],
         message.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n"), HOME=str(directory), TERM="dumb")


PROGRAMS = {"curl": curl, "swaks": swaks, "msmtp": msmtp, "smtplib": python, "git": git, "neomutt": neomutt}
