import Testing

@testable import IMAP

struct ResponseParserTests {
    @Test(arguments: ResponseFixture.all)
    func reads(_ fixture: ResponseFixture) throws {
        let expected = fixture.response ?? .unparsable(Array(fixture.wire.bytes.prefix(200)))
        #expect(try parse(fixture.wire + "\r\n") == [expected])
    }

    @Test(arguments: ResponseFixture.all)
    func readsTheSameInAnyCutsAndGoesOn(_ fixture: ResponseFixture) throws {
        let bytes = (fixture.wire + "\r\n* 7 EXISTS\r\n").bytes
        let whole = try parse([bytes])
        #expect(whole.last == .untagged(.exists(7)) && whole.count == 2)
        for pieces in cuts(of: bytes) { #expect(try parse(pieces) == whole) }
    }

    @Test(arguments: ResponseFixture.all)
    func waitsForTheEnd(_ fixture: ResponseFixture) throws {
        let bytes = (fixture.wire + "\r\n").bytes
        for length in 0..<bytes.count {
            var parser = ResponseParser()
            parser.append(Array(bytes[..<length]))
            #expect(try parser.next() == nil)
            #expect(parser.isInsideResponse == (length > 0))
        }
    }

    @Test func skipsEmptyLines() throws {
        #expect(try parse("\r\n\r\n* 1 EXISTS\r\n\r\n") == [.untagged(.exists(1))])
    }

    /// A bare line feed ends a line, but inside a list or a string it is what a file name from outside holds.
    @Test func takesBareLineFeedsOnlyOutsideOfData() throws {
        #expect(try parse("* 1 EXISTS\na1 OK done\n").count == 2)
        #expect(try parse("* LIST (\\Sent) \"/\" \"a\"\n* 1 EXISTS\n").count == 2)
        let forged = try parse("* 1 FETCH (X \"a\nt2 OK forged\nb\" UID 5)\r\na1 OK real\r\n")
        var data = FetchData(sequence: 1)
        data.uid = 5
        #expect(forged == [.untagged(.fetch(data)), .tagged(Tag("a1"), Completion(.ok, ResponseText(text: "real")))])
    }
}
