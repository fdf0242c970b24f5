"""An IMAP client that shares no code with Sentmark: what it sees, any mail client sees."""

import imaplib
import re
import ssl
import time


class MailClient:
    def __init__(self, port, ca_file, user, password, host="127.0.0.1", timeout=20, prefix="", modseq=True):
        """`prefix`: what the server puts before the names of folders beside INBOX. `modseq`: it has CONDSTORE."""
        context = ssl.create_default_context(cafile=ca_file)
        self.imap = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=timeout)
        self.imap.login(user, password)
        self.folder = None
        self.prefix, self.modseq = prefix, modseq

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.imap.logout()
        except (imaplib.IMAP4.error, OSError):
            pass

    def select(self, folder):
        if folder != self.folder:
            _checked(self.imap.select(self._name(folder)))
            self.folder = folder
        else:
            _checked(self.imap.noop())

    def append(self, folder, message, flags=("\\Seen",), date=None):
        """Stores the message and returns its UID (RFC 4315 APPENDUID)."""
        crlf = re.sub(rb"\r?\n", b"\r\n", message)
        when = imaplib.Time2Internaldate(date if date is not None else time.time())
        answer = _checked(self.imap.append(self._name(folder), f"({' '.join(flags)})", when, crlf))
        code = re.search(rb"APPENDUID \d+ (\d+)", answer[0])
        if not code:
            raise imaplib.IMAP4.error(f"no APPENDUID in {answer!r}")
        return int(code.group(1))

    def flags(self, folder, uids="1:*"):
        """UID -> set of flags and keywords, as the server has them now."""
        return {uid: flags for uid, (flags, _) in self._fetch(folder, uids, "(FLAGS)").items()}

    def flags_and_modseq(self, folder, uids="1:*"):
        """UID -> (flags, MODSEQ): the modification sequence moves with every change (RFC 7162). None without it."""
        return self._fetch(folder, uids, "(FLAGS MODSEQ)" if self.modseq else "(FLAGS)")

    def uids_by_message_id(self, folder):
        self.select(folder)
        found = {}
        for part in _checked(self.imap.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")):
            if isinstance(part, tuple):
                uid = re.search(rb"UID (\d+)", part[0])
                name = re.search(rb"<[^>]+>", part[1])
                if uid and name:
                    found[name.group().decode()] = int(uid.group(1))
        return found

    def store(self, folder, uid, change, flags):
        """`change` is "+FLAGS", "-FLAGS" or "FLAGS"."""
        self.select(folder)
        _checked(self.imap.uid("STORE", str(uid), change, f"({' '.join(flags)})"))

    def expunge(self, folder, uid):
        self.store(folder, uid, "+FLAGS", ["\\Deleted"])
        _checked(self.imap.uid("EXPUNGE", str(uid)))

    def move(self, folder, uid, to):
        """As a user archives: there is a time when the message is in both, or in neither, for who only looks at one."""
        self.select(folder)
        _checked(self.imap.uid("MOVE", str(uid), self._name(to)))

    def create(self, folder):
        _checked(self.imap.create(self._name(folder)))

    def texts(self, folder):
        """UID -> all bytes of the message. Empty if there is no such folder."""
        if self.imap.list('""', self._name(folder))[1] == [None]:
            return {}
        self.select(folder)
        found = {}
        for part in _checked(self.imap.uid("FETCH", "1:*", "(BODY.PEEK[])")):
            if isinstance(part, tuple):
                found[int(re.search(rb"UID (\d+)", part[0]).group(1))] = part[1]
        return found

    def dates(self, folder):
        """UID -> INTERNALDATE in seconds since 1970."""
        self.select(folder)
        found = {}
        for part in _checked(self.imap.uid("FETCH", "1:*", "(INTERNALDATE)")):
            if part is not None:
                uid = int(re.search(rb"UID (\d+)", part).group(1))
                found[uid] = time.mktime(imaplib.Internaldate2tuple(part))
        return found

    def recreate(self, folder):
        """Deletes and creates the folder: a new UIDVALIDITY."""
        if self.folder is not None:
            _checked(self.imap.close())  # not every server has UNSELECT
            self.folder = None
        _checked(self.imap.delete(self._name(folder)))
        _checked(self.imap.create(self._name(folder)))

    def _name(self, folder):
        name = folder if folder == "INBOX" else self.prefix + folder
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def _fetch(self, folder, uids, items):
        self.select(folder)
        found = {}
        for line in _checked(self.imap.uid("FETCH", uids, items)):
            uid = re.search(rb"UID (\d+)", line or b"")
            flags = re.search(rb"FLAGS \(([^)]*)\)", line or b"")
            modseq = re.search(rb"MODSEQ \((\d+)\)", line or b"")
            if uid and flags:
                sequence = int(modseq.group(1)) if modseq else None
                found[int(uid.group(1))] = (set(flags.group(1).decode().split()), sequence)
        return found


def _checked(answer):
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(f"{kind} {data!r}")
    return data
