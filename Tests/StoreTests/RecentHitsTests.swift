import Foundation
import GRDB
import Opens
import Testing

@testable import Store

struct RecentHitsTests {
    private let decoder = JSONDecoder()

    private func row(_ id: Int64, _ body: String) -> Row { ["id": id, "body": Data(body.utf8)] }

    private func body(_ seq: Int64) -> String {
        """
        {"seq":\(seq),"at":"2026-11-23T15:04:05.123Z","token":"t","method":"GET"}
        """
    }

    @Test func decodesARowOnce() {
        let recent = RecentHits()
        #expect(recent.hit(row(7, body(1)), decoder)?.hit.seq == 1)
        #expect(recent.hit(row(7, "not read again"), decoder)?.hit.seq == 1)
        #expect(recent.hit(row(8, "no hit"), decoder) == nil)
    }

    @Test func keepsALimitedNumber() {
        let recent = RecentHits()
        for id in 0...Int64(RecentHits.limit) { _ = recent.hit(row(id, body(id + 1)), decoder) }
        #expect(recent.hit(row(0, "forgotten"), decoder) == nil)
        #expect(recent.hit(row(Int64(RecentHits.limit), "kept"), decoder) != nil)
    }
}
