import Foundation
import Opens
import SentSync
import Store

/// What the mailbox tells of a message beside its flags, in words: `sentmark why`.
struct MailboxEvents {
    let message: MessageReport

    /// In the order of time; empty if there is nothing.
    func lines(_ clock: ClockText) -> [String] {
        let touches = message.ownActivity.map { ($0.until, Self.words($0, clock)) }
        let mail = message.incoming.map { ($0.arrivedAt, "\(clock.second($0.arrivedAt))  \($0.words)") }
        let failed = message.failed.map { "It did not reach \($0), as a mail server has reported." }
        return (touches + mail).sorted { $0.0 < $1.0 }.map(\.1) + failed
    }

    private static func words(_ activity: OwnActivity, _ clock: ClockText) -> String {
        let what = "you were at it, or at mail that shows its pixel: a flag changed"
        guard let since = activity.since else {
            return "\(clock.second(activity.until))  \(what), some time before that"
        }
        let isMoment = abs(activity.until.timeIntervalSince(since)) < 2
        return "\(clock.second(activity.until))  \(what)" + (isMoment ? "" : ", after \(clock.second(since))")
    }
}

extension MessageReport.IncomingLine {
    fileprivate var words: String {
        let what =
            switch kind {
            case .reply: isByRecipient ? "a recipient has answered" : "somebody who is no recipient has written"
            case .automatic: "an automatic answer"
            case .report: "a mail server's report"
            case .copy: "it came to your own inbox"
            }
        guard showsPixel else { return what }
        return kind == .copy ? "\(what), pixel and all" : "\(what), and that mail shows its pixel"
    }
}
