import Foundation

/// A server on loopback that plays scripts, byte for byte, to test clients against: what it expects, what it sends in
/// which cuts, when it waits, how it ends. A process of its own, over TCP, TLS or STARTTLS with a fresh authority.
///
/// Every waiting ends after 20 s with an error. The server ends with the last reference, and with this process.
package final class ScriptedServer: Sendable {
    package enum Security: String, Sendable { case none, implicit, starttls }
    package enum Certificate: String, Sendable {
        case valid, expired
        /// Valid for a name that is not this machine's.
        case otherhost
    }

    package let port: Int
    /// The authority that signed the server's certificate; nil without TLS.
    package let caFile: String?
    private let process: LineProcess

    /// The nth connection plays the nth script, further ones the last.
    package static func start(
        _ security: Security = .none, certificate: Certificate = .valid, scripts: [[ScriptStep]]
    ) async throws -> ScriptedServer {
        guard let file = Bundle.module.url(forResource: "Resources/scripted_server", withExtension: "py") else {
            throw LineProcessError(description: "scripted_server.py is missing")
        }
        let process = try LineProcess(file.path)
        let configuration = Configuration(
            tls: security.rawValue, certificate: certificate.rawValue, scripts: scripts.map { $0.map(\.line) })
        let place: Place = try await process.ask(configuration)
        return ScriptedServer(place, process)
    }

    package static func start(
        _ security: Security, certificate: Certificate = .valid, _ script: [ScriptStep]
    ) async throws -> ScriptedServer {
        try await start(security, certificate: certificate, scripts: [script])
    }

    package static func start(_ script: [ScriptStep]) async throws -> ScriptedServer {
        try await start(scripts: [script])
    }

    private init(_ place: Place, _ process: LineProcess) {
        port = place.port
        caFile = place.ca
        self.process = process
    }

    /// Lets those pass that wait at ``ScriptStep/pass(_:)``.
    package func open(_ gate: String) async throws {
        let _: Done = try await process.ask(Request(do: "open", gate: gate))
    }

    /// Waits until the connection has done this many steps, for at most so many seconds.
    package func reached(step: Int, connection: Int = 0, within seconds: Int = 20) async throws {
        let request = Request(do: "reached", connection: connection, step: step, seconds: seconds)
        let _: Done = try await process.ask(request)
    }

    /// Waits until the connection's script has ended, or failed.
    package func ended(connection: Int = 0) async throws {
        let _: Done = try await process.ask(Request(do: "ended", connection: connection))
    }

    /// How many connections have been accepted.
    package func connectionCount() async throws -> Int {
        let answer: Count = try await process.ask(Request(do: "count"))
        return answer.count
    }

    /// All that the client has sent, without TLS.
    package func received(connection: Int = 0) async throws -> String {
        let transcript: Transcript = try await process.ask(Request(do: "transcript", connection: connection))
        return String(decoding: Data(base64Encoded: transcript.received) ?? Data(), as: UTF8.self)
    }

    /// What did not go by the script; nil when all did.
    package func failure(connection: Int = 0) async throws -> String? {
        let outcome: Outcome = try await process.ask(Request(do: "outcome", connection: connection))
        return outcome.failure
    }
}

package struct ScriptStep: Sendable {
    fileprivate struct Line: Encodable {
        var `do`: String
        var pattern: String?
        var data: String?
        var cut: Int?
        var count: Int?
        var gate: String?
        var notify: Bool?
        var rules: [Rule]?
    }

    fileprivate struct Rule: Encodable {
        let pattern: String
        let data: String
    }

    fileprivate let line: Line

    /// Reads a line, which must match the regular expression; its first word becomes `{tag}`.
    package static func expect(_ pattern: String) -> ScriptStep {
        ScriptStep(line: Line(do: "expect", pattern: pattern))
    }
    /// Reads the rest of an HTTP request's head.
    package static let headers = ScriptStep(line: Line(do: "headers"))
    /// Sends bytes, in pieces of `cut` with a write (and a TLS record) each.
    package static func send(_ text: String, cut: Int? = nil) -> ScriptStep { send(Array(text.utf8), cut: cut) }
    package static func send(_ bytes: [UInt8], cut: Int? = nil) -> ScriptStep {
        ScriptStep(line: Line(do: "send", data: Data(bytes).base64EncodedString(), cut: cut))
    }
    /// Answers every line, in any order, by the first rule that fits it, until the client closes. Rules are regular
    /// expressions with the bytes to send, `{tag}` as in ``send(_:cut:)``.
    package static func answer(_ rules: KeyValuePairs<String, String>) -> ScriptStep {
        let rules = rules.map { Rule(pattern: $0.key, data: Data($0.value.utf8).base64EncodedString()) }
        return ScriptStep(line: Line(do: "answer", rules: rules))
    }
    /// Sends the same over and over, until the client closes.
    package static func flood(_ text: String) -> ScriptStep {
        ScriptStep(line: Line(do: "flood", data: Data(text.utf8).base64EncodedString()))
    }
    package static func read(_ count: Int) -> ScriptStep { ScriptStep(line: Line(do: "read", count: count)) }
    /// Sends back what comes, until the client closes.
    package static let echo = ScriptStep(line: Line(do: "echo"))
    /// Reads until the client closes.
    package static let end = ScriptStep(line: Line(do: "end"))
    package static let startTLS = ScriptStep(line: Line(do: "starttls"))
    /// Waits, reading nothing, until the test opens the gate.
    package static func pass(_ gate: String) -> ScriptStep { ScriptStep(line: Line(do: "pass", gate: gate)) }
    /// Closes; under TLS with its own farewell only if `notify`.
    package static func close(notify: Bool = false) -> ScriptStep {
        ScriptStep(line: Line(do: "close", notify: notify))
    }
    /// Ends the connection with a TCP reset.
    package static let reset = ScriptStep(line: Line(do: "reset"))
}

private struct Configuration: Encodable {
    let tls: String
    let certificate: String
    let scripts: [[ScriptStep.Line]]
}

private struct Request: Encodable {
    var `do`: String
    var gate: String?
    var connection: Int?
    var step: Int?
    var seconds: Int?
}

private struct Place: Decodable, Sendable {
    let port: Int
    let ca: String?
}

private struct Transcript: Decodable, Sendable { let received: String }
private struct Outcome: Decodable, Sendable { let failure: String? }

private struct Count: Decodable, Sendable { let count: Int }
private struct Done: Decodable, Sendable {}
