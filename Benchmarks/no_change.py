#!/usr/bin/env python3
"""What it costs to learn that nothing has happened, or little: commands after the login and bytes received for each.

Two mailboxes, of 2,000 messages and of --messages: nothing may grow with the size. Three classes of server: Dovecot as
it is (QRESYNC), and with its capabilities masked to CONDSTORE and to neither. The peers, which know all messages from a
run before, look at the first. Ten changes: other flags on eight messages that carry a pixel, and two such expunged.

A relay ends TLS between the two, so these are bytes of IMAP. IDLE and LOGOUT are not counted.
"""

import sqlite3
from contextlib import closing

import genbox
import peers
from relay import OpenRelay
from world import PATIENCE, AgentError, World, main, progress, wait_until

SMALL, LARGE = 2_000, 20_000
CLASSES = {  # what CAPABILITY does not list; the goals for nothing and for ten changes
    "QRESYNC": (set(), "1 command, ≤ 400 B", "1 command, ≤ 1 KB"),
    "CONDSTORE": ({"QRESYNC"}, "≤ 700 B", ""),
    "plain": ({"QRESYNC", "CONDSTORE", "ENABLE"}, "", ""),
}
FLAGGED, EXPUNGED = 8, 2


class Changes:
    """Makes ten changes at a time, each to messages that carry a pixel and were not changed before."""

    def __init__(self, world):
        self.world, self.left = world, sorted(world.box.tracked)
        self.flagged = set()

    def make(self):
        chosen, self.left = self.left[:FLAGGED + EXPUNGED], self.left[FLAGGED + EXPUNGED:]
        with self.world.client() as client:
            for uid in chosen[:FLAGGED]:
                client.store("Sent", uid, "+FLAGS", ["\\Flagged"])
            for uid in chosen[FLAGGED:]:
                client.expunge("Sent", uid)
                self.world.box.tracked.remove(uid)
        self.flagged = set(chosen[:FLAGGED])

    def check(self):
        """The agent knows of the last ten."""
        with closing(sqlite3.connect(f"file:{self.world.database}?mode=ro", uri=True)) as database:
            known = dict(database.execute(
                "SELECT uid, flags FROM copy JOIN message ON message.id = copy.message_id WHERE tracked"))
        if known.keys() != self.world.box.tracked:
            raise AgentError(f"the agent knows {len(known)} copies instead of {len(self.world.box.tracked)}")
        if wrong := {uid for uid in self.flagged if "\\flagged" not in known[uid].lower()}:
            raise AgentError(f"the agent does not know of the flags of {sorted(wrong)}")


def session(world, answers=True):
    """Starts the agent, waits until it has nothing to ask, and stops it. What it asked for."""
    with OpenRelay(world.dovecot, answers) as relay:
        world.route(relay.port)
        world.run_agent()

        def settled():
            return not world.agent.running() or relay.settled() and world.at_rest()
        if not wait_until(settled, PATIENCE) or not world.agent.running():
            raise AgentError("the agent does not come to rest:\n" + world.agent.log_tail())
        world.agent.stop()
        return [command for dialogue in relay.dialogues for command in dialogue.work()]


def peer_session(client):
    with OpenRelay(client.dovecot) as relay:
        client.run(relay.port)
        return [command for dialogue in relay.dialogues for command in dialogue.work()]


def measure(program, table, messages=LARGE, slow=False, **_):
    measure_small(program, table)
    progress(f"a box of {messages:,} messages")
    with World(program, apart=True) as world:
        world.fill(messages, sizes=genbox.SMALL)
        measure_box(world, table, slow)


def measure_small(program, table):
    progress(f"a box of {SMALL:,} messages")
    with World(program, apart=True) as world:
        world.fill(SMALL, sizes=genbox.SMALL)
        measure_box(world, table, slow=True)


def measure_box(world, table, slow):
    changes = Changes(world)
    for name, (hidden, nothing, ten) in CLASSES.items():
        measure_class(world, table, changes, name, hidden, nothing, ten)
    mask(world, set())
    for kind in peers.SYNCERS:
        measure_peer(world, table, changes, kind, slow)


def measure_class(world, table, changes, name, hidden, nothing, ten):
    progress(f"{name}, {world.box.count:,} messages")
    mask(world, hidden)
    world.forget()
    session(world, answers=False)
    with world.client() as client:
        if (found := world.tracked(client)) != len(world.box.tracked):
            raise AgentError(f"{found} messages tracked instead of {len(world.box.tracked)}")
    again = session(world)  # is told of the keywords that the first has written
    _row(table, f"no change, {name}, {world.box.count:,} messages", session(world), nothing)
    _row(table, "  the session after the first scan", again)
    changes.make()
    _row(table, "  ten changes", session(world), ten)
    changes.check()


def measure_peer(world, table, changes, kind, slow):
    if not kind.installed():
        table.row(f"  {kind.title}", "missing: Benchmarks/install-peers")
        return
    client = world.peer(kind)
    if kind.slow and not slow and not client.synced:
        table.row(f"  {kind.title}", "not run: --slow")
        return
    progress(kind.title)
    peer_session(client)  # knows everything from here on
    _row(table, f"  {kind.program}: no change", peer_session(client))
    changes.make()
    _row(table, f"  {kind.program}: ten changes", peer_session(client))


def mask(world, hidden):
    """Dovecot runs anew and does not list these capabilities."""
    world.dovecot.capability = None
    world.dovecot.stop()
    world.dovecot.start()
    if not hidden:
        return
    with world.client() as client:
        listed = client.imap.capability()[1][0].decode().split()
    world.dovecot.capability = " ".join(name for name in listed if name not in hidden)
    world.dovecot.stop()
    world.dovecot.start()


def _row(table, what, commands, goal=""):
    received = sum(command.received for command in commands)
    sent = sum(len(command.tag) + len(command.text) + 3 for command in commands)
    each = [f"{command.verb} {command.received:,}" for command in commands]
    shown = f" ({', '.join(each)})" if len(each) > 1 else ""
    table.row(what, f"{len(each)} commands  {received:,} B{shown}", goal, received=received, sent=sent, each=each)


if __name__ == "__main__":
    main(measure, __doc__)
