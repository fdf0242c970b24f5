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
        let limit = Int64(RecentHits.limit)
        for id in 0...2 * limit { _ = recent.hit(row(id, body(id + 1)), decoder) }
        #expect(recent.hit(row(0, "forgotten"), decoder) == nil)
        #expect(recent.hit(row(limit - 1, "forgotten"), decoder) == nil)
        #expect(recent.hit(row(limit, "kept"), decoder) != nil)
        #expect(recent.hit(row(2 * limit, "kept"), decoder) != nil)
    }

    @Test func whatIsAskedForAgainAndAgainStays() {
        let recent = RecentHits()
        _ = recent.hit(row(0, body(1)), decoder)
        for id in 1...Int64(5 * RecentHits.limit) {
            _ = recent.hit(row(id, body(id + 1)), decoder)
            if id % 1000 == 0 { #expect(recent.hit(row(0, "kept"), decoder) != nil) }
        }
    }

    @Test func whatWasJustStoredIsNotRead() {
        let recent = RecentHits()
        recent.note([StoredHit(id: 7, hit: Hit(seq: 1, at: Date(timeIntervalSince1970: 1_795_500_000), token: "t"))])
        #expect(recent.hit(row(7, "not read"), decoder)?.hit.seq == 1)
    }

    @Test func whatIsReadOtherwiseIsReadAgain() {
        let recent = RecentHits()
        let at = Date(timeIntervalSince1970: 1_795_500_000.123_4)
        recent.note([StoredHit(id: 7, hit: Hit(seq: 1, at: at, token: "t"))])
        #expect(recent.hit(row(7, body(2)), decoder)?.hit.seq == 2)
    }
}
