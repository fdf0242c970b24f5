import Foundation
import Testing

@testable import Opens

struct ClassificationTests {
    static let line =
        #"{"id":"A\"1","events":[{"t_offset_s":7200,"method":"GET","ua":"Mozilla/5.0","ip":"172.225.0.9","token":"valid","new":1}],"expected":{"message":"?"}}"#

    static func text(_ line: String) throws -> String {
        String(decoding: try Classification.line(Array(line.utf8)), as: UTF8.self)
    }

    @Test func answersInTheContractsForm() throws {
        // Without ip_class the built-in table is asked.
        #expect(
            try Self.text(Self.line)
                == #"{"id":"A\"1","hits":[{"class":"machine_prefetch","p_person":0.12,"confidence":0.85,"rule":"apple-preload"}],"message":"machine_only"}"#
        )
        #expect(try Self.text(#"{"id":"x","events":[]}"#) == #"{"id":"x","hits":[],"message":"unknown"}"#)
        #expect(
            try Self.text(#"{"id":"x\u0001","events":[],"context":{"mdn_displayed_at_s":5}}"#)
                == #"{"id":"x\u0001","hits":[],"message":"opened"}"#)
    }

    @Test(arguments: [
        ("", "not JSON"), ("{", "not JSON"), ("[]", "the line"), (#"{"events":[]}"#, "id: missing"),
        (#"{"id":"x"}"#, "events: missing"),
        (#"{"id":"x","events":[{"token":"valid"}]}"#, "events[0].t_offset_s: missing"),
        (#"{"id":"x","events":[{"t_offset_s":1}]}"#, "events[0].token: missing"),
        (#"{"id":"x","events":[{"t_offset_s":"1","token":"valid"}]}"#, "events[0].t_offset_s: "),
        (#"{"id":"x","events":[{"t_offset_s":1e300,"token":"valid"}]}"#, "events[0].t_offset_s: out of range"),
        (#"{"id":"x","events":[{"t_offset_s":1,"token":"valid","ip":"1.2.3"}]}"#, "events[0].ip: not an IP address"),
    ])
    func saysWhatIsWrongAndWhere(line: String, reason: String) throws {
        let error = #expect(throws: ClassificationError.self) { try Classification.line(Array(line.utf8), number: 12) }
        #expect(error?.line == 12)
        #expect(error?.description.hasPrefix("line 12: \(reason)") == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        (#"{"reply_at_s":7000}"#, "quoted-in-reply", "opened"), (#"{"reply_at_s":8000}"#, "direct-client", "opened"),
        (#"{"forward_at_s":7000}"#, "quoted-elsewhere", "maybe"),
        (#"{"bounce_at_s":7000}"#, "undelivered", "self_only"),
        (#"{"bounce_at_s":8000}"#, "undelivered-on-the-way", "machine_only"),
        (#"{"bounce_at_s":1e300,"reply_at_s":null}"#, "direct-client", "opened"),
    ])
    func contextOfIncomingMail(context: String, rule: String, message: String) throws {
        let event = #"{"t_offset_s":7200,"ua":"Thunderbird/128.5.0","ip_class":"residential","token":"valid"}"#
        let answer = try Self.text(#"{"id":"x","events":[\#(event)],"context":\#(context)}"#)
        #expect(answer.contains(#""rule":"\#(rule)"}],"message":"\#(message)""#), "\(answer)")
    }

    @Test func cutAtEveryByte() {
        let bytes = Array(Self.line.utf8)
        for count in 0..<bytes.count {
            #expect(throws: ClassificationError.self) { try Classification.line(Array(bytes[..<count])) }
        }
    }

    @Test func limits() {
        #expect(throws: ClassificationError.self) {
            try Classification.line([UInt8](repeating: UInt8(ascii: " "), count: Classification.lineLimit + 1))
        }
        let events = [String](repeating: #"{"t_offset_s":1,"token":"valid"}"#, count: Classification.eventLimit + 1)
        #expect(throws: ClassificationError.self) {
            try Self.text(#"{"id":"x","events":[\#(events.joined(separator: ","))]}"#)
        }
    }
}
