import IMAP

/// Where messages may have gone that are no longer in Sent.
package enum ArchiveFolders {
    package typealias Wish = SentFolder.Wish

    /// In a hunt, at most.
    static let limit = 20

    /// The folders named, else those marked `\Archive` or `\All` (RFC 6154), else the one with a usual name; and what
    /// lies below an archive, since some programs keep one for each year, the last ones first.
    package static func choose(from entries: [ListEntry], wish: Wish) -> [MailboxName] {
        let chosen: [ListEntry]
        switch wish {
        case .named(let names):
            chosen = names.compactMap { name in entries.first { $0.name.display == name } }
        case .automatic:
            let marked = entries.filter { $0.attributes.contains(.archive) }
            let roots = marked.isEmpty ? entries.filter(\.hasUsualName) : marked
            let years = entries.filter { entry in roots.contains { entry.isBelow($0) } }
                .sorted { $0.name.display > $1.name.display }
            chosen = roots + years + entries.filter { $0.attributes.contains(.all) }
        }
        var seen: Set<MailboxName> = []
        return Array(chosen.filter(\.isSelectable).map(\.name).filter { seen.insert($0).inserted }.prefix(limit))
    }
}

extension ListEntry {
    /// What mail programs call it, at the top level or below a namespace prefix such as `INBOX.`.
    private static let usualNames: Set<String> = [
        "archive", "archives", "archiv", "archivé", "archivio", "archivo", "archief", "arkiv", "arquivo", "архив",
        "归档", "アーカイブ",
    ]

    fileprivate var hasUsualName: Bool {
        let parts = path.filter { !$0.isEmpty }
        guard let last = parts.last, parts.count <= 2 else { return false }
        return Self.usualNames.contains(last.lowercased())
    }

    fileprivate func isBelow(_ root: ListEntry) -> Bool {
        guard let delimiter = root.delimiter else { return false }
        return name.wire.starts(with: root.name.wire + [delimiter])
    }
}
