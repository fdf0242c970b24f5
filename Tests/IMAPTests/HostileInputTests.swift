import Testing

@testable import IMAP

/// Servers that are malicious or sick. Time is bounded by design; these would hang or be killed if it were not.
struct HostileInputTests {
    private func limits(_ change: (inout ParserLimits) -> Void) -> ParserLimits {
        var limits = ParserLimits()
        change(&limits)
        return limits
    }

    @Test(arguments: ["{4294967297}", "{18446744073709551616}", "{99999999999999999999999}", "~{5000000000+}"])
    func refusesAnnouncementsBeyondTheLimit(_ marker: String) {
        #expect(throws: IMAPSyntaxError.literalTooLarge(limit: 4 << 30)) {
            try parse("* 1 FETCH (BODY[] \(marker)\r\n")
        }
    }

    @Test(arguments: [
        ("0", 0), ("007", 7), ("18446744073709551615", UInt64.max), ("12)", 12), ("18446744073709551616", nil),
        ("99999999999999999999", nil), ("-1", nil), ("", nil), ("x", nil),
    ])
    func numbersHave64Bits(_ text: String, _ expected: UInt64?) {
        var scanner = Scanner(Frame(bytes: text.bytes), limits: ParserLimits())
        #expect((try? scanner.number()) == expected)
    }

    @Test func reservesNothingForAnAnnouncement() throws {
        let most = "* 1 FETCH (BODY[] {4294967296}\r\n".bytes
        var parser = ResponseParser()
        parser.append(most)
        for _ in 0..<100 {
            parser.append([UInt8](repeating: 0x0A, count: 10_000))
            #expect(try parser.next() == nil)
        }
    }

    @Test func refusesALineWithoutEnd() {
        let limits = limits { $0.line = 64 << 10 }
        #expect(throws: IMAPSyntaxError.lineTooLong(limit: 64 << 10)) {
            try parse("* OK " + String(repeating: "x", count: 80_000), limits: limits)
        }
        #expect(throws: IMAPSyntaxError.lineTooLong(limit: 64 << 10)) {
            try parse(String(repeating: "* 1 FETCH (BODY[] {0}\r\n", count: 5000), limits: limits)
        }
    }

    @Test func failsForEver() throws {
        var parser = ResponseParser(limits: limits { $0.line = 10 })
        parser.append("* OK 1234567890".bytes)
        for _ in 0..<2 {
            #expect(throws: IMAPSyntaxError.lineTooLong(limit: 10)) { try parser.next() }
            parser.append("\r\n* 1 EXISTS\r\n".bytes)
        }
    }

    @Test func refusesTooManyLiterals() {
        #expect(throws: IMAPSyntaxError.tooManyLiterals(limit: 3)) {
            try parse("* X " + String(repeating: "{1}\r\nx ", count: 4), limits: limits { $0.literals = 3 })
        }
    }

    @Test func dropsLiteralsBeyondTheResponsesShare() throws {
        let wire = "* 1 FETCH (BODY[1] {9}\r\n123456789 BODY[2] {9}\r\n123456789 UID 4)\r\n"
        let responses = try parse(wire, limits: limits { $0.response = 50 })
        var data = FetchData(sequence: 1)
        data.uid = 4
        data.sections = [
            SectionData(section: .part("1"), content: .bytes("123456789".bytes)),
            SectionData(section: .part("2"), content: .oversized(announced: 9)),
        ]
        #expect(responses == [.untagged(.fetch(data))])
    }

    /// Single bytes, up to 1 MB of them: quadratic work would be 10¹⁰ to 10¹² steps.
    @Test(arguments: [
        ("x", 1_000_000), ("{1}\r\nx ", 1_000_000), ("(", 100_000), ("\"", 100_000), ("\n", 100_000), ("\"\\", 100_000),
        ("(\n", 100_000),
    ])
    func readsByteByByteInLinearTime(_ unit: String, _ count: Int) throws {
        var parser = ResponseParser(limits: limits { $0.literals = 1 << 20 })
        for byte in ("* X (" + String(repeating: unit, count: count / unit.utf8.count) + "\r\n").bytes {
            parser.append([byte])
            while try parser.next() != nil {}
        }
    }

    @Test(arguments: [
        "* 1 FETCH (X ", "* 1 FETCH (BODYSTRUCTURE ", "* LIST ", "* NAMESPACE ", "* FLAGS ", "* ID ",
        "* 1 FETCH (BODY[HEADER.FIELDS ", "* OK [BADCHARSET ", "* 1 FETCH (FLAGS ", "* STATUS x (Y ",
    ])
    func survivesDepth(_ start: String) throws {
        let wire = start + String(repeating: "(", count: 300_000) + String(repeating: ")", count: 300_000) + ")\r\n"
        #expect(try parse(wire + "* 1 EXISTS\r\n").last == .untagged(.exists(1)))
    }

    @Test func keepsRangesAsRanges() throws {
        let responses = try parse("* VANISHED (EARLIER) 1:4294967295\r\n* ESEARCH UID ALL 1:4294967295\r\n")
        guard case .untagged(.vanished(let uids, _)) = responses.first else { return #expect(Bool(false)) }
        #expect(uids.count == 4_294_967_295 && uids.ranges.count == 1)
    }

    @Test func refusesTooManyRanges() throws {
        let odd = (0..<20).map { String($0 * 2 + 1) }.joined(separator: ",")
        let responses = try parse("* VANISHED \(odd)\r\n", limits: limits { $0.setRanges = 10 })
        #expect(responses.count == 1)
        if case .unparsable = responses[0] {} else { #expect(Bool(false), "\(responses)") }
    }

    @Test func refusesTooManyItems() throws {
        let flags = String(repeating: "x ", count: 20)
        let responses = try parse("* FLAGS (\(flags))\r\n* CAPABILITY \(flags)\r\n", limits: limits { $0.items = 10 })
        for response in responses {
            if case .unparsable = response {} else { #expect(Bool(false), "\(response)") }
        }
    }

    /// Random octets, and fixtures with random octets in them: no trap, no endless loop.
    @Test(arguments: 0..<20)
    func survivesNoise(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let alphabet = "* ()[]{}\"\\~<>+0123459%.,:-\r\n\0FETCHBODYOKNILUIDa ".bytes
        for _ in 0..<500 {
            var bytes = (ResponseFixture.all.randomElement(using: &random)?.wire ?? "").bytes + "\r\n".bytes
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = alphabet.randomElement(using: &random) ?? 0
            }
            _ = try? parse([bytes, bytes])
        }
    }
}
