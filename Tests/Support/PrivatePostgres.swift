import Foundation

/// A real PostgreSQL server on loopback, private to a test (`Scripts/lib/postgres.py`). It ends with the last reference,
/// and with this process, however that ends.
package final class PrivatePostgres: Sendable {
    package struct Database: Decodable, Sendable {
        package let name: String
        /// URL by way of its Unix socket, which asks for no password.
        package let socket: String
        /// URL by way of loopback, with TLS and the password `secret`.
        package let tls: String
    }

    /// PEM file of the authority that has signed the server's certificate.
    package let caFile: String
    private let process: LineProcess

    /// One for all tests that do nothing to the server itself.
    package static func shared() async throws -> PrivatePostgres { try await common.value }
    private static let common = Task { try await start() }

    package static func start() async throws -> PrivatePostgres {
        let process = try LineProcess(repositoryFile("Scripts/lib/postgres.py"), ["serve"])
        return PrivatePostgres(try await process.next(), process)
    }

    /// A new one, which belongs to the role `sentmark`.
    package func database() async throws -> Database { try await process.ask(Request("database")) }

    /// As the superuser.
    @discardableResult
    package func sql(_ text: String, in database: String = "postgres") async throws -> [[String]] {
        var request = Request("sql")
        request.database = database
        request.sql = text
        let answer: Rows = try await process.ask(request)
        return answer.rows
    }

    package func stop() async throws { try await done(Request("stop")) }
    package func start() async throws { try await done(Request("start")) }
    /// SIGKILL to all of its processes.
    package func kill() async throws { try await done(Request("kill")) }
    /// A backup of its files.
    package func copy() async throws { try await done(Request("copy")) }

    /// Back to the copy. `recovering`: as a standby is promoted or a backup recovered; otherwise as a snapshot of the disk is.
    package func back(recovering: Bool) async throws {
        var request = Request("back")
        request.recovers = recovering
        try await done(request)
    }

    private init(_ place: Place, _ process: LineProcess) {
        caFile = place.ca
        self.process = process
    }

    private func done(_ request: Request) async throws {
        let _: Done = try await process.ask(request)
    }
}

private struct Place: Decodable { let ca: String }
private struct Rows: Decodable { let rows: [[String]] }
private struct Done: Decodable {}

private struct Request: Encodable {
    let `do`: String
    var database: String?
    var sql: String?
    var recovers: Bool?

    init(_ verb: String) { self.do = verb }
}
