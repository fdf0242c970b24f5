import Foundation
import IMAP
import PixelServer
import SentSync
import Servers

@testable import sentmark

/// Facts as the doctor may find them, and what it says of each.
enum DoctorSamples {
    static let machine = HostFacts(
        stateDirectory: "/home/me/.local/state/sentmark", stateProblem: nil, stateIsMissing: false, free: 50 << 30,
        agent: .running(pid: 4711), curl: "libcurl 7.88.1", curlMissing: [], curlWarnings: [])

    static let emptyMachine = HostFacts(
        stateDirectory: "/home/me/.local/state/sentmark", stateProblem: nil, stateIsMissing: true, free: 150 << 20,
        agent: .notRunning, curl: "libcurl 8.12.0", curlMissing: [], curlWarnings: ["libcurl 8.12.0 can hang"])

    static let brokenMachine = HostFacts(
        stateDirectory: "/state",
        stateProblem: Failure(.permission, "/state: others can write in it", action: "chmod 700 /state"),
        stateIsMissing: false, free: 1 << 20, agent: .unknown, curl: "libcurl 7.1.0", curlMissing: ["imaps"],
        curlWarnings: [])

    private static let capable = AccountFacts.Server(
        address: "imap.example.org:993", isEncrypted: true, capabilities: Capabilities([.idle, .condstore, .uidPlus]))
    private static let plain = AccountFacts.Server(
        address: "127.0.0.1:1143", isEncrypted: false, capabilities: Capabilities([.imap4rev1]))

    private static let pushing = AccountFacts.Server(
        address: "imap.example.org:993", isEncrypted: true, capabilities: Capabilities([.imap4rev1, .idle]))
    private static let everything = AccountFacts.Server(
        address: "imap.example.org:993", isEncrypted: true, capabilities: Capabilities([.idle, .qresync]))

    private static func known(_ capabilities: Capabilities, _ greeting: String) -> MailServer {
        MailServer(
            .init(host: "imap.example.org", greeting: Greeting(text: greeting), capabilities: capabilities))
    }

    private static func account(
        _ name: String, _ server: AccountFacts.Server, greeting: String = "ready",
        _ folders: [Result<AccountFacts.Folder, Failure>]
    ) -> AccountFacts {
        var facts = AccountFacts(account: name)
        facts.login = .success(server)
        facts.server = known(server.capabilities, greeting)
        facts.sent = .success(.found([MailboxName("Sent")]))
        facts.folders = folders
        return facts
    }

    private static func folder(
        _ flags: [Flag]?, isReadOnly: Bool = false, messages: UInt32 = 3, assumes: Bool = true, labels: Bool = false,
        probe: Result<KeywordProbe.Outcome, Failure>? = nil
    ) -> Result<AccountFacts.Folder, Failure> {
        .success(
            .init(
                name: "Sent", messages: messages,
                offer: MailboxOffer(
                    permanentFlags: flags.map { Set($0) }, isReadOnly: isReadOnly, assumesKeywords: assumes,
                    hasLabels: labels),
                probe: probe))
    }

