"""What a pixel server has stored, as an agent pulls it."""

import json
import urllib.request
from collections import Counter

from agent import AgentError, direct


class HitLog:
    """All hits so far, read on from the last cursor."""

    def __init__(self, port, key):
        self.port, self.key, self.cursor, self.name = port, key, "", None
        self.tokens, self.last = Counter(), 0

    def read(self):
        while True:
            page = json.load(direct.open(urllib.request.Request(
                f"http://127.0.0.1:{self.port}/v1/hits?limit=1000{self.cursor}",
                headers={"Authorization": f"Bearer {self.key}"}), timeout=20))
            if self.name not in (None, page["log"]):
                raise AgentError("the log has another name now")
            self.name, self.cursor = page["log"], f"&after={page['cursor']}"
            for hit in page["hits"]:
                if hit["seq"] <= self.last:
                    raise AgentError(f"number {hit['seq']} behind {self.last}")
                self.last = hit["seq"]
                self.tokens[hit["token"]] += 1
            if not page["more"]:
                return
