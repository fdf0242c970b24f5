import FoundationEssentials

@testable import Opens

extension FuzzTarget {
    /// What an operator, or whoever answers in its place, publishes as its list; and our own file of one.
    static let networkList = FuzzTarget("network-list", workPerByte: 12_000) { input in
        let lists: [PublishedList] = [
            .appleRelay, .googleProxy, .aws, .azure, .microsoft365, .oracle, .zscaler, .linode,
        ]
        let choice = input.choice(of: lists.count + 1)
        let time = Date(timeIntervalSince1970: 1_795_000_000)
        let list: NetworkList
        do throws(ListProblem) {
            list =
                try choice < lists.count
                ? lists[choice].read(input.text, from: "https://lists.example.org/", at: time)
                : NetworkList(decoding: input.text)
        } catch {
            let text = error.description
            try require(text.utf8.count <= 500, "an error of \(text.utf8.count) bytes")
            try require(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }, "controls in \(text)")
            return
        }
        let again = list.encoded().flatMap { try? NetworkList(decoding: $0) }
        try require(again == list, "\(list) written and read again is \(String(describing: again))")
        try check(list)
    }

    /// Every address of the list's edges is found, and with the class that it was given.
    private static func check(_ list: NetworkList) throws(Violation) {
        let table = NetworkTable.combining([list])
        for part in list.parts {
            for prefix in part.prefixes.prefix(200) {
                let found = table.lookup(prefix.first)
                try require(found != nil, "\(prefix) is not found")
                let isAlone = list.parts.count == 1 && found?.source == list.source
                if isAlone {
                    try require(found?.networkClass == part.networkClass, "\(prefix) is \(String(describing: found))")
                }
            }
        }
    }
}
