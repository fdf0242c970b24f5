import Foundation
import TestSupport
import Testing

/// Whatever becomes of the agent's database, mail is sent: without a token then, and as it was written.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SendingTroubleTests {
    typealias Trouble = TroubledDisk.Trouble

    @Test(arguments: Trouble.possible)
    func theMailGoesOutAsItWasWritten(_ trouble: Trouble) async throws {
        let sink = try await Upstream.start(.sink)
        let submission = try Submission(to: sink, more: "tokens = \"each\"")
        let program = submission.program
        let disk = try TroubledDisk(trouble, under: program)
        let server = try await submission.start { try disk.start() }
        let programs = try MailPrograms()
        func send(_ id: String, to recipients: [String]) async throws -> [Upstream.Delivery] {
            let before = try await sink.deliveries().count
            try await programs.submit(
                by: .smtplib, to: server, .none, from: Letter.sender, to: recipients, Letter.html(id))
            return Array(try await sink.deliveries().dropFirst(before))
        }
        func isTracked(_ delivery: Upstream.Delivery, _ id: String) -> Bool {
            submission.isPicture(submission.insertion(delivery.message, into: Letter.html(id)))
        }
        let both = [Letter.tracked, "dora@far.example"]

        for (recipients, copies) in [([Letter.tracked], 1), (both, 2)] {
            let arrived = try await send("before", to: recipients)
            #expect(arrived.count == copies && arrived.allSatisfy { isTracked($0, "before") })
        }
        try disk.begin()
        for recipients in [[Letter.tracked], both, [Letter.untracked]] {
            let arrived = try await send("meanwhile", to: recipients)
            #expect(arrived.map(\.recipients) == [recipients])
            #expect(arrived.map(\.message) == [Letter.html("meanwhile")])
        }
        try disk.end()
        // Who runs it is told, once and not for each mail, and what to do about it.
        let told =
            "mail goes out without its token: the registration \(trouble == .locked ? "took too long" : "failed")"
        var lines: [Substring] { program.log.split(separator: "\n").filter { $0.contains(told) } }
        try await program.wait(20, "the log to say: \(told)") { !lines.isEmpty }
        #expect(lines.count == 1, "\(program.log)")
        #expect(lines.first?.contains(trouble.remedy) == true, "\(lines)")
        // What failed may be tried again by the agent for a while, in whose way nobody is.
        let deadline = ContinuousClock.now + .seconds(40)
        var arrived = try await send("after", to: both)
        while arrived.count == 1, ContinuousClock.now < deadline { arrived = try await send("after", to: both) }
        #expect(arrived.map(\.recipients) == both.map { [$0] } && arrived.allSatisfy { isTracked($0, "after") })
        #expect(program.isRunning)

        // What the log knows of it, if anything, is that no token was sent.
        let known = try program.outcome(
            of: ["why", "--json", "meanwhile@example.org"], within: disk.inside)
        #expect(!known.output.contains(#""token":""#), "\(known)")
        if trouble == .locked { #expect(known.output.contains("deadline"), "\(known)") }
        await sink.stop()
    }

    /// The command alone, which then has to open the database by itself.
    @Test(arguments: [Trouble.locked, .readOnly].filter { $0 == .locked || SmallDisk.refusal == nil })
    func theCommandSendsItAsItWasWritten(_ trouble: Trouble) async throws {
        let sink = try await Upstream.start(.sink)
        let submission = try Submission(to: sink)
        let program = submission.program
        let file = program.home.appending(path: "input")
        try Data(Letter.html("one")).write(to: file)
        #expect(try program.sendmail(["-oi", Letter.tracked], message: file).status == 0)
        let lock = trouble == .locked ? try DatabaseLock(on: program) : nil
        let readOnly = SmallDisk(under: program).readOnly
        let outcome = try program.sendmail(
            ["-oi", Letter.tracked], message: file, within: trouble == .readOnly ? readOnly : [])
        #expect(outcome.status == 0, "\(outcome)")
        let arrived = try await sink.deliveries().map(\.message)
        #expect(arrived.count == 2 && arrived.last == Letter.html("one"))
        #expect(submission.isPicture(submission.insertion(try #require(arrived.first), into: Letter.html("one"))))
        lock?.release()
        await sink.stop()
    }
}
