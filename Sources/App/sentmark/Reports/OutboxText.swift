import Foundation
import Store

extension OutboxReport {
    /// What became of drafts, and what to do about it, behind `outbox: `.
    func words(_ clock: ClockText) -> String {
        let count = drafts.counted("draft")
        let (isOne, time) = (drafts == 1, clock.minute(at))
        let why = reason.isEmpty ? "" : ": \(reason)"
        return switch stage {
        case .waiting:
            "\(count) \(isOne ? "waits" : "wait") to be sent, \(isOne ? "" : "the first ")since \(time)\(why)"
        case .sent: "\(count) \(isOne ? "has" : "have") been sent and \(isOne ? "is" : "are") not in Sent yet, \(time)"
        case .refused:
            "\(count) \(isOne ? "was" : "were") NOT sent, \(isOne ? "" : "the last ")\(time)\(why); correct "
                + "\(isOne ? "it" : "them") in the folder Refused below the outbox and move "
                + "\(isOne ? "it" : "them") back"
        case .uncertain:
            "\(count) may have been sent or not, \(isOne ? "" : "the last ")\(time)\(why); ask the recipients, then "
                + "move back to the outbox what they have not got, from the folder Not sure below it"
        }
    }
}
