import FoundationEssentials
import Tokens

/// The file of a ``NetworkList``: lines of text, the last of which is the SHA-256 of all before it.
///
///     sentmark-ranges 1
///     list apple-relay
///     source https://mask-api.icloud.com/egress-ip-ranges.csv
///     fetched 2026-11-26T08:00:00.000Z
///     published 290123
///     class apple-relay 2
///     104.28.132.0/25
///     2a02:26f7:b00a:4000::/64
///     sha256 9f86d0…
extension NetworkList {
    package static let maximumFileBytes = 64 << 20
    private static let title = "sentmark-ranges 1"

    package func encoded() -> [UInt8]? {
        var text = """
            \(Self.title)
            list \(list.rawValue)
            source \(source)
            fetched \(Timestamp.format(fetched))
            published \(published)

            """
        for part in parts {
            text += "class \(part.networkClass.rawValue) \(part.prefixes.count)\n"
            for prefix in part.prefixes { text += "\(prefix)\n" }
        }
        let bytes = Array(text.utf8)
        return KeyedHash.sha256(bytes).map { bytes + Array("sha256 \($0.hexadecimal)\n".utf8) }
    }

    /// Throws what is wrong with the file; nothing of a damaged one is used.
    package init(decoding bytes: [UInt8]) throws(ListProblem) {
        let damaged = ListProblem("it is damaged")
        guard bytes.count <= Self.maximumFileBytes, bytes.last == 0x0a,
            let end = bytes.dropLast().lastIndex(of: 0x0a),
            let hash = KeyedHash.sha256(Array(bytes[...end])),
            bytes[(end + 1)...].elementsEqual("sha256 \(hash.hexadecimal)\n".utf8)
        else { throw damaged }
        var lines = bytes[...end].split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()[...]
        func value(_ name: String) throws(ListProblem) -> String {
            guard let line = lines.popFirst().map({ String(decoding: $0, as: UTF8.self) }), line.hasPrefix(name + " ")
            else { throw damaged }
            return String(line.dropFirst(name.count + 1))
        }
        guard lines.popFirst()?.elementsEqual(Self.title.utf8) == true else {
            throw ListProblem("it is of another version")
        }
        guard let list = PublishedList(rawValue: try value("list")) else { throw damaged }
        let source = try value("source")
        guard let fetched = Timestamp.parse(try value("fetched")), let published = Int(try value("published")),
            published >= 0
        else { throw damaged }
        var parts: [Part] = []
        while !lines.isEmpty {
            let words = try value("class").split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let count = Int(words[1]), (0...lines.count).contains(count) else { throw damaged }
            let prefixes = lines.prefix(count).compactMap { IPPrefix(utf8: $0) }
            guard prefixes.count == count else { throw damaged }
            lines = lines.dropFirst(count)
            parts.append(Part(networkClass: NetworkClass(rawValue: String(words[0])), prefixes: prefixes))
        }
        guard parts.map(\.networkClass) == list.classes else { throw damaged }
        self.init(list: list, source: source, fetched: fetched, published: published, parts: parts)
    }
}
