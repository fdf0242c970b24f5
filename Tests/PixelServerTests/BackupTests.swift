import Foundation
import GRDB
import Secrets
import Testing
import Tokens

@testable import PixelServer

struct BackupTests {
    @Test func aRestoredBackupIsAnotherLogAndLosesNothingOfIt() async throws {
        let state = try TestState()
        defer { state.remove() }
        let secret = state.directory.appendingPathComponent("keys/server")
        _ = try ServerSecretFile.loadOrCreate(secret, random: systemRandomBytes)
        let backup = state.directory.appendingPathComponent("backup")
        let (cursor, log) = try await TestServer.run(on: state) { server in
            for message in 1...5 { _ = try server.get("/i/\(server.state.token(UInt64(message))).gif") }
            try Backup.make(of: state.directory, secret: secret, in: backup)
            for message in 6...8 { _ = try server.get("/i/\(server.state.token(UInt64(message))).gif") }
            let page = try server.pull()
            #expect(page.hits.count == 8)
            return (page.cursor, page.log)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: backup.path)
        #expect(Set(names) == ["hits.db", "streams.json", "server"])
        for name in names {
            let path = backup.appendingPathComponent(name).path
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o600, "\(name)")
        }
        #expect(try ServerSecretFile.load(backup.appendingPathComponent("server")) == ServerSecretFile.load(secret))

        // The disk is lost.
        for name in ["hits.db", "hits.db-wal", "hits.db-shm", "streams.json"] {
            try? FileManager.default.removeItem(at: state.directory.appendingPathComponent(name))
        }
        for name in ["hits.db", "streams.json"] {
            try FileManager.default.copyItem(
                at: backup.appendingPathComponent(name), to: state.directory.appendingPathComponent(name))
        }
        try await TestServer.run(on: state) { server in
            // More than were lost: by its numbers alone the log would look as if it had what the cursor is of.
            for message in 11...20 { _ = try server.get("/i/\(server.state.token(UInt64(message))).gif") }
            let agent = TestServer.authorization(server.state.credential)
            #expect(try server.get("/v1/hits?after=\(cursor)", [agent]).status == 410)
            let page = try server.pull()
            #expect(page.log != log)
            let messages = try (Array(1...5) + Array(11...20)).map { try server.state.token(UInt64($0)).text }
            #expect(page.hits.map(\.token) == messages)
        }
    }

    @Test func keysOfNetworksStayBehind() throws {
        let state = try TestState()
        defer { state.remove() }
        let log = try state.log()
        _ = try log.append([.hit(state.request(state.token()))])
        let copy = state.directory.appendingPathComponent("copy.db")
        try HitLog.backUp(state.directory, to: copy)
        let keys = try DatabaseQueue(path: state.directory.appendingPathComponent("hits.db").path).read {
            try Data.fetchAll($0, sql: "SELECT key FROM network_keys UNION SELECT cursor_key FROM log")
        }
        try #require(keys.count == 2)
        let bytes = try Data(contentsOf: copy)
        for key in keys { #expect(bytes.firstRange(of: key) == nil) }
        #expect(bytes.firstRange(of: Data(try state.token().text.utf8)) != nil)
        // The log that it is of goes on.
        #expect(try log.append([.hit(state.request(state.token()))]).last == [state.credential.stream: 2])
    }

    @Test func nothingIsOverwrittenAndNothingHalfIsLeft() throws {
        let state = try TestState()
        defer { state.remove() }
        let secret = state.directory.appendingPathComponent("keys/server")
        let backup = state.directory.appendingPathComponent("backup")
        // Without a log there is nothing to copy.
        let missing = #expect(throws: PixelServerError.self) {
            try Backup.make(of: state.directory, secret: secret, in: backup)
        }
        #expect(missing?.code == .unreadable)
        #expect(!FileManager.default.fileExists(atPath: backup.path))
        try state.log().close()
        // Nor is a server needed.
        try Backup.make(of: state.directory, secret: secret, in: backup)
        let before = try Data(contentsOf: backup.appendingPathComponent("hits.db"))
        let taken = #expect(throws: PixelServerError.self) {
            try Backup.make(of: state.directory, secret: secret, in: backup)
        }
        #expect(taken?.code == .permission)
        #expect(try Data(contentsOf: backup.appendingPathComponent("hits.db")) == before)
    }
}
