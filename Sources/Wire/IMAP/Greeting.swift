/// What a server said before the session began: its greeting, and the capabilities that it listed up to the login.
///
/// It tells who the server is and nothing more: before STARTTLS anybody may have said it.
package struct Greeting: Equatable, Sendable {
    /// Octets of the greeting's words that are kept; a character that is cut in two becomes U+FFFD.
    package static let textLimit = 500

    /// The words behind `* OK` and its response code.
    package let text: String
    /// All that any line listed, before and with the answer to the login.
    package let capabilities: Capabilities
    /// What the answer to the login listed, as its code or (Dovecot, to a client that had asked before) as an untagged
    /// response before it: they are those of the session. `nil` if it did not, or if more may be said when the server is
    /// asked (Quirk: iCloud's proxy puts `XAPPLEPUSHSERVICE` into literals until then; isync asks too).
    package let afterLogin: Capabilities?

    package init(
        text: String = "", capabilities: Capabilities = Capabilities(), afterLogin: Capabilities? = nil
    ) {
        self.text = String(decoding: text.utf8.prefix(Self.textLimit), as: UTF8.self)
        self.capabilities = capabilities
        self.afterLogin = afterLogin
    }

    /// - Parameter lines: what came up to the answer to the login, the greeting first; without line ends.
    package init(lines: [String]) {
        var text = ""
        var capabilities: Set<Capability> = []
        var afterLogin: Capabilities?
        // Since the last tagged response; before the first one, the answer to the login is not what is listed.
        var sinceTagged: [Capability]?
        var hasBeenTagged = false
        for (index, line) in lines.enumerated() {
            // Each line for itself: what looks like a literal's announcement takes no other line with it.
            var parser = ResponseParser()
            parser.append(Array(line.utf8) + [0x0D, 0x0A])
            guard let response = try? parser.next() else { continue }
            switch response {
            case .untagged(.condition(let condition)):
                if index == 0 { text = condition.text }
                capabilities.formUnion(condition.code?.capabilities ?? [])
            case .tagged(_, let completion):
                let listed = completion.code?.capabilities
                capabilities.formUnion(listed ?? [])
                afterLogin = completion.status == .ok ? (listed ?? sinceTagged).map { Capabilities($0) } : nil
                (hasBeenTagged, sinceTagged) = (true, nil)
            case .untagged(.capability(let all)):
                capabilities.formUnion(all)
                if hasBeenTagged { sinceTagged = all }
            case .untagged, .continuation, .unparsable: break
            }
        }
        if afterLogin?.contains(.applePush) == true { afterLogin = nil }
        self.init(text: text, capabilities: Capabilities(capabilities), afterLogin: afterLogin)
    }
}

extension ResponseCode {
    fileprivate var capabilities: [Capability]? {
        if case .capability(let all) = self { all } else { nil }
    }
}
