import Foundation
import Testing
import Tokens

@testable import PixelServer

struct ErasureTests {
    /// Which of the texts of tokens stand anywhere in the files of the log.
    private static func found(_ texts: [String], in state: TestState) throws -> Set<String> {
        let sought = Set(texts)
        var found: Set<String> = []
        for name in ["hits.db", "hits.db-wal", "hits.db-shm", "erasures.json"] {
            guard let data = try? Data(contentsOf: state.directory.appendingPathComponent(name)) else { continue }
            let bytes = [UInt8](data)
            var start = 0
            for end in 0...bytes.count where end == bytes.count || !isBase32(bytes[end]) {
                // Whatever stands beside a token may look like a part of it.
                for first in start..<max(start, end - Token.textCount + 1) {
                    let text = String(decoding: bytes[first..<first + Token.textCount], as: UTF8.self)
                    if sought.contains(text) { found.insert(text) }
                }
                start = end + 1
            }
        }
        return found
    }

    private static func isBase32(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x32...0x37).contains(byte) }

    /// Enough hits, in no order, that pages of the database have been split and their parts moved.
    private static func fill(
        _ log: HitLog, _ state: TestState, _ other: StreamCredential
    ) throws -> (mine: [Token], others: [Token]) {
        let mine = try (0..<1500).map { _ in try state.token(.random(in: .min ... .max)) }
        let others = try (0..<2100).map { _ in try state.token(.random(in: .min ... .max), of: other, level: .minimal) }
        let hits = try (mine + others).shuffled().map { LogEntry.hit(try state.request($0)) }
        for start in stride(from: 0, to: hits.count, by: 100) {
            _ = try log.append(Array(hits[start..<start + 100]))
            state.clock.advance(60)
        }
        return (mine, others)
    }

    @Test func noByteOfAnErasedTokenOrStreamRemains() throws {
        let state = try TestState()
        defer { state.remove() }
        let other = try state.streams.add(
            "other", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        let log = try state.log()
        let (mine, others) = try Self.fill(log, state, other)
        #expect(try Self.found((mine + others).map(\.text), in: state).count == 3600)

        let erased = mine.prefix(200)
        while try log.erase(erased.map { .token($0) }) { continue }
        #expect(try Self.found(erased.map(\.text), in: state) == [])
        #expect(try Self.found((mine.dropFirst(200) + others).map(\.text), in: state).count == 3400)

        // More than one step takes.
        #expect(try log.erase([.stream(other.stream)]))
        #expect(try !log.erase([.stream(other.stream)]))
        #expect(try Self.found(others.map(\.text), in: state) == [])
        #expect(try Self.found(mine.dropFirst(200).map(\.text), in: state).count == 1300)
        // Of one that is erased nothing is counted either, and no number is given again.
        #expect(try log.hits(of: other.stream, after: 0, limit: 10).hits.isEmpty)
        #expect(try log.append([.hit(state.request(mine[0]))]).last == [state.credential.stream: 3601])
        try log.close()
        #expect(try Self.found(others.map(\.text), in: state) == [])
    }

    @Test func retentionLeavesNoByteEither() throws {
        let state = try TestState()
        defer { state.remove() }
        let other = try state.streams.add(
            "other", secret: state.secret, now: state.clock.now, random: systemRandomBytes)
        let log = try state.log()
        let (mine, others) = try Self.fill(log, state, other)
        state.clock.advance(10 * 86_400)
        let late = try state.token()
        _ = try log.append([.hit(state.request(late))])
        while try log.maintain(now: state.clock.now, retention: 86_400) { continue }
        #expect(try Self.found((mine + others + [late]).map(\.text), in: state) == [late.text])
    }

    @Test func aRunningServerErasesWhatItIsAskedFor() async throws {
        try await TestServer.run { server in
            let state = server.state
            let (kept, gone) = (try state.token(1), try state.token(2))
            for token in [kept, gone] { _ = try server.get("/i/\(token.text).gif") }
            let erasures = Erasures(stateDirectory: state.directory)
            try erasures.add([.token(gone)])
            while try !erasures.list().isEmpty { usleep(1000) }
            #expect(try Self.found([kept.text, gone.text], in: state) == [kept.text])
            #expect(try server.pull().hits.map(\.token) == [kept.text])
        }
    }

    @Test func whatIsLeftToEraseIsErasedAfterAStart() async throws {
        let state = try TestState()
        defer { state.remove() }
        let tokens = try (1...3).map { try state.token($0) }
        let erasures = Erasures(stateDirectory: state.directory)
        let log = try state.log()
        _ = try log.append(tokens.map { .hit(try state.request($0)) })
        try erasures.add(tokens.map { .token($0) })
        try erasures.add([.token(tokens[0]), .stream(state.credential.stream)])
        #expect(try erasures.list() == tokens.map { .token($0) } + [.stream(state.credential.stream)])
        // Stopped in the middle.
        #expect(try erasures.step { _ in true } == .part)
        try log.close()
        #expect(try erasures.list().count == 4)
        try await TestServer.run(on: state) { server in
            while try !erasures.list().isEmpty { usleep(1000) }
            #expect(try Self.found(tokens.map(\.text), in: state) == [])
        }
    }

    @Test func aListThatIsNoneIsLeftAlone() throws {
        let state = try TestState()
        defer { state.remove() }
        try PrivateFile.write(
            Array(#"[{"token":"nonsense"}]"#.utf8), to: state.directory.appendingPathComponent("erasures.json"))
        let error = #expect(throws: PixelServerError.self) { try Erasures(stateDirectory: state.directory).list() }
        #expect(error?.code == .unreadable)
    }

    @Test(arguments: [0 as UInt32, 1, 0x12_3456, 0xff_ffff])
    func prefixesAreThoseOfItsTokensAlone(number: UInt32) throws {
        let stream = try #require(StreamID(number))
        let prefixes = Token.textPrefixes(of: stream)
        #expect(Set(prefixes).count == 3 * 16 * 8)
        let secret = try TestState.secret
        for epoch: UInt8 in 0..<16 {
            let key = try #require(secret.streamKey(stream, epoch: epoch))
            for level in PrivacyLevel.allCases {
                let token = try #require(
                    Token.mint(
                        stream: stream, epoch: epoch, key: key, message: .random(in: .min ... .max), level: level))
                #expect(prefixes.contains(String(token.text.prefix(7))))
            }
        }
        let neighbour = try #require(StreamID(number ^ 1))
        #expect(Set(prefixes).isDisjoint(with: Token.textPrefixes(of: neighbour)))
    }
}
