import Foundation
import GRDB
import Opens
import Testing

@testable import Store

struct RecentHitsTests {
    private func row(_ id: Int64, _ body: String) -> Row { ["id": id, "body": Data(body.utf8)] }

    private func body(_ seq: Int64) -> String {
        """
        {"seq":\(seq),"at":"2026-11-23T15:04:05.123Z","token":"t","method":"GET"}
        """
    }

    @Test func decodesARowOnce() {
        let recent = RecentHits()
        #expect(recent.hit(row(7, body(1)))?.hit.seq == 1)
        #expect(recent.hit(row(7, "not read again"))?.hit.seq == 1)
        #expect(recent.hit(row(8, "no hit")) == nil)
    }

    @Test func keepsALimitedNumber() {
        let recent = RecentHits()
        let limit = Int64(RecentHits.limit)
        for id in 0...2 * limit { _ = recent.hit(row(id, body(id + 1))) }
        #expect(recent.hit(row(0, "forgotten")) == nil)
        #expect(recent.hit(row(limit - 1, "forgotten")) == nil)
        #expect(recent.hit(row(limit, "kept")) != nil)
        #expect(recent.hit(row(2 * limit, "kept")) != nil)
    }

    @Test func whatIsAskedForAgainAndAgainStays() {
        let recent = RecentHits()
        _ = recent.hit(row(0, body(1)))
        for id in 1...Int64(5 * RecentHits.limit) {
            _ = recent.hit(row(id, body(id + 1)))
            if id % 1000 == 0 { #expect(recent.hit(row(0, "kept")) != nil) }
        }
    }

    @Test func whatWasJustStoredIsNotRead() {
        let recent = RecentHits()
        recent.note([StoredHit(id: 7, hit: Hit(seq: 1, at: Date(timeIntervalSince1970: 1_795_500_000), token: "t"))])
        #expect(recent.hit(row(7, "not read"))?.hit.seq == 1)
    }

    @Test func whatIsReadOtherwiseIsReadAgain() {
        let recent = RecentHits()
        let at = Date(timeIntervalSince1970: 1_795_500_000.123_4)
        recent.note([StoredHit(id: 7, hit: Hit(seq: 1, at: at, token: "t"))])
        #expect(recent.hit(row(7, body(2)))?.hit.seq == 2)
    }
}
