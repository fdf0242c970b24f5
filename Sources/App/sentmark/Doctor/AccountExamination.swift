import Agent
import IMAP
import Mailbox
import SentSync
import Servers
import Settings
import Transport

/// Logs in to an account as the agent would, and looks at its Sent folder and its outbox.
struct AccountExamination {
    let account: Settings.Account
    let poller: Poller
    /// Whether a keyword may be stored and removed again.
    let mayWrite: Bool
    let agent: AgentPresence

    func run() async -> AccountFacts {
        var facts = AccountFacts(account: account.name)
        let options: ConnectionOptions
        do {
            options = try await ConnectionOptions(account)
        } catch {
            facts.secret = Failure(error)
            return facts
        }
        do {
            let connection = try await Connection.open(options, on: poller)
            facts.login = .success(
                .init(
                    address: "\(options.endpoint)", isEncrypted: options.endpoint.security != .cleartext,
                    capabilities: await connection.capabilities))
            await look(around: connection, host: options.endpoint.host, &facts)
            await connection.logout()
        } catch {
            facts.login = .failure(Failure(error))
        }
        return facts
    }

    private func look(around connection: Connection, host: String, _ facts: inout AccountFacts) async {
        do {
            facts.server = try await MailServer.meet(over: connection, host: host)
            let entries = try await connection.listAll()
            if let outbox = account.outbox {
                facts.outbox = await look(into: outbox, among: entries, on: connection)
            }
            let choice = SentFolder.choose(from: entries, wish: SentFolder.Wish(account.sent))
            facts.sent = .success(choice)
            guard case .found(let names) = choice else { return }
            let offer = MailboxOffer(
                permanentFlags: nil, assumesKeywords: facts.server?.policy.assumesKeywords ?? true,
                hasLabels: facts.server?.identity.capabilities.contains(.gmail) ?? false)
            for name in names { facts.folders.append(await look(into: name, on: connection, offer)) }
        } catch {
            facts.sent = .failure(Failure(error))
        }
    }

    private func look(
        into outbox: String, among entries: [ListEntry], on connection: Connection
    ) async -> Result<OutboxFacts, Failure> {
        do throws(MailboxError) {
            return .success(try await OutboxFacts.find(outbox, among: entries, over: connection, agent: agent))
        } catch {
            return .failure(Failure(error))
        }
    }

    private func look(
        into name: MailboxName, on connection: Connection, _ offer: MailboxOffer
    ) async -> Result<AccountFacts.Folder, Failure> {
        do throws(MailboxError) {
            var folder = AccountFacts.Folder(name: name.display, messages: 0, offer: offer)
            let completion = try await connection.require(.select(name, nil)) { untagged in
                switch untagged {
                case .exists(let count): folder.messages = count
                case .condition(let condition):
                    if case .permanentFlags(let flags) = condition.code { folder.offer.permanentFlags = Set(flags) }
                default: break
                }
            }
            folder.offer.isReadOnly = completion.code == .readOnly
            if mayWrite, !folder.offer.isReadOnly {
                do throws(MailboxError) {
                    folder.probe = .success(try await KeywordProbe.run(on: connection))
                } catch {
                    folder.probe = .failure(Failure(error))
                }
            }
            return .success(folder)
        } catch {
            return .failure(Failure(error))
        }
    }
}

extension SentFolder.Wish {
    fileprivate init(_ sent: Settings.SentFolders) {
        switch sent {
        case .automatic: self = .automatic
        case .named(let names): self = .named(names)
        }
    }
}
