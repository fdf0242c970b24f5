"""How public open trackers decide whether a hit is an open: their documented rules, written anew, for `truth.py`.

What a scenario does not carry (reverse DNS, other headers than those that matter, a tracker's whole list of names) is
left out or stood in for; each rule says so. Lists of names of robots are stood in for by ROBOTS and PROXIES, which hold
those of the names that occur in mail and that the lists agree on.
"""

from dataclasses import dataclass

ROBOTS = ("headlesschrome", "python-requests", "go-http-client", "curl/", "wget/", "bot/", "bot-", "slackbot",
          "slack-imgproxy", "facebookexternalhit", "spider", "crawler", "microsoft office existence discovery",
          "microsoft office protocol discovery")
PROXIES = ("googleimageproxy", "yahoomailproxy", "seznamemailproxy", "ramblermail", "secureurl.fwdcdn.com")
GMAIL_PREFETCH = " edge/12.246 mozilla/5.0"
DAMAGED = ("bad_signature", "mutated", "unknown_key")


@dataclass
class Fetch:
    """One event of a scenario as a tracker's server sees it."""

    age: float
    method: str
    agent: str
    source: str
    network: str
    token: str
    is_link: bool
    headers: dict

    @classmethod
    def of(cls, event):
        return cls(event["t_offset_s"], event.get("method", "GET"), (event.get("ua") or "").lower(), event.get("ip") or "",
                   event.get("ip_class") or "", event["token"], event.get("kind") == "link" or event["token"] == "honeypot",
                   {name.lower(): value.lower() for name, value in (event.get("headers") or {}).items()})

    @property
    def is_pixel(self):
        """A GET of a pixel whose token verifies. All of them sign their tokens or draw them at random."""
        return self.method == "GET" and not self.is_link and self.token not in DAMAGED and ":lifted" not in self.token

    @property
    def is_prefetch(self):
        return any(word in self.headers.get(name, "") for name in ("purpose", "sec-purpose", "x-purpose", "x-moz")
                   for word in ("prefetch", "preview", "prerender"))

    @property
    def is_bare_webkit(self):
        return "applewebkit/" in self.agent and (self.agent.endswith("(khtml, like gecko)") or (
            " mobile/" in self.agent and "safari/" not in self.agent))

    def names(self, words):
        return any(word in self.agent for word in words)


def every(fetches):
    """listmonk, Postal, Kannon, FreeScout, gophish: each request for a good token."""
    return [fetch.is_pixel for fetch in fetches]


def without_repeats(seconds, key):
    """Of what `key` calls the same, the first, and again once `seconds` have passed since the last that was counted."""
    def rule(fetches):
        last, counted = {}, []
        for fetch, is_open in zip(fetches, every(fetches)):
            again = last.get(key(fetch))
            new = is_open and (again is None or fetch.age - again >= seconds)
            if new:
                last[key(fetch)] = fetch.age
            counted.append(new)
        return counted
    return rule


def each(is_open):
    return lambda fetches: [fetch.is_pixel and is_open(fetch) for fetch in fetches]


def later_than(seconds):
    return each(lambda fetch: fetch.age >= seconds)


def inbox_zero(fetches):
    """PR 3680: HEAD counts as GET does; a second within 5 s does not."""
    last, counted = None, []
    for fetch in fetches:
        is_open = not fetch.is_link and fetch.token not in DAMAGED and fetch.method in ("GET", "HEAD")
        counted.append(is_open and (last is None or fetch.age - last >= 5))
        last = fetch.age if counted[-1] else last
    return counted


def mailspring(fetches):
    """Its server is closed. The client's part: what the sender sees on the computer where it runs carries no pixel."""
    return [fetch.is_pixel and fetch.network != "own_network" for fetch in fetches]


def warmbly_august(fetches):
    """Prefetch headers, names, `Mozilla/5.0` and WebKit's bare text are machines'; one per address and hour."""
    once = without_repeats(3600, lambda fetch: fetch.source)(fetches)
    return [new and not fetch.is_prefetch and not fetch.names(ROBOTS) and fetch.agent != "mozilla/5.0"
            and not fetch.is_bare_webkit and GMAIL_PREFETCH not in fetch.agent for fetch, new in zip(fetches, once)]


def warmbly_september(fetches):
    """The ladder: certain network, no name, probable network in a wide window (ten minutes assumed), the machine window
    (the operator's; 60 s assumed), else a person. Before sending the clock abstains."""
    certain = ("microsoft_eop", "barracuda_egd")
    probable = ("microsoft_azure", "proofpoint_asn", "mimecast_asn", "aws", "datacenter")
    once = without_repeats(3600, lambda fetch: fetch.source)(fetches)
    return [new and not fetch.is_prefetch and not fetch.names(ROBOTS) and fetch.network not in certain
            and fetch.agent != "" and not (fetch.network in probable and 0 <= fetch.age < 600)
            and not 0 <= fetch.age < 60 for fetch, new in zip(fetches, once)]


def gogcli(fetches):
    """Its test for missing Accept and Referer is left out: scenarios carry only headers that matter. Sources: Apple by
    hand-written prefixes, Outlook's names as prefetches; one per address and hour."""
    once = without_repeats(3600, lambda fetch: fetch.source)(fetches)
    return [new and not fetch.source.startswith(("17.", "104.28.")) and not fetch.names(ROBOTS)
            and "microsoft outlook" not in fetch.agent and "ms-office" not in fetch.agent for fetch, new in zip(fetches, once)]


def mautic(fetches):
    """7.2: no HEAD, no prefetch, no Sec-GPC, no DNT, none that Matomo's list calls a robot. The vote of two out of three
    (under 2 s, listed address, listed name) needs the operator's lists, which are empty."""
    return [fetch.is_pixel and not fetch.is_prefetch and fetch.headers.get("sec-gpc") != "1"
            and fetch.headers.get("dnt") != "1" and not fetch.names(ROBOTS + PROXIES) for fetch in fetches]


RULES = {
    "every request (listmonk, Postal, Kannon, gophish)": every,
    "Nylas Mail": without_repeats(300, lambda fetch: fetch.token),
    "inbox-zero": inbox_zero,
    "Mailspring, the client's part": mailspring,
    "EmailEngine": each(lambda fetch: fetch.network not in ("google_crawler", "barracuda_egd")),
    "gogcli": gogcli,
    "Mautic 7.2": mautic,
    "Notifuse": each(lambda fetch: fetch.age >= 7 and not fetch.names(ROBOTS)),
    "Auxx.ai": later_than(10),
    "mail-tracker's README": each(lambda fetch: fetch.agent != "mozilla/5.0" and GMAIL_PREFETCH not in fetch.agent),
    "SendGrid's machine opens": each(lambda fetch: fetch.network != "apple_relay"),
    "Collie": each(lambda fetch: fetch.age >= 1.5 and fetch.agent != "mozilla/5.0" and not fetch.is_bare_webkit
                   and not fetch.names(ROBOTS)),
    "robot list (isbot)": each(lambda fetch: not fetch.names(ROBOTS + PROXIES) and fetch.agent not in ("", "mozilla/5.0")),
    "60 seconds": later_than(60),
    "Warmbly, August": warmbly_august,
    "Warmbly, September": warmbly_september,
}
