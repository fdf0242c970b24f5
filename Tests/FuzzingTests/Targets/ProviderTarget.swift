import FoundationEssentials
import Opens
import Secrets
import Tokens
import Transport

@testable import HitSources

extension FuzzTarget {
    /// An answer of a provider's API, in which recipients choose the User-Agent, and the provider all else.
    static let provider = FuzzTarget("provider", workPerByte: 600) { input in
        let api = apis[input.choice(of: apis.count)]
        let status = [200, 200, 200, 200, 500, 404, 302, 418][input.choice(of: 8)]
        let isMinimal = input.choice(of: 2) == 1
        let isFirstPage = input.choice(of: 2) == 0
        let response = HTTPResponse(status: status, body: input.text)
        try checkName(api, response)
        let events: [ProviderEvent]
        let next: String?
        do throws(PullError) {
            let answer = try ProviderAnswer(response, of: api.name)
            events = try api.shape.events(in: answer.value, limit: api.pageSize)
            next = try api.next(after: answer, count: events.count, page: isFirstPage ? nil : "7")
        } catch {
            // It is logged and shown.
            let text = error.description
            try require(text.utf8.count <= 1_000, "an error of \(text.utf8.count) bytes")
            try require(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }, "controls in \(text)")
            return
        }
        try check(events, of: api, isMinimal: isMinimal)
        try check(next, after: events, of: api)
    }

    private static let server = "https://api.kept.example"

    private static let apis: [any ProviderAPI] = [
        MailgunLogs(url: server, domain: "mg.example.org"), MailgunEvents(url: server, domain: "mg.example.org"),
        Postmark(url: server), SparkPost(url: server), json(.cursor(["more"], parameter: "page"), .unixMilliseconds),
        json(.link(["more"]), .rfc3339),
    ]

    private static func json(_ paging: JSONSource.Paging, _ format: EventShape.TimeFormat) -> JSONSource {
        var paths = JSONSource.Paths(list: ["data", "opens"], id: ["n"], time: ["when.ms"])
        paths.messageID = ["mail", "name/id"]
        paths.token = ["token"]
        paths.recipient = ["to", "0"]
        paths.userAgent = ["ua"]
        paths.address = ["from"]
        paths.machine = ["robot"]
        return JSONSource(
            name: "opens", url: server + "/list?kind=open", header: "X-Key", paths: paths, timeFormat: format,
            order: .newestFirst, since: "since", paging: paging)
    }

    /// What a mail is called is asked for by a name that an event gave, and told by anybody who has sent mail.
    private static func checkName(_ api: any ProviderAPI, _ response: HTTPResponse) throws {
        let text = String(decoding: response.body, as: UTF8.self)
        if case .asked(let request) = api.mailName(text) { try check(request) }
        guard let name = api.messageID(of: "id", in: response).flatMap({ MessageName(messageID: $0) }) else { return }
        try require(MessageName(name.text) == name, "\(name) is read otherwise")
    }

    private static func check(_ events: [ProviderEvent], of api: any ProviderAPI, isMinimal: Bool) throws {
        try require(events.count <= api.pageSize, "\(events.count) events where \(api.pageSize) were asked for")
        let maker = ProviderHits(key: StreamKey(Secret("key")), isMinimal: isMinimal) { _ in NetworkOrigin() }
        for event in events {
            try require(event.id.allSatisfy { (1...512).contains($0.utf8.count) }, "it is called \(event.id)")
            guard let hit = maker.hit(event) else { continue }
            try require(hit.at == event.at && hit.seq >> 20 == hit.at.milliseconds, "hit \(hit.seq) at \(hit.at)")
            try require(hit.kept <= 512 + 4 * (256 + 36 * 64), "a hit that keeps \(hit.kept) bytes")
            try require(Token(hit.token) == nil, "a token of ours: \(hit.token)")
            try require(
                event.token == nil || MessageName(hit.token) == nil, "a token that names a message: \(hit.token)")
            let isBare = hit.ua == nil && hit.net == nil && hit.method == nil
            try require(!isMinimal || isBare, "of level minimal it keeps \(hit)")
            try require(hit.isAsRead, "\(hit) is not as it is read")
            var text = PlainJSON(hit.json)
            let again = Hit(plain: &text)
            try require(again == hit, "\(hit) written and read again is \(String(describing: again))")
        }
    }

    /// The key goes along with the request for the next page; and where the walk is can be remembered.
    private static func check(_ next: String?, after events: [ProviderEvent], of api: any ProviderAPI) throws {
        let now = Date(milliseconds: 1_795_700_000_000)
        let step = ProviderPlace().step(now: now, history: api.history)
        let place = ProviderPlace().after(step, times: events.map(\.at), next: next, order: api.order, now: now)
        try require(ProviderPlace(place.text) == place, "\(place) is read otherwise than it is written: \(place.text)")
        if let page = place.walk?.page { try check(api.request(from: step.from, until: now, page: page)) }
    }

    private static func check(_ request: HTTPRequest) throws {
        // Hosts are the same in capitals, of ASCII.
        let url = request.url.utf8.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }
        let rest = url.dropFirst(server.utf8.count).first
        try require(
            url.starts(with: server.utf8) && (rest == UInt8(ascii: "/") || rest == UInt8(ascii: "?")),
            "another server is asked: \(request.url)")
        try require(request.url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "no URL: \(request.url)")
    }
}
