/// A way in which a server departs from what it says or from what the others do, so that something has to be done
/// differently. What only takes a patient parser is no quirk of this kind: the grammar in Wire/IMAP bears it from every
/// server, marked `Quirk:` where it does.
package enum ServerQuirk: String, Sendable, CaseIterable {
    /// iCloud: `ENABLE QRESYNC` is answered by a tagged OK without `* ENABLED`, and then VANISHED names messages that
    /// are there; a mail program that believed it deleted them (Mailspring-Sync 91, MailKit 1871, Wino-Mail 43).
    case malformedVanished

    /// Zoho: `* OK [HIGHESTMODSEQ 0]` and `MODSEQ (-1)`, although CONDSTORE is listed (MailKit 1686).
    case modificationSequenceZero

    /// NetEase, QQ: without an ID behind the login, SELECT is answered by `NO SELECT Unsafe Login. Please contact
    /// kefu@188.com for help` (himalaya 651, modern-email/defects 25).
    case idRequired

    /// NetEase: no IDLE, and a NOOP does not count as activity: the connection ends as if nothing had been said. A
    /// STATUS does (EmailEngine 3b3516f), whose answer may be `* STATUS "INBOX" ()`.
    case noopIgnored

    /// Courier: with `IMAP_ENHANCEDIDLE=0`, its default, IDLE only looks by itself: `* 4 EXISTS` came 60.05 s after the
    /// message. A NOOP tells after 1.2 s, so asking more often is worth it (measured with 5.0.13; mailcore2 does without
    /// IDLE here too).
    case idlePolls

    /// Yahoo: an IDLE has to be begun anew every three minutes (EmailEngine does).
    case idleOfThreeMinutes

    /// Rambler: an IDLE has to be begun anew every 55 s (EmailEngine does).
    case idleOfOneMinute

    /// Dovecot: with NOTIFY set its imap-hibernate does not take a connection that idles, which so keeps a process awake
    /// (measured with 2.3.19, like the rest). Outside IDLE, where RFC 5465 needs none, an APPEND that followed a STORE of
    /// one's own was told of within 2.5 s in none of 110 tries; within IDLE in all, 490 ms after the APPEND, as without
    /// NOTIFY.
    case notifyKeepsAwake

    /// Yahoo: command lines of 1,000 octets and no more (MailKit ImapEngine.cs; RFC 2683 3.2.1.5).
    case shortCommandLines

    /// Yahoo: FETCH answers come in descending order. With one command at a time, as EmailEngine sends them, nothing
    /// depends on how it mixes the answers of several.
    case oneCommandAtATime

    /// Exchange: sizes are not those of what is sent, `BODY[]` comes shorter than `RFC822.SIZE` said (vandelay 12), and
    /// FairEmail fetches nothing in pieces there (providers.xml, partial=false).
    case partialFetchUnreliable

    /// Yahoo: `NO [SERVERBUG] UID SEARCH Server error - Please try again later` to SEARCH HEADER, which trying again does
    /// not cure (node-imap 737, MailKit 1055), or nothing found that is there (mailcore2 823).
    case searchFails

    /// Yahoo Japan: SEARCH by Message-ID is refused (FairEmail).
    case searchRefused

    /// iCloud: SEARCH HEADER is now and then answered by `NO [UNAVAILABLE]` (FairEmail).
    case searchUnavailable

    /// Seznam: SEARCH HEADER ends the connection (FairEmail).
    case searchDropsConnection

    /// Exchange: `BAD Command Argument Error. 11` to a STORE of any keyword but `$MDNSent` (node-imap 602). Proton
    /// Bridge, Yahoo: a fixed set (`PERMANENTFLAGS ($Forwarded Forwarded \Deleted \Flagged \Seen)`, defects 38;
    /// comm-central names Yahoo).
    case keywordsFixed

    /// Cyrus: the 101st keyword is refused with `NO Too many user flags in mailbox` (measured with 3.6.1; its header
    /// file has room for 128), and removing one from all messages does not free its place.
    case keywordLimit100

    /// Gmail, Exchange Online: what is submitted by SMTP appears in Sent by itself (WildDuck's wiki, "Gmail sending";
    /// Exchange Team Blog, 20 April 2018: "Sent email will now be stored in the Sent Items folder").
    case submissionsFiled

    /// Stalwart: keeps 99 distinct keywords for an account; of further ones it says OK and shows nothing (its source,
    /// cache/email.rs).
    case keywordLimit99
}

extension ServerQuirk {
    /// Takes away from the policy what the server does not bear.
    func restrict(_ policy: inout ServerPolicy) {
        switch self {
        case .malformedVanished: policy.changeDetection = min(policy.changeDetection, .condstore)
        case .modificationSequenceZero: policy.changeDetection = .plain
        case .idRequired: policy.requiresID = true
        case .noopIgnored:
            policy.pollsWithStatus = true
            policy.pollInterval = policy.pollInterval(.seconds(55))
        case .idlePolls: policy.usesIdle = false
        case .idleOfThreeMinutes: policy.idleInterval = min(policy.idleInterval, .seconds(180))
        case .idleOfOneMinute: policy.idleInterval = min(policy.idleInterval, .seconds(55))
        case .notifyKeepsAwake: policy.usesNotify = false
        // Room for the tag and the line end, which are not counted.
        case .shortCommandLines: policy.commandLineLength = min(policy.commandLineLength, 960)
        case .oneCommandAtATime: policy.commandsInFlight = 1
        case .partialFetchUnreliable: policy.usesPartialFetch = false
        case .searchFails, .searchRefused, .searchUnavailable, .searchDropsConnection: policy.searchesText = false
        case .keywordsFixed: policy.assumesKeywords = false
        case .submissionsFiled: policy.filesSubmissions = false
        case .keywordLimit100: policy.keywordLimit = min(policy.keywordLimit ?? 100, 100)
        case .keywordLimit99: policy.keywordLimit = min(policy.keywordLimit ?? 99, 99)
        }
    }

    /// What follows from it, for people: `NOOP instead of IDLE`.
    package var consequence: String {
        switch self {
        case .malformedVanished: "QRESYNC is not believed"
        case .modificationSequenceZero: "CONDSTORE is not believed"
        case .idRequired: "ID always sent"
        case .noopIgnored: "STATUS every 55 s"
        case .idlePolls: "NOOP instead of IDLE"
        case .idleOfThreeMinutes: "IDLE renewed every 3 min"
        case .idleOfOneMinute: "IDLE renewed every 55 s"
        case .notifyKeepsAwake: "no NOTIFY"
        case .shortCommandLines: "lines below 1,000 octets"
        case .oneCommandAtATime: "one command at a time"
        case .partialFetchUnreliable: "parts fetched whole"
        case .searchFails, .searchRefused, .searchUnavailable, .searchDropsConnection:
            "no SEARCH for text"
        case .keywordsFixed: "only keywords that PERMANENTFLAGS allows"
        case .submissionsFiled: "files what is submitted"
        case .keywordLimit100: "100 keywords in a mailbox"
        case .keywordLimit99: "99 keywords in an account"
        }
    }
}
