import Foundation
import Secrets
import Testing

@testable import Tokens

/// Fixtures made by an independent implementation; see the file's own "why".
struct Vectors: Decodable {
    struct Entry: Decodable, Sendable {
        let stream: UInt32
        let epoch: UInt8
        let message: String
        let recipient: UInt8
        let level: UInt8
        let token: String
    }
    struct Credential: Decodable {
        let stream: UInt32
        let epoch: UInt8
        let text: String
        let bearer: String
    }
    let tokens: [Entry]
    let credential: Credential

    static func load() throws -> Vectors {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/tokens", withExtension: "json"))
        return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
    }
}

private func server(_ first: UInt8 = 0) throws -> ServerSecret {
    try #require(ServerSecret(Secret((0..<32).map { $0 &+ first })))
}

struct TokenTests {
    @Test func mintsWhatAnIndependentImplementationMints() throws {
        for entry in try Vectors.load().tokens {
            let stream = try #require(StreamID(entry.stream))
            let message = try #require(UInt64(entry.message))
            let level = try #require(PrivacyLevel(rawValue: entry.level))
            let key = try #require(try server().streamKey(stream, epoch: entry.epoch))
            let token = try #require(
                Token.mint(
                    stream: stream, epoch: entry.epoch, key: key, message: message, recipient: entry.recipient,
                    level: level))
            #expect(token.text == entry.token)
        }
    }

    @Test func readsBackEveryField() throws {
        for entry in try Vectors.load().tokens {
            for spelling in [entry.token, entry.token.uppercased()] {
                let token = try #require(Token(spelling))
                #expect(token.text == entry.token)
                #expect(token.stream.rawValue == entry.stream)
                #expect(token.epoch == entry.epoch)
                #expect(String(token.message) == entry.message)
                #expect(token.recipient == entry.recipient)
                #expect(token.level.rawValue == entry.level)
                #expect(try server().signed(token))
            }
        }
    }

    @Test func everyChangedCharacterIsAForgeryOrNoToken() throws {
        let alphabet = "abcdefghijklmnopqrstuvwxyz234567"
        let entry = try #require(try Vectors.load().tokens.dropFirst().first)
        let genuine = entry.token
        let secret = try server()
        for index in genuine.indices {
            for other in alphabet where other != genuine[index] {
                var changed = genuine
                changed.replaceSubrange(index...index, with: String(other))
                if let token = Token(changed) { #expect(!secret.signed(token), "\(changed)") }
            }
        }
    }

    @Test func anotherServersKeySignsNothingHere() throws {
        let entry = try #require(try Vectors.load().tokens.first)
        let token = try #require(Token(entry.token))
        #expect(try !server(1).signed(token))
    }

    @Test(arguments: [
        "", "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "iaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1", "iaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",  // version 0
        "oaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",  // the reserved privacy level 3
    ])
    func refusesWhatIsNoToken(_ text: String) {
        #expect(Token(text) == nil)
    }

    @Test func refusesToMintReservedNumbers() throws {
        let stream = try #require(StreamID(1))
        let key = try #require(try server().streamKey(stream, epoch: 0))
        #expect(Token.mint(stream: stream, epoch: 16, key: key, message: 1, level: .minimal) == nil)
        #expect(Token.mint(stream: stream, epoch: 0, key: key, message: 1, recipient: 254, level: .minimal) == nil)
        #expect(StreamID(1 << 24) == nil)
    }
}

struct CredentialTests {
    @Test func isWhatTheContractSays() throws {
        let expected = try Vectors.load().credential
        let stream = try #require(StreamID(expected.stream))
        let credential = try #require(try server().credential(for: stream, epoch: expected.epoch))
        #expect(credential.text.reveal { String(decoding: $0, as: UTF8.self) } == expected.text)
        #expect(credential.bearer.text.reveal { String(decoding: $0, as: UTF8.self) } == expected.bearer)
        #expect(StreamCredential(Secret(expected.text)) == credential)
        #expect(PullBearer(Secret(expected.bearer)) == credential.bearer)
    }

    @Test func mintsTokensThatItsServerKnows() throws {
        let credential = try #require(StreamCredential(Secret(try Vectors.load().credential.text)))
        let token = try #require(
            Token.mint(
                stream: credential.stream, epoch: credential.epoch, key: credential.streamKey, message: 9,
                level: .pseudonymous))
        #expect(try server().signed(token))
    }

    @Test func opensItsOwnServerOnly() throws {
        let bearer = try #require(PullBearer(Secret(try Vectors.load().credential.bearer)))
        #expect(try bearer.isGenuine(for: server()))
        #expect(try !bearer.isGenuine(for: server(1)))
    }

    @Test func refusesDamagedText() throws {
        let text = try Vectors.load().credential.text
        for cut in 0..<text.utf8.count { #expect(StreamCredential(Secret(String(text.prefix(cut)))) == nil) }
        #expect(StreamCredential(Secret(text + "a")) == nil)
        #expect(PullBearer(Secret(text)) == nil)
    }

    @Test func neverPrintsItself() throws {
        let text = try Vectors.load().credential.text
        let credential = try #require(StreamCredential(Secret(text)))
        var dumped = ""
        dump(credential, to: &dumped)
        for shown in ["\(credential)", String(reflecting: credential), dumped] {
            #expect(!shown.contains(text.dropFirst(5).prefix(12)))
            #expect(!shown.lowercased().contains("[0, 0, 7"))
        }
    }
}

struct Base32Tests {
    /// RFC 4648 section 10, lower case, without padding.
    @Test(arguments: [
        ("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foob", "mzxw6yq"), ("fooba", "mzxw6ytb"),
        ("foobar", "mzxw6ytboi"),
    ])
    func followsTheRFC(_ plain: String, _ coded: String) {
        #expect(Base32.encode(Array(plain.utf8)) == coded)
        #expect(Base32.decode(coded.utf8) == Array(plain.utf8))
        #expect(Base32.decode(coded.uppercased().utf8) == Array(plain.utf8))
    }

    @Test(arguments: ["m", "mzx", "mzxw6y", "mz=", "m z", "mz1", "mz8", "mr"])
    func refuses(_ text: String) { #expect(Base32.decode(text.utf8) == nil) }
}

struct PixelURLTests {
    @Test func buildsThePathOfTheContract() throws {
        let entry = try #require(try Vectors.load().tokens.first)
        let token = try #require(Token(entry.token))
        #expect(PixelURL.text(for: token, base: "https://px.example.org") == "https://px.example.org/i/\(token).gif")
        #expect(
            PixelURL.element(for: token, base: "https://px.example.org")
                == "<img src=\"https://px.example.org/i/\(token).gif\" alt=\"\" width=\"1\" height=\"1\" border=\"0\" "
                + "style=\"border:0\" role=\"presentation\">")
    }
}