    static let accounts: [AccountFacts] = {
        var noSecret = AccountFacts(account: "no-secret")
        noSecret.secret = Failure(
            .permission, "/home/me/pw: others have rights on it (mode 644)", action: "chmod 600 /home/me/pw")
        var noLogin = AccountFacts(account: "no-login")
        noLogin.login = .failure(
            Failure(
                .permission, "imap.example.org:993 refuses the password: \u{1b}[1mno", action: "correct the password"))
        var noFolder = AccountFacts(account: "no-folder")
        noFolder.login = .success(capable)
        noFolder.server = known(capable.capabilities, "ready")
        noFolder.sent = .success(.missing(candidates: ["Gesendet", "Entwürfe"]))
        let busy = Failure(.unavailable, "the server refused STORE: [INUSE] try later")
        return [
            account("good", capable, [folder([.any, .seen])]),
            account("unsaid", plain, [folder(nil, messages: 1)]),
            account("tried", capable, [folder([.any], probe: .success(.kept))]),
            account("empty", capable, [folder([.any], messages: 0, probe: .success(.noMessage))]),
            account("drops", capable, [folder([.any], probe: .success(.dropped))]),
            account("stuck", capable, [folder([.any], probe: .success(.stuck))]),
            account("busy", capable, [folder([.any], probe: .failure(busy))]),
            account(
                "exchange", pushing, greeting: "The Microsoft Exchange IMAP4 service is ready.",
                [folder([.seen, .answered])]),
            account(
                "silent", pushing, greeting: "The Microsoft Exchange IMAP4 service is ready.",
                [folder(nil, assumes: false)]),
            account("icloud", everything, greeting: "(1B1) p00-iscream-7dfc", [folder([.any])]),
            account("courier", pushing, greeting: "Courier-IMAP ready.", [folder([.any])]),
            account("dovecot", everything, greeting: "Dovecot ready.", [folder([.any])]),
            account("some", capable, [folder([.seen, Flag(spelling: "TRACKED"), Flag(spelling: "opened")])]),
            account("read-only", capable, [folder([.any], isReadOnly: true)]),
            account(
                "vanished", capable, [.failure(Failure(.unavailable, "the server refused SELECT: no such mailbox"))]),
            noSecret, noLogin, noFolder,
        ]
    }()

    private static func outbox(
        _ drafts: [Int], isMade: Bool = true, canBeServed: Bool = true, agent: AgentPresence = .running(pid: 4711)
    ) -> OutboxFacts {
        let names = ["Tracked Outbox"] + ["Sending", "Refused", "Not sure"].map { "Tracked Outbox/\($0)" }
        let folders = zip(names, drafts).map { OutboxFacts.Folder(name: $0, drafts: $1) }
        return OutboxFacts(
            outbox: folders[0], sending: folders[1], refused: folders[2], notSure: folders[3], isMade: isMade,
            canBeServed: canBeServed, agent: agent)
    }

    static let outboxes: [AccountFacts] = {
        let facts: [Result<OutboxFacts, Failure>] = [
            .success(outbox([0, 0, 0, 0])),
            .success(outbox([0, 0, 0, 0], isMade: false)),
            .success(outbox([1, 0, 0, 0])),
            .success(outbox([2, 1, 0, 0], agent: .notRunning)),
            .success(outbox([0, 3, 1, 2], agent: .unknown)),
            .success(outbox([1, 0, 0, 0], canBeServed: false)),
            .failure(Failure(.unavailable, "the server refused EXAMINE: [INUSE] try later")),
        ]
        return facts.enumerated().map { index, facts in
            var account = AccountFacts(account: "outbox\(index)")
            account.login = .success(capable)
            account.outbox = facts
            return account
        }
    }()

    private static let labels = [Sign(.label, .tracked, "✓"), Sign(.label, .opened, "✓✓")]
    private static let usual = Signs(Signs(.standard).all + labels, standIns: [.label])

    /// Accounts that show the results in other ways than by keywords.
    static let shown: [(AccountFacts, Signs)] = {
        let gmail = AccountFacts.Server(
            address: "imap.gmail.com:993", isEncrypted: true, capabilities: Capabilities([.idle, .gmail]))
        let copy = Sign(.copy, .opened, "Opened")
        let colors = [Sign(.color, .tracked, "grey"), Sign(.color, .opened, "green")]
        let keeping = folder([.any, .flagged], labels: true)
        return [
            (account("gmail", gmail, [keeping]), usual),
            (account("gmail-labels", gmail, [keeping]), Signs(usual.all)),
            (account("gmail-without-keywords", gmail, [folder([.seen], labels: true)]), usual),
            (account("copies", pushing, [folder([.seen])]), Signs(usual.all + [copy], standIns: [.label])),
            (account("colours", capable, [keeping]), Signs(colors)),
            (account("colours-refused", capable, [folder([.seen, .flagged])]), Signs(colors)),
            (account("nothing", capable, [keeping]), Signs([])),
        ]
    }()

