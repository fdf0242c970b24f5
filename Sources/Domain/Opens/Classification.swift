import FoundationEssentials
import Tokens

/// A line that `sentmark classify` cannot judge.
package struct ClassificationError: Error, Equatable, CustomStringConvertible {
    /// Counted from 1.
    package let line: Int
    package let reason: String
    package var description: String { "line \(line): \(reason)" }
}

/// `sentmark classify`: a scenario, one JSON object on a line, in; verdicts, one JSON object, out.
///
/// In: `id`, `events` (`t_offset_s` from sending, `method`, `ua`, `ip`, `ip_class`, `asn`, `headers`, `token`, `kind`)
/// and `context`; other fields, `expected` above all, are not read.
package enum Classification {
    package static let lineLimit = 1 << 20
    package static let eventLimit = 10_000

    /// - Parameters:
    ///   - bytes: UTF-8, without the line's end.
    ///   - number: of the line, for errors.
    /// - Returns: the answer, without a line's end.
    package static func line(_ bytes: [UInt8], number: Int = 1) throws(ClassificationError) -> [UInt8] {
        let scenario = try Scenario.read(bytes, line: number)
        let (history, last) = scenario.history
        let judgement = OpensEngine.judge(history, now: last + Thresholds.burst)
        return Array(scenario.answer(judgement).utf8)
    }
}

/// The corpus form, as far as it is read.
struct Scenario: Decodable {
    struct Event: Decodable {
        var t_offset_s: Double
        var method: String?
        var ua: String?
        var ip: String?
        var ip_class: String?
        var asn: UInt32?
        var headers: [String: String]?
        var token: String
        var kind: String?
    }

    struct Context: Decodable {
        struct Activity: Decodable { var t_offset_s: Double }
        var own_activity: [Activity]?
        var own_client_ua: String?
        var recipient_is_own_address: Bool?
        var recipient_domain_is_own: Bool?
        var mdn_displayed_at_s: Double?
        var reply_at_s: Double?
        var forward_at_s: Double?
        var bounce_at_s: Double?
    }

    var id: String
    var events: [Event]
    var context: Context?

    static func read(_ bytes: [UInt8], line: Int) throws(ClassificationError) -> Scenario {
        guard bytes.count <= Classification.lineLimit else {
            throw ClassificationError(line: line, reason: "longer than \(Classification.lineLimit) bytes")
        }
        let scenario: Scenario
        do {
            scenario = try JSONDecoder().decode(Scenario.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw ClassificationError(line: line, reason: error.reason)
        } catch {
            throw ClassificationError(line: line, reason: "not a JSON object")
        }
        guard scenario.events.count <= Classification.eventLimit else {
            throw ClassificationError(line: line, reason: "events: more than \(Classification.eventLimit)")
        }
        // A century either way; also keeps arithmetic on times finite.
        for (index, event) in scenario.events.enumerated() where !(abs(event.t_offset_s) <= 3.2e9) {
            throw ClassificationError(line: line, reason: "events[\(index)].t_offset_s: out of range")
        }
        for (index, event) in scenario.events.enumerated() {
            if let ip = event.ip, IPAddress(ip) == nil {
                throw ClassificationError(line: line, reason: "events[\(index)].ip: not an IP address")
            }
        }
        return scenario
    }
}

extension Scenario {
    /// Any moment will do; noon, so that little of it runs over midnight, where hashes of networks change.
    private static let sentAt = Date(timeIntervalSinceReferenceDate: 9000 * 86_400 + 43_200)

    /// The history, and the time of its last hit.
    var history: (History, last: Date) {
        var hits: [Hit] = []
        var numbering = TokenNumbering()
        for (index, event) in events.enumerated() {
            hits.append(event.hit(seq: Int64(index) + 1, sentAt: Scenario.sentAt, token: numbering.token(event.token)))
        }
        let sharesDomain = context?.recipient_domain_is_own ?? false
        let isOwn = context?.recipient_is_own_address ?? false
        let activity = (context?.own_activity ?? []).map(\.t_offset_s).filter { abs($0) <= 3.2e9 }
        var history = History(
            sentAt: Scenario.sentAt, recipientDomains: [sharesDomain ? "own.example" : "recipient.example"],
            senderDomains: ["own.example"], recipientIsSender: isOwn, tokens: Set(hits.map(\.token)),
            ownTokens: numbering.own,
            ownClients: Set((context?.own_client_ua).map { [ClientFamily(userAgent: $0)] } ?? []),
            hits: hits,
            ownActivity: activity.map {
                OwnActivity(since: Scenario.sentAt + $0, until: Scenario.sentAt + $0)
            })
        history.noteIncoming(context)
        return (history, hits.map(\.at).max() ?? Scenario.sentAt)
    }

