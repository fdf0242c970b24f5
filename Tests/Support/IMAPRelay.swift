import Foundation

/// A relay in front of a ``Dovecot`` that makes it answer like another server: refuse commands, show other
/// PERMANENTFLAGS, have Gmail's labels. A process of its own, without TLS; it ends with the last reference.
package final class IMAPRelay: Sendable {
    /// A command whose line fits the pattern, and whose UID set holds `uid` if that is given, is answered so; `{tag}`
    /// is its tag.
    package struct Rule: Sendable, Encodable {
        let pattern: String
        let answer: String
        let uid: UInt32?

        package init(_ pattern: String, _ answer: String, uid: UInt32? = nil) {
            self.pattern = pattern
            self.answer = answer
            self.uid = uid
        }
    }

    package let port: Int
    private let process: LineProcess

    /// - Parameters:
    ///   - greeting: the words that the server greets with.
    ///   - permanentFlags: what PERMANENTFLAGS says.
    package static func start(
        to dovecot: Dovecot, rules: [Rule] = [], greeting: String? = nil, permanentFlags: String? = nil,
        labels: Bool = false
    ) async throws -> IMAPRelay {
        guard let file = Bundle.module.url(forResource: "Resources/imap_relay", withExtension: "py") else {
            throw LineProcessError(description: "imap_relay.py is missing")
        }
        let process = try LineProcess(file.path)
        let place: Place = try await process.ask(
            Configuration(
                port: dovecot.imapPort, rules: rules, greeting: greeting, permanent: permanentFlags, labels: labels))
        return IMAPRelay(place.port, process)
    }

    private init(_ port: Int, _ process: LineProcess) {
        self.port = port
        self.process = process
    }

    /// The labels of a message, as on the wire.
    package func labels(_ uid: UInt32) async throws -> Set<String> {
        let answer: Labels = try await process.ask(Request(do: "labels", uid: uid))
        return Set(answer.labels)
    }

    /// What the user does in Gmail; `label` as on the wire.
    package func remove(label: String, from uid: UInt32) async throws {
        let _: Done = try await process.ask(Request(do: "unlabel", uid: uid, label: label))
    }

    /// All that clients have said, line by line.
    package func lines() async throws -> [String] {
        let answer: Lines = try await process.ask(Request(do: "lines"))
        return answer.lines
    }

    private struct Configuration: Encodable {
        let port: Int
        let rules: [Rule]
        let greeting: String?
        let permanent: String?
        let labels: Bool
    }

    private struct Request: Encodable {
        let `do`: String
        var uid: UInt32?
        var label: String?
    }

    private struct Place: Decodable, Sendable { let port: Int }
    private struct Labels: Decodable, Sendable { let labels: [String] }
    private struct Lines: Decodable, Sendable { let lines: [String] }
    private struct Done: Decodable, Sendable {}
}
