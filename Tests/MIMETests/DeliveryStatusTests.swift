import MIME
import Testing

struct DeliveryStatusTests {
    private static let bob = "rfc822; bob@example.org"

    private static func report(_ groups: String...) -> String {
        (["Reporting-MTA: dns; mx.example.org"] + groups).joined(separator: "\n\n") + "\n"
    }

    @Test(arguments: [
        ("Postfix", report("Final-Recipient: \(bob)\nAction: failed\nStatus: 5.1.1"), ["bob@example.org"]),
        (
            "the sender's own spelling too",
            report(
                "Original-Recipient: rfc822;Bob@Example.org\nFinal-Recipient: rfc822;rob@example.net\nAction: failed"),
            ["bob@example.org", "rob@example.net"]
        ),
        ("delayed", report("Final-Recipient: rfc822; bob@example.org\nAction: delayed"), []),
        ("delivered", report("Final-Recipient: rfc822; bob@example.org\nAction: delivered"), []),
        (
            "one of two",
            report("Final-Recipient: rfc822; a@b.example\nAction: relayed", "Action: Failed\nFinal-Recipient: \(bob)"),
            ["bob@example.org"]
        ),
        ("without a type", report("Final-Recipient: <bob@example.org>\nAction: failed"), ["bob@example.org"]),
        ("no address", report("Final-Recipient: x400; /C=DE/\nAction: failed"), []),
        ("no group", "Reporting-MTA: dns; mx\n", []),
        ("nothing", "", []),
    ])
    func whomItDidNotReach(_ name: String, _ report: String, _ failed: [String]) {
        for text in [report, report.replacing("\n", with: "\r\n"), "\n\n" + report + "\n\n"] {
            #expect(DeliveryStatus.failures(in: text.utf8) == Set(failed), "\(name)")
        }
    }

    /// Cut anywhere, it never names anybody whom the whole does not name a beginning of.
    @Test func aCutReportTellsNoMore() {
        let groups = ["bob", "eve"].map { "Action: failed\nFinal-Recipient: rfc822; \($0)@example.org" }
        let report = Array(Self.report(groups[0], groups[1]).utf8)
        for end in report.indices {
            for address in DeliveryStatus.failures(in: report[..<end]) {
                #expect("bob@example.org".hasPrefix(address) || "eve@example.org".hasPrefix(address))
            }
        }
    }

    @Test func aHugeReportIsReadInPart() {
        let group = "Action: failed\nFinal-Recipient: rfc822; a@b.example\n\n"
        #expect(DeliveryStatus.failures(in: String(repeating: group, count: 100_000).utf8) == ["a@b.example"])
        let many = (0..<1000).map { "Action: failed\nFinal-Recipient: rfc822; \($0)@b.example\n\n" }.joined()
        #expect(DeliveryStatus.failures(in: many.utf8).count == 200)
        #expect(DeliveryStatus.failures(in: Array(repeating: UInt8(ascii: "\n"), count: 1 << 20)).isEmpty)
    }
}
