import FoundationEssentials

extension LogLine {
    /// A JSON object on a line: Caddy's, or nginx's with fields named as nginx's own variables. `nil` for anything else.
    ///
    /// Times: `ts` or `msec` in seconds, `time_iso8601`, `time_local`, or `time` in any of these forms.
    init?(json line: [UInt8]) {
        // nginx leaves bytes from 0x80 on as its client sent them, also where they are no UTF-8.
        let text = Data(String(decoding: line, as: UTF8.self).utf8)
        guard let fields = try? JSONDecoder().decode(Fields.self, from: text),
            let at = fields.date, let address = fields.address, let (method, target) = fields.methodAndTarget
        else { return nil }
        self.at = at
        self.address = address
        self.method = method
        self.target = target
        userAgent = Self.field(fields.http_user_agent ?? fields.request?.headers?["User-Agent"]?.first)
        referer = Self.field(fields.http_referer ?? fields.request?.headers?["Referer"]?.first)
    }

    private struct Fields: Decodable {
        var ts, msec, time: Scalar?
        var time_iso8601, time_local, remote_addr, request_method, request_uri, uri: String?
        var http_user_agent, http_referer: String?
        var request: Request?

        var date: Date? {
            let numbers = [ts, msec, time].compactMap { $0?.number }
            if let seconds = numbers.first, seconds.magnitude < 1e11 { return Date(timeIntervalSince1970: seconds) }
            let texts = [time_iso8601, time_local, time?.text, ts?.text].compactMap(\.self)
            return texts.lazy.compactMap { LogTime.iso8601($0) ?? LogTime.combined($0) }.first
        }

        /// Caddy's `client_ip` is the one behind trusted proxies.
        var address: String? { remote_addr ?? request?.client_ip ?? request?.remote_ip }

        var methodAndTarget: (String, String)? {
            if let line = request?.line { return LogLine.request(line) }
            guard let target = request?.uri ?? request_uri ?? uri, target.hasPrefix("/") else { return nil }
            return (request?.method ?? request_method ?? "GET", target)
        }
    }

    /// A number, or a text.
    private struct Scalar: Decodable {
        let number: Double?
        let text: String?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Double.self) {
                (number, text) = (value, nil)
            } else {
                let value = try container.decode(String.self)
                (number, text) = (Double(value), value)
            }
        }
    }

    /// nginx's request line, or Caddy's object.
    private struct Request: Decodable {
        let line: String?
        var method, uri, client_ip, remote_ip: String?
        var headers: [String: [String]]?

        init(from decoder: any Decoder) throws {
            line = try? decoder.singleValueContainer().decode(String.self)
            guard line == nil else { return }
            let container = try decoder.container(keyedBy: Key.self)
            method = try container.decodeIfPresent(String.self, forKey: .method)
            uri = try container.decodeIfPresent(String.self, forKey: .uri)
            client_ip = try container.decodeIfPresent(String.self, forKey: .client_ip)
            remote_ip = try container.decodeIfPresent(String.self, forKey: .remote_ip)
            headers = try container.decodeIfPresent([String: [String]].self, forKey: .headers)
        }

        private enum Key: CodingKey { case method, uri, client_ip, remote_ip, headers }
    }
}
