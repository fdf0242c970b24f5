import Opens

extension Decoder {
    func ranges(_ section: Section<RangesKey>?) -> Settings.Ranges {
        guard let section else { return Settings.Ranges() }
        var ranges = Settings.Ranges()
        let form = "a URL, or false to do without the list"
        for list in PublishedList.allCases {
            guard let node = section.node(.list(list)) else { continue }
            if case .boolean(false) = node.value.value {
                ranges.urls[list] = nil
            } else if let url = section.parsed(section.text(of: node, expected: form), ServiceURL.list) {
                ranges.urls[list] = url.value.text
            }
        }
        ranges.automatic = section.boolean(.auto) ?? Defaults.fetchesRanges
        ranges.asnDatabase = neededPath(section, .asnDatabase)
        ranges.caFile = neededPath(section, .caFile)
        ranges.proxy = proxy(section, .proxy)
        return ranges
    }
}

extension Settings {
    /// Published lists of networks. They serve whoever looks addresses up: the pixel server, and an access log.
    package struct Ranges: Sendable, Equatable {
        /// Whether old lists are fetched without being asked for.
        package fileprivate(set) var automatic = Defaults.fetchesRanges
        /// Where each list is fetched from; one that is not here is not used.
        package fileprivate(set) var urls = Dictionary(
            uniqueKeysWithValues: PublishedList.allCases.map { ($0, $0.url) })
        /// A database of MaxMind's format with the autonomous systems.
        package fileprivate(set) var asnDatabase: String?
        /// Trust this CA alone.
        package fileprivate(set) var caFile: String?
        package fileprivate(set) var proxy: ServiceURL?

        package init() {}
    }
}
