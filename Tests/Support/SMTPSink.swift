import Foundation

/// A provider's SMTP server on loopback that does what it is told: `Scripts/lib/sink.py`, with TLS. It ends with
/// ``stop()``, with the last reference, and with this process.
package final class SMTPSink: Sendable {
    /// A mail that was accepted.
    package struct Delivery: Decodable, Sendable {
        package let sender: String
        package let recipients: [String]
        /// The MAIL command.
        package let mail: String
        private let data: String

        package var message: String { String(decoding: Data(base64Encoded: data) ?? Data(), as: UTF8.self) }
    }

    /// A message that was sent to its end, accepted or not.
    package struct Transaction: Decodable, Sendable {
        package let accepted: Bool
        package let recipients: [String]
    }

    /// Implicit TLS.
    package let port: Int
    package let caFile: String
    private let process: LineProcess

    package static func start() async throws -> SMTPSink {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = try LineProcess(root.appendingPathComponent("Scripts/lib/upstream.py").path, ["sink"])
        return SMTPSink(try await process.next(), process)
    }

    /// What it does at a step instead of answering as usual; see sink.py.
    package struct Action: Encodable, Sendable {
        var answer: [String]?
        var drop: Bool?

        package static func answer(_ line: String) -> Action { Action(answer: [line]) }
        package static let drop = Action(drop: true)
    }

    /// From the next step on; without any it is an ordinary server.
    package func behave(_ steps: [String: Action] = [:]) async throws {
        var request = Request("behave")
        request.behaviour = ["steps": steps]
        let _: Empty = try await process.ask(request)
    }

    /// Once there are so many.
    package func deliveries(_ count: Int = 0) async throws -> [Delivery] {
        let answer: Deliveries = try await process.ask(Request("deliveries", count: count))
        return answer.deliveries
    }

    package func transactions() async throws -> [Transaction] {
        let answer: Log = try await process.ask(Request("log"))
        return answer.transactions
    }

    package func stop() async { await process.end() }

    private init(_ place: Place, _ process: LineProcess) {
        port = place.tls
        caFile = place.ca
        self.process = process
    }
}

private struct Place: Decodable {
    let tls: Int
    let ca: String
}

private struct Request: Encodable {
    let `do`: String
    var count: Int?
    var behaviour: [String: [String: SMTPSink.Action]]?

    init(_ verb: String, count: Int? = nil) {
        self.do = verb
        self.count = count
    }
}

private struct Deliveries: Decodable { let deliveries: [SMTPSink.Delivery] }
private struct Log: Decodable { let transactions: [SMTPSink.Transaction] }
private struct Empty: Decodable {}
