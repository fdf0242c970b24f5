#!/usr/bin/env python3
"""What Scripts/demo does once the program is built: plays the story, cleans up, and says how it went."""

import argparse
import json
import os
import shutil
import signal
import stat
import sys
from pathlib import Path

from agent import AgentError
from privateserver import ServerError
from processes import Process
from story import KEPT, Failed, Story
from terminal import Screen


def stop_kept():
    try:
        details = KEPT.lstat()
    except FileNotFoundError:
        print("No demo is running.")
        return
    if not stat.S_ISDIR(details.st_mode) or details.st_uid != os.getuid():
        raise Failed(f"{KEPT} is not ours")
    try:
        running = json.loads((KEPT / "running.json").read_text())
    except (OSError, ValueError):
        running = {}
    for name in ("agent", "dovecot"):
        if name in running:
            Process(*running[name]).end(grace=10)
    shutil.rmtree(KEPT)
    print("Stopped; nothing is left.")


def play(arguments, screen):
    story = Story(arguments.program.absolute(), arguments.keep, arguments.deadline, screen)
    done = False
    try:
        story.run()
        screen.end()
        done = True
        if arguments.keep:
            story.leave_running()
    except (Failed, AgentError, ServerError, OSError) as error:
        screen.end()
        log = story.agent.log_tail()
        story.view.failure(error, "" if log in str(error) else log)
    finally:
        left = [] if done and arguments.keep else clean_up(story)
    if left:
        story.view.failure(f"still running: {left}", "")
    if not done or left:
        return 1
    story.conclude()
    return 0


def clean_up(story):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C must not leave half of it behind
    return story.clean_up()


def main():
    parser = argparse.ArgumentParser(prog="Scripts/demo", description=__doc__)
    parser.add_argument("--program", type=Path, help="the sentmark to show")
    parser.add_argument("--keep", action="store_true", help="leave it running, for a mail client of yours")
    parser.add_argument("--stop", action="store_true", help="end what --keep has left running")
    parser.add_argument("--deadline", type=float, default=10, help="seconds for each state to appear (default 10)")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        if arguments.stop:
            return stop_kept()
        return play(arguments, Screen())
    except (Failed, AgentError) as error:
        print(f"Scripts/demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nScripts/demo: interrupted; nothing is left running", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
