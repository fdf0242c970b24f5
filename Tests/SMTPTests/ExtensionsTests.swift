import Testing

@testable import SMTP

struct ExtensionsTests {
    private static let hello = ["220 mx ESMTP", "250-mx", "250-PIPELINING", "250-SIZE 100", "250 DSN"]

    @Test func readsAll() {
        let extensions = Extensions(replyLines: [
            "220-mx", "220 ESMTP", "250-mx PIPELINING", "250-size 1000\r\n", "250-8bitmime\n", "250-SMTPUTF8",
            "250-DSN",
            "250-EnhancedStatusCodes", "250-STARTTLS", "250-CHUNKING", "250-BINARYMIME", "250 AUTH plain Login",
        ])
        var expected = Extensions(words: ["8bitmime", "smtputf8", "dsn", "codes", "size=1000"])
        expected.startTLS = true
        expected.auth = ["PLAIN", "LOGIN"]
        #expect(extensions == expected)
    }

    @Test func lastAnswerCounts() {
        let login = ["334 ", "235 2.7.0 ok"]
        #expect(Extensions(replyLines: Self.hello + login) == Extensions(words: ["pipelining", "size=100", "dsn"]))
        let again = ["220 ready", "250-mx", "250 SMTPUTF8"]
        #expect(Extensions(replyLines: Self.hello + again + login) == Extensions(words: ["smtputf8"]))
        #expect(Extensions(replyLines: Self.hello + ["220 ready", "250 mx"] + login) == Extensions())
        #expect(Extensions(replyLines: ["220 mx", "502 EHLO", "250 mx"]) == Extensions())
        #expect(Extensions(replyLines: ["220 mx"]) == Extensions())
        #expect(Extensions(replyLines: []) == Extensions())
    }

    @Test(
        arguments: [
            ("SIZE", .unstated), ("SIZE 0", .unstated), ("SIZE 1", .limit(1)), ("SIZE -1", .unstated),
            ("SIZE x", .unstated),
            ("SIZE 99999999999999999999", .unstated), ("SIZES 1", nil),
        ] as [(String, Extensions.Size?)])
    func readsSize(_ line: String, _ size: Extensions.Size?) {
        #expect(Extensions(replyLines: ["250-mx", "250 \(line)"]).size == size)
    }

    static let sizes: [(Extensions.Size?, Extensions.Size?, Extensions.Size?)] = [
        (nil, nil, nil), (nil, .unstated, .unstated), (nil, .limit(1), .limit(1)), (.unstated, .unstated, .unstated),
        (.unstated, .limit(1), .limit(1)), (.limit(2), .limit(1), .limit(1)),
    ]

    @Test(arguments: sizes)
    func smallerSizeHolds(_ one: Extensions.Size?, _ another: Extensions.Size?, _ both: Extensions.Size?) {
        var (left, right) = (Extensions(), Extensions())
        (left.size, right.size) = (one, another)
        #expect(left.intersection(right).size == both)
        #expect(right.intersection(left).size == both)
    }

    @Test(arguments: ["pipelining", "8bitmime", "smtputf8", "dsn", "codes"])
    func whatOneLacksIsNotOffered(_ word: String) {
        var all = Extensions(words: ["pipelining", "8bitmime", "smtputf8", "dsn", "codes"])
        all.startTLS = true
        all.auth = ["PLAIN"]
        let one = Extensions(words: [word])
        #expect(all.intersection(one) == one)
        #expect(one.intersection(all) == one)
        #expect(all.intersection(all) == Extensions(words: ["pipelining", "8bitmime", "smtputf8", "dsn", "codes"]))
    }
}
