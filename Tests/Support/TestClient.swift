import Foundation

/// A blocking HTTP client that shows the bytes as they came. Every read ends after ten seconds at the latest.
package final class TestClient {
    package struct Failure: Error {
        let what: String
        package init(what: String) { self.what = what }
    }

    package struct Answer {
        package let head: String
        package let body: [UInt8]
        package var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
        package var text: String { head + String(decoding: body, as: UTF8.self) }
        package var bytes: [UInt8] { Array(head.utf8) + body }
        package func field(_ name: String) -> String? {
            head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    package init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect: \(errno)") }
    }

    deinit { close(descriptor) }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(what: "send: \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    package func shutdownOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    package func answer(to method: String = "GET") throws -> Answer {
        while true {
            if let end = buffer.firstRange(of: [13, 10, 13, 10]) {
                let head = String(decoding: buffer[..<end.upperBound], as: UTF8.self)
                let length = Int(Answer(head: head, body: []).field("Content-Length") ?? "") ?? 0
                let expected = method == "HEAD" ? 0 : length
                if buffer.count - end.upperBound >= expected {
                    let body = Array(buffer[end.upperBound..<end.upperBound + expected])
                    buffer.removeFirst(end.upperBound + expected)
                    return Answer(head: head, body: body)
                }
            }
            guard try receive() else { throw Failure(what: "closed: " + String(decoding: buffer, as: UTF8.self)) }
        }
    }

    /// What comes until the server closes.
    package func rest() throws -> [UInt8] {
        while try receive() {}
        defer { buffer = [] }
        return buffer
    }

    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw Failure(what: "nothing came: \(errno)") }
        buffer += chunk[..<count]
        return count > 0
    }
}

/// Of this machine alone.
package enum Loopback {
    /// One that nobody had when it was asked for.
    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw TestClient.Failure(what: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
