import IMAP

/// Responses as a server writes them.
struct ResponseWriter {
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    private(set) var bytes: [UInt8] = []

    mutating func line(_ text: String) { bytes += Array((text + "\r\n").utf8) }

    mutating func fetch(_ data: FetchData, isUpperCase: Bool) {
        var items: [[UInt8]] = []
        if let uid = data.uid { items.append(Array("UID \(uid)".utf8)) }
        if let flags = data.flags {
            let words = flags.map { isUpperCase && $0.isKeyword ? $0.spelling.uppercased() : $0.spelling }
            items.append(Array("FLAGS (\(words.joined(separator: " ")))".utf8))
        }
        if let labels = data.gmailLabels {
            let words = labels.map { "\"\(String(decoding: $0.wire, as: UTF8.self))\"" }
            items.append(Array("X-GM-LABELS (\(words.joined(separator: " ")))".utf8))
        }
        if let changed = data.modificationSequence { items.append(Array("MODSEQ (\(changed))".utf8)) }
        if let date = data.internalDate { items.append(Array("INTERNALDATE \"\(Self.text(date))\"".utf8)) }
        if let size = data.size { items.append(Array("RFC822.SIZE \(size)".utf8)) }
        if let structure = data.structure { items.append(Array("BODYSTRUCTURE \(Self.text(structure))".utf8)) }
        items += data.sections.map(Self.text)
        bytes += Array("* \(data.sequence) FETCH (".utf8) + items.joined(separator: [0x20]) + Array(")\r\n".utf8)
    }

    private static func text(_ section: SectionData) -> [UInt8] {
        let name =
            switch section.section.kind {
            case .headerFields(let names): "HEADER.FIELDS (\(names.joined(separator: " ")))"
            case .header: "HEADER"
            default: section.section.part
            }
        let origin = section.origin.map { "<\($0)>" } ?? ""
        let content = section.content.bytes ?? []
        return Array("BODY[\(name)]\(origin) {\(content.count)}\r\n".utf8) + content
    }

    private static func text(_ structure: BodyStructure) -> String {
        let parts = structure.parts.map { part in
            let charset = part.charset.map { "(\"charset\" \"\($0)\")" } ?? "NIL"
            return "(\"\(part.type)\" \"\(part.subtype)\" \(charset) NIL NIL "
                + "\"\(part.encoding)\" \(part.octets ?? 0) 1)"
        }
        return parts.count == 1 ? parts[0] : "(\(parts.joined()) \"alternative\")"
    }

    private static func text(_ date: InternalDate) -> String {
        let day = CalendarDay(daysSince1970: Int(date.secondsSince1970 / 86_400))
        let seconds = Int(date.secondsSince1970 % 86_400)
        let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(day.day < 10 ? "0" : "")\(day.day)-\(months[day.month - 1])-\(day.year) "
            + "\(time.joined(separator: ":")) +0000"
    }
}