    private static func source(_ server: Result<SourceFacts.Server, Failure>) -> SourceFacts {
        var facts = SourceFacts(source: "px.example.org", url: "https://px.example.org")
        facts.credential = .success(77)
        facts.server = server
        return facts
    }

    static let sources: [SourceFacts] = {
        var noCredential = SourceFacts(source: "px.example.org", url: "https://px.example.org")
        noCredential.credential = .failure(
            Failure(.configuration, "keys/px: is empty", action: "write the secret into it"))
        return [
            source(.success(.init(acceptsCredential: true, clockDifference: .zero))),
            source(.success(.init(acceptsCredential: true, clockDifference: .seconds(-4)))),
            source(.success(.init(acceptsCredential: true, clockDifference: .seconds(30)))),
            source(.success(.init(acceptsCredential: true, clockDifference: .seconds(-3600)))),
            source(.success(.init(acceptsCredential: false, clockDifference: nil))),
            source(.failure(Failure(.unavailable, "px.example.org:443: no address is known for it"))),
            noCredential,
        ]
    }()

    private static func server(
        _ port: ServerFacts.Port, _ secret: ServerFacts.SecretFile = .good,
        _ streams: Result<Int, Failure> = .success(2),
        store: Result<StoreFacts, Failure> = .success(
            .sqlite(path: "/home/me/.local/state/sentmark/hits.db", exists: true))
    ) -> ServerFacts {
        ServerFacts(
            listen: "127.0.0.1:8025", port: port, secretPath: "/home/me/keys/server", secret: secret, store: store,
            streams: streams)
    }

    private static func postgres(
        _ schema: PostgresFacts.Schema, host: String = "db.example.org", syncs: Bool = true
    ) -> Result<StoreFacts, Failure> {
        .success(
            .postgres(
                PostgresFacts(
                    version: "15.18", host: host, isEncrypted: !host.hasPrefix("/"), user: "sentmark", database: "hits",
                    schema: schema, syncs: syncs, hits: schema == .missing(mayMake: true) ? nil : 1234, servers: 2)))
    }

    static let servers = [
        server(.free, .missing, .success(0)), server(.ours(isHealthy: true)), server(.ours(isHealthy: false)),
        server(.taken), server(.unusable("Cannot assign requested address")),
        server(.free, store: postgres(.found(version: 1, isCurrent: true))),
        server(.free, store: postgres(.found(version: 1, isCurrent: false), host: "/run/postgresql")),
        server(.free, store: postgres(.missing(mayMake: true))),
        server(.free, store: postgres(.missing(mayMake: false))),
        server(.free, store: postgres(.newer(version: 9), syncs: false)),
        server(
            .free,
            store: .failure(
                Failure(
                    .unavailable, "postgresql://sentmark@db.example.org/hits: no answer in time",
                    action: "try again later"))),
        server(
            .free, .failed(Failure(.permission, "keys/server: others can read it", action: "run: chmod 600")),
            .failure(Failure(.dataError, "streams.json: not a list of streams", action: "restore it from a backup"))),
    ]

    private static var networks: [Check] {
        [RangesSamples.some, RangesSamples.fresh, RangesSamples.none].flatMap(NetworkChecks.checks)
    }

    static var checks: [Check] {
        var checks = [machine, emptyMachine, brokenMachine].flatMap(HostChecks.checks)
        checks += accounts.flatMap { AccountChecks.checks($0, signs: usual) }
        checks += shown.flatMap(AccountChecks.checks)
        checks += outboxes.flatMap { AccountChecks.checks($0, signs: usual) }
        checks += sources.flatMap(SourceChecks.checks)
        checks += servers.flatMap(ServerChecks.checks)
        checks += [RangesSamples.some, RangesSamples.fresh, RangesSamples.none].flatMap(NetworkChecks.checks)
        return checks
    }
}
