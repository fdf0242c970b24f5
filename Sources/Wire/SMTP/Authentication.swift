/// The exchange of AUTH (RFC 4954): PLAIN (RFC 4616) and LOGIN.
struct Authentication: Sendable {
    enum Step: Equatable {
        /// Base64.
        case challenge(String)
        case credentials(user: [UInt8], password: [UInt8], authorization: [UInt8])
    }

    static let mechanisms = ["PLAIN", "LOGIN"]
    static let userLimit = 255
    static let passwordLimit = 1_024

    private enum Awaited {
        case plain
        case user
        case password(user: [UInt8])
    }

    private var awaited: Awaited

    /// `nil` for a mechanism that is not offered.
    init?(mechanism: some Collection<UInt8>) {
        if mechanism.equalsIgnoringCase("PLAIN") {
            awaited = .plain
        } else if mechanism.equalsIgnoringCase("LOGIN") {
            awaited = .user
        } else {
            return nil
        }
    }

    /// What the client sees if it has not sent a response with the command.
    var challenge: String {
        switch awaited {
        case .plain: ""
        case .user: "VXNlcm5hbWU6"
        case .password: "UGFzc3dvcmQ6"
        }
    }

    mutating func respond(_ line: some Collection<UInt8>) throws(Refusal) -> Step {
        if line.elementsEqual("*".utf8) { throw Refusal(501, "5.7.0", "authentication cancelled") }
        guard let response = Base64.decode(line) else { throw .base64 }
        switch awaited {
        case .plain:
            let fields = response.split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
            guard fields.count == 3 else { throw .base64 }
            return try Self.checked(fields[1], fields[2], authorization: fields[0])
        case .user:
            awaited = .password(user: response)
            return .challenge(challenge)
        case .password(let user):
            return try Self.checked(user, response, authorization: [])
        }
    }

    private static func checked(
        _ user: [UInt8], _ password: [UInt8], authorization: [UInt8]
    ) throws(Refusal) -> Step {
        let names = [user, authorization]
        guard !user.isEmpty, !password.isEmpty, !password.contains(0),
            names.allSatisfy({ isText($0) && $0.count <= userLimit }), password.count <= passwordLimit
        else { throw .base64 }
        return .credentials(user: user, password: password, authorization: authorization)
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self).map { !$0.unicodeScalars.contains(where: \.isControl) } ?? false
    }
}
