import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether a server could listen on an address.
enum BindTest {
    enum Result: Equatable {
        case free
        case inUse
        case failed(String)
    }

    static func result(host: String, port: UInt16) -> Result {
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let address = list?.pointee else { return .failed(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { return .failed(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        // As the server does it: connections that are just ending do not hold the port.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) != 0 else { return .free }
        return errno == EADDRINUSE ? .inUse : .failed(String(cString: strerror(errno)))
    }
}
