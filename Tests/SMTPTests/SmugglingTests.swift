import Testing

@testable import SMTP

/// SMTP smuggling (CVE-2023-51764 and its kin): what one program takes for the end of a message and the next does not.
struct SmugglingTests {
    static let lineEnds = ["\r\n", "\n", "\r"]
    /// Up to three octets, also such that end with, or begin with, a real line end.
    static let mixtures: [String] = {
        var all: [String] = [""]
        for _ in 0..<3 { all += all.flatMap { [$0 + "\r", $0 + "\n"] } }
        return Array(Set(all.map { Array($0.utf8) })).map { String(decoding: $0, as: UTF8.self) }.filter { !$0.isEmpty }
    }()
    private static let evil = "MAIL FROM:<evil@x.y>\r\nRCPT TO:<evil@x.y>\r\nDATA\r\nevil"

    private struct Outcome: Equatable {
        var faults: [ContentFault?] = []
        var mails = 0
        var isInStep = false

        /// A driver that takes everything but messages with a fault.
        init(_ pieces: [[UInt8]]) throws {
            var session = try ServerSession.inContent()
            for piece in pieces {
                var events = session.received(piece)[...]
                while let event = events.popFirst() {
                    switch event {
                    case .mail, .recipient:
                        mails += 1
                        events += session.answer(Reply(250, "2.1.0", "ok"))
                    case .data: events += session.answer(Reply(354, "go"))
                    case .endOfContent(let fault):
                        faults.append(fault)
                        events += session.answer(
                            fault == nil ? Reply(250, "2.0.0", "ok") : Reply(554, "5.6.0", "no"))
                    case .send(let bytes): isInStep = bytes.text.hasSuffix("221 2.0.0 goodbye\r\n")
                    case .hello, .startTLS, .authenticate, .content, .reset, .close: break
                    }
                }
            }
        }
    }

    @Test(arguments: lineEnds, lineEnds)
    func noSecondMail(_ before: String, _ after: String) throws {
        let isEnd = before == "\r\n" && after == "\r\n"
        let text = Array("innocent\(before).\(after)\(Self.evil)\r\n.\r\nQUIT\r\n".utf8)
        for cut in 0..<text.count {
            let outcome = try Outcome(text.cut(at: cut))
            #expect(outcome.isInStep, "cut at \(cut)")
            #expect(outcome.mails == (isEnd ? 2 : 0), "cut at \(cut)")
            #expect(outcome.faults == (isEnd ? [nil, nil] : [.bareLineEnd]), "cut at \(cut)")
        }
        #expect(try Outcome(text.singly) == Outcome([text]))
    }

    /// A message ends where CRLF.CRLF is and nowhere else, also behind any other mixture.
    @Test(arguments: mixtures, mixtures)
    func endsAtTheRealEndAlone(_ before: String, _ after: String) throws {
        let hasEnd = before.utf8.suffix(2).elementsEqual("\r\n".utf8) && after.utf8.prefix(2).elementsEqual("\r\n".utf8)
        let text = Array("innocent\(before).\(after)\(Self.evil)\r\n.\r\nQUIT\r\n".utf8)
        let outcome = try Outcome([text])
        #expect(outcome == (try Outcome(text.singly)))
        #expect(outcome.isInStep)
        guard hasEnd else {
            #expect(outcome.mails == 0)
            #expect(outcome.faults == [.bareLineEnd])
            return
        }
        #expect(outcome.faults.first == (before == "\r\n" ? ContentFault?.none : .bareLineEnd))
    }
}

extension ServerSession {
    /// One whose client may send content now.
    static func inContent() throws -> ServerSession {
        var session = ServerSession(Configuration(hostName: "proxy.test"))
        _ = session.received(Array("EHLO c\r\n"))
        _ = session.helloAccepted(Extensions(words: ["pipelining"]))
        _ = session.received(Array("MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n"))
        _ = session.answer(Reply(250, "ok"))
        try #require(session.answer(Reply(250, "ok")) == [.send(Array("250 ok\r\n")), .data])
        _ = session.answer(Reply(354, "go"))
        return session
    }
}
