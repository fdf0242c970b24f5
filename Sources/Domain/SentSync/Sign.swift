import IMAP

/// A way of showing marks on messages.
package enum Projection: String, Sendable, CaseIterable, Comparable {
    case keyword
    /// Gmail's, which its own programs show (X-GM-LABELS).
    case label
    /// Of a flag, as Apple Mail shows it (RFC 9979).
    case color
    /// A copy of the message in a folder that the user has named.
    case copy

    package static func < (a: Projection, b: Projection) -> Bool { a.rawValue < b.rawValue }
}

/// What stands for a mark on a message: the mark, spelled for one projection.
package struct Sign: Sendable, Hashable, Comparable {
    package let projection: Projection
    package let mark: Mark
    /// The keyword, the name of the label or of the folder as people read it, or the name of the colour.
    package let text: String

    package init(_ projection: Projection, _ mark: Mark, _ text: String) {
        self.projection = projection
        self.mark = mark
        self.text = text
    }

    package static func < (a: Sign, b: Sign) -> Bool {
        (a.projection, a.mark, a.text) < (b.projection, b.mark, b.text)
    }

    /// As `why` and `status` name it.
    package var words: String {
        switch projection {
        case .keyword: "keyword \(text)"
        case .label: "label \(text)"
        case .color: "\(text) flag"
        case .copy: "copy in \(text)"
        }
    }
}

/// All that is written on the messages of an account.
package struct Signs: Sendable, Equatable {
    /// In the order in which they are planned.
    package private(set) var all: [Sign]
    /// Projections that stand in for a keyword where the folder refuses it, and are not used beside it.
    package private(set) var standIns: Set<Projection>

    package init(_ all: [Sign], standIns: Set<Projection> = []) {
        self.all = all.sorted()
        self.standIns = standIns
    }

    package init(_ keywords: KeywordNames) {
        self.init(keywords.names.map { Sign(.keyword, $0.key, $0.value) })
    }

    package func contains(_ projection: Projection) -> Bool { all.contains { $0.projection == projection } }

    /// Without what would only stand in for keywords and cannot be had of this server.
    package func inForce(at capabilities: Capabilities) -> Signs {
        guard standIns.contains(.label), !capabilities.contains(.gmail) else { return self }
        return Signs(all.filter { $0.projection != .label }, standIns: standIns.subtracting([.label]))
    }

    /// What of these flags and labels is ours.
    package func shown(in seen: SeenOnServer) -> Set<Sign> { Set(all.filter(seen.shows)) }

    /// The folder that messages are copied to.
    package var copyFolder: String? { all.first { $0.projection == .copy }?.text }
}

/// What the server showed of a message, as far as signs can be seen in it.
package struct SeenOnServer: Sendable, Equatable {
    package var flags: Set<Flag>
    /// Those that are ours; `nil` where they have not been asked for yet.
    package var labels: Set<Label>?

    package init(flags: Set<Flag>, labels: Set<Label>? = nil) {
        self.flags = flags
        self.labels = labels
    }

    package func shows(_ sign: Sign) -> Bool {
        switch sign.projection {
        case .keyword: flags.contains(Flag(spelling: sign.text))
        case .label: labels?.contains(Label(sign.text)) ?? false
        case .color: FlagColor(flags)?.rawValue == sign.text
        case .copy: false
        }
    }
}

/// The name of a label of Gmail's, which it compares without regard to case.
package struct Label: Sendable, Hashable {
    package let name: String

    package init(_ name: String) { self.name = name }
    /// As X-GM-LABELS tells it.
    package init(_ wire: MailboxName) { name = wire.display }

    package static func == (a: Label, b: Label) -> Bool { a.name.lowercased() == b.name.lowercased() }
    package func hash(into hasher: inout Hasher) { hasher.combine(name.lowercased()) }
}