    /// A reply and a displayed receipt prove a reading without any hit.
    func answer(_ judgement: Judgement) -> String {
        let isProven = context?.mdn_displayed_at_s != nil || context?.reply_at_s != nil
        let status = isProven ? OpenStatus.opened : judgement.status
        let hits = judgement.verdicts.map {
            #"{"class":"\#($0.hitClass.rawValue)","p_person":\#($0.personProbability),"#
                + #""confidence":\#($0.confidence),"rule":\#(JSONText.quoted($0.rule))}"#
        }
        return
            #"{"id":\#(JSONText.quoted(id)),"hits":[\#(hits.joined(separator: ","))],"message":"\#(status.rawValue)"}"#
    }
}

private extension History {
    /// Replies and forwards quote every token; a mail that came back reached nobody.
    mutating func noteIncoming(_ context: Scenario.Context?) {
        func date(_ seconds: Double?) -> Date? {
            seconds.flatMap { abs($0) <= 3.2e9 ? $0 : nil }.flatMap { offset in sentAt.map { $0 + offset } }
        }
        for (kind, seconds) in [(Incoming.Kind.reply, context?.reply_at_s), (.forward, context?.forward_at_s)] {
            guard let arrivedAt = date(seconds) else { continue }
            incoming += tokens.map { Incoming(kind: kind, token: $0, arrivedAt: arrivedAt) }
        }
        guard let returned = date(context?.bounce_at_s) else { return }
        undelivered = Dictionary(uniqueKeysWithValues: tokens.map { ($0, returned) })
    }
}

private extension Scenario.Event {
    func hit(seq: Int64, sentAt: Date, token: (text: String, signals: Set<Signal>)) -> Hit {
        let address = ip.flatMap { IPAddress($0) }
        let named = ip_class.map { NetworkClass(rawValue: String($0.map { $0 == "_" ? "-" : $0 })) }
        let netclass = named ?? address.flatMap { NetworkTable.builtIn.lookup($0)?.networkClass }
        let method = method ?? "GET"
        var fields = (headers ?? [:]).map { (name: $0.key, value: $0.value) }
        if let ua { fields.append((name: "user-agent", value: ua)) }
        var signals = Signal.signals(headers: fields, method: method).union(token.signals)
        if kind == "link" { signals.insert(.link) }
        return Hit(
            seq: seq, at: sentAt + t_offset_s, token: token.text, method: method, net: address?.network.description,
            netclass: netclass, asn: asn, ua: ua.map { String($0.prefix(Hit.userAgentLimit)) },
            family: ClientFamily(userAgent: ua), signals: signals)
    }
}

/// Gives the words of the corpus tokens of the real shape, so that the engine sees what it will see in earnest.
private struct TokenNumbering {
    private(set) var own: Set<String> = []
    private var recipients: [String: UInt8] = [:]

    /// `valid`, `valid:NAME` (one recipient's), `valid:own`, `lowercased`, `uppercased`, `link:N`, `honeypot`,
    /// `sent_copy`; `mutated` has been damaged; any other word is a token that did not verify.
    mutating func token(_ word: String) -> (text: String, signals: Set<Signal>) {
        let parts = word.split(separator: ":", maxSplits: 1)
        switch parts.first.map(String.init) ?? "" {
        case "valid":
            guard parts.count > 1 else { return (text(0), []) }
            let text = text(number(of: String(parts[1])))
            if parts[1] == "own" { own.insert(text) }
            return (text, [])
        case "lowercased", "uppercased": return (text(0), [])
        case "link": return (text(0), [.link])
        case "honeypot": return (text(0), [.honeypot])
        case "sent_copy": return (text(Token.sendersCopy), [])
        case "mutated": return (text(0), [.tokenDamaged])
        default: return (text(0), [.tokenForged])
        }
    }

    private mutating func number(of name: String) -> UInt8 {
        if let known = recipients[name] { return known }
        // 254 is reserved; who comes after the 253rd shares its token.
        let number = UInt8(min(recipients.count + 1, 253))
        recipients[name] = number
        return number
    }

    private func text(_ recipient: UInt8) -> String {
        var bytes = [UInt8](repeating: 0, count: Token.byteCount)
        bytes[0] = Token.version << 6 | PrivacyLevel.detailed.rawValue << 4
        bytes[12] = recipient
        return Base32.encode(bytes)
    }
}

private enum JSONText {
    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\u{0}"..."\u{1f}":
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

private extension DecodingError {
    /// What is wrong and where, in one line.
    var reason: String {
        switch self {
        case .keyNotFound(let key, let context): "\(path(context.codingPath + [key])): missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(path(context.codingPath)): \(context.debugDescription)"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "not JSON" : "\(path(context.codingPath)): \(context.debugDescription)"
        @unknown default: "not a scenario"
        }
    }

    private func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty
            ? "the line"
            : keys.reduce("") { text, key in
                key.intValue.map { "\(text)[\($0)]" } ?? (text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)")
            }
    }
}
