/// A message or a part of it (RFC 2045 2.4): a header and a body, as they lie in the message's bytes.
package struct MessageEntity: Sendable {
    /// As IMAP numbers it; of a multipart, the number that its first leaf would have without it.
    package let section: String
    /// The place of the multipart around it in ``MessageStructure/entities``.
    package let parent: Int?
    /// With the empty line that ends it.
    package let header: Range<Int>
    /// Of a leaf without the line end that belongs to the delimiter after it; of a multipart with its delimiters.
    package internal(set) var body: Range<Int>
    package let fields: HeaderFields
    package let contentType: ContentType
    /// Whether it was taken apart: a multipart that names a boundary.
    package internal(set) var isMultipart: Bool
    /// Of a multipart: it has parts, and its closing delimiter came. Of a part: a delimiter came.
    package internal(set) var isClosed: Bool
}

/// A message's tree, and what about it could be read in another way.
package struct MessageStructure: Sendable {
    /// The message itself, then its parts in their order, a multipart before what is in it.
    package internal(set) var entities: [MessageEntity] = []
    /// A limit was met: there are more parts.
    package internal(set) var isTruncated = false
    /// Some readers would take it apart in another way: two multiparts have one boundary, or one that begins like the
    /// other's; a line begins with a boundary and goes on; or a delimiter comes again after its multipart was closed.
    package internal(set) var hasDoubtfulDelimiter = false
}
