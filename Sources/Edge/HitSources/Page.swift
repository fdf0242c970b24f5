import Opens

/// One answer of the pull API: hits in commit order, and where to go on.
package struct Page: Sendable, Equatable {
    /// The log's identity, a UUID. Hits are known by (log, seq).
    package let log: String
    /// Opaque; to be stored together with the hits.
    package let cursor: String
    package let hits: [Hit]
    /// There is more now: ask again without waiting.
    package let more: Bool
}
