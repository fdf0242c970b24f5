/// A parser that strangers feed, and what must hold whatever they feed it.
///
/// Scripts/fuzz builds the targets with libFuzzer; what it once found lies in Fixtures and is replayed by the tests.
struct FuzzTarget: Sendable {
    let name: String
    /// Comparisons that our code may make for each byte of an input (the fuzzer counts them): what is quadratic in a
    /// few thousand bytes is far above.
    let workPerByte: Int
    private let body: @Sendable (inout FuzzInput) throws -> Void

    init(_ name: String, workPerByte: Int, _ body: @escaping @Sendable (inout FuzzInput) throws -> Void) {
        self.name = name
        self.workPerByte = workPerByte
        self.body = body
    }

    static let all: [FuzzTarget] = [
        .imapResponses, .imapSession, .smtpServer, .smtpClient, .mimeMessage, .mimeDecoding, .beacon, .inflate,
        .outgoing, .cleaning, .pullAnswer, .provider, .accessLog, .requestHead, .proxyHeader, .clientAddress,
        .networkList,
        .values,
    ]

    func allowance(for count: Int) -> Int { workPerByte * (count + 64) }

    func check(_ bytes: [UInt8]) throws {
        var input = FuzzInput(bytes)
        try body(&input)
    }
}

/// Something that must hold did not.
struct Violation: Error, CustomStringConvertible {
    let description: String
}

func require(_ holds: Bool, _ what: @autoclosure () -> String) throws(Violation) {
    if !holds { throw Violation(description: what()) }
}

/// The fuzzer's bytes. What is chosen by them is read from their end, so that in front a seed can stand as it is.
struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// All that no choice has been made by.
    var text: [UInt8] { Array(bytes) }

    /// 0 if there are no bytes left.
    mutating func choice(of count: Int) -> Int { Int(bytes.popLast() ?? 0) % count }

    /// Single bytes unless the input says otherwise.
    mutating func cuts() -> Cuts {
        let count = choice(of: 8)
        return Cuts(lengths: count == 0 ? [1] : (0..<count).map { _ in choice(of: 256) + 1 })
    }
}

/// The lengths of the pieces in which bytes arrive, over and over.
struct Cuts {
    let lengths: [Int]

    func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            pieces.append(Array(rest.prefix(lengths[pieces.count % lengths.count])))
            rest = rest.dropFirst(lengths[(pieces.count - 1) % lengths.count])
        }
        return pieces
    }
}
