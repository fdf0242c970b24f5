import IMAP

/// What a server has shown of itself, bounded, since all of it comes from a stranger.
package struct ServerIdentity: Sendable, Equatable {
    /// As in the configuration, in lower case.
    package let host: String
    package let greeting: Greeting
    /// As listed after the login.
    package let capabilities: Capabilities
    /// The answer to ID (RFC 2971: at most 30 fields, values of 1,024 octets); empty if there was none.
    package var id: [IDField] {
        didSet { id = Self.bounded(id) }
    }

    package init(host: String, greeting: Greeting, capabilities: Capabilities, id: [IDField] = []) {
        self.host = host.lowercased()
        self.greeting = greeting
        self.capabilities = capabilities
        self.id = Self.bounded(id)
    }

    private static func bounded(_ id: [IDField]) -> [IDField] {
        id.prefix(30).map { field in
            IDField(
                String(decoding: field.name.utf8.prefix(30), as: UTF8.self),
                field.value.map { String(decoding: $0.utf8.prefix(1024), as: UTF8.self) })
        }
    }
}

/// One thing by which a server can be known.
enum ServerSign: Sendable {
    /// The host's name is this or ends with it behind a dot.
    case host(String)
    /// The greeting holds these words, in any case.
    case greeting(String)
    /// Listed before or after the login.
    case capability(Capability)
    /// The `name` or `vendor` of its ID holds this, in any case.
    case id(String)

    func isSeen(in identity: ServerIdentity) -> Bool {
        switch self {
        case .host(let name): identity.host == name || identity.host.hasSuffix("." + name)
        case .greeting(let words): identity.greeting.text.lowercased().contains(words.lowercased())
        case .capability(let capability):
            identity.capabilities.all.contains(capability) || identity.greeting.capabilities.all.contains(capability)
        case .id(let word):
            identity.id.contains { field in
                ["name", "vendor"].contains(field.name.lowercased())
                    && field.value?.lowercased().contains(word.lowercased()) == true
            }
        }
    }
}
