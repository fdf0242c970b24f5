import Foundation
import GRDB
import Opens
import Testing
import Tokens

@testable import PixelServer

struct PixelTests {
    @Test func everyTokenGetsTheSameBytes() async throws {
        try await TestServer.run { server in
            let good = try server.state.token()
            let forged = String(good.text.dropLast(2)) + (good.text.hasSuffix("aa") ? "77" : "aa")
            let revoked = try server.state.streams.add(
                "gone", secret: server.state.secret, now: server.state.clock.now, random: systemRandomBytes)
            try server.state.streams.revoke("gone", now: server.state.clock.now)
            let names = [
                good.text + ".gif", good.text.uppercased() + ".GIF", forged + ".gif", "x.gif", "", "%00", good.text,
                good.text + ".gif/track", good.text + "%27.gif", String(good.text.dropLast()) + ".gif",
                try server.state.token(of: revoked).text + ".gif",
            ]
            server.state.clock.advance(2)
            for method in ["GET", "HEAD", "POST", "OPTIONS"] {
                let answers = try names.map { try server.get("/i/" + $0, method: method).bytes }
                #expect(Set(answers).count == 1, "\(method)")
            }
            let hits = try server.pull().hits
            // Five spellings of the good token, four methods each.
            #expect(hits.count == 5 * 4)
            #expect(hits.allSatisfy { $0.token == good.text })
            #expect(Set(hits.compactMap(\.method)) == ["GET", "HEAD", "POST", "OPTIONS"])
            #expect(hits.prefix(5).map { $0.signals.contains(.tokenDamaged) } == [false, false, true, true, true])
        }
    }

    @Test func answerIsATransparentGIFThatNobodyKeeps() async throws {
        try await TestServer.run { server in
            let answer = try server.get("/i/\(server.state.token()).gif")
            #expect(answer.status == 200)
            #expect(answer.body.count == 43)
            #expect(answer.body.starts(with: Array("GIF89a".utf8)) && answer.body.last == 0x3b)
            #expect(answer.field("Content-Type") == "image/gif")
            #expect(answer.field("Cache-Control") == "no-store, no-cache, max-age=0, must-revalidate, private")
            #expect(answer.field("Pragma") == "no-cache")
            #expect(answer.field("Content-Security-Policy") == "default-src 'none'")
            #expect(answer.field("X-Content-Type-Options") == "nosniff")
            #expect(answer.field("Date") == "Mon, 23 Nov 2026 15:04:05 GMT")
            for name in ["ETag", "Set-Cookie", "Server", "Last-Modified", "Location"] {
                #expect(answer.field(name) == nil)
            }
            let other = try server.get("/i/x.gif", method: "DELETE")
            #expect(other.status == 405)
            #expect(other.field("Allow") == "GET, HEAD")
        }
    }

    @Test func anAnsweredHitSurvivesAKill() async throws {
        try await TestServer.run { server in
            let copy = try TestState()
            defer { copy.remove() }
            for message in 1...20 {
                #expect(try server.get("/i/\(server.state.token(UInt64(message))).gif").status == 200)
                // What a killed process would leave: the files as they are at this moment.
                for name in ["hits.db", "hits.db-wal"] {
                    let target = copy.directory.appendingPathComponent(name)
                    try? FileManager.default.removeItem(at: target)
                    try FileManager.default.copyItem(
                        at: server.state.directory.appendingPathComponent(name), to: target)
                }
                let log = try copy.log()
                let hits = try log.hits(of: server.state.credential.stream, after: 0, limit: 100).hits
                try log.close()
                #expect(hits.count == message)
            }
        }
    }

    @Test func aHitThatCannotBeStoredIsNotAnsweredAsStored() async throws {
        let state = try TestState()
        defer { state.remove() }
        try state.log().close()
        try await TestServer.run(on: state, configure: { $0.limits.logBytes = 14 * 4096 }) { server in
            var stored = 0
            var answer = try server.get("/i/\(server.state.token(0)).gif")
            while answer.status == 200, stored < 10_000 {
                stored += 1
                answer = try server.get("/i/\(server.state.token(UInt64(stored))).gif")
            }
            #expect(answer.status == 503)
            #expect(answer.field("Retry-After") == "1")
            var hits = 0
            var page = try server.pull("?limit=1000")
            hits += page.hits.count
            while page.more {
                page = try server.pull("?limit=1000&after=\(page.cursor)")
                hits += page.hits.count
            }
            #expect(hits == stored)
            #expect(try server.get("/metrics").text.contains("sentmark_hits_failed_total 1\n"))
        }
    }

    @Test func ownNetworkIsMarkedForADay() async throws {
        try await TestServer.run { server in
            let pixel = try "/i/\(server.state.token()).gif"
            let agent = TestServer.authorization(server.state.credential)
            func hit(from address: String) throws { _ = try server.get(pixel, ["X-Forwarded-For: \(address)"]) }
            try hit(from: "203.0.113.7")
            _ = try server.get("/v1/hits", [agent, "X-Forwarded-For: 203.0.113.200"])
            _ = try server.get("/v1/hits", ["Authorization: Bearer no", "X-Forwarded-For: 198.51.100.1"])
            try hit(from: "203.0.113.7")
            try hit(from: "198.51.100.1")
            server.state.clock.advance(86_401)
            try hit(from: "203.0.113.7")
            let hits = try server.pull().hits
            try #require(hits.count == 4)
            #expect(hits.map(\.selfNet) == [false, true, false, false])
            #expect(hits[0].net == hits[1].net && hits[1].net != hits[2].net)
        }
    }
}
