import SentSync
import Settings

extension Signs {
    /// What the configuration wants on the messages of an account, whatever the server can do.
    package init(_ account: Settings.Account, _ settings: Settings) {
        var all: [Sign] = []
        if account.show.contains(.keywords) {
            all += KeywordNames(settings.keywords).names.map { Sign(.keyword, $0.key, $0.value) }
        }
        if account.show.contains(.labels) {
            all += KeywordNames(settings.labels).names.map { Sign(.label, $0.key, $0.value) }
        }
        if account.show.contains(.colors) {
            all += KeywordNames(settings.colors).names.map { Sign(.color, $0.key, $0.value) }
        }
        if let folder = account.copyOpenedTo { all.append(Sign(.copy, .opened, folder)) }
        self.init(all, standIns: account.show == .automatic ? [.label] : [])
    }
}
