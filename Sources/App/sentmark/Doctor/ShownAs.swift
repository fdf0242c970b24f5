import IMAP
import SentSync
import Servers

/// Where the user will see what became of a message, in words.
enum ShownAs {
    static func check(_ topic: String, _ folder: AccountFacts.Folder, _ signs: Signs, _ server: MailServer?) -> Check {
        let name = "shown as"
        let kept = folder.offer.kept(of: signs).filter { $0.projection != .keyword || !folder.dropsKeywords }
        let refusal =
            signs.all.lazy.compactMap(folder.offer.refusal).first
            ?? (folder.dropsKeywords ? "the server does not keep keywords" : nil)
        guard !kept.isEmpty else {
            let words = refusal.map { ": \($0)" } ?? ", as the configuration says"
            return Check(topic, name, signs.all.isEmpty ? .good : .warning, "'sentmark status' alone\(words)")
        }
        let projections = order.filter { projection in kept.contains { $0.projection == projection } }
        let texts = projections.map { projection in
            phrase(projection, kept.filter { $0.projection == projection })
        }
        var detail = texts.joined(separator: ", ")
        if let refusal, !signs.standIns.isDisjoint(with: projections) { detail += ", since \(refusal)" }
        guard server?.identity.capabilities.contains(.gmail) == true, projections == [.keyword] else {
            return Check(topic, name, .good, detail)
        }
        return Check(
            topic, name, .good, detail + ", which Gmail's own programs do not show",
            action: "show = [\"keywords\", \"labels\"] adds labels, which they do show")
    }

    private static let order: [Projection] = [.keyword, .label, .color, .copy]

    private static func phrase(_ projection: Projection, _ signs: [Sign]) -> String {
        let list = Mark.allCases.compactMap { mark in signs.first { $0.mark == mark }?.text }.joined(separator: " ")
        return switch projection {
        case .keyword: "keywords"
        case .label: "labels \(list)"
        case .color: "a coloured flag (\(list))"
        case .copy: "copies of opened messages in \(list)"
        }
    }
}

extension AccountFacts.Folder {
    fileprivate var dropsKeywords: Bool {
        if case .success(.dropped) = probe { true } else { false }
    }
}
