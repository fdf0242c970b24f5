import FoundationEssentials
import Opens

/// An open as a provider tells of it.
struct ProviderEvent: Sendable, Equatable {
    /// Stable: the same each time that it is told. Of several parts where no one of them is alone.
    var id: [String]
    var at: Date
    /// As the provider has it: the mail's own, or the provider's name for it.
    var messageID: String?
    /// The token of a declared tracker, as in its pixels' URLs.
    var token: String?
    var recipient: String?
    var userAgent: String?
    var address: String?
    /// What the provider says of who asked.
    var signals: Set<Signal> = []
}

/// Where the answers of an API say what.
package struct EventShape: Sendable {
    package enum TimeFormat: String, Sendable, CaseIterable {
        case rfc3339
        case unix
        case unixMilliseconds = "unix-ms"
    }

    /// Of the list of events; without steps the answer is the list.
    var list: JSONPath
    /// Values that together name one event.
    var id: [JSONPath]
    var time: JSONPath
    var timeFormat: TimeFormat
    /// The first that there is.
    var messageID: [JSONPath] = []
    var token: JSONPath?
    var recipient: JSONPath?
    var userAgent: JSONPath?
    var address: JSONPath?
    /// What an event says of who asked.
    var signals: @Sendable (JSONValue) -> Set<Signal> = { _ in [] }

    /// Octets of an identifier.
    private static let idLimit = 512
    /// Clocks of the years 2000 to 2200: what is beyond is no time.
    private static let times = 946_684_800.0...7_258_118_400.0

    /// All of them or none: what is not as documented is an error, with its place. An event need not name a mail.
    /// - Parameter limit: how many were asked for.
    func events(in answer: JSONValue, limit: Int) throws(PullError) -> [ProviderEvent] {
        guard case .array(let elements)? = list.value(in: answer) else {
            throw .unexpected("\(place(list)): no list")
        }
        guard elements.count <= limit else {
            throw .unexpected("\(place(list)): \(elements.count) events where \(limit) were asked for")
        }
        var events: [ProviderEvent] = []
        for (number, element) in elements.enumerated() {
            events.append(try event(element, number))
        }
        return events
    }

    private func event(_ element: JSONValue, _ number: Int) throws(PullError) -> ProviderEvent {
        var id: [String] = []
        for path in self.id {
            guard let part = path.value(in: element)?.text, part.utf8.count <= Self.idLimit else {
                throw .unexpected("\(place(list))[\(number)].\(path): no identifier")
            }
            id.append(part)
        }
        guard let at = time.value(in: element).flatMap(date) else {
            throw .unexpected("\(place(list))[\(number)].\(time): no time in the format \(timeFormat.rawValue)")
        }
        return ProviderEvent(
            id: id, at: at, messageID: messageID.lazy.compactMap { $0.value(in: element)?.text }.first,
            token: text(token, element), recipient: text(recipient, element), userAgent: text(userAgent, element),
            address: text(address, element), signals: signals(element))
    }

    private func text(_ path: JSONPath?, _ element: JSONValue) -> String? { path?.value(in: element)?.text }

    private func place(_ path: JSONPath) -> String { path.steps.isEmpty ? "answer" : path.description }

    /// To the millisecond, as hits have it.
    private func date(_ value: JSONValue) -> Date? {
        let seconds: Double? =
            switch timeFormat {
            case .rfc3339: value.text.flatMap(LogTime.iso8601)?.timeIntervalSince1970
            case .unix: value.seconds
            case .unixMilliseconds: value.seconds.map { $0 / 1000 }
            }
        guard let seconds, Self.times.contains(seconds) else { return nil }
        return Date(milliseconds: Int64((seconds * 1000).rounded()))
    }
}
