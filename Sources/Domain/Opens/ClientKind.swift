/// What a family of clients is, as far as the rules care.
enum ClientKind: Sendable, Hashable {
    /// A mail provider's image proxy that names itself.
    case mailProxy
    /// Gmail's fetch ahead of the person, with a User-Agent of its own.
    case prefetcher
    /// A chat or social service that draws a preview of a link.
    case preview
    /// Office asking whether a URL exists.
    case discovery
    /// Scripts, HTTP libraries, headless browsers, crawlers.
    case automation
    /// A program that shows mail.
    case mailClient
    case browser
    /// A browser so old that hardly a person uses it, yet scanners do.
    case outdatedBrowser
    /// `Mozilla/5.0` alone.
    case appleBare
    case none
    case other
}
