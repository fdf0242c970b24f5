import Beacon
import Foundation
import Secrets
import Testing
import Tokens

@testable import sentmark

struct PixelTextTests {
    static let token = Samples.token(message: 5)

    @Test(arguments: [
        "TOKEN", " TOKEN\n", "https://px.example.org/i/TOKEN.gif", "http://h/x/i/TOKEN.GIF",
    ])
    func findsTheToken(_ form: String) throws {
        let token = try #require(Self.token)
        for text in [token.text, token.text.uppercased()] {
            #expect(PixelText.token(in: form.replacing("TOKEN", with: text)) == token)
        }
    }

    @Test(arguments: [
        "", "message.eml", "https://px.example.org/i/short.gif", "https://px.example.org/TOKEN", "TOKENx", "xTOKEN",
        "Subject: a message\n\n<img src=\"https://px.example.org/i/TOKEN.gif\">",
    ])
    func findsNone(_ form: String) throws {
        let token = try #require(Self.token)
        #expect(PixelText.token(in: form.replacing("TOKEN", with: token.text)) == nil)
    }
}

struct StreamKeysTests {
    @Test func tellsWhoseTokenItIs() throws {
        let credential = try #require(Samples.credential)
        let ours = try #require(Samples.token(message: 1))
        let otherServer = try #require(ServerSecret(Secret([UInt8](repeating: 9, count: 32))))
        let otherStream = try #require(StreamID(78))
        func mint(_ server: ServerSecret?, _ stream: StreamID) throws -> Token {
            let key = try #require(server?.streamKey(stream, epoch: 0))
            return try #require(Token.mint(stream: stream, epoch: 0, key: key, message: 1, level: .minimal))
        }
        let keys = StreamKeys(sources: [("px", credential)])
        let both = StreamKeys(sources: [("px", credential)], server: Samples.server)
        #expect(keys.origin(of: ours) == .source("px"))
        #expect(keys.origin(of: try mint(otherServer, credential.stream)) == .damaged(source: "px"))
        #expect(keys.origin(of: try mint(Samples.server, otherStream)) == .unknown)
        #expect(both.origin(of: try mint(Samples.server, otherStream)) == .server)
        #expect(StreamKeys().origin(of: ours) == .unknown)
    }
}

struct MessageTokensTests {
    @Test func findsOwnForeignAndQuotedOnes() throws {
        let own = try #require(Samples.token(message: 1))
        let quoted = try #require(Samples.token(message: 2, recipient: 3))
        let message = """
            MIME-Version: 1.0
            Content-Type: multipart/alternative; boundary=b

            --b
            Content-Type: text/plain

            https://px.example.org/i/\(own.text).gif
            --b
            Content-Type: text/html; charset=utf-8

            <p>Hi</p><img src="https://px.example.org/i/\(own.text).gif">
            <img src="https://t.example.net/open/AbCdEf123.png">
            <blockquote type="cite"><img src="https://px.example.org/i/\(quoted.text).gif"></blockquote>
            --b--

            """
        let pattern = try TokenPattern("https://t.example.net/open/{token}.png")
        let found = MessageTokens.find(in: Array(message.utf8), patterns: [pattern], keys: Samples.keys)
        #expect(found.map(\.kind) == ["own", "foreign", "own"])
        #expect(found.map(\.token) == [own.text, "AbCdEf123", quoted.text])
        #expect(found.map(\.quoted) == [false, false, true])
        #expect(found.allSatisfy { $0.part == "2" })
        #expect(found.compactMap(\.facts?.origin) == ["source", "source"])
        #expect(MessageTokens.text(found).split(separator: "\n").count == 3)
        #expect(MessageTokens.find(in: Array("no mail".utf8), patterns: [], keys: Samples.keys).isEmpty)
    }
}
