import Beacon
import Foundation
import HitSources
import IMAP
import Mailbox
import PixelServer
import Settings
import Testing
import Transport

@testable import Host
@testable import Store
@testable import sentmark

struct FailureTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let error: any Error
        let status: SystemExit
        var testDescription: String { "\(error)" }
    }

    static let samples: [Sample] = [
        Sample(error: Failure(.usage, "x"), status: .usage),
        Sample(error: HostError(code: .unsafe, subject: "f", detail: "d", action: "a"), status: .permission),
        Sample(error: HostError(code: .notFound, subject: "f", detail: "d", action: "a"), status: .configuration),
        Sample(
            error: HostError(code: .alreadyRunning(pid: 1), subject: "f", detail: "d", action: "a"), status: .temporary),
        Sample(error: HostError(code: .system(EACCES), subject: "f", detail: "d", action: "a"), status: .permission),
        Sample(error: HostError(code: .system(EIO), subject: "f", detail: "d", action: "a"), status: .inputOutput),
        Sample(error: StoreError(kind: .missing, path: "p", detail: ""), status: .unavailable),
        Sample(error: StoreError(kind: .diskFull, path: "p", detail: ""), status: .inputOutput),
        Sample(error: StoreError(kind: .damaged, path: "p", detail: ""), status: .dataError),
        Sample(error: PixelServerError(.listen, "l", .needsUser("u")), status: .unavailable),
        Sample(error: PixelServerError(.locked, "l", .retryLater(after: .seconds(1))), status: .temporary),
        Sample(error: TransportError(.resolve, "d", .retryNow), status: .unavailable),
        Sample(error: TransportError(.credentialsRejected("no"), "d", .needsUser("u")), status: .permission),
        Sample(error: TransportError(.starttlsUnavailable, "d", .needsUser("u")), status: .configuration),
        Sample(
            error: MailboxError.transport(TransportError(.credentialsRejected(""), "d", .needsUser("u"))),
            status: .permission),
        Sample(error: MailboxError.refused(command: "SELECT", Completion(.no)), status: .unavailable),
        Sample(error: PullError.unauthorised, status: .permission),
        Sample(error: PullError.busy(status: 503, after: nil), status: .temporary),
        Sample(error: PullError.transport(TransportError(.refused, "d", .retryNow)), status: .unavailable),
        Sample(error: TokenPatternError.noToken, status: .configuration),
        Sample(error: CancellationError(), status: .temporary),
        Sample(error: CocoaError(.featureUnsupported), status: .software),
    ]

    @Test(arguments: samples)
    func hasTheStatusOfItsKind(_ sample: Sample) {
        #expect(Failure(sample.error).status == sample.status)
    }

    @Test func saysWhatWhyAndWhatToDo() {
        let error = HostError(
            code: .unsafe, subject: "keys/px", detail: "others can read it", action: "chmod 600 keys/px")
        #expect(Failure(error).message == "sentmark: keys/px: others can read it; chmod 600 keys/px\n")
    }

    /// Each mistake of a configuration is a line of its own; a server's words stay one line and harmless.
    @Test func keepsLinesApart() throws {
        let problems = try #require(throws: SettingsProblems.self) {
            try Settings.parse(
                text: "a = 1\nb = 2\n[server]\npublic_url = \"https://px.example.org\"\n", file: "c.toml")
        }
        let lines = Failure(problems).message.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasPrefix("sentmark: c.toml:") })
        #expect(Failure(problems).status == .configuration)
        let hostile = TransportError(.other, "the server says \u{1b}[2J", .retryNow)
        #expect(Failure(hostile).message == "sentmark: the server says �[2J\n")
    }
}
