"""How the demo looks: every line that it prints."""

import statistics
from pathlib import Path

from terminal import columns, duration, fit

# Ticks and colour, by the strongest keyword.
LOOKS = (("opened", "✓✓", "blue"), ("reached", "✓", "yellow"), ("tracked", "✓", "grey"))


class View:
    def __init__(self, screen):
        self.screen, self.paint, self.say = screen, screen.paint, screen.say

    def report(self, title, text, seconds):
        """Something is ready."""
        paint = self.paint
        self.say(f"  {paint('✓', 'green')} {paint(fit(title, 12), 'bold')} {fit(text, 53)}"
                 f"{paint(fit(duration(seconds), 9, right=True), 'dim')}")

    def outcome(self, text, keyword, seconds=None):
        """A scene and what came of it. `keyword` may also be a word that is no keyword."""
        paint = self.paint
        ticks, colour = ("✗", "red") if keyword == "killed" else look({keyword})
        latency = duration(seconds) if seconds is not None else ""
        self.say(f"  {paint('▸', 'cyan')} {fit(text, 49)} {paint(fit(ticks, 2, right=True), colour, 'bold')} "
                 f"{paint(fit(keyword, 9), colour)} {paint(fit(latency, 11, right=True), 'dim')}")

    def failure(self, error, log):
        self.say("", f"  {self.paint('✗ ' + str(error), 'red', 'bold')}", "")
        if log:
            self.say(f"  {self.paint('The last lines of the agent:', 'dim')}",
                     *("    " + line for line in log.splitlines()), "")

    def table(self, rows, older):
        """`rows`: (to, subject, keywords)."""
        paint = self.paint
        rule = paint("  " + "─" * (self.screen.width - 2), "grey")
        head = f"  {fit('', 3)} {fit('To', 16)} {fit('Subject', 30)} Keywords on the server"
        return ["", paint(head, "dim"), rule, *(self._row(*row) for row in rows),
                paint(f"  {fit('', 3)} {older}", "dim"), rule]

    def _row(self, to, subject, keywords):
        paint = self.paint
        ticks, colour = look(keywords)
        ladder = [keyword for keyword, _, _ in reversed(LOOKS) if keyword in keywords]
        words = " ".join(ladder + sorted(keywords - set(ladder)))
        return (f"  {paint(fit(ticks, 3), colour, 'bold')} {fit(to, 16)} {fit(subject, 30)} "
                f"{paint(words, colour) if words else paint('–', 'grey')}")

    def summary(self, latencies, seconds, why):
        """`latencies`: title -> seconds."""
        paint, say = self.paint, self.say
        say("", f"  {paint('✓ Every state was seen on the server, and nothing else.', 'green', 'bold')}"
                f"{paint(fit(duration(seconds), 23, right=True), 'dim')}", "")
        for title, values in latencies.items():
            middle, worst = (fit(duration(value), 8, right=True) for value in (statistics.median(values), max(values)))
            say(f"    {fit(title, 27)}{paint('median', 'dim')} {middle}   {paint('slowest', 'dim')} {worst}")
        say(f"    {paint('Dovecot itself announces new mail about 500 ms late.', 'dim')}")
        say("", f"  {paint('sentmark why', 'bold')}{paint(', asked about the contract:', 'dim')}")
        width = self.screen.width - 4
        for text in [line for line in why.splitlines() if line.strip()][:8]:
            say("    " + (text if columns(text) <= width else fit(text, width)))

    def own_mailbox(self, program):
        paint = self.paint
        config = paint("~/.config/sentmark/config.toml", "bold")
        self.say(
            "", f"  {paint('With your own mailbox', 'bold')}", "",
            f"    1  copy {paint('Config/sentmark.toml', 'bold')} to {config} and fill it in",
            f"    2  {paint('sentmark stream add me --output ~/.config/sentmark/keys/px', 'bold')}",
            f"    3  {paint('sentmark doctor', 'bold')}            checks everything and says what to do",
            f"    4  {paint('sentmark service install', 'bold')}   runs it from now on", "",
            f"    The program is here: {paint(_shown(program), 'bold')}",
            "    README.md has the rest: the pixel server's host, your mail client, what is claimed.", "")

    def connection(self, dovecot, agent, token, reader):
        """How to go on with a demo that is left running. `reader`: User-Agent and address of somebody who reads."""
        paint = self.paint
        self.say(
            "", f"  {paint('It goes on running. Connect your mail client:', 'bold')}", "",
            f"    IMAP server   127.0.0.1, port {dovecot.imaps_port} (TLS), or {dovecot.imap_port} (STARTTLS)",
            f"    user          {dovecot.users[0]}, password {dovecot.password}",
            f"    authority     {dovecot.ca_file}", "",
            f"  {paint('Make an open of your own:', 'bold')} put this into an HTML message in Sent …", "",
            f"    {token['html']}", "",
            "  … and read it as somebody else:", "",
            f"    curl -s -o /dev/null -A '{reader[0]}' \\",
            f"      -H 'X-Forwarded-For: {reader[1]}' {token['url']}", "",
            f"    log           {agent.log_file}",
            f"    status        XDG_STATE_HOME={agent.home / 'state'} \\",
            f"                  {_shown(agent.program)} status --config {agent.config_file}",
            f"    stop          {paint('Scripts/demo --stop', 'bold')}", "")


def look(keywords):
    return next(((ticks, colour) for keyword, ticks, colour in LOOKS if keyword in keywords), ("", "grey"))


def _shown(path):
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return str(path)
