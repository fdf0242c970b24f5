import Foundation
import Host
import IMAP
import Mailbox
import SentSync
import Transport

/// How an account does: what `status`, `doctor` and systemd's status line show.
package enum AccountState: Sendable, Equatable {
    case connecting
    case scanning(done: Int, total: Int, left: Duration?)
    case idle
    /// Trying again by itself after a while.
    case waiting(reason: String, for: Duration)
    /// Nothing goes on until a person does something.
    case needsUser(reason: String)

    var name: String {
        switch self {
        case .connecting: "connecting"
        case .scanning: "scanning"
        case .idle: "idle"
        case .waiting: "waiting"
        case .needsUser: "needs-user"
        }
    }

    var detail: String {
        switch self {
        case .connecting, .idle: ""
        case .scanning(let done, let total, let left):
            "\(done) of \(total) messages" + (left.map { ", about \(Self.words(for: $0)) left" } ?? "")
        case .waiting(let reason, let duration): "\(reason); again in \(duration.components.seconds) s"
        case .needsUser(let reason): reason
        }
    }

    private static func words(for duration: Duration) -> String {
        let seconds = duration.components.seconds
        return seconds < 90 ? "\(max(1, seconds)) s" : seconds < 5400 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
    }
}

/// Why an account cannot go on by itself, and what a person can do.
struct AccountProblem: Error, CustomStringConvertible {
    let description: String

    static func noSentFolder(_ wish: SentFolder.Wish, _ candidates: [String]) -> AccountProblem {
        let list =
            candidates.isEmpty ? "the server lists no folder" : "folders here: " + candidates.joined(separator: ", ")
        let what =
            switch wish {
            case .automatic: "no folder is marked as Sent"
            case .named(let names): "there is no folder \(names.joined(separator: ", "))"
            }
        return AccountProblem(
            description: "\(what); name the one with sent mail with `sent = \"…\"` in the configuration (\(list))")
    }
}

/// What to do after a session ended with an error.
enum SessionEnd {
    static func classify(_ error: any Error) -> (failure: Backoff.Failure, reason: String) {
        switch error {
        case let problem as AccountProblem: (.needsUser, problem.description)
        case let error as MailboxError: classify(error)
        case let error as HostError: (error.needsUser ? .needsUser : .network, error.description)
        case let error as InvalidEndpoint: (.needsUser, error.description)
        default: (.network, "\(error)")
        }
    }

    private static func classify(_ error: MailboxError) -> (Backoff.Failure, String) {
        switch error {
        case .transport(let transport):
            switch transport.remedy {
            case .retryNow, .retryLater(after: nil): (.network, transport.detail)
            case .retryLater(after: let duration?): (.asked(duration), transport.detail)
            case .needsUser(let action): (.needsUser, "\(transport.detail); \(action)")
            case .never: (.needsUser, transport.detail)
            }
        case .refused(_, let completion):
            (requestedPause(in: completion.text).map(Backoff.Failure.asked) ?? .network, error.description)
        case .closed, .unsendable, .cancelled:
            (.network, error.description)
        }
    }

    /// Exchange: `BAD Request is throttled. Suggested Backoff Time: 92415 milliseconds`.
    static func requestedPause(in text: String) -> Duration? {
        let words = text.split(separator: " ")
        guard let mark = words.firstIndex(where: { $0.hasPrefix("Time:") }), words.index(after: mark) < words.endIndex,
            text.contains("Suggested Backoff Time"), let milliseconds = Int64(words[words.index(after: mark)])
        else { return nil }
        return .milliseconds(min(max(0, milliseconds), 300_000))
    }
}

extension HostError {
    /// Whether trying again is useless until somebody has done what the error says.
    fileprivate var needsUser: Bool {
        switch code {
        case .notFound, .unsafe, .unusable, .system(EACCES), .system(EPERM): true
        // A command that prints a secret may fail with the network.
        case .failed, .timedOut, .cancelled, .alreadyRunning, .system: false
        }
    }
}
