import Foundation
import Testing

@testable import SMTP

/// Clients that want to cost memory or time.
struct HostileClientTests {
    private static func session() -> ServerSession { ServerSession(.init(hostName: "proxy.test")) }

    @Test func aLineWithoutEndIsNotKept() {
        var session = Self.session()
        let piece = [UInt8](repeating: 0x78, count: 100_000)
        for _ in 0..<100 { #expect(session.received(piece) == []) }
        #expect(session.input.count == 0)
        #expect(session.received(Array("\r\n")) == [.send(Array("500 5.5.2 line too long\r\n"))])
    }

    @Test func contentIsNotKept() throws {
        var session = try ServerSession.inContent()
        let line = Array(String(repeating: "y", count: 1_000_000))
        var count = 0
        for _ in 0..<10 {
            for event in session.received(line) { if case .content(let bytes) = event { count += bytes.count } }
            #expect(session.input.count == 0)
        }
        #expect(count == 10_000_000)
    }

    @Test func recipientsAheadOfAnswersAreLimited() {
        var session = Self.session()
        _ = session.received(Array("EHLO c\r\n"))
        _ = session.helloAccepted(Extensions(words: ["pipelining"]))
        let lines = "MAIL FROM:<a@b.c>\r\n" + String(repeating: "RCPT TO:<a@b.c>\r\n", count: 3_000)
        #expect(session.received(Array(lines)).count == 1_001)
        #expect(session.outstanding == 1_001)
        let events = (0..<1_001).flatMap { _ in session.answer(Reply(250, "ok")) }
        #expect(!events.contains { if case .recipient = $0 { true } else { false } })
        #expect(events.contains { if case .send(let bytes) = $0 { bytes.text.contains("452 4.5.3") } else { false } })
        #expect(session.outstanding == 0)
    }

    @Test func nothingIsReadAfterTheEnd() {
        var session = Self.session()
        #expect(session.received(Array("QUIT\r\nNOOP\r\n")).last == .close)
        #expect(session.received(Array("NOOP\r\n")) == [])
        #expect(session.received([UInt8](repeating: 0x78, count: 3 << 20)) == [])
        #expect(session.input.count == 0)
    }

    @Test func answersToNothingDoNothing() {
        var session = Self.session()
        #expect(session.answer(Reply(250, "ok")) == [])
        #expect(session.authenticated() == [])
        #expect(session.helloAccepted(Extensions()) == [])
        session.encrypted()
        _ = session.received(Array("EHLO c\r\n"))
        #expect(session.authenticated() == [])
        #expect(session.outstanding == 1)
    }

    @Test(arguments: [
        (255, 1_024, true), (256, 1, false), (1, 1_025, false),
    ])
    func credentialsAreLimited(_ user: Int, _ password: Int, _ areTaken: Bool) throws {
        var exchange = try #require(Authentication(mechanism: Array("LOGIN")))
        func encoded(_ count: Int) -> [UInt8] { Array(Array(repeating: UInt8(ascii: "x"), count: count).base64) }
        #expect(try exchange.respond(encoded(user)) == .challenge("UGFzc3dvcmQ6"))
        let step = try? exchange.respond(encoded(password))
        #expect((step != nil) == areTaken)
    }

    @Test(arguments: ["a\nb", "a\0b", "a\u{9b}b"])
    func usersHoldNoControls(_ user: String) throws {
        var exchange = try #require(Authentication(mechanism: Array("login")))
        _ = try exchange.respond(Array(user.utf8).base64)
        #expect(throws: Refusal.base64) { try exchange.respond(Array("secret".utf8).base64) }
    }
}

extension [UInt8] {
    fileprivate var base64: [UInt8] { Array(Data(self).base64EncodedString().utf8) }
}
