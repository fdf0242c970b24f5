"""What the demo shows: lines that stay, and below them a table that is redrawn in place.

Without a terminal, or with NO_COLOR or TERM=dumb, there are only the lines that stay and the table once, at the end.
"""

import os
import re
import shutil
import sys
import threading
import unicodedata

STYLES = {
    "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "94", "cyan": "36", "grey": "90",
}
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
WIDTH = 78


class Screen:
    def __init__(self, stream=sys.stdout):
        stream.reconfigure(encoding="utf-8")
        self.stream = stream
        terminal = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.colours = terminal and not os.environ.get("NO_COLOR")
        size = shutil.get_terminal_size((WIDTH, 24))
        self.live = terminal and size.columns >= WIDTH + 2
        self.width = WIDTH
        self.lock = threading.RLock()
        self.table = list  # () -> lines
        self.waiting = ""
        self._drawn = 0
        self._turn = 0
        self._ticker = None

    def paint(self, text, *styles):
        if not self.colours or not text:
            return text
        return f"\x1b[{';'.join(STYLES[s] for s in styles)}m{text}\x1b[0m"

    def say(self, *lines):
        """Lines that stay."""
        with self.lock:
            self._erase()
            self.stream.write("".join(line.rstrip() + "\n" for line in lines))
            self._draw()
            self.stream.flush()

    def wait(self, text):
        """What is being waited for; shown with a spinner until the next `wait` or `rest`."""
        with self.lock:
            self.waiting = text
            self.refresh()

    def refresh(self):
        with self.lock:
            if self.live:
                self._erase()
                self._draw()
                self.stream.flush()

    def begin(self, table):
        """From now on `table()` gives the lines of the live part."""
        self.table = table
        if self.live:
            self.stream.write("\x1b[?25l")
            self._ticker = threading.Event()
            threading.Thread(target=self._spin, args=(self._ticker,), daemon=True).start()

    def end(self, keep_table=True):
        """The live part becomes part of what stays. Safe to call twice."""
        with self.lock:
            if self._ticker:
                self._ticker.set()
                self._ticker = None
                self.stream.write("\x1b[?25h")
            self.waiting = ""
            self._erase()
            if keep_table:
                self.stream.write("".join(line + "\n" for line in self.table()))
            self.table = list
            self.stream.flush()

    def _spin(self, stopped):
        while not stopped.wait(0.08):
            self._turn += 1
            if self.waiting:
                self.refresh()

    def _draw(self):
        if not self.live:
            return
        lines = list(self.table())
        if lines and self.waiting:
            spinner = SPINNER[self._turn % len(SPINNER)]
            lines += ["", f"  {self.paint(spinner, 'cyan')} {self.paint(self.waiting, 'dim')}"]
        self.stream.write("".join(line + "\n" for line in lines))
        self._drawn = len(lines)

    def _erase(self):
        if self._drawn:
            self.stream.write(f"\x1b[{self._drawn}A\x1b[0J")
            self._drawn = 0


def columns(text):
    """Columns that a terminal gives the text."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in plain)


def fit(text, width, right=False):
    """Exactly `width` columns: padded, or cut with an ellipsis (plain text only)."""
    if columns(text) > width:
        text = text[: width - 1] + "…"
    pad = " " * (width - columns(text))
    return pad + text if right else text + pad


def duration(seconds):
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
