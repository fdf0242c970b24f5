import FoundationEssentials
import Secrets

/// The lines that libcurl has read from a server until the login was done: the only source of the capabilities, and of
/// the reason when it failed.
///
/// Limited, since all of it comes from a stranger, and free of the credentials even if the server repeats them.
final class ServerLines {
    static let lineLimit = 8 << 10
    static let countLimit = 200
    /// More than this before the login is no mail server.
    static let totalLimit = 256 << 10

    private(set) var lines: [String] = []
    private let redaction: Redaction
    private var total = 0

    init(hiding secrets: [Secret]) {
        redaction = Redaction(secrets)
    }

    /// Takes one line with its line end. False when the server has sent too much.
    func append(_ line: UnsafeRawBufferPointer) -> Bool {
        total += line.count
        guard total <= Self.totalLimit else { return false }
        // The last line tells why a login failed: it is kept in any case.
        if lines.count == Self.countLimit { lines.removeLast() }
        lines.append(redaction.clean(line.prefix(Self.lineLimit)))
        return true
    }
}

/// Takes credentials out of what a server says: as they are, as they are quoted in a LOGIN command, and within base64.
struct Redaction {
    static let marker = "‹secret›"
    /// Shorter ones would make every line unreadable and are no secrets.
    private static let shortest = 4
    private let needles: [String]

    init(_ secrets: [Secret]) {
        needles = secrets.flatMap { secret in
            let text = secret.reveal { String(decoding: $0, as: UTF8.self) }
            return [text, text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")]
        }.filter { $0.utf8.count >= Self.shortest }
    }

    /// One line of text without its line end; control characters become spaces.
    func clean(_ bytes: some Collection<UInt8>) -> String {
        var text = String(decoding: bytes, as: UTF8.self)
        while let last = text.last, last.isNewline { text.removeLast() }
        if text.unicodeScalars.contains(where: Self.isControl) {
            var scalars = String.UnicodeScalarView()
            for scalar in text.unicodeScalars { scalars.append(Self.isControl(scalar) ? " " : scalar) }
            text = String(scalars)
        }
        for needle in needles { text = text.replacing(needle, with: Self.marker) }
        return hidingBase64(text)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

    private func hidingBase64(_ text: String) -> String {
        guard !needles.isEmpty else { return text }
        var result = ""
        var word = ""
        for character in text + " " {
            if character.isASCII, character.isLetter || character.isNumber || "+/=".contains(character) {
                word.append(character)
            } else {
                result += holdsSecret(word) ? Self.marker : word
                result.append(character)
                word = ""
            }
        }
        result.removeLast()
        return result
    }

    private func holdsSecret(_ word: String) -> Bool {
        guard word.count >= 6, let data = Data(base64Encoded: word) else { return false }
        let text = String(decoding: data, as: UTF8.self)
        return needles.contains { text.contains($0) }
    }
}
