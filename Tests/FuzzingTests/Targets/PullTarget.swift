import FoundationEssentials
import Opens
import Transport

@testable import HitSources

extension FuzzTarget {
    /// An answer of a pixel server that is not ours.
    static let pullAnswer = FuzzTarget("pull-answer", workPerByte: 200) { input in
        let status = [200, 200, 200, 200, 500, 404, 302, 418][input.choice(of: 8)]
        let limit = [1000, 1, 2][input.choice(of: 3)]
        if let body = PullAnswer.Body(plain: input.text) {
            let decoded = try? JSONDecoder().decode(PullAnswer.Body.self, from: Data(input.text))
            try require(decoded == body, "\(body) is otherwise \(String(describing: decoded))")
        }
        let response = HTTPResponse(status: status, body: input.text)
        let page: Page
        do throws(PullError) {
            page = try PullAnswer.read(response, after: "before", log: nil, limit: limit)
        } catch {
            // It is logged and shown, and was made of what the server sent.
            let text = error.description
            try require(text.utf8.count <= 1_000, "an error of \(text.utf8.count) bytes")
            try require(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }, "controls in \(text)")
            return
        }
        try check(page, limit: limit)
    }

    private static func check(_ page: Page, limit: Int) throws(Violation) {
        try require(page.hits.count <= limit, "\(page.hits.count) hits where \(limit) were asked for")
        try require(page.cursor.utf8.count <= 512, "a cursor of \(page.cursor.utf8.count) bytes")
        try require(page.hits.isEmpty || page.cursor != "before", "the same cursor again")
        for (earlier, later) in zip(page.hits, page.hits.dropFirst()) {
            try require(earlier.seq < later.seq, "\(later.seq) after \(earlier.seq)")
        }
        for hit in page.hits {
            try require(hit.seq > 0, "hit \(hit.seq)")
            try require(hit.token.utf8.count <= 512, "a token of \(hit.token.utf8.count) bytes")
            // 256 characters of the User-Agent, and 64 of each of 36 names.
            try require(hit.kept <= 512 + 4 * (256 + 36 * 64), "a hit that keeps \(hit.kept) bytes")
            var text = PlainJSON(hit.json)
            let again = Hit(plain: &text)
            try require(again == hit, "\(hit) written and read again is \(String(describing: again))")
            let decoded = try? JSONDecoder().decode(Hit.self, from: Data(hit.json))
            try require(decoded == hit, "\(hit) written and decoded again is \(String(describing: decoded))")
        }
    }
}

extension Hit {
    /// Bytes that are stored of it.
    var kept: Int {
        [token, method, net, netclass?.rawValue, ua, family?.rawValue].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
            + signals.reduce(0) { $0 + $1.rawValue.utf8.count }
    }
}
