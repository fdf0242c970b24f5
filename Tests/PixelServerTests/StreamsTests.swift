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

    @Test(arguments: ["", "a b", "line\nbreak", String(repeating: "x", count: 65)])
    func badNames(name: String) throws {
        let state = try TestState()
        defer { state.remove() }
        let error = #expect(throws: PixelServerError.self) {
            try state.streams.add(name, secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        }
        #expect(error?.code == .stream)
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
