import Agent
import Foundation
import Host
import Secrets
import Testing
import Tokens

/// The file that a source names as `credential_file`.
struct CredentialFileTests {
    private static func credentials() throws -> [StreamCredential] {
        let secret = try #require(ServerSecret(Secret([UInt8](repeating: 5, count: 32))))
        let stream = try #require(StreamID(77))
        return try [1, 0].map { try #require(secret.credential(for: stream, epoch: $0)) }
    }

    private static func read(_ text: String) throws -> [StreamCredential] {
        let file = FileManager.default.temporaryDirectory.appending(path: "credential-\(UUID())").path
        let isMade = FileManager.default.createFile(
            atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        try #require(isMade)
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try StreamCredential(reading: file) == StreamCredential.all(reading: file).first)
        return try StreamCredential.all(reading: file)
    }

    @Test func theFirstLineIsTheOneInUse() throws {
        let both = try Self.credentials()
        let lines = both.map { $0.text.reveal { String(decoding: $0, as: UTF8.self) } }
        #expect(try Self.read(lines[0]) == [both[0]])
        #expect(try Self.read(lines[0] + "\n") == [both[0]])
        #expect(try Self.read(lines.joined(separator: "\n") + "\n") == both)
        #expect(try Self.read(lines.joined(separator: "\r\n\r\n") + "\r\n") == both)
        #expect(try Self.read([String](repeating: lines[1], count: 16).joined(separator: "\n")).count == 16)
    }

    @Test func aLineThatIsNoneIsAnError() throws {
        let line = try Self.credentials()[0].text.reveal { String(decoding: $0, as: UTF8.self) }
        for text in [
            "nonsense", line + "\n# the old one", line + line, String(line.dropLast()) + "\n" + line,
            [String](repeating: line, count: 17).joined(separator: "\n"),
        ] {
            let error = #expect(throws: HostError.self) { try Self.read(text) }
            #expect(error?.code == .unusable)
        }
    }
}
