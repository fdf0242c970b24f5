import Foundation
import TestSupport
import Testing

/// Real mail programs send through the built program to real servers.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SubmissionTests {
    /// By each program, in cleartext, under STARTTLS and TLS in turn.
    @Test func everyProgramSends() async throws {
        let sink = try await Upstream.start(.sink, behaviour: .init(cleartext: true))
        let submission = try Submission(to: sink)
        let server = try await submission.start()
        let programs = try MailPrograms()
        var sent: [(MailPrograms.Program, MailPrograms.Security)] = []
        for (number, program) in MailPrograms.Program.allCases.enumerated() {
            let securities: [MailPrograms.Security] = [.none, .starttls, .tls]
            for security in [securities[number % 3], securities[(number + 1) % 3]] {
                sent.append((program, security))
                for recipient in [Letter.tracked, Letter.untracked] {
                    try await programs.submit(
                        by: program, to: server, security, from: Letter.sender, to: [recipient],
                        Letter.html("\(program)-\(security)"))
                }
                // What the same program sends if nobody is in between.
                try await programs.submit(
                    by: program, to: .init(sink), .starttls, from: Letter.sender, to: [Letter.untracked],
                    Letter.html("\(program)-\(security)"))
            }
        }
        let arrived = try await sink.deliveries(count: sent.count * 3)
        for (number, (program, security)) in sent.enumerated() {
            let mails = arrived[(number * 3)..<(number * 3 + 3)].map(\.self)
            #expect(mails[0].recipients == [Letter.tracked], "\(program), \(security)")
            #expect(mails[1].recipients == mails[2].recipients, "\(program), \(security)")
            #expect(Set(mails.map(\.sender)) == [Letter.sender])
            #expect(settled(mails[1].message) == settled(mails[2].message), "\(program), \(security)")
            // These two write a mail of their own, of text alone.
            if program == .git || program == .neomutt { continue }
            #expect(mails[1].message == mails[2].message, "\(program), \(security)")
            let insertion = submission.insertion(mails[0].message, into: mails[1].message)
            #expect(submission.isPicture(insertion), "\(program), \(security): \(insertion ?? "other changes")")
        }
        await sink.stop()
    }

    @Test(arguments: Upstream.Kind.allCases)
    func everyServerTakesIt(kind: Upstream.Kind) async throws {
        let upstream = try await Upstream.start(kind)
        let submission = try Submission(to: upstream)
        let server = try await submission.start()
        let programs = try MailPrograms()
        for recipient in [Letter.tracked, Letter.untracked] {
            try await programs.submit(
                by: .smtplib, to: server, .starttls, from: Letter.sender, to: [recipient], Letter.html("one"))
        }
        let arrived = try await upstream.deliveries(count: 2)
        let tracked = try #require(arrived.first { $0.recipients == [Letter.tracked] })
        let plain = try #require(arrived.first { $0.recipients == [Letter.untracked] })
        #expect(submission.isCopy(plain.message, of: Letter.html("one")))
        #expect(submission.isPicture(submission.insertion(tracked.message, into: Letter.html("one"))))
        #expect(Set(arrived.map(\.sender)) == [Letter.sender])
        await upstream.stop()
    }

    /// The servers that would take a second mail from within the first are not given one.
    @Test(arguments: [Upstream.Kind.postfix, .opensmtpd])
    func nothingIsSmuggled(kind: Upstream.Kind) async throws {
        let upstream = try await Upstream.start(kind)
        let submission = try Submission(to: upstream)
        let server = try await submission.start()
        let probes = try await MailPrograms().smuggle(to: server, .none)
        let legal = probes.filter(\.endsMessage)
        let arrived = try await upstream.deliveries(count: legal.count)
        #expect(probes.count > 50 && !legal.isEmpty)
        for probe in probes where !probe.endsMessage {
            #expect(!arrived.contains { $0.sender == probe.evilSender }, "\(probe)")
        }
        // What is no message of ours to refuse: these ends are the client's own.
        #expect(legal.contains { probe in arrived.contains { $0.sender == probe.goodSender } })
        await upstream.stop()
    }

    /// Signed mail is not touched; and what is touched can be signed by the provider.
    @Test func signaturesHold() async throws {
        let sink = try await Upstream.start(.sink)
        let submission = try Submission(to: sink)
        let server = try await submission.start()
        let (programs, signatures) = (try MailPrograms(), try Signatures())
        for (number, kind) in Signatures.Kind.allCases.enumerated() {
            let message = try await signatures.make(kind)
            try await programs.submit(
                by: .smtplib, to: server, .none, from: Letter.sender, to: [Letter.tracked], message)
            let arrived = try await sink.deliveries(count: number + 1)[number].message
            #expect(arrived == message, "\(kind)")
            #expect(try await signatures.verify(arrived, kind), "\(kind)")
            var damaged = arrived
            let place =
                arrived.firstRange(of: Array("Good day".utf8))?.lowerBound ?? arrived.count / 2
            damaged[place] = damaged[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(try await !signatures.verify(damaged, kind), "\(kind): the check sees nothing")
        }
        try await programs.submit(
            by: .smtplib, to: server, .none, from: Letter.sender, to: [Letter.tracked], Letter.html("one"))
        let touched = try #require(try await sink.deliveries().last).message
        #expect(submission.isPicture(submission.insertion(touched, into: Letter.html("one"))))
        for signer in Signatures.Signer.allCases {
            let signed = try await signatures.sign(touched, by: signer)
            #expect(signed.suffix(touched.count).elementsEqual(touched), "\(signer)")
            #expect(try await signatures.verify(signed, .dkim), "\(signer)")
        }
        await sink.stop()
    }

    /// Lines that programs choose anew for each mail.
    private func settled(_ message: [UInt8]) -> String {
        String(decoding: message, as: UTF8.self).replacing(/(?m)^(Date|Message-I[Dd]): .*\r\n/, with: "")
    }
}
