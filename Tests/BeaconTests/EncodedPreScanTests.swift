import MIME
import Testing

@testable import Beacon

/// What is told of quoted-printable without decoding it is never that there is nothing where there is something.
struct EncodedPreScanTests {
    /// What findings are made of, whole, cut and written otherwise, and what looks like it.
    private static let pieces: [String] = [
        pixel, pixel.uppercased(), genuine, "\(genuine).", "\(genuine)%2E", "\(genuine)&period;", "\(genuine)\\2e ",
        "\(genuine.prefix(20))", "\(genuine.suffix(20)).", "\(genuine.prefix(39)).", "\t", "\r\n", "\n", "\r", " ",
        "  \r\n",
        " \t\n", "&#97;", "&#x61;", "&#8217;", "&#0097;", "&nbsp;", "&percnt;", "&bsol;", "&Tab;", "&NewLine;",
        "&period;",
        "&par", "&", "%41", "%2541", "%20", "100%", "%", "%4", "\\69", "\\", "\\\n", "=", "==", "=4", "=3D", "=\r\n",
        "=\n",
        "= \r\n", "=\t\r\n", "=\r", "= ", "é", "<p>", "Dear reader, ", "0189", ".", "a", "=C3=BC", "\u{0}",
    ]

    /// Each byte as it is or as an escape, and cut anywhere; what is damaged stays so.
    private static func encoded(_ text: [UInt8], _ random: inout Seeded) -> [UInt8] {
        let escapes: Double = [0, 0, 0.02, 0.5, 1].randomElement(using: &random) ?? 0
        let breaks: Double = [0, 0.01, 0.1, 0.5].randomElement(using: &random) ?? 0
        var out: [UInt8] = []
        for byte in text {
            if Double.random(in: 0..<1, using: &random) < escapes {
                let hex = String(byte, radix: 16)
                out += ("=" + (byte < 16 ? "0" : "") + (Bool.random(using: &random) ? hex : hex.uppercased())).utf8
            } else {
                out.append(byte)
            }
            guard Double.random(in: 0..<1, using: &random) < breaks else { continue }
            out += (["=\r\n", "=\r\n", "=\n", "= \r\n", "=\t \n", "=\r"].randomElement(using: &random) ?? "").utf8
        }
        return out
    }

    private static func decoded(_ encoded: [UInt8]) -> [UInt8] {
        var decoder = TransferDecoder(.quotedPrintable)
        var out: [UInt8] = []
        decoder.decode(encoded, into: &out)
        decoder.finish(into: &out)
        return out
    }

    private static let scanner = BeaconScanner()

    private static func mayFind(_ encoded: [UInt8]) -> Bool {
        encoded.withUnsafeBufferPointer { scanner.preScan.mayFind(inQuotedPrintable: $0) }
    }

    private static func mayFindDecoded(_ encoded: [UInt8]) -> Bool {
        decoded(encoded).withUnsafeBufferPointer { scanner.mayFind(inHTML: $0) }
    }

    @Test func neverRulesOutWhatDecodingDoesNot() {
        var random = Seeded(state: 11)
        var (kept, ruledOut, both) = (0, 0, 0)
        for round in 0..<8_000 {
            let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                Self.pieces.randomElement(using: &random) ?? ""
            }.joined()
            let encoded = Self.encoded(Array(text.utf8), &random)
            let (may, mayDecoded) = (Self.mayFind(encoded), Self.mayFindDecoded(encoded))
            if may || !mayDecoded {
            } else {
                Issue.record("round \(round): \(String(decoding: encoded, as: UTF8.self))")
            }
            kept += mayDecoded ? 1 : 0
            ruledOut += may ? 0 : 1
            both += may == mayDecoded ? 1 : 0
        }
        // Or the test would say nothing.
        #expect(kept > 5_000 && ruledOut > 300 && both > 6_000)
    }

    /// A token and what it needs, with a soft break or an escape at each place of it.
    @Test func oneCutAnywhereHidesNothing() {
        let escaped = Array("\(genuine).gif".utf8)
        for hidden in [
            pixel, "<p>&#97;", "<p>&#x4a;", "<p>%41", "<p>%2541", "<p>\\69", "<p>&bsol;", "<p>&percnt;", "<p>&Tab;",
        ] {
            let text = Array(hidden.utf8)
            for place in 0...text.count {
                for cut in ["=\r\n", "=\n", "= \r\n", "=\t\t\r\n", "=\r"] {
                    let encoded = text[..<place] + cut.utf8 + text[place...]
                    #expect(Self.mayFind(Array(encoded)), "\(String(decoding: encoded, as: UTF8.self))")
                }
                guard place < text.count else { continue }
                for digits in [String(text[place], radix: 16), String(text[place], radix: 16).uppercased()] {
                    let encoded = text[..<place] + "=\(digits)".utf8 + text[(place + 1)...]
                    #expect(Self.mayFind(Array(encoded)), "\(String(decoding: encoded, as: UTF8.self))")
                }
            }
        }
        for place in 0..<escaped.count {
            for ignored in ["\t", "\r\n", "\n", " \r\n", "\t\n", "=09", "=0A", "=0d=0a"] {
                let encoded = escaped[..<place] + ignored.utf8 + escaped[place...]
                #expect(
                    Self.mayFind(Array(encoded)) == Self.mayFindDecoded(Array(encoded)) || Self.mayFind(Array(encoded)))
            }
        }
    }

    @Test func ordinaryMailIsNotDecoded() {
        let encoded = """
            <table width=3D"100%" style=3D"width:50%;font-family:'Segoe UI'"><tr><td>&n=\r
            bsp;&#8217;&#39;&amp;=C3=BC=C3=A4=E6=97=A5=E6=9C=AC=E8=AA=9E=E6=97=A5=E6=9C=AC=E8=AA=\r
            =9E=20=\r
            <a href=3D"https://www.example.com/a%2Fb?c=3Dd%20e&amp;f=3Dg">x</a>\r
            <img src=3D"https://cdn.example/abcdefghijklmnopqrstuvwxyzabcdefghijk=\r
            lmnopqrstuvwxyz/x.png"></td></tr></table>\r

            """
        #expect(!Self.mayFind(Array(encoded.utf8)))
    }

    /// Whole or in pieces, what is found is the same; also where ASCII does not mean ASCII, whatever the name says.
    @Test(arguments: [nil, "utf-8", "utf-16", "utf-16le", "iso-2022-jp"])
    func aPartThatComesWholeIsReadAsInPieces(_ charset: String?) {
        var random = Seeded(state: 12)
        var found = 0
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                Self.pieces.randomElement(using: &random) ?? ""
            }.joined()
            let isWide = Bool.random(using: &random)
            let bytes =
                isWide ? text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] } : Array(text.utf8)
            let encoded = Self.encoded(bytes, &random)
            for encoding in [TransferEncoding.quotedPrintable, .base64, .identity] {
                let scan = PartScan(scanner: Self.scanner, encoding: encoding, charset: charset)
                var (whole, pieces) = (scan, scan)
                let cut = Int.random(in: 0...encoded.count, using: &random)
                pieces.feed(encoded[..<cut])
                pieces.feed(encoded[cut...])
                let findings = pieces.finish()
                #expect(whole.finish(with: encoded) == findings)
                found += findings.count
            }
        }
        #expect(found > 50)
    }
}
