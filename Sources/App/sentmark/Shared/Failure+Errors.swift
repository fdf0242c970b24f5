import Agent
import Beacon
import Foundation
import HitSources
import Host
import Mailbox
import Networks
import Opens
import PixelServer
import Settings
import Store
import Submission
import Transport

extension Failure {
    /// Every error that can come up from the layers below, with its exit status.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as SettingsProblems: self.init(.configuration, error.description)
        case let error as HostError: self.init(error.status, "\(error.subject): \(error.detail)", action: error.action)
        case let error as StoreError: self.init(error.status, error.description)
        case let error as PixelServerError: self.init(error)
        case let error as SubmissionError: self.init(.unavailable, error.detail, action: error.action)
        case let error as TransportError: self.init(error)
        case let error as MailboxError: self.init(error)
        case let error as PullError: self.init(error)
        case let error as InvalidEndpoint: self.init(.configuration, error.description)
        case let error as TokenPatternError: self.init(.configuration, error.description)
        case let error as ClassificationError: self.init(.dataError, error.description)
        case let error as FetchError: self.init(.unavailable, error.detail, action: error.action)
        case let error as RefusedList:
            self.init(
                .dataError, error.description,
                action: error.problem.isByComparison
                    ? "if that is right, remove \(error.file) and update again"
                    : "look whether its operator has changed it, or name a mirror in [ranges]")
        case is CancellationError: self.init(.temporary, "stopped before it was done")
        default: self.init(.software, "\(error)")
        }
    }

    private init(_ error: PixelServerError) {
        let status: SystemExit =
            switch error.code {
            case .locked, .busy: .temporary
            case .permission: .permission
            case .durability, .full, .storage: .inputOutput
            case .unreadable, .stream: .dataError
            case .certificate: .configuration
            case .listen, .unreachable: .unavailable
            }
        switch error.remedy {
        case .retryLater: self.init(status, error.detail, action: "try again later")
        case .needsUser(let action): self.init(status, error.detail, action: action)
        }
    }

    private init(_ error: TransportError) {
        let status: SystemExit =
            switch error.kind {
            case .resolve, .refused, .timeout, .tls, .serverUnavailable, .proxy, .closed, .other: .unavailable
            case .cancelled: .temporary
            case .credentialsRejected: .permission
            case .starttlsUnavailable, .noUsableMechanism: .configuration
            }
        switch error.remedy {
        case .needsUser(let action): self.init(status, error.detail, action: action)
        case .retryNow, .retryLater, .never: self.init(status, error.detail)
        }
    }

    private init(_ error: MailboxError) {
        switch error {
        case .transport(let error): self.init(error)
        case .closed, .refused, .unsendable: self.init(.unavailable, error.description)
        case .cancelled: self.init(.temporary, "stopped before it was done")
        }
    }

    private init(_ error: PullError) {
        let status: SystemExit =
            switch error {
            case .transport(let error): Failure(error).status
            case .unauthorised, .keyRefused: .permission
            case .noKey: .configuration
            case .otherLog, .busy: .temporary
            case .unexpected, .log: .unavailable
            }
        switch error.remedy {
        case .needsUser(let action):
            let detail = if case .transport(let error) = error { error.detail } else { error.description }
            self.init(status, detail, action: action)
        case .retryNow, .retryLater, .never: self.init(status, error.description)
        }
    }
}

extension HostError {
    fileprivate var status: SystemExit {
        switch code {
        // Whatever is not found was named by the configuration or by an argument.
        case .notFound, .unusable: .configuration
        case .unsafe: .permission
        case .timedOut, .cancelled, .alreadyRunning: .temporary
        case .failed: .unavailable
        case .system(EACCES), .system(EPERM): .permission
        case .system: .inputOutput
        }
    }
}

extension StoreError {
    fileprivate var status: SystemExit {
        switch kind {
        case .diskFull, .readOnly, .inputOutput, .other: .inputOutput
        case .damaged: .dataError
        case .missing: .unavailable
        case .newer, .older: .configuration
        case .busy: .temporary
        }
    }
}
