import IMAP
import SentSync
import Servers

/// What the facts about an account mean: one check for each question that could be asked.
enum AccountChecks {
    static func checks(_ facts: AccountFacts, signs: Signs) -> [Check] {
        let topic = "account \(facts.account)"
        if let failure = facts.secret { return [Check(topic, "secret", failure)] }
        var checks = [Check(topic, "secret", .good, "obtained")]
        switch facts.login {
        case nil: return checks
        case .failure(let failure): return checks + [Check(topic, "login", failure)]
        case .success(let server): checks.append(login(topic, server))
        }
        if let server = facts.server {
            checks += [self.server(topic, server)] + quirks(topic, server) + [news(topic, server)]
        }
        switch facts.sent {
        case nil: break
        case .failure(let failure): checks.append(Check(topic, "Sent folder", failure))
        case .success(.missing(let candidates)): checks.append(missing(topic, candidates))
        case .success(.found):
            for folder in facts.folders {
                switch folder {
                case .failure(let failure): checks.append(Check(topic, "Sent folder", failure))
                case .success(let folder):
                    checks += self.checks(topic, folder, signs.inForce(at: facts.capabilities), facts.server)
                }
            }
        }
        switch facts.outbox {
        case nil: break
        case .failure(let failure): checks.append(Check(topic, "outbox", failure))
        case .success(let outbox): checks += OutboxChecks.checks(topic, outbox)
        }
        return checks
    }

    private static func login(_ topic: String, _ server: AccountFacts.Server) -> Check {
        let security = server.isEncrypted ? "over TLS" : "without TLS, on this machine"
        return Check(topic, "login", .good, "\(server.address), \(security)")
    }

    private static func server(_ topic: String, _ server: MailServer) -> Check {
        let names = server.profiles.map(\.name).joined(separator: " and ")
        let serverClass =
            switch server.serverClass {
            case .qresync: "class QRESYNC, tells all changes in one answer"
            case .condstore: "class CONDSTORE, numbers its changes"
            case .plain: "class plain, does not tell what has changed"
            }
        return Check(topic, "server", .good, "\(names.isEmpty ? "of no known kind" : names), \(serverClass)")
    }

    private static func quirks(_ topic: String, _ server: MailServer) -> [Check] {
        guard !server.quirks.isEmpty else { return [] }
        let all = server.quirks.map { "\($0.consequence) (\($0.rawValue))" }
        return [Check(topic, "quirks", .good, all.joined(separator: ", "))]
    }

    private static func news(_ topic: String, _ server: MailServer) -> Check {
        let capabilities = server.identity.capabilities
        let known: [Capability] = [.idle, .condstore, .qresync, .specialUse, .uidPlus, .objectID, .gmail]
        let list = known.filter(capabilities.contains).map(\.description).joined(separator: ", ")
        guard server.pushesNews else {
            return Check(
                topic, "news", .warning,
                "the server cannot say that something is new, so that it is asked now and then",
                action: "set poll_interval if that is too seldom")
        }
        return Check(topic, "news", .good, "told at once (\(list))")
    }

    private static func missing(_ topic: String, _ candidates: [String]) -> Check {
        let here =
            candidates.isEmpty ? "the server lists no folder" : "folders here: \(candidates.joined(separator: ", "))"
        return Check(
            topic, "Sent folder", .failed(.configuration),
            "none is marked as Sent, or the one named is not there (\(here))",
            action: "name it with sent = \"…\" in the configuration")
    }

    private static func checks(
        _ topic: String, _ folder: AccountFacts.Folder, _ signs: Signs, _ server: MailServer?
    ) -> [Check] {
        let messages = folder.messages.counted("message")
        return [Check(topic, "Sent folder", .good, "\(folder.name), \(messages)")]
            + (signs.contains(.keyword) ? [keywords(topic, folder, signs)] : [])
            + [ShownAs.check(topic, folder, signs, server)]
    }

    private static func keywords(_ topic: String, _ folder: AccountFacts.Folder, _ signs: Signs) -> Check {
        let name = "keywords"
        let keywords = signs.all.filter { $0.projection == .keyword }
        let refused = keywords.filter { folder.offer.refusal(of: $0) != nil }.map(\.text)
        let fallback =
            "keep the results with 'sentmark status' here, have opened messages copied to a folder (copy_opened_to), or "
            + "move the Sent folder to a server with keywords"
        if folder.offer.isReadOnly {
            return Check(
                topic, name, .failed(.permission), "\(folder.name) is read-only",
                action: "ask for the right to write flags there")
        }
        if !refused.isEmpty, refused.count == keywords.count {
            // Where something else shows the results, nothing has to be done.
            let isShown = !folder.offer.kept(of: signs).isEmpty
            return Check(
                topic, name, isShown ? .warning : .failed(.unavailable),
                "the server keeps no keywords of its users' own", action: isShown ? nil : fallback)
        }
        if !refused.isEmpty {
            return Check(
                topic, name, .warning, "the server does not keep \(refused.joined(separator: ", "))",
                action: "use keywords that it knows, in [keywords]")
        }
        switch folder.probe {
        case nil: return Check(topic, name, .good, "can be stored, as the server says (--write tries it)")
        case .failure(let failure): return Check(topic, name, failure)
        case .success(.kept): return Check(topic, name, .good, "stored, read back and removed again")
        case .success(.noMessage): return Check(topic, name, .warning, "not tried: \(folder.name) has no message")
        case .success(.dropped):
            return Check(
                topic, name, .failed(.unavailable), "the server accepts keywords and does not keep them",
                action: fallback)
        case .success(.stuck):
            return Check(
                topic, name, .failed(.unavailable),
                "the server keeps keywords and does not remove them: \(KeywordProbe.keyword) is still on a message",
                action: "remove it with a mail program")
        }
    }
}

extension AccountFacts {
    fileprivate var capabilities: Capabilities { server?.identity.capabilities ?? Capabilities() }
}
