@testable import IMAP

/// Events and ends of a session in the words of the dialogues' `E:` lines.
enum EventText {
    static func line(_ event: Session.Event) -> String {
        switch event {
        case .ready: "ready"
        case .untagged(let untagged): line(untagged)
        case .finished(let tag, let completion): "finished \(tag) \(line(completion))"
        case .idling(let tag): "idling \(tag)"
        case .skipped(let bytes): "skipped \(shown(bytes))"
        }
    }

    static func line(_ reason: Session.CloseReason) -> String {
        switch reason {
        case .loggedOut: "close logged out"
        case .bye(let text): "close bye \(line(text))"
        case .refused(let text): "close refused \(line(text))"
        case .endOfStream: "close end of stream"
        case .timedOut(let command): "close timed out \(command)"
        case .tooMuchData: "close too much data"
        case .syntax(let error): "close syntax \(error)"
        case .protocolError(let text): "close protocol error: \(text)"
        }
    }

    private static func line(_ untagged: Untagged) -> String {
        switch untagged {
        case .condition(let completion): line(completion)
        case .bye(let text): "bye \(line(text))"
        case .preauthenticated(let text): "preauth \(line(text))"
        case .capability(let all): "capability \(joined(all))"
        case .enabled(let all): "enabled \(joined(all))"
        case .id(let fields): "id \(joined((fields ?? []).map { "\($0.name)=\($0.value ?? "NIL")" }))"
        case .flags(let flags): "flags \(joined(flags))"
        case .list(let entry): "list \(entry.name) (\(joined(entry.attributes.map(\.rawValue).sorted())))"
        case .search(let result): "search" + line(result)
        case .exists(let count): "exists \(count)"
        case .recent(let count): "recent \(count)"
        case .expunge(let sequence): "expunge \(sequence)"
        case .vanished(let uids, let earlier): "vanished\(earlier ? " earlier" : "") \(uids)"
        case .fetch(let data): "fetch \(data.sequence)" + line(data)
        case .mailboxStatus(let name, let status): "status \(name)" + line(status)
        case .other(let name, let text): "other \(name) \(text)"
        }
    }

    private static func line(_ completion: Completion) -> String {
        "\(completion.status) \(line(ResponseText(code: completion.code, text: completion.text)))".trimmed
    }

    private static func line(_ text: ResponseText) -> String {
        ((text.code.map { "[\($0)] " } ?? "") + text.text).trimmed
    }

    private static func line(_ result: SearchResult) -> String {
        fields([
            ("tag", result.tag?.rawValue), ("all", result.all?.description), ("min", result.minimum?.description),
            ("max", result.maximum?.description), ("count", result.count?.description),
            ("modseq", result.highestModificationSequence?.description),
            ("partial", result.partial.map { "\($0.window)=\($0.uids)" }),
        ])
    }

    private static func line(_ status: MailboxStatus) -> String {
        fields([
            ("messages", status.messages?.description), ("uidnext", status.uidNext?.description),
            ("uidvalidity", status.uidValidity?.description), ("unseen", status.unseen?.description),
            ("modseq", status.highestModificationSequence?.description),
        ])
    }

    private static func line(_ data: FetchData) -> String {
        fields([
            ("uid", data.uid?.description), ("flags", data.flags.map { "(\(joined($0)))" }),
            ("size", data.size?.description), ("modseq", data.modificationSequence?.description),
            ("parts", data.structure.map { joined($0.parts.map { "\($0.section):\($0.type)/\($0.subtype)" }) }),
            ("labels", data.gmailLabels.map { "(\(joined($0)))" }),
        ])
            + data.sections.map { section in
                let origin = section.origin.map { "<\($0)>" } ?? ""
                let name = (try? section.section.wireText()) ?? "?"
                return " \(section.isDecoded ? "binary" : "body")[\(name)]\(origin)=\(line(section.content))"
            }.joined() + (data.isPartial ? " partial" : "")
    }

    private static func line(_ content: SectionContent) -> String {
        switch content {
        case .bytes(let bytes): shown(bytes)
        case .absent: "absent"
        case .oversized(let announced): "oversized(\(announced))"
        }
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
    }

    private static func fields(_ pairs: [(String, String?)]) -> String {
        pairs.compactMap { name, value in value.map { " \(name)=\($0)" } }.joined()
    }

    private static func joined(_ items: [some CustomStringConvertible]) -> String {
        items.map(\.description).joined(separator: " ")
    }
}

extension String {
    fileprivate var trimmed: String { last == " " ? String(dropLast()) : self }
}
