"""The second mail client of the demo: it reads the flags of a whole folder over and over and judges every reading."""

import threading
import time

# Everything that Sentmark may ever write; other flags are the user's and must not move.
OWNED = {
    "tracked", "opened", "opened-again", "reached", "clicked", "replied", "follow-up", "unreliable",
    "$Delivered", "$NotDelivered", "$Displayed", "$NotDisplayed",
}


class Watcher:
    def __init__(self, reader, writer, folder, on_change=lambda: None):
        """`reader` and `writer` are two MailClients; each is used by one thread at a time."""
        self.reader, self.writer, self.folder, self.on_change = reader, writer, folder, on_change
        self.lock = threading.Condition()
        self.flags = {}
        self.allowed = {}  # UID -> keywords that are right for it, at any time
        self.others = {}  # UID -> the flags that are not ours, as first seen
        self.first_seen = {}  # (UID, keyword) -> monotonic time
        self.wrong = []
        self.failure = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(timeout=30)

    def allow(self, uid, keywords):
        with self.lock:
            self.allowed[uid] = set(keywords)

    def append(self, message, keywords):
        """Stores a message for which `keywords` are right; UID and the time of the server's OK."""
        with self.lock:  # no reading in between: the message would be judged before it is known
            uid = self.writer.append(self.folder, message)
            self.allowed[uid] = set(keywords)
            return uid, time.monotonic()

    def keywords(self, uid):
        with self.lock:
            return self.flags.get(uid, set()) & OWNED

    def wait_for(self, uids, keywords, seconds):
        """The time at which the last of `uids` had all `keywords`, or None when `seconds` have passed."""
        wanted = {(uid, keyword) for uid in uids for keyword in keywords}
        limit = time.monotonic() + seconds
        with self.lock:
            while not (wanted <= self.first_seen.keys() and all(set(keywords) <= self.flags[uid] for uid in uids)):
                left = limit - time.monotonic()
                if left <= 0 or self.failure or self.wrong:
                    return None
                self.lock.wait(left)
            return max(self.first_seen[pair] for pair in wanted)

    def _run(self):
        try:
            while not self._stop.is_set():
                with self.lock:
                    flags = self.reader.flags(self.folder)
                    changed = self._judge(flags, time.monotonic())
                if changed:
                    self.on_change()
                self._stop.wait(0.008)
        except Exception as error:  # the main thread reports it; a dead watcher must not look like a quiet server
            with self.lock:
                self.failure = error
                self.lock.notify_all()

    def _judge(self, flags, now):
        changed = flags != self.flags
        if not changed:
            return False
        for uid, current in flags.items():
            ours, theirs = current & OWNED, current - OWNED - {"\\Recent"}
            for keyword in ours:
                self.first_seen.setdefault((uid, keyword), now)
            for keyword in sorted(ours - self.allowed.get(uid, set())):
                self._blame(f"message {uid} must never be “{keyword}”")
            for keyword in sorted((self.flags.get(uid, set()) & OWNED) - ours):
                self._blame(f"message {uid} has lost “{keyword}”")
            if theirs != self.others.setdefault(uid, theirs):
                self._blame(f"flags of message {uid} that are not ours went from {self.others[uid]} to {theirs}")
        for uid in self.flags.keys() - flags.keys():
            self._blame(f"message {uid} is gone")
        self.flags = flags
        self.lock.notify_all()
        return True

    def _blame(self, text):
        if text not in self.wrong:
            self.wrong.append(text)
