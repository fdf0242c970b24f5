import Foundation
import MIME
import MailGenerator
import Outgoing

/// How fast the place is found and the picture put in, beside what the machine does with the same bytes at best.
enum Speed {
    private struct Row: Encodable {
        let mail: String
        let bytes: Int
        /// MB (of 10⁶ octets) a second on one core, the median of five.
        let injection: Double
        let memchr: Double
        let memcpy: Double
    }

    /// JSON: an array of rows.
    static func measure() throws -> String {
        let rows = mails.map { name, bytes in
            let count = max(1, 40_000_000 / bytes.count)
            return Row(
                mail: name, bytes: bytes.count, injection: rate(bytes, count) { inject($0) },
                memchr: rate(bytes, count) { find($0) }, memcpy: rate(bytes, count) { copied($0) })
        }
        return String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
    }

    private static let mails: [(String, [UInt8])] =
        [(20_000, PlainCoding.quotedPrintable), (20_000, .base64), (20_000, .eightBit), (100_000, .quotedPrintable)]
        .map { size, coding in
            ("\(size / 1_000) KB of HTML, \(coding.rawValue)", SampleMail.reply(ofAbout: size, coding))
        }
        + [
            ("500,000 header fields", flood("X-A: b\r\n", 500_000) + Array("Content-Type: text/html\r\n\r\n<p>a".utf8)),
            ("a line of 10 MB", Array("Content-Type: text/html\r\n\r\n".utf8) + flood("a", 10_000_000)),
        ]

    private static func flood(_ text: String, _ count: Int) -> [UInt8] {
        Array(String(repeating: text, count: count).utf8)
    }

    private static func rate(_ bytes: [UInt8], _ count: Int, _ work: ([UInt8]) -> Int) -> Double {
        let rates = (0..<5).map { _ in
            var sum = 0
            let begin = ContinuousClock.now
            for _ in 0..<count { sum &+= work(bytes) }
            let time = begin.duration(to: .now) / .seconds(1)
            // Nothing that is measured may be optimised away.
            precondition(sum != 0)
            return Double(bytes.count * count) / time / 1e6
        }
        return rates.sorted()[2]
    }

    private static func inject(_ bytes: [UInt8]) -> Int {
        let injector = Injector(options: InjectionOptions()) { _ in false }
        guard let placement = try? injector.place(in: bytes) else { return bytes.count }
        return placement.edits(picture: GeneratedMail.picture).count
    }

    /// Every line end.
    private static func find(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { bytes in
            var count = 0
            var rest = bytes[...]
            while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                let found = memchr(base, 0x0a, rest.count)
            {
                count += 1
                rest = rest.dropFirst(UnsafeRawPointer(found) - base + 1)
            }
            return count + 1
        }
    }

    private static func copied(_ bytes: [UInt8]) -> Int {
        let copy = [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
            bytes.withUnsafeBytes { bytes in
                if let target = buffer.baseAddress, let source = bytes.baseAddress {
                    memcpy(target, source, bytes.count)
                }
            }
            count = bytes.count
        }
        return copy.count
    }
}
