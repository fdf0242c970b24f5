import MIME

/// An entry of a list of recipients: an address, `*@domain`, or `*@*.domain` for all that is below it.
package struct AddressPattern: Sendable, Hashable {
    private enum Form: Hashable {
        case address(EnvelopeAddress)
        case domain(String)
        case below(String)
    }

    private let form: Form

    /// `nil` if it is none of the three.
    package init?(_ text: String) {
        if let domain = Self.domain(text, after: "*@*.") {
            form = .below("." + domain)
        } else if let domain = Self.domain(text, after: "*@") {
            form = .domain(domain)
        } else if let address = EnvelopeAddress(text), !address.local.contains("*") {
            form = .address(address)
        } else {
            return nil
        }
    }

    package func matches(_ address: EnvelopeAddress) -> Bool {
        switch form {
        case .address(let listed): listed.isSame(as: address)
        case .domain(let domain): address.domain == domain
        case .below(let suffix): address.domain.hasSuffix(suffix)
        }
    }

    private static func domain(_ text: String, after prefix: String) -> String? {
        guard text.hasPrefix(prefix) else { return nil }
        return EnvelopeAddress("x@" + text.dropFirst(prefix.count))?.domain
    }
}
