import Foundation

@testable import IMAP

extension String {
    var bytes: [UInt8] { Array(utf8) }
}

/// Feeds the pieces one after the other and returns what came out.
func parse(_ pieces: [[UInt8]], limits: ParserLimits = ParserLimits()) throws -> [Response] {
    var parser = ResponseParser(limits: limits)
    var responses: [Response] = []
    for piece in pieces {
        parser.append(piece)
        while let response = try parser.next() { responses.append(response) }
    }
    return responses
}

func parse(_ text: String, limits: ParserLimits = ParserLimits()) throws -> [Response] {
    try parse([text.bytes], limits: limits)
}

/// Every way to cut the bytes in two, and every byte on its own.
func cuts(of bytes: [UInt8]) -> [[[UInt8]]] {
    (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] } + [bytes.map { [$0] }]
}

/// SplitMix64: the same numbers in every run.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
