import Dialogues
import Foundation
import Testing

@testable import SMTP

extension [UInt8] {
    init(_ text: String) { self = Array(text.utf8) }

    var text: String { String(decoding: self, as: UTF8.self) }

    /// In pieces of these lengths, over and over.
    func pieces(_ lengths: () -> Int) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = self[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Swift.max(1, lengths()))
            pieces.append(Array(piece))
            rest = rest[piece.endIndex...]
        }
        return pieces
    }

    var singly: [[UInt8]] { map { [$0] } }

    func cut(at index: Int) -> [[UInt8]] { index < count ? [Array(self[..<index]), Array(self[index...])] : [self] }
}

/// `\r`, `\n`, `\0` and the backslash itself, so that events fit on a line of a dialogue.
func escaped(_ bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
        switch scalar {
        case "\r": "\\r"
        case "\n": "\\n"
        case "\0": "\\0"
        case "\\": "\\\\"
        default: String(scalar)
        }
    }.joined()
}

func unescaped(_ text: String) -> [UInt8] {
    Array(text.replacing("\\r", with: "\r").replacing("\\n", with: "\n").replacing("\\0", with: "\0").utf8)
}

extension Reply {
    /// `250 2.1.0 ok`
    init?(_ words: String) {
        guard let code = Int(words.prefix(3)), Reply.codes.contains(code) else { return nil }
        self.init(code, String(words.dropFirst(4)))
    }

    var summary: String { "\(code) \(text)" }
}

extension Extensions {
    /// `pipelining 8bitmime smtputf8 dsn codes size size=1000`
    init(words: some Sequence<String>) {
        self.init()
        for word in words {
            switch word {
            case "pipelining": pipelining = true
            case "8bitmime": eightBitMIME = true
            case "smtputf8": smtpUTF8 = true
            case "dsn": dsn = true
            case "codes": enhancedStatusCodes = true
            case "size": size = .unstated
            case let word where word.hasPrefix("size="): size = Int(word.dropFirst(5)).map { .limit($0) }
            default: Issue.record("unknown extension: \(word)")
            }
        }
    }
}

/// The dialogues of a folder of Fixtures, by name.
func dialogueNames(_ folder: String) -> [String] {
    let url = Bundle.module.url(forResource: "Fixtures/\(folder)", withExtension: nil)
    let files = url.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0.path) } ?? []
    return files.filter { $0.hasSuffix(".smtp") }.sorted().map { "\(folder)/\($0)" }
}

func dialogue(_ name: String) throws -> Dialogue {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil))
    return try Dialogue(parsing: String(decoding: Data(contentsOf: url), as: UTF8.self))
}

/// A generator whose tests can be repeated (SplitMix64).
struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
