import Foundation
import MIME
import Secrets
import Testing
import Tokens

@testable import Beacon

/// `Fixtures/findings.json`: every file beside it, why it is there, and what is found in it.
struct Golden: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        struct Expected: Decodable, Equatable, Sendable {
            var own: String?
            var foreign: String?
            var quoted: Bool
        }
        let file: String
        let why: String
        let findings: [Expected]

        var testDescription: String { "\(file): \(why)" }
    }
    let patterns: [String]
    let cases: [Case]

    static let all = Result { try JSONDecoder().decode(Golden.self, from: Data(bytes(of: "findings.json"))) }

    static func bytes(of file: String) throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/" + file, withExtension: nil))
        return [UInt8](try Data(contentsOf: url))
    }

    static func scanner() throws -> BeaconScanner {
        BeaconScanner(patterns: try all.get().patterns.map { text throws(TokenPatternError) in try TokenPattern(text) })
    }
}

extension Golden.Case.Expected {
    init(_ finding: Finding) {
        switch finding.kind {
        case .own(let token): self.init(own: token.text, foreign: nil, quoted: finding.quoted)
        case .foreign(let token): self.init(own: nil, foreign: token, quoted: finding.quoted)
        }
    }
}

struct GoldenTests {
    static let cases = (try? Golden.all.get().cases) ?? []

    @Test(arguments: cases) func findsWhatIsThere(_ golden: Golden.Case) throws {
        let scanner = try Golden.scanner()
        let bytes = try Golden.bytes(of: golden.file)
        for part in Self.parts(of: bytes, in: golden) {
            let whole = scanner.findings(inPart: bytes[part.body], encoding: part.encoding, charset: part.charset)
            #expect(whole.map(Golden.Case.Expected.init) == golden.findings)
        }
    }

    @Test(arguments: cases) func findsTheSameHoweverItIsCut(_ golden: Golden.Case) throws {
        let scanner = try Golden.scanner()
        let bytes = try Golden.bytes(of: golden.file)
        for part in Self.parts(of: bytes, in: golden) {
            let body = bytes[part.body]
            // Every cut of the small ones, some of the large ones: each is a scan.
            for cut in stride(from: body.startIndex, through: body.endIndex, by: body.count / 1_000 + 1) {
                var scan = PartScan(scanner: scanner, encoding: part.encoding, charset: part.charset)
                scan.feed(body[..<cut])
                scan.feed(body[cut...])
                #expect(scan.finish().map(Golden.Case.Expected.init) == golden.findings, "cut at \(cut)")
            }
            var scan = PartScan(scanner: scanner, encoding: part.encoding, charset: part.charset)
            for index in body.indices { scan.feed(body[index...index]) }
            #expect(scan.finish().map(Golden.Case.Expected.init) == golden.findings, "byte by byte")
        }
    }

    /// An HTML fixture is found the same in every dress.
    @Test(arguments: cases.filter { $0.file.hasSuffix(".html") })
    func findsTheSameInEveryEncoding(_ golden: Golden.Case) throws {
        let scanner = try Golden.scanner()
        let html = try Golden.bytes(of: golden.file)
        var quotedPrintable: [UInt8] = []
        for (index, byte) in html.enumerated() {
            quotedPrintable += [UInt8]((index % 7 == 6 ? "=\r\n=" : "=").utf8)
            quotedPrintable += [UInt8]((byte < 16 ? "0" : "").utf8) + [UInt8](String(byte, radix: 16).utf8)
        }
        let base64 = [UInt8](Data(html).base64EncodedData(options: .lineLength64Characters))
        let utf16: [UInt8] = [0xff, 0xfe] + html.flatMap { [$0, 0] }
        for (bytes, encoding) in [
            (quotedPrintable, TransferEncoding.quotedPrintable), (base64, .base64), (utf16, .identity),
        ] {
            let findings = scanner.findings(inPart: bytes, encoding: encoding)
            #expect(findings.map(Golden.Case.Expected.init) == golden.findings)
        }
    }

    @Test func everyFixtureIsListedAndEveryTokenGenuine() throws {
        let golden = try Golden.all.get()
        let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files).subtracting(["findings.json"]) == Set(golden.cases.map(\.file)))
        let server = try #require(ServerSecret(Secret((0..<32).map { $0 })))
        for text in golden.cases.flatMap(\.findings).compactMap(\.own) {
            #expect(server.signed(try #require(Token(text))))
        }
    }

    private static func parts(of bytes: [UInt8], in golden: Golden.Case) -> [(
        body: Range<Int>, encoding: TransferEncoding, charset: String?
    )] {
        guard golden.file.hasSuffix(".eml") else { return [(0..<bytes.count, .identity, nil)] }
        return MessageParser.leaves(of: bytes).filter { $0.contentType.isHTML && !$0.isAttachment }
            .map { ($0.body, $0.encoding, $0.charset) }
    }
}
