import Host
import IMAP
import Mailbox
import SentSync
import Testing
import Transport

@testable import Agent

struct SessionEndTests {
    @Test(
        arguments: [
            ("Request is throttled. Suggested Backoff Time: 92415 milliseconds", Duration.milliseconds(92_415)),
            ("Suggested Backoff Time: 999999999 milliseconds", .seconds(300)),
            ("Suggested Backoff Time: soon", nil), ("Suggested Backoff Time:", nil), ("Time: 5 o'clock", nil),
            ("", nil),
        ] as [(String, Duration?)])
    func readsHowLongTheServerAsksToWait(_ text: String, _ pause: Duration?) {
        #expect(SessionEnd.requestedPause(in: text) == pause)
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        let error: any Error
        let failure: Backoff.Failure
        let reason: String
        var testDescription: String { reason }

        init(_ error: any Error, _ failure: Backoff.Failure, _ reason: String) {
            (self.error, self.failure, self.reason) = (error, failure, reason)
        }
    }

    @Test(arguments: [
        Sample(HostError(code: .unsafe, subject: "f", detail: "d", action: "a"), .needsUser, "f: d; a"),
        Sample(HostError(code: .notFound, subject: "f", detail: "d", action: "a"), .needsUser, "f: d; a"),
        Sample(HostError(code: .failed, subject: "pass", detail: "d", action: "a"), .network, "pass: d; a"),
        Sample(
            MailboxError.transport(TransportError(.credentialsRejected(""), "no", .needsUser("look"))), .needsUser,
            "no; look"),
        Sample(
            MailboxError.transport(TransportError(.serverUnavailable(""), "later", .retryLater(after: .seconds(60)))),
            .asked(.seconds(60)), "later"),
        Sample(MailboxError.closed(.tooMuchData), .network, "the server sends without end and does not answer"),
        Sample(MailboxError.closed(.timedOut(command: "FETCH")), .network, "the server did not answer FETCH in time"),
        Sample(
            MailboxError.closed(.syntax(.lineTooLong(limit: 4 << 20))), .network,
            "the server sent a line of more than 4 MB"),
        Sample(
            AccountProblem.noSentFolder(.named(["Sennt"]), ["Sent"]), .needsUser,
            "there is no folder Sennt; name the one with sent mail with `sent = \"…\"` in the configuration (folders here: Sent)"
        ),
    ])
    func saysWhatIsWrongAndWhoIsToAct(_ sample: Sample) {
        let (failure, reason) = SessionEnd.classify(sample.error)
        #expect(failure == sample.failure)
        #expect(reason == sample.reason)
    }
}
