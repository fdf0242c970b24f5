import FoundationEssentials
import Secrets

/// What a token command printed: the token alone, or the answer of a token endpoint (RFC 6749 5.1), which says how long
/// the token is good for. A token may say so itself, if it is a JSON Web Token (RFC 7519 4.1.4).
package struct AccessToken: Sendable, Equatable {
    package let secret: Secret
    /// How much longer it is good for; `nil` if nobody says, or what is said cannot be.
    package let lifetime: Duration?

    /// Longer ones are not believed.
    static let longest = 30 * 86_400.0

    /// - Parameter printed: all of the command's output.
    /// - Returns: `nil` if there is no token in it.
    package init?(printed: Secret, now: Date) {
        let response = printed.reveal { try? JSONDecoder().decode(Response.self, from: Data($0)) }
        let text = response.map { Array($0.access_token.utf8) } ?? printed.firstLine.reveal { $0 }
        // No token begins with a brace (RFC 6750 2.1): that is an answer too, and says that there is none.
        guard !text.isEmpty, text.first != UInt8(ascii: "{") else { return nil }
        secret = Secret(text)
        let said = response?.expires_in ?? Self.expiry(of: text).map { $0 - now.timeIntervalSince1970 }
        lifetime = said.flatMap { 0 < $0 && $0 <= Self.longest ? .seconds($0) : nil }
    }

    private struct Response: Decodable {
        let access_token: String
        let expires_in: Double?
    }

    private struct Claims: Decodable {
        let exp: Double
    }

    /// Seconds since 1970. Nothing is verified: a token that lies about itself is used for a shorter or a longer time.
    private static func expiry(of token: [UInt8]) -> Double? {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var payload = parts[1].map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        payload += Array(repeating: UInt8(ascii: "="), count: (4 - payload.count % 4) % 4)
        return Data(base64Encoded: Data(payload)).flatMap { try? JSONDecoder().decode(Claims.self, from: $0).exp }
    }
}
