import IMAP
import Mailbox

extension MailConnection {
    /// All mailboxes there are, with their special uses where the server can say them (RFC 6154).
    nonisolated(nonsending) package func listAll() async throws(MailboxError) -> [ListEntry] {
        let capabilities = await self.capabilities
        let extended = capabilities.contains(.listExtended) && capabilities.contains(.specialUse)
        var entries: [ListEntry] = []
        try await require(
            .list(reference: MailboxName(""), pattern: MailboxName(wire: Array("*".utf8)), returnSpecialUse: extended)
        ) { if case .list(let entry) = $0 { entries.append(entry) } }
        return entries
    }
}
