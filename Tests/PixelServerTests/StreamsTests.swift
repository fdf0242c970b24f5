import Foundation
import Secrets
import Testing
import Tokens

@testable import PixelServer

struct StreamsTests {
    @Test func addListRevokeAndAddAgain() throws {
        let state = try TestState()
        defer { state.remove() }
        let streams = state.streams
        let error = #expect(throws: PixelServerError.self) {
            try streams.add("main", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        }
        #expect(error?.code == .stream)
        try streams.revoke("main", now: state.clock.now)
        #expect(throws: PixelServerError.self) { try streams.revoke("main", now: state.clock.now) }
        let again = try streams.add("main", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        #expect(again.stream == state.credential.stream)
        #expect(again.epoch == state.credential.epoch + 1)
        let records = try streams.list()
        #expect(records.map(\.epoch) == [0, 1])
        #expect(records.map { $0.revoked == nil } == [false, true])
        #expect(try mode(state.streamFile) == 0o600)
    }

    @Test func rotateRetireAndRevokeOneKey() throws {
        let state = try TestState()
        defer { state.remove() }
        let streams = state.streams
        let now = state.clock.now
        func states() throws -> [String] {
            try streams.list().map { "\($0.epoch) \($0.pulls ? "in use" : $0.revoked == nil ? "retired" : "revoked")" }
        }
        #expect(throws: PixelServerError.self) { try streams.retire("main", now: now) }
        #expect(throws: PixelServerError.self) { try streams.rotate("nobody", secret: state.secret, now: now) }
        let second = try streams.rotate("main", secret: state.secret, now: now)
        #expect(second.stream == state.credential.stream && second.epoch == 1)
        #expect(try states() == ["0 in use", "1 in use"])
        // A third would leave open which of them the agent has.
        #expect(throws: PixelServerError.self) { try streams.rotate("main", secret: state.secret, now: now) }
        #expect(throws: PixelServerError.self) {
            try streams.add("main", secret: state.secret, now: now, random: systemRandomBytes)
        }
        #expect(try streams.retire("main", now: now).map(\.epoch) == [0])
        #expect(try states() == ["0 retired", "1 in use"])
        #expect(try streams.rotate("main", secret: state.secret, now: now).epoch == 2)
        #expect(try streams.revoke("main", epoch: 0, now: now).map(\.epoch) == [0])
        #expect(try states() == ["0 revoked", "1 in use", "2 in use"])
        #expect(throws: PixelServerError.self) { try streams.revoke("main", epoch: 0, now: now) }
        #expect(throws: PixelServerError.self) { try streams.revoke("main", epoch: 9, now: now) }
        #expect(try streams.revoke("main", now: now).map(\.epoch) == [1, 2])
        #expect(try streams.stream(named: "main") == state.credential.stream)
        #expect(
            try streams.add("main", secret: state.secret, now: now, random: systemRandomBytes).epoch == 3)
    }

    @Test func aNameHasSixteenKeys() throws {
        let state = try TestState()
        defer { state.remove() }
        for epoch: UInt8 in 1..<16 {
            let made = try state.streams.rotate("main", secret: state.secret, now: state.clock.now)
            #expect(made.epoch == epoch)
            try state.streams.retire("main", now: state.clock.now)
        }
        let error = #expect(throws: PixelServerError.self) {
            try state.streams.rotate("main", secret: state.secret, now: state.clock.now)
        }
        #expect(error?.code == .stream)
    }

    @Test(arguments: ["", "a b", "line\nbreak", String(repeating: "x", count: 65)])
    func badNames(name: String) throws {
        let state = try TestState()
        defer { state.remove() }
        let error = #expect(throws: PixelServerError.self) {
            try state.streams.add(name, secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        }
        #expect(error?.code == .stream)
    }

    /// What could not be read again is not written.
    @Test func aListThatIsTooLongIsRefused() throws {
        let state = try TestState()
        defer { state.remove() }
        let file = StreamFile(stateDirectory: state.directory)
        let before = try file.list()
        let error = #expect(throws: PixelServerError.self) {
            try file.change { (records: inout [StreamRecord]) throws(PixelServerError) in
                let record = records[0]
                records += Array(repeating: record, count: StreamFile.limit / 100)
            }
        }
        #expect(error?.code == .full)
        #expect(try file.list() == before && before.count == 1)
    }

    @Test func aFileThatIsNotAListIsLeftAlone() throws {
        let state = try TestState()
        defer { state.remove() }
        try PrivateFile.write(Array("[{]".utf8), to: state.streamFile)
        let error = #expect(throws: PixelServerError.self) {
            try state.streams.add("two", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        }
        #expect(error?.code == .unreadable)
        #expect(try Data(contentsOf: state.streamFile) == Data("[{]".utf8))
    }

    @Test func secretFile() throws {
        let state = try TestState()
        defer { state.remove() }
        let url = state.directory.appendingPathComponent("keys/server.secret")
        #expect(try ServerSecretFile.load(url) == nil)
        let made = try ServerSecretFile.loadOrCreate(url, random: systemRandomBytes)
        #expect(try mode(url) == 0o600)
        #expect(try mode(url.deletingLastPathComponent()) == 0o700)
        #expect(try ServerSecretFile.loadOrCreate(url, random: systemRandomBytes) == made)
        chmod(url.path, 0o640)
        let readable = #expect(throws: PixelServerError.self) { try ServerSecretFile.load(url) }
        #expect(readable?.code == .permission)
        try PrivateFile.write([UInt8](repeating: 9, count: 32), to: url)
        #expect(try ServerSecretFile.load(url) == ServerSecret(Secret([UInt8](repeating: 9, count: 32))))
        try PrivateFile.write(Array("secret".utf8), to: url)
        let garbage = #expect(throws: PixelServerError.self) {
            try ServerSecretFile.loadOrCreate(url, random: systemRandomBytes)
        }
        #expect(garbage?.code == .unreadable)
        let link = state.directory.appendingPathComponent("link")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: url)
        let symbolic = #expect(throws: PixelServerError.self) { try ServerSecretFile.load(link) }
        #expect(symbolic?.code == .permission)
    }

    private func mode(_ url: URL) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue & 0o777
    }
}
