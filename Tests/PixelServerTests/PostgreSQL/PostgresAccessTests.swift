import Foundation
import Secrets
import TestSupport
import Testing

@testable import PixelServer

/// Who gets in, and what `serve --check` says of it.
struct PostgresAccessTests {
    @Test func theServerProvesWhoItIs() async throws {
        let postgres = try await PrivatePostgres.shared()
        let database = try await postgres.database()
        func find(_ url: String, _ password: String) throws -> PostgresFacts {
            try PostgresFacts.find(PostgresServer(url: url, encrypts: true) { Secret(password) })
        }
        let trusting = database.tls + "?sslrootcert=" + postgres.caFile
        let facts = try find(trusting, "secret")
        #expect(facts.isEncrypted && facts.user == "sentmark" && facts.database == database.name)
        #expect(facts.schema == .missing(mayMake: true) && facts.syncs == true)
        for (url, password) in [
            // Somebody else's certificate; a server without the name; the wrong password.
            (database.tls + "?sslrootcert=/etc/ssl/certs/ca-certificates.crt", "secret"),
            (trusting.replacingOccurrences(of: "localhost", with: "127.0.0.2"), "secret"),
            (trusting, "hunter2"),
            // What the URL says of TLS has no say.
            (database.tls + "?sslmode=disable", "secret"),
        ] {
            let error = #expect(throws: PixelServerError.self) { try find(url, password) }
            #expect(error?.code == .unreachable)
            #expect(error.map { !"\($0)".contains("hunter2") } == true)
        }
    }

    @Test func aRoleWithoutRightsIsToldSo() async throws {
        let postgres = try await PrivatePostgres.shared()
        let database = try await postgres.database()
        try await postgres.sql("CREATE ROLE guest_\(database.name) LOGIN")
        let guest = PostgresServer(
            url: database.socket.replacingOccurrences(of: "user=sentmark", with: "user=guest_\(database.name)"),
            encrypts: false)
        #expect(try PostgresFacts.find(guest).schema == .missing(mayMake: false))
        let error = #expect(throws: PixelServerError.self) {
            try PostgresHitLog(server: guest, random: systemRandomBytes)
        }
        #expect(error?.code == .permission)
        // A schema that was made for it is enough.
        try await postgres.sql("CREATE SCHEMA sentmark AUTHORIZATION guest_\(database.name)", in: database.name)
        #expect(try PostgresFacts.find(guest).schema == .missing(mayMake: true))
        try PostgresHitLog(server: guest, random: systemRandomBytes).close()
        let facts = try PostgresFacts.find(guest)
        #expect(facts.schema == .found(version: PostgresSchema.version, isCurrent: true) && facts.hits == 0)
    }

    @Test func aDatabaseThatIsNotThereIsAnError() async throws {
        let database = try await PrivatePostgres.shared().database()
        let missing = PostgresServer(
            url: database.socket.replacingOccurrences(of: "/\(database.name)?", with: "/nothing?"), encrypts: false)
        let error = #expect(throws: PixelServerError.self) { try PostgresFacts.find(missing) }
        #expect(error?.code == .unreachable)
        #expect(error?.detail.contains(#"database "nothing" does not exist"#) == true)
    }
}
